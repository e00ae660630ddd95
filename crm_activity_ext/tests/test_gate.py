# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Without CRM nobody makes an activity, and what is there stays usable."""

from datetime import datetime
from unittest import TestCase
from xmlrpc.client import Fault

from lxml import etree

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tests import HttpCase, get_db_name, new_test_user, tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import CrmActivityCase, Json2Mixin

REFUSAL = "Creating activities requires the CRM app. Install “CRM” (crm) first."

FAULT_CODE_WARNING = 2


class GateCase(CrmActivityCase):
    """A database where CRM was once, and left activities behind."""

    is_gate_open = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._hide_what_goes_with_crm()
        cls.admin = new_test_user(
            cls.env,
            "amy",
            "base.group_user,base.group_system,base.group_partner_manager,"
            "sales_team.group_sale_manager",
            name="Amy Admin",
        )
        cls.pending = cls._insert_activity("pending")
        cls.failed = cls._insert_activity("failed", failure_reason="No such address")
        cls.done = cls._insert_activity("done", date_done=datetime(2026, 1, 7, 12))

    @classmethod
    def _hide_what_goes_with_crm(cls):
        """Where CRM is installed: what the bridge to it brings is not there without it."""
        of_the_bridge = cls.env["ir.model.data"].search(
            [
                ("module", "=", "crm_activity_ext_crm"),
                ("model", "in", ["ir.ui.view", "ir.ui.menu"]),
            ],
            order="id desc",  # those first that build on others
        )
        for data in of_the_bridge:
            cls.env[data.model].browse(data.res_id).active = False

    @classmethod
    def _insert_activity(cls, state, **values):
        """Put an activity where the gate would not let one in.

        In SQL, because there is no other way: the ORM refuses.
        """
        values = {
            "name": f"A {state} call",
            "activity_type_id": cls.type_call.id,
            "channel": "call_out",
            "user_id": cls.salesman.id,
            "date": datetime(2026, 1, 7, 10),
            "partner_id": cls.customer.id,
            "contact_id": cls.contact.id,
            "campaign_id": cls.campaign.id,
            "company_id": cls.company_a.id,
            "state": state,
            **values,
        }
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                "INSERT INTO crm_activity (%s) VALUES %s RETURNING id",
                SQL(", ").join(map(SQL.identifier, values)),
                tuple(values.values()),
            )
        )
        return cls.Activity.browse(cls.env.cr.fetchone()[0])

    def _values(self):
        return {"name": "One more call", "activity_type_id": self.type_call.id}

    def _rows(self):
        """:return: what there is of activities: ``{table: [ids]}``"""
        self.env.flush_all()
        rows = {}
        for table, condition in (
            ("crm_activity", "TRUE"),
            ("mail_message", "model = 'crm.activity'"),
            ("mail_followers", "res_model = 'crm.activity'"),
            ("ir_attachment", "res_model = 'crm.activity'"),
        ):
            self.env.cr.execute(f"SELECT id FROM {table} WHERE {condition} ORDER BY id")
            rows[table] = [row_id for (row_id,) in self.env.cr.fetchall()]
        return rows


