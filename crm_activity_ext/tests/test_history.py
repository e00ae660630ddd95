# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The history with nothing but activities in it, whatever else is installed."""

from ast import literal_eval
from datetime import datetime
from unittest.mock import patch

from lxml import etree

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Datetime, Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..report.crm_activity_history import HistorySource
from .common import CrmActivityCase


def _bank_history():
    """:return: what a module would write to add bank accounts to the history"""

    class BankHistory(models.Model):
        _module = None
        # It stands for one of another module.
        _inherit = "crm.activity.history"  # pylint: disable=consider-merging-classes-inherited

        @api.model
        def _get_sources(self):
            sources = super()._get_sources()
            return sources + [
                HistorySource(
                    "res.partner.bank",
                    "bank",
                    "Bank Account",
                    "fa-university",
                    domain=Domain("acc_holder_name", "=", "Olga"),
                    void=Domain("active", "=", False),
                    columns={"name": "acc_number", "date": "create_date"},
                ),
                HistorySource("not.installed", "nothing", "Nothing", "fa-question"),
            ]

    return BankHistory


class HistoryCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.History = cls.env["crm.activity.history"]

    def _rows(self, partners=None, user=None, domain=()):
        """:return: the rows of activities of partners, as a user opens their history"""
        partners = (partners or self.customer).with_user(user or self.salesman_all)
        action = partners.action_view_crm_history()
        History = self.History.with_user(user or self.salesman_all)
        return History.search([*action["domain"], ("kind", "=", "activity"), *domain])

    def _activities(self, rows):
        return self.Activity.browse(rows.mapped("res_id"))


