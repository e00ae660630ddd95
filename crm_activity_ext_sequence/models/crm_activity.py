# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from pytz import timezone, utc

from odoo import api, fields, models

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES

# What people outside have written, by themselves or as an answer.
RECEIVED = ("answer", "message")


class CrmActivity(models.Model):
    _inherit = "crm.activity"

    enrollment_id = fields.Many2one(
        "crm.activity.sequence.enrollment",
        string="Sequence",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The sequence that this activity is a step of.",
    )
    step_id = fields.Many2one(
        "crm.activity.sequence.step",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    # Whoever reads a step is told how far its sequence is, also where that is a colleague's.
    sequence_progress = fields.Char(
        string="Progress of the Sequence", related="enrollment_id.progress"
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"enrollment_id", "step_id"}

    @api.depends("enrollment_id")
    def _compute_origin(self):
        steps = self.filtered(lambda a: a.enrollment_id or a.origin == "sequence")
        steps.origin = "sequence"
        return super(CrmActivity, self - steps)._compute_origin()

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._stop_sequences()
        return activities

    def write(self, vals):
        result = super().write(vals)
        if "outcome_id" in vals or vals.get("state") == "done":
            self._stop_sequences()
        if vals.get("state") in OPEN_STATES:
            self._restart_sequences()
        return result

    def unlink(self):
        """Who deletes what is left of a sequence stops it."""
        # sudo: an enrollment follows from its activities, whoever deletes them.
        enrollments = self.sudo().enrollment_id
        result = super().unlink()
        enrollments.exists()._filter_over()._stop("gone")
        return result

    def _stop_sequences(self):
        """Stop what the targets of these are in, where these are answers, or outcomes say so."""
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        for reason, activities in self.grouped(lambda a: a._get_sequence_stop()).items():
            if reason:
                Enrollment._search_stopped_by(activities)._stop(reason)

    def _may_leave(self):
        """:return: whether this is still to come, or would leave if somebody retried"""
        self.ensure_one()
        is_unsent = self.state == "failed" and self.has_delivered_channel and not self.has_left
        return is_unsent or self.state in OPEN_STATES

    def _restart_sequences(self):
        """Let run again what was finished, where a step of it is open again."""
        reopened = self.filtered(lambda activity: activity.state in OPEN_STATES)
        # sudo: an enrollment follows from its activities, whoever reopens them.
        reopened.sudo().enrollment_id._restart()

    def _get_sequence_stop(self):
        """:return: why this stops sequences, as ``stop_reason`` of an enrollment, or False"""
        self.ensure_one()
        if self.state != "done":
            return False
        if self.channel == "email_in" or self.origin in RECEIVED:
            return "answer"
        stopping = self.env["crm.activity.outcome"]._get_stopping_ids()
        return self.outcome_id.id in stopping and "outcome"

    def _follow_status(self):
        """An enrollment is finished once nothing of it is left to be done.

        Not while a queue writes what became of a message: see ``_refresh_screens``.
        """
        result = super()._follow_status()
        self._finish_sequences(self - self._get_sync_skipped())
        return result

    def _refresh_screens(self):
        """A queue tells here, at its end, of all that it has sent."""
        self._finish_sequences(self)
        return super()._refresh_screens()

    @api.model
    def _finish_sequences(self, activities):
        closed = activities.filtered(lambda a: a.state not in OPEN_STATES)
        # sudo: an enrollment follows from its activities, whoever closes them.
        closed.sudo().enrollment_id._finish_over()

    def _get_reasons_to_hold(self, channel, due_dates):
        """No step leaves after an answer, whoever makes it pending again."""
        reasons = super()._get_reasons_to_hold(channel, due_dates)
        for activity in self:
            # sudo: whoever is responsible is told why.
            enrollment = activity.sudo().enrollment_id
            # What is settling is not refused: it waits to be cancelled.
            if enrollment.state == "stopped" and not enrollment.is_settling:
                reasons[activity] = enrollment.with_context(lang=activity.user_id.lang).progress
        return reasons

    def _report_bounce(self, email):
        # sudo: the mail gateway may run as anybody.
        bounced = self.sudo().filtered(lambda activity: activity.state == "done")
        result = super()._report_bounce(email)
        bounced.enrollment_id._stop("bounce")
        return result

    def _get_later_date(self, days):
        """:return: datetime in UTC, so many days later at the same hour of the responsible's, on
        a day that they work
        """
        self.ensure_one()
        if not days:
            return self.date
        zone = timezone(self.user_id.tz or self.env.tz.zone)
        local = utc.localize(self.date).astimezone(zone)
        return self.env["crm.activity.sequence.step"]._get_working_date(
            self.user_id, self.company_id, local.date() + timedelta(days=days), local.time()
        )

    def _follow_step(self, step):
        """Become what a step says now, at the date that it says now.

        What is in the outbox is taken out for it, and put back.

        :param step: ``crm.activity.sequence.step`` of all of these
        """
        text = step._prepare_text()

        def get_basis(activity):
            return activity.user_id, activity.company_id, activity.sudo().enrollment_id.start_date

        # One look into the calendar for all that have the same date.
        dates = {basis: step._get_date(*basis) for basis in self.grouped(get_basis)}
        # A template may say something else by now.
        stale = self.filtered(lambda a: text.keys() == {"mail_template_id"} or a._differs(text))
        moved = self.filtered(lambda activity: activity.date != dates[get_basis(activity)])
        queued = (stale | moved).filtered("mail_message_id")
        queued.write({"state": "cancelled"})
        stale.write(text)
        for date, activities in moved.grouped(lambda a: dates[get_basis(a)]).items():
            activities.write({"date": date})
        queued.write({"state": "pending"})

    def _differs(self, values):
        """:return: whether this has other values in one of these fields"""
        self.ensure_one()
        current = self._convert_to_write({name: self[name] for name in values})
        return any((current[name] or False) != (value or False) for name, value in values.items())
