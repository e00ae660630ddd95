# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmActivityAddToCampaign(models.TransientModel):
    """The question to which campaign selected records are added."""

    _name = "crm.activity.add.to.campaign"
    _description = "Add to Campaign"
    _inherit = ["crm.activity.wizard.mixin"]

    campaign_id = fields.Many2one("utm.campaign", required=True)
    target_count = fields.Integer(string="Selected", compute="_compute_target_count")

    @api.depends("target_ids")
    def _compute_target_count(self):
        for wizard in self:
            wizard.target_count = len(wizard._get_target_ids())

    def action_add(self):
        """Add the targets to the audience of the campaign.

        :return: client action: a notice how many there were, that links to the campaign
        :raise AccessError: for who may not say whom a campaign is for
        :raise UserError: for targets that are gone
        """
        self.ensure_one().check_access("write")
        targets = self.env[self.target_model].browse(self._get_target_ids())
        targets = targets.exists()
        if not targets:
            raise UserError(self.env._("The records no longer exist."))
        added, present = self.campaign_id._add_to_audience(targets)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if added else "warning",
                "message": self._describe(added, present, len(targets) - added - present),
                "links": [
                    {
                        "label": self.campaign_id.display_name,
                        "url": f"/odoo/crm-campaigns/{self.campaign_id.id}",
                    }
                ],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _describe(self, added, present, refused):
        """:return: what has become of the selected, with %s for the link to the campaign"""
        parts = [self.env._("%(count)s added to %(campaign)s.", count=added, campaign="%s")]
        if present:
            parts.append(self.env._("Already in it: %(count)s.", count=present))
        if refused:
            parts.append(
                self.env._(
                    "Not added: %(count)s (archived, addresses, colleagues or own companies).",
                    count=refused,
                )
            )
        return " ".join(parts)
