# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Nobody sees through the history what they may not see elsewhere."""

from unittest import TestCase
from unittest.mock import patch
from xmlrpc.client import Fault

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import HttpCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.made_up import made_up

from .common import HistoryCase

AT_CUSTOMER = [
    "|",
    ("location_id.usage", "=", "customer"),
    ("location_dest_id.usage", "=", "customer"),
]
# Written down once more, and not taken from the code: what a user would search for, model by
# model, to see what the history shows.
OWN_SEARCHES = {
    "crm.activity": Domain.TRUE,
    "sale.order": Domain.TRUE,
    "stock.picking": Domain(AT_CUSTOMER),
    "account.move": Domain("move_type", "in", ["out_invoice", "out_refund", "out_receipt"]),
    "crm.lead": Domain.TRUE,
}


class HistoryAccessCase(HistoryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sales = "base.group_user,sales_team.group_sale_%s"
        cls.salesman_b = new_test_user(
            cls.env, "beth", sales % "salesman_all_leads", company_id=cls.company_b.id, tz="UTC"
        )
        cls.both = new_test_user(cls.env, "bob", sales % "salesman_all_leads", tz="UTC")
        cls.both.company_ids = cls.company_a | cls.company_b
        cls.accountant = new_test_user(
            cls.env, "alma", "base.group_user,account.group_account_invoice"
        )
        cls.employee = new_test_user(cls.env, "erik", "base.group_user,base.group_partner_manager")
        cls.portal = new_test_user(cls.env, "paul", "base.group_portal")
        exporters = cls.salesman | cls.salesman_all | cls.accountant | cls.employee
        exporters.write({"group_ids": [Command.link(cls.env.ref("base.group_allow_export").id)]})

    def _own_searches(self, user, partners):
        """:return: set of what the user's own searches find for partners: ``{(model, id)}``"""
        found = set()
        for model, domain in OWN_SEARCHES.items():
            Model = self.env[model].with_user(user).with_context(active_test=False)
            if not Model.has_access("read"):
                continue
            of_partners = Domain("partner_id", "child_of", partners.ids)
            if model == "crm.activity":
                of_partners |= Domain("contact_id", "child_of", partners.ids)
            found |= self._keys(Model.search(of_partners & domain))
        return found

    def _assert_refused(self, user):
        """Assert that neither screens nor methods give anything to a user."""
        History = self.History.with_user(user)
        rows = self._rows()
        self.assertTrue(rows)
        for name, call in {
            "search": lambda: History.search([]),
            "search by id": lambda: History.search([("id", "in", rows.ids)]),
            "count": lambda: History.search_count([]),
            "read": lambda: History.browse(rows.ids).read(["name"]),
            "web_read": lambda: History.browse(rows.ids).web_read({"name": {}}),
            "group": lambda: History.formatted_read_group([], ["kind"], ["__count"]),
            "name_search": lambda: History.name_search("S"),
            "export": lambda: History.browse(rows.ids).export_data(["name"]),
            "open": lambda: History.browse(rows.ids[0]).action_open_document(),
            "action": lambda: self.customer.with_user(user).action_view_crm_history(),
        }.items():
            # Odoo refuses export as a whole to those from outside.
            refusal = UserError if name == "export" and user.share else AccessError
            with self.subTest(name, user=user.login), self.assertRaises(refusal):
                call()

    def _assert_hidden(self, user, hidden, visible):
        """Assert that a user sees some documents and not others, whichever way he asks."""
        everything = self._rows(user=self.env.ref("base.user_admin"))
        rows = {(row.res_model, row.res_id): row for row in everything}
        self.assertTrue(hidden | visible <= rows.keys())
        hidden_ids = [rows[key].id for key in hidden]
        names = [rows[key].name for key in hidden]
        History = self.History.with_user(user)
        domain = self.customer.with_user(user).action_view_crm_history()["domain"]
        self.assertEqual(self._documents(History.search(domain)), visible)
        self.assertEqual(History.search_count(domain), len(visible))
        groups = History.formatted_read_group(domain, ["kind"], ["__count"])
        self.assertEqual(sum(group["__count"] for group in groups), len(visible))
        self.assertFalse(History.search([("id", "in", hidden_ids)]))
        self.assertEqual(History.search_count([("id", "in", hidden_ids)]), 0)
        found_ids = {row_id for name in names for row_id, _name in History.name_search(name)}
        self.assertFalse(found_ids & set(hidden_ids))
        for row_id in hidden_ids:
            # as over the API
            for call in (
                lambda row: row.read(["name", "amount_total"]),
                lambda row: row.web_read({"name": {}, "partner_id": {}}),
                lambda row: row.export_data(["name", "amount_total"]),
                lambda row: row.action_open_document(),
            ):
                with self.subTest(row=row_id), self.assertRaises(AccessError):
                    call(History.browse(row_id))
        data = History.search(domain).export_data(["name"])["datas"]
        self.assertEqual(len(data), len(visible))

    def _create_order_of_company_b(self):
        return (
            self.env["sale.order"]
            .with_company(self.company_b)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company_b.id,
                    "user_id": self.salesman_b.id,
                }
            )
        )


