# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_activity_ext.report.crm_activity_history import READER, HistorySource


class CrmActivityHistory(models.Model):
    _inherit = "crm.activity.history"

    lead_id = fields.Many2one(
        "crm.lead", string="Lead/Opportunity", readonly=True, depends_context=READER
    )

    @api.model
    def _get_sources(self):
        return [
            *super()._get_sources(),
            HistorySource(
                "crm.lead",
                "lead",
                self.env._("Lead/Opportunity"),
                "fa-star",
                void=Domain("won_status", "=", "lost"),
                columns={
                    "date": "create_date",
                    "lead_id": "id",
                    "state": "stage_id",
                    "document_type": "type",
                    "amount_total": "expected_revenue",
                },
                text="description",
            ),
        ]

    @api.model
    def _get_state_column(self, source, column, model, query):
        """Won or lost says more of a lead than its stage does."""
        state = self._get_field_column(source, column, model, query)
        if source.kind != "lead" or not self._can_read(model, "won_status"):
            return state
        won_status = SQL.identifier(model._table, "won_status")
        outcome = self._convert(column, model, "won_status", query)
        return SQL(
            "CASE WHEN %s IN ('won', 'lost') THEN %s ELSE %s END", won_status, outcome, state
        )

    def action_new_activity(self):
        """Ask for an activity for those whose history is shown.

        :return: window action: see ``crm.activity._action_new_for``
        """
        return self._get_targets().action_new_crm_activity()
