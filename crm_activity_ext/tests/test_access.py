# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may do what with whose activities."""

from xmlrpc.client import Fault

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CrmActivityCase

# Sales levels mean what they mean for leads. The salesperson of company B has "all documents":
# what is refused there is refused for the company. create_like makes an activity with the
# responsible and the company of that record. Anybody who is made responsible follows the
# activity, and Odoo lets followers answer even what they cannot open: an e-mail told them.
ROLES = "own_only all_docs manager company_b employee portal public".split()
EXPECTED = """
    operation    record         own_only all_docs manager company_b employee portal public
    ----------------------------------------------------------------------------------------
    search       own            yes      yes      yes     yes       no       no     no
    search       colleague's    no       yes      yes     yes       no       no     no
    search       company's      no       no       no      no        no       no     no
    read         own            yes      yes      yes     yes       no       no     no
    read         colleague's    no       yes      yes     yes       no       no     no
    read         company's      no       no       no      no        no       no     no
    count        own            yes      yes      yes     yes       no       no     no
    count        colleague's    no       yes      yes     yes       no       no     no
    count        company's      no       no       no      no        no       no     no
    go_to        own            yes      yes      yes     yes       no       no     no
    go_to        colleague's    no       yes      yes     yes       no       no     no
    go_to        company's      no       no       no      no        no       no     no
    write        own            yes      yes      yes     yes       no       no     no
    write        colleague's    no       yes      yes     yes       no       no     no
    write        company's      no       no       no      no        no       no     no
    done         own            yes      yes      yes     yes       no       no     no
    done         colleague's    no       yes      yes     yes       no       no     no
    done         company's      no       no       no      no        no       no     no
    discuss      own            yes      yes      yes     yes       yes      yes    no
    discuss      colleague's    no       yes      yes     yes       no       no     no
    discuss      company's      no       no       no      no        no       no     no
    give_away    own            no       yes      yes     yes       no       no     no
    give_away    colleague's    no       yes      yes     yes       no       no     no
    give_away    company's      no       no       no      no        no       no     no
    create_like  own            yes      yes      yes     yes       no       no     no
    create_like  colleague's    no       yes      yes     yes       no       no     no
    create_like  company's      no       no       no      no        no       no     no
    replicate    own            yes      yes      yes     yes       no       no     no
    replicate    colleague's    no       yes      yes     yes       no       no     no
    replicate    company's      no       no       no      no        no       no     no
    new_for      own            yes      yes      yes     yes       no       no     no
    distribute   own            yes      yes      yes     yes       no       no     no
    distribute   company's      no       no       no      no        no       no     no
    unlink       own            no       no       yes     no        no       no     no
    unlink       colleague's    no       no       yes     no        no       no     no
    unlink       company's      no       no       no      no        no       no     no
    discard      own            yes      yes      yes     yes       no       no     no
    discard      colleague's    no       no       yes     no        no       no     no
    discard      company's      no       no       no      no        no       no     no
"""


def _cells():
    """:return: ``(operation, record, role, whether it is allowed)`` for each cell"""
    header, _line, *rows = EXPECTED.strip().splitlines()
    assert header.split()[2:] == ROLES
    for row in rows:
        operation, record, *answers = row.split()
        for role, answer in zip(ROLES, answers, strict=True):
            yield operation, record, role, {"yes": True, "no": False}[answer]


class AccessCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sales = "base.group_user,base.group_partner_manager,sales_team.group_sale_%s"
        in_b = {"company_id": cls.company_b.id, "tz": "UTC"}
        colleague_a = new_test_user(cls.env, "cleo", sales % "salesman")
        colleague_b = new_test_user(cls.env, "carl", sales % "salesman", **in_b)
        cls.users = {
            "own_only": cls.salesman,
            "all_docs": cls.salesman_all,
            "manager": cls.manager,
            "company_b": new_test_user(cls.env, "beth", sales % "salesman_all_leads", **in_b),
            "employee": new_test_user(
                cls.env, "erik", "base.group_user,base.group_partner_manager"
            ),
            "portal": new_test_user(cls.env, "paul", "base.group_portal"),
            "public": cls.env.ref("base.public_user"),
        }
        customer_a, customer_b = cls.env["res.partner"].create(
            [
                {"name": f"Customer of {company.name}", "company_id": company.id}
                for company in (cls.company_a, cls.company_b)
            ]
        )
        activity_a, activity_b = (
            cls._create_activity(user_id=user.id, partner_id=customer.id)
            for user, customer in ((colleague_a, customer_a), (colleague_b, customer_b))
        )
        cls.records = {
            role: {
                "own": cls._create_own(user),
                "colleague's": activity_b if user.company_id == cls.company_b else activity_a,
                "company's": activity_a if user.company_id == cls.company_b else activity_b,
            }
            for role, user in cls.users.items()
        }

    @classmethod
    def _create_own(cls, user):
        """:return: an activity of the user, who may have become a portal user since"""
        if not user.share:
            return cls._create_activity(user_id=user.id, company_id=user.company_id.id)
        activity = cls._create_activity(company_id=user.company_id.id)
        activity.flush_recordset()
        cls.env.cr.execute(
            "UPDATE crm_activity SET user_id = %s WHERE id = %s", [user.id, activity.id]
        )
        activity.invalidate_recordset()
        activity._message_auto_subscribe({"user_id": user.id})
        return activity

    def _assert_allowed_as_expected(self, roles, call_as):
        """Compare each cell of the table with what happens.

        :param call_as: function of a user; returns a function of model, method, ids (none for
            a method of the model) and arguments, which raises AccessError where it is refused
        """
        for operation, name, role, expected in _cells():
            if role not in roles:
                continue
            with self.subTest(operation=operation, record=name, role=role):
                call = call_as(self.users[role])
                record = self.records[role][name]
                savepoint = self.env.cr.savepoint()
                try:
                    allowed = bool(getattr(self, f"_do_{operation}")(call, record))
                    self.env.flush_all()
                except AccessError:
                    allowed = False
                finally:
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()
                self.assertEqual(allowed, expected)

    def _do_search(self, call, record):
        return call("crm.activity", "search", None, [["id", "=", record.id]])

    def _do_read(self, call, record):
        return call("crm.activity", "read", record.ids, ["name", "partner_id"])

    def _do_count(self, call, record):
        [total] = call(
            "crm.activity", "formatted_read_group", None, [["id", "=", record.id]], [], ["__count"]
        )
        return total["__count"]

    def _do_go_to(self, call, record):
        return call("crm.activity", "action_open_customer", record.ids)

    def _do_write(self, call, record):
        return call("crm.activity", "write", record.ids, {"name": "Show more samples"})

    def _do_done(self, call, record):
        return call("crm.activity", "action_done", record.ids)

    def _do_discuss(self, call, record):
        return call("crm.activity", "message_post", record.ids, body="They liked the red one.")

    def _do_give_away(self, call, record):
        successor = self.users["company_b" if record.company_id == self.company_b else "manager"]
        return call("crm.activity", "write", record.ids, {"user_id": successor.id})

    def _do_create_like(self, call, record):
        values = {
            "name": "Show other samples",
            "activity_type_id": self.type_visit.id,
            "partner_id": self.customer.id,
            "user_id": record.user_id.id,
            "company_id": record.company_id.id,
        }
        return call("crm.activity", "create", None, values)

    def _do_replicate(self, call, record):
        return call("crm.activity", "action_replicate", record.ids)

    def _do_new_for(self, call, record):
        return call("res.partner", "action_new_crm_activity", record.partner_id.ids)

    def _do_distribute(self, call, record):
        values = {
            "target_model": "res.partner",
            "target_ids": (record.partner_id | self.other_customer).ids,
            "activity_type_id": self.type_visit.id,
            "name": "Show the new samples",
        }
        wizard_id = call("crm.activity.distribute", "create", None, values)
        return call("crm.activity.distribute", "action_distribute", [wizard_id])

    def _do_discard(self, call, record):
        record.state = "cancelled"
        self.env.flush_all()
        return call("crm.activity", "unlink", record.ids)

    def _do_unlink(self, call, record):
        return call("crm.activity", "unlink", record.ids)


