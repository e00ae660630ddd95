# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, is_html_empty

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES

# What a step tells of the activities that it has made.
FIGURES = ("planned_count", "done_count", "answered_count", "stopped_count", "failed_count")


class CrmActivitySequenceStep(models.Model):
    """One activity of a sequence: what it is, and how long after the start."""

    _name = "crm.activity.sequence.step"
    _description = "Step of a CRM Activity Sequence"
    _inherit = ["crm.activity.working.days.mixin", "crm.activity.dialog.mixin"]
    _order = "sequence_id, delay_days, hour, id"

    sequence_id = fields.Many2one(
        "crm.activity.sequence", required=True, index=True, ondelete="cascade"
    )
    target_model = fields.Selection(related="sequence_id.target_model")
    # A type goes with its module by SQL, and nothing may hold it back.
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        index=True,
        ondelete="cascade",
        domain=lambda self: self.env["crm.activity"]._fields["activity_type_id"].domain,
    )
    name = fields.Char(
        string="Subject",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    body = fields.Html(string="Text")
    mail_template_id = fields.Many2one(
        "mail.template",
        string="Template",
        index="btree_not_null",
        ondelete="set null",
        domain="[('model', '=', target_model)]",
        help="Fills in subject and text for each record, in its recipient's language.",
    )
    delay_days = fields.Integer(
        string="Days",
        help="Days after the start. A day on which the responsible does not work gives way to "
        "the next working day.",
    )
    hour = fields.Float(default=9.0, help="On the responsible's clock.")
    planned_count = fields.Integer(string="Planned", compute="_compute_figures")
    done_count = fields.Integer(string="Done", compute="_compute_figures", help="Done, or sent.")
    answered_count = fields.Integer(
        string="Answered",
        compute="_compute_figures",
        help="The customer has answered this step, or its outcome is a response.",
    )
    stopped_count = fields.Integer(
        string="Stopped",
        compute="_compute_figures",
        help="The sequence was stopped before this step.",
    )
    failed_count = fields.Integer(string="Failed", compute="_compute_figures")

    _delay_days_within_reach = models.Constraint(
        "CHECK(delay_days BETWEEN 0 AND 365)",
        "A step is at most 365 days after the start.",
    )
    _hour_of_a_day = models.Constraint(
        "CHECK(hour >= 0 AND hour < 24)", "The hour of a step is between 0:00 and 23:59."
    )

    @api.depends("activity_type_id")
    def _compute_name(self):
        types = self.env["mail.activity.type"].search([("crm_channel", "!=", False)])
        proposals = {type_._get_subject() for type_ in types}
        for step in self:
            if not step.name or step.name in proposals:
                type_ = step.activity_type_id
                step.name = type_._get_subject() if type_ else False

    @api.depends("name", "mail_template_id", "delay_days")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for step in self:
            step.display_name = self.env._(
                "Day %(day)s: %(name)s",
                day=step.delay_days,
                name=step.mail_template_id.name or step.name or "",
            )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_figures(self):
        counts = {step_id: figures for step_id, *figures in self._count_activities()}
        nothing = [0] * len(FIGURES)
        for step in self:
            for name, count in zip(FIGURES, counts.get(step._origin.id, nothing), strict=True):
                step[name] = count

    def _count_activities(self):
        """Count what became of these steps, as far as the user sees it, in one query.

        :return: list of ``(step id, planned, done, answered, stopped, failed)``
        """
        if not self.ids:
            return []
        Activity = self.env["crm.activity"]
        query = Activity._search([("step_id", "in", self.ids)])
        step, state, id_ = (
            Activity._field_to_sql(Activity._table, name, query)
            for name in ("step_id", "state", "id")
        )
        responses = Activity._get_response_domain().optimize_full(Activity)
        is_response = responses._to_sql(Activity, Activity._table, query)
        is_answered = SQL(
            "(%s) OR EXISTS (SELECT FROM crm_activity answer WHERE answer.answer_to_id = %s)",
            is_response,
            id_,
        )
        self.env["crm.activity.sequence.enrollment"].flush_model(["paused_states", "state"])
        enrollment = Activity._field_to_sql(Activity._table, "enrollment_id", query)

        def is_of_one(condition):
            return SQL(
                "EXISTS (SELECT FROM crm_activity_sequence_enrollment AS enrollment"
                " WHERE enrollment.id = %s AND %s)",
                enrollment,
                condition,
            )

        # What is paused is cancelled for a while, and goes on.
        is_paused = is_of_one(
            SQL(
                "enrollment.state = 'paused' AND jsonb_exists(enrollment.paused_states, %s::text)",
                id_,
            )
        )
        is_stopped = is_of_one(SQL("enrollment.state = 'stopped'"))
        columns = (
            SQL("COUNT(*) FILTER (WHERE %s)", condition)
            for condition in (
                SQL("%s IN %s OR %s", state, OPEN_STATES, is_paused),
                SQL("%s = 'done'", state),
                is_answered,
                SQL("%s = 'cancelled' AND %s", state, is_stopped),
                SQL("%s = 'failed'", state),
            )
        )
        query.groupby = step
        return self.env.execute_query(query.select(step, *columns))

    @api.constrains("activity_type_id")
    def _check_activity_type(self):
        """:raise ValidationError: naming the types that activities cannot have"""
        types = self.activity_type_id
        offered = self.env["crm.activity"]._fields["activity_type_id"].domain
        if refused := types - types.filtered_domain(offered):
            raise ValidationError(
                self.env._(
                    "These activity types are not available for CRM activities: %(types)s. Set "
                    "their CRM channel first.",
                    types=", ".join(refused.mapped("name")),
                )
            )

    @api.constrains("mail_template_id", "name", "body", "activity_type_id")
    def _check_text(self):
        """:raise ValidationError: for a step that has nothing to say, or not to these targets"""
        delivered = self.env["crm.activity"]._get_delivered_channels()
        for step in self:
            template = step.mail_template_id
            if template and template.model != step.target_model:
                raise ValidationError(
                    self.env._(
                        "The template “%(template)s” is not for the records of this sequence.",
                        template=template.name,
                    )
                )
            if not (template or step.name):
                raise ValidationError(self.env._("Write a subject or choose a template."))
            is_message = step.activity_type_id.crm_channel in delivered
            if is_message and not template and is_html_empty(step.body):
                raise ValidationError(
                    self.env._(
                        "“%(subject)s” has no text to send. Write one or choose a template.",
                        subject=step.name,
                    )
                )

    def write(self, vals):
        """The type of what is planned does not change: its message is of that type."""
        changing = self.filtered(
            lambda step: (
                vals.get("activity_type_id", step.activity_type_id.id) != step.activity_type_id.id
            )
        )
        # sudo: those of colleagues count too; no more is told than that there are some.
        if changing and changing.sudo()._has_planned():
            raise UserError(
                self.env._(
                    "You cannot change the type of a step while its activities are planned. "
                    "Add another step instead."
                )
            )
        return super().write(vals)

    def _get_planned_domain(self):
        """:return: Domain of what these have planned in sequences that run, and has not left yet"""
        return Domain(
            [
                ("step_id", "in", self.ids),
                ("state", "in", OPEN_STATES),
                ("enrollment_id.state", "=", "running"),
            ]
        )

    def _has_planned(self):
        return bool(self.env["crm.activity"].search_count(self._get_planned_domain(), limit=1))

    def _prepare_values(self):
        """:return: values of an activity of this step, without date, target and responsible"""
        self.ensure_one()
        has_text = not self.mail_template_id and not is_html_empty(self.body)
        return {
            "activity_type_id": self.activity_type_id.id,
            "name": self.name or self.activity_type_id._get_subject(),
            "mail_template_id": self.mail_template_id.id,
            "body": has_text and self.body,
            "state": "pending",
        }

    def _prepare_text(self):
        """:return: values of what an activity of this step says: a template says it all"""
        values = self._prepare_values()
        names = ["mail_template_id"]
        if not self.mail_template_id:
            names += ["name", "body"]
        return {name: values[name] for name in names}

    def _get_date(self, user, company, start):
        """When somebody does this step: at its hour, on their clock, and on a day they work.

        :param user: ``res.users`` who is responsible
        :param company: ``res.company`` they work for
        :param date start: the day that the sequence starts
        :return: datetime in UTC
        """
        self.ensure_one()
        day = self._get_day(user, company, start)
        return self._get_working_date(user, company, day, self._get_time())

    def _get_day(self, user, company, start):
        """Go through the steps up to this one: those of different days do not meet after a
        weekend or a holiday.

        :return: date, a working day
        """
        delays = self.sequence_id.step_ids.mapped("delay_days")
        # One look into the calendar for all of them: so many reach as far as this step at least.
        days = iter(self._pick_working_days(user, company, start, self.delay_days + 1))
        for delay in sorted({delay for delay in delays if delay < self.delay_days}):
            next(day for day in days if day >= start + timedelta(days=delay))
        return next(day for day in days if day >= start + timedelta(days=self.delay_days))

    @api.model
    def _get_working_date(self, user, company, day, at):
        """:return: datetime in UTC: this time of the user's on a day, or the next working day"""
        [day] = self._pick_working_days(user, company, day, 1)
        # sudo: of a colleague no more than their clock.
        zone = timezone(user.sudo().tz or self.env.tz.zone)
        return zone.localize(datetime.combine(day, at)).astimezone(utc).replace(tzinfo=None)

    def _get_timing(self):
        """:return: list of what the date depends on, as ``planned`` of an enrollment has it"""
        return [self.delay_days, self.hour]

    def _get_time(self):
        minutes = min(round(self.hour * 60), 24 * 60 - 1)
        return time(*divmod(minutes, 60))
