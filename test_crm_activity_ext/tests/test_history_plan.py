# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""PostgreSQL finds a customer's history by indexes, however much there is of others."""

import json
from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.crm_activity_ext.report.crm_activity_history import HistorySource

from .common import HistoryCase

ROWS = 20_000
PARTNERS = 4_000
NO_EMAILS = [("kind", "!=", "email")]
TABLES = ("crm_activity", "sale_order", "stock_picking", "account_move", "crm_lead", "res_partner")


@tagged("post_install", "-at_install")
class TestHistoryPlan(HistoryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        order, delivery, invoice = cls._sell()
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Fair", "partner_id": cls.customer.id, "user_id": cls.salesman.id}
        )
        samples = [
            cls._create_activity(contact_id=cls.contact.id),
            order,
            delivery,
            invoice,
            cls.lead,
        ]
        cls.env.flush_all()
        cls.env.cr.execute(
            "INSERT INTO res_partner (name, active, type, autopost_bills)"
            " SELECT 'Customer ' || i, TRUE, 'contact', 'ask' FROM generate_series(1, %s) i"
            " RETURNING id",
            [PARTNERS],
        )
        partner_ids = [row[0] for row in cls.env.cr.fetchall()]
        for record in samples:
            cls._multiply(record, partner_ids)
        cls._write_emails()
        cls.env.cr.execute("ANALYZE mail_message, mail_notification, " + ", ".join(TABLES))
        cls.env.invalidate_all()

    @classmethod
    def _multiply(cls, record, partner_ids):
        """Copy a record in SQL, many times, for other customers."""
        table = record._table
        cls.env.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        own = {"id", "partner_id", "contact_id", "name", "sequence_number", "access_token"}
        names = [name for (name,) in cls.env.cr.fetchall() if name not in own]
        columns = ", ".join(f'"{name}"' for name in names)
        cls.env.cr.execute(
            f"INSERT INTO {table} (name, partner_id, {columns})"
            f" SELECT 'Copy ' || i, (%s)[1 + i %% %s], {columns}"
            f" FROM {table}, generate_series(1, %s) i WHERE {table}.id = %s",
            [partner_ids, len(partner_ids), ROWS, record.id],
        )

    @classmethod
    def _write_emails(cls):
        """An email in the chatter of each document, and of each customer."""
        message = cls.customer.message_post(
            body="Yes",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=cls.contact.id,
        )
        cls.env.flush_all()
        columns = "message_type, subtype_id, author_id, date, subject, body"
        for model in ("crm.activity", "sale.order", "account.move", "res.partner"):
            cls.env.cr.execute(
                f"INSERT INTO mail_message (model, res_id, {columns})"
                f" SELECT %s, document_id, {columns} FROM mail_message,"
                f" (SELECT id AS document_id FROM {cls.env[model]._table}) AS document"
                " WHERE mail_message.id = %s",
                [model, message.id],
            )

    def _explain(self, query):
        """:return: list of the nodes of the plan of a query"""
        names = ("id", "date", "name")
        return self._explain_sql(query.select(*(f'"crm_activity_history"."{n}"' for n in names)))

    def _explain_sql(self, sql):
        self.env.cr.execute("EXPLAIN (FORMAT JSON) " + sql.code, sql.params)
        [[[plan]]] = self.env.cr.fetchall()
        plan = plan if isinstance(plan, dict) else json.loads(plan)[0]
        nodes, todo = [], [plan["Plan"]]
        while todo:
            node = todo.pop()
            nodes.append(node)
            todo += node.get("Plans", [])
        return nodes

    def _assert_by_index(self, user, domain, tables):
        History = self.History.with_user(user)
        # A page, and what is grouped.
        for options in ({"order": History._order, "limit": 80}, {}):
            self._assert_nodes_by_index(self._explain(History._search(domain, **options)), tables)

    def _assert_nodes_by_index(self, nodes, tables):
        scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
        self.assertFalse(scanned & set(TABLES))
        # What keeps an arm from its own indexes: a condition on a column that it does not have.
        self.assertFalse([node for node in nodes if "NULL::boolean" in node.get("Filter", "")])
        reached = {node["Relation Name"] for node in nodes if "Relation Name" in node}
        self.assertEqual(reached & set(TABLES), set(tables))

    def test_each_arm_uses_an_index(self):
        documents = TABLES[:-1]
        # The last one is the superuser, whose queries have no rules in them.
        admin, root = self.env.ref("base.user_admin"), self.env.ref("base.user_root")
        for user in (self.salesman, self.salesman_all, admin, root):
            for partner in (self.customer, self.contact):
                with self.subTest(user=user.login, partner=partner.name):
                    action = partner.with_user(user).action_view_crm_history()
                    self._assert_by_index(user, [*action["domain"], *NO_EMAILS], documents)
                    # Those of the partners are found by what these are. Where something is asked
                    # of the emails alone, their documents are not those of the rows.
                    since = ("date", ">", "2001-01-01")
                    self._assert_by_index(user, [*action["domain"], since], TABLES)

    def test_a_source_without_domain_and_rules_uses_its_index(self):
        """PostgreSQL then makes its arm part of the query, with all that is asked of contacts."""
        sources = [
            HistorySource("crm.activity", "activity", "Activity", "fa-comments-o"),
            HistorySource("stock.picking", "delivery", "Delivery", "fa-truck"),
        ]
        root = self.env.ref("base.user_root")
        with patch.object(type(self.History), "_get_sources", lambda self: sources):
            domain = self.contact.with_user(root).action_view_crm_history()["domain"]
            self._assert_by_index(root, domain, ["crm_activity", "stock_picking"])

    def test_the_history_of_a_lead_uses_indexes(self):
        for user in (self.salesman_all, self.env.ref("base.user_root")):
            for lead in (self.lead, self.lead.create({"name": "Without a customer"})):
                with self.subTest(user=user.login, lead=lead.name):
                    action = lead.with_user(user).action_view_crm_history()
                    tables = TABLES[:-1] if lead.partner_id else ("crm_activity", "crm_lead")
                    self._assert_by_index(user, [*action["domain"], *NO_EMAILS], tables)

    def test_emails_are_found_by_the_documents(self):
        for user in (self.salesman, self.salesman_all, self.env.ref("base.user_root")):
            with self.subTest(user=user.login):
                History = self.History.with_user(user)
                domain = self.contact.with_user(user).action_view_crm_history()["domain"]
                domain = [*domain, ("kind", "=", "email")]
                for options in ({"order": History._order, "limit": 80}, {}):
                    nodes = self._explain(History._search(domain, **options))
                    scanned = {n["Relation Name"] for n in nodes if n["Node Type"] == "Seq Scan"}
                    self.assertFalse(scanned & {*TABLES, "mail_message"})
                    self.assertIn("mail_message_model_res_id", str(nodes))

    def test_a_page_needs_no_emails_older_than_its_last_row(self):
        self._create_activity(date="2040-01-01")
        self._create_activity(date="2040-01-02")
        History = self.History.with_user(self.salesman_all)
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        found = self._explain(History._search(domain, order=History._order, limit=2))
        by_date = [
            node for node in found if node.get("Index Name") == "mail_message_crm_history_idx"
        ]
        self.assertIn("date >= '2040-01-01", by_date[0]["Index Cond"])

    def test_an_email_is_found_by_its_id(self):
        [row] = self._rows(domain=[("kind", "=", "email")])[:1]
        History = self.History.with_user(self.salesman_all)
        nodes = self._explain(History._search([("id", "=", row.id)]))
        scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
        self.assertFalse(scanned & {*TABLES, "mail_message"})

    def _get_nodes_of(self, ask):
        """:return: list of the nodes of the plans of all that is asked of documents"""
        return [node for query in self._note_queries(ask) for node in self._explain_sql(query)]

    def _assert_found_once(self, nodes):
        found = Counter(node["Relation Name"] for node in nodes if "Relation Name" in node)
        self.assertEqual({found[table] for table in ("stock_picking", "crm_lead")}, {1})
        self.assertIn("mail_message", found)
        scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
        self.assertFalse(scanned & {*TABLES, "mail_message"})

    def test_documents_are_found_once_for_themselves_and_their_emails(self):
        action = self.customer.with_user(self.salesman_all).action_view_crm_history()
        domain = action["domain"]
        History = self.History.with_user(self.salesman_all)
        for name, ask in (
            ("count", lambda: History.search_count(domain)),
            ("count up to a limit", lambda: History.search_count(domain, limit=10_001)),
            ("a page that has them all", lambda: History.search(domain, limit=1_000).ids),
        ):
            with self.subTest(name):
                self._assert_found_once(self._get_nodes_of(ask))

    def test_no_more_is_counted_than_up_to_the_limit(self):
        action = self.customer.with_user(self.salesman_all).action_view_crm_history()
        History = self.History.with_user(self.salesman_all)
        count = History.search_count(action["domain"])
        for limit in (1, 5, count - 1, count, count + 1):
            with self.subTest(limit=limit):
                self.assertEqual(
                    History.search_count(action["domain"], limit=limit), min(limit, count)
                )

    def test_rows_are_found_by_their_ids(self):
        rows = self._rows(domain=NO_EMAILS)
        self.assertEqual(len(rows), 5)
        self._assert_by_index(self.salesman_all, [("id", "in", rows.ids)], TABLES[:-1])
        [delivery] = rows.filtered(lambda row: row.kind == "delivery")
        self._assert_by_index(self.salesman_all, [("id", "=", delivery.id)], ["stock_picking"])

    def test_a_filter_by_kind_reads_nothing_else(self):
        domain = self.customer.with_user(self.salesman_all).action_view_crm_history()["domain"]
        self._assert_by_index(
            self.salesman_all, [*domain, ("kind", "=", "delivery")], ["stock_picking"]
        )

    def test_the_rows_of_a_page_are_the_first_ones_of_each_arm(self):
        """No arm gives more rows than the page has, to be sorted with those of the others."""
        action = self.customer.with_user(self.salesman_all).action_view_crm_history()
        History = self.History.with_user(self.salesman_all)
        domain = [*action["domain"], *NO_EMAILS]
        query = History._search(domain, order=History._order, limit=40, offset=40)
        limits = [node for node in self._explain(query) if node["Node Type"] == "Limit"]
        # The customer attends no meeting, so those are not asked at all.
        sources = History._get_installed_sources()
        sources = [source for source in sources if source.kind not in ("email", "meeting")]
        self.assertEqual(len(limits), 1 + len(sources))
        self.assertLessEqual({node["Plan Rows"] for node in limits[1:]}, set(range(81)))

    def test_a_page_costs_ten_queries_and_three_more_with_emails(self):
        """What the web client asks for a window."""
        action = self.customer.with_user(self.salesman_all).action_view_crm_history()
        History = self.History.with_user(self.salesman_all).with_context(**action["context"])
        named = {"fields": {"display_name": {}}}
        specification = {
            **{name: {} for name in ("is_void", "icon", "kind", "date", "name", "type_name")},
            **{name: {} for name in ("amount_total", "state")},
            **{name: named for name in ("partner_id", "contact_id", "campaign_id", "user_id")},
            **{name: named for name in ("currency_id", "company_id")},
        }

        def open_page(domain):
            self.env.invalidate_all()
            count = self.env.cr.sql_log_count
            result = History.web_search_read(domain, specification, limit=4)
            return result, self.env.cr.sql_log_count - count

        for domain, length, expected in (
            ([*action["domain"], *NO_EMAILS], 5, 10),
            (action["domain"], 14, 13),
        ):
            open_page(domain)  # access rights are cached from then on, as on a running server
            result, queries = open_page(domain)
            self.assertEqual((len(result["records"]), result["length"]), (4, length))
            self.assertLessEqual(queries, expected)
