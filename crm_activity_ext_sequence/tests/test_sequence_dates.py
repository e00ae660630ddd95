# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each step is at its hour on the clock of who does it, on a day that they work."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import SequenceCase


@tagged("post_install", "-at_install")
class TestSequenceDates(SequenceCase):
    def _get_dates(self, **values):
        enrollment = self._start(**values)
        return self._get_steps(enrollment).mapped(lambda step: str(step.date))

    @freeze_time("2026-03-12 07:00:00")  # Thursday
    def test_weekends_give_way_to_the_monday(self):
        self.assertEqual(
            self._get_dates(),
            [
                "2026-03-12 08:00:00",
                "2026-03-16 08:00:00",  # not on Sunday
                "2026-03-19 08:00:00",
                "2026-03-26 08:00:00",
            ],
        )

    @freeze_time("2026-03-23 07:00:00")
    def test_the_hour_stays_where_the_clock_is_changed(self):
        # On the 29th.
        self.assertEqual(self._get_dates()[1:3], ["2026-03-26 08:00:00", "2026-03-30 07:00:00"])

    @freeze_time("2026-03-09 07:00:00")
    def test_a_responsible_on_another_day_of_the_calendar(self):
        self.salesman_all.tz = "Pacific/Kiritimati"
        dates = self._get_dates(user=self.manager, user_policy="user", user_id=self.salesman_all.id)
        self.assertEqual(dates[:2], ["2026-03-08 19:00:00", "2026-03-11 19:00:00"])

    @freeze_time("2026-03-09 07:00:00")
    def test_holidays_of_the_responsible_are_left_out(self):
        calendar = self.company_a.resource_calendar_id
        resource = self.env["resource.resource"].create(
            {
                "name": "Sam",
                "user_id": self.salesman.id,
                "company_id": self.company_a.id,
                "calendar_id": calendar.id,
                "tz": "Europe/Madrid",
            }
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Fallas",
                "calendar_id": calendar.id,
                "resource_id": resource.id,
                "date_from": "2026-03-11 23:00:00",
                "date_to": "2026-03-13 22:59:00",
            }
        )
        self.assertEqual(self._get_dates()[1], "2026-03-16 08:00:00")

    def test_resuming_moves_what_is_left_by_the_days_paused(self):
        with freeze_time("2026-03-09 07:00:00"):
            enrollment = self._start()
        steps = self._get_steps(enrollment)
        mails = self._mails(steps)
        with freeze_time("2026-03-10 07:00:00"):
            steps[1].action_done()
            enrollment.with_user(self.salesman).action_pause()
            self.assertEqual(enrollment.progress, "Paused after 1 of 4 steps")
        self.assertEqual(set(mails.mapped("state")), {"cancel"}, "nothing leaves meanwhile")
        self.assertEqual(set((steps - steps[1]).mapped("state")), {"cancelled"})
        with self.assertRaisesRegex(UserError, "already in this sequence"):
            self._start()
        with freeze_time("2026-03-16 07:00:00"):
            enrollment.with_user(self.salesman).action_resume()
            self.assertEqual(enrollment.progress, "Step 2 of 4, next Mon, Mar 16")
        self.assertEqual(
            steps.mapped(lambda step: (step.state, str(step.date))),
            [
                ("pending", "2026-03-16 08:00:00"),  # on Sunday, six days later
                ("done", "2026-03-12 08:00:00"),
                ("pending", "2026-03-23 08:00:00"),
                ("pending", "2026-03-30 07:00:00"),
            ],
        )
        self.assertEqual(set(mails.mapped("state")), {"outgoing"}, "the same mails again")
        self.assertEqual(self._mails(steps), mails)

    def _create_close(self):
        """:return: a sequence with steps of one day after the other, two of them at once"""
        return self._create_sequence(
            "Close",
            (self.type_email, 0, "Our proposal"),
            (self.type_call, 2, "Has it arrived?"),
            (self.type_email, 3, "Any questions?"),
            (self.type_call, 4, "Ask for a decision"),
            (self.type_visit, 4, "Visit"),
        )

    @freeze_time("2026-03-12 07:00:00")  # Thursday
    def test_steps_of_different_days_do_not_meet_after_a_weekend(self):
        sequence = self._create_close()
        self.assertEqual(
            [date[:10] for date in self._get_dates(sequence=sequence)],
            ["2026-03-12", "2026-03-16", "2026-03-17", "2026-03-18", "2026-03-18"],
        )
        wizard = self.env["crm.activity.sequence.enroll"].with_user(self.salesman)
        values = {"target_model": "res.partner", "target_ids": self.contact.ids}
        preview = wizard.new({**values, "sequence_id": sequence.id, "user_policy": "me"})
        self.assertEqual(
            [line.partition(" ·")[0] for line in preview.steps_preview.splitlines()],
            ["Thu, Mar 12", "Mon, Mar 16", "Tue, Mar 17", "Wed, Mar 18", "Wed, Mar 18"],
        )

    def test_steps_of_different_days_do_not_meet_after_a_pause(self):
        with freeze_time("2026-03-09 07:00:00"):  # Monday
            enrollment = self._start(sequence=self._create_close())
        steps = self._get_steps(enrollment)
        with freeze_time("2026-03-10 07:00:00"):
            enrollment.action_pause()
        with freeze_time("2026-03-13 07:00:00"):
            enrollment.action_resume()
        self.assertEqual(
            steps.mapped(lambda step: str(step.date)[:10]),
            ["2026-03-12", "2026-03-16", "2026-03-17", "2026-03-18", "2026-03-18"],
        )

    def test_what_was_paused_stays_later_when_its_steps_change(self):
        with freeze_time("2026-03-09 07:00:00"):
            enrollment = self._start()
        steps = self._get_steps(enrollment)
        with freeze_time("2026-03-10 07:00:00"):
            steps[0].action_cancel()
            enrollment.action_pause()
        with freeze_time("2026-03-23 07:00:00"):
            enrollment.action_resume()
            steps[1].date = "2026-03-27 10:00:00"
            dates = steps.mapped("date")
            self._update_planned()
            self.assertEqual(steps.mapped("date"), dates, "nothing has changed")
            self.sequence.step_ids[2].write({"name": "Still there?", "delay_days": 8})
            self._update_planned()
            self.assertEqual(steps[2].name, "Still there?")
            self.assertEqual(str(steps[2].date), "2026-03-30 07:00:00")
            steps[2].date = "2026-04-02 10:00:00"
            self._update_planned()
            self.assertEqual(str(steps[2].date), "2026-04-02 10:00:00", "somebody put it off")
        self.assertEqual((steps - steps[2]).mapped("date"), [dates[0], dates[1], dates[3]])

    def test_what_is_left_does_not_move_to_the_past(self):
        with freeze_time("2026-03-09 07:00:00"):  # Monday
            enrollment = self._start()
        steps = self._get_steps(enrollment)
        with freeze_time("2026-03-19 10:00:00"):  # Thursday
            (steps[0] | steps[1]).action_cancel()
            self.sequence.step_ids[2].delay_days = 4
            self.sequence.step_ids[3].delay_days = 5
            self._update_planned()
        self.assertEqual(
            steps[2:].mapped(lambda step: str(step.date)),
            ["2026-03-20 08:00:00", "2026-03-23 08:00:00"],
        )

    def test_what_somebody_cancels_while_paused_stays_cancelled(self):
        enrollment = self._start()
        skipped = self._get_steps(enrollment)[1]
        skipped.action_cancel()
        enrollment.action_pause()
        enrollment.pause_date = fields.Date.today() - timedelta(days=2)
        enrollment.action_resume()
        self.assertEqual(skipped.state, "cancelled")
        self.assertEqual(enrollment.state, "running")

    def test_only_what_runs_is_paused_and_only_what_is_paused_resumed(self):
        enrollment = self._start()
        with self.assertRaisesRegex(UserError, "not paused"):
            enrollment.action_resume()
        enrollment.action_pause()
        with self.assertRaisesRegex(UserError, "not running"):
            enrollment.action_pause()
        enrollment.action_stop()
        with self.assertRaisesRegex(UserError, "not running any more"):
            enrollment.action_resume()
