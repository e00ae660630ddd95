# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.api import Environment
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL, mute_logger

from ..models.crm_activity_gate_mixin import CrmActivityGateMixin


class CrmActivityCase(TransactionCase):
    """A small sales team, two companies and two customers, in English.

    The gate is open, whether CRM is installed or not, so that the tests of an addon need no more
    than the addon itself.

    :cvar bool is_gate_open: what the gate is told about CRM
    """

    is_gate_open = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_gate()
        cls._speak_english()
        cls.company_a = cls.env.company
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        groups = "base.group_user,base.group_partner_manager,sales_team.group_sale_%s"
        cls.salesman = new_test_user(
            cls.env, "sam.own.documents", groups % "salesman", name="Sam Own", tz="Europe/Madrid"
        )
        cls.salesman_all = new_test_user(
            cls.env, "ada.all.documents", groups % "salesman_all_leads", name="Ada All", tz="UTC"
        )
        cls.manager = new_test_user(
            cls.env, "max.manager", groups % "manager", name="Max Manager", tz="UTC"
        )
        Partner = cls.env["res.partner"].with_context(tracking_disable=True)
        cls.customer, cls.other_customer = Partner.create(
            [
                {"name": "Oak & Sons", "is_company": True, "email": "oak@example.com"},
                {"name": "Pine Ltd", "is_company": True, "email": "pine@example.com"},
            ]
        )
        cls.contact, cls.contact_2, cls.other_contact = Partner.create(
            [
                {"name": "Olga Oak", "parent_id": cls.customer.id},
                {"name": "Oscar Oak", "parent_id": cls.customer.id},
                {"name": "Paul Pine", "parent_id": cls.other_customer.id},
            ]
        )
        cls.type_call = cls.env.ref("mail.mail_activity_data_call")
        cls.type_email = cls.env.ref("mail.mail_activity_data_email")
        cls.type_visit = cls.env.ref("crm_activity_ext.mail_activity_type_visit")
        cls.campaign = cls.env["utm.campaign"].create({"title": "Spring"})
        cls.Activity = cls.env["crm.activity"]

    @classmethod
    def _set_gate(cls):
        is_open = cls.is_gate_open
        cls.startClassPatcher(
            patch.object(CrmActivityGateMixin, "_is_crm_installed", lambda self: is_open)
        )
        # Views and menus of actions are cached as the gate was when they were made.
        cls.registry.clear_all_caches()

    @classmethod
    def _speak_english(cls):
        """Whatever the database speaks: the tests compare with English."""
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env["ir.default"].set("res.partner", "lang", "en_US")
        cls.env["res.users"].with_context(active_test=False).search([]).lang = "en_US"
        cls.env["res.company"].search([]).partner_id.lang = "en_US"

    @classmethod
    def _load_language(cls, code, modules=()):
        """Let Odoo speak a language, with the terms of our addons and of other modules."""
        cls.env["res.lang"]._activate_lang(code)
        installed = cls.env["ir.module.module"]._installed()
        ours = [name for name in installed if name.startswith("crm_activity_ext")]
        cls.env["ir.module.module"]._load_module_terms([*modules, *ours], [code])

    @classmethod
    def _create_activity(cls, **values):
        """Create an activity: a visit to the customer unless the values say otherwise."""
        return cls.Activity.create(
            {
                "name": "Show the samples",
                "activity_type_id": cls.type_visit.id,
                "partner_id": cls.customer.id,
                **values,
            }
        )

    def _assert_pages_and_counts(self, History, domain):
        """What is shown page by page, and counted, is what a search finds at once.

        :return: that
        """
        self.env.flush_all()
        self.env.invalidate_all()
        whole = History.search(domain)
        for limit in (1, 3, len(whole) + 1):
            offsets = range(0, len(whole) + 1, limit)
            pages = [History.search(domain, limit=limit, offset=offset) for offset in offsets]
            self.assertEqual(History.concat(*pages), whole)
            self.assertEqual(History.search_count(domain, limit=limit), min(limit, len(whole)))
        self.assertEqual(History.search_count(domain), len(whole))
        return whole

    def _note_queries(self, function):
        """:return: list of SQL: the queries of activities that a function makes"""
        noted = []
        execute_query = Environment.execute_query

        def note(env, query):
            noted.append(query)
            return execute_query(env, query)

        with patch.object(Environment, "execute_query", note):
            function()
        # Some tell PostgreSQL first how to plan.
        statements = [SQL(query.code.rpartition("; ")[2], *query.params) for query in noted]
        return [query for query in statements if '"crm_activity"' in query.code]

    def _explain_query(self, query):
        """:return: str, the plan of PostgreSQL's"""
        rows = self.env.execute_query(SQL("EXPLAIN %s", query))
        return "\n".join(line for (line,) in rows)


class Json2Mixin:
    """Calls of a program over JSON-2, for an ``HttpCase``."""

    def setUp(self):
        super().setUp()
        self._api_keys = {}

    def _post(self, model, method, body, user=None):
        """Call a method, as a salesperson unless another user is given.

        :return: ``(status, answer)``
        """
        user = user or self.salesman
        if user not in self._api_keys:
            keys = self.env["res.users.apikeys"].with_user(user)
            tomorrow = datetime.now() + timedelta(days=1)
            self._api_keys[user] = keys._generate("rpc", "Tests", tomorrow)
        with mute_logger("odoo.http", "odoo.sql_db"):
            response = self.url_open(
                f"/json/2/{model}/{method}",
                data=json.dumps(body).encode(),  # what a program sends, and be it no JSON
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self._api_keys[user]}",
                    "X-Odoo-Database": self.env.cr.dbname,
                },
            )
        return response.status_code, response.json()
