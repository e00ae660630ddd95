# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import Mock, patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase
from odoo.addons.sms.tools.sms_api import SmsApi

from ..hooks import post_init_hook


class Provider:
    """What the provider accepted, and how it answers."""

    def __init__(self):
        self.messages = []  # (number, text, uuid)
        self.answers = {}  # {number: state}
        self.on_call = lambda: None

    def answer(self, endpoint, params, timeout=15):
        results = []
        self.on_call()
        for message in params["messages"]:
            for target in message["numbers"]:
                state = self.answers.get(target["number"], "success")
                if state == "success":
                    self.messages.append((target["number"], message["content"], target["uuid"]))
                results.append({"uuid": target["uuid"], "state": state})
        return results


class SmsCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.type_sms = cls.env.ref("crm_activity_ext.mail_activity_type_sms")
        cls.env["sms.sms"].search([]).unlink()
        cls.spain = cls.env.ref("base.es")
        cls.contact.write({"phone": "600 11 22 33", "country_id": cls.spain.id})
        cls.customer.write({"phone": "+34 911 22 33 44", "country_id": cls.spain.id})
        cls.Activity = cls.Activity.with_user(cls.salesman)
        cls.cron = cls.env.ref("sms.ir_cron_sms_scheduler_action")

    def _create_sms(self, **values):
        return self._create_activity(
            **{
                "name": "Visit tomorrow",
                "activity_type_id": self.type_sms.id,
                "contact_id": self.contact.id,
                "body": "<p>Dear Olga,<br>see you at nine.</p><p>Sam</p>",
                **values,
            }
        )

    def _sms(self, activities):
        return self.env["sms.sms"].search([("crm_activity_id", "in", activities.ids)])

    def _notification(self, activity):
        return activity.sudo().mail_message_id.notification_ids

    @contextmanager
    def provider(self):
        """Replace the provider: Odoo's class that talks to it, and nothing before."""
        provider = Provider()
        with patch.object(SmsApi, "_contact_iap", side_effect=provider.answer):
            yield provider

    def _run_queue(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def assertQueued(self, activity):
        sms = self._sms(activity)
        self.assertEqual(len(sms), 1, "exactly one SMS")
        self.assertEqual((sms.state, activity.state), ("outgoing", "pending"))
        self.assertEqual(activity.mail_message_id.sudo(), sms.mail_message_id)
        self.assertEqual(self._notification(activity).notification_status, "ready")
        return sms


@tagged("post_install", "-at_install")
class TestSmsQueue(SmsCase):
    def test_pending_puts_exactly_one_sms_into_the_queue(self):
        activity = self._create_sms()
        self.assertFalse(self._sms(activity), "a draft goes nowhere")
        activity.action_pending()
        self.assertQueued(activity)
        activity.action_pending()
        self.assertQueued(activity)
        self.assertQueued(self._create_sms(state="pending"))

    def test_whoever_the_queue_runs_for_what_became_of_an_sms_is_told(self):
        # Allowed to send, and to see nothing of sales.
        administrator = new_test_user(self.env, "settings", groups="base.group_system")
        self.assertFalse(self.Activity.with_user(administrator).has_access("read"))
        self.cron.user_id = administrator
        sent, refused = self._create_sms(), self._create_sms(contact_id=False)
        held = self._create_sms(partner_id=self.other_customer.id, contact_id=False)
        self.other_customer.phone = "+34 911 22 33 55"
        activities = sent | refused | held
        activities.action_pending()
        self.contact.phone = "600 11 22 34"  # what is queued follows
        self.env["phone.blacklist"].sudo()._add(["+34911223355"])
        with self.provider() as provider:
            provider.answers["+34911223344"] = "wrong_number_format"
            self._run_queue()
        self.assertEqual([number for number, *_rest in provider.messages], ["+34600112234"])
        self.assertEqual(activities.mapped("state"), ["done", "failed", "failed"])
        self.assertFalse(self._sms(activities).filtered("crm_activity_sending"))

    def test_an_sms_is_done_by_the_queue_alone_or_logged_as_sent_elsewhere(self):
        activity = self._create_sms()
        with self.assertRaisesRegex(UserError, "Log as Sent Elsewhere"), self.cr.savepoint():
            activity.action_done()
        activity.action_send()
        sms = self.assertQueued(activity)
        activity._report_delivery_status("failed", "No credit")
        activity.action_log_as_sent_elsewhere()
        self.assertEqual((activity.state, activity.sent_elsewhere), ("done", True))
        self.assertFalse(sms.exists(), "nobody sends it after all")

    def test_the_form_shows_the_number_it_goes_to(self):
        activity = self._create_sms()
        self.assertRegex(activity.recipient_address, r"<\+34600112233>$")
        self.assertEqual(activity.sender_address, self.salesman.name)
        self.env["phone.blacklist"].sudo()._add(["+34600112233"])
        activity.invalidate_recordset()
        self.assertIn("is blacklisted", activity.delivery_problem)

    def test_what_was_done_before_sms_were_sent_from_here_was_sent_elsewhere(self):
        done, pending = self._create_sms(), self._create_sms()
        self.env.flush_all()
        self.cr.execute(
            "UPDATE crm_activity SET state = CASE id WHEN %s THEN 'done' ELSE 'pending' END "
            "WHERE id IN %s",
            (done.id, tuple((done | pending).ids)),
        )
        self.env.invalidate_all()
        post_init_hook(self.env)
        self.assertTrue(done.sent_elsewhere)
        self.assertEqual(pending.state, "draft")
        self.assertFalse(self._sms(done | pending))

    def test_the_sms_is_what_the_activity_says_without_its_formatting(self):
        activity = self._create_sms(state="pending")
        sms = self.assertQueued(activity)
        self.assertEqual(sms.number, "+34600112233")
        self.assertEqual(sms.partner_id, self.contact)
        self.assertEqual(sms.body, "Dear Olga,\nsee you at nine.\nSam")
        message = sms.mail_message_id
        self.assertIn(message, activity.sudo().message_ids, "it is in the chatter")
        self.assertEqual(message.message_type, "sms")
        self.assertEqual(message.author_id, self.salesman.partner_id)
        self.assertIn("Dear Olga,<br>see you at nine.", message.body)

    def test_a_template_becomes_plain_text(self):
        template = self.env["mail.template"].create(
            {
                "name": "Reminder",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Reminder",
                "body_html": '<div>Dear <b t-out="object.name"/>,</div><p>until tomorrow</p>',
            }
        )
        activity = self._create_sms(state="pending", body=False, mail_template_id=template.id)
        words = self.assertQueued(activity).body.split()
        self.assertEqual(words, ["Dear", "Olga", "Oak,", "until", "tomorrow"])

    def test_a_text_is_plain(self):
        link = "https://example.com/a"
        for body, text in (
            (f'<p>Look <a href="{link}"><b>here</b></a> today</p>', f"Look here ({link}) today"),
            (f'<p>Look: <a href="{link}">{link}</a></p>', f"Look: {link}"),
            (f'<p>Look: <a href="{link}">example.com/a</a></p>', f"Look: {link}"),
            ('<p>Call <a href="tel:+34600">+34600</a></p>', "Call +34600"),
            ("<h1>Sale</h1><p>Come <b>now</b>, <i>please</i></p>", "Sale\nCome now, please"),
            ("<p>Bring:</p><ul><li>oak</li><li>ash</li></ul>", "Bring:\n- oak\n- ash"),
            ("<p>One<br>two</p><p><br></p><p><br></p><p><br></p><p>three</p>", "One\ntwo\n\nthree"),
            ("<ol><li>oak</li><li><p>ash</p></li></ol>", "1. oak\n2. ash"),
            ("<p>Mon&nbsp;9:00\u200b</p><p>&nbsp;</p><p>&nbsp;</p><p>Sam</p>", "Mon 9:00\n\nSam"),
            (
                '<p><a href="mailto:a@b.com">Write</a> <a href="HTTPS://b.com/">b.com</a></p>',
                "Write (a@b.com) HTTPS://b.com/",
            ),
            ("<p>5 &lt; 6 &amp; 7</p>", "5 < 6 & 7"),
        ):
            with self.subTest(body):
                self.assertEqual(self._create_sms(body=body)._get_sms_text(), text)

    def test_the_form_counts_characters_and_sms(self):
        for text, characters, parts in (
            ("a" * 160, 160, 1),
            ("a" * 161, 161, 2),
            ("ñ" * 153 * 3, 459, 3),
            ("€" * 70, 70, 1),
            ("😀" + "a" * 69, 71, 2),
        ):
            with self.subTest(text[:3]):
                form = Form(self._create_sms(body=f"<p>{text}</p>"))
                self.assertEqual(form.sms_length, f"{characters} characters, {parts} SMS")
                self.assertFalse(form.sms_warning)
        form.body = f"<p>{'a' * 460}</p>"
        self.assertIn("4 SMS", form.sms_warning)
        self.env["ir.config_parameter"].set_param("crm_activity_ext_sms.max_parts", "4")
        self.assertFalse(self._create_sms(body=f"<p>{'a' * 460}</p>").sms_warning)

    def test_what_is_no_sms_has_no_length(self):
        self.assertFalse(self._create_activity(body="<p>Bring samples</p>").sms_length)

    def test_without_a_contact_it_goes_to_the_customer(self):
        activity = self._create_sms(state="pending", contact_id=False)
        self.assertEqual(self.assertQueued(activity).number, "+34911223344")

    def test_what_cannot_be_sent_fails_in_words_and_the_others_go_on(self):
        self.env["phone.blacklist"]._add(["+34600000001"])
        spanish = {"country_id": self.spain.id}
        Partner = self.env["res.partner"]
        cases = {
            "has no phone number": Partner.create({"name": "Nora None"}),
            "is not a valid phone number": Partner.create(
                {"name": "Ina", "phone": "12", **spanish}
            ),
            "is blacklisted": Partner.create({"name": "Bea", "phone": "600 000 001", **spanish}),
            "is archived": Partner.create(
                {"name": "Archie", "phone": "600 000 002", "active": False, **spanish}
            ),
            "no recipient": Partner,
        }
        activities = self.Activity.browse().union(
            *(
                self._create_sms(partner_id=partner.id, contact_id=False)
                for partner in cases.values()
            )
        )
        good = self._create_sms()
        (activities | good).action_pending()
        self.assertQueued(good)
        for activity, reason in zip(activities, cases, strict=True):
            self.assertEqual(activity.state, "failed", reason)
            self.assertIn(reason, activity.failure_reason)
            self.assertFalse(self._sms(activity))

    def test_a_text_with_nothing_to_read_is_not_sent(self):
        activity = self._create_sms(body="<p><br></p>")
        with self.assertRaisesRegex(UserError, "no text to send: Visit tomorrow"):
            activity.action_pending()

    def test_the_text_is_final_once_queued(self):
        activity = self._create_sms(state="pending")
        with self.assertRaisesRegex(UserError, "You cannot change"):
            activity.body = "<p>Another</p>"

    def test_cancelling_takes_the_sms_out_and_pending_puts_the_same_back(self):
        activity = self._create_sms(state="pending")
        sms = self.assertQueued(activity)
        activity.action_cancel()
        self.assertEqual((sms.state, activity.state), ("canceled", "cancelled"))
        self.assertEqual(self._notification(activity).notification_status, "canceled")
        with self.provider() as provider:
            self._run_queue()
        self.assertFalse(provider.messages)
        activity.action_pending()
        self.assertEqual(self.assertQueued(activity), sms)

    def test_the_administrators_list_of_sms_is_followed(self):
        activity = self._create_sms(state="pending")
        sms = self.assertQueued(activity)
        sms.action_set_canceled()
        self.assertEqual(activity.state, "cancelled")
        sms.action_set_outgoing()
        self.assertQueued(activity)
        sms.unlink()
        self.assertEqual(activity.state, "cancelled")
        self.assertIn("deleted", activity.failure_reason)
        self.assertEqual(self._notification(activity).notification_status, "canceled")
        activity.action_pending()
        self.assertQueued(activity)

    def test_a_queued_activity_is_not_deleted(self):
        activity = self._create_sms(state="pending")
        with self.assertRaisesRegex(UserError, "in the outbox"):
            activity.with_user(self.manager).unlink()

    def test_an_sms_that_was_recalled_goes_with_its_contact(self):
        recalled = self._create_sms(state="pending")
        recalled.action_cancel()
        queued = self._create_sms(state="pending")
        with self.assertRaisesRegex(UserError, "1 CRM activity refers"), self.cr.savepoint():
            self.contact.unlink()
        queued.action_cancel()
        self.contact.unlink()
        self.assertFalse((recalled | queued).exists())

    def test_number_and_text_of_an_sms_are_forgotten(self):
        sent, queued = self._create_sms(state="pending"), self._create_sms(state="pending")
        sms = self._sms(sent | queued)
        self._sms(sent).sms_tracker_id._action_update_from_sms_state("pending")
        self.assertEqual(sent.state, "done")
        trackers, notifications = sms.sms_tracker_id, sent.message_ids.notification_ids.sudo()
        self.assertTrue(trackers and notifications)
        self.env["crm.activity"]._anonymize_for(self.contact)
        self.assertFalse(sms.exists() | self._sms(sent))
        self.assertFalse(trackers.exists())
        self.assertFalse(notifications.exists())
        self.assertFalse(queued.exists())
        self.assertEqual((sent.state, sent.name, sent.body), ("done", "Anonymized", False))
        self.assertTrue(sent.mail_message_id, "it stays known as sent")

    def test_an_sms_that_is_being_sent_is_not_forgotten_yet(self):
        activity = self._create_sms(state="pending")
        self._sms(activity).crm_activity_sending = fields.Datetime.now()
        with self.assertRaisesRegex(UserError, "being sent right now"):
            self.env["crm.activity"]._anonymize_for(self.contact)

    def test_a_replica_is_a_new_sms(self):
        activity = self._create_sms(state="pending")
        replica = activity.copy()
        self.assertFalse(replica.mail_message_id)
        replica.action_pending()
        self.assertNotEqual(self.assertQueued(replica), self.assertQueued(activity))

    def test_thousands_are_queued_in_a_handful_of_queries(self):
        def queries(count):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"P{i}", "phone": f"+346{i:08}", "country_id": self.spain.id}
                    for i in range(count)
                ]
            )
            activities = self.Activity.create(
                [
                    {
                        "name": "Hello",
                        "activity_type_id": self.type_sms.id,
                        "partner_id": partner.id,
                        "body": "<p>Hello</p>",
                    }
                    for partner in partners
                ]
            )
            quietly = activities.with_context(tracking_disable=True)
            steps = (quietly.action_pending, quietly.action_cancel, quietly.action_pending)
            counts = []
            for step in steps:
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                step()
                self.env.flush_all()
                counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(self._sms(activities)), count)
            return counts

        queries(1)
        for few, many in zip(queries(50), queries(300), strict=True):
            self.assertLess(many - few, 0.2 * 250)


