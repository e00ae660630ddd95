# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models
from odoo.fields import Domain


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    def action_view_crm_leads(self):
        """Show the potential contacts, those of this campaign first, with what was done for each.

        :return: window action on ``crm.lead``
        :raise UserError: for several campaigns, or an audience that cannot be read
        """
        return self._action_view_targets("crm_activity_ext_crm.crm_lead_action_campaign")

    def _get_audience_parts(self):
        potential_contacts = (
            self.env._("Potential Contacts"),
            "crm.lead",
            Domain("campaign_id", "=", self._origin.id),
            "lead_id",
            "action_view_crm_leads",
        )
        return [potential_contacts, *super()._get_audience_parts()]