@tagged("post_install", "-at_install")
class TestGate(GateCase):
    def _ways_in(self, env):
        """:return: ``{name: function}``: all that would make an activity in this environment"""
        Activity = env["crm.activity"]
        values = self._values()
        pending = self.pending.with_env(env)
        campaign = self.campaign.with_env(env)
        new_in_campaign = {"crm_activity_ids": [Command.create(values)]}
        wizard = env["crm.activity.distribute"].create(
            {
                "target_model": "res.partner",
                "target_ids": [self.customer.id, self.other_customer.id],
                "activity_type_id": self.type_call.id,
                "name": "Call them all",
            }
        )
        dialog = env["crm.activity.done"]
        log = dialog.create({"target_model": "res.partner", "target_ids": self.customer.ids})
        done = dialog.create(
            {
                "activity_ids": pending.ids,
                "next_type_id": self.type_call.id,
                "next_date": "2050-01-03 10:00:00",
            }
        )
        replicate = env.ref("crm_activity_ext.crm_activity_action_replicate").with_context(
            active_model="crm.activity", active_ids=pending.ids
        )
        return {
            "create one": lambda: Activity.create(values),
            "create several": lambda: Activity.create([values, values]),
            "create what is done": lambda: Activity.create({**values, "state": "done"}),
            "save a new form": lambda: Activity.web_save(values, {}),
            "create by name": lambda: Activity.name_create("One more call"),
            "copy": lambda: pending.copy(),
            "replicate": lambda: pending.action_replicate(),
            "replicate in the Actions menu": lambda: replicate.run(),
            "save in a campaign": lambda: campaign.write(new_in_campaign),
            "create in a new campaign": lambda: campaign.create(
                {"title": "Autumn", **new_in_campaign}
            ),
            "from a customer": lambda: self.customer.with_env(env).action_new_crm_activity(),
            "from several contacts": lambda: (
                (self.contact | self.contact_2).with_env(env).action_new_crm_activity()
            ),
            "distribute": lambda: wizard.action_distribute(),
            "log": lambda: self.customer.with_env(env).action_log_crm_activity(),
            "log in the dialog": lambda: log.action_done(),
            "plan the next one": lambda: done.action_done(),
        }

    def _assert_all_refused(self, env, exception):
        before = self._rows()
        for name, way_in in self._ways_in(env).items():
            with self.subTest(way_in=name, user=env.user.login, su=env.su):
                # Not Odoo's own assertRaises: it would roll back what was left behind.
                with TestCase.assertRaises(self, exception) as refused:
                    way_in()
                self.assertIs(type(refused.exception), exception)
                self.assertIn(REFUSAL, refused.exception.args[0])
                self.assertEqual(self._rows(), before)

    def test_the_gate_is_shut_without_crm(self):
        self.assertFalse(self.Activity._is_crm_installed())

    def test_every_way_in_is_refused_to_salespeople(self):
        for user in (self.salesman, self.salesman_all, self.manager):
            self._assert_all_refused(self.env(user=user), UserError)

    def test_sudo_does_not_open_the_gate(self):
        self._assert_all_refused(self.env(user=self.salesman, su=True), UserError)
        self._assert_all_refused(self.env(user=SUPERUSER_ID), RedirectWarning)

    def test_every_way_in_is_refused_to_administrators_with_a_way_to_crm(self):
        self._assert_all_refused(self.env(user=self.admin), RedirectWarning)

    def test_the_button_of_the_refusal_shows_crm_in_apps(self):
        with self.assertRaises(RedirectWarning) as refused:
            self.Activity.with_user(self.admin).create(self._values())
        _message, action_id, button, context = refused.exception.args
        self.assertEqual(button, "Open Apps")
        env = self.env(user=self.admin)
        action = env["ir.actions.act_window"].browse(action_id).read()[0]
        self.assertEqual(action["res_model"], "ir.module.module")
        domain = Domain(safe_eval(action["domain"] or "[]"))
        search_view = env["ir.module.module"].get_view(action["search_view_id"][0], "search")
        domain &= self._default_search_domain(search_view["arch"], context)
        self.assertIn("crm", env["ir.module.module"].search(domain).mapped("name"))

    def _default_search_domain(self, arch, context):
        """:return: what a search view finds as it opens with this context"""
        arch = etree.fromstring(arch)
        domain = Domain.TRUE
        for key, value in context.items():
            name = key.removeprefix("search_default_")
            self.assertNotEqual(name, key, "a context that the web client would not apply")
            [node] = arch.xpath(f"//*[@name='{name}']")
            expression = node.get("domain") or node.get("filter_domain")
            domain &= Domain(safe_eval(expression, {"self": value}))
        return domain

    def test_import_of_new_activities_is_refused(self):
        before = self._rows()
        for user in (self.salesman, self.admin):
            with self.subTest(user.login):
                result = self.Activity.with_user(user).load(
                    ["name", "activity_type_id"],
                    [["One more call", self.type_call.name], ["A visit", "Visit"]],
                )
                self.assertFalse(result["ids"])
                self.assertEqual(len(result["messages"]), 2)
                for message in result["messages"]:
                    self.assertEqual(message["type"], "error")
                    self.assertTrue(message["message"].startswith(REFUSAL), message["message"])
                self.assertEqual(self._rows(), before)

    def test_import_still_updates_existing_activities(self):
        result = self.Activity.with_user(self.salesman).load(
            [".id", "name"], [[str(self.pending.id), "A corrected call"]]
        )
        self.assertEqual(result["ids"], self.pending.ids, result["messages"])
        self.assertEqual(self.pending.name, "A corrected call")

    def test_copying_a_campaign_is_no_way_in(self):
        before = self._rows()
        copy = self.campaign.with_user(self.manager).copy()
        self.assertFalse(copy.crm_activity_ids)
        self.assertEqual(self._rows(), before)

    def test_a_campaigns_matrix_stays_readable_and_refuses_new_activities(self):
        campaign = self.campaign.with_user(self.salesman)
        action = campaign.action_view_crm_customers()
        self.assertEqual(campaign.crm_activity_count, 3)
        customer = self.customer.with_user(self.salesman).with_context(**action["context"])
        [values] = customer.search_read(
            [*action["domain"], ("crm_campaign_state", "in", ["failed"])],
            ["crm_campaign_activity_counts"],
        )
        self.assertEqual(values["crm_campaign_activity_counts"], {str(self.type_call.id): 3})
        before = self._rows()
        with self.assertRaisesRegex(UserError, REFUSAL[:40]):
            customer.action_new_crm_activity()
        self.assertEqual(self._rows(), before)

    def test_campaigns_offer_no_new_activity(self):
        for view in self.env["ir.ui.view"].search(
            [("model", "in", ["utm.campaign", "res.partner"]), ("mode", "=", "primary")]
        ):
            if "crm_activity_ext." in view.xml_id:
                arch = self.env[view.model].get_view(view.id, view.type)["arch"]
                self.assertNotIn("action_new_crm_activity", arch)
        bindings = self.env(user=self.salesman)["ir.actions.actions"].get_bindings("res.partner")
        names = [action["name"] for action in bindings.get("action", [])]
        self.assertNotIn("Activities", names)

    def test_existing_activities_stay_readable_and_searchable(self):
        Activity = self.Activity.with_user(self.salesman)
        activities = self.pending | self.failed | self.done
        self.assertEqual(Activity.search([("partner_id", "=", self.customer.id)]), activities)
        self.assertEqual(Activity.search([("name", "ilike", "pending")]), self.pending)
        self.assertEqual(
            Activity.formatted_read_group([], ["state"], ["__count"], order="state"),
            [
                {"state": state, "__count": 1, "__extra_domain": [("state", "=", state)]}
                for state in ("done", "failed", "pending")
            ],
        )
        [values] = Activity.browse(self.pending.id).web_read(
            {
                "name": {},
                "channel": {},
                "partner_id": {"fields": {"display_name": {}}},
                "campaign_id": {"fields": {"display_name": {}}},
                "is_overdue": {},
            }
        )
        self.assertEqual(
            values,
            {
                "id": self.pending.id,
                "name": "A pending call",
                "channel": "call_out",
                "partner_id": {"id": self.customer.id, "display_name": "Oak & Sons"},
                "campaign_id": {"id": self.campaign.id, "display_name": "Spring"},
                "is_overdue": True,
            },
        )

    def test_existing_activities_can_be_closed(self):
        pending, failed = (self.pending | self.failed).with_user(self.salesman)
        failed.action_retry()
        self.assertEqual((failed.state, failed.failure_reason), ("pending", False))
        failed.action_cancel()
        self.assertEqual(failed.state, "cancelled")
        pending.action_done()
        self.assertEqual(pending.state, "done")
        self.assertTrue(pending.date_done)
        pending.action_pending()
        self.assertEqual((pending.state, pending.date_done), ("pending", False))

    def test_existing_activities_can_be_edited_discussed_and_deleted(self):
        pending = self.pending.with_user(self.salesman)
        pending.write(
            {"name": "A longer call", "duration": 1.5, "contact_id": self.other_contact.id}
        )
        self.assertEqual(pending.partner_id, self.other_customer)
        message = pending.message_post(body=pending.name)
        self.assertIn(message, pending.message_ids)
        pending.with_user(self.manager).unlink()
        self.assertFalse(self.pending.exists())

    def test_existing_activities_lead_to_their_customer_and_contact(self):
        for xmlid, partner in (
            ("crm_activity_ext.crm_activity_action_open_customer", self.customer),
            ("crm_activity_ext.crm_activity_action_open_contact", self.contact),
        ):
            action = (
                self.env(user=self.salesman)
                .ref(xmlid)
                .with_context(active_model="crm.activity", active_ids=self.pending.ids)
                .run()
            )
            self.assertEqual((action["res_model"], action["res_id"]), (partner._name, partner.id))

    def test_the_actions_menu_offers_go_to_and_no_replicate(self):
        views = self.Activity.with_user(self.salesman).get_views(
            [(False, "list"), (False, "form")], {"toolbar": True}
        )
        for view_type, view in views["views"].items():
            with self.subTest(view_type):
                names = [action["name"] for action in view["toolbar"]["action"]]
                self.assertIn("Go to customer", names)
                self.assertIn("Go to contact", names)
                self.assertNotIn("Replicate", names)
        bindings = self.env(user=self.salesman)["ir.actions.actions"].get_bindings("crm.activity")
        replicate = self.env.ref("crm_activity_ext.crm_activity_action_replicate")
        self.assertNotIn(replicate.id, [action["id"] for action in bindings["action"]])

    def test_no_screen_of_activities_offers_a_new_one(self):
        Activity = self.Activity.with_user(self.salesman)
        views = self.env["ir.ui.view"].search(
            [
                ("model", "=", "crm.activity"),
                ("mode", "=", "primary"),
                ("type", "in", ["list", "form", "kanban", "calendar"]),
            ]
        )
        self.assertEqual(set(views.mapped("type")), {"list", "form", "kanban", "calendar"})
        for view in views:
            with self.subTest(view.name):
                arch = etree.fromstring(Activity.get_view(view.id, view.type)["arch"])
                # Duplicate and Import go with it in the web client.
                self.assertEqual(arch.get("create"), "0")

    def test_customers_offer_no_new_activity(self):
        views = self.env(user=self.salesman)["res.partner"].get_views(
            [(False, "form"), (False, "list"), (False, "kanban")]
        )["views"]
        for view_type, view in views.items():
            with self.subTest(view_type):
                self.assertNotIn("action_new_crm_activity", view["arch"])

    def test_customers_show_how_many_activities_they_have_only_where_they_have_any(self):
        Partner = self.env(user=self.salesman)["res.partner"]
        form = etree.fromstring(Partner.get_view(view_type="form")["arch"])
        [button] = form.xpath("//button[@name='action_view_crm_activities']")
        for partner, count in (
            (self.customer, 3),
            (self.contact, 3),
            (self.contact_2, 0),
            (self.other_customer, 0),
        ):
            with self.subTest(partner.name):
                [values] = partner.with_user(self.salesman).read(["crm_activity_count"])
                self.assertEqual(values["crm_activity_count"], count)
                self.assertIs(safe_eval(button.get("invisible"), values), not count)

    def test_no_menu_of_ours_exists(self):
        ours = self.env["ir.model.data"].search([("module", "=", "crm_activity_ext")])
        self.assertNotIn("ir.ui.menu", ours.mapped("model"))
        actions = self.env["ir.actions.act_window"].browse(
            ours.filtered(lambda data: data.model == "ir.actions.act_window").mapped("res_id")
        )
        menus = self.env["ir.ui.menu"].with_context(**{"ir.ui.menu.full_list": True})
        self.assertTrue(actions)
        self.assertFalse(menus.search([("action", "in", [f"{a._name},{a.id}" for a in actions])]))


