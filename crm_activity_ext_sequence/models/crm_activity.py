# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import date, timedelta
from functools import cache

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import UserError

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
        if vals.get("state") == "pending":
            self._check_sequence_goes_on()
        result = super().write(vals)
        if "outcome_id" in vals or vals.get("state") == "done":
            self._stop_sequences()
        if vals.get("state") in OPEN_STATES:
            self._restart_sequences()
        if "user_id" in vals:
            # sudo: an enrollment follows from its activities, whoever writes them.
            self.sudo().enrollment_id._follow_responsible()
        return result

    def unlink(self):
        """Who deletes what is left of a sequence stops it."""
        # sudo: an enrollment follows from its activities, whoever deletes them.
        enrollments = self.sudo().enrollment_id
        result = super().unlink()
        enrollments.exists()._filter_over()._stop("gone")
        return result

    @api.model
    def _create_received(self, message, values, user):
        """Who has answered has answered, also where there is no type to record it by."""
        received = super()._create_received(message, values, user)
        if not received and self._is_from_outside(message):
            when = {"date_done": self._get_received_date(message), "state": "done"}
            self.new({**values, **when})._stop_sequences()
        return received

    def _stop_sequences(self):
        """Stop what the targets of these are in, where these are answers, or outcomes say so."""
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        for reason, activities in self.grouped(lambda a: a._get_sequence_stop()).items():
            if reason:
                Enrollment._search_stopped_by(activities)._stop_by_event(reason)

    def _may_leave(self):
        """:return: whether this is still to come, or would leave if somebody retried"""
        self.ensure_one()
        is_unsent = self.state == "failed" and self.has_delivered_channel and not self.has_left
        return is_unsent or self.state in OPEN_STATES

    def _check_sequence_goes_on(self):
        """:raise UserError: for a message of a sequence that is paused or was stopped"""
        # What an administrator does in the queue itself is refused there: ``_get_reasons_to_hold``.
        for activity in self - self._get_sync_skipped():
            # sudo: whoever sends a step is told why it does not leave.
            enrollment = activity.sudo().enrollment_id
            is_message = activity.has_delivered_channel and activity.state != "pending"
            if is_message and enrollment and enrollment._is_held():
                raise UserError(
                    self.env._(
                        "“%(subject)s” is a step of a sequence. %(progress)s. Resume the sequence, "
                        "or replicate the step to send it all the same.",
                        subject=activity.name,
                        progress=enrollment.progress,
                    )
                )

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
        """No step leaves after an answer, or a pause, whoever makes it pending again."""
        reasons = super()._get_reasons_to_hold(channel, due_dates)
        # sudo: whoever is responsible is told why.
        held = self.sudo().filtered(lambda a: a.enrollment_id and a.enrollment_id._is_held())
        # What is settling is not refused: it waits to be cancelled.
        settling = held.enrollment_id._get_settling()
        for activity in self:
            enrollment = activity.sudo().enrollment_id
            if activity.id in held.ids and enrollment not in settling:
                reasons[activity] = enrollment.with_context(lang=activity.user_id.lang).progress
        return reasons

    def _report_bounce(self, email):
        # sudo: the mail gateway may run as anybody.
        bounced = self.sudo().filtered(lambda activity: activity.state == "done")
        result = super()._report_bounce(email)
        bounced.enrollment_id._stop_by_event("bounce")
        return result

    def _get_later_dates(self, days, find_date):
        """Move all of these in their order: those of different days stay on different days.

        :param int days: how many days later
        :param find_date: ``_get_working_date`` of the steps, or what remembers its answers
        :return: ``{activity: datetime in UTC}``, at the same hour of the responsible's, on a day
            that they work
        """
        if not days:
            return {activity: activity.date for activity in self}
        dates = {}
        former = moved = date.min
        for activity in self.sorted("date"):
            local = activity._get_local(activity.date)
            earliest = moved + timedelta(days=former != local.date())
            day = max(local.date() + timedelta(days=days), earliest)
            dates[activity] = find_date(activity.user_id, activity.company_id, day, local.time())
            former, moved = local.date(), activity._get_local(dates[activity]).date()
        return dates

    def _get_local(self, moment):
        """:return: a datetime in UTC, on the clock of the responsible"""
        # sudo: of a colleague no more than their clock.
        zone = timezone(self.user_id.sudo().tz or self.env.tz.zone)
        return utc.localize(moment).astimezone(zone)

    def _follow_step(self, step):
        """Become what a step says now, and move where its day or hour has changed.

        What is in the outbox is taken out for it, and put back.

        :param step: ``crm.activity.sequence.step`` of all of these
        :return: those that have changed
        """
        text = step._prepare_text()
        dates = self._get_changed_dates(step)
        stale = self._get_stale(text)
        moved = self.filtered(lambda a: a in dates and a.date != dates[a])
        queued = (stale | moved).filtered("mail_message_id")
        queued.write({"state": "cancelled"})
        stale.write(text)
        for date_, activities in moved.grouped(dates.get).items():
            activities.write({"date": date_})
        queued.write({"state": "pending"})
        # sudo: an enrollment follows from its activities, whoever writes them.
        for enrollment in self.browse(a.id for a in dates).sudo().enrollment_id:
            planned = enrollment.planned or {}
            enrollment.planned = {**planned, str(step.id): step._get_timing()}
        return stale | moved

    def _get_stale(self, text):
        """:param dict text: what these are to say: see ``_prepare_text`` of the steps
        :return: those that say something else, or whose template would today
        """
        stale = self.filtered(lambda activity: activity._differs(text))
        for template, activities in (self - stale).grouped("mail_template_id").items():
            if not template.model:
                continue
            made = activities._render_text(template)
            stale |= activities.filtered(
                lambda a, made=made: (
                    self._get_text_digest(a.name, a.body)
                    != self._get_text_digest(**{"name": a.name, "body": a.body, **made.get(a, {})})
                )
            )
        return stale

    def _get_changed_dates(self, step):
        """Ask when these are, as far as the day or the hour of their step has changed.

        :param step: ``crm.activity.sequence.step`` of all of these
        :return: ``{activity: datetime in UTC}``, never in the past: all of it would leave at once
        """
        # One look into the calendar for all that have the same date.
        find_planned = cache(step._get_date)
        find_date = cache(step._get_working_date)
        now = fields.Datetime.now()
        dates = {}
        for activity in self:
            # sudo: an enrollment follows from its activities, whoever writes them.
            enrollment = activity.sudo().enrollment_id
            if (enrollment.planned or {}).get(str(step.id)) == step._get_timing():
                continue
            basis = activity.user_id, activity.company_id
            start = enrollment.start_date + timedelta(days=enrollment.paused_days)
            planned = find_planned(*basis, start)
            earliest = activity._get_earliest_day(step)
            if planned < now or activity._get_local(planned).date() < earliest:
                planned = find_date(*basis, earliest, step._get_time())
            if planned < now:
                planned = find_date(*basis, earliest + timedelta(days=1), step._get_time())
            dates[activity] = planned
        return dates

    def _get_earliest_day(self, step):
        """:return: date, today, or the day after what is left of the steps of earlier days"""
        # sudo: the steps that colleagues do count too.
        former = self.sudo().enrollment_id.activity_ids.filtered(
            lambda a: (
                a.state in OPEN_STATES and a.step_id and a.step_id.delay_days < step.delay_days
            )
        )
        days = [a._get_local(a.date).date() + timedelta(days=1) for a in former]
        return max([self._get_local(fields.Datetime.now()).date(), *days])

    def _differs(self, values):
        """:return: whether this has other values in one of these fields"""
        self.ensure_one()
        current = self._convert_to_write({name: self[name] for name in values})
        return any((current[name] or False) != (value or False) for name, value in values.items())
