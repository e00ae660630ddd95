# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class CrmActivityQueueMixin(models.AbstractModel):
    _inherit = "crm.activity.queue.mixin"

    def _hold(self):
        """Leave out what was stopped while somebody had it locked: it is cancelled later.

        Asked at the last moment, in the transaction that the message leaves in.
        """
        held = super()._hold()
        activity_of = held._get_crm_activity_by_message()
        return held.filtered(lambda m: not activity_of[m].enrollment_id.is_settling)
