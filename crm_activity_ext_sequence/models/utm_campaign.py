# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models

from .crm_activity_sequence_enrollment import OPEN


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    crm_enrollment_count = fields.Integer(
        string="Running Sequences",
        compute="_compute_crm_enrollment_count",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_crm_enrollment_count(self):
        groups = self.env["crm.activity.sequence.enrollment"]._read_group(
            [("campaign_id", "in", self.ids), ("state", "in", OPEN)], ["campaign_id"], ["__count"]
        )
        counts = {campaign.id: count for campaign, count in groups}
        for campaign in self:
            campaign.crm_enrollment_count = counts.get(campaign._origin.id, 0)

    def action_view_crm_enrollments(self):
        """Show who is in a sequence of this campaign, and was.

        :return: window action on ``crm.activity.sequence.enrollment``
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        return Enrollment._open([("campaign_id", "in", self.ids)])