@tagged("post_install", "-at_install")
class TestAccess(AccessCase):
    def test_everybody_may_what_the_table_says(self):
        def call_as(user):
            def call(model, method, ids, *args, **kwargs):
                records = self.env[model].with_user(user).browse(ids or ())
                result = getattr(records, method)(*args, **kwargs)
                # as over the network
                return result.id if method == "create" else result

            return call

        self._assert_allowed_as_expected(ROLES, call_as)

    def test_a_search_finds_exactly_what_may_be_read(self):
        for role, expected in {
            "own_only": self.records["own_only"]["own"],
            "company_b": self.Activity.search([("company_id", "=", self.company_b.id)]),
            "manager": self.Activity.search([("company_id", "=", self.company_a.id)]),
        }.items():
            with self.subTest(role):
                self.assertEqual(self.Activity.with_user(self.users[role]).search([]), expected)

    def test_a_salesperson_of_two_companies_sees_those_that_are_switched_on(self):
        user = self.users["all_docs"]
        user.company_ids = self.company_a | self.company_b
        everywhere = self.Activity.search([])
        in_b = everywhere.filtered(lambda activity: activity.company_id == self.company_b)
        self.assertTrue(in_b < everywhere)
        for companies, expected in (
            (self.company_b, in_b),
            (self.company_a, everywhere - in_b),
            (self.company_a | self.company_b, everywhere),
        ):
            Activity = self.Activity.with_user(user).with_context(allowed_company_ids=companies.ids)
            self.assertEqual(Activity.search([]), expected)

    def test_the_count_of_a_customer_is_of_what_may_be_read(self):
        self._create_activity(user_id=self.users["own_only"].id, contact_id=self.contact.id)
        readable = {role: 0 for role in ROLES}
        for activity in self.Activity.search([("partner_id", "=", self.customer.id)]):
            for role in ("own_only", "all_docs", "manager", "company_b"):
                readable[role] += activity.with_user(self.users[role]).has_access("read")
        self.assertEqual(readable["own_only"], 2)
        self.assertEqual(readable["company_b"], 1)
        self.assertGreater(readable["all_docs"], 2)
        for role in ("own_only", "all_docs", "manager", "company_b"):
            with self.subTest(role):
                customer = self.customer.with_user(self.users[role])
                customer.invalidate_recordset(["crm_activity_count"])
                self.assertEqual(customer.crm_activity_count, readable[role])

    def test_others_than_sales_cannot_read_how_many_activities_there_are(self):
        for role in ("employee", "portal", "public"):
            env = self.env(user=self.users[role])
            for model_name, record, field_name in (
                ("res.partner", self.customer, "crm_activity_count"),
                ("utm.campaign", self.campaign, "crm_activity_ids"),
            ):
                with self.subTest(role, field=field_name):
                    self.assertNotIn(field_name, env[model_name].fields_get())
                    with self.assertRaises(AccessError):
                        record.with_env(env).read([field_name])

    def test_the_form_of_a_customer_works_for_others_than_sales(self):
        employee = self.users["employee"]
        with Form(self.customer.with_user(employee)) as form:
            form.name = "Oak & Daughters"
        self.assertEqual(self.customer.name, "Oak & Daughters")
        with Form(self.env["res.partner"].with_user(employee)) as form:
            form.name = "Elm"
        for view_type in ("form", "list", "kanban"):
            view = self.env["res.partner"].with_user(employee).get_view(view_type=view_type)
            for button in etree.fromstring(view["arch"]).iter("button"):
                self.assertNotIn("crm_activit", button.get("name") or "")

    def test_others_than_sales_have_no_crm_activities_in_their_activity_menu(self):
        for role in ("own_only", "employee"):
            groups = self.env["res.users"].with_user(self.users[role])._get_activity_groups()
            models = [group["model"] for group in groups]
            self.assertEqual("crm.activity" in models, role == "own_only")


