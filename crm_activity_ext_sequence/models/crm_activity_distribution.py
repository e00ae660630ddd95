# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.models.crm_activity_distribution import RUNNING
from odoo.addons.crm_activity_ext.tools.values import SystemValue, get_selection

from .crm_activity_sequence_enrollment import AlreadyEnrolled

# Sequences that the name of a distribution tells of.
NAMED_COUNT = 3
# What its user has stopped goes on; what the system has stopped waits for a decision.
UNDECIDED = Domain("enrollment_action", "!=", False) & Domain(
    [("run_state", "=", "stopped"), ("stop_reason", "!=", "user")]
)


class CrmActivityDistribution(models.Model):
    """How a sequence is started for many: a line for each target, which gets all steps at once.

    What is done with many that are in one is worked off the same way: a line for each enrollment.
    """

    _inherit = "crm.activity.distribution"

    # What is done with enrollments makes no activities.
    activity_type_id = fields.Many2one(required=False)
    enrollment_ids = fields.One2many(
        "crm.activity.sequence.enrollment", "distribution_id", string="Enrollments"
    )
    enrollment_action = fields.Selection(
        [
            ("pause", "Pause"),
            ("resume", "Resume"),
            ("stop", "Stop"),
            ("update", "Update Planned Activities"),
        ],
        string="Action",
        readonly=True,
    )

    @api.model
    def _start_enrollment_action(self, action, enrollments):
        """Do something with enrollments in the background.

        :param str action: see ``enrollment_action``
        :param enrollments: each of them readable by the current user
        :return: the distribution
        """
        labels = dict(get_selection(self, "enrollment_action"))
        sequences = enrollments.sequence_id
        names = sequences[:NAMED_COUNT].mapped("name")
        if len(sequences) > NAMED_COUNT:
            names.append("…")
        # sudo: what runs later in somebody's name is written by this method alone.
        distribution = self.sudo().create(
            {
                **self._prepare_run(enrollments),
                "enrollment_action": action,
                "name": f"{labels[action]}: {', '.join(names)}",
                "sequence_id": len(sequences) == 1 and sequences.id,
                "state": "pending",
            }
        )
        distribution._add_waiting(enrollments, {})
        distribution._trigger_cron()
        return distribution.sudo(False)

    @api.model
    def _get_waiting_enrollments(self, enrollments):
        """:return: those of these that something is about to be done with in the background"""
        # sudo: whoever sends a message asks.
        running = Domain("enrollment_action", "!=", False) & Domain("run_state", "in", RUNNING)
        distributions = self.sudo().search(running | UNDECIDED)
        if not distributions:
            return enrollments.browse()
        lines = self.env["crm.activity.distribution.line"].sudo()
        lines = lines.search_fetch(
            [
                ("distribution_id", "in", distributions.ids),
                ("kind", "=", False),
                ("res_id", "in", enrollments.ids),
            ],
            ["res_id"],
        )
        return enrollments.browse(lines.mapped("res_id"))

    @api.model
    def _search_undecided_lines(self):
        """:return: Query of the lines of enrollments that wait until somebody takes over, or
        deletes, what the system has stopped; None where there are none
        """
        # sudo: the queue asks, for all.
        undecided = self.sudo().search(UNDECIDED)
        Line = self.env["crm.activity.distribution.line"].sudo()
        domain = [("distribution_id", "in", undecided.ids), ("kind", "=", False)]
        return Line._search(domain) if undecided else None

    def action_take_over(self):
        """What waited for it has its turn in the queues again."""
        result = super().action_take_over()
        self._wake_queues()
        return result

    def unlink(self):
        result = super().unlink()
        self._wake_queues()
        return result

    @api.model
    def _wake_queues(self):
        """Let the queues run, which take up nothing of what waits for a decision."""
        for name in self.env.registry.descendants(["crm.activity.queue.mixin"], "_inherit"):
            if self.env[name]._crm_activity_cron:
                self.env[name]._have_another_turn()

    def _get_stop_reason(self):
        reason = super()._get_stop_reason()
        is_gone = self.sequence_id and not (self.enrollment_action or self.sequence_id.step_ids)
        return reason or (is_gone and "user")

    def _get_left_out(self, targets):
        if not self.enrollment_action:
            return super()._get_left_out(targets)
        others = targets - targets._filter_for_action(self.enrollment_action)
        return {enrollment: ("unchanged", enrollment.progress) for enrollment in others}

    def _create_activities(self, targets, dates):
        if self.enrollment_action:
            return self._do_enrollment_action(targets)
        if not self.sequence_id:
            return super()._create_activities(targets, dates)
        # sudo: what the system says of a sequence; for whom and in whose name stays the owner's.
        enrollments = self.sudo()._enroll(targets, dates)
        # Who is responsible is told once at the end, not chunk by chunk.
        Activity = self.env["crm.activity"].with_context(mail_auto_subscribe_no_notify=True)
        Activity.create(self._prepare_steps_values(targets, enrollments.sudo(False)))
        return {}

    def _do_enrollment_action(self, enrollments):
        """Do it with these.

        :return: ``{enrollment: (kind, reason)}`` of those that something is to be said of
        """
        result = enrollments._do_action(self.enrollment_action)
        if self.enrollment_action == "resume":
            return {enrollment: ("opted_out", enrollment.progress) for enrollment in result}
        if self.enrollment_action == "stop":
            return {
                enrollment: ("busy", enrollment._describe_busy(activities))
                for enrollment, activities in result.grouped("enrollment_id").items()
            }
        return {}

    def _enroll(self, targets, dates):
        """Write down that these targets are in the sequence, and since when.

        :param dict dates: ``{target id: datetime}`` where they are spread
        :return: the enrollments, in the order of the targets
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        found = Enrollment._search_open(targets, self.sequence_id)
        being_undone = found._filter_being_undone()
        being_undone.with_context(tracking_disable=True)._stop("user")
        (found - being_undone)._finish_over()
        return Enrollment._enroll(
            [
                {
                    "sequence_id": self.sequence_id.id,
                    "res_model": target._name,
                    "res_id": target.id,
                    "user_id": self.sudo(False)._get_responsible(target.sudo(False)).id,
                    "company_id": (target.company_id or self.env.company).id,
                    "campaign_id": self.campaign_id.id,
                    "distribution_id": self.id,
                    "start_date": self._get_start_date(dates.get(target.id) or self.date),
                }
                for target in targets
            ]
        )

    def _get_start_date(self, date):
        """:return: date: today where the start was continued, or taken over, later than meant: all
        steps that are past would leave at once
        """
        start = fields.Datetime.context_timestamp(self, date).date()
        return max(start, fields.Date.context_today(self))

    def _prepare_steps_values(self, targets, enrollments):
        """:return: list of the values of all activities of the enrollments, step by step"""
        target_field = self.env["crm.activity"]._get_target_fields()[self.target_model][0]
        dates = {}
        values_list = []
        for step in self.sequence_id.step_ids:
            common = {
                **step._prepare_values(),
                "campaign_id": self.campaign_id.id,
                "distribution_id": SystemValue(self.id),
                "step_id": SystemValue(step.id),
            }
            for target, enrollment in zip(targets, enrollments, strict=True):
                user = enrollment.user_id
                # One calendar for each responsible, day and step, however many targets.
                key = (step, user, enrollment.start_date)
                if key not in dates:
                    dates[key] = step._get_date(user, self.env.company, enrollment.start_date)
                values_list.append(
                    {
                        **common,
                        "date": dates[key],
                        "enrollment_id": SystemValue(enrollment.id),
                        "user_id": user.id,
                        target_field: target.id,
                    }
                )
        return values_list

    def _prepare_failed_values(self, line, error):
        values = super()._prepare_failed_values(line, error)
        if self.enrollment_action:
            return values | {"kind": "unchanged"}
        return values | {"kind": "enrolled"} if isinstance(error, AlreadyEnrolled) else values

    def action_undo(self):
        """Stop the enrollments, and delete those of which nothing is left.

        :raise UserError: for what has made nothing, saying what to do instead
        """
        self.check_access("read")
        if self.enrollment_action:
            raise UserError(
                self.env._(
                    "This has created nothing that could be undone. Pause, resume or start the "
                    "sequences again instead."
                )
            )
        return super().action_undo()

    def _withdraw(self, activities):
        """From here on nothing of them leaves, and no pause is resumed."""
        # The chatter need not tell of what is deleted in a moment.
        activities.enrollment_id.with_context(tracking_disable=True)._stop("user")
        return super()._withdraw(activities)

    def _take_back_rest(self, size):
        """Who has got nothing has not been in the sequence."""
        enrollments = self.env["crm.activity.sequence.enrollment"].search(
            [("distribution_id", "in", self.ids), ("activity_ids", "=", False)], limit=size
        )
        deleted = self._do_where_possible(self._delete, enrollments)
        is_more = bool(deleted) and len(enrollments) == size
        return super()._take_back_rest(size) or is_more

    def _count_made(self):
        if not self.sequence_id:
            return super()._count_made()
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        return Enrollment.search_count([("distribution_id", "=", self.id)])

    def action_view_enrollments(self):
        """Show who was enrolled.

        :return: window action on ``crm.activity.sequence.enrollment``
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        return Enrollment._open([("distribution_id", "in", self.ids)], context={})
