# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people answer by SMS, where the add-on of a provider posts it in a chatter."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.crm_activity_ext.models.crm_activity_answer_mixin import RECORD_RECEIVED

from .test_sms import SmsCase


@tagged("post_install", "-at_install")
class TestSmsReceived(SmsCase):
    def _send(self, **values):
        """:return: an activity whose SMS the provider has taken"""
        activity = self._create_sms(campaign_id=self.campaign.id, **values)
        activity.action_pending()
        with self.provider():
            self._run_queue()
        self.assertEqual(activity.state, "done")
        return activity

    def _receive(self, record, text="Yes, at nine.", author=None, **values):
        """Post as an add-on does that a provider calls: as superuser, in the customer's name."""
        author = author or self.contact
        return record.sudo().message_post(
            body=text,
            message_type="sms",
            author_id=author.id,
            subtype_xmlid="mail.mt_comment",
            **values,
        )

    def _get_received(self):
        domain = [("origin", "in", ["answer", "message"])]
        return self.env["crm.activity"].search(domain)

    def test_an_sms_on_an_activity_answers_it(self):
        activity = self._send()
        message = self._receive(activity)
        self.assertRecordValues(
            self._get_received(),
            [
                {
                    "name": "Yes, at nine.",
                    "channel": "other",
                    "origin": "answer",
                    "state": "done",
                    "answer_to_id": activity.id,
                    "answer_message_id": message.id,
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "campaign_id": self.campaign.id,
                    "user_id": self.salesman.id,
                }
            ],
        )
        contact = self.contact.with_context(crm_campaign_id=self.campaign.id)
        self.assertTrue(contact.with_user(self.salesman_all).crm_campaign_responded)

    def test_a_long_sms_is_found_by_its_last_words_as_well(self):
        activity = self._send()
        self._receive(activity, text=f"{'As I said on the phone, ' * 60}bring the marmalade.")
        Activity = self.env["crm.activity"].with_user(self.salesman_all)
        found = Activity.search([("words_search", "ilike", "marmalade")])
        self.assertEqual(found, self._get_received())

    def test_an_sms_of_a_contact_answers_the_last_one_to_them(self):
        self._send(date=fields.Datetime.now() - timedelta(days=2))
        last = self._send()
        self._create_sms()  # a draft
        self._receive(self.contact)
        self.assertEqual(self._get_received().answer_to_id, last)

    def test_nothing_answers_an_sms_of_long_ago(self):
        activity = self._send()
        activity.sudo().date_done = fields.Datetime.now() - timedelta(days=31)
        self._receive(self.contact)
        self.assertFalse(self._get_received())

    def test_what_answers_nothing_is_recorded_by_a_setting(self):
        self._receive(self.contact)
        self.assertFalse(self._get_received())
        self.env["ir.config_parameter"].set_param(RECORD_RECEIVED, True)
        self._receive(self.contact, "Could you call me?\nIt is about the desks.")
        self.assertRecordValues(
            self._get_received(),
            [
                {
                    "name": "Could you call me? It is about the desks.",
                    "origin": "message",
                    "channel": "other",
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "answer_to_id": False,
                }
            ],
        )

    def test_what_is_sent_is_not_received(self):
        self.env["ir.config_parameter"].set_param(RECORD_RECEIVED, True)
        activity = self._send()
        with self.provider():
            self.contact.sudo()._message_sms("See you", partner_ids=self.contact.ids)
            # In the name of a portal user, as shops do.
            self._receive(self.contact, "On its way", sms_numbers=["+34600112233"])
            self._receive(activity, "By a colleague", author=self.salesman.partner_id)
        self.assertFalse(self._get_received())

    def test_nobody_but_the_provider_says_what_was_received(self):
        activity = self._send()
        activity.with_user(self.salesman).message_post(
            body="Yes", message_type="sms", author_id=self.contact.id
        )
        self.assertFalse(self._get_received())
