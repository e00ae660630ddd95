# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever a program sends: an error that says what is wrong, and nothing half done."""

import inspect
import json
from unittest import skipIf

from odoo.models import MAGIC_COLUMNS
from odoo.service.model import get_public_method
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase, Json2Mixin

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st

    from .odd_values import TIMES, odd_text, odd_value, reproducible
except ImportError:
    given = None

OURS = "odoo.addons.crm_activity_ext"
MODELS = (
    "crm.activity",
    "crm.activity.distribute",
    "crm.activity.distribution",
    "crm.activity.distribution.line",
    "crm.activity.history",
    "crm.activity.sequence",
    "crm.activity.sequence.enroll",
    "crm.activity.sequence.enrollment",
    "crm.activity.sequence.step",
    "crm.activity.sequence.update",
    "mail.activity.type",
    "res.partner",
    "utm.campaign",
)
# What must be as before when a request was refused.
TABLES = (
    "crm_activity",
    "crm_activity_distribution",
    "crm_activity_sequence",
    "crm_activity_sequence_enrollment",
    "crm_activity_sequence_step",
    "mail_mail",
    "res_partner",
    "utm_campaign",
)
CONTEXT_KEYS = (
    "active_ids",
    "crm_campaign_field",
    "crm_campaign_id",
    "crm_history_ids",
    "crm_history_model",
    "default_activity_type_id",
)
INTERNAL_ERROR = 500
# What Odoo says to a method of one record that is called for none or several.
SEVERAL = "ValueError: Expected singleton"


