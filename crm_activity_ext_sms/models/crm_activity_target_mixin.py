# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class CrmActivityTargetMixin(models.AbstractModel):
    _inherit = "crm.activity.target.mixin"

    def _get_crm_activity_phone(self):
        """:return: the number to send an SMS to, as somebody typed it, or False"""
        numbers = (self[name] for name in self._phone_get_number_fields())
        return next(filter(None, numbers), False)
