# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def cache_invalidation_fields(self):
        """Working days are remembered as well."""
        return super().cache_invalidation_fields() | {"resource_calendar_id"}