@tagged("post_install", "-at_install")
@skipIf(given is None, "hypothesis is not installed")
class TestBadInput(Json2Mixin, CrmActivityCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman.group_ids |= cls.env.ref("base.group_allow_export")
        cls.mine = cls._create_activity(user_id=cls.salesman.id)
        cls.colleagues = cls._create_activity(user_id=cls.salesman_all.id, name="Not for Sam")
        company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.salesman_all.company_ids |= company
        elsewhere = cls._create_activity(
            user_id=cls.salesman_all.id,
            partner_id=False,
            company_id=company.id,
            name="Not for Sam",
        )
        cls.env.flush_all()
        cls.ids = st.lists(
            st.sampled_from(
                [
                    *(cls.mine.id, cls.colleagues.id, elsewhere.id),
                    *(cls.customer.id, cls.campaign.id, 0, -1, 2**40),
                ]
            ),
            max_size=3,
        )

    def _call_kw(self, model, method, *args):
        """:return: what :meth:`_post` returns, of a call of the web client's own"""
        parameters = {"model": model, "method": method, "args": args, "kwargs": {}}
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            json={"jsonrpc": "2.0", "method": "call", "params": parameters},
        ).json()
        if "error" not in answer:
            return 200, answer
        error = answer["error"]["data"]
        has_words = error["name"].startswith("odoo.exceptions.")
        return 422 if has_words else INTERNAL_ERROR, error

    def _digest(self):
        """:return: what the tables hold, in short"""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, COUNT(*), MAX(write_date)::text, MAX(id) FROM %s",
                    table,
                    SQL.identifier(table),
                )
                for table in TABLES
            )
        )

    def _assert_refused_well(self, status, answer, before, *, lenient=False):
        """An error is one that Odoo has words for, and has changed nothing.

        :param bool lenient: also what Odoo itself stumbles over, in a method of its own
        """
        if status < 400:
            return
        self.assertEqual(self._digest(), before)
        if status != INTERNAL_ERROR:
            self.assertTrue(answer["message"])
            return
        trace = answer.get("debug", "")
        last_file = [line for line in trace.splitlines() if line.lstrip().startswith("File ")][-1]
        if lenient:
            self.assertNotIn("crm_activity_ext", last_file, trace)
        elif SEVERAL not in trace:
            self.fail(trace)

    def _get_public_methods(self):
        """:return: list of ``(model name, method name, names of its parameters)`` of ours"""
        found = {}
        for name in MODELS:
            Model = self.env[name]
            for cls in type(Model).mro():
                if not cls.__module__.startswith(OURS):
                    continue
                for method, function in vars(cls).items():
                    if method.startswith("_") or not inspect.isfunction(function):
                        continue
                    if getattr(function, "_api_private", False) or method in ORM_METHODS:
                        continue
                    get_public_method(Model, method)
                    parameters = list(inspect.signature(function).parameters)[1:]
                    found[name, method] = [p for p in parameters if p not in ("args", "kwargs")]
        return [(*key, parameters) for key, parameters in sorted(found.items())]

    def test_our_public_methods_refuse_in_words_and_change_nothing(self):
        methods = self._get_public_methods()
        self.assertIn(("utm.campaign", "get_crm_activity_types", []), methods)

        @given(st.data())
        @settings(reproducible, max_examples=250 * TIMES)
        def call(data):
            model, method, parameters = data.draw(st.sampled_from(methods))
            context = data.draw(
                st.dictionaries(st.sampled_from(CONTEXT_KEYS), odd_value, max_size=2)
            )
            arguments = {
                name: data.draw(odd_value) for name in parameters if data.draw(st.booleans())
            }
            body = {"ids": data.draw(self.ids), "context": context, **arguments}
            before = self._digest()
            status, answer = self._post(model, method, body)
            self._assert_refused_well(status, answer, before)
            self.assertNotIn("Not for Sam", json.dumps(answer))

        with mute_logger("odoo.http", "odoo.sql_db"):
            call()

    def test_what_others_have_stumbled_over_is_refused(self):
        template = self.env["mail.template"].create(
            {"name": "Bank", "model_id": self.env["ir.model"]._get_id("res.partner.bank")}
        )
        email = self._create_activity(
            activity_type_id=self.type_email.id,
            user_id=self.salesman.id,
            body="Hi",
            state="pending",
        )
        line = "crm.activity.distribution.line"
        target = {"target_model": "res.partner", "activity_type_id": self.type_call.id}
        with mute_logger("odoo.http", "odoo.sql_db"):
            for model, method, body in (
                ("crm.activity", "write", {"ids": email.ids, "vals": {"state": None}}),
                (
                    "crm.activity",
                    "write",
                    {"ids": self.mine.ids, "vals": {"mail_template_id": template.id}},
                ),
                ("crm.activity", "write", {"ids": email.ids, "vals": {"state": []}}),
                (line, "action_open_target", {"ids": [0]}),
                ("crm.activity.history", "action_open_document", {"ids": [0]}),
                (
                    "crm.activity.distribute",
                    "create",
                    {"vals_list": [{**target, "target_ids": -1}]},
                ),
            ):
                before = self._digest()
                status, answer = self._post(model, method, body)
                self.assertGreaterEqual(status, 400, answer)
                self._assert_refused_well(status, answer, before)
        half = {"domain": [["id", "=", 1.5]], "fields": ["name"]}
        self.assertEqual(self._post("crm.activity.history", "search_read", half), (200, []))

    def test_what_people_may_create_refuses_wrong_values_in_words(self):
        wrong = {
            "boolean": None,
            "date": "next week",
            "datetime": "next week",
            "float": "long",
            "integer": "soon",
            "many2one": 10**8,
            "selection": "bought",
        }
        tried = set()
        for name in sorted(self.env.registry):
            Model = self.env[name].with_user(self.manager)
            if not name.startswith("crm.activity") or Model._abstract:
                continue
            if "vals_list" not in inspect.signature(Model.create).parameters:
                continue
            if name == "crm.activity.report" or not Model.has_access("create"):
                continue
            tried.add(name)
            for field in Model._fields.values():
                value = wrong.get(field.type)
                if not value or not field.store or field.name in MAGIC_COLUMNS:
                    continue
                with self.subTest(name, field=field.name):
                    body = {"vals_list": [{field.name: value}]}
                    status, answer = self._post(name, "create", body, self.manager)
                    self.assertIn(status, (403, 404, 422), answer)
                    self.assertTrue(answer["message"])
        self.assertLess({"crm.activity", "crm.activity.outcome", "crm.activity.sequence"}, tried)

    def test_values_that_cannot_be_are_refused_and_nothing_is_written(self):
        names = sorted(self.Activity._fields)

        @given(
            st.sampled_from(["create", "write"]),
            st.dictionaries(st.sampled_from([*names, "no_such_field"]), odd_value, max_size=3),
        )
        @settings(reproducible, max_examples=200 * TIMES)
        def write(method, values):
            body = {"vals_list": [values]} if method == "create" else {"vals": values}
            if method == "write":
                body["ids"] = [self.mine.id]
            before = self._digest()
            status, answer = self._post("crm.activity", method, body)
            self._assert_refused_well(status, answer, before, lenient=True)

        with mute_logger("odoo.http", "odoo.sql_db"):
            write()

    def test_domains_that_cannot_be_are_refused_and_show_nothing_of_others(self):
        models = ("crm.activity", "crm.activity.history", "res.partner", "utm.campaign")
        fields = {
            "crm.activity": ["target_ref", "state", "partner_id", "name"],
            "crm.activity.history": ["id", "kind", "partner_id", "date", "name", "res_id"],
            "res.partner": [
                "crm_campaign_state",
                "crm_customer_of_campaign_id",
                "crm_contact_of_campaign_id",
            ],
            "utm.campaign": ["audience_domain", "audience_included_ids", "crm_activity_ids"],
        }
        operators = ["=", "!=", "in", "not in", "child_of", "any", "ilike", ">", "=?", "x"]

        @given(st.data())
        @settings(reproducible, max_examples=200 * TIMES)
        def search(data):
            model = data.draw(st.sampled_from(models))
            leaf = [
                data.draw(st.sampled_from(fields[model])),
                data.draw(st.sampled_from(operators)),
                data.draw(odd_value),
            ]
            context = data.draw(
                st.dictionaries(st.sampled_from(CONTEXT_KEYS), odd_value, max_size=2)
            )
            body = {"domain": [leaf], "context": context, "fields": ["display_name"]}
            before = self._digest()
            status, answer = self._post(model, "search_read", body)
            self._assert_refused_well(status, answer, before, lenient=True)
            self.assertNotIn("Not for Sam", json.dumps(answer))

        with mute_logger("odoo.http", "odoo.sql_db"):
            search()

    def test_the_wizard_makes_all_or_nothing(self):
        names = sorted(self.env["crm.activity.distribute"]._fields)

        @given(st.dictionaries(st.sampled_from(names), odd_value, max_size=3), self.ids)
        @settings(reproducible, max_examples=100 * TIMES)
        def distribute(values, target_ids):
            body = {
                "vals_list": [
                    {
                        "target_model": "res.partner",
                        "target_ids": target_ids,
                        "activity_type_id": self.type_call.id,
                        "name": "Call",
                        **values,
                    }
                ]
            }
            before = self._digest()
            status, answer = self._post("crm.activity.distribute", "create", body)
            self._assert_refused_well(status, answer, before, lenient=True)
            if status < 400:
                before = self._digest()
                status, answer = self._post(
                    "crm.activity.distribute", "action_distribute", {"ids": answer}
                )
                self._assert_refused_well(status, answer, before)

        with mute_logger("odoo.http", "odoo.sql_db"):
            distribute()

    def test_what_a_form_of_the_web_client_sends_is_saved_whole_or_refused(self):
        self.authenticate(self.salesman.login, self.salesman.login)
        names = sorted(self.Activity._fields)
        specification = {name: {} for name in names}

        @given(
            st.dictionaries(st.sampled_from(names), odd_value, max_size=3),
            st.lists(st.sampled_from(names), max_size=2),
            st.booleans(),
        )
        @settings(reproducible, max_examples=100 * TIMES)
        def save(values, changed, is_saved):
            before = self._digest()
            if is_saved:
                answer = self._call_kw("crm.activity", "web_save", [], values, {"name": {}})
            else:
                answer = self._call_kw(
                    "crm.activity", "onchange", [], values, changed, specification
                )
            self._assert_refused_well(*answer, before, lenient=True)

        with mute_logger("odoo.http", "odoo.sql_db"):
            save()

    def test_the_download_refuses_what_it_cannot_read(self):
        self.authenticate(self.salesman.login, self.salesman.login)

        @given(
            st.dictionaries(
                st.sampled_from(["domain", "order", "ids", "filters", "company_ids", "x"]),
                # What is longer does not get into an address.
                odd_text.map(lambda text: text[:2000])
                | st.sampled_from(["[]", "[1]", '[["id","=",1]]', "{}", "null", "name desc"]),
                max_size=3,
            )
        )
        @settings(reproducible, max_examples=80 * TIMES)
        def download(parameters):
            response = self.url_open("/crm_activity_ext/activities.xlsx", params=parameters)
            self.assertLess(response.status_code, INTERNAL_ERROR, response.text[:500])

        with mute_logger("odoo.http", "odoo.sql_db"):
            download()


# What Odoo's own models have as well.
ORM_METHODS = {
    "copy",
    "create",
    "exists",
    "fields_get",
    "formatted_read_group",
    "load",
    "message_post",
    "onchange",  # tried as forms call it
    "unlink",
    "web_save",
    "web_search_read",
    "write",
}