@tagged("post_install", "-at_install")
class TestHistoryAccess(HistoryAccessCase):
    def test_own_documents_only(self):
        mine, my_delivery, my_invoice = self._sell()
        theirs, their_delivery, their_invoice = self._sell(user=self.colleague)
        theirs_too = self._create_activity(user_id=self.colleague.id)
        lead = self.env["crm.lead"].create(
            {"name": "Secret", "partner_id": self.customer.id, "user_id": self.colleague.id}
        )
        self.env.flush_all()
        # Odoo lets every salesperson see every delivery of the company.
        self._assert_hidden(
            self.salesman,
            hidden=self._keys(theirs, their_invoice, theirs_too, lead),
            visible=self._keys(mine, my_delivery, my_invoice, their_delivery),
        )

    def test_a_salesperson_who_may_see_no_invoices(self):
        order, delivery, invoice = self._sell()
        self.env.ref("sale.access_account_move_salesman").unlink()
        self._assert_hidden(
            self.salesman_all,
            hidden=self._keys(invoice),
            visible=self._keys(order, delivery),
        )

    def test_two_companies(self):
        order = self._create_order()
        order_b = self._create_order_of_company_b()
        self.env.flush_all()
        in_a, in_b = self._keys(order), self._keys(order_b)
        self.env.ref("base.user_admin").company_ids += self.company_b
        admin = self.env.ref("base.user_admin")
        both_companies = {"allowed_company_ids": (self.company_a | self.company_b).ids}
        self.assertEqual(
            self._documents(
                self.History.with_user(admin)
                .with_context(**both_companies)
                .search([("partner_id", "child_of", self.customer.ids)])
            ),
            in_a | in_b,
        )
        self.assertEqual(self._documents(self._rows(user=self.salesman_all)), in_a)
        self.assertEqual(self._documents(self._rows(user=self.salesman_b)), in_b)
        for companies, expected in (
            (self.company_a, in_a),
            (self.company_b, in_b),
            (self.company_a | self.company_b, in_a | in_b),
        ):
            History = self.History.with_user(self.both).with_context(
                allowed_company_ids=companies.ids
            )
            rows = History.search([("partner_id", "child_of", self.customer.ids)])
            self.assertEqual(self._documents(rows), expected)

    def test_a_field_that_is_hidden_on_its_model_is_hidden_here(self):
        self._sell()
        amount = self.env["sale.order"]._fields["amount_total"]
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        History = self.History.with_user(self.salesman_all)
        with patch.object(amount, "groups", "account.group_account_manager"):
            rows = {row.kind: row for row in History.search(domain)}
            self.assertEqual(rows["invoice"].amount_total, 100)
            self.assertFalse(rows["order"].amount_total)
            self.assertFalse(rows["order"].currency_id)
            self.assertNotIn("order", History.search([("amount_total", ">", 0)]).mapped("kind"))
            [[total]] = History._read_group(
                [*domain, ("kind", "=", "order")], [], ["amount_total:max"]
            )
            self.assertFalse(total)
        state = self.env["sale.order"]._fields["state"]
        self.env.invalidate_all()
        with patch.object(state, "groups", "account.group_account_manager"):
            self.assertEqual(set(History.search(domain).mapped("kind")), {"delivery", "invoice"})

    def test_others_than_sales_get_nothing(self):
        self._sell()
        for user in (self.employee, self.accountant, self.portal, self.env.ref("base.public_user")):
            self._assert_refused(user)

    def test_others_than_sales_have_no_button(self):
        for view_type in ("form", "list", "kanban"):
            for user, expected in ((self.employee, False), (self.salesman, view_type != "kanban")):
                view = self.env["res.partner"].with_user(user).get_view(view_type=view_type)
                names = {
                    button.get("name") for button in etree.fromstring(view["arch"]).iter("button")
                }
                self.assertEqual("action_view_crm_history" in names, expected)

    def test_nobody_writes_in_the_history(self):
        self._sell()
        for user in (self.manager, self.env.ref("base.user_admin")):
            [row, *_others] = self._rows(user=user)
            for call in (
                lambda row: row.write({"name": "Another"}),
                lambda row: row.unlink(),
                lambda row: row.create({"name": "Another"}),
            ):
                with self.assertRaises(AccessError):
                    call(row)

    def test_what_one_has_read_is_not_read_by_another(self):
        order = self._create_order(user=self.colleague)
        [row] = self._rows(user=self.salesman_all)
        for name in ("name", "display_name", "type_name", "icon", "amount_total", "partner_id"):
            self.assertEqual(bool(row[name]), name != "type_name")
            # Not Odoo's own assertRaises: it would empty the cache.
            with self.subTest(name), TestCase.assertRaises(self, AccessError):
                row.with_user(self.salesman).read([name])
            with self.subTest(name), TestCase.assertRaises(self, AccessError):
                _value = row.with_user(self.salesman)[name]
        self.assertEqual(row.name, order.name)

    def test_a_row_that_is_gone(self):
        order = self._create_order()
        [row] = self._rows()
        self.assertEqual(row.exists(), row)
        order.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(row.exists())