@tagged("post_install", "-at_install")
class TestHistory(HistoryCase):
    def test_the_activities_of_a_customer_and_its_contacts(self):
        activities = self.Activity.union(
            self._create_activity(date=datetime(2026, 1, 1)),
            self._create_activity(date=datetime(2026, 1, 3), contact_id=self.contact.id),
            self._create_activity(date=datetime(2026, 1, 2), state="cancelled"),
        )
        self._create_activity(partner_id=self.other_customer.id)
        rows = self._rows()
        self.assertEqual(self._activities(rows), activities.sorted("date", reverse=True))
        self.assertEqual(rows.mapped("is_void"), [False, True, False])
        self.assertEqual(rows.mapped("state"), ["Pending", "Cancelled", "Pending"])
        self.assertEqual(rows[0].contact_id, self.contact)
        self.assertEqual(rows[0].partner_id, self.customer)
        self.assertEqual(rows[0].type_name, self.type_visit.name)
        self.assertEqual(rows[0].icon, self.type_visit.icon)
        self.assertFalse(rows[0].currency_id)

    def test_a_contact_shows_its_own(self):
        own = self._create_activity(contact_id=self.contact.id)
        self._create_activity(contact_id=self.contact_2.id)
        self._create_activity()
        self.assertEqual(self._activities(self._rows(self.contact)), own)

    def test_a_contact_who_left_stays_in_the_history_of_both(self):
        activity = self._create_activity(contact_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        for partner in (self.customer, self.contact):
            self.assertEqual(self._activities(self._rows(partner)), activity)

    def test_the_title_names_whose_history_it_is(self):
        action = self.customer.with_user(self.salesman).action_view_crm_history()
        self.assertEqual(action["name"], "History of Oak & Sons")
        several = (self.customer | self.other_customer).with_user(self.salesman)
        self.assertEqual(several.action_view_crm_history()["name"], "History")

    def _open_address(self, action, user=None):
        """:return: the window action that the web client gets for the address of another one"""
        address = self.env["ir.actions.server"].search([("path", "=", action["path"])])
        context = {"active_id": action["context"]["active_id"]}
        return address.with_user(user or self.salesman).with_context(**context).run()

    def test_the_address_of_a_history_opens_the_same_one(self):
        for partners in (
            self.customer,
            self.contact,
            self.customer | self.other_customer,
            self.customer.browse(),
        ):
            partners = partners.with_user(self.salesman)
            for action in (
                partners.action_view_crm_history(),
                partners.action_view_crm_history_months(),
            ):
                with self.subTest(partners=partners, path=action["path"]):
                    self.assertEqual(self._open_address(action), action)

    def test_an_address_that_names_nobody_shows_nothing_and_says_where_to_go(self):
        self._create_activity()
        action = self.customer.with_user(self.salesman).action_view_crm_history()
        missing_id = self.env["res.partner"].search([], order="id desc", limit=1).id + 1000
        History = self.History.with_user(self.salesman)
        for active_id in (False, missing_id, "what,ever"):
            with self.subTest(active_id=active_id):
                opened = self._open_address({**action, "context": {"active_id": active_id}})
                self.assertFalse(History.search(opened["domain"]))
                self.assertIn("Select a customer", opened["help"])
        stored = self.env.ref("crm_activity_ext.crm_activity_history_action")
        self.assertFalse(self.History.search(literal_eval(stored.domain)))

    def test_more_than_an_address_can_hold_are_shown_all_the_same(self):
        partners = self.env["res.partner"].create([{"name": "Fir"}] * 101)
        activity = self._create_activity(partner_id=partners[100].id)
        action = partners.with_user(self.salesman).action_view_crm_history()
        self.assertFalse(action["context"]["active_id"])
        self.assertEqual(self._activities(self._rows(partners)), activity)

    def test_an_address_opens_for_salespeople_only(self):
        action = self.customer.with_user(self.salesman).action_view_crm_history()
        employee = new_test_user(self.env, "emma", "base.group_user,base.group_partner_manager")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_actions"):
            self._open_address(action, user=employee)

    def test_late_in_the_evening_is_the_same_day(self):
        for tz, utc, day in (
            ("Europe/Madrid", datetime(2026, 1, 31, 22, 30), 31),  # 23:30
            ("Pacific/Kiritimati", datetime(2026, 1, 31, 9, 30), 31),  # 23:30, fourteen hours ahead
            ("Pacific/Kiritimati", datetime(2026, 1, 30, 10, 0), 31),  # midnight
            ("America/New_York", datetime(2026, 2, 1, 4, 59), 31),
        ):
            with self.subTest(tz=tz, utc=utc):
                activity = self._create_activity(date=utc)
                History = self.History.with_user(self.salesman_all).with_context(tz=tz)
                [row] = History.search(
                    [("res_id", "=", activity.id), ("res_model", "=", "crm.activity")]
                )
                self.assertEqual(row.date, utc)
                self.assertEqual(Datetime.context_timestamp(row, row.date).day, day)
                [[month, count]] = History._read_group(
                    [("id", "=", row.id)], ["date:month"], ["__count"]
                )
                self.assertEqual((month.month, count), (1, 1))

    def test_groups_by_kind_month_and_responsible(self):
        for month, user in ((1, self.salesman), (1, self.manager), (2, self.manager)):
            self._create_activity(date=datetime(2026, month, 15), user_id=user.id)
        domain = [
            *self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"],
            ("kind", "=", "activity"),
        ]
        History = self.History.with_user(self.salesman_all)
        self.assertEqual(History._read_group(domain, ["kind"], ["__count"]), [("activity", 3)])
        months = History._read_group(domain, ["date:month"], ["__count"])
        self.assertEqual([(month.month, count) for month, count in months], [(1, 2), (2, 1)])
        self.assertEqual(
            dict(History._read_group(domain, ["user_id"], ["__count"])),
            {self.salesman: 1, self.manager: 2},
        )

    def test_ids_in_every_form_find_their_rows(self):
        for _i in range(3):
            self._create_activity()
        rows = self._rows()
        one, two, three = rows
        all_rows = [("id", "in", rows.ids)]
        for domain, expected in (
            ([("id", "=", one.id)], one),
            (all_rows, rows),
            ([*all_rows, ("id", "!=", one.id)], two | three),
            ([*all_rows, ("id", "not in", [one.id, three.id])], two),
            (["&", *all_rows, "!", ("id", "in", [two.id])], one | three),
            ([("id", "in", [])], self.History),
            ([("id", "=", False)], self.History),
            ([("id", "=", 2**31 - 1)], self.History),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self.History.with_user(self.salesman_all).search(domain), expected)

    def test_customers_are_found_in_every_form(self):
        activity = self._create_activity(date=datetime(2026, 1, 15), contact_id=self.contact.id)
        self._create_activity(date=datetime(2026, 2, 15), partner_id=self.other_customer.id)
        History = self.History.with_user(self.salesman_all)
        for domain, found in (
            ([("partner_id", "child_of", self.customer.id)], True),
            ([("partner_id", "child_of", "Oak & Sons")], True),
            ([("partner_id", "child_of", False)], False),
            ([("partner_id", "child_of", [])], False),
            ([("partner_id", "ilike", "oak")], True),
            ([("partner_id.email", "=", "oak@example.com")], True),
            ([("partner_id", "!=", False), ("contact_id", "=", self.contact.id)], True),
            ([("contact_id", "in", [self.contact.id, False])], True),
            ([("partner_id", "in", [self.customer.id, 2**40, -1])], True),
            ([("partner_id", "in", [2**40])], False),
            ([("partner_id", "not in", [self.other_customer.id])], True),
            ([("partner_id", "not in", [self.customer.id])], False),
            ([("contact_id", "child_of", self.contact.ids)], True),
            ([("contact_id", "child_of", self.contact_2.ids)], False),
            ([("date.month_number", "=", 1)], True),
        ):
            with self.subTest(domain=domain):
                rows = History.search([*domain, ("kind", "=", "activity")])
                self.assertEqual(activity in self._activities(rows), found)

    def test_the_last_twelve_months_are_a_graph(self):
        action = self.customer.with_user(self.salesman).action_view_crm_history()
        History = self.History.with_user(self.salesman).with_context(**action["context"])
        graph = History.action_view_last_months()
        self.assertEqual(graph["views"][0][1], "graph")
        self.assertEqual(graph["domain"], action["domain"])
        self.assertTrue(graph["context"]["search_default_last_12_months"])

    def test_a_customer_with_thousands_of_entries_is_paged(self):
        self.Activity.with_context(tracking_disable=True).create(
            [
                {
                    "name": f"Call {number}",
                    "activity_type_id": self.type_call.id,
                    "partner_id": self.customer.id,
                    "date": datetime(2026, 1, 1),
                }
                for number in range(1000)
            ]
        )
        action = self.customer.with_user(self.salesman_all).action_view_crm_history()
        History = self.History.with_user(self.salesman_all)
        seen = []
        for offset in range(0, 1000, 80):
            page = History.web_search_read(action["domain"], {"name": {}}, offset, limit=80)
            seen += [record["name"] for record in page["records"]]
        # All on one date: still each of them once, the last one first.
        self.assertEqual(seen, [f"Call {number}" for number in reversed(range(1000))])

    def test_what_a_rule_of_ones_own_hides_is_not_counted(self):
        self._create_activity(user_id=self.salesman.id)
        self._create_activity(user_id=self.salesman_all.id)
        self.env["ir.rule"].create(
            {
                "name": "Own ones",
                "model_id": self.env["ir.model"]._get_id("crm.activity.history"),
                "domain_force": "[('user_id', '=', user.id)]",
            }
        )
        History = self.History.with_user(self.salesman_all)
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        domain = [*domain, ("kind", "=", "activity")]
        self.assertEqual(len(History.search(domain)), 1)
        self.assertEqual(History.search_count(domain), 1)

    def test_another_module_narrows_what_is_found_and_counted(self):
        for name in ("Call", "Visit"):
            self._create_activity(name=name)
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        search = type(self.History)._search

        def narrow(History, domain, *args, **kwargs):
            return search(History, Domain(domain) & Domain("name", "=", "Call"), *args, **kwargs)

        with patch.object(type(self.History), "_search", narrow):
            History = self.History.with_user(self.salesman_all)
            rows = self._assert_pages_and_counts(History, domain)
            self.assertEqual(rows.mapped("name"), ["Call"])

    def test_no_count_is_compiled(self):
        """Which takes PostgreSQL longer than the count."""
        self.env.cr.execute("SET LOCAL jit = on")
        self.History.search_count([])
        self.env.cr.execute("SHOW jit")
        self.assertEqual(self.env.cr.fetchall(), [("off",)])

    def test_another_module_adds_a_source_by_inheriting(self):
        # Odoo's addons keep out of this package; here a module is made of nothing.
        from odoo.orm.model_classes import add_to_registry

        model_class = type(self.History)
        self.addCleanup(setattr, model_class, "_base_classes__", model_class._base_classes__)
        self.addCleanup(self.registry._setup_models__, self.env.cr, [])
        add_to_registry(self.registry, _bank_history())
        self.registry._setup_models__(self.env.cr, [self.History._name])

        accounts = self.env["res.partner.bank"].create(
            [
                {
                    "acc_number": number,
                    "acc_holder_name": holder,
                    "partner_id": self.contact.id,
                    "active": active,
                }
                for number, holder, active in (
                    ("ES01", "Olga", True),
                    ("ES02", "Olga", False),
                    ("ES03", "Oscar", True),
                )
            ]
        )
        self.env.flush_all()
        admin = self.env.ref("base.user_admin")
        History = self.env["crm.activity.history"].with_user(admin)
        domain = self.customer.with_user(admin).action_view_crm_history()["domain"]
        rows = History.search([*domain, ("kind", "=", "bank")])
        self.assertEqual(set(rows.mapped("res_id")), set(accounts[:2].ids))
        self.assertEqual({row.name: row.is_void for row in rows}, {"ES01": False, "ES02": True})
        self.assertEqual(rows.partner_id, self.contact)
        self.assertEqual(set(rows.mapped("icon")), {"fa-university"})
        kinds = dict(History.fields_get(["kind"])["kind"]["selection"])
        self.assertEqual(kinds["bank"], "Bank Account")
        self.assertNotIn("nothing", kinds)
        action = rows[0].action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), (rows[0].res_model, rows[0].res_id)
        )


