# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import Form, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestPhoneAndEmail(CrmActivityCase):
    """The number to call and the address to write to, of who is to be contacted."""

    def test_they_are_the_contacts(self):
        self.contact.write({"phone": "600 11 22 33", "email": "olga@example.com"})
        activity = self._create_activity(contact_id=self.contact.id)
        self.assertEqual(activity.recipient_phone, "600 11 22 33")
        self.assertEqual(activity.recipient_email, "olga@example.com")

    def test_they_are_the_customers_where_there_is_no_contact(self):
        self.customer.phone = "900 11 22 33"
        activity = self._create_activity()
        self.assertEqual(activity.recipient_phone, "900 11 22 33")
        self.assertEqual(activity.recipient_email, "oak@example.com")

    def test_a_contact_without_a_number_is_called_at_the_company_and_written_to_by_nobody(self):
        self.customer.phone = "900 11 22 33"
        activity = self._create_activity(contact_id=self.contact.id)
        self.assertEqual(activity.recipient_phone, "900 11 22 33")
        # As the email goes: not to the company.
        self.assertFalse(activity.recipient_email)

    def test_nobody_has_neither(self):
        activity = self._create_activity(partner_id=False)
        self.assertFalse(activity.recipient_phone)
        self.assertFalse(activity.recipient_email)

    def test_the_form_follows_who_is_chosen(self):
        self.customer.phone = "900 11 22 33"
        self.contact.phone = "600 11 22 33"
        with Form(self.Activity.with_user(self.salesman)) as form:
            form.activity_type_id = self.type_visit
            form.name = "Show the samples"
            self.assertFalse(form.recipient_phone)
            form.partner_id = self.customer
            self.assertEqual(form.recipient_phone, "900 11 22 33")
            form.contact_id = self.contact
            self.assertEqual(form.recipient_phone, "600 11 22 33")

    def test_who_may_not_read_the_customer_reads_neither(self):
        activity = self._create_activity(user_id=self.salesman.id)
        own = self._create_activity(partner_id=self.other_customer.id, user_id=self.salesman.id)
        self.env["ir.rule"].create(
            {
                "name": "Not these",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": [("id", "not in", self.customer.ids)],
            }
        )
        self.env.invalidate_all()
        values = (activity | own).with_user(self.salesman).read(["recipient_email"])
        self.assertEqual(
            {row["id"]: row["recipient_email"] for row in values},
            {activity.id: False, own.id: "pine@example.com"},
        )

    def test_a_company_that_is_hidden_lends_its_contact_no_number(self):
        self.customer.phone = "900 11 22 33"
        activity = self._create_activity(contact_id=self.contact.id, user_id=self.salesman.id)
        self.env["ir.rule"].create(
            {
                "name": "Not the company",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": [("id", "not in", self.customer.ids)],
            }
        )
        self.env.invalidate_all()
        self.assertFalse(activity.with_user(self.salesman).recipient_phone)

    def test_what_somebody_may_read_is_not_kept_for_others(self):
        activity = self._create_activity(user_id=self.salesman.id)
        self.assertEqual(activity.recipient_email, "oak@example.com")
        self.env["ir.rule"].create(
            {
                "name": "Not these",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": [("id", "not in", self.customer.ids)],
            }
        )
        self.assertFalse(activity.with_user(self.salesman).recipient_email)

    def test_many_rows_cost_as_many_queries_as_one(self):
        Partner = self.env["res.partner"]
        customers = Partner.create(
            [{"name": f"Customer {i}", "phone": f"900 00 00 {i:02}"} for i in range(40)]
        )
        activities = self.Activity.create(
            [
                {
                    "name": "Call",
                    "activity_type_id": self.type_call.id,
                    "partner_id": customer.id,
                    "user_id": self.salesman.id,
                }
                for customer in customers
            ]
        ).with_user(self.salesman)
        spec = {"recipient_phone": {}, "recipient_email": {}}
        activities[:1].web_read(spec)  # warm

        def count_queries(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = records.web_read(spec)
            self.assertTrue(all(row["recipient_phone"] for row in rows))
            return self.env.cr.sql_log_count - before

        self.assertEqual(count_queries(activities), count_queries(activities[:1]))
