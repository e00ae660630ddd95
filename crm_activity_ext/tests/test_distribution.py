# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import crm_activity_distribution
from .common import CrmActivityCase


class DistributionCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman_all.email = "ada@example.com"
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Catalogue",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "subject": "News for {{ object.name }}",
                "body_html": "<p>Dear <t t-out='object.name'/>, have a look.</p>",
            }
        )

    @classmethod
    def _create_customers(cls, count, **values):
        return (
            cls.env["res.partner"]
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "name": f"Customer {i}",
                        "is_company": True,
                        "email": f"customer{i}@example.com",
                        **values,
                    }
                    for i in range(count)
                ]
            )
        )

    def _prepare_wizard(self, targets, user=None, **values):
        return (
            self.env["crm.activity.distribute"]
            .with_user(user or self.salesman_all)
            .create(
                {
                    "target_model": targets._name,
                    "target_ids": targets.ids,
                    "activity_type_id": self.type_visit.id,
                    "name": "Show the new samples",
                    **values,
                }
            )
        )

    def _distribute(self, targets, user=None, **values):
        """:return: the distribution, worked off where it is small"""
        wizard = self._prepare_wizard(targets, user, **values)
        wizard.action_distribute()
        return wizard.distribution_id

    def _start_in_background(self, targets, **values):
        with patch.object(crm_activity_distribution, "IMMEDIATE_LIMIT", 0):
            return self._distribute(targets, **values)

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_activity_ext.ir_cron_distribute").method_direct_trigger()
        self.env.invalidate_all()

    def _made(self, distribution):
        return self.Activity.search([("distribution_id", "=", distribution.id)], order="id")

    def _kinds(self, distribution):
        lines = distribution.line_ids
        return {self.env["res.partner"].browse(line.res_id): line.kind for line in lines}


