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