@tagged("post_install", "-at_install")
class TestServerActions(AccessCase):
    """Odoo's Actions menu: Replicate, Go to contact, Go to customer."""

    NAMES = ("replicate", "open_contact", "open_customer")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A team's coordinator: reads what all do, changes what is their own.
        coordinators = cls.env["res.groups"].create({"name": "Coordinators"})
        cls.env["ir.rule"].create(
            {
                "name": "CRM activities: read all",
                "model_id": cls.env["ir.model"]._get_id("crm.activity"),
                "domain_force": "[(1, '=', 1)]",
                "groups": [Command.set(coordinators.ids)],
                "perm_write": False,
                "perm_create": False,
                "perm_unlink": False,
            }
        )
        cls.coordinator = new_test_user(
            cls.env, "cora", "base.group_user,sales_team.group_sale_salesman"
        )
        cls.coordinator.group_ids += coordinators
        cls.activity = cls._create_activity(
            user_id=cls.salesman.id, partner_id=False, contact_id=cls.contact.id
        )

    def _run(self, name, user, activities):
        return (
            self.env(user=user)
            .ref(f"crm_activity_ext.crm_activity_action_{name}")
            .with_context(
                active_model="crm.activity", active_id=activities[:1].id, active_ids=activities.ids
            )
            .run()
        )

    def test_who_may_read_may_go_to_customer_and_contact(self):
        activity = self.activity.with_user(self.coordinator)
        self.assertTrue(activity.has_access("read"))
        self.assertFalse(activity.has_access("write"))
        action = self._run("open_customer", self.coordinator, self.activity)
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.customer.id))
        action = self._run("open_contact", self.coordinator, self.activity)
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.contact.id))

    def test_who_may_only_read_cannot_replicate_for_the_responsible(self):
        with self.assertRaises(AccessError):
            self._run("replicate", self.coordinator, self.activity)

    def test_salespeople_can_run_each_on_their_own(self):
        for name in self.NAMES:
            with self.subTest(name):
                self.assertTrue(self._run(name, self.salesman, self.activity)["res_id"])

    def test_nobody_runs_them_on_what_they_may_not_read(self):
        colleagues = self.records["own_only"]["colleague's"]
        for name in self.NAMES:
            with self.subTest(name), self.assertRaises(AccessError):
                self._run(name, self.salesman, colleagues)

    def test_others_than_sales_cannot_run_them(self):
        for role in ("employee", "portal", "public"):
            for name in self.NAMES:
                with self.subTest(name, role=role), self.assertRaises(AccessError):
                    self._run(name, self.users[role], self.activity)

    def test_the_actions_menu_of_salespeople_has_them(self):
        bindings = (
            self.env(user=self.salesman)["ir.actions.actions"]
            .get_bindings("crm.activity")
            .get("action", [])
        )
        names = {"Replicate", "Go to contact", "Go to customer"}
        self.assertTrue(names <= {action["name"] for action in bindings})


@tagged("post_install", "-at_install")
class TestAccessOverXmlRpc(AccessCase, HttpCase):
    def test_everybody_may_what_the_table_says(self):
        fault_code_access_error = 4

        def call_as(user):
            def call(model, method, ids, *args, **kwargs):
                positional = args if ids is None else (ids, *args)
                try:
                    return self.xmlrpc_object.execute_kw(
                        get_db_name(),
                        user.id,
                        user.login.ljust(8, "x"),  # as new_test_user makes them
                        model,
                        method,
                        positional,
                        kwargs,
                    )
                except Fault as fault:
                    if fault.faultCode != fault_code_access_error:
                        raise
                    raise AccessError(fault.faultString) from fault

            return call

        # Nobody can log in as the public user.
        roles = [role for role in ROLES if role != "public"]
        with mute_logger("odoo.addons.rpc.controllers.xmlrpc", "odoo.http"):
            self._assert_allowed_as_expected(roles, call_as)


