# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_sms import SmsCase


class SmsLeavingCase(SmsCase):
    """Who is reached, and by whom, is asked when an SMS leaves."""

    def _schedule(self, **values):
        return self._create_sms(state="pending", **{"date": self._in_days(3), **values})

    def _in_days(self, days):
        return fields.Datetime.now() + timedelta(days=days)

    def _send_due(self, days=4):
        with self.provider() as provider, freeze_time(self._in_days(days)):
            self._run_queue()
        return provider


@tagged("post_install", "-at_install")
class TestSmsLeaving(SmsLeavingCase):
    def assertFailed(self, activity, reason):
        self.assertEqual(activity.state, "failed")
        self.assertIn(reason, activity.failure_reason)

    def test_whom_nothing_may_reach_any_more_is_not_written_to(self):
        changes = {
            "is blacklisted": lambda p: self.env["phone.blacklist"]._add([p.phone]),
            "is archived": lambda p: p.write({"active": False}),
            "has no phone number": lambda p: p.write({"phone": False}),
            "is not a valid phone number": lambda p: p.write({"phone": "12"}),
        }
        partners = self.env["res.partner"].create(
            [
                {"name": reason, "phone": f"+3460000000{i}", "country_id": self.spain.id}
                for i, reason in enumerate(changes)
            ]
        )
        activities = self.Activity.browse().union(
            *(self._schedule(partner_id=partner.id, contact_id=False) for partner in partners)
        )
        good = self._schedule()
        for partner, change in zip(partners, changes.values(), strict=True):
            change(partner)
        provider = self._send_due()
        self.assertEqual([number for number, *_rest in provider.messages], ["+34600112233"])
        self.assertEqual(good.state, "done", "the others go on")
        for activity, reason in zip(activities, changes, strict=True):
            self.assertFailed(activity, reason)
            self.assertEqual(self._notification(activity).notification_status, "exception")
            queued_today = self._create_sms(
                partner_id=activity.partner_id.id, contact_id=False, state="pending"
            )
            self.assertEqual(queued_today.failure_reason, activity.failure_reason)

    def test_a_corrected_number_counts_when_the_sms_leaves(self):
        activity = self._schedule()
        self.contact.phone = "600 55 55 55"
        provider = self._send_due()
        self.assertEqual([number for number, *_rest in provider.messages], ["+34600555555"])
        self.assertEqual(activity.state, "done")

    def test_the_responsible_of_now_is_the_author_and_one_who_has_left_is_not(self):
        activity = self._schedule()
        activity.with_user(self.manager).user_id = self.salesman_all
        left = self._schedule()
        self.salesman.active = False
        provider = self._send_due()
        self.assertEqual(len(provider.messages), 1)
        activity, left = activity.sudo(), left.sudo()
        self.assertEqual(activity.state, "done")
        self.assertEqual(activity.mail_message_id.author_id, self.salesman_all.partner_id)
        self.assertFailed(left, "The responsible user Sam Own is archived")

    def test_what_a_dead_worker_had_begun_may_have_left_though_it_is_cancelled(self):
        activity = self._schedule()
        self._sms(activity).crm_activity_sending = fields.Datetime.now()
        activity.action_cancel()
        self.assertTrue(activity.has_left)
        activity.action_pending()
        self.assertFalse(self._send_due().messages)
        self.assertFailed(activity, "may or may not have accepted")

    def test_what_has_waited_for_too_long_waits_for_a_person(self):
        late, on_time = self._schedule(), self._schedule(date=self._in_days(20))
        self.assertEqual(len(self._send_due(days=34).messages), 1)
        self.assertEqual(on_time.state, "done")
        self.assertFailed(late, "waited in the outbox for 31 days")
        with freeze_time(self._in_days(34)), self.provider() as provider:
            late.action_retry()
            self._run_queue()
        self.assertEqual((late.state, len(provider.messages)), ("done", 1))

    def test_what_failed_before_it_left_may_be_corrected_and_the_same_sms_says_so(self):
        activity = self._create_sms(state="pending")
        sms = self._sms(activity)
        with self.provider() as provider:
            provider.answers["+34600112233"] = "insufficient_credit"
            self._run_queue()
            activity.write({"body": "<p>See you at ten.</p>", "contact_id": False})
            provider.answers.clear()
            activity.action_retry()
            self.assertEqual(self._sms(activity), sms)
            self._run_queue()
        self.assertEqual(
            [message[:2] for message in provider.messages], [("+34911223344", "See you at ten.")]
        )
        self.assertIn("See you at ten.", activity.sudo().mail_message_id.body)
        with self.assertRaisesRegex(UserError, "You cannot change"):
            activity.body = "<p>Another</p>"

    def test_what_may_have_left_is_final_though_it_failed(self):
        interrupted, unanswered = self._create_sms(state="pending"), self._create_sms()
        self._sms(interrupted).crm_activity_sending = fields.Datetime.now()
        with self.provider() as provider:
            self._run_queue()
            unanswered.action_pending()
            provider.answers["+34600112233"] = "server_error"
            self._run_queue()
        for activity in (interrupted, unanswered):
            self.assertFailed(activity, "may or may not have accepted")
            with self.assertRaisesRegex(UserError, "You cannot change"):
                activity.body = "<p>Another</p>"

    def test_what_was_sent_elsewhere_can_be_deleted(self):
        self._create_sms(state="done").with_user(self.manager).unlink()
        sent = self._create_sms(state="pending")
        self._send_due(days=0)
        with self.assertRaisesRegex(UserError, "have been sent"):
            sent.with_user(self.manager).unlink()

    def test_a_message_of_another_activity_is_left_alone(self):
        theirs, mine = self._create_sms(state="pending"), self._create_sms()
        sms = self._sms(theirs)
        mine.sudo().mail_message_id = sms.mail_message_id
        mine.action_cancel()
        mine.sudo().state = "pending"
        self.assertQueued(theirs)
        self.assertQueued(mine)
        self.assertNotEqual(mine.mail_message_id, theirs.mail_message_id)
        with self.provider() as provider:
            provider.answers["+34600112233"] = "insufficient_credit"
            sms.crm_activity_date = self._in_days(1)
            self._run_queue()
        self.assertEqual((mine.state, theirs.state), ("failed", "pending"))
