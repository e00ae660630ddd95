# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase
from odoo.addons.crm_activity_ext.tests.smtp import smtp_server


@tagged("post_install", "-at_install")
class TestTours(CrmActivityCase, HttpCase):
    """A salesperson, not an administrator, in a real browser."""

    def test_new_activity_with_type_and_subject_only(self):
        self.start_tour("/odoo", "crm_activity_new", login=self.salesman.login)
        activity = self._mine()
        self.assertEqual(activity.name, "Show the samples")
        self.assertEqual(activity.activity_type_id, self.type_visit)
        self.assertEqual(activity.state, "done")

    def test_the_bell_opens_reminders_and_crm_activities(self):
        self._create_activity(name="Show the samples", user_id=self.salesman.id)
        self.customer.activity_schedule(
            "mail.mail_activity_data_call",
            fields.Date.today(),
            summary="Ring back",
            user_id=self.salesman.id,
        )
        self.start_tour("/odoo", "crm_activity_bell", login=self.salesman.login)

    def test_new_activity_by_keyboard(self):
        self.start_tour("/odoo", "crm_activity_new_by_keyboard", login=self.salesman.login)
        self.assertEqual(self._mine().activity_type_id, self.type_visit)

    def test_new_activity_from_a_customers_form(self):
        self.start_tour("/odoo", "crm_activity_from_customer", login=self.salesman.login)
        activity = self._mine()
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.contact_id, self.contact)
        self.assertEqual(activity.channel, "call_in")

    def test_new_activity_by_the_command_palette(self):
        self.start_tour("/odoo", "crm_activity_new_by_command", login=self.salesman.login)
        self.assertEqual(self._mine().mapped("name"), ["Visit"])

    def test_who_may_make_no_activity_finds_no_command(self):
        new_test_user(self.env, "olaf.outsider", "base.group_user,base.group_partner_manager")
        self.start_tour("/odoo", "crm_activity_no_new_by_command", login="olaf.outsider")

    def test_new_activities_from_the_contacts_list(self):
        self.start_tour("/odoo", "crm_activity_from_contacts_list", login=self.salesman.login)
        self.assertEqual(
            self._mine().contact_id, self.contact | self.contact_2 | self.other_contact
        )
        self.assertEqual(set(self._mine().mapped("name")), {"Invitation to the fair"})

    def test_replicate_and_go_to_customer(self):
        self._create_activity(user_id=self.salesman.id)
        self.start_tour("/odoo", "crm_activity_options", login=self.salesman.login)
        self.assertEqual(len(self._mine()), 2)
        self.assertEqual(self._mine().partner_id, self.customer)

    def test_a_replica_says_that_the_contact_has_left(self):
        self._create_activity(user_id=self.salesman.id, contact_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        self.start_tour(
            "/odoo", "crm_activity_replicate_without_contact", login=self.salesman.login
        )
        self.assertEqual(self._mine().mapped("contact_id"), self.contact)
        self.assertEqual(len(self._mine()), 2)

    def test_an_email_from_a_template_goes_out_and_is_done(self):
        self.contact.email = "olga@example.com"
        self.salesman.email = "sam@example.com"
        self.env["mail.template"].create(
            {
                "name": "Greeting",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello {{ object.name }}",
                "body_html": '<p>Dear <t t-out="object.name"/>,</p>',
            }
        )
        self._start("crm_activity_email_from_template")
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        [message] = mailbox.messages
        self.assertEqual(message["Subject"], "Come and see us, Olga")
        self.assertIn("Dear Olga Oak", message.get_body(("html",)).get_content())
        self._start("crm_activity_email_done")

    def test_an_email_from_a_template_takes_no_more_clicks_than_in_odoos_composer(self):
        self._offer_invitation()
        self._start("crm_activity_send_from_template")
        mail = self._mine()
        self.assertEqual((mail.state, mail.name), ("pending", "Come, Oak & Sons"))

    def test_many_get_an_email_with_few_clicks(self):
        people = self.env["res.partner"].create(
            [
                {"name": f"Fairgoer {number}", "email": f"fairgoer.{number}@example.com"}
                for number in range(2)
            ]
        )
        self._offer_invitation()
        self._start("crm_activity_send_to_many")
        self.assertEqual(self._mine().partner_id, people)
        self.assertEqual(set(self._mine().mapped("state")), {"pending"})

    def _offer_invitation(self):
        self.salesman.email = "sam@example.com"
        self.type_email.crm_template_ids = self.env["mail.template"].create(
            {
                "name": "Invitation",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Come, {{ object.name }}",
                "body_html": '<p>Dear <t t-out="object.name"/>,</p>',
            }
        )

    def test_a_failed_email_is_corrected_and_retried(self):
        self.salesman.email = "sam@example.com"
        activity = self.Activity.with_user(self.salesman).create(
            {
                "name": "Our offer",
                "activity_type_id": self.type_email.id,
                "contact_id": self.contact.id,
                "body": "<p>Here it is</p>",
                "state": "pending",
            }
        )
        self.assertEqual(activity.state, "failed")
        self._start("crm_activity_email_failed")
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertIn("olga.right@example.com", mailbox.recipients[0])
        self._start("crm_activity_email_done")

    def _start(self, tour):
        self.start_tour("/odoo", tour, login=self.salesman.login)

    def _run_queue(self):
        self.env["mail.mail"].search(
            [("state", "=", "outgoing"), ("model", "!=", "crm.activity")]
        ).cancel()
        self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()

    def _mine(self):
        return self.Activity.search([("user_id", "=", self.salesman.id)])