@tagged("post_install", "-at_install")
class TestGateExternalApi(Json2Mixin, GateCase, HttpCase):
    """What a program is told that talks to Odoo over the network."""

    def _ways_in(self, wizard):
        """:return: model, ids, method and arguments by name"""
        values = self._values()
        pending = self.pending.ids
        return [
            ("crm.activity", None, "create", {"vals_list": [values]}),
            ("crm.activity", None, "create", {"vals_list": [{**values, "state": "done"}] * 2}),
            ("crm.activity", None, "name_create", {"name": "One more call"}),
            ("crm.activity", [], "web_save", {"vals": values, "specification": {}}),
            ("crm.activity", pending, "copy", {}),
            ("crm.activity", pending, "action_replicate", {}),
            ("res.partner", self.customer.ids, "action_new_crm_activity", {}),
            ("crm.activity.distribute", wizard.ids, "action_distribute", {}),
            (
                "utm.campaign",
                self.campaign.ids,
                "write",
                {"vals": {"crm_activity_ids": [[Command.CREATE.value, 0, values]]}},
            ),
        ]

    def _import_rows(self):
        return {
            "fields": ["name", "activity_type_id"],
            "data": [["One more call", self.type_call.name]],
        }

    def _wizard_of(self, user):
        return (
            self.env["crm.activity.distribute"]
            .with_user(user)
            .create(
                {
                    "target_model": "res.partner",
                    "target_ids": self.customer.ids,
                    "activity_type_id": self.type_call.id,
                    "name": "Call them all",
                }
            )
        )

    def _assert_refused_by(self, call):
        """Try every way in as different users.

        :param call: function of user, model, ids, method and arguments that returns the
            message of a refusal
        """
        for user in (self.salesman, self.manager, self.admin):
            wizard = self._wizard_of(user)
            before = self._rows()
            for way_in in self._ways_in(wizard):
                with self.subTest(user=user.login, model=way_in[0], method=way_in[2]):
                    message = call(user, *way_in)
                    self.assertIn(REFUSAL, message)
                    self.assertEqual(self._rows(), before)

    def _xmlrpc(self, user, model, ids, method, arguments):
        positional = [] if ids is None else [ids]
        with mute_logger("odoo.addons.rpc.controllers.xmlrpc", "odoo.http"):
            return self.xmlrpc_object.execute_kw(
                get_db_name(),
                user.id,
                user.login.ljust(8, "x"),
                model,
                method,
                positional,
                arguments,
            )

    def test_xmlrpc_refuses_every_way_in(self):
        def call(user, model, ids, method, arguments):
            if method == "create":  # by position only
                arguments, [values] = {}, arguments.values()
                ids = values
            with self.assertRaises(Fault) as refused:
                self._xmlrpc(user, model, ids, method, arguments)
            self.assertEqual(refused.exception.faultCode, FAULT_CODE_WARNING)
            return refused.exception.faultString

        self._assert_refused_by(call)

    def test_xmlrpc_refuses_an_import(self):
        before = self._rows()
        for user in (self.salesman, self.admin):
            result = self._xmlrpc(user, "crm.activity", None, "load", self._import_rows())
            self.assertFalse(result["ids"])
            self.assertTrue(result["messages"][0]["message"].startswith(REFUSAL), result)
            self.assertEqual(self._rows(), before)

    def test_xmlrpc_reads_and_closes_existing_activities(self):
        domain = [["state", "=", "pending"]]
        [values] = self._xmlrpc(
            self.salesman,
            "crm.activity",
            None,
            "search_read",
            {"domain": domain, "fields": ["name", "partner_id"]},
        )
        self.assertEqual(values["id"], self.pending.id)
        self.assertEqual(values["name"], "A pending call")
        self.assertEqual(values["partner_id"][0], self.customer.id)
        self._xmlrpc(self.salesman, "crm.activity", self.pending.ids, "action_done", {})
        self.assertEqual(self.pending.state, "done")

    def _json2(self, user, model, ids, method, arguments):
        body = {**arguments, **({"ids": ids} if ids else {})}
        return self._post(model, method, body, user)

    def test_json2_refuses_every_way_in(self):
        def call(*arguments):
            status, answer = self._json2(*arguments)
            self.assertEqual(status, 422, answer)
            self.assertEqual(answer["name"], "odoo.exceptions.UserError")
            return answer["message"]

        self._assert_refused_by(call)

    def test_json2_refuses_an_import(self):
        before = self._rows()
        for user in (self.salesman, self.admin):
            status, result = self._json2(user, "crm.activity", None, "load", self._import_rows())
            self.assertEqual(status, 200, result)
            self.assertFalse(result["ids"])
            self.assertTrue(result["messages"][0]["message"].startswith(REFUSAL), result)
            self.assertEqual(self._rows(), before)

    def test_json2_reads_and_closes_existing_activities(self):
        found = self._json2(
            self.salesman, "crm.activity", None, "search", {"domain": [["state", "=", "pending"]]}
        )
        self.assertEqual(found, (200, self.pending.ids))
        closed = self._json2(self.salesman, "crm.activity", self.pending.ids, "action_done", {})
        self.assertEqual(closed[0], 200, closed)
        self.assertEqual(self.pending.state, "done")

    def test_the_web_client_leads_an_administrator_to_apps(self):
        self.authenticate(self.admin.login, self.admin.login.ljust(8, "x"))
        with mute_logger("odoo.http"):
            response = self.url_open(
                "/web/dataset/call_kw/crm.activity/web_save",
                json={
                    "params": {
                        "model": "crm.activity",
                        "method": "web_save",
                        "args": [[], self._values()],
                        "kwargs": {"specification": {}},
                    }
                },
            )
        error = response.json()["error"]["data"]
        self.assertEqual(error["name"], "odoo.exceptions.RedirectWarning")
        self.assertTrue(error["arguments"][0].startswith(REFUSAL))
        self.assertEqual(error["arguments"][1], self.env.ref("base.open_module_tree").id)
