# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class CrmActivitySequenceBlacklistMixin(models.AbstractModel):
    """Who is blacklisted gets no further step of a sequence, where one is by this way.

    What is blacklisted is the name of an entry; an attribute of the class says which field of the
    targets has it in the same form.
    """

    _name = "crm.activity.sequence.blacklist.mixin"
    _description = "Blacklist That Stops CRM Activity Sequences"

    _crm_target_field = None

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._stop_crm_sequences()
        return entries

    def write(self, vals):
        result = super().write(vals)
        if {"active", self._rec_name} & vals.keys():
            self._stop_crm_sequences()
        return result

    def _stop_crm_sequences(self):
        blacklisted = self.filtered("active").mapped(self._rec_name)
        self.env["crm.activity.sequence.enrollment"]._stop_where(
            self._crm_target_field, blacklisted
        )
