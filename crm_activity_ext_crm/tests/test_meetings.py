# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A planned meeting and its event are one, and no customer is invited by themselves."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext, mute_logger

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase
from odoo.addons.crm_activity_ext.tests.test_answer import CALENDAR_REPLY
from odoo.addons.crm_activity_ext.tests.test_erasure import SECRET, ErasureCase

from ..hooks import uninstall_hook


class MeetingCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.type_meeting = cls.env["mail.activity.type"].search(
            [("crm_channel", "=", "meeting")], limit=1
        )
        cls.day = (fields.Datetime.now() + timedelta(days=30)).replace(
            hour=10, minute=0, second=0, microsecond=0
        )
        cls.contact.email = "olga@example.com"
        cls.contact_2.email = "oscar@example.com"

    @classmethod
    def _plan(cls, **values):
        return cls._create_activity(
            **{
                "contact_id": cls.contact.id,
                "date": cls.day,
                "duration": 1.5,
                "user_id": cls.salesman.id,
                **values,
            }
        )

    @contextmanager
    def _counting_writes(self):
        """Count what is written to events and activities."""
        counts = {"calendar.event": 0, "crm.activity": 0}

        def count(model_name):
            cls = self.registry[model_name]
            original = cls.write

            def write(records, vals):
                counts[model_name] += 1
                return original(records, vals)

            return patch.object(cls, "write", write)

        with count("calendar.event"), count("crm.activity"):
            yield counts

    def _count_mails(self):
        """Those of Odoo's calendar: the responsible is told by us."""
        return self.env["mail.mail"].search_count([("subject", "not ilike", "assigned")])


