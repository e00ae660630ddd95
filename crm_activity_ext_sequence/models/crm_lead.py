# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models

# What can make a lead won, lost or archived.
DECIDING_FIELDS = {"active", "probability", "stage_id", "won_status"}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def write(self, vals):
        """A sequence ends where its lead is decided, or gets a customer who does not want it."""
        result = super().write(vals)
        if vals.get("partner_id"):
            self._search_crm_enrollments()._stop_opted_out()
        if DECIDING_FIELDS & vals.keys():
            for reason, leads in self.grouped(lambda lead: lead._get_sequence_stop()).items():
                if reason:
                    leads._search_crm_enrollments()._stop(reason)
        return result

    def _get_sequence_stop(self):
        self.ensure_one()
        decided = self.won_status in ("won", "lost") and self.won_status
        return decided or super()._get_sequence_stop()
