# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people outside answer to an activity is an activity as well."""

from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.crm_activity_answer_mixin import CrmActivityAnswerMixin
from ..models.crm_activity_gate_mixin import CrmActivityGateMixin
from .smtp import smtp_server
from .test_outbox import OutboxCase


class AnswerCase(OutboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "odoo.example.com"})
        cls.env.company.alias_domain_id = domain

    def _send(self, **values):
        """:return: ``(activity, its mail as the server got it)``"""
        activity = self._create_email(campaign_id=self.campaign.id, state="pending", **values)
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        # Among what Odoo has to tell others meanwhile.
        [mail] = [mail for mail in mailbox.messages if "olga@" in mail["To"]]
        return activity, mail

    def _answer(self, mail, message_id="<answer@example.com>", headers="", sender="olga"):
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(
                False,
                f"""From: {sender}@example.com
To: {mail["Reply-To"]}
Subject: Re: {mail["Subject"]}
Date: Mon, 03 Feb 2025 10:00:00 +0000
Message-Id: {message_id}
In-Reply-To: {mail["Message-Id"]}
References: {mail["Message-Id"]}
{headers}Content-Type: text/plain

Yes, please.
""",
            )
        self.env.invalidate_all()

    def _get_answers(self):
        return self.env["crm.activity"].search([("origin", "=", "answer")])