@tagged("post_install", "-at_install")
class TestMeetings(MeetingCase):
    def test_a_planned_visit_stands_in_the_calendar_of_its_responsible(self):
        mails = self._count_mails()
        visit = self._plan(participant_ids=self.contact_2.ids)
        event = visit.calendar_event_id
        self.assertEqual(event.name, visit.name)
        self.assertEqual((event.start, event.stop), (self.day, self.day + timedelta(minutes=90)))
        self.assertEqual(event.user_id, self.salesman)
        self.assertEqual(event.attendee_ids.state, "accepted")
        self.assertEqual(event.partner_ids, self.salesman.partner_id)
        self.assertEqual((event.res_model, event.res_id), ("crm.activity", visit.id))
        for name in ("Oak & Sons", "Olga Oak", "Oscar Oak"):
            description = str(event.with_user(self.salesman).description)
            self.assertIn(name, description.replace("&amp;", "&"))
        self.assertEqual(self._count_mails(), mails)

    def test_what_takes_no_time_or_is_no_meeting_does_not(self):
        others = (
            self._plan(duration=0)
            | self._plan(activity_type_id=self.type_call.id)
            | self._plan(state="done")
            | self._plan(state="cancelled")
        )
        self.assertFalse(others.calendar_event_id)

    def test_what_takes_ages_is_a_year_there(self):
        visit = self._plan(duration=1e9)
        event = visit.calendar_event_id
        self.assertEqual(event.stop - event.start, timedelta(days=366))
        self.assertFalse(self._plan(date="9999-12-31 10:00:00").calendar_event_id)

    def test_it_comes_there_when_it_is_given_a_duration_or_reopened(self):
        visit = self._plan(duration=0)
        visit.duration = 1
        self.assertTrue(visit.calendar_event_id)
        visit.calendar_event_id.unlink()
        self.assertEqual(visit.state, "cancelled")
        visit.state = "pending"
        self.assertTrue(visit.calendar_event_id)

    def test_it_goes_from_there_when_it_is_no_meeting_any_more(self):
        visit = self._plan()
        event = visit.calendar_event_id
        visit.activity_type_id = self.type_call
        self.assertFalse(event.exists())
        self.assertEqual(visit.state, "pending")

    def test_a_colleague_sees_no_more_than_that_the_time_is_taken(self):
        event = self._plan(name="Renegotiate").calendar_event_id
        self.env.flush_all()
        self.env.invalidate_all()
        seen = event.with_user(self.manager)
        self.assertEqual(seen.display_name, "Busy")
        self.assertFalse(seen.description)
        with self.assertRaises(AccessError):
            seen.start += timedelta(hours=1)

    def test_moved_here_it_is_moved_there_by_one_write(self):
        visit = self._plan()
        with self._counting_writes() as writes:
            visit.date += timedelta(hours=5)
        self.assertEqual(visit.calendar_event_id.start, self.day + timedelta(hours=5))
        self.assertEqual(visit.calendar_event_id.duration, 1.5)
        self.assertEqual(writes, {"calendar.event": 1, "crm.activity": 1})

    def test_moved_there_it_is_moved_here_by_one_write(self):
        visit = self._plan()
        event = visit.calendar_event_id.with_user(self.salesman)
        with self._counting_writes() as writes:
            event.write(
                {
                    "start": self.day + timedelta(hours=5),
                    "stop": self.day + timedelta(hours=5, minutes=50),
                }
            )
        self.assertEqual(visit.date, self.day + timedelta(hours=5))
        self.assertEqual(round(visit.duration * 60), 50)
        self.assertEqual(writes, {"calendar.event": 1, "crm.activity": 1})

    def test_a_form_that_is_saved_later_does_not_move_it_back(self):
        visit = self._plan().with_user(self.salesman)
        with Form(visit) as form:
            visit.calendar_event_id.start += timedelta(hours=5)
            form.name = "Show the new samples"
        self.assertEqual(visit.date, self.day + timedelta(hours=5))
        self.assertEqual(visit.calendar_event_id.name, "Show the new samples")

    def test_a_form_of_the_event_that_is_saved_later_does_not_move_it_back(self):
        visit = self._plan()
        event = visit.calendar_event_id.with_user(self.salesman)
        with Form(event.with_context(no_mail_to_attendees=True)) as form:
            visit.date += timedelta(hours=5)
            form.name = "Show the new samples"
        self.assertEqual((visit.name, event.start), ("Show the new samples", visit.date))
        self.assertEqual(visit.date, self.day + timedelta(hours=5))

    def test_whatever_is_changed_costs_one_write_on_each_side(self):
        for values in (
            {"name": "Contract"},
            {"date": self.day + timedelta(hours=5)},
            {"duration": 3},
            {"contact_id": self.contact_2.id},
            {"user_id": self.salesman_all.id},
            {"name": "Both", "date": self.day, "duration": 1},
        ):
            visit = self._plan()
            with self.subTest(here=values), self._counting_writes() as writes:
                visit.write(values)
            self.assertEqual(writes, {"calendar.event": 1, "crm.activity": 1}, values)
        for values in (
            {"name": "Contract"},
            {"start": self.day + timedelta(hours=5), "stop": self.day + timedelta(hours=6)},
            {"user_id": self.manager.id},
        ):
            event = self._plan(user_id=self.salesman_all.id).calendar_event_id
            with self.subTest(there=values), self._counting_writes() as writes:
                event.with_user(self.salesman_all).write(dict(values))
            self.assertEqual(writes, {"calendar.event": 1, "crm.activity": 1}, values)

    def test_renamed_on_one_side_it_is_renamed_on_the_other(self):
        visit = self._plan()
        visit.name = "Bring the contract"
        self.assertEqual(visit.calendar_event_id.name, "Bring the contract")
        visit.calendar_event_id.with_user(self.salesman).name = "Sign the contract"
        self.assertEqual(visit.name, "Sign the contract")

    def test_cancelled_on_one_side_it_is_cancelled_on_the_other_and_comes_back(self):
        visit = self._plan()
        event = visit.calendar_event_id
        visit.action_cancel()
        self.assertFalse(event.active)
        visit.action_pending()
        self.assertTrue(event.active)
        event.with_user(self.salesman).active = False
        self.assertEqual(visit.state, "cancelled")
        event.with_user(self.salesman).active = True
        self.assertEqual(visit.state, "pending")

    def test_a_deleted_event_cancels_what_was_planned_and_leaves_what_was_done(self):
        planned, done = self._plan(), self._plan()
        done.action_done()
        (planned | done).calendar_event_id.with_user(self.salesman).unlink()
        self.assertEqual(planned.state, "cancelled")
        self.assertEqual((done.state, done.date), ("done", self.day))

    def test_what_was_done_does_not_move_with_its_event(self):
        done = self._plan()
        done.action_done()
        done.calendar_event_id.start += timedelta(days=1)
        self.assertEqual(done.date, self.day)

    def test_reassigned_on_one_side_it_is_reassigned_on_the_other(self):
        visit = self._plan()
        event = visit.calendar_event_id
        mails = self._count_mails()
        visit.user_id = self.salesman_all
        self.assertEqual(event.user_id, self.salesman_all)
        self.assertEqual(event.partner_ids, self.salesman_all.partner_id)
        self.assertEqual(self._count_mails(), mails)
        event.with_user(self.salesman_all).user_id = self.manager
        self.assertEqual(visit.user_id, self.manager)

    def test_two_are_reassigned_to_who_attends_one_of_them(self):
        visits = self._plan() | self._plan()
        visits[0].calendar_event_id.with_context(
            no_mail_to_attendees=True
        ).partner_ids += self.salesman_all.partner_id
        visits.write({"user_id": self.salesman_all.id})
        for event in visits.calendar_event_id:
            self.assertEqual(event.partner_ids, self.salesman_all.partner_id)
            self.assertEqual(event.attendee_ids.partner_id, self.salesman_all.partner_id)

    def test_who_may_make_own_ones_alone_gives_none_away_by_the_calendar(self):
        visit = self._plan()
        visit.calendar_event_id.with_user(self.salesman).write(
            {"user_id": self.manager.id, "name": "Yours now"}
        )
        self.assertEqual(visit.user_id, self.salesman)

    def test_nobody_links_an_event_of_their_choice(self):
        event = self.env["calendar.event"].create({"name": "Private", "privacy": "private"})
        with self.assertRaises(AccessError):
            self._plan().with_user(self.salesman).calendar_event_id = event

    def test_all_day_it_keeps_its_hour_and_follows_the_day(self):
        for tz in ("Europe/Madrid", "Atlantic/Canary", "Pacific/Kiritimati"):
            self.salesman.tz = tz
            visit = self._plan()
            before = visit._get_local_date()
            event = visit.calendar_event_id.with_user(self.salesman)
            day = before.date() + timedelta(days=3)
            event.write({"allday": True, "start_date": day, "stop_date": day})
            local = visit._get_local_date()
            self.assertEqual((local.date(), local.time()), (day, before.time()), tz)
            visit.date += timedelta(days=2)
            self.assertEqual(event.start_date, day + timedelta(days=2), tz)
            self.assertEqual(event.stop_date, day + timedelta(days=2), tz)

    def test_over_both_clock_changes_an_hour_stays_that_hour(self):
        for changed in ("2031-03-30", "2031-10-26"):
            visit = self._plan(date=f"{changed} 00:30:00", duration=2)
            event = visit.calendar_event_id
            self.assertEqual(event.stop - event.start, timedelta(hours=2))
            event.with_user(self.salesman).start += timedelta(days=1)
            self.assertEqual(visit.date, event.start)
            self.assertEqual(visit.duration, 2)

    def _repeat(self, event, days=0, count=52):
        """Make a weekly series of an event, from so many days later on."""
        weekday = (self.day + timedelta(days=days)).weekday()
        event.write(
            {
                "recurrency": True,
                "rrule_type": "weekly",
                "rrule_type_ui": "weekly",
                "interval": 1,
                "end_type": "count",
                "count": count,
                "mon tue wed thu fri sat sun".split()[weekday]: True,
            }
        )

    def test_a_series_on_another_weekday_takes_its_activity_along(self):
        visit = self._plan()
        event = visit.calendar_event_id.with_user(self.salesman)
        self._repeat(event, days=1)
        self.env.flush_all()
        self.assertFalse(event.active)
        first = visit.calendar_event_id
        self.assertEqual(first, first.recurrence_id.calendar_event_ids.sorted("start")[0])
        self.assertEqual(first.recurrence_id.base_event_id, first)
        self.assertEqual((visit.state, visit.date), ("pending", self.day + timedelta(days=1)))
        first.with_user(self.salesman).start += timedelta(hours=1)
        self.assertEqual(visit.date, self.day + timedelta(days=1, hours=1))
        visit.action_done()
        self.assertFalse(event.active)

    def test_an_event_that_becomes_a_series_stays_that_of_its_activity_alone(self):
        visit = self._plan()
        event = visit.calendar_event_id.with_user(self.salesman)
        self._repeat(event)
        occurrences = event.recurrence_id.calendar_event_ids
        self.assertEqual(len(occurrences), 52)
        self.assertEqual(visit.calendar_event_id, event)
        self.assertEqual((visit.state, visit.date), ("pending", self.day))
        self.assertFalse((occurrences - event).filtered("res_id"))
        (occurrences - event)[0].unlink()
        self.assertEqual(visit.state, "pending")

    def test_whatever_is_changed_in_a_series_its_activity_stays_planned_once(self):
        """By each of Odoo's three modes, on the occurrence before, its own, and the one after."""
        week, hour = timedelta(days=7), timedelta(hours=1)
        moved = {"before": 1, "own": 2, "after": 3}
        days = "mon tue wed thu fri sat sun".split()
        other_day = {
            **dict.fromkeys(days, False),
            days[(self.day.weekday() + 1) % 7]: True,
        }
        # mode, occurrence, change, by how much the activity moves
        table = [
            ("self_only", "before", "hour", 0 * hour),
            ("self_only", "own", "hour", hour),
            ("self_only", "after", "hour", 0 * hour),
            ("future_events", "before", "hour", hour),
            ("future_events", "own", "hour", hour),
            ("future_events", "after", "hour", 0 * hour),
            ("all_events", "before", "hour", hour),
            ("all_events", "own", "hour", hour),
            ("all_events", "after", "hour", hour),
            ("future_events", "before", "name", 0 * hour),
            ("all_events", "after", "name", 0 * hour),
            ("all_events", "own", "day", 24 * hour),
            ("all_events", "after", "day", 24 * hour),
            ("all_events", "after", "shorter", None),
        ]
        for mode, place, change, shift in table:
            with self.subTest(mode=mode, occurrence=place, change=change):
                first = self.env["calendar.event"].with_user(self.salesman)
                first = first.create({"name": "Series", "start": self.day, "stop": self.day + hour})
                self._repeat(first, count=5)
                occurrences = first.recurrence_id.calendar_event_ids.sorted("start")
                visit = self._plan(name="Series", date=occurrences[2].start, duration=1)
                former = visit.sudo().calendar_event_id
                former._hand_over(visit.sudo(), occurrences[2].sudo())
                former.unlink()
                self.env.flush_all()
                event = occurrences[moved[place]]
                values = {
                    "hour": {"start": event.start + hour, "stop": event.stop + hour},
                    "name": {"name": "Other"},
                    "day": other_day,
                    "shorter": {"count": 1},
                }[change]
                event.write({"recurrence_update": mode, **values})
                self.env.flush_all()
                self.env.invalidate_all()
                own = visit.calendar_event_id
                if shift is None:
                    self.assertEqual(visit.state, "cancelled")
                    continue
                self.assertEqual((visit.state, own.active), ("pending", True))
                self.assertEqual(visit.date, self.day + 2 * week + shift)
                self.assertEqual((own.start, own.name), (visit.date, visit.name))
                self.assertEqual((own.res_model, own.res_id), ("crm.activity", visit.id))
                made_for_it = self.env["calendar.event"].search(
                    [("res_model", "=", "crm.activity"), ("res_id", "=", visit.id)]
                )
                self.assertEqual(made_for_it, own)
                visit.action_cancel()
                self.assertFalse(own.active)

    def test_a_series_that_is_deleted_cancels_what_was_planned_and_nothing_that_was_done(self):
        for mode in ("all_events", "future_events"):
            with self.subTest(mode=mode):
                first = self._plan()
                first.action_done()
                event = first.calendar_event_id.with_user(self.salesman)
                self._repeat(event, count=4)
                second, third = event.recurrence_id.calendar_event_ids.sorted("start")[1:3]
                planned = self._plan(date=third.start)
                former = planned.sudo().calendar_event_id
                former._hand_over(planned.sudo(), third.sudo())
                former.unlink()
                (event if mode == "all_events" else second).action_mass_deletion(mode)
                self.assertFalse(third.exists())
                self.assertEqual((first.state, first.date), ("done", self.day))
                self.assertEqual(planned.state, "cancelled")

    def _give_away_elsewhere(self, visit, **values):
        """Reassign what stands in a calendar elsewhere."""
        event = visit.calendar_event_id

        def is_elsewhere(events):
            return bool(events & event)

        with patch.object(self.registry["calendar.event"], "_is_elsewhere", is_elsewhere):
            visit.write({"user_id": self.salesman_all.id, **values})
        return event

    def test_in_a_calendar_elsewhere_another_responsible_gets_another_event(self):
        visit = self._plan(participant_ids=self.contact_2.ids)
        visit.with_context(no_mail_to_attendees=True).action_invite()
        visit.calendar_event_id.write({"location": "Main Street", "description": "Ring twice"})
        mails = self._count_mails()
        former = self._give_away_elsewhere(visit, name="Contract")
        self.assertFalse(former.exists())
        event = visit.calendar_event_id
        self.assertEqual((visit.state, event.name, event.active), ("pending", "Contract", True))
        self.assertEqual((event.user_id, event.location), (self.salesman_all, "Main Street"))
        self.assertIn("Ring twice", event.description)
        self.assertEqual(
            event.partner_ids, self.salesman_all.partner_id | self.contact | self.contact_2
        )
        self.assertEqual((event.res_model, event.res_id), ("crm.activity", visit.id))
        self.assertEqual(self._count_mails(), mails)
        visit.date += timedelta(hours=1)
        self.assertEqual(event.start, visit.date)

    def test_in_a_calendar_elsewhere_what_was_done_stays_where_it_was(self):
        visit = self._plan()
        visit.action_done()
        former = self._give_away_elsewhere(visit)
        self.assertEqual(visit.calendar_event_id, former)
        self.assertEqual(former.user_id, self.salesman)

    def test_in_a_calendar_elsewhere_what_was_cancelled_comes_back_in_the_other_one(self):
        visit = self._plan()
        visit.action_cancel()
        former = self._give_away_elsewhere(visit)
        self.assertFalse(former.exists() or visit.calendar_event_id)
        visit.action_pending()
        self.assertEqual(visit.calendar_event_id.user_id, self.salesman_all)

    def test_customers_are_invited_by_a_button_and_told_when_it_moves(self):
        visit = self._plan(participant_ids=self.contact_2.ids).with_user(self.salesman)
        before = self._count_mails()
        visit.date += timedelta(hours=1)
        self.assertEqual(self._count_mails(), before)
        result = visit.action_invite()
        self.assertEqual(result["params"]["message"], "Invited: Olga Oak, Oscar Oak")
        guests = self.contact | self.contact_2
        self.assertEqual(visit.calendar_event_id.partner_ids, guests | self.salesman.partner_id)
        self.assertEqual(self._count_mails(), before + 2)
        visit.date += timedelta(hours=1)
        self.assertEqual(self._count_mails(), before + 4)
        with self.assertRaisesRegex(UserError, "invited already"):
            visit.action_invite()

    def _invite(self):
        """:return: a planned visit, and the invitation to it as a mail that is answered"""
        visit = self._plan().with_user(self.salesman)
        visit.action_invite()
        invitation = self.env["mail.message"].search(
            [("model", "=", "calendar.event"), ("res_id", "=", visit.calendar_event_id.id)],
            order="id desc",
            limit=1,
        )
        self.assertIn(self.contact, invitation.notified_partner_ids)
        mail = {"Reply-To": "reply@example.com", "Message-Id": invitation.message_id}
        return visit.with_env(self.env), mail

    def _receive(self, text):
        """:return: the activities that are recorded of a mail"""
        domain = [("origin", "=", "answer")]
        before = self.Activity.search(domain)
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, text)
        self.env.invalidate_all()
        return self.Activity.search(domain) - before

    def test_who_only_accepts_an_invitation_answers_no_activity(self):
        """Whether somebody comes is for the calendar to know: it is there."""
        visit, mail = self._invite()
        self.assertFalse(self._receive(CALENDAR_REPLY.format(mail=mail)))
        said = visit.calendar_event_id.sudo().message_ids.mapped("message_id")
        self.assertIn("<accepted@example.com>", said)
        self.assertEqual((visit.state, visit.participant_ids), ("pending", self.env["res.partner"]))

    def test_what_somebody_writes_about_an_invitation_is_an_answer(self):
        visit, mail = self._invite()
        reply = CALENDAR_REPLY.format(mail=mail)
        attendee = "ATTENDEE;PARTSTAT=ACCEPTED"
        cases = {
            "in its file alone": reply.replace(
                attendee,
                "COMMENT;LANGUAGE=en:Fine\\, but please bring\n  the contract\n" + attendee,
            ),
            "by Google": reply.replace("MIME", "Auto-Submitted: auto-generated\nMIME").replace(
                attendee, f'{attendee};X-RESPONSE-COMMENT="Fine, but please bring the contract"'
            ),
            "in its text as well": reply.replace(
                "Olga has accepted.", "Fine, but please bring\nthe contract"
            ).replace(attendee, "COMMENT:Fine\\, but please bring the contract\n" + attendee),
            "another time": reply.replace("REPLY", "COUNTER").replace(
                "Olga has accepted.", "Fine, but please bring the contract"
            ),
            "as any mail": f"From: olga@example.com\nTo: {mail['Reply-To']}\nSubject: Re: Visit\n"
            f"Message-Id: <accepted@example.com>\nIn-Reply-To: {mail['Message-Id']}\n"
            "Content-Type: text/plain\n\nFine, but please bring the contract\n",
        }
        for case, text in cases.items():
            with self.subTest(case):
                text = text.replace("<accepted@", f"<{case.replace(' ', '.')}@")
                answer = self._receive(text)
                self.assertEqual((answer.answer_to_id, answer.channel), (visit, "email_in"))
                self.assertEqual(answer.contact_id, self.contact)
                words = " ".join(html2plaintext(answer.answer_body).split())
                self.assertEqual(words.count("Fine, but please bring the contract"), 1)
                message = answer.answer_message_id
                self.assertEqual((message.model, message.res_id), (visit._name, visit.id))
                self.assertIn(self.salesman.partner_id, message.notified_partner_ids)

    def test_what_a_program_or_a_colleague_writes_about_an_invitation_is_none(self):
        visit, mail = self._invite()
        plain = (
            "From: {sender}\nTo: reply@example.com\nSubject: Re: Visit\nMessage-Id: <{sender}>\n"
            f"In-Reply-To: {mail['Message-Id']}\nContent-Type: text/plain\n{{more}}\nBack soon\n"
        )
        for sender, more in (
            ("olga@example.com", "Auto-Submitted: auto-replied\n"),
            (self.salesman_all.email, ""),
        ):
            with self.subTest(sender):
                self.assertFalse(self._receive(plain.format(sender=sender, more=more)))
                said = visit.calendar_event_id.sudo().message_ids.mapped("message_id")
                self.assertIn(f"<{sender}>", said)

    def test_a_colleague_who_may_not_write_it_invites_nobody(self):
        visit = self._plan(user_id=self.salesman_all.id)
        with self.assertRaises(AccessError):
            visit.with_user(self.salesman).action_invite()

    def test_who_is_invited_in_the_calendar_takes_part(self):
        visit = self._plan()
        visit.calendar_event_id.with_user(self.salesman).with_context(
            no_mail_to_attendees=True
        ).partner_ids += self.contact_2 | self.manager.partner_id
        self.assertEqual(visit.participant_ids, self.contact_2)

    def test_another_contact_is_named_unless_somebody_wrote_there(self):
        visit = self._plan()
        visit.contact_id = self.contact_2
        self.assertIn("Oscar Oak", visit.calendar_event_id.description)
        visit.calendar_event_id.description = "<p>At the back door</p>"
        visit.contact_id = self.contact
        self.assertIn("back door", visit.calendar_event_id.description)

    def test_deleted_as_a_plan_it_goes_from_the_calendar(self):
        visit = self._plan()
        event = visit.calendar_event_id
        visit.unlink()
        self.assertFalse(event.exists())

    def test_defaults_of_a_screen_do_not_reach_the_event(self):
        visit = self._plan()
        other = visit.with_context(
            default_partner_ids=[Command.link(self.contact.id)],
            default_name="Wrong",
            active_model="res.partner",
            active_id=self.contact.id,
        ).copy()
        self.assertEqual(other.calendar_event_id.name, visit.name)
        self.assertEqual(other.calendar_event_id.partner_ids, self.salesman.partner_id)

    def test_the_activity_menu_reminds_once(self):
        now = fields.Datetime.now()
        visit = self._plan(date=now)
        Event = self.env["calendar.event"].with_user(self.salesman)
        other = Event.create(
            {
                "name": "Lunch",
                "start": now,
                "stop": now + timedelta(hours=1),
                "res_model_id": self.env["ir.model"]._get_id("crm.activity"),
                "res_id": visit.id,
            },
        )
        user = self.env["res.users"].with_user(self.salesman)
        [meetings] = [g for g in user._get_activity_groups() if g.get("type") == "meeting"]
        self.assertEqual([meeting["id"] for meeting in meetings["meetings"]], other.ids)

    def test_without_us_it_stays_in_the_calendar(self):
        event = self._plan().calendar_event_id
        self.env.flush_all()
        uninstall_hook(self.env)
        self.env.invalidate_all()
        self.assertFalse(event.res_model_id or event.res_model or event.res_id)

    def test_a_hundred_take_few_queries_and_calls_none(self):
        def count(number, **values):
            vals = self._plan(**values).copy_data()[0]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.Activity.create([dict(vals)] * number)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        few, many = count(2), count(100)
        self.assertLessEqual(many - few, 12)
        with patch.object(self.registry["calendar.event"], "create", side_effect=AssertionError):
            count(10, activity_type_id=self.type_call.id)

    def test_for_many_responsibles_they_are_made_at_once(self):
        colleagues = (self.salesman | self.salesman_all | self.manager).sorted("id")
        calls = []
        cls = self.registry["calendar.event"]
        create = cls.create

        def count_creates(records, vals_list):
            calls.append(len(vals_list))
            return create(records, vals_list)

        def count(users):
            vals = self._plan(duration=0).copy_data()[0] | {"duration": 1}
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            each = [dict(vals, user_id=users[i % len(users)].id) for i in range(30)]
            activities = self.Activity.with_context(tracking_disable=True).create(each)
            self.env.flush_all()
            used = self.cr.sql_log_count - before
            events = activities.calendar_event_id
            self.assertEqual(events.mapped("user_id"), activities.mapped("user_id"))
            self.assertEqual(set(events.attendee_ids.mapped("state")), {"accepted"})
            for event in events:
                self.assertEqual(event.attendee_ids.partner_id, event.user_id.partner_id)
            return used

        count(colleagues)
        with patch.object(cls, "create", count_creates):
            one, three = count(colleagues[0]), count(colleagues)
        self.assertEqual(calls, [30, 30])
        self.assertLessEqual(three - one, 3)


@tagged("post_install", "-at_install")
class TestErasureOfMeetings(ErasureCase):
    def test_the_calendar_forgets_as_well(self):
        date = fields.Datetime.now() + timedelta(days=3)
        values = {
            "contact_id": self.contact_2.id,
            "participant_ids": self.contact.ids,
            "date": date,
            "state": "pending",
        }
        self.contact.name = f"Olga {SECRET}"
        planned, done = self._create_done(**values), self._create_done(**values)
        done.action_done()
        event = done.calendar_event_id
        self.assertIn(SECRET, planned.calendar_event_id.description)
        planned.calendar_event_id.with_context(no_mail_to_attendees=True).partner_ids += (
            self.contact | self.contact_2
        )
        self._anonymize(self.contact)
        self.assertEqual(
            planned.calendar_event_id.partner_ids - planned.user_id.partner_id, self.contact_2
        )
        self.assertFalse(event.exists())
        self.assertEqual(planned.calendar_event_id.name, "Anonymized")
        self.assertForgotten()
