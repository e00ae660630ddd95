# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Meetings with customers become activities once they are over, of those who want that."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

from .test_meetings import MeetingCase


class MeetingRecordCase(MeetingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now().replace(microsecond=0)
        cls.user = cls.salesman_all
        cls.user.crm_record_meetings = True
        cls.user.crm_meetings_since = cls.now - timedelta(days=400)
        cls.attendees = cls.user.partner_id | cls.contact

    @classmethod
    def _meet(cls, **values):
        """Put a meeting that has just been over into the calendar."""
        Event = cls.env["calendar.event"].with_user(cls.user)
        return Event.with_context(no_mail_to_attendees=True).create(
            {
                "name": "Desks",
                "start": cls.now - timedelta(hours=2),
                "stop": cls.now - timedelta(minutes=30),
                "partner_ids": [Command.set(cls.attendees.ids)],
                **values,
            }
        )

    def _record(self):
        """Run the scheduled action.

        :return: ``crm.activity``, what came of it
        """
        before = self.Activity.search([])
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("crm_activity_ext_crm.ir_cron_record_meetings").method_direct_trigger()
        self.env.invalidate_all()
        return self.Activity.search([]) - before


@tagged("post_install", "-at_install")
class TestMeetingRecord(MeetingRecordCase):
    def test_a_meeting_that_is_over_is_an_activity_that_was_done(self):
        others = self.contact_2 | self.other_contact | self.manager.partner_id
        event = self._meet(
            partner_ids=[Command.set((self.attendees | others).ids)],
            description="<p>At the fair</p>",
        )
        activity = self._record()
        self.assertEqual(
            (activity.name, activity.state, activity.origin, activity.channel),
            ("Desks", "done", "calendar", "meeting"),
        )
        self.assertEqual((activity.user_id, activity.calendar_event_id), (self.user, event))
        self.assertEqual((activity.date, activity.duration), (event.start, 1.5))
        self.assertEqual(activity.date_done, event.start)
        self.assertEqual((activity.partner_id, activity.contact_id), (self.customer, self.contact))
        self.assertEqual(activity.participant_ids, self.contact_2 | self.other_contact)
        self.assertIn("At the fair", activity.body)
        self.assertFalse(activity.message_ids or activity.message_partner_ids)
        self.assertEqual(self.customer.with_user(self.user).crm_activity_count, 1)

    def test_of_those_who_were_invited_at_once_the_contact_is_who_was_known_first(self):
        Partner = self.env["res.partner"]
        contacts = Partner
        # Where Odoo would store the second one first: sets of numbers have such an order.
        while len(contacts) < 2 or contacts[-2].id % 8 != 7:
            contacts |= Partner.create({"name": "Guest", "parent_id": self.customer.id})
        first, second = contacts[-2:]
        self._meet(partner_ids=[Command.set((self.user.partner_id | first | second).ids)])
        activity = self._record()
        self.assertEqual((activity.contact_id, activity.participant_ids), (first, second))

    def test_in_the_history_it_stands_once(self):
        self._meet()
        History = self.env["crm.activity.history"].with_user(self.user)
        domain = self.contact.with_user(self.user).action_view_crm_history()["domain"]
        self.assertEqual(History.search(domain).mapped("kind"), ["meeting"])
        self._record()
        self.assertEqual(History.search(domain).mapped("kind"), ["activity"])

    def test_it_becomes_one_activity_whatever_becomes_of_it(self):
        event = self._meet()
        activity = self._record()
        self.assertFalse(self._record())
        event.start -= timedelta(days=1)
        event.name = "Chairs"
        event.partner_ids -= self.contact
        self.assertFalse(self._record())
        self.assertEqual((activity.name, activity.contact_id), ("Desks", self.contact))
        event.active = False
        self.assertEqual(activity.state, "done")
        event.unlink()
        self.assertEqual((activity.exists(), activity.state), (activity, "done"))

    def test_an_activity_that_somebody_deleted_does_not_come_back(self):
        self._meet()
        self._record().with_user(self.manager).unlink()
        self.assertFalse(self._record())

    def test_what_was_planned_as_an_activity_becomes_no_other(self):
        visit = self._plan(
            user_id=self.user.id,
            date=self.now - timedelta(hours=2),
            duration=1,
        )
        visit.with_context(no_mail_to_attendees=True).action_invite()
        self.assertFalse(self._record())
        visit.action_done()
        visit.with_user(self.manager).unlink()
        self.assertFalse(self._record())

    def test_whose_setting_is_off_has_none(self):
        self._meet()
        self.user.crm_record_meetings = False
        self.assertFalse(self._record())

    def test_what_was_over_before_it_was_switched_on_stays_outside(self):
        self._meet()
        self.user.crm_record_meetings = False
        self.env.flush_all()
        self.user.crm_record_meetings = True
        self.assertFalse(self._record())
        self._meet(start=self.now - timedelta(hours=1), stop=self.now)
        self.user.crm_meetings_since = self.now - timedelta(seconds=1)
        self.assertEqual(len(self._record()), 1)

    def test_what_did_not_take_place_is_none(self):
        future = self._meet(start=self.now, stop=self.now + timedelta(hours=1))
        cancelled = self._meet(active=False)
        without = self._meet(partner_ids=[Command.set(self.user.partner_id.ids)])
        declined = self._meet(name="Declined")
        declined.attendee_ids.filtered(
            lambda a: a.partner_id == self.user.partner_id
        ).state = "declined"
        by_them = self._meet(name="By them")
        by_them.attendee_ids.filtered(lambda a: a.partner_id == self.contact).state = "declined"
        absent = self._meet(name="For my boss")
        absent.partner_ids = self.manager.partner_id | self.contact
        old = self._meet(start=self.now - timedelta(days=90), stop=self.now - timedelta(days=89))
        self.assertFalse(self._record())
        self.assertTrue(future | cancelled | without | old)

    def test_a_private_one_is_nobody_elses_to_read(self):
        self._meet(privacy="private")
        self.assertFalse(self._record())
        event = self._meet(name="Chairs")
        self.user.with_user(self.user).calendar_default_privacy = "private"
        self.assertFalse(self._record())
        event.privacy = "confidential"
        self.assertEqual(self._record().name, "Chairs")

    def test_one_customer_who_could_not_come_was_not_there(self):
        event = self._meet(partner_ids=[Command.set((self.attendees | self.contact_2).ids)])
        event.attendee_ids.filtered(lambda a: a.partner_id == self.contact).state = "declined"
        activity = self._record()
        self.assertEqual(activity.contact_id, self.contact_2)
        self.assertFalse(activity.participant_ids)

    def test_a_company_may_be_invited_as_well(self):
        self._meet(partner_ids=[Command.set((self.user.partner_id | self.customer).ids)])
        activity = self._record()
        self.assertEqual((activity.partner_id, activity.contact_id.id), (self.customer, False))

    def test_somebody_of_our_own_company_is_no_customer(self):
        colleague = self.env["res.partner"].create(
            {"name": "Temp", "parent_id": self.company_a.partner_id.id}
        )
        self._meet(partner_ids=[Command.set((self.user.partner_id | colleague).ids)])
        self.assertFalse(self._record())

    def test_people_of_a_company_where_its_user_does_not_work_are_left_out(self):
        self.other_customer.company_id = self.other_contact.company_id = self.company_b
        # Whoever may not read them does not invite them; they move there later.
        alone = self._meet(partner_ids=[Command.set(self.user.partner_id.ids)])
        mixed = self._meet(name="Chairs")
        for event in (alone | mixed).sudo().with_context(no_mail_to_attendees=True):
            event.partner_ids += self.other_contact
        activity = self._record()
        self.assertEqual(
            (activity.company_id, activity.partner_id), (self.company_a, self.customer)
        )
        self.assertFalse(activity.participant_ids)

    def test_one_on_an_opportunity_is_for_that(self):
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "campaign_id": self.campaign.id}
        )
        own = [Command.set(self.user.partner_id.ids)]
        self._meet(opportunity_id=lead.id, partner_ids=own)
        activity = self._record()
        self.assertEqual((activity.lead_id, activity.campaign_id), (lead, self.campaign))
        lead.partner_id = self.customer
        self._meet(
            opportunity_id=lead.id,
            start=self.now - timedelta(hours=1),
            partner_ids=[Command.set((self.attendees | self.other_contact).ids)],
        )
        activity = self._record()
        self.assertEqual((activity.partner_id, activity.contact_id), (self.customer, self.contact))
        self.assertEqual(activity.participant_ids, self.other_contact)

    def test_all_day_is_over_when_the_day_is_where_its_user_is(self):
        day = fields.Date.to_date("2031-05-20")
        for tz, before, after in (
            ("Europe/Madrid", "2031-05-20 21:59:00", "2031-05-20 22:00:00"),
            ("Atlantic/Canary", "2031-05-20 22:59:00", "2031-05-20 23:00:00"),
            ("Pacific/Kiritimati", "2031-05-20 09:59:00", "2031-05-20 10:00:00"),
            ("Pacific/Pago_Pago", "2031-05-21 10:59:00", "2031-05-21 11:00:00"),
        ):
            self.user.tz = tz
            self._meet(name=tz, allday=True, start_date=day, stop_date=day)
            with freeze_time(before):
                self.assertFalse(self._record(), tz)
            with freeze_time(after):
                activity = self._record()
            self.assertEqual((activity.name, activity.duration), (tz, 0))
            self.assertEqual(activity._get_local_date().date(), day, tz)

    def test_over_both_clock_changes_an_hour_stays_that_hour(self):
        self.user.tz = "Europe/Madrid"
        for changed in ("2031-03-30", "2031-10-26"):
            start = fields.Datetime.to_datetime(f"{changed} 00:30:00")
            self._meet(start=start, stop=start + timedelta(hours=2))
            with freeze_time(start + timedelta(hours=2, seconds=-1)):
                self.assertFalse(self._record())
            with freeze_time(start + timedelta(hours=2)):
                activity = self._record()
            self.assertEqual((activity.date, activity.duration), (start, 2))

    def _repeat(self, start, count):
        weekday = "mon tue wed thu fri sat sun".split()[start.weekday()]
        return self._meet(
            start=start,
            stop=start + timedelta(hours=1),
            recurrency=True,
            rrule_type="weekly",
            rrule_type_ui="weekly",
            interval=1,
            end_type="count",
            count=count,
            **{weekday: True},
        )

    def test_of_a_series_each_occurrence_that_took_place_is_one(self):
        start = self.now + timedelta(days=1)
        series = self._repeat(start, 52).recurrence_id
        occurrences = series.calendar_event_ids.sorted("start")
        self.assertEqual(len(occurrences), 52)
        occurrences[1].active = False
        with freeze_time(start + timedelta(days=15)):
            activities = self._record()
            self.assertEqual(activities.calendar_event_id, occurrences[0] | occurrences[2])
            self.assertFalse(self._record())
        with freeze_time(start + timedelta(days=22)):
            self.assertEqual(self._record().calendar_event_id, occurrences[3])

    def test_a_series_of_a_year_becomes_fifty_two_activities(self):
        self.user.tz = "Europe/Madrid"  # where the clocks change twice meanwhile
        start = self.now + timedelta(days=1)
        occurrences = self._repeat(start, 52).recurrence_id.calendar_event_ids
        recorded = self.Activity
        for day in range(14, 52 * 7 + 14, 14):
            with freeze_time(start + timedelta(days=day)):
                recorded |= self._record()
        self.assertEqual(len(recorded), 52)
        self.assertEqual(recorded.calendar_event_id, occurrences)
        dates = {activity.calendar_event_id: activity.date for activity in recorded}
        self.assertEqual(dates, {event: event.start for event in occurrences})

    def test_a_series_that_is_changed_later_makes_no_new_past(self):
        start = self.now + timedelta(days=1)
        event = self._repeat(start, 5)
        later = start + timedelta(days=15)
        with freeze_time(later):
            recorded = self._record()
            self.assertEqual(len(recorded), 3)
            days = "mon tue wed thu fri sat sun".split()
            changed = dict.fromkeys(days, False)
            changed[days[(start.weekday() + 1) % 7]] = True
            # What Odoo makes anew has the time of the transaction, which no clock here moves.
            with patch.object(self.cr, "now", lambda: later):
                event.write({"recurrence_update": "all_events", **changed})
            self.assertFalse(self._record())
        with freeze_time(start + timedelta(days=40)):
            self.assertEqual(len(self._record()), 3)

    def test_a_calendar_that_is_connected_anew_brings_it_no_second_time(self):
        event = self._meet()
        self._record()
        event.copy()
        self.assertFalse(self._record())

    def test_the_reminder_of_a_meeting_makes_no_second_one(self):
        event = self._meet(
            res_model_id=self.env["ir.model"]._get_id("res.partner"), res_id=self.contact.id
        )
        activity = self._record()
        todo = event.activity_ids
        self.assertTrue(todo)
        Attachment = self.env["ir.attachment"].with_user(self.user)
        file = Attachment.create({"name": "minutes.txt", "raw": b"x"})
        todo.action_feedback(feedback="They want ten", attachment_ids=file.ids)
        self.assertEqual(self.Activity.search([("calendar_event_id", "=", event.id)]), activity)
        self.assertIn("They want ten", activity.body)
        self.assertEqual(activity.attachment_ids.mapped("name"), ["minutes.txt"])

    def test_the_reminder_of_another_customer_is_recorded_for_that_one(self):
        event = self._meet(
            res_model_id=self.env["ir.model"]._get_id("res.partner"), res_id=self.other_customer.id
        )
        activity = self._record()
        self.assertEqual(activity.partner_id, self.customer)
        event.activity_ids.action_feedback(feedback="They were told of it")
        self.assertFalse(activity.body and "told" in activity.body)
        theirs = self.Activity.search([("partner_id", "=", self.other_customer.id)])
        self.assertEqual((theirs.origin, theirs.state), ("todo", "done"))
        self.assertIn("They were told of it", theirs.body)

    def test_two_that_take_all_of_one_day_are_two(self):
        day = fields.Date.to_date(self.now) - timedelta(days=3)
        for name in ("Fair", "Factory", "Fair"):
            self._meet(name=name, allday=True, start_date=day, stop_date=day)
        self.assertEqual(set(self._record().mapped("name")), {"Fair", "Factory"})
        self.assertFalse(self._record())

    def test_what_a_reminder_has_recorded_becomes_no_second_one(self):
        event = self._meet(
            res_model_id=self.env["ir.model"]._get_id("res.partner"), res_id=self.contact.id
        )
        event.activity_ids.action_feedback(feedback="They want ten")
        activity = self.Activity.search([("calendar_event_id", "=", event.id)])
        self.assertEqual(activity.origin, "todo")
        self.assertFalse(self._record())
        activity.with_user(self.manager).unlink()
        self.assertFalse(self._record())

    def test_one_that_fails_keeps_none_of_the_others_from_it(self):
        self._meet(name="Broken")
        whole = self._meet(name="Whole", start=self.now - timedelta(hours=3))
        cls = self.registry["crm.activity"]
        create = cls.create

        def refuse(records, vals_list):
            if any(vals.get("name") == "Broken" for vals in vals_list):
                raise ValueError("by an automation")
            return create(records, vals_list)

        with (
            patch.object(cls, "create", refuse),
            mute_logger("odoo.addons.crm_activity_ext.tools.apart"),
        ):
            self.assertEqual(self._record().calendar_event_id, whole)
        self.assertEqual(self._record().name, "Broken")

    def test_everybody_says_it_for_themselves_and_nobody_for_others(self):
        own = self.salesman.with_user(self.salesman)
        own.write({"crm_record_meetings": True})
        self.assertTrue(own.crm_record_meetings)
        self.assertTrue(self.salesman.crm_meetings_since)
        with self.assertRaises(AccessError):
            self.user.with_user(self.salesman).write({"crm_record_meetings": False})
        with self.assertRaises(AccessError):
            own.write({"crm_meetings_since": "2001-01-01 00:00:00"})

    def test_nobody_says_of_an_event_that_it_is_recorded(self):
        event = self._meet().with_user(self.user)
        for value in (True, False):
            with self.assertRaises(AccessError):
                event.crm_activity_recorded = value
        with self.assertRaises(AccessError):
            event.with_context(default_crm_activity_recorded=True).create(
                {"name": "x", "crm_activity_recorded": True}
            )

    def test_who_may_not_read_the_activity_is_told_nothing_more(self):
        self._meet()
        activity = self._record()
        with self.assertRaises(AccessError):
            activity.with_user(self.salesman).read(["name"])

    def test_a_hundred_take_few_queries_more_than_ten(self):
        def count(number):
            events = self.env["calendar.event"].union(
                *(
                    self._meet(start=self.now - timedelta(days=1, minutes=minute))
                    for minute in range(number)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(len(events._record_meetings()), number)
            self.env.flush_all()
            used = self.cr.sql_log_count - before
            events.unlink()
            self.Activity.search([("origin", "=", "calendar")]).date = self.now - timedelta(days=9)
            return used

        few, many = count(10), count(100)
        self.assertLessEqual(many - few, 12)


@tagged("post_install", "-at_install")
class TestMeetingRecordWithoutCrm(CrmActivityCase):
    is_gate_open = False

    def test_without_crm_nothing_is_recorded_and_nothing_fails(self):
        self.salesman_all.crm_record_meetings = True
        self.assertFalse(self.env["calendar.event"]._find_meetings_to_record())
