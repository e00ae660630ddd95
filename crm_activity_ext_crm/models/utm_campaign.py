# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_activity_ext.models.crm_activity_target_mixin import VIEWER


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    # Odoo's crm_lead_count has the lost ones as well.
    audience_lead_count = fields.Integer(
        string="Leads/Opportunities",
        compute="_compute_audience_lead_count",
        groups="sales_team.group_sale_salesman",
    )

    # A lead's own campaign is where it has come from. To be added to another changes nothing there.
    audience_included_lead_ids = fields.Many2many(
        "crm.lead",
        "crm_campaign_included_lead_rel",
        "campaign_id",
        "lead_id",
        string="Leads Added by Hand",
        groups="sales_team.group_sale_salesman",
    )
    audience_excluded_lead_ids = fields.Many2many(
        "crm.lead",
        "crm_campaign_excluded_lead_rel",
        "campaign_id",
        "lead_id",
        string="Leads Left Out",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends("audience_included_lead_ids", "audience_excluded_lead_ids")
    @api.depends_context(*VIEWER)
    def _compute_audience_lead_count(self):
        counts = self._count_audience_leads()
        for campaign in self:
            campaign.audience_lead_count = counts.get(campaign._origin.id, 0)

    def _count_audience_leads(self):
        """:return: ``{campaign id: leads}``, by one query for all campaigns"""
        Lead = self.env["crm.lead"]
        visible = Lead._search([])
        members = SQL(
            """
            SELECT campaign_id, id AS lead_id FROM crm_lead WHERE campaign_id = ANY(%(ids)s)
            UNION
            SELECT campaign_id, lead_id FROM crm_campaign_included_lead_rel
            WHERE campaign_id = ANY(%(ids)s)
            EXCEPT
            SELECT campaign_id, lead_id FROM crm_campaign_excluded_lead_rel
            WHERE campaign_id = ANY(%(ids)s)
            """,
            ids=self.ids,
            to_flush=Lead._fields["campaign_id"],
        )
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT campaign_id, COUNT(*) FROM (%s) AS member "
                    "WHERE lead_id IN %s GROUP BY campaign_id",
                    members,
                    visible.subselect(),
                )
            )
        )

    def _get_audience_leads(self):
        """The leads that came by this campaign or were added by hand, and not left out.

        :return: Domain, on ``crm.lead``
        """
        self.ensure_one()
        added = SQL("(%s)", self._select_members("audience_included_lead_ids"))
        left_out = SQL("(%s)", self._select_members("audience_excluded_lead_ids"))
        found = Domain("campaign_id", "in", self.ids) | Domain("id", "in", added)
        return found & Domain("id", "not in", left_out)

    @api.model
    def _follow_lead_merge(self, merged, survivor):
        """Let a lead take the place of those that are merged with it, before they are deleted."""
        # All campaigns: a merge counts for all of them. All goes in one round trip, as Odoo merges
        # hundreds of leads when it assigns them.
        statements = [
            SQL(
                "INSERT INTO %(table)s (campaign_id, lead_id) "
                "SELECT DISTINCT campaign_id, %(survivor)s FROM %(table)s "
                "WHERE lead_id = ANY(%(merged)s) ON CONFLICT DO NOTHING",
                table=SQL.identifier(self._fields[name].relation),
                survivor=survivor.id,
                merged=merged.ids,
            )
            for name in survivor._crm_audience_fields
        ]
        self.env.cr.execute(SQL("; ").join(statements))
        self.invalidate_model(survivor._crm_audience_fields)

    def action_view_crm_leads(self):
        """Show leads and opportunities, those of this campaign first, with what was done for each.

        :return: window action on ``crm.lead``
        :raise UserError: for several campaigns
        """
        self._check_single()
        return self._prepare_action("crm_activity_ext_crm.crm_lead_action_campaign")

    def _get_parts(self):
        leads = (
            self.env._("Leads/Opportunities"),
            "audience_lead_count",
            self._get_audience_leads(),
            "lead_id",
            "action_view_crm_leads",
        )
        return [leads, *super()._get_parts()]
