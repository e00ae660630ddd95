# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import itertools
from datetime import datetime

from lxml import etree

from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

FIELDS = {
    "crm_contact_cycle",
    "crm_contact_due_date",
    "crm_last_contact_date",
    "crm_next_activity_date",
}
MARCH, MAY = datetime(2026, 3, 10, 12), datetime(2031, 5, 10, 12)
FILTERS = {"crm_not_contacted_30", "crm_not_contacted_60", "crm_not_contacted_90"}
FILTERS |= {"crm_nothing_planned", "crm_contact_overdue"}


@tagged("post_install", "-at_install")
class TestLastContact(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"user_id": cls.salesman.id, "partner_id": cls.customer.id}
        cls.lead, cls.other_lead = cls.leads = cls.env["crm.lead"].create(
            [{"name": "Oak doors", **values}, {"name": "Oak floors", **values}]
        )

    def _get_filters(self, model, view, user):
        """:return: ``{name: domain}`` of those of ours in the search view"""
        arch = self.env[model].with_user(user).get_view(self.env.ref(view).id, "search")["arch"]
        filters = etree.fromstring(arch).iter("filter")
        return {f.get("name"): f.get("domain") for f in filters if f.get("name") in FILTERS}

    def _find(self, records, domain):
        domain = [("id", "in", records.ids), *safe_eval(domain)]
        return records.with_user(self.salesman).search(domain).with_env(self.env)

    def test_a_lead_has_its_own_dates_and_not_those_of_its_customer(self):
        own = {"user_id": self.salesman.id}
        self._create_activity(lead_id=self.lead.id, state="done", date=MARCH, **own)
        self._create_activity(lead_id=self.lead.id, date=MAY, **own)
        lead, other = self.leads.with_user(self.salesman)
        self.assertEqual(lead.crm_last_contact_date, MARCH)
        self.assertEqual(lead.crm_next_activity_date, MAY)
        self.assertFalse(other.crm_last_contact_date or other.crm_next_activity_date)
        domain = [("id", "in", self.leads.ids)]
        for order, expected in (
            ("crm_last_contact_date", other + lead),
            ("crm_last_contact_date desc", lead + other),
            ("crm_next_activity_date", lead + other),
        ):
            self.assertEqual(lead.search(domain, order=order).ids, expected.ids)

    def test_the_filters_of_leads(self):
        own = {"user_id": self.salesman.id, "lead_id": self.lead.id}
        self._create_activity(state="done", **own)
        self._create_activity(date=MAY, **own)
        for view in ("view_crm_case_leads_filter", "view_crm_case_opportunities_filter"):
            filters = self._get_filters("crm.lead", f"crm.{view}", self.salesman)
            self.assertEqual(filters.keys(), FILTERS)
            for name, domain in filters.items():
                with self.subTest(view=view, filter=name):
                    none = self.leads.browse()
                    expected = none if name == "crm_contact_overdue" else self.other_lead
                    self.assertEqual(self._find(self.leads, domain), expected)

    def test_a_lead_is_overdue_where_its_customer_is(self):
        filters = self._get_filters(
            "crm.lead", "crm.view_crm_case_opportunities_filter", self.salesman
        )
        overdue = filters["crm_contact_overdue"]
        self.customer.crm_contact_cycle = 30
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = %s WHERE id = %s", [MARCH, self.customer.id]
        )
        self._create_activity(state="done", date=MARCH, user_id=self.salesman.id)
        self.assertEqual(self._find(self.leads, overdue), self.leads)
        self._create_activity(state="done", user_id=self.salesman.id)
        self.assertFalse(self._find(self.leads, overdue))

    def test_salespeople_have_the_filters_of_contacts_and_others_nothing(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        view = "base.view_res_partner_filter"
        self.assertEqual(self._get_filters("res.partner", view, self.salesman).keys(), FILTERS)
        self.assertFalse(self._get_filters("res.partner", view, employee))
        Partner = self.env["res.partner"].with_user(employee)
        for view_type in ("form", "list"):
            with self.subTest(view_type):
                arch = Partner.get_view(view_type=view_type)["arch"]
                self.assertFalse(FIELDS & self._names(arch))
        self.customer.with_user(employee).web_read({"name": {}, "category_id": {}})

    def test_opening_a_customer_costs_one_query_more(self):
        """What was done and is planned; the cycles of the tags come with these."""
        self.customer.category_id = self.env["res.partner.category"].create(
            {"name": "Monthly", "crm_contact_cycle": 30}
        )
        # Alone, as the web client opens it: not with all that were created along with it.
        customer = self.customer.with_user(self.salesman).browse(self.customer.id)
        names = self._names(customer.get_view(view_type="form")["arch"])
        self.assertLessEqual(FIELDS, names)

        def count(shown):
            specification = {name: {} for name in shown & customer.fields_get().keys()}
            specification["category_id"] = {"fields": {"display_name": {}, "color": {}}}
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customer.web_read(specification)
            return self.env.cr.sql_log_count - before

        count(names)  # access rights are cached from then on
        self.assertLessEqual(count(names) - count(names - FIELDS), 1)

    def _names(self, arch):
        return {node.get("name") for node in etree.fromstring(arch).iter("field")}


@tagged("post_install", "-at_install")
class TestPlan(CrmActivityCase):
    """PostgreSQL finds what was done last and what is planned by indexes alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lead = cls.env["crm.lead"].create({"name": "Oak doors", "user_id": cls.salesman.id})
        sample = cls._create_activity(
            contact_id=cls.contact.id, lead_id=lead.id, user_id=cls.salesman.id, state="done"
        )
        cls.env.flush_all()
        cls._copy(cls.env["res.partner"], cls.customer.id, 4_000, {"commercial_partner_id": "NULL"})
        cls._copy(lead, lead.id, 4_000, {})
        # One in ten is pending, the others were done within five years.
        cls._copy(
            sample,
            sample.id,
            40_000,
            {
                "partner_id": f"{cls.customer.id} + i %% 4000",
                "lead_id": f"{lead.id} + i %% 4000",
                "state": "CASE i %% 10 WHEN 0 THEN 'pending' ELSE 'done' END",
                "date_done": "CASE i %% 10 WHEN 0 THEN NULL ELSE now() - i * interval '1 hour' END",
                "mail_message_id": "NULL",
            },
        )
        cls.env.cr.execute("ANALYZE crm_activity, res_partner, crm_lead")
        cls.env.invalidate_all()

    @classmethod
    def _copy(cls, model, sample_id, count, values):
        """Copy a row in SQL, with an expression on ``i`` for what differs."""
        cls.env.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER' AND column_name != 'id'",
            [model._table],
        )
        names = [name for (name,) in cls.env.cr.fetchall()]
        columns = ", ".join(f'"{name}"' for name in names)
        sources = ", ".join(values.get(name, f'copied."{name}"') for name in names)
        cls.env.cr.execute(
            f"INSERT INTO {model._table} ({columns}) SELECT {sources}"
            f" FROM {model._table} AS copied, generate_series(1, %s) AS i WHERE copied.id = %s",
            [count, sample_id],
        )

    def _assert_by_index(self, query):
        """:param SQL query: one that reads activities"""
        self.env.cr.execute("EXPLAIN (FORMAT JSON) " + query.code, query.params)
        [[[plan]]] = self.env.cr.fetchall()
        nodes, todo = [], [plan["Plan"]]
        while todo:
            node = todo.pop()
            nodes.append(node)
            todo += node.get("Plans", [])
        read = [node for node in nodes if node.get("Relation Name") == "crm_activity"]
        self.assertNotIn("Seq Scan", {node["Node Type"] for node in read})
        used = {node["Index Name"] for node in nodes if "Index Name" in node}
        self.assertTrue([name for name in used if name.startswith("crm_activity_")])

    def test_the_filters_use_indexes(self):
        self.env["res.partner"].search([("is_company", "=", True)], limit=50).crm_contact_cycle = 30
        self.env.flush_all()
        # What was written in this transaction, no index answers alone: that has its price.
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        domains = [
            [("crm_not_contacted_since", "=", "today -30d")],
            [("crm_not_contacted_since", "=", "today -90d")],
            [("crm_next_activity_date", "=", False)],
            [("crm_last_contact_date", "=", False)],
        ]
        due = [("crm_contact_due_date", "<", "today")]
        for user in (self.salesman_all, self.env.ref("base.user_root")):
            for model, asked in (("res.partner", [*domains, due]), ("crm.lead", domains)):
                for domain in asked:
                    with self.subTest(user=user.login, model=model, domain=domain):
                        query = self.env[model].with_user(user)._search(domain, limit=80)
                        self._assert_by_index(query.select())

    def test_the_sorts_use_indexes(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        users = self.salesman, self.salesman_all, self.env.ref("base.user_root")
        names = "crm_last_contact_date desc", "crm_last_contact_date", "crm_next_activity_date"
        for user, model, order in itertools.product(users, ("res.partner", "crm.lead"), names):
            records = self.env[model].with_user(user)
            # More than are looked at one by one, as all are, and fewer.
            for count in (2_500, 500):
                last = records.search([], offset=count, limit=1, order="id")
                domain = [("id", "<", last.id)]
                with self.subTest(user=user.login, model=model, order=order, count=count):
                    queries = self._note_queries(
                        lambda r=records, d=domain, o=order: r.search(d, limit=80, order=o)
                    )
                    self.assertTrue(queries)
                    for query in queries:
                        self._assert_by_index(query)
