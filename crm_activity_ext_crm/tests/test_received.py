# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mails that make or reach a lead are incoming emails, where the settings say so."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.crm_activity_ext.tests.test_answer import AnswerCase


@tagged("post_install", "-at_install")
class TestReceivedOnLeads(AnswerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.team"].create({"name": "Sales", "alias_name": "desks"})
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Desks",
                "partner_id": cls.contact.id,
                "campaign_id": cls.campaign.id,
                "user_id": cls.salesman.id,
            }
        )

    def _record_received(self, recorded=True):
        """As an administrator does."""
        form = Form(self.env["res.config.settings"])
        form.crm_record_received_messages = recorded
        form.save().execute()

    def test_a_mail_that_makes_a_lead_is_one_incoming_email_of_it(self):
        self._record_received()
        for _twice in range(2):
            self._receive(to="desks@odoo.example.com")
        lead = self.env["crm.lead"].search([("team_id", "=", self.team.id)])
        received = self._get_received()
        self.assertRecordValues(
            received,
            [
                {
                    "name": "Forty desks",
                    "channel": "email_in",
                    "state": "done",
                    "lead_id": lead.id,
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "answer_to_id": False,
                }
            ],
        )
        self.assertEqual(received.answer_message_id.res_id, lead.id)
        self.assertIn("forty desks", received.answer_body)

    def test_who_nobody_knows_yet_is_known_by_the_lead(self):
        self._record_received()
        self._receive(to="desks@odoo.example.com", From="Nora <nora@example.org>")
        received = self._get_received()
        self.assertIn("nora@example.org", received.lead_id.email_from)
        self.assertEqual(received.partner_id, received.lead_id.partner_id.commercial_partner_id)

    def test_a_mail_to_two_teams_is_one_incoming_email(self):
        self._record_received()
        self.env["crm.team"].create({"name": "Service", "alias_name": "service"})
        self._receive(to="desks@odoo.example.com, service@odoo.example.com")
        self.assertEqual(len(self._get_received()), 1)

    def test_an_answer_in_the_chatter_of_a_lead_is_a_response_in_its_campaign(self):
        self._record_received()
        asked = self._write_from_chatter(self.lead)
        self._receive(In_Reply_To=asked)
        self.assertRecordValues(
            self._get_received(),
            [
                {
                    "lead_id": self.lead.id,
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "campaign_id": self.campaign.id,
                    "user_id": self.salesman.id,
                }
            ],
        )
        lead = self.lead.with_context(crm_campaign_id=self.campaign.id)
        self.assertTrue(lead.crm_campaign_responded)

    def test_by_default_mails_to_leads_are_not_recorded(self):
        self._receive(to="desks@odoo.example.com")
        self._receive("<2@example.com>", In_Reply_To=self._write_from_chatter(self.lead))
        self.assertFalse(self._get_received())
        self._record_received()
        self._record_received(False)
        self._receive("<3@example.com>", to="desks@odoo.example.com")
        self.assertFalse(self._get_received())

    def test_a_merged_lead_brings_its_mail_and_the_text_along(self):
        self._record_received()
        self._receive(to="desks@odoo.example.com")
        received = self._get_received()
        newer = received.lead_id
        file = self.env["ir.attachment"].create(
            {"name": "plan.txt", "raw": b"1", "res_model": "crm.lead", "res_id": newer.id}
        )
        received.answer_message_id.attachment_ids = file
        self.lead.priority = "3"
        left = (self.lead | newer).with_user(self.manager).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual((self.lead | newer).exists().ids, self.lead.ids)
        self.assertEqual(received.lead_id.id, left.id)
        self.assertIn("forty desks", received.answer_body)
        self.assertEqual(received.answer_message_id.res_id, left.id)
        self.assertEqual(received.answer_message_id.attachment_ids, file.exists())
        self.assertEqual((file.name, file.res_id), ("plan.txt (from Forty desks)", left.id))
        with self.assertRaises(UserError):
            file.with_user(self.manager).unlink()

    def test_an_answer_is_on_the_lead_that_is_left_after_a_merge(self):
        activity, mail = self._send(lead_id=self.lead.id)
        other = self.lead.create({"name": "Chairs", "partner_id": self.contact.id, "priority": "3"})
        left = (self.lead | other).merge_opportunity()
        self._answer(mail)
        answer = self._get_answers()
        self.assertEqual((answer.lead_id, answer.answer_to_id), (left, activity))

    def test_only_administrators_say_what_is_recorded(self):
        employee = new_test_user(self.env, "una", "sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(employee).create({})

    def test_a_mail_costs_a_dozen_queries_more_than_odoos_own(self):
        asked = self._write_from_chatter(self.lead)

        def count(message_id):
            self.env.flush_all()
            before = self.cr.sql_log_count
            self._receive(message_id, In_Reply_To=asked)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count("<1@example.com>")
        alone = count("<2@example.com>")
        self._record_received()
        count("<3@example.com>")
        self.assertLessEqual(count("<4@example.com>"), alone + 12)
        self.assertEqual(len(self._get_received()), 2)