@tagged("post_install", "-at_install")
class TestAnswer(AnswerCase):
    def test_an_answer_is_an_incoming_email_that_was_done(self):
        activity, mail = self._send()
        self._answer(mail)
        answer = self._get_answers()
        self.assertRecordValues(
            answer,
            [
                {
                    "name": "Re: Our offer",
                    "channel": "email_in",
                    "state": "done",
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "campaign_id": self.campaign.id,
                    "company_id": activity.company_id.id,
                    "user_id": self.salesman.id,
                    "answer_to_id": activity.id,
                    "body": False,
                }
            ],
        )
        self.assertEqual(str(answer.date_done), "2025-02-03 10:00:00")
        theirs = answer.with_user(self.salesman)
        self.assertIn("Yes, please.", theirs.answer_body)
        self.assertEqual(theirs.answer_message_id.sudo().res_id, activity.id)
        self.assertEqual(activity.answer_count, 1)
        self.assertEqual(self.Activity.search(activity.action_view_answers()["domain"]), theirs)
        self.assertEqual(theirs.action_open_answered()["res_id"], activity.id)

    def test_the_same_message_twice_is_one_answer_and_another_a_second(self):
        activity, mail = self._send()
        self._answer(mail)
        self._answer(mail)
        self.assertEqual(len(self._get_answers()), 1)
        self._answer(mail, "<second@example.com>")
        self.assertEqual(activity.answer_count, 2)

    def test_what_a_program_sends_by_itself_is_no_answer(self):
        _activity, mail = self._send()
        for i, header in enumerate(
            (
                "Auto-Submitted: auto-replied",
                "Auto-Submitted: auto-generated; owner=x",
                "X-Auto-Response-Suppress: All",
                "Precedence: bulk",
                "Precedence: AUTO_REPLY",
                "X-Autoreply: yes",
            )
        ):
            with self.subTest(header):
                self._answer(mail, f"<automatic-{i}@example.com>", f"{header}\n")
                self.assertFalse(self._get_answers())
        self._answer(mail, headers="Auto-Submitted: no\nPrecedence: first-class\n")
        self.assertEqual(len(self._get_answers()), 1)

    def test_a_colleague_does_not_answer_and_somebody_unknown_does(self):
        _activity, mail = self._send()
        self._answer(mail, "<colleague@example.com>", sender="sam")
        self.assertFalse(self._get_answers())
        self._answer(mail, "<unknown@example.com>", sender="olgas.other.address")
        self.assertEqual(self._get_answers().contact_id, self.contact)

    def test_who_has_left_the_customer_meanwhile_answers_as_they_were_asked(self):
        _activity, mail = self._send()
        self.contact.parent_id = self.other_customer
        self._answer(mail)
        answer = self._get_answers()
        self.assertEqual((answer.partner_id, answer.contact_id), (self.customer, self.contact))

    def test_an_answer_that_cannot_be_recorded_stays_in_the_chatter(self):
        activity, mail = self._send()

        def fail(_self, _message):
            self.env.cr.execute("SELECT 1 / 0")

        with (
            patch.object(CrmActivityAnswerMixin, "_record_answer", fail),
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.addons.crm_activity_ext.tools.apart", "ERROR"),
        ):
            self._answer(mail)
        self.assertFalse(self._get_answers())
        self.assertIn("Yes, please.", str(activity.sudo().message_ids.mapped("body")))

    def test_what_odoo_tries_again_is_not_held_up(self):
        _activity, mail = self._send()
        with (
            patch.object(
                CrmActivityAnswerMixin, "_record_answer", side_effect=SerializationFailure
            ),
            self.assertRaises(SerializationFailure),
        ):
            self._answer(mail)

    def test_without_crm_an_answer_stays_in_the_chatter(self):
        activity, mail = self._send()
        with patch.object(CrmActivityGateMixin, "_is_crm_installed", lambda self: False):
            self._answer(mail)
        self.assertFalse(self._get_answers())
        self.assertIn("Yes, please.", str(activity.sudo().message_ids.mapped("body")))

    def test_without_a_type_of_incoming_emails_an_answer_stays_in_the_chatter(self):
        _activity, mail = self._send()
        types = self.env["mail.activity.type"].search([("crm_channel", "=", "email_in")])
        types.active = False
        self._answer(mail)
        self.assertFalse(self._get_answers())
        other = self.env["mail.activity.type"].create({"name": "In", "crm_channel": "email_in"})
        self._answer(mail, "<second@example.com>")
        self.assertEqual(self._get_answers().activity_type_id, other)

    def test_an_answer_takes_a_dozen_queries_more_than_odoos_own(self):
        _activity, mail = self._send()

        def count_queries(message_id):
            self.env.flush_all()
            before = self.cr.sql_log_count
            self._answer(mail, message_id)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count_queries("<first@example.com>")  # what is asked once and remembered
        with patch.object(CrmActivityGateMixin, "_is_crm_installed", lambda self: False):
            alone = count_queries("<alone@example.com>")
        self.assertLessEqual(count_queries("<ours@example.com>"), alone + 12)

    def test_who_has_responded_is_told_in_the_campaign(self):
        _activity, mail = self._send()
        self._create_activity(partner_id=self.other_customer.id, campaign_id=self.campaign.id)
        self._answer(mail)
        Partner = self.env["res.partner"].with_user(self.salesman)
        everybody = self.customer | self.other_customer | self.contact
        here = Domain("id", "in", everybody.ids)
        of_campaign = Partner.with_context(crm_campaign_id=self.campaign.id)
        responded = of_campaign.search(here & Domain("crm_campaign_responded", "=", True))
        self.assertEqual(responded, self.customer | self.contact)
        self.assertEqual(
            of_campaign.search(here & Domain("crm_campaign_responded", "=", False)),
            self.other_customer,
        )
        self.assertEqual(
            [p.crm_campaign_responded for p in everybody.with_env(of_campaign.env)],
            [True, False, True],
        )
        self.assertFalse(Partner.search([("crm_campaign_responded", "=", True)]))
        self.campaign.audience_domain = str(list(here))
        campaign = self.campaign.with_user(self.salesman)
        self.assertEqual(campaign.crm_responded_count, 1)
        parts = campaign.crm_activity_progress["parts"]
        shown = {part["label"]: (part["responded"], part["total"]) for part in parts}
        self.assertEqual(shown["Customers"], (1, 2))
        self.assertEqual(shown["Customer Contacts"][0], 1)

    def test_who_may_not_read_the_answer_is_not_told_of_it(self):
        _activity, mail = self._send(user_id=self.salesman.id)
        self._answer(mail)
        self._get_answers().sudo().user_id = self.salesman_all
        Partner = self.env["res.partner"].with_context(crm_campaign_id=self.campaign.id)
        responded = [("crm_campaign_responded", "=", True)]
        self.assertFalse(Partner.with_user(self.salesman).search(responded))
        self.assertTrue(Partner.with_user(self.manager).search(responded))
        self.campaign.audience_domain = str([("id", "in", self.customer.ids)])
        self.assertEqual(self.campaign.with_user(self.salesman).crm_responded_count, 0)
        self.assertEqual(self.campaign.with_user(self.manager).crm_responded_count, 1)

    def test_who_is_anonymized_is_forgotten_in_answers_too(self):
        _activity, mail = self._send()
        self._answer(mail)
        answer = self._get_answers()
        message = answer.answer_message_id
        self.env["crm.activity"].sudo()._anonymize_for(self.customer)
        self.assertFalse(message.exists())
        self.assertFalse(answer.answer_body)
        self.assertEqual(answer.name, "Anonymized")

    def test_an_answer_keeps_its_text_and_files_when_what_it_answers_is_deleted(self):
        activity, mail = self._send()
        self._answer(mail)
        answer = self._get_answers()
        file = self.env["ir.attachment"].create(
            {"name": "plan.txt", "raw": b"1", "res_model": "crm.activity", "res_id": activity.id}
        )
        answer.answer_message_id.sudo().attachment_ids = file
        activity.sudo().write({"mail_message_id": False, "state": "cancelled", "has_left": False})
        activity.sudo().unlink()
        self.env.invalidate_all()
        self.assertIn("Yes, please.", answer.answer_body)
        self.assertFalse(answer.answer_to_id)
        self.assertEqual(answer.answer_message_id.sudo().attachment_ids, file.exists())
        self.assertEqual(file.exists().res_id, answer.id)
