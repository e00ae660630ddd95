# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, time

from pytz import utc

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_activity_ext.wizards.crm_activity_distribute import DECISIVE_FIELDS

# What the dialog shows the dates of, as others may differ by their holidays.
SHOWN_STEPS = 12


class CrmActivitySequenceEnroll(models.TransientModel):
    """Start a sequence: the dialog of many activities, with a sequence in place of one of them."""

    _name = "crm.activity.sequence.enroll"
    _description = "Start a CRM Activity Sequence"
    _inherit = ["crm.activity.distribute"]

    sequence_id = fields.Many2one(
        required=True, ondelete="cascade", domain="[('target_model', '=', target_model)]"
    )
    start_date = fields.Date(
        string="First Day", required=True, default=lambda self: fields.Date.context_today(self)
    )
    activity_type_id = fields.Many2one(
        compute="_compute_from_sequence", store=True, precompute=True, required=False
    )
    name = fields.Char(compute="_compute_from_sequence")
    state = fields.Selection(compute="_compute_from_sequence", readonly=True, required=False)
    body = fields.Html(compute="_compute_from_sequence")
    date = fields.Datetime(compute="_compute_date", store=True, precompute=True, required=False)
    user_policy = fields.Selection(default="salesperson")
    steps_preview = fields.Text(string="Steps", compute="_compute_steps_preview")

    @api.model
    def _get_system_fields(self):
        """What follows from the sequence as well: by a status of somebody's own, as *Done*, nobody
        would be asked what they want.
        """
        follows = {"activity_type_id", "body", "date", "name", "state"}
        return super()._get_system_fields() | follows

    @api.depends("sequence_id")
    def _compute_from_sequence(self):
        """The first step stands for all: its type says whom the first message reaches."""
        for wizard in self:
            wizard.activity_type_id = wizard.sequence_id.step_ids[:1].activity_type_id
            wizard.name = wizard.sequence_id.name
            wizard.state = "pending"
            wizard.body = False

    @api.depends("start_date")
    def _compute_date(self):
        """The day begins on the clock of who starts it."""
        for wizard in self:
            day = wizard.start_date or fields.Date.context_today(wizard)
            midnight = self.env.tz.localize(datetime.combine(day, time.min))
            wizard.date = midnight.astimezone(utc).replace(tzinfo=None)

    @api.depends("sequence_id", "start_date", "target_ids", "user_policy", "user_id")
    def _compute_steps_preview(self):
        """The days of the first target, on its responsible's calendar."""
        for wizard in self:
            target = wizard._get_readable_targets()[:1]
            if not (wizard.sequence_id and wizard.start_date and target):
                wizard.steps_preview = False
                continue
            user = wizard._get_responsible(target)
            wizard.steps_preview = "\n".join(
                wizard._describe_step(step, user) for step in wizard._get_shown_steps()
            )

    def _get_shown_steps(self):
        return self.sequence_id.step_ids[:SHOWN_STEPS]

    def _describe_step(self, step, user):
        """:return: str, when a step is and what it is"""
        date = step._get_date(user, self.env.company, self.start_date)
        day = self._format_day(fields.Datetime.context_timestamp(self, date))
        subject = step.mail_template_id.name or step.name or ""
        return f"{day} · {step.activity_type_id.name}: {subject}"

    @api.depends("sequence_id", *DECISIVE_FIELDS)
    def _compute_left_out(self):
        return super()._compute_left_out()

    @api.model
    def _get_decisive_fields(self):
        return (*super()._get_decisive_fields(), "sequence_id", "start_date")

    def _check_definition(self):
        """:raise UserError: for a sequence that cannot be started for these, or not on this day"""
        self.sequence_id._check_startable(self.target_model)
        if self.start_date < fields.Date.context_today(self):
            # All that is past would leave at once.
            raise UserError(self.env._("A sequence cannot start in the past."))
        return super()._check_definition()

    def _check_result(self):
        """:raise UserError: saying why, where it was started for nobody"""
        result = super()._check_result()
        distribution = self.distribution_id
        if distribution.run_state == "done" and not distribution.made_count:
            reasons = list(dict.fromkeys(distribution.line_ids.mapped("reason")))[:SHOWN_STEPS]
            raise UserError("\n".join(reasons))
        return result

    def _notify_result(self):
        result = super()._notify_result()
        made, left_out = self.distribution_id.made_count, self.distribution_id.left_out_count
        message = self.env._("Sequence started: %(count)s.", count=made)
        if left_out:
            message = self.env._(
                "Sequence started: %(count)s, skipped: %(left_out)s.", count=made, left_out=left_out
            )
        result["params"]["message"] = f"{message} %s"
        return result
