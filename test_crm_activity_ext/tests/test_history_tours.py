# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, tagged

from odoo.addons.test_crm_activity_ext.tests.common import HistoryCase


@tagged("post_install", "-at_install")
class TestHistoryTour(HistoryCase, HttpCase):
    """A salesperson, not an administrator, in a real browser."""

    def test_everything_with_a_customer_in_one_window(self):
        self._create_activity(
            name="Asked for chairs",
            activity_type_id=self.env.ref("crm_activity_ext.mail_activity_type_call_in").id,
            user_id=self.salesman.id,
        )
        self._create_order()
        self._sell()
        self.start_tour("/odoo", "crm_activity_history", login=self.salesman.login)
        activity = self.Activity.search([("name", "=", "Show the new chairs")])
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.user_id, self.salesman)
