# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Emails to leads, through a real SMTP server on loopback."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests import test_leaving, test_reports
from odoo.addons.crm_activity_ext.tests.smtp import smtp_server


class LeadLeavingCase(test_leaving.LeavingCase):
    def setUp(self):
        super().setUp()
        self.lead = self.env["crm.lead"].create(
            {"name": "Elm", "email_from": "elm@example.com", "user_id": self.salesman.id}
        )
        # What making the lead has left in the outbox.
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()

    def _create_email(self, **values):
        for_lead = {"partner_id": False, "contact_id": False, "lead_id": self.lead.id}
        return super()._create_email(**{**for_lead, **values})


@tagged("post_install", "-at_install")
class TestLeadLeaving(LeadLeavingCase):
    def test_a_corrected_address_counts_when_the_mail_leaves(self):
        activity = self._schedule()
        self.lead.email_from = "elm.right@example.com"
        mailbox = self._send_due()
        [(_sender, addresses)] = mailbox.envelopes
        self.assertEqual(addresses, ["elm.right@example.com"])
        self.assertEqual(activity.state, "done")
        self.assertEqual(self._notifications(activity).mail_email_address, "elm.right@example.com")

    def test_a_lead_that_has_got_a_customer_is_written_to_as_that(self):
        activity = self._schedule()
        self.lead.partner_id = self.customer
        mailbox = self._send_due()
        self.assertEqual([addresses for _s, addresses in mailbox.envelopes], [["oak@example.com"]])
        [notification] = self._notifications(activity)
        self.assertEqual(notification.res_partner_id, self.customer)
        self.assertEqual(notification.notification_status, "sent")
        self.assertFalse(notification.mail_email_address)

    @mute_logger(*test_leaving.QUIET)
    def test_what_was_refused_is_retried_with_the_corrected_address(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("elm@example.com")
            self._run_queue()
            self.assertEqual(activity.state, "failed")
            self.assertIn("No such user here", activity.failure_reason)
            self.lead.email_from = "elm.right@example.com"
            activity.action_retry()
            self.assertFalse(self._notifications(activity), "nobody knows yet")
            self._run_queue()
        self.assertEqual([a for _s, a in mailbox.envelopes], [["elm.right@example.com"]])
        self.assertEqual(activity.state, "done")
        self.assertEqual(len(self._mails(activity)), 1, "the same mail")

    def test_several_addresses_are_all_written_to_but_for_the_blacklisted(self):
        self.env["mail.blacklist"]._add("c@example.com")
        for typed in (
            "a@example.com, b@example.com",
            "a@example.com; b@example.com",
            'a@example.com; "Cleo" <c@example.com>; b@example.com',
        ):
            self.lead.email_from = typed
            with self.subTest(typed), smtp_server(self.env) as mailbox:
                activity = self._create_email(state="pending")
                self._run_queue()
                self.assertEqual(activity.state, "done", activity.failure_reason)
                [(_sender, addresses)] = mailbox.envelopes
                self.assertEqual(addresses, ["a@example.com", "b@example.com"])


@tagged("post_install", "-at_install")
class TestLeadReports(test_reports.ReportsCase):
    def test_a_failure_for_a_lead_is_one(self):
        lead = self.env["crm.lead"].create(
            {"name": "Elm", "email_from": "elm@example.com", "user_id": self.salesman.id}
        )
        activity = self._create_email(
            state="pending", partner_id=False, contact_id=False, lead_id=lead.id
        )
        self._send_due(days=0)
        message = activity.sudo().mail_message_id
        self._receive(self._delivery_status(("failed", "elm@example.com"), original=message))
        self.assertEqual(activity.state, "failed")
        self.assertEqual(self._notifications(activity).notification_status, "bounce")


@tagged("post_install", "-at_install")
class TestLeadAsMessagePost(test_leaving.TestAsMessagePost):
    DELIBERATE = {
        **test_leaving.TestAsMessagePost.DELIBERATE,
        "mail.message": {
            **test_leaving.TestAsMessagePost.DELIBERATE["mail.message"],
            "outgoing_email_to": "as with partner_ids: see there",
        },
    }

    def _recipients(self):
        lead = self.env["crm.lead"].create(
            {"name": "Elm", "email_from": "elm@example.com", "user_id": self.salesman.id}
        )
        values = {"partner_id": False, "lead_id": lead.id}
        return [*super()._recipients(), (values, lead.email_from)]
