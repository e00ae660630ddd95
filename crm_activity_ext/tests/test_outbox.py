# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CrmActivityCase
from .smtp import smtp_server


class OutboxCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.email = "olga@example.com"
        cls.salesman.email = "sam@example.com"
        cls.Activity = cls.Activity.with_user(cls.salesman)

    def _create_email(self, **values):
        return self._create_activity(
            **{
                "name": "Our offer",
                "activity_type_id": self.type_email.id,
                "contact_id": self.contact.id,
                "body": "<p>Dear Olga, here it is.</p>",
                **values,
            }
        )

    def _mails(self, activities):
        return self.env["mail.mail"].search(
            [("model", "=", "crm.activity"), ("res_id", "in", activities.ids)]
        )

    def _run_queue(self):
        self.env.flush_all()
        self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestOutbox(OutboxCase):
    def assertQueued(self, activity):
        mail = self._mails(activity)
        self.assertEqual(len(mail), 1, "exactly one mail")
        self.assertEqual((mail.state, activity.state), ("outgoing", "pending"))
        self.assertEqual(activity.mail_message_id.sudo(), mail.mail_message_id)
        return mail

    def test_pending_puts_exactly_one_mail_into_the_outbox(self):
        activity = self._create_email()
        self.assertFalse(self._mails(activity), "a draft goes nowhere")
        activity.action_pending()
        self.assertQueued(activity)
        activity.action_pending()
        self.assertQueued(activity)

    def test_every_way_to_pending_leads_to_the_outbox(self):
        with self.subTest("creation"):
            self.assertQueued(self._create_email(state="pending"))
        with self.subTest("form"):
            activity = self._create_email()
            with Form(activity) as form:
                form.state = "pending"
            self.assertQueued(activity)
        with self.subTest("many at once"):
            activities = self._create_email() | self._create_email()
            activities.write({"state": "pending"})
            for activity in activities:
                self.assertQueued(activity)
        with self.subTest("import"):
            result = self.Activity.load(
                ["name", "activity_type_id/.id", "contact_id/.id", "body", "state"],
                [
                    [
                        "Imported",
                        str(self.type_email.id),
                        str(self.contact.id),
                        "<p>x</p>",
                        "Pending",
                    ]
                ],
            )
            self.assertFalse(result["messages"])
            self.assertQueued(self.Activity.browse(result["ids"]))

    def test_other_channels_stay_in_the_house(self):
        activity = self._create_activity(state="pending", body="<p>x</p>")
        self.assertFalse(self._mails(activity))
        self.assertFalse(activity.mail_message_id)

    def test_the_mail_is_what_the_activity_says(self):
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.salesman)
            .create({"name": "a.txt", "raw": b"a"})
        )
        activity = self._create_email(state="pending", attachment_ids=attachment.ids)
        mail = self.assertQueued(activity)
        self.assertEqual(mail.subject, "Our offer")
        self.assertFalse(mail.body_html, "the activity has the text")
        self.assertIn("Dear Olga, here it is.", mail.body_content)
        self.assertEqual(mail.email_from, self.salesman.email_formatted)
        self.assertEqual(mail.author_id, self.salesman.partner_id)
        self.assertEqual(mail.recipient_ids, self.contact)
        self.assertEqual(mail.attachment_ids, attachment)
        self.assertLessEqual(mail.scheduled_date, fields.Datetime.now())
        self.assertIn(mail.mail_message_id, activity.sudo().message_ids, "it is in the chatter")

    def test_without_a_contact_it_goes_to_the_customer(self):
        mail = self.assertQueued(self._create_email(state="pending", contact_id=False))
        self.assertEqual(mail.recipient_ids, self.customer)

    def test_a_future_date_schedules_the_mail_and_wakes_the_queue_then(self):
        date = fields.Datetime.now().replace(microsecond=0) + timedelta(days=2)
        mail = self.assertQueued(self._create_email(state="pending", date=date))
        self.assertEqual(mail.scheduled_date, date)
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.env.ref("mail.ir_cron_mail_scheduler_action").id)]
        )
        self.assertIn(date, triggers.mapped("call_at"))

    def test_another_date_reschedules_the_mail(self):
        activity = self._create_email(state="pending")
        date = fields.Datetime.now().replace(microsecond=0) + timedelta(days=3)
        activity.date = date
        self.assertEqual(self.assertQueued(activity).scheduled_date, date)
        activity.date = fields.Datetime.now()
        self.assertLessEqual(self._mails(activity).scheduled_date, fields.Datetime.now())

    def test_what_cannot_be_sent_fails_in_words_and_the_others_go_on(self):
        Partner = self.env["res.partner"]
        self.env["mail.blacklist"]._add("no@example.com")
        cases = {
            "has no email address": Partner.create({"name": "Nora None"}),
            "is not an email address": Partner.create({"name": "Ina", "email": "nonsense"}),
            "is blacklisted": Partner.create({"name": "Bea", "email": "no@example.com"}),
            "is archived": Partner.create(
                {"name": "Archie", "email": "archie@example.com", "active": False}
            ),
            "no recipient": Partner,
        }
        activities = self.Activity.browse().union(
            *(
                self._create_email(partner_id=partner.id, contact_id=False)
                for partner in cases.values()
            )
        )
        good = self._create_email()
        (activities | good).action_pending()
        self.assertQueued(good)
        for activity, reason in zip(activities, cases, strict=True):
            self.assertEqual(activity.state, "failed", reason)
            self.assertIn(reason, activity.failure_reason)
            self.assertFalse(self._mails(activity))

    def test_an_empty_text_is_not_sent(self):
        activity = self._create_email(body="<p><br></p>")
        with self.assertRaisesRegex(UserError, "no text to send: Our offer"):
            activity.action_pending()

    def test_the_text_is_final_once_queued(self):
        activity = self._create_email(state="pending")
        for vals in (
            {"name": "Another"},
            {"body": "<p>Another</p>"},
            {"contact_id": self.contact_2.id},
            {"partner_id": self.other_customer.id},
            {"activity_type_id": self.type_call.id},
            {"attachment_ids": [fields.Command.create({"name": "late.txt", "raw": b"x"})]},
        ):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "You cannot change"):
                activity.write(vals)
        for state in ("draft", "done", "failed"):
            with self.subTest(state), self.assertRaisesRegex(UserError, "is in the outbox"):
                activity.write({"state": state})
        activity.write({"campaign_id": self.campaign.id, "duration": 0.5, "name": activity.name})

    def test_cancelling_takes_the_mail_out_and_pending_puts_the_same_back(self):
        activity = self._create_email(state="pending")
        mail = self.assertQueued(activity)
        activity.action_cancel()
        self.assertEqual((mail.state, activity.state), ("cancel", "cancelled"))
        activity.action_pending()
        self.assertEqual(self.assertQueued(activity), mail)

    def test_a_queued_or_sent_activity_is_not_deleted(self):
        activity = self._create_email(state="pending")
        with self.assertRaisesRegex(UserError, "in the outbox"):
            activity.with_user(self.manager).unlink()

    def test_the_administrators_list_of_mails_is_followed(self):
        activity = self._create_email(state="pending")
        mail = self._mails(activity)
        mail.cancel()
        self.assertEqual(activity.state, "cancelled")
        mail.mark_outgoing()
        self.assertEqual(activity.state, "pending")
        mail.unlink()
        self.assertEqual(activity.state, "cancelled")
        self.assertIn("deleted", activity.failure_reason)
        activity.action_pending()
        self.assertQueued(activity)

    def test_a_replica_is_a_new_letter(self):
        activity = self._create_email(state="pending")
        replica = activity.copy()
        self.assertEqual((replica.state, replica.mail_message_id.id), ("draft", False))
        replica.body = "<p>Another</p>"
        replica.action_pending()
        self.assertEqual(len(self._mails(activity | replica)), 2)

    def test_merging_customers_does_not_trip_over_sent_mails(self):
        person = self.env["res.partner"].create({"name": "Olga", "email": "olga2@example.com"})
        activity = self._create_email(state="pending", partner_id=person.id, contact_id=False)
        person.parent_id = self.customer
        self.assertEqual((activity.partner_id, activity.contact_id), (self.customer, person))

    def test_thousands_are_queued_in_a_handful_of_queries(self):
        def queries(count):
            partners = self.env["res.partner"].create(
                [{"name": f"P{i}", "email": f"p{i}@example.com"} for i in range(count)]
            )
            activities = self.Activity.create(
                [
                    {
                        "name": "Hello",
                        "activity_type_id": self.type_email.id,
                        "partner_id": partner.id,
                        "body": "<p>Hello</p>",
                    }
                    for partner in partners
                ]
            )
            self.env.flush_all()
            before = self.cr.sql_log_count
            activities.with_context(tracking_disable=True).action_pending()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        queries(1)
        few, many = queries(50), queries(300)
        self.assertLess(many - few, 0.2 * 250)


