# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        """Nobody goes on with who is archived."""
        result = super().write(vals)
        if not vals.get("active", True):
            self._search_crm_enrollments()._stop("archived")
        return result

    def _get_crm_enrolled(self):
        """A customer shows those of its contacts as well, as with activities."""
        members = super()._get_crm_enrolled()
        contacts = self.with_context(active_test=False).search_fetch(
            [("commercial_partner_id", "in", self.ids), ("id", "not in", self.ids)],
            ["commercial_partner_id"],
        )
        for contact in contacts | self:
            customer_id = contact._origin.commercial_partner_id.id
            if customer_id in members and contact._origin.id not in members[customer_id]:
                members[customer_id].append(contact._origin.id)
        return members