@tagged("post_install", "-at_install")
class TestLeftOut(DistributionCase):
    """Who gets none, and why."""

    def assertLeftOut(self, expected, targets, **values):
        """Ask the dialog first, then do it.

        :param dict expected: ``{target: kind}``
        """
        wizard = self._prepare_wizard(targets, **values)
        self.assertEqual(wizard.left_out_count, len(expected))
        self.assertEqual(wizard.make_count, len(targets) - len(expected))
        if expected:
            self.assertIn(next(iter(expected)).name, wizard.left_out)
        wizard.action_distribute()
        distribution = wizard.distribution_id
        self.assertEqual(self._kinds(distribution), expected)
        self.assertEqual(distribution.left_out_count, len(expected))
        self.assertEqual(distribution.made_count, len(targets) - len(expected))
        self.assertEqual(len(self._made(distribution)), distribution.made_count)
        self.assertTrue(all(line.reason and line.name for line in distribution.line_ids))
        return distribution

    def test_those_that_have_one_of_this_type_in_this_campaign(self):
        a, b, c, d = customers = self._create_customers(4)
        in_campaign = {"campaign_id": self.campaign.id}
        self._create_activity(partner_id=a.id, user_id=self.manager.id, **in_campaign)
        self._create_activity(partner_id=b.id)
        self._create_activity(
            partner_id=c.id, activity_type_id=self.type_call.id, state="done", **in_campaign
        )
        self.assertLeftOut({a: "existing"}, customers, skip_existing=True, **in_campaign)
        self.assertLeftOut(
            dict.fromkeys(customers, "existing"), customers, skip_existing=True, **in_campaign
        )
        self.assertLeftOut({}, customers, **in_campaign)
        self.assertTrue(d)

    def test_a_company_with_its_contacts_gets_one_for_each(self):
        everybody = self.customer | self.contact | self.contact_2
        distribution = self.assertLeftOut(
            {}, everybody, skip_existing=True, campaign_id=self.campaign.id
        )
        self.assertEqual(len(self._made(distribution)), 3)

    def test_archived_ones_whatever_the_type(self):
        a, b = customers = self._create_customers(2)
        b.active = False
        self.assertLeftOut({b: "archived"}, customers)
        self.assertTrue(a)

    def test_emails_without_an_address_opted_out_or_to_an_address_twice(self):
        ok, none, wrong, black, double = customers = self._create_customers(5)
        none.email = False
        wrong.email = "nobody at home"
        double.email = f"Somebody Else <{ok.email.upper()}>"
        self.env["mail.blacklist"]._add(black.email)
        expected = {
            none: "no_address",
            wrong: "no_address",
            black: "opted_out",
            double: "same_address",
        }
        text = {"name": "News", "body": "<p>Have a look.</p>"}
        for state in ("draft", "pending"):
            with self.subTest(state):
                distribution = self.assertLeftOut(
                    expected, customers, activity_type_id=self.type_email.id, state=state, **text
                )
                self.assertEqual(self._made(distribution).partner_id, ok)
        with self.subTest("other channels reach them"):
            self.assertLeftOut({}, customers, **text)
        with self.subTest("what has happened"):
            self.assertLeftOut(
                {}, customers, activity_type_id=self.type_email.id, state="done", **text
            )

    def test_an_address_that_has_one_is_not_written_to_again(self):
        new, has_one = customers = self._create_customers(2)
        new.email = has_one.email
        email = {"activity_type_id": self.type_email.id, "campaign_id": self.campaign.id}
        self._create_activity(partner_id=has_one.id, **email)
        self.assertLeftOut(
            {new: "same_address", has_one: "existing"}, customers, skip_existing=True, **email
        )

    def test_what_would_be_a_colleagues_for_who_may_only_make_their_own(self):
        mine, theirs = customers = self._create_customers(2)
        mine.user_id = self.salesman
        theirs.user_id = self.salesman_all
        self.assertLeftOut(
            {theirs: "not_mine"}, customers, user=self.salesman, user_policy="salesperson"
        )
        self.assertLeftOut({}, customers, user_policy="salesperson")

    def test_the_dialog_does_not_wait_for_whom_it_makes_none_for(self):
        targets = self._create_customers(3)
        targets[0].email = False
        action = targets.with_user(self.salesman).action_new_crm_activity()
        Wizard = self.env[action["res_model"]].with_user(self.salesman)
        left_out = patch.object(
            self.env.registry["crm.activity.distribute"],
            "_get_left_out",
            side_effect=AssertionError,
        )
        with left_out, Form(Wizard.with_context(**action["context"])) as form:
            form.activity_type_id = self.type_call
            form.activity_type_id = self.type_email
        values = {
            "target_model": "res.partner",
            "target_ids": targets.ids,
            "activity_type_id": self.type_email.id,
        }
        for wizard in (Wizard, form.record):
            [result] = wizard.get_expected_result(values)
            self.assertEqual(result["id"], wizard.id)
            self.assertEqual((result["make_count"], result["left_out_count"]), (2, 1))
            self.assertIn(targets[0].name, result["left_out"])
            [result] = wizard.get_expected_result(
                {**values, "activity_type_id": self.type_visit.id, "distribution_id": 1}
            )
            self.assertEqual((result["make_count"], result["left_out_count"]), (3, 0))
        self.assertEqual(form.record.activity_type_id, self.type_email)

    def test_what_is_expected_is_told_to_who_may_use_the_dialog_of_whom_they_may_read(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        Wizard = self.env["crm.activity.distribute"]
        self.other_customer.company_id = self.company_b
        values = {
            "target_model": "res.partner",
            "target_ids": (self.customer | self.other_customer).ids,
            "activity_type_id": self.type_visit.id,
        }
        self.assertRaises(AccessError, Wizard.with_user(employee).get_expected_result, values)
        [result] = Wizard.with_user(self.salesman).get_expected_result(values)
        self.assertEqual(result["make_count"], 1)
        other = self._prepare_wizard(self.customer, self.salesman_all)
        with self.assertRaises(AccessError):
            other.with_user(self.salesman).get_expected_result({})

    def test_the_questions_do_not_grow_with_the_targets(self):
        few, many = self._create_customers(10), self._create_customers(1000)
        for i, partner in enumerate(many[::3]):
            partner.email = False if i % 2 else "same@example.com"
        counts = []
        for targets in (few, many):
            wizard = self._prepare_wizard(
                targets,
                activity_type_id=self.type_email.id,
                campaign_id=self.campaign.id,
                skip_existing=True,
                user_policy="salesperson",
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(wizard.make_count)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
        self.assertLess(counts[1], 30)


@tagged("post_install", "-at_install")
class TestDefinition(DistributionCase):
    """What each one gets."""

    def test_the_dialog_shows_how_the_template_turns_out(self):
        customers = self._create_customers(5)
        action = customers.with_user(self.salesman).action_new_crm_activity()
        form = Form(
            self.env["crm.activity.distribute"]
            .with_user(self.salesman)
            .with_context(**action["context"])
        )
        form.activity_type_id = self.type_email
        self.assertFalse(form.preview)
        form.mail_template_id = self.template
        for i, shown in enumerate([True, True, True, False, False]):
            self.assertEqual(f"News for Customer {i}" in form.preview, shown)
            self.assertEqual(f"Dear Customer {i}," in form.preview, shown)
        form.mail_template_id = self.template.copy({"subject": "Other news"})
        self.assertIn("Other news", form.preview)
        distribution = form.save()
        distribution.action_distribute()
        made = self._made(distribution.distribution_id)
        self.assertEqual(made.mapped("name"), ["Other news"] * 5)
        self.assertIn("Dear Customer 4,", made[4].body)

    def test_a_template_that_cannot_be_filled_in_says_so_in_the_preview(self):
        self.template.subject = "{{ 1 // (object.name != 'Customer 1') }}"
        wizard = self._prepare_wizard(self._create_customers(2), mail_template_id=self.template.id)
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.assertIn("could not be rendered", wizard.preview)

    def test_a_text_that_was_typed_goes_before_the_templates(self):
        self.type_visit.default_note = "<p>Bring samples</p>"
        customers = self._create_customers(2)
        template = {"mail_template_id": self.template.id}
        typed = self._made(self._distribute(customers, body="<p>Typed</p>", **template))
        self.assertEqual(set(typed.mapped("body")), {"<p>Typed</p>"})
        self.assertEqual(set(typed.mapped("name")), {"Show the new samples"})
        rendered = self._made(self._distribute(customers, **template))
        self.assertEqual(rendered.mapped("name"), ["News for Customer 0", "News for Customer 1"])
        proposed = self._made(self._distribute(customers))
        self.assertEqual(set(proposed.mapped("body")), {"<p>Bring samples</p>"})

    def test_the_responsible(self):
        looked_after, other, archived, contacts = self._create_customers(4)
        looked_after.user_id = self.manager
        archived.user_id = self.salesman.copy({"login": "gone", "active": False})
        contacts.user_id = self.manager
        contact = self.env["res.partner"].create(
            {"name": "Carla", "parent_id": contacts.id, "user_id": False}
        )
        targets = looked_after | other | archived | contact
        me, manager = self.salesman_all, self.manager
        for values, expected in (
            ({}, [me] * 4),
            ({"user_policy": "salesperson"}, [manager, me, me, manager]),
            ({"user_policy": "user", "user_id": manager.id}, [manager] * 4),
        ):
            with self.subTest(**values):
                made = self._made(self._distribute(targets, **values))
                self.assertEqual([activity.user_id for activity in made], expected)

    def test_what_is_missing_is_said(self):
        customers = self._create_customers(2)
        with self.assertRaisesRegex(UserError, "Write a subject"):
            self._distribute(customers, name=False)
        with self.assertRaisesRegex(UserError, "Choose a responsible user"):
            self._distribute(customers, user_policy="user")
        with self.assertRaises(UserError) as refused:  # which takes back what was begun
            self._distribute(customers, activity_type_id=self.type_email.id, state="pending")
        self.assertIn("no text to send", refused.exception.args[0])
        self.assertFalse(self.env["crm.activity.distribution"].search([]))

    def test_the_dialog_tells_the_limit_of_a_selection(self):
        customers = self._create_customers(3)
        self.assertFalse(self._prepare_wizard(customers).is_limit_reached)
        self.env["ir.config_parameter"].set_param("web.active_ids_limit", 3)
        self.assertTrue(self._prepare_wizard(customers).is_limit_reached)


@tagged("post_install", "-at_install")
class TestRun(DistributionCase):
    """Made once each, whatever happens on the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_customers(25)
        patcher = patch.object(crm_activity_distribution, "CHUNK_SIZE", 10)
        patcher.start()
        cls.addClassCleanup(patcher.stop)

    def assertMadeOnceEach(self, distribution, targets):
        self.assertEqual(distribution.run_state, "done")
        made = Counter(activity.partner_id for activity in self._made(distribution))
        self.assertEqual(made, Counter(targets))
        self.assertEqual(distribution.made_count, len(targets))
        self.assertEqual((distribution.progress, distribution.waiting_count), (100.0, 0))

    def test_what_is_left_out_beforehand_is_no_progress(self):
        self.customers[:5].active = False
        with patch.object(crm_activity_distribution, "IMMEDIATE_LIMIT", 10):
            wizard = self._prepare_wizard(self.customers)
            wizard.action_distribute()
        distribution = wizard.distribution_id
        self.assertEqual((distribution.left_out_count, distribution.progress), (5, 0.0))
        self._run_cron()
        self.assertEqual((distribution.made_count, distribution.progress), (20, 100.0))

    def test_the_subject_is_the_activities_and_not_the_templates_name(self):
        wizard = self._prepare_wizard(self.customers[:2])
        wizard.action_distribute()
        self.assertEqual(wizard.distribution_id.subject, wizard.name)
        template = self.env["mail.template"].create(
            {
                "name": "Spring",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Dear {{ object.name }}",
            }
        )
        wizard = self._prepare_wizard(self.customers[:2], mail_template_id=template.id)
        wizard.action_distribute()
        self.assertEqual(wizard.distribution_id.subject, "From the template")
        self.assertEqual(wizard.distribution_id.display_name, "Spring")

    def test_a_few_are_made_at_once_and_the_notice_links_to_them(self):
        wizard = self._prepare_wizard(self.customers)
        action = wizard.action_distribute()
        self.assertMadeOnceEach(wizard.distribution_id, self.customers)
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("25 activities created", action["params"]["message"])
        url = f"/odoo/crm.activity.distribution/{wizard.distribution_id.id}"
        self.assertEqual(action["params"]["links"][0]["url"], url)

    def test_pressing_twice_makes_nothing_more(self):
        wizard = self._prepare_wizard(self.customers)
        wizard.action_distribute()
        wizard.action_distribute()
        self.assertMadeOnceEach(wizard.distribution_id, self.customers)
        self.assertEqual(self.Activity.search_count([("name", "=", wizard.name)]), 25)

    def test_many_are_made_in_the_background(self):
        with patch.object(crm_activity_distribution, "IMMEDIATE_LIMIT", 10):
            wizard = self._prepare_wizard(self.customers)
            action = wizard.action_distribute()
        distribution = wizard.distribution_id
        self.assertEqual(action["res_model"], "crm.activity.distribution")
        self.assertEqual(action["res_id"], distribution.id)
        self.assertEqual((distribution.run_state, distribution.progress), ("pending", 0.0))
        self._run_cron()
        self.assertMadeOnceEach(distribution, self.customers)
        self.assertEqual(self._made(distribution).create_uid, self.salesman_all)
        self._run_cron()
        self.assertMadeOnceEach(distribution, self.customers)

    def test_it_goes_on_where_it_stopped(self):
        distribution = self._start_in_background(self.customers).sudo()
        distribution._process_chunk()
        self.assertEqual(distribution.run_state, "running")
        self.assertEqual((distribution.made_count, distribution.progress), (10, 40.0))
        savepoint = self.env.cr.savepoint()
        distribution._process_chunk()
        savepoint.close(rollback=True)  # the worker is killed before it commits
        self.env.invalidate_all()
        self.assertEqual((distribution.made_count, distribution.waiting_count), (10, 15))
        self._run_cron()
        self.assertMadeOnceEach(distribution, self.customers)

    def test_one_that_fails_does_not_keep_the_others(self):
        distribution = self._start_in_background(self.customers)
        Activity = type(self.Activity)
        create = Activity.create

        def create_but_not_for_13(activities, vals_list):
            made = create(activities, vals_list)
            if self.customers[13] in made.partner_id:
                raise ValueError("13 brings bad luck")
            return made

        with (
            patch.object(Activity, "create", create_but_not_for_13),
            mute_logger("odoo.addons.crm_activity_ext.models.crm_activity_distribution"),
        ):
            self._run_cron()
        self.assertMadeOnceEach(distribution, self.customers - self.customers[13])
        self.assertEqual(self._kinds(distribution), {self.customers[13]: "error"})
        self.assertEqual(distribution.line_ids.reason, "13 brings bad luck")

    def test_what_changes_meanwhile_is_respected(self):
        values = {
            "activity_type_id": self.type_email.id,
            "campaign_id": self.campaign.id,
            "skip_existing": True,
            "body": "<p>Have a look.</p>",
        }
        distribution = self._start_in_background(self.customers, **values)
        has_one, black, archived, gone = left_out = self.customers[20:24]
        self._create_activity(
            partner_id=has_one.id, campaign_id=self.campaign.id, activity_type_id=self.type_email.id
        )
        self.env["mail.blacklist"]._add(black.email)
        archived.active = False
        gone.unlink()
        self._run_cron()
        self.assertMadeOnceEach(distribution, self.customers - left_out)
        self.assertEqual(
            list(self._kinds(distribution).values()), ["existing", "opted_out", "archived", "gone"]
        )

    def test_one_that_is_deleted_meanwhile_does_not_stop_the_others(self):
        first = self._start_in_background(self.customers)
        second = self._start_in_background(self.customers)
        process_chunk = type(first)._process_chunk

        def delete_second(distribution, *args):
            second.sudo().exists().unlink()
            return process_chunk(distribution, *args)

        with patch.object(type(first), "_process_chunk", delete_second):
            self._run_cron()
        self.assertMadeOnceEach(first, self.customers)

    def test_a_shut_gate_holds_it_up_and_opened_it_goes_on(self):
        distribution = self._start_in_background(self.customers)
        with patch.object(type(self.Activity), "_is_crm_installed", lambda self: False):
            self._run_cron()
            with self.assertRaisesRegex(UserError, "the CRM app"):
                distribution.sudo()._process_chunk()
        self.assertEqual(distribution.run_state, "pending")
        self.assertFalse(self._made(distribution))
        self._run_cron()
        self.assertMadeOnceEach(distribution, self.customers)

    def test_it_runs_with_the_rights_of_who_started_it(self):
        distribution = self._start_in_background(self.customers).sudo()
        self.salesman_all.group_ids = self.env.ref("sales_team.group_sale_salesman")
        self.customers.user_id = self.manager
        distribution.user_policy = "salesperson"
        self._run_cron()
        self.assertMadeOnceEach(distribution, self.env["res.partner"])
        self.assertEqual(set(distribution.line_ids.mapped("kind")), {"not_mine"})

    def test_a_responsible_is_told_once_about_all(self):
        messages = [("partner_ids", "=", self.manager.partner_id.id)]
        before = self.env["mail.message"].search(messages)
        self._start_in_background(self.customers, user_policy="user", user_id=self.manager.id)
        self._run_cron()
        message = self.env["mail.message"].search(messages) - before
        self.assertEqual(len(message), 1)
        self.assertIn("25 CRM activities", message.subject)

    def test_making_costs_under_half_a_query_each(self):
        few, many = self._create_customers(100), self._create_customers(200)
        counts = []
        with patch.object(crm_activity_distribution, "CHUNK_SIZE", 500):
            for targets in (few, many):
                self.env.flush_all()
                before = self.cr.sql_log_count
                self._distribute(targets)
                counts.append(self.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 0.5 * (len(many) - len(few)))

    def test_what_was_made_and_what_was_left_out_is_linked(self):
        self.customers[0].active = False
        distribution = self._distribute(self.customers)
        action = distribution.action_view_activities()
        self.assertEqual(self.Activity.search(action["domain"]), self._made(distribution)[::-1])
        action = distribution.action_view_left_out()
        line = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(line.action_open_target()["res_id"], self.customers[0].id)
        self.assertFalse(self._made(distribution)[0].copy().distribution_id)


@tagged("post_install", "-at_install")
class TestDistributionAccess(DistributionCase):
    def test_who_sees_a_distribution_and_its_targets(self):
        a, b = customers = self._create_customers(2)
        b.active = False
        distribution = self._distribute(customers)
        self.assertTrue(a)
        for user, visible in (
            (self.salesman_all, True),
            (self.manager, True),
            (self.salesman, False),
        ):
            with self.subTest(user.login):
                for records in (distribution, distribution.line_ids):
                    found = records.with_user(user).search([("id", "in", records.ids)])
                    self.assertEqual(bool(found), visible)
        with self.assertRaises(AccessError):
            distribution.with_user(self.env.ref("base.public_user")).read(["name"])

    def test_nobody_writes_one_by_hand(self):
        distribution = self._distribute(self._create_customers(2))
        for user in (self.salesman_all, self.manager):
            with self.subTest(user.login):
                mine = distribution.with_user(user)
                with self.assertRaises(AccessError):
                    mine.write({"owner_id": self.env.ref("base.user_admin").id})
                with self.assertRaises(AccessError):
                    mine.copy()
                with self.assertRaises(AccessError):
                    mine.line_ids.create({"distribution_id": mine.id, "res_id": 1})

    def test_of_the_selected_companies_only(self):
        distribution = self._distribute(self._create_customers(2))
        self.manager.company_ids |= self.company_b
        Distribution = distribution.with_user(self.manager)
        for company, visible in ((self.company_a, True), (self.company_b, False)):
            in_company = Distribution.with_context(allowed_company_ids=company.ids)
            self.assertEqual(
                bool(in_company.search([("id", "=", distribution.id)])), visible, company.name
            )
