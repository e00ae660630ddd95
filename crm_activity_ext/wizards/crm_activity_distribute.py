# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmActivityDistribute(models.TransientModel):
    """One definition, one activity for each of many targets."""

    _name = "crm.activity.distribute"
    _description = "Distribute a CRM Activity"

    target_model = fields.Selection(
        [("res.partner", "Customers and contacts")], required=True, readonly=True
    )
    target_ids = fields.Json(required=True, readonly=True)
    target_count = fields.Integer(compute="_compute_target_count")
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        domain=lambda self: self.env["crm.activity"]._fields["activity_type_id"].domain,
    )
    name = fields.Char(
        string="Subject",
        compute="_compute_from_type",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date = fields.Datetime(string="Date and Time", required=True, default=fields.Datetime.now)
    state = fields.Selection(
        selection="_selection_state",
        string="Status",
        compute="_compute_from_type",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    campaign_id = fields.Many2one("utm.campaign")
    body = fields.Html(
        string="Text",
        compute="_compute_from_type",
        store=True,
        readonly=False,
        precompute=True,
    )

    @api.model
    def _selection_state(self):
        return self.env["crm.activity"]._fields["state"]._description_selection(self.env)

    @api.depends("target_ids")
    def _compute_target_count(self):
        for wizard in self:
            wizard.target_count = len(wizard.target_ids or [])

    @api.depends("activity_type_id")
    def _compute_from_type(self):
        """Propose what a single activity of this type would get."""
        for wizard in self:
            activity = self.env["crm.activity"].new(
                {
                    "activity_type_id": wizard.activity_type_id.id,
                    "name": wizard.name,
                    "body": wizard.body,
                    "state": wizard.state,
                }
            )
            activity._compute_name()
            activity._compute_body()
            activity._compute_state()
            for field_name in ("name", "body", "state"):
                wizard[field_name] = activity[field_name]

    def action_distribute(self):
        """Create one activity for each target.

        :return: client action: a notice that links to what was made, and the dialog
            closes
        :raise UserError: for targets that are gone or no targets at all
        """
        self.ensure_one()
        activities = self.env["crm.activity"].create(
            [self._prepare_activity_values(target) for target in self._get_targets()]
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s activities created.", count=len(activities)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_targets(self):
        """:return: the records to make activities for, each of them readable"""
        targets = self.env[self.target_model].browse(self.target_ids or [])
        if not targets or targets != targets.exists():
            raise UserError(
                self.env._(
                    "Some of the selected records no longer exist. "
                    "Close this window, reload the list and select again."
                )
            )
        targets.check_access("read")
        return targets

    def _prepare_activity_values(self, target):
        target_field = self.env["crm.activity"]._get_target_fields()[self.target_model][0]
        return {
            target_field: target.id,
            "activity_type_id": self.activity_type_id.id,
            "name": self.name,
            "date": self.date,
            "state": self.state,
            "campaign_id": self.campaign_id.id,
            "body": self.body,
        }
