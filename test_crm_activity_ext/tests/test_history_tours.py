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
        self._track_lots(False)
        self.start_tour("/odoo", "crm_activity_history", login=self.salesman.login)
        activity = self.Activity.search([("name", "=", "Show the new chairs")])
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.user_id, self.salesman)

    def test_emails_are_hidden_until_they_are_asked_for_again(self):
        order = self._create_order()
        order.with_user(self.salesman).message_post(
            body="The offer you asked for",
            subject="Our offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.contact.ids,
        )
        self.customer.message_post(
            body="Thank you",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=self.contact.id,
        )
        self.start_tour("/odoo", "crm_activity_history_emails", login=self.salesman.login)
        self.assertFalse(self.salesman.res_users_settings_id.crm_history_hide_emails)

    def test_the_slip_of_a_delivery_asks_for_no_stock_rights(self):
        self._sell()
        self._track_lots(True)
        [row] = self._rows(user=self.salesman, domain=[("kind", "=", "delivery")])
        self.authenticate(self.salesman.login, self.salesman.login)
        answer = self.url_open(row.action_open_document()["url"])
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