@tagged("post_install", "-at_install")
class TestCustomerForm(CrmActivityCase):
    """What our buttons cost on a form that everybody opens all day."""

    def _count_queries(self, user, field_names):
        Partner = self.env["res.partner"].with_user(user)
        specification = {name: {} for name in field_names}

        def open_form():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            Partner.browse(self.customer.id).web_read(specification)
            return self.env.cr.sql_log_count - before

        open_form()  # access rights are cached from then on, as on a running server
        return open_form()

    def test_opening_a_customer_costs_at_most_two_queries_more(self):
        """One for the number of activities, one for the last and the next."""
        for user in (self.salesman, self.manager):
            view = self.env["res.partner"].with_user(user).get_view(view_type="form")
            arch = etree.fromstring(view["arch"])
            # not those of the lists inside it
            names = set(arch.xpath("//field[not(ancestor::field)]/@name"))
            # nor those of addons that a company chooses beside these
            modules = {name: self.customer._fields[name]._modules for name in names}
            addons = {"crm_activity_ext", "crm_activity_ext_crm"}
            ours = {name for name in names if addons & set(modules[name])}
            self.assertIn("crm_activity_count", ours)
            self.assertLessEqual(
                self._count_queries(user, names), self._count_queries(user, names - ours) + 2
            )

    def test_the_form_opens_and_saves(self):
        with Form(self.customer.with_user(self.salesman)) as form:
            form.name = "Oak & Daughters"
        self.assertEqual(self.customer.name, "Oak & Daughters")


