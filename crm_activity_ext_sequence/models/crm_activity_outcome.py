# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.tools import ormcache


class CrmActivityOutcome(models.Model):
    _inherit = "crm.activity.outcome"

    stops_sequence = fields.Boolean(
        string="Stops Sequences",
        compute="_compute_stops_sequence",
        store=True,
        readonly=False,
        precompute=True,
        help="The sequences that the customer or lead is in are stopped.",
    )

    @api.depends("is_response")
    def _compute_stops_sequence(self):
        for outcome in self:
            outcome.stops_sequence = outcome.is_response

    @api.model
    @ormcache()
    def _get_stopping_ids(self):
        """:return: tuple of the ids of the outcomes that stop sequences"""
        return self._search_ids("stops_sequence", True)