@tagged("post_install", "-at_install")
class TestSmsDeliveryStatus(SmsCase):
    def test_accepted_means_done(self):
        activity = self._create_sms(state="pending")
        with self.provider() as provider:
            self._run_queue()
            self._run_queue()
        self.assertEqual(len(provider.messages), 1)
        [(number, text, _uuid)] = provider.messages
        self.assertEqual((number, text[:10]), ("+34600112233", "Dear Olga,"))
        self.assertEqual(activity.state, "done")
        self.assertTrue(activity.date_done)
        self.assertEqual(self._notification(activity).notification_status, "pending")

    def test_refused_means_failed_with_the_reason_and_retry_sends_the_same(self):
        activity = self._create_sms(state="pending")
        sms = self._sms(activity)
        with self.provider() as provider:
            provider.answers["+34600112233"] = "insufficient_credit"
            self._run_queue()
            self.assertEqual(activity.state, "failed")
            self.assertIn("Insufficient Credit", activity.failure_reason)
            self.assertEqual(self._notification(activity).notification_status, "exception")
            self.assertTrue(activity.message_has_sms_error, "the chatter's own mark")
            provider.answers.clear()
            activity.action_retry()
            self.assertEqual(self.assertQueued(activity), sms)
            self.assertFalse(activity.failure_reason)
            self._run_queue()
        self.assertEqual(activity.state, "done")
        self.assertEqual(len(provider.messages), 1)

    def test_the_responsible_reads_the_reason_in_their_language(self):
        self._load_language("es_ES", ["sms"])
        self.salesman.lang = "es_ES"
        activity = self._create_sms(state="pending")
        with self.provider() as provider:
            provider.answers["+34600112233"] = "insufficient_credit"
            self._run_queue()
        self.assertIn("Crédito insuficiente", activity.failure_reason)

    def test_a_refusal_that_only_the_provider_knows_is_told_in_its_words(self):
        activity = self._create_sms(state="pending")
        with self.provider() as provider:
            provider.answers["+34600112233"] = "incompatible_content"
            self._run_queue()
        self.assertEqual(activity.state, "failed")
        self.assertIn("violates rules", activity.failure_reason)

    def test_no_connection_means_failed(self):
        activities = self._create_sms(state="pending") | self._create_sms(state="pending")

        with self.provider() as provider:
            provider.on_call = Mock(side_effect=AccessError("No connection"))
            self._run_queue()
        self.assertEqual(set(activities.mapped("state")), {"failed"})
        for activity in activities:
            self.assertIn("may or may not have accepted", activity.failure_reason)

    def test_a_corrected_number_is_retried(self):
        self.contact.phone = "+34 600 55 55 55"
        activity = self._create_sms(state="pending")
        with self.provider() as provider:
            provider.answers["+34600555555"] = "wrong_number_format"
            self._run_queue()
            self.assertEqual(activity.state, "failed")
            self.contact.phone = "+34 600 66 66 66"
            activity.action_retry()
            self._run_queue()
        self.assertEqual([number for number, *_rest in provider.messages], ["+34600666666"])
        self.assertEqual(activity.state, "done")

    def test_an_sms_for_later_waits_for_its_date_and_the_others_do_not(self):
        date = fields.Datetime.now().replace(microsecond=0) + timedelta(hours=2)
        later = self._create_sms(state="pending", date=date)
        now = self._create_sms(state="pending")
        self.env["ir.config_parameter"].sudo().set_param("sms.session.batch.size", "1")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])
        self.assertIn(date, triggers.mapped("call_at"))
        with self.provider() as provider:
            self._run_queue()
            self.assertEqual((later.state, now.state), ("pending", "done"))
            self._sms(later).crm_activity_date = fields.Datetime.now()
            self._run_queue()
        self.assertEqual(later.state, "done")
        self.assertEqual(len(provider.messages), 2)

    def test_another_date_reschedules_the_sms(self):
        activity = self._create_sms(state="pending")
        date = fields.Datetime.now().replace(microsecond=0) + timedelta(days=3)
        activity.date = date
        self.assertEqual(self.assertQueued(activity).crm_activity_date, date)
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])
        self.assertIn(date, triggers.mapped("call_at"))
        activity.date = fields.Datetime.now()
        self.assertLessEqual(self._sms(activity).crm_activity_date, fields.Datetime.now())

    def test_send_now_in_the_administrators_list_leaves_it_to_the_queue_at_once(self):
        date = fields.Datetime.now() + timedelta(hours=2)
        activity = self._create_sms(state="pending", date=date)
        with self.provider() as provider:
            administrator = self.env.ref("base.user_admin")
            self._sms(activity).with_user(administrator).send()
            self.assertFalse(provider.messages)
            self._run_queue()
        self.assertEqual((len(provider.messages), activity.state), (1, "done"))

    def test_more_than_a_batch_and_several_companies_leave_in_one_run(self):
        self.env["ir.config_parameter"].sudo().set_param("sms.session.batch.size", "3")
        activities = self.Activity.browse().union(
            *(self._create_sms(state="pending") for _number in range(5))
        )
        other_company = self.env["res.company"].create({"name": "C"})
        partner = self.env["res.partner"].create(
            {"name": "P", "phone": "+34600777777", "company_id": other_company.id}
        )
        self.salesman.company_ids += other_company
        activities |= self._create_sms(state="pending", partner_id=partner.id, contact_id=False)
        of_odoo = self.env["sms.sms"].create(
            [{"number": f"+3460012300{i}", "body": "Not ours"} for i in range(4)]
        )
        with self.provider() as provider:
            self._run_queue()
        self.assertEqual(set(activities.mapped("state")), {"done"})
        self.assertEqual(set(of_odoo.mapped("state")), {"pending"})
        self.assertEqual(len({uuid for *_rest, uuid in provider.messages}), 10)
        self.assertEqual(len(provider.messages), 10)

    def test_what_was_sent_is_not_sent_again(self):
        activity = self._create_sms(state="pending")
        with self.provider() as provider:
            self._run_queue()
            with self.assertRaisesRegex(UserError, "was already sent"):
                activity.action_pending()
            activity.action_retry()
            self._run_queue()
        self.assertEqual((len(provider.messages), activity.state), (1, "done"))

    def test_what_the_provider_is_about_to_send_cannot_be_cancelled(self):
        activity = self._create_sms(state="pending")
        with self.provider() as provider:
            provider.answers["+34600112233"] = "processing"
            self._run_queue()
        self.assertEqual(activity.state, "pending")
        with self.assertRaisesRegex(UserError, "handed over to the SMS provider"):
            activity.action_cancel()

    def test_what_a_dead_worker_left_is_told_and_not_sent_again(self):
        activity = self._create_sms(state="pending")
        other = self._create_sms(state="pending")
        self._sms(activity).crm_activity_sending = fields.Datetime.now()
        with self.provider() as provider:
            self._run_queue()
        self.assertEqual(len(provider.messages), 1)
        self.assertEqual((activity.state, other.state), ("failed", "done"))
        self.assertIn("may or may not have accepted", activity.failure_reason)
        with self.provider() as provider:
            activity.action_retry()
            self._run_queue()
        self.assertEqual((len(provider.messages), activity.state), (1, "done"))

    def test_an_accident_after_the_provider_answered_is_told(self):
        activity = self._create_sms(state="pending")
        accident = patch.object(
            type(self.env["sms.sms"]), "_handle_call_result_hook", side_effect=ValueError("oh")
        )
        with self.provider() as provider, accident, mute_logger("odoo.addons.base.models.ir_cron"):
            self._run_queue()
        self.assertEqual(len(provider.messages), 1)
        self.assertEqual(activity.state, "failed")
        self.assertIn("may or may not have accepted", activity.failure_reason)

    def test_an_sms_that_the_provider_does_not_answer_for_is_undecided(self):
        activity = self._create_sms(state="pending")
        with patch.object(SmsApi, "_contact_iap", side_effect=lambda *args, **kwargs: []):
            self._run_queue()
        self.assertEqual(activity.state, "failed")
        self.assertIn("may or may not have accepted", activity.failure_reason)