@tagged("post_install", "-at_install")
class TestDeliveryStatus(OutboxCase):
    """Through a real SMTP server on loopback."""

    def setUp(self):
        super().setUp()
        # What making the users has left in the outbox.
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()

    def test_sent_means_done(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            self._run_queue()
            self._run_queue()
        self.assertEqual(len(mailbox.messages), 1)
        [message] = mailbox.messages
        self.assertEqual(message["Subject"], "Our offer")
        self.assertIn("olga@example.com", message["To"])
        self.assertIn("Dear Olga", message.get_body(("html",)).get_content())
        self.assertEqual(activity.state, "done")
        self.assertTrue(activity.date_done)
        notification = self.env["mail.notification"].search(
            [("mail_message_id", "=", activity.mail_message_id.id)]
        )
        self.assertEqual(notification.notification_status, "sent")

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_refused_means_failed_with_the_servers_reason_and_retry_sends_the_same(self):
        activity = self._create_email(state="pending")
        mail = self._mails(activity)
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("olga@example.com")
            self._run_queue()
            self.assertEqual(activity.state, "failed")
            self.assertIn("No such user here", activity.failure_reason)
            notification = self.env["mail.notification"].search([("mail_mail_id", "=", mail.id)])
            self.assertEqual(notification.notification_status, "exception")
            mailbox.refused.clear()
            activity.action_retry()
            self.assertEqual((activity.state, activity.failure_reason), ("pending", False))
            self._run_queue()
        self.assertEqual(activity.state, "done")
        self.assertEqual(self._mails(activity), mail)
        self.assertEqual(len(mailbox.messages), 1)

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_the_chatter_tells_to_whom_it_went_once_that_is_known(self):
        activity = self._create_email(state="pending")
        message = activity.sudo().mail_message_id
        self.assertFalse(message.notification_ids, "nobody knows yet")
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("olga@example.com")
            self._run_queue()
            self.assertEqual(message.notification_ids.notification_status, "exception")
            self.assertEqual(message.notification_ids.res_partner_id, self.contact)
            mailbox.refused.clear()
            message.mail_ids.mark_outgoing()  # by an administrator, in the list of all emails
            self._run_queue()
        self.assertEqual(message.notification_ids.notification_status, "sent")
        self.assertFalse(message.notification_ids.failure_type)

    def test_what_was_sent_stays_in_the_chatter_whoever_rewrites_the_activity(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env):
            self._run_queue()
        activity.sudo().body = "<p>Dear Olga, here is something else.</p>"  # as automation does
        self.assertChatterSays(activity.mail_message_id, "here it is")

    def test_the_chatter_has_what_left_whoever_rewrote_it_before(self):
        activity = self._create_email(state="pending")
        activity.sudo().body = "<p>Dear Olga, here is something else.</p>"  # as automation does
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        [sent] = mailbox.messages
        self.assertIn("something else", sent.get_body(("html",)).get_content())
        self.assertChatterSays(activity.mail_message_id, "something else")

    def test_what_was_sent_stays_in_the_chatter_where_another_mail_follows(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env):
            self._run_queue()
            first = activity.sudo().mail_message_id
            first.mail_ids.unlink()  # by an administrator, in the list of all emails
            activity.sudo()._report_bounce(self.contact.email)
            activity.action_retry()
            self.assertNotEqual(activity.sudo().mail_message_id, first)
            self._run_queue()
        self.assertChatterSays(first, "here it is")
        self.assertChatterSays(activity.mail_message_id, "here it is")

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_what_is_noted_in_an_email_that_failed_is_told_to_nobody_whom_it_was_for(self):
        activity = self._create_email(state="pending")
        portal = new_test_user(
            self.env, "olga.portal", groups="base.group_portal", partner_id=self.contact.id
        )
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add(self.contact.email)
            self._run_queue()
        self.assertEqual(activity.state, "failed")
        activity.body = "<p>Not before she has paid.</p>"
        self.env.flush_all()
        self.env.invalidate_all()
        message = activity.sudo().mail_message_id
        [read] = message.with_user(portal).read(["body"])
        self.assertIn("here it is", read["body"])
        with self.assertRaises(AccessError):
            activity.with_user(portal).read(["body"])

    def assertChatterSays(self, message, text):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertIn(text, message.sudo().body)

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_whoever_sends_an_email_what_became_of_it_is_told(self):
        # Allowed to send, and to see nothing of sales.
        administrator = new_test_user(self.env, "settings", groups="base.group_system")
        self.assertFalse(self.Activity.with_user(administrator).has_access("read"))
        ways = {
            "queue": lambda mails: mails.process_email_queue(),
            "list of all emails": lambda mails: mails.send(),
        }
        for name, send in ways.items():
            with self.subTest(name), smtp_server(self.env) as mailbox:
                self.customer.email = "oak@example.com"
                activities = self._create_email() | self._create_email(contact_id=False)
                activities.action_pending()
                self.customer.email = "oak.new@example.com"  # what is queued follows
                mailbox.refused.add(self.customer.email)
                mails = self._mails(activities)
                self._send_as(administrator, mails, send)
                self.assertEqual(len(mailbox.messages), 1)
                self.assertEqual(activities.mapped("state"), ["done", "failed"])
                self.assertTold(mails, ["sent", "exception"])
        with self.subTest("nobody answers"), smtp_server(self.env):
            self.env["ir.mail_server"].search([]).smtp_port = 1
            activity = self._create_email(state="pending")
            mails = self._mails(activity)
            self._send_as(administrator, mails, ways["queue"])
            self.assertEqual(activity.state, "failed")
            self.assertTold(mails, ["exception"])

    def _send_as(self, user, mails, send):
        self.env.flush_all()
        self.env.invalidate_all()
        send(mails.with_user(user))
        self.env.flush_all()
        self.env.invalidate_all()

    def assertTold(self, mails, statuses):
        mails = mails.sorted("id")
        self.assertFalse(mails.filtered("crm_activity_sending"), "it is known")
        self.assertEqual(mails.mapped("state"), statuses)
        notifications = [mail.mail_message_id.notification_ids for mail in mails]
        self.assertEqual([n.notification_status for n in notifications], statuses)

    def test_a_corrected_address_is_retried(self):
        self.contact.email = False
        activity = self._create_email(state="pending")
        self.assertEqual(activity.state, "failed")
        self.contact.email = "olga.right@example.com"
        with smtp_server(self.env) as mailbox:
            activity.action_retry()
            self._run_queue()
        self.assertIn("olga.right@example.com", mailbox.recipients[0])
        self.assertEqual(activity.state, "done")

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_what_is_written_to_somebody_is_in_no_log(self):
        self.salesman_all.email = "ada@example.com"
        secret = "Strictly between us"
        activities = self._create_email(name=secret, body=f"<p>{secret}</p>")
        activities |= activities.copy({"contact_id": self.contact_2.id})
        self.contact_2.email = "refused@example.com"
        with self.assertLogs("odoo.addons", "DEBUG") as logs, smtp_server(self.env) as mailbox:
            mailbox.refused.add("refused@example.com")
            activities.action_pending()
            self._run_queue()
            with self.assertRaises(UserError):
                activities[0].name = "Something else"
            activities[1].with_user(self.manager).write({"user_id": self.salesman_all.id})
        self.assertEqual(activities.sudo().mapped("state"), ["done", "failed"])
        self.assertTrue(logs.output)
        self.assertFalse([line for line in logs.output if secret in line])

    def test_no_connection_means_failed(self):
        self.env["ir.mail_server"].create(
            {"name": "Nobody there", "smtp_host": "127.0.0.1", "smtp_port": 1, "sequence": 0}
        )
        activities = self._create_email(state="pending") | self._create_email(state="pending")
        with smtp_server(self.env):
            self.env["ir.mail_server"].search([("name", "=", "Loopback")]).unlink()
            self._run_queue()
        self.assertEqual(set(activities.mapped("state")), {"failed"})
        self.assertTrue(all(activities.mapped("failure_reason")))

    def test_what_was_cancelled_is_not_sent(self):
        activity = self._create_email(state="pending")
        activity.action_cancel()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse(mailbox.messages)
        self.assertEqual(activity.state, "cancelled")

    def test_what_was_sent_is_not_sent_again(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            self._run_queue()
            with self.assertRaisesRegex(UserError, "was already sent. Replicate it"):
                activity.action_pending()
            activity.action_retry()
            self._run_queue()
        self.assertEqual(len(mailbox.messages), 1)
        self.assertEqual(activity.state, "done")

    def test_a_mail_for_later_waits(self):
        activity = self._create_email(
            state="pending", date=fields.Datetime.now() + timedelta(hours=2)
        )
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse(mailbox.messages)
        self.assertEqual(activity.state, "pending")

    def test_a_bounce_turns_done_into_failed(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env):
            self._run_queue()
        self._receive(
            f"""From: MAILER-DAEMON@example.com
To: {self._bounce_address()}
Subject: Undelivered Mail Returned to Sender
Message-Id: <bounce-1@example.com>
References: {activity.sudo().mail_message_id.message_id}
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

No such user.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.com

Final-Recipient: rfc822; olga@example.com
Action: failed
Status: 5.1.1
--b
Content-Type: message/rfc822

Message-Id: {activity.sudo().mail_message_id.message_id}
To: olga@example.com
Subject: Our offer

x
--b--
"""
        )
        self.assertEqual(activity.state, "failed")
        self.assertIn("bounced", activity.failure_reason)

    def test_an_answer_comes_into_the_chatter_and_the_responsible_hears_of_it(self):
        domain = self.env["mail.alias.domain"].create({"name": "odoo.example.com"})
        self.env.company.alias_domain_id = domain
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        [message] = mailbox.messages
        self._receive(
            f"""From: Olga <olga@example.com>
To: {message["Reply-To"]}
Subject: Re: Our offer
Message-Id: <answer-1@example.com>
In-Reply-To: {message["Message-Id"]}
References: {message["Message-Id"]}
Content-Type: text/plain

Yes, please.
"""
        )
        answer = activity.sudo().message_ids.filtered(
            lambda m: m.message_id == "<answer-1@example.com>"
        )
        self.assertIn("Yes, please.", answer.body)
        self.assertEqual(answer.author_id, self.contact)
        self.assertIn(self.salesman.partner_id, answer.notified_partner_ids)

    def _bounce_address(self):
        return self.env.company.bounce_email or "bounce@example.com"

    def _receive(self, text):
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, text)
        self.env.invalidate_all()
