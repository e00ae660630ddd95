# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people outside answer to an activity is an activity as well."""

from ast import literal_eval
from io import BytesIO
from unittest.mock import patch

from lxml import etree
from openpyxl import load_workbook
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import crm_activity_answer_mixin
from ..models.crm_activity_answer_mixin import RECORD_RECEIVED, CrmActivityAnswerMixin
from ..models.crm_activity_gate_mixin import CrmActivityGateMixin
from .smtp import smtp_server
from .test_outbox import OutboxCase

# What a calendar program answers to an invitation.
CALENDAR_REPLY = """From: olga@example.com
To: {mail[Reply-To]}
Subject: Accepted: Our offer
Message-Id: <accepted@example.com>
In-Reply-To: {mail[Message-Id]}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain

Olga has accepted.
--b
Content-Type: text/calendar; method=REPLY; charset="UTF-8"

BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:desks@odoo.example.com
DTSTART:20310520T100000Z
ATTENDEE;PARTSTAT=ACCEPTED:mailto:olga@example.com
END:VEVENT
END:VCALENDAR
--b--
"""


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

    def _answer(
        self,
        mail,
        message_id="<answer@example.com>",
        headers="",
        sender="olga",
        text="Yes, please.",
    ):
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

{text}
""",
            )
        self.env.invalidate_all()

    def _receive(self, message_id="<new@example.com>", to="reply@odoo.example.com", **headers):
        """Let a mail come in that answers no activity; a header is ``In_Reply_To="<…>"``."""
        headers = {
            "From": "olga@example.com",
            "To": to,
            "Subject": "Forty desks",
            "Date": "Mon, 03 Feb 2025 10:00:00 +0000",
            "Message-Id": message_id,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(
                False, f"{lines}\nContent-Type: text/plain\n\nHow much for forty desks?\n"
            )
        self.env.invalidate_all()

    def _record_received(self, recorded=True):
        """Turn the setting on: it is off by default."""
        self.env["ir.config_parameter"].sudo().set_param(RECORD_RECEIVED, recorded)

    def _write_from_chatter(self, record):
        """:return: ``Message-Id`` of a message of a colleague that somebody outside may answer"""
        author = self.salesman_all.partner_id
        message = record.sudo().message_post(
            author_id=author.id, body="Can we help?", subtype_xmlid="mail.mt_comment"
        )
        return message.message_id

    def _get_answers(self):
        return self.env["crm.activity"].search([("origin", "=", "answer")])

    def _get_received(self):
        return self.env["crm.activity"].search([("origin", "=", "message")])


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

    def test_an_answer_to_what_is_over_is_recorded_all_the_same(self):
        """In an archived campaign, and of a responsible who is gone."""
        activity, mail = self._send(user_id=self.salesman.id)
        self.campaign.sudo().active = False
        self._answer(mail)
        answer = self._get_answers()
        self.assertEqual((answer.campaign_id, answer.user_id), (self.campaign, self.salesman))
        self.salesman.sudo().active = False
        self._answer(mail, "<second@example.com>")
        self.assertEqual((self._get_answers() - answer).answer_to_id, activity)

    def test_an_answer_is_of_who_is_left_after_a_merge(self):
        activity, mail = self._send()
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        merge._merge((self.contact | self.contact_2).ids, self.contact_2)
        merge._merge((self.customer | self.other_customer).ids, self.other_customer)
        self._answer(mail)
        answer = self._get_answers()
        self.assertEqual(answer.answer_to_id, activity)
        self.assertEqual(
            (answer.partner_id, answer.contact_id), (self.other_customer, self.contact_2)
        )

    def test_what_answers_something_that_was_deleted_is_no_answer(self):
        draft = self._create_email()
        asked = self._write_from_chatter(draft)
        draft.sudo().unlink()
        self._receive(to=f"catchall@{self.env.company.alias_domain_id.name}", In_Reply_To=asked)
        self.assertFalse(self._get_answers() | self._get_received())

    def test_an_answer_belongs_to_the_company_of_what_it_answers(self):
        activity, mail = self._send()
        self.salesman.company_ids += self.company_b
        (self.customer | self.contact).company_id = self.company_b
        self._answer(mail)
        answer = self._get_answers()
        self.assertEqual((activity | answer).company_id, self.company_b)
        own = self.env["crm.activity"].with_user(self.salesman)
        found = [("id", "=", answer.id)]
        elsewhere = own.with_context(allowed_company_ids=self.company_a.ids)
        here = own.with_context(allowed_company_ids=self.company_b.ids)
        self.assertEqual((elsewhere.search(found), here.search(found)), (answer.browse(), answer))

    def test_who_has_a_portal_account_answers_and_reads_nothing_of_ours(self):
        portal = new_test_user(
            self.env, "pia.portal", "base.group_portal", email=self.contact.email
        )
        portal.partner_id.parent_id = self.customer
        activity, mail = self._send()
        self._answer(mail)
        answer = self._get_answers()
        self.assertEqual(answer.contact_id, self.contact)
        self.assertFalse(answer.message_partner_ids & portal.partner_id)
        for name, model in self.env.items():
            if not name.startswith("crm.activity") or model._abstract or model._transient:
                continue
            with self.subTest(name):
                self.assertFalse(model.with_user(portal).has_access("read"))

    def test_nobody_rewrites_what_a_customer_has_answered(self):
        """Odoo lets authors do that, a portal account as well, and whoever was told of it."""
        portal = new_test_user(self.env, "pia.portal", "base.group_portal", email="pia@example.com")
        self.customer.write({"child_ids": [Command.link(portal.partner_id.id)]})
        _activity, mail = self._send()
        self._answer(mail, sender="pia")
        message = self._get_answers().answer_message_id
        self.assertEqual(message.author_id, portal.partner_id)
        for user in (portal, self.salesman, self.manager):
            with self.subTest(user.name):
                theirs = message.with_user(user)
                for values in (
                    {"attachment_ids": [Command.clear()]},
                    {"author_id": self.contact.id},
                    {"body": "No."},
                    {"message_type": "comment"},
                    {"subject": "No"},
                    {"subtype_id": False},
                ):
                    with self.assertRaisesRegex(UserError, "Delete or anonymize the activity"):
                        theirs.write(values)
                with self.assertRaises(UserError):
                    theirs.unlink()
        message.with_user(self.salesman).toggle_message_starred()
        self.assertTrue(message.with_user(self.salesman).starred)
        self.assertIn("Yes, please.", message.body)

    def test_what_was_answered_is_not_edited_as_a_comment(self):
        """Odoo asks no more than the kind of a message, and edits comments as superuser."""
        activity, mail = self._send()
        self._answer(mail)
        message = self._get_answers().answer_message_id.with_user(self.manager).sudo()
        message.message_type = "comment"
        thread = activity.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "what a customer has sent"):
            thread._message_update_content(message, body="No.")
        self.assertIn("Yes, please.", message.body)

    def test_nobody_changes_the_files_of_an_answer(self):
        activity, mail = self._send()
        self._answer(mail)
        answer = self._get_answers()
        file, other = self.env["ir.attachment"].create(
            [
                {"name": name, "raw": b"1", "res_model": "crm.activity", "res_id": activity.id}
                for name in ("plan.txt", "ours.txt")
            ]
        )
        answer.answer_message_id.sudo().attachment_ids = file
        theirs = file.with_user(self.manager)
        for name in ("datas", "db_datas", "raw", "type", "url"):
            with self.assertRaisesRegex(UserError, "what a customer has sent"):
                theirs.write({name: False})
        for delete in (theirs.unlink, theirs.sudo()._delete_and_notify):
            with self.assertRaisesRegex(UserError, "what a customer has sent"):
                delete()
        self.assertEqual(file.raw, b"1")
        # A merge of leads renames and moves them, as its user.
        theirs.write({"name": "plan (from Oak line).txt", "res_id": answer.id})
        with self.assertRaises(UserError):
            theirs.unlink()
        self.env["crm.activity"].sudo()._anonymize_for(self.customer)
        self.assertFalse(file.exists())

    def test_nobody_makes_an_answer_by_making_up_ids_of_messages(self):
        activity, mail = self._send()
        sent = mail["Message-Id"]
        # The id of a message that is there already: Odoo takes it for the same one.
        self._answer(mail, sent)
        self.assertFalse(self._get_answers())
        to = f"catchall@{self.env.company.alias_domain_id.name}"
        for i, made_up in enumerate(
            (
                f"<123.456-openerp-{activity.id}-crm.activity@localhost>",
                f"<{activity.mail_message_id.id}@localhost>",
                sent.replace("openerp", "0penerp"),
                "%",
                "<%>",
            )
        ):
            with self.subTest(made_up):
                self._receive(f"<forged-{i}@example.com>", to=to, In_Reply_To=made_up)
                self.assertFalse(self._get_answers())

    def test_an_answer_without_an_id_or_with_a_long_one_is_one(self):
        activity, mail = self._send()
        for number, message_id in enumerate(("", f"<{'long' * 500}@example.com>"), 1):
            self._answer(mail, message_id)
            self.assertEqual(len(self._get_answers()), number)
        self._answer(mail, message_id)
        self.assertEqual(activity.answer_count, 2)

    def test_who_accepts_by_their_calendar_has_answered(self):
        """It is a person who clicks on Yes; the program has no words for it."""
        _activity, mail = self._send()
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(False, CALENDAR_REPLY.format(mail=mail))
        self.env.invalidate_all()
        answer = self._get_answers()
        self.assertEqual((answer.name, answer.contact_id), ("Accepted: Our offer", self.contact))

    def test_who_hides_their_address_answers_and_what_has_no_sender_stays_in_the_chatter(self):
        activity, mail = self._send()
        for i, (sender, is_answer) in enumerate((("undisclosed", True), ("", False))):
            with self.subTest(sender=sender), mute_logger("odoo.addons.mail.models.mail_thread"):
                before = self._get_answers()
                self.env["mail.thread"].message_process(
                    False,
                    f"From: {sender}\nTo: {mail['Reply-To']}\nSubject: Re: {mail['Subject']}\n"
                    f"Message-Id: <nobody-{i}@example.com>\nIn-Reply-To: {mail['Message-Id']}\n"
                    "Content-Type: text/plain\n\nYes\n",
                )
                self.env.invalidate_all()
                kept = activity.message_ids.mapped("message_id")
                self.assertIn(f"<nobody-{i}@example.com>", kept)
                self.assertEqual(len(self._get_answers() - before), int(is_answer))

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

    def test_the_rate_stands_beside_the_share_that_was_reached(self):
        _activity, mail = self._send()
        self._create_activity(
            partner_id=self.other_customer.id, campaign_id=self.campaign.id, state="done"
        )
        self._answer(mail)
        everybody = self.customer | self.other_customer
        self.campaign.audience_domain = str([("id", "in", everybody.ids)])
        [row] = self.campaign.with_user(self.salesman_all).get_crm_figures(
            ["audience_reached_share", "crm_responded_count", "audience_responded_share"]
        )
        self.assertEqual(row["audience_reached_share"], 100)
        self.assertEqual((row["crm_responded_count"], row["audience_responded_share"]), (1, 50))

    def _get_filter(self, action, name):
        """:return: a filter of the search view that a window action opens with"""
        model = self.env[action["res_model"]].with_user(self.salesman_all)
        arch = model.get_view(action["search_view_id"][0], "search")["arch"]
        [node] = etree.fromstring(arch).xpath(f"//filter[@name='{name}']")
        return node

    def test_the_pivot_of_a_campaign_tells_who_has_responded(self):
        _activity, mail = self._send()
        for _number in range(2):
            self._create_activity(
                partner_id=self.other_customer.id, campaign_id=self.campaign.id, state="done"
            )
        self._answer(mail)
        self._answer(mail, "<second@example.com>")
        action = self.campaign.action_view_crm_activities()
        context = literal_eval(self._get_filter(action, "pivot_by_response").get("context"))
        measures = [name for name in context["pivot_measures"] if name != "__count"]
        Activity = self.env["crm.activity"].with_user(self.salesman_all)
        offered = Activity.fields_get(measures, ["aggregator", "type"])
        self.assertEqual(offered, dict.fromkeys(measures, {"aggregator": "sum", "type": "integer"}))

        def read(groupby):
            rows = Activity.formatted_read_group(
                action["domain"], groupby, [f"{name}:sum" for name in measures]
            )
            return [
                (row["reached_count:sum"], row["responded_count:sum"], row.get("target_ref"))
                for row in rows
            ]

        rows = {
            name: (reached, responded) for reached, responded, (_ref, name) in read(["target_ref"])
        }
        self.assertEqual(rows, {self.customer.name: (1, 1), self.other_customer.name: (1, 0)})
        # The total has each customer once.
        self.assertEqual(read([]), [(2, 1, None)])

    def test_the_pivot_counts_what_its_reader_may_see(self):
        _activity, mail = self._send(user_id=self.salesman.id)
        self._answer(mail)
        self._get_answers().sudo().user_id = self.salesman_all

        def count(user):
            Activity = self.env["crm.activity"].with_user(user)
            domain = [("campaign_id", "=", self.campaign.id)]
            return Activity._read_group(domain, [], ["responded_count:sum"])[0][0]

        self.assertEqual((count(self.salesman), count(self.salesman_all)), (0, 1))

    def test_responses_are_found(self):
        activity, mail = self._send()
        self._answer(mail)
        answer = self._get_answers()
        both = Domain("id", "in", (activity | answer).ids)
        for is_response, found in ((True, answer), (False, activity)):
            domain = both & Domain("is_response", "=", is_response)
            self.assertEqual(self.env["crm.activity"].search(domain), found)
        self.assertEqual((activity | answer).mapped("is_response"), [False, True])

    def test_a_new_activity_is_made_for_exactly_those_who_have_not_responded(self):
        for customer in (self.customer, self.other_customer):
            self._create_activity(
                partner_id=customer.id, campaign_id=self.campaign.id, state="done"
            )
        _activity, mail = self._send()
        self._answer(mail)
        everybody = self.customer | self.other_customer
        self.campaign.audience_domain = str([("id", "in", everybody.ids)])
        action = self.campaign.with_user(self.salesman_all).action_view_crm_customers()
        no_answer = literal_eval(self._get_filter(action, "crm_not_responded").get("domain"))
        Partner = self.env["res.partner"].with_user(self.salesman_all)
        found = Partner.with_context(**action["context"]).search(
            Domain(action["domain"]) & Domain(no_answer)
        )
        self.assertEqual(found, self.other_customer)
        dialog = found.action_new_crm_activity()
        form = Form(
            self.env["crm.activity"].with_user(self.salesman_all).with_context(**dialog["context"]),
            view=dialog["views"][0][0],
        )
        form.activity_type_id = self.type_call
        self.assertRecordValues(
            form.save(),
            [{"partner_id": self.other_customer.id, "campaign_id": self.campaign.id}],
        )

    def test_an_answer_is_found_by_its_words(self):
        activity, mail = self._send(user_id=self.salesman.id)
        self._answer(mail, text="Twelve walnut chairs, please.")
        answer = self._get_answers()
        colleague = new_test_user(self.env, "una", "sales_team.group_sale_salesman")
        self.env.flush_all()
        for user, found in (
            (self.salesman, answer),
            (self.manager, answer),
            (colleague, answer.browse()),
        ):
            with self.subTest(user.name):
                Activity = self.env["crm.activity"].with_user(user)
                self.assertEqual(Activity.search([("words_search", "ilike", "WALNUT")]), found)
        self.assertFalse(self.Activity.search([("words_search", "ilike", "oaken chairs")]))
        # What was sent is found by its own text alone.
        found = self.Activity.search([("words_search", "ilike", "Dear Olga")])
        self.assertEqual(found, activity)

    def test_many_answers_with_the_same_words_are_found_all(self):
        _activity, mail = self._send()
        for number in range(3):
            self._answer(mail, f"<{number}@example.com>", text="Twelve walnut chairs, please.")
        with patch.object(crm_activity_answer_mixin, "MAX_TARGETS", 2):
            found = self.Activity.search([("words_search", "ilike", "walnut")])
        self.assertEqual(found.sudo(), self._get_answers())

    def test_the_history_shows_the_first_line_of_an_answer(self):
        _activity, mail = self._send()
        self._answer(mail, text="\nYes, please.\nBest regards")
        history = self.env["crm.activity.history"].with_user(self.salesman)
        answer = self._get_answers()
        row = history.search([("res_model", "=", "crm.activity"), ("res_id", "=", answer.id)])
        self.assertEqual(row.text, "Yes, please.")
        answer.sudo().body = "<p>They want fifty.</p>"
        self.env.invalidate_all()
        self.assertEqual(row.text, "They want fifty.")

    def test_the_workbook_has_the_words_of_an_answer_and_the_rate_of_each_campaign(self):
        _activity, mail = self._send()
        self._answer(mail)
        self._get_answers().sudo().body = "<p>Fifty of them.</p>"
        for state in ("done", "pending"):
            self._create_activity(
                partner_id=self.other_customer.id, campaign_id=self.campaign.id, state=state
            )
        self.env.flush_all()
        Activity = self.env["crm.activity"].with_user(self.salesman_all)
        domain = [("campaign_id", "=", self.campaign.id)]
        file = BytesIO()
        Activity._export_workbook(file, Activity._iter_export_rows(domain, None), domain, [])
        book = load_workbook(file)
        header, *rows = book["Activities"].iter_rows(values_only=True)
        texts = [row[header.index("Text")] for row in rows]
        [text] = [text for text in texts if text and "Yes" in text]
        self.assertEqual(text.split(), ["Fifty", "of", "them.", "Yes,", "please."])
        header, spring, total = book["Campaigns"].iter_rows()
        self.assertEqual(
            [cell.value for cell in header[-3:]], ["Reached", "Responded", "Response Rate"]
        )
        for row in (spring, total):
            self.assertEqual([cell.value for cell in row[-3:]], [2, 1, 0.5])
            self.assertEqual(row[-1].number_format, "0%")

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


@tagged("post_install", "-at_install")
class TestReceived(AnswerCase):
    """A mail that answers no activity, in the chatter of a customer or contact."""

    def test_by_default_it_stays_in_the_chatter(self):
        self._receive(In_Reply_To=self._write_from_chatter(self.customer))
        self.assertIn("forty desks", str(self.customer.message_ids.mapped("body")))
        self.assertFalse(self._get_received())

    def test_an_answer_in_the_chatter_of_a_customer_is_an_incoming_email_by_a_setting(self):
        self._record_received()
        self.customer.user_id = self.salesman
        self._receive(In_Reply_To=self._write_from_chatter(self.customer))
        received = self._get_received()
        self.assertRecordValues(
            received,
            [
                {
                    "name": "Forty desks",
                    "channel": "email_in",
                    "state": "done",
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "campaign_id": False,
                    "user_id": self.salesman.id,
                    "answer_to_id": False,
                    "body": False,
                }
            ],
        )
        self.assertEqual(str(received.date_done), "2025-02-03 10:00:00")
        theirs = received.with_user(self.salesman)
        self.assertIn("forty desks", theirs.answer_body)
        self.assertEqual(theirs.answer_message_id.sudo().res_id, self.customer.id)
        found = self.Activity.search([("words_search", "ilike", "how much for forty")])
        self.assertEqual(found, received)
        self._record_received(False)
        self._receive("<later@example.com>", In_Reply_To=self._write_from_chatter(self.customer))
        self.assertEqual(self._get_received(), received)

    def test_in_the_chatter_of_a_contact_it_is_of_that_contact(self):
        self._record_received()
        self._receive(
            In_Reply_To=self._write_from_chatter(self.contact), From="Bo <bo@example.org>"
        )
        received = self._get_received()
        self.assertEqual((received.partner_id, received.contact_id), (self.customer, self.contact))
        self.assertEqual(received.user_id, self.env.ref("base.user_root"))

    def test_a_mail_to_the_alias_of_a_customer_is_one(self):
        self._record_received()
        self.env["mail.alias"].create(
            {
                "alias_name": "oak",
                "alias_domain_id": self.env.company.alias_domain_id.id,
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_force_thread_id": self.customer.id,
            }
        )
        self._receive(to="oak@odoo.example.com")
        self.assertEqual(self._get_received().partner_id, self.customer)
        self._receive(to="oak@odoo.example.com")
        self.assertEqual(len(self._get_received()), 1)

    def test_neither_programs_nor_colleagues_are_recorded(self):
        self._record_received()
        asked = self._write_from_chatter(self.customer)
        self._receive("<1@example.com>", In_Reply_To=asked, Auto_Submitted="auto-replied")
        self._receive("<2@example.com>", In_Reply_To=asked, From="sam@example.com")
        self.assertFalse(self._get_received())

    def test_an_answer_to_an_activity_is_an_answer_whatever_the_setting_says(self):
        self._record_received()
        _activity, mail = self._send()
        self._answer(mail)
        self.assertEqual(len(self._get_answers()), 1)
        self.assertFalse(self._get_received())

    def test_who_is_anonymized_is_forgotten_here_and_the_chatter_of_the_customer_stays(self):
        self._record_received()
        self._receive(In_Reply_To=self._write_from_chatter(self.customer))
        received = self._get_received()
        message = received.answer_message_id
        self.env["crm.activity"].sudo()._anonymize_for(self.customer)
        self.assertFalse(received.answer_message_id)
        self.assertFalse(received.answer_body)
        self.assertIn("forty desks", message.body)
        message.with_user(self.manager).subject = "It is free again"

    def test_nobody_says_by_the_api_what_was_received(self):
        self._record_received()
        self._receive(In_Reply_To=self._write_from_chatter(self.customer))
        message = self._get_received().answer_message_id
        mine = self._create_activity(user_id=self.salesman.id).with_user(self.salesman)
        for values in ({"answer_message_id": message.id}, {"origin": "message"}):
            with self.assertRaises(AccessError):
                mine.write(values)


@tagged("post_install", "-at_install")
class TestManyAnswers(AnswerCase):
    """What comes in at once after a mailing, through a real mail server."""

    mails, automatic, doubles = 50, 6, 2

    def test_each_answer_is_recorded_once_and_none_is_lost(self):
        contacts = self.env["res.partner"].create(
            [
                {"name": f"Person {n}", "email": f"p{n}@example.com", "parent_id": self.customer.id}
                for n in range(self.mails)
            ]
        )
        self.Activity.create(
            [
                {
                    "name": "Our offer",
                    "activity_type_id": self.type_email.id,
                    "contact_id": contact.id,
                    "campaign_id": self.campaign.id,
                    "body": "<p>Here it is.</p>",
                    "state": "pending",
                }
                for contact in contacts
            ]
        )
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        senders = {mail["To"].addresses[0].username: mail for mail in mailbox.messages}
        senders = {f"p{n}": senders[f"p{n}"] for n in range(self.mails)}
        for number, (sender, mail) in enumerate(senders.items()):
            self._answer(mail, f"<answer-{number}@example.com>", sender=sender)
            if number < self.automatic:
                header = "Auto-Submitted: auto-replied\n"
                self._answer(mail, f"<away-{number}@example.com>", header, sender=sender)
            if number < self.doubles:
                self._answer(mail, f"<answer-{number}@example.com>", sender=sender)
        answers = self._get_answers()
        self.assertEqual(len(answers), self.mails)
        self.assertEqual(len(answers.answer_to_id), self.mails)
        self.assertEqual(answers.contact_id, contacts)
        self.assertEqual(answers.campaign_id, self.campaign)