@tagged("post_install", "-at_install")
class TestSmsReport(SmsCase, HttpCase):
    """Delivery reports come over HTTP, from the provider."""

    def _sent(self):
        activity = self._create_sms(state="pending")
        uuid = self._sms(activity).uuid
        with self.provider():
            self.env.flush_all()
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(activity.state, "done")
        return activity, uuid

    def _report(self, uuid, status):
        self.make_jsonrpc_request(
            "/sms/status", {"message_statuses": [{"sms_status": status, "uuids": [uuid]}]}
        )
        self.env.invalidate_all()

    def test_not_delivered_turns_done_into_failed_and_retry_sends_the_same_text(self):
        activity, uuid = self._sent()
        self._report(uuid, "not_delivered")
        self.assertEqual(activity.state, "failed")
        self.assertIn("Not Delivered", activity.failure_reason)
        with self.provider() as provider:
            # Odoo cleans up what it has sent.
            self._sms(activity)._gc_device()
            self.env.invalidate_all()
            activity.action_retry()
            self.assertQueued(activity)
            self.env.flush_all()
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((len(provider.messages), activity.state), (1, "done"))

    def test_an_invalid_destination_is_a_bounce_and_failed(self):
        activity, uuid = self._sent()
        self._report(uuid, "invalid_destination")
        self.assertEqual(activity.state, "failed")
        self.assertIn("Invalid Destination", activity.failure_reason)
        self.assertEqual(self._notification(activity).notification_status, "bounce")

    def test_delivered_leaves_it_done_at_the_same_moment(self):
        activity, uuid = self._sent()
        moment = activity.date_done
        self._report(uuid, "delivered")
        self.assertEqual((activity.state, activity.date_done), ("done", moment))
        self.assertEqual(self._notification(activity).notification_status, "sent")
