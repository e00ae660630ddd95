# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from ..smtp import smtp_server
from .test_leaving import LeavingCase


@tagged("post_install", "-at_install")
class TestReports(LeavingCase):
    """What mail servers and the recipients' programs report, as they write it."""

    def setUp(self):
        super().setUp()
        self.activity = self._create_email(state="pending")
        self._send_due(days=0)
        self.message = self.activity.sudo().mail_message_id
        self.assertEqual(self.activity.state, "done")

    def _notes(self):
        return "\n".join(
            html2plaintext(body) for body in self.activity.sudo().message_ids.mapped("body")
        )

    def _receive(self, text):
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, text)
        self.env.invalidate_all()

    def _delivery_status(self, *recipients, original=None):
        blocks = "\n".join(
            f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: 4.4.1\n"
            for action, address in recipients
        )
        message = original or self.message
        return f"""From: MAILER-DAEMON@example.com
To: bounce@example.com
Subject: Delivery Status Notification
Message-Id: <report-{len(self._notes())}@example.com>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

What the server has to say.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

{blocks}
--b
Content-Type: text/rfc822-headers

Message-Id: {message.message_id}
To: olga@example.com
Subject: Our offer

--b--
"""

    def assertNoted(self):
        self.assertEqual(self.activity.state, "done")
        self.assertFalse(self.activity.failure_reason)
        self.assertEqual(self._notifications(self.activity).notification_status, "sent")
        self.assertEqual(self.contact.message_bounce, 0, "nor does the contact count a bounce")

    def test_a_delay_or_a_success_is_noted_and_is_no_failure(self):
        for action in ("delayed", "delivered", "relayed", "expanded", "Delayed (will retry)"):
            with self.subTest(action):
                self._receive(self._delivery_status((action, "olga@example.com")))
                self.assertNoted()
        self.assertEqual(self._notes().count("What the server has to say."), 5)
        self.assertIn("Email report: Delivery Status Notification", self._notes())

    def test_a_failure_is_one_for_whichever_recipient(self):
        self._receive(
            self._delivery_status(("delivered", "a@example.com"), ("failed", "b@example.com"))
        )
        self.assertEqual(self.activity.state, "failed")
        self.assertIn("to b@example.com bounced", self.activity.failure_reason)
        with self.assertRaisesRegex(Exception, "You cannot change"):
            self.activity.name = "It has left, and came back"

    def test_a_failure_for_a_lead_is_one(self):
        lead_activity = self._create_email(
            state="pending", partner_id=False, contact_id=False, lead_id=self.lead.id
        )
        self._send_due(days=0)
        self._receive(
            self._delivery_status(
                ("failed", "elm@example.com"), original=lead_activity.sudo().mail_message_id
            )
        )
        self.assertEqual(lead_activity.state, "failed")
        self.assertEqual(self._notifications(lead_activity).notification_status, "bounce")

    def test_the_responsible_reads_why_in_their_language(self):
        self.salesman.lang = "es_ES"
        self._receive(self._delivery_status(("failed", "olga@example.com")))
        self.assertNotIn("bounced", self.activity.failure_reason)

    def test_a_read_receipt_is_noted_and_is_no_failure(self):
        for part in (
            f"Content-Type: message/rfc822\n\nMessage-Id: {self.message.message_id}\n\nx\n",
            "Content-Type: text/plain\n\nWithout what was read.\n",
        ):
            with self.subTest(part[:30]):
                self._receive(
                    f"""From: Olga <olga@example.com>
To: sam@example.com
Subject: Read: Our offer
Message-Id: <receipt-{len(part)}@example.com>
In-Reply-To: {self.message.message_id}
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b
Content-Type: text/plain

Your message was displayed.
--b
Content-Type: message/disposition-notification

Reporting-UA: pc.example.com; A program
Final-Recipient: rfc822; olga@example.com
Original-Message-ID: {self.message.message_id}
Disposition: manual-action/MDN-sent-manually; displayed
--b
{part}
--b--
"""
                )
                self.assertNoted()
        self.assertEqual(self._notes().count("Read: Our offer"), 2)

    def test_a_complaint_is_noted_and_is_no_failure(self):
        self._receive(
            f"""From: abuse@example.com
To: bounce@example.com
Subject: FW: Our offer
Message-Id: <complaint-1@example.com>
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
--b
Content-Type: message/rfc822

Message-Id: {self.message.message_id}

x
--b--
"""
        )
        self.assertNoted()
        self.assertIn("This is an abuse report.", self._notes())

    def test_what_a_colleagues_mailbox_sends_back_says_nothing_of_the_customers(self):
        self.colleague.notification_type = "email"
        note = self.activity.sudo().message_post(
            body=self.customer.name, partner_ids=self.colleague.partner_id.ids
        )
        with smtp_server(self.env):
            self._run_queue()
        self._receive(self._delivery_status(("failed", "cora@example.com"), original=note))
        self.assertEqual(self.activity.state, "done")

    def test_what_a_server_reports_outside_the_standards_is_a_failure_as_odoo_takes_it(self):
        self._receive(
            f"""From: MAILER-DAEMON@example.com
To: bounce@example.com
Subject: Undelivered
Message-Id: <odd-1@example.com>
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

No such user.
--b
Content-Type: message/rfc822

Message-Id: {self.message.message_id}
To: olga@example.com

x
--b--
"""
        )
        self.assertEqual(self.activity.state, "failed")
        self.assertIn("olga@example.com", self.activity.failure_reason)
