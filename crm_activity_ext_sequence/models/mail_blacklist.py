# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class MailBlacklist(models.Model):
    """Who does not want emails any more gets no further step of a sequence."""

    _inherit = "mail.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._stop_crm_sequences()
        return entries

    def write(self, vals):
        result = super().write(vals)
        if {"active", "email"} & vals.keys():
            self._stop_crm_sequences()
        return result

    def _stop_crm_sequences(self):
        emails = self.filtered("active").mapped("email")
        self.env["crm.activity.sequence.enrollment"]._stop_where("email_normalized", emails)
