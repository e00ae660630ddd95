# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.models.crm_activity_target_mixin import VIEWER


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    # Odoo's crm_lead_count has the lost ones as well.
    audience_lead_count = fields.Integer(
        string="Leads/Opportunities",
        compute="_compute_audience_lead_count",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends_context(*VIEWER)
    def _compute_audience_lead_count(self):
        counts = dict(
            self.env["crm.lead"]._read_group(
                [("campaign_id", "in", self.ids)], ["campaign_id"], ["__count"]
            )
        )
        for campaign in self:
            campaign.audience_lead_count = counts.get(campaign._origin, 0)

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
            "crm.lead",
            Domain("campaign_id", "in", self.ids),
            "lead_id",
            "action_view_crm_leads",
        )
        return [leads, *super()._get_parts()]