@tagged("post_install", "-at_install")
class TestHistoryProperty(HistoryAccessCase):
    """The history is the union of what the user's own searches find, whatever there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = (
            cls.customer,
            cls.contact,
            cls.address,
            cls.child_company,
            cls.other_customer,
            cls.other_contact,
        )
        cls.users = (cls.salesman, cls.colleague, cls.salesman_all, cls.manager, cls.salesman_b)
        # with journals of its own
        cls.journal_b = cls.env["account.journal"].create(
            {"name": "Sales B", "code": "SALB", "type": "sale", "company_id": cls.company_b.id}
        )
        stock = cls.env["stock.warehouse"].search([])
        cls.warehouses = {warehouse.company_id: warehouse for warehouse in stock}

    @made_up(
        lambda st: [
            st.lists(
                st.tuples(
                    st.sampled_from(list(OWN_SEARCHES)),
                    st.integers(0, 5),
                    st.integers(0, 4),
                    st.booleans(),
                    st.integers(0, 3),
                ),
                max_size=12,
            ),
            st.integers(0, 5),
        ],
        max_examples=40,
    )
    def test_the_history_is_the_union_of_the_users_own_searches(self, documents, whose):
        savepoint = self.env.cr.savepoint()
        try:
            for model, partner, user, in_b, variant in documents:
                make = getattr(self, f"_make_{model.replace('.', '_')}")
                company = self.company_b if in_b else self.company_a
                user = self.users[user]
                # Odoo refuses a responsible of another company.
                if company not in user.company_ids:
                    user = self.salesman_b if in_b else self.salesman
                document = make(self.partners[partner], user, company, variant)
                self._write_messages(document, variant)
            for partner in self.partners:
                self._write_messages(partner, 0)
            self.env.flush_all()
            for user in self.users:
                partners = self.partners[whose].with_user(user)
                domain = partners.action_view_crm_history()["domain"]
                History = self.History.with_user(user)
                rows = History.search(domain)
                expected = self._own_searches(user, partners)
                expected |= self._own_emails(user, partners, expected)
                self.assertEqual(self._documents(rows), expected)
                self.assertEqual(len(rows), len(expected))
                self.assertEqual(History.search_count(domain), len(expected))
                # A page that has them all, and one that is full.
                for limit in (len(rows) + 1, max(len(rows) // 2, 1)):
                    self.assertEqual(History.search(domain, limit=limit), rows[:limit])
                    count = History.search_count(domain, limit=limit)
                    self.assertEqual(count, min(limit, len(rows)))
                self.assertEqual(History.search([("id", "in", rows.ids)]), rows)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _write_messages(self, document, variant):
        """A note, and mostly an email that came from outside."""
        values = {
            "model": document._name,
            "res_id": document.id,
            "author_id": self.contact.id,
            "reply_to": "catchall@example.com",
        }
        note, comment = (self.env.ref(f"mail.mt_{name}").id for name in ("note", "comment"))
        messages = [{**values, "message_type": "comment", "subtype_id": note}]
        if variant < 3:
            messages.append({**values, "message_type": "email", "subtype_id": comment})
        self.env["mail.message"].create(messages)

    def _own_emails(self, user, partners, documents):
        """:return: set of the emails that the user finds in the chatter of what they may read"""
        Partner = self.env["res.partner"].with_user(user).with_context(active_test=False)
        documents = documents | self._keys(Partner.search([("id", "child_of", partners.ids)]))
        messages = self.env["mail.message"].with_user(user).search([("message_type", "=", "email")])
        return {(m._name, m.id) for m in messages if (m.model, m.res_id) in documents}

    def _make_crm_activity(self, partner, user, company, variant):
        return self._create_activity(
            partner_id=False,
            contact_id=partner.id,
            user_id=user.id,
            company_id=company.id,
            state=["draft", "pending", "done", "cancelled"][variant],
        )

    def _make_sale_order(self, partner, user, company, variant):
        return (
            self.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": partner.id,
                    "user_id": user.id,
                    "company_id": company.id,
                    "state": ["draft", "sent", "sale", "cancel"][variant],
                }
            )
        )

    def _make_stock_picking(self, partner, user, company, variant):
        warehouse = self.warehouses[company]
        customers = self.env.ref("stock.stock_location_customers")
        suppliers = self.env.ref("stock.stock_location_suppliers")
        inside = warehouse.lot_stock_id
        picking_type, source, target = [
            (warehouse.out_type_id, inside, customers),
            (warehouse.in_type_id, customers, inside),
            (warehouse.in_type_id, suppliers, inside),
            (warehouse.int_type_id, inside, inside),
        ][variant]
        return self.env["stock.picking"].create(
            {
                "partner_id": partner.id,
                "user_id": user.id,
                "picking_type_id": picking_type.id,
                "location_id": source.id,
                "location_dest_id": target.id,
            }
        )

    def _make_account_move(self, partner, user, company, variant):
        journal = self.journal_b if company == self.company_b else self.env["account.journal"]
        return (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": ["out_invoice", "out_refund", "out_receipt", "entry"][variant],
                    "partner_id": partner.id,
                    "invoice_user_id": user.id,
                    **({"journal_id": journal.id} if journal else {}),
                }
            )
        )

    def _make_crm_lead(self, partner, user, company, variant):
        return self.env["crm.lead"].create(
            {
                "name": "Lead",
                "partner_id": partner.id,
                "user_id": user.id,
                "company_id": company.id,
                "team_id": False,
                "active": variant != 3,
                "type": ["lead", "opportunity"][variant % 2],
            }
        )


@tagged("post_install", "-at_install")
class TestHistoryOverTheNetwork(HistoryAccessCase, HttpCase):
    """What a program asks, and what the web client asks."""

    def _call(self, user, method, *args, **kwargs):
        return self.xmlrpc_object.execute_kw(
            get_db_name(),
            user.id,
            user.login.ljust(8, "x"),  # as new_test_user makes them
            "crm.activity.history",
            method,
            args,
            kwargs,
        )

    @mute_logger("odoo.addons.rpc.controllers.xmlrpc", "odoo.http")
    def test_over_xml_rpc(self):
        order, delivery, invoice = self._sell()
        domain = [["partner_id", "child_of", self.customer.ids]]
        values = self._call(self.salesman, "search_read", domain, ["kind", "res_id", "date"])
        self.assertEqual(
            {(row["kind"], row["res_id"]) for row in values},
            {("order", order.id), ("delivery", delivery.id), ("invoice", invoice.id)},
        )
        fault_code_access_error = 4
        row_ids = [row["id"] for row in values]
        calls = {
            "search": (domain,),
            "search_count": ([["id", "in", row_ids]],),
            "read": (row_ids, ["name"]),
            "name_search": ("S",),
            "formatted_read_group": (domain, ["kind"], ["__count"]),
        }
        for user in (self.employee, self.portal):
            for method, args in calls.items():
                with self.subTest(method, user=user.login):
                    with self.assertRaises(Fault) as refused:
                        self._call(user, method, *args)
                    self.assertEqual(refused.exception.faultCode, fault_code_access_error)
        with self.assertRaises(Fault) as refused:
            self._call(self.colleague, "read", [row_ids[-1], *row_ids], ["name"])
        self.assertEqual(refused.exception.faultCode, fault_code_access_error)