@tagged("post_install", "-at_install")
class TestWhatARowSays(CrmActivityCase):
    def _get_row(self, activity, user=None):
        History = self.env["crm.activity.history"].with_user(user or self.salesman)
        return History.search([("res_model", "=", "crm.activity"), ("res_id", "=", activity.id)])

    def test_the_first_line_of_the_text(self):
        texts = {
            "<p>Likes <b>oak</b> best.</p><p>Call in May.</p>": "Likes oak best.",
            "<p><br/></p><div>  Second line first </div>": "Second line first",
            False: "",
        }
        for body, line in texts.items():
            with self.subTest(body):
                activity = self._create_activity(body=body, user_id=self.salesman.id)
                self.assertEqual(self._get_row(activity).text or "", line)

    def test_a_long_line_is_cut(self):
        activity = self._create_activity(body=f"<p>{'word ' * 1000}</p>", user_id=self.salesman.id)
        self.assertLessEqual(len(self._get_row(activity).text), 200)

    def test_customer_and_contact_as_on_the_activity(self):
        activity = self._create_activity(contact_id=self.contact.id, user_id=self.salesman.id)
        row = self._get_row(activity)
        self.assertEqual(row.customer_id, self.customer)
        self.assertEqual(row.person_id, self.contact)
        row = self._get_row(self._create_activity(user_id=self.salesman.id))
        self.assertEqual(row.customer_id, self.customer)
        self.assertFalse(row.person_id)

    def test_many_rows_cost_as_many_queries_as_one(self):
        partners = self.env["res.partner"].create([{"name": f"Firm {i}"} for i in range(30)])
        self.Activity.create(
            [
                {
                    "name": "Call",
                    "activity_type_id": self.type_call.id,
                    "partner_id": partner.id,
                    "body": "<p>Text</p>",
                    "user_id": self.salesman.id,
                }
                for partner in partners
            ]
        )
        History = self.env["crm.activity.history"].with_user(self.salesman)
        spec = {"text": {}, "customer_id": {"fields": {"display_name": {}}}, "person_id": {}}

        def count_queries(limit):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = History.web_search_read([("partner_id", "in", partners.ids)], spec, limit=limit)[
                "records"
            ]
            self.assertEqual({row["text"] for row in rows}, {"Text"})
            return self.env.cr.sql_log_count - before

        count_queries(1)  # warm
        self.assertEqual(count_queries(30), count_queries(2))
