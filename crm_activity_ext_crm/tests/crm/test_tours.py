# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestTours(CrmActivityCase, HttpCase):
    """A salesperson, not an administrator, in a real browser."""

    def test_new_activity_with_type_and_subject_only(self):
        self.start_tour("/odoo", "crm_activity_new", login=self.salesman.login)
        activity = self._mine()
        self.assertEqual(activity.name, "Show the samples")
        self.assertEqual(activity.activity_type_id, self.type_visit)
        self.assertEqual(activity.state, "done")

    def test_new_activity_by_keyboard(self):
        self.start_tour("/odoo", "crm_activity_new_by_keyboard", login=self.salesman.login)
        self.assertEqual(self._mine().activity_type_id, self.type_visit)

    def test_new_activity_from_a_customers_form(self):
        self.start_tour("/odoo", "crm_activity_from_customer", login=self.salesman.login)
        activity = self._mine()
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.channel, "call_in")

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

    def _mine(self):
        return self.Activity.search([("user_id", "=", self.salesman.id)])
