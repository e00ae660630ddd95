# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class PhoneBlacklist(models.Model):
    """Who does not want to be called or written to on the phone gets no further step of a
    sequence, where one is by phone.
    """

    _inherit = "phone.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._stop_crm_sequences()
        return entries

    def write(self, vals):
        result = super().write(vals)
        if {"active", "number"} & vals.keys():
            self._stop_crm_sequences()
        return result

    def _stop_crm_sequences(self):
        numbers = self.filtered("active").mapped("number")
        self.env["crm.activity.sequence.enrollment"]._stop_where("phone_sanitized", numbers)
