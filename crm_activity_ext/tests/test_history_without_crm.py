# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Without CRM, and without sales, stock and invoicing: the history of old activities stays."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .test_gate import GateCase


@tagged("post_install", "-at_install")
class TestHistoryWithoutCrm(GateCase):
    def test_old_activities_stay_in_the_history(self):
        History = self.env["crm.activity.history"].with_user(self.salesman)
        for partner in (self.customer, self.contact):
            domain = partner.with_user(self.salesman).action_view_crm_history()["domain"]
            rows = History.search(domain)
            self.assertEqual(
                set(rows.mapped("res_id")), set((self.pending | self.failed | self.done).ids)
            )
            self.assertEqual(set(rows.mapped("kind")), {"activity"})
            self.assertEqual(set(rows.mapped("state")), {"Pending", "Failed", "Done"})
        action = rows[0].action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.activity", rows[0].res_id))

    def test_what_is_not_installed_leaves_no_trace(self):
        History = self.env["crm.activity.history"].with_user(self.salesman)
        expected = {source.kind for source in History._get_sources() if source.model in self.env}
        kinds = {kind for kind, _label in History.fields_get(["kind"])["kind"]["selection"]}
        self.assertEqual(kinds, expected)
        search = etree.fromstring(History.get_view(view_type="search")["arch"])
        filters = {name for name in search.xpath("//filter/@name") if name.startswith("kind_")}
        self.assertIn("kind_activity", filters)
        self.assertLessEqual(filters, {f"kind_{kind}" for kind in expected})

    def test_the_history_offers_no_new_activity(self):
        History = self.env["crm.activity.history"].with_user(self.salesman)
        arch = etree.fromstring(History.get_view(view_type="list")["arch"])
        self.assertEqual(
            set(arch.xpath("//header/button/@name")),
            {"action_view_customer_history", "action_view_last_months"},
        )

    def test_the_buttons_are_there_for_salespeople_alone(self):
        employee = new_test_user(self.env, "erik", "base.group_user")
        for user, expected in ((self.salesman, True), (employee, False)):
            for view_type in ("form", "list"):
                view = self.env["res.partner"].with_user(user).get_view(view_type=view_type)
                names = etree.fromstring(view["arch"]).xpath("//button/@name")
                self.assertEqual("action_view_crm_history" in names, expected)
        with self.assertRaises(AccessError):
            self.customer.with_user(employee).action_view_crm_history()
        with self.assertRaises(AccessError):
            self.env["crm.activity.history"].with_user(employee).search([])


@tagged("post_install", "-at_install")
class TestHistoryTourWithoutCrm(GateCase, HttpCase):
    def test_the_history_of_a_customer(self):
        self.start_tour("/odoo", "crm_activity_history_without_crm", login=self.salesman.login)