@tagged("post_install", "-at_install")
class TestAttachments(CrmActivityCase):
    def _upload(self, user, **values):
        values = {"name": "offer.txt", "raw": b"42", **values}
        return self.env["ir.attachment"].with_user(user).create(values)

    def test_who_reads_an_activity_reads_its_files(self):
        """Also those that were uploaded before the activity was saved."""
        early = self._upload(self.salesman, res_model="crm.activity", res_id=0)
        late, foreign = self._upload(self.salesman), self._upload(self.salesman_all)
        activity = self._create_activity(user_id=self.salesman.id)
        own = self.Activity.with_user(self.salesman).create(
            {
                "name": "Send the offer",
                "activity_type_id": self.type_call.id,
                "partner_id": self.customer.id,
                "attachment_ids": [Command.link(early.id)],
            }
        )
        activity.with_user(self.salesman).attachment_ids = [Command.link(late.id)]
        for file in early | late:
            self.assertEqual(file.with_user(self.manager).raw, b"42")
            self.assertEqual(file.with_user(self.salesman_all).raw, b"42")
            other = new_test_user(
                self.env, f"o.{file.id}", "base.group_user,sales_team.group_sale_salesman"
            )
            with self.assertRaises(AccessError):
                file.with_user(other).read(["raw"])
        self.assertEqual((early.res_model, early.res_id), ("crm.activity", own.id))
        # Nobody takes a file by naming its id.
        own.sudo().attachment_ids = [Command.link(foreign.id)]
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager).read(["raw"])

    def test_files_of_a_template_stay_the_templates(self):
        template = self.env["mail.template"].create(
            {"name": "Offer", "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        file = self._upload(self.env.user, res_model="mail.template", res_id=template.id)
        self._create_activity(attachment_ids=[Command.link(file.id)])
        self.assertEqual((file.res_model, file.res_id), ("mail.template", template.id))


@tagged("post_install", "-at_install")
class TestWithoutSales(CrmActivityCase):
    """Odoo's own records stay everybody's who could work with them before."""

    def test_who_does_not_sell_copies_what_has_fields_of_salespeople(self):
        employee = new_test_user(
            self.env, "sys.tem", "base.group_user,base.group_partner_manager", name="Una User"
        )
        tag = self.env["res.partner.category"].create({"name": "Key", "crm_contact_cycle": 30})
        self.customer.write({"crm_contact_cycle": 60, "category_id": tag.ids})
        self.campaign.write({"audience_mode": "list", "audience_included_ids": self.customer.ids})
        for record in (self.customer, tag, self.campaign):
            with self.subTest(record._name):
                copied = record.with_user(employee).copy()
                self.assertIn(record.display_name, copied.display_name)
                kept = record.with_user(self.salesman).copy()
                names = {"crm_contact_cycle", "audience_mode"} & record._fields.keys()
                self.assertEqual([kept[n] for n in names], [record[n] for n in names])
                self.assertNotEqual([copied.sudo()[n] for n in names], [record[n] for n in names])
        with self.assertRaises(AccessError):
            self.customer.with_user(employee).copy({"crm_contact_cycle": 5})

    def test_who_administers_users_and_does_not_sell_copies_them(self):
        administrator = new_test_user(self.env, "ivy", "base.group_system", name="Ivy IT")
        self.salesman.partner_id.crm_contact_cycle = 30
        copied = self.salesman.with_user(administrator).copy({"login": "sam.two"})
        self.assertEqual(copied.group_ids, self.salesman.group_ids)
        self.assertFalse(copied.sudo().crm_contact_cycle)
