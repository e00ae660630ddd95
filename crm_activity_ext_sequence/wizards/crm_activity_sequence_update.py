# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivitySequenceUpdate(models.TransientModel):
    """Ask before what is planned becomes what the steps of a sequence say now."""

    _name = "crm.activity.sequence.update"
    _description = "Update Planned Activities of a Sequence"
    _inherit = ["crm.activity.dialog.mixin"]

    sequence_id = fields.Many2one(
        "crm.activity.sequence", required=True, readonly=True, ondelete="cascade"
    )
    planned_count = fields.Integer(string="Planned", compute="_compute_planned_count")

    @api.depends("sequence_id")
    def _compute_planned_count(self):
        for wizard in self:
            domain = wizard.sequence_id.step_ids._get_planned_domain()
            wizard.planned_count = self.env["crm.activity"].search_count(domain)

    def action_update(self):
        """Update what is planned, and has not left yet.

        :return: client action, a notification that says how many activities there were; for many
            enrollments a window action on the distribution that works through them in the
            background
        :raise AccessError: for who may not write the sequence, or one of the activities
        """
        self.ensure_one()
        self.sequence_id.check_access("write")
        running = self.sequence_id._get_running()
        if running._are_many():
            return running._do_in_background("update")
        count = running._do_action("update")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Activities updated: %(count)s.", count=count),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
