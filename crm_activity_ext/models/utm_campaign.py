# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    crm_activity_ids = fields.One2many(
        "crm.activity",
        "campaign_id",
        string="CRM Activities",
        groups="sales_team.group_sale_salesman",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        self.env["crm.activity"]._check_unreferenced("campaign_id", self)
