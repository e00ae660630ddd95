# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase
from odoo.addons.crm_activity_ext.tests.test_search import SPELLINGS


@tagged("post_install", "-at_install")
class TestSearchLeadByPhone(CrmActivityCase):
    def test_a_number_finds_what_is_for_a_lead(self):
        lead = self.env["crm.lead"].create(
            {"name": "Forty desks", "phone": "0034 600.11.22.33", "user_id": self.salesman.id}
        )
        activity = self._create_activity(
            partner_id=False, lead_id=lead.id, user_id=self.salesman.id
        )
        self.env.flush_all()
        Activity, History = (
            self.env[name].with_user(self.salesman)
            for name in ("crm.activity", "crm.activity.history")
        )
        for spelling in SPELLINGS:
            with self.subTest(spelling):
                domain = [("phone_search", "ilike", spelling)]
                self.assertEqual(Activity.search(domain), activity)
                rows = History.search(domain)
                self.assertEqual(
                    {(row.res_model, row.res_id) for row in rows},
                    {("crm.activity", activity.id), ("crm.lead", lead.id)},
                )

    def test_who_may_not_read_the_lead_learns_nothing_by_its_number(self):
        lead = self.env["crm.lead"].create(
            {"name": "Secret", "phone": "+34600112233", "user_id": self.salesman_all.id}
        )
        activity = self._create_activity(lead_id=lead.id, user_id=self.salesman.id)
        domain = [("id", "=", activity.id), ("phone_search", "ilike", "600112233")]
        self.assertFalse(self.Activity.with_user(self.salesman).search(domain))
        self.assertEqual(self.Activity.with_user(self.salesman_all).search(domain), activity)

    def test_a_lead_is_found_by_its_name_its_company_its_person_and_its_address(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Forty desks",
                "partner_name": "Birch Ltd",
                "contact_name": "Berta Birch",
                "email_from": "berta@example.com",
                "user_id": self.salesman.id,
            }
        )
        activity = self._create_activity(
            partner_id=False, lead_id=lead.id, user_id=self.salesman.id
        )
        self._create_activity(user_id=self.salesman.id)
        Activity = self.Activity.with_user(self.salesman)
        for words in ("forty", "birch ltd", "berta"):
            with self.subTest(words):
                self.assertEqual(Activity.search([("words_search", "ilike", words)]), activity)
        self.assertEqual(Activity.search([("email_search", "ilike", "berta@")]), activity)


@tagged("post_install", "-at_install")
class TestPhoneAndEmailOfLeads(CrmActivityCase):
    def test_they_are_the_leads_where_there_is_no_customer(self):
        lead = self.env["crm.lead"].create(
            {"name": "Forty desks", "phone": "600 11 22 33", "email_from": "berta@example.com"}
        )
        activity = self._create_activity(partner_id=False, lead_id=lead.id)
        self.assertEqual(activity.recipient_phone, "600 11 22 33")
        self.assertEqual(activity.recipient_email, "berta@example.com")

    def test_who_may_not_read_the_lead_reads_neither(self):
        lead = self.env["crm.lead"].create(
            {"name": "Secret", "phone": "600 11 22 33", "user_id": self.salesman_all.id}
        )
        activity = self._create_activity(
            partner_id=False, lead_id=lead.id, user_id=self.salesman.id
        )
        self.env.invalidate_all()
        self.assertFalse(activity.with_user(self.salesman).recipient_phone)
        self.assertEqual(activity.with_user(self.salesman_all).recipient_phone, "600 11 22 33")
