# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Meetings made in Odoo's calendar are in the history of who attends; private ones are not."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .test_meetings import MeetingCase


@tagged("post_install", "-at_install")
class TestMeetingHistory(MeetingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attendees = cls.contact | cls.salesman_all.partner_id
        cls.lunch = cls._meet(name="Lunch")

    @classmethod
    def _meet(cls, **values):
        Event = cls.env["calendar.event"].with_user(cls.salesman_all)
        return Event.with_context(no_mail_to_attendees=True).create(
            {
                "start": cls.day,
                "stop": cls.day + timedelta(hours=1),
                "partner_ids": [Command.set(cls.attendees.ids)],
                **values,
            }
        )

    def _get_rows(self, target, user=None):
        target = target.with_user(user or self.salesman_all)
        History = self.env["crm.activity.history"].with_user(user or self.salesman_all)
        domain = target.action_view_crm_history()["domain"]
        return History.search([*domain, ("kind", "=", "meeting")])

    def test_it_is_in_the_history_of_who_attends_and_of_their_company(self):
        for target in (self.contact, self.customer):
            row = self._get_rows(target)
            self.assertEqual((row.customer_id, row.person_id), (self.customer, self.contact))
            self.assertEqual(
                (row.name, row.date, row.user_id.id), ("Lunch", self.day, self.salesman_all.id)
            )
            action = row.action_open_document()
            self.assertEqual(
                (action["res_model"], action["res_id"]), ("calendar.event", self.lunch.id)
            )
        self.assertFalse(self._get_rows(self.contact_2) | self._get_rows(self.other_customer))

    def test_it_is_in_the_history_of_its_opportunity(self):
        lead = self.env["crm.lead"].create({"name": "Deal", "type": "opportunity"})
        self._meet(name="Talk", opportunity_id=lead.id, partner_ids=[Command.clear()])
        self.assertEqual(self._get_rows(lead).mapped("name"), ["Talk"])

    def test_the_event_of_an_activity_is_there_as_the_activity(self):
        visit = self._plan(contact_id=self.contact_2.id, user_id=self.salesman_all.id)
        visit.with_context(no_mail_to_attendees=True).action_invite()
        self.assertFalse(self._get_rows(self.contact_2))

    def test_what_only_refers_to_an_activity_is_a_meeting_of_its_own(self):
        visit = self._plan(contact_id=self.contact_2.id, user_id=self.salesman_all.id)
        self._meet(
            name="Afterwards",
            res_model_id=self.env["ir.model"]._get_id("crm.activity"),
            res_id=visit.id,
        )
        self.assertEqual(set(self._get_rows(self.contact).mapped("name")), {"Afterwards", "Lunch"})

    def test_a_meeting_to_do_that_is_done_stands_there_once(self):
        event = self._meet(
            name="Workshop",
            res_model_id=self.env["ir.model"]._get_id("res.partner"),
            res_id=self.contact.id,
        )
        event.activity_ids.action_feedback(feedback="Went well")
        activity = self.Activity.search([("origin", "=", "todo")])
        self.assertEqual(activity.calendar_event_id, event)
        self.assertEqual(self._get_rows(self.contact).mapped("name"), ["Lunch"])
        activity.with_user(self.salesman_all).name = "Workshop on desks"
        activity.sudo().action_cancel()
        self.assertEqual((event.name, event.active), ("Workshop", True))
        event.name = "Lessons"
        event.start += timedelta(hours=1)
        self.assertEqual((activity.name, activity.state), ("Workshop on desks", "cancelled"))
        activity.sudo().unlink()
        self.assertEqual(set(self._get_rows(self.contact).mapped("name")), {"Lessons", "Lunch"})

    def test_what_was_written_about_it_stays_where_it_is_recorded_as_an_activity(self):
        self.lunch.message_post(
            body="<p>Bring the plan</p>",
            message_type="email",
            author_id=self.contact.id,
            subtype_xmlid="mail.mt_comment",
        )

        def get_kinds(user):
            History = self.env["crm.activity.history"].with_user(user)
            domain = self.contact.with_user(user).action_view_crm_history()["domain"]
            return sorted(self._assert_pages_and_counts(History, domain).mapped("kind"))

        self.assertEqual(get_kinds(self.salesman_all), ["email", "meeting"])
        self._create_activity(
            activity_type_id=self.type_meeting.id,
            contact_id=self.contact.id,
            state="done",
            user_id=self.salesman_all.id,
            calendar_event_id=self.lunch.id,
        )
        self.assertEqual(get_kinds(self.salesman_all), ["activity", "email"])
        self._meet(name="Dinner")
        self.assertEqual(get_kinds(self.salesman_all), ["activity", "email", "meeting"])
        self.lunch.privacy = "private"
        self.assertEqual(get_kinds(self.manager), ["activity", "meeting"])

    def test_those_of_whom_there_are_meetings_alone_are_counted(self):
        History = self.env["crm.activity.history"].with_user(self.salesman_all)
        for domain in (
            [("document_model", "=", "calendar.event")],
            [("participant_search", "child_of", self.contact.ids)],
        ):
            with self.subTest(domain):
                rows = self._assert_pages_and_counts(History, domain)
                self.assertEqual(rows.mapped("name"), ["Lunch"])

    def test_of_private_meetings_of_a_colleague_nobody_is_told_that_there_are_any(self):
        self.env.ref("base.group_allow_export").user_ids += self.salesman | self.manager
        self._meet(name="Secret", privacy="private")
        self.assertEqual(len(self._get_rows(self.contact)), 2)
        self.env.flush_all()
        ids = self._get_rows(self.contact).ids
        for user in (self.salesman, self.manager):
            History = self.env["crm.activity.history"].with_user(user)
            self.assertEqual(self._get_rows(self.contact, user).mapped("name"), ["Lunch"])
            domain = self.contact.with_user(user).action_view_crm_history()["domain"]
            self.assertEqual(History.search_count(domain), 1)
            self.assertEqual(History._read_group(domain, ["kind"], ["__count"]), [("meeting", 1)])
            self.assertEqual(History.search([("id", "in", ids)]).mapped("name"), ["Lunch"])
            self.assertEqual(len(History.browse(ids).exists()), 1)
            self.assertEqual(
                [row[0] for row in History.search(domain).export_data(["name"])["datas"]],
                ["Lunch"],
            )
        self.assertEqual(History.search_count([("words_search", "ilike", "Secret")]), 0)

    def test_a_calendar_that_is_private_by_default_is_as_private(self):
        self.salesman_all.res_users_settings_id.calendar_default_privacy = "private"
        self.env.flush_all()
        self.assertFalse(self._get_rows(self.contact, self.salesman))
        self.assertTrue(self._get_rows(self.contact))

    def test_who_attends_a_private_meeting_is_told(self):
        attendees = self.attendees | self.salesman.partner_id
        self._meet(name="Secret", privacy="private", partner_ids=[Command.set(attendees.ids)])
        names = self._get_rows(self.contact, self.salesman).mapped("name")
        self.assertEqual(sorted(names), ["Lunch", "Secret"])

    def test_a_deleted_meeting_is_no_more(self):
        self.lunch.active = False
        self.env.flush_all()
        self.assertFalse(self._get_rows(self.contact))

    def test_all_day_is_that_day_wherever_one_is(self):
        day = (self.day + timedelta(days=1)).date()
        self._meet(name="Fair", allday=True, start_date=day, stop_date=day)
        for tz in ("Europe/Madrid", "Atlantic/Canary", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
            rows = self._get_rows(self.contact.with_context(tz=tz))
            fair = rows.with_context(tz=tz).filtered(lambda row: row.name == "Fair")
            self.env.invalidate_all()
            local = fields.Datetime.context_timestamp(fair, fair.date)
            self.assertEqual(local.date(), day, tz)

    def test_each_occurrence_of_a_series_is_one(self):
        weekday = "mon tue wed thu fri sat sun".split()[self.day.weekday()]
        self._meet(
            name="Weekly",
            recurrency=True,
            rrule_type="weekly",
            rrule_type_ui="weekly",
            interval=1,
            end_type="count",
            count=52,
            **{weekday: True},
        )
        rows = self._get_rows(self.contact).filtered(lambda row: row.name == "Weekly")
        self.assertEqual(len(rows), 52)

    def test_who_may_see_no_history_sees_no_meeting(self):
        own = self.env["crm.activity.history"].with_user(self.env.ref("base.public_user"))
        self.assertFalse(own.has_access("read"))
