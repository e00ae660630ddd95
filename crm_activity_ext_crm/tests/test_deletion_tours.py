# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestDeletionTours(CrmActivityCase, HttpCase):
    """What the questions before deleting and anonymizing tell, in a real browser."""

    def _plan(self):
        """:return: what never happened, for the other customer, whoever is responsible"""
        values = {"partner_id": self.other_customer.id}
        return self._create_activity(
            activity_type_id=self.type_email.id, user_id=self.salesman.id, **values
        ) | self._create_activity(state="cancelled", user_id=self.manager.id, **values)

    def test_the_question_of_a_form_tells_what_goes_along(self):
        planned = self._plan()
        self.start_tour("/odoo", "crm_activity_deletion_of_customer", login=self.salesman.login)
        self.assertFalse(self.other_customer.exists())
        self.assertFalse(planned.exists())

    def test_the_question_of_a_list_tells_what_goes_along(self):
        planned = self._plan()
        self.start_tour("/odoo", "crm_activity_deletion_from_list", login=self.salesman.login)
        self.assertFalse(self.other_customer.exists())
        self.assertFalse(planned.exists())

    def test_delete_is_offered_where_it_can_work(self):
        self.customer.email = "oak@example.com"
        self.salesman.email = "sam@example.com"
        draft = self._create_activity(
            activity_type_id=self.type_email.id, user_id=self.salesman.id, body="<p>Hello</p>"
        )
        self.start_tour(
            f"/odoo/crm-activities/{draft.id}",
            "crm_activity_deletion_offered",
            login=self.salesman.login,
        )

    def test_an_administrator_anonymizes_a_customers_activities(self):
        planned = self._plan()
        done = self._create_activity(partner_id=self.other_customer.id, state="done")
        system = new_test_user(
            self.env, "sys.admin", "base.group_system,base.group_partner_manager"
        )
        self.start_tour("/odoo", "crm_activity_anonymize", login=system.login)
        self.assertFalse(planned.exists())
        self.assertEqual(done.name, "Anonymized")
