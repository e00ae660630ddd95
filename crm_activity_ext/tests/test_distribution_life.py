# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a distribution stands on: its owner, what it refers to, and whom it is for."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from ..models import crm_activity_distribution
from .test_distribution import DistributionCase


class LifeCase(DistributionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_customers(25)
        patcher = patch.object(crm_activity_distribution, "CHUNK_SIZE", 10)
        patcher.start()
        cls.addClassCleanup(patcher.stop)

    def _start(self, **values):
        """:return: a distribution of which the first ten are made"""
        distribution = self._start_in_background(self.customers, **values).sudo()
        distribution._process_chunk()
        self.assertEqual(distribution.made_count, 10)
        return distribution


@tagged("post_install", "-at_install")
class TestOwner(LifeCase):
    """Nothing is made in the name of who has left."""

    def _leave(self, reason):
        """Let the owner go in one of the ways there are."""
        owner = self.salesman_all
        if reason == "owner_archived":
            owner.active = False
        elif reason == "owner_rights":
            owner.group_ids = self.env.ref("base.group_user")
        elif reason == "owner_company":
            owner.write(
                {"company_id": self.company_b.id, "company_ids": [(6, 0, self.company_b.ids)]}
            )
        elif reason == "owner_deleted":
            # Who has no activities; what refers to the others holds them.
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_activity_distribution SET owner_id = NULL WHERE owner_id = %s",
                    owner.id,
                )
            )
            self.env.invalidate_all()

    def assertStopsAndIsTakenOver(self, reason):
        distribution = self._start()
        self._leave(reason)
        self._run_cron()
        self.assertEqual(distribution.run_state, "stopped")
        self.assertEqual(distribution.stop_reason, reason)
        self.assertEqual((distribution.made_count, distribution.waiting_count), (10, 15))
        self.assertEqual(distribution.progress, 40.0)
        self._run_cron()
        self.assertEqual(distribution.made_count, 10, "it waits for somebody")

        distribution.with_user(self.manager).action_take_over()
        self.assertEqual(distribution.owner_id, self.manager)
        self.assertFalse(distribution.stop_reason)
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("done", 25))
        made = self._made(distribution)
        self.assertEqual(made.partner_id, self.customers)
        self.assertEqual(made[:10].user_id, self.salesman_all)
        self.assertEqual(made[10:].user_id, self.manager)
        self.assertEqual(made[10:].create_uid, self.manager)

    def test_an_owner_who_is_archived(self):
        self.assertStopsAndIsTakenOver("owner_archived")

    def test_an_owner_who_sells_no_more(self):
        self.assertStopsAndIsTakenOver("owner_rights")

    def test_an_owner_who_went_to_another_company(self):
        self.assertStopsAndIsTakenOver("owner_company")

    def test_an_owner_who_was_deleted(self):
        self.assertStopsAndIsTakenOver("owner_deleted")

    def test_a_user_who_is_deleted_leaves_what_was_made(self):
        temp = new_test_user(
            self.env, "tom.temp", "base.group_user,sales_team.group_sale_salesman_all_leads"
        )
        distribution = self._start_in_background(
            self.customers, user=temp, user_policy="user", user_id=self.manager.id
        ).sudo()
        self._run_cron()
        temp.unlink()
        self.assertTrue(distribution.exists())
        self.assertFalse(distribution.owner_id)
        self.assertEqual(len(self._made(distribution)), 25)

    def test_sales_managers_of_its_company_are_told_and_nobody_else(self):
        other_manager = new_test_user(
            self.env,
            "mia.manager.b",
            "base.group_user,sales_team.group_sale_manager",
            company_id=self.company_b.id,
            company_ids=[(6, 0, self.company_b.ids)],
        )
        distribution = self._start()
        self.salesman_all.active = False
        self._run_cron()
        messages = self.env["mail.message"].search(
            [("model", "=", distribution._name), ("res_id", "=", distribution.id)]
        )
        self.assertEqual(len(messages), 1)
        told = messages.notified_partner_ids
        self.assertIn(self.manager.partner_id, told)
        self.assertNotIn(other_manager.partner_id, told)
        self.assertNotIn(self.salesman.partner_id, told)
        self.assertIn("Show the new samples", messages.subject)
        self.assertIn("The user who started it is archived", messages.body)
        self.assertIn("15 of 25 are left", messages.body)
        messages.with_user(self.manager).check_access("read")

    def test_only_sales_managers_take_over_and_only_what_has_stopped(self):
        distribution = self._start()
        with self.assertRaisesRegex(UserError, "have stopped"):
            distribution.with_user(self.manager).action_take_over()
        self.salesman_all.group_ids = self.env.ref("sales_team.group_sale_salesman")
        self.salesman_all.company_ids = self.company_a | self.company_b
        self.salesman_all.company_id = self.company_b
        self.salesman_all.company_ids = self.company_b
        self._run_cron()
        self.assertEqual(distribution.run_state, "stopped")
        for user in (self.salesman_all, self.salesman):
            with self.subTest(user.login), self.assertRaises(AccessError):
                distribution.with_user(user).action_take_over()
        elsewhere = new_test_user(
            self.env,
            "mia.manager.b",
            "base.group_user,sales_team.group_sale_manager",
            company_id=self.company_b.id,
            company_ids=[(6, 0, self.company_b.ids)],
        )
        with self.assertRaises(AccessError):
            distribution.with_user(elsewhere).action_take_over()
        self.assertEqual(distribution.owner_id, self.salesman_all)
        with self.assertRaises(AccessError):
            distribution.with_user(self.manager).write({"run_state": "pending"})

    def test_the_form_offers_it_to_the_manager(self):
        distribution = self._start()
        self.salesman_all.active = False
        self._run_cron()
        form = Form(distribution.with_user(self.manager))
        self.assertEqual(form.stop_reason, "owner_archived")
        for user, is_offered in ((self.manager, True), (self.salesman, False)):
            arch = distribution.with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual("action_take_over" in arch, is_offered)

    def assertReplaced(self, change):
        """Who is responsible for the rest is who runs it."""
        distribution = self._start(user_policy="user", user_id=self.salesman.id)
        self.salesman.write(change)
        self._run_cron()
        made = self._made(distribution)
        self.assertEqual((distribution.run_state, len(made)), ("done", 25))
        self.assertEqual(made[:10].user_id, self.salesman)
        self.assertEqual(made[10:].user_id, self.salesman_all)

    def test_a_responsible_who_is_archived(self):
        self.assertReplaced({"active": False})

    def test_a_responsible_who_becomes_a_portal_user(self):
        portal = self.env.ref("base.group_portal")
        self.assertReplaced({"group_ids": [Command.set(portal.ids)]})

    def test_nobody_is_made_responsible_who_has_left_already(self):
        self.salesman.active = False
        with self.assertRaisesRegex(UserError, "cannot be responsible"):
            self._distribute(self.customers, user_policy="user", user_id=self.salesman.id)


@tagged("post_install", "-at_install")
class TestReferred(LifeCase):
    """What a distribution needs is not deleted under it."""

    def test_what_it_needs_is_not_deleted_before_it_is_done(self):
        activity_type = self.type_visit.copy({"name": "Tasting"})
        needed = {
            "activity_type_id": activity_type,
            "campaign_id": self.campaign,
            "mail_template_id": self.template,
        }
        distribution = self._start_in_background(
            self.customers, **{name: record.id for name, record in needed.items()}
        ).sudo()
        for state in ("pending", "stopped"):
            distribution.run_state = state
            for record in needed.values():
                with (
                    self.subTest(record, state=state),
                    self.assertRaisesRegex(UserError, r"distributions of CRM activities \(1\)"),
                    self.env.cr.savepoint(),
                ):
                    record.unlink()
        distribution.run_state = "pending"
        self._run_cron()
        self.template.unlink()
        self.assertEqual(distribution.run_state, "done")

    def test_a_manager_deletes_what_nobody_continues(self):
        distribution = self._start(campaign_id=self.campaign.id)
        self.salesman_all.active = False
        self._run_cron()
        made = self._made(distribution).with_user(self.manager)
        distribution.with_user(self.manager).unlink()
        made.unlink()
        self.campaign.unlink()

    def test_a_template_that_goes_with_its_module_stops_what_has_no_other_subject(self):
        distribution = self._start(mail_template_id=self.template.id, name=False)
        self.env.cr.execute(SQL("DELETE FROM mail_template WHERE id = %s", self.template.id))
        self.env.invalidate_all()
        self._run_cron()
        self.assertEqual(distribution.stop_reason, "template_deleted")
        self.assertEqual(distribution.made_count, 10)


@tagged("post_install", "-at_install")
class TestMerged(LifeCase):
    """Who is merged meanwhile is reached as the one that is left, once."""

    def _merge(self, source, into):
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": (source | into).ids, "dst_partner_id": into.id}
        )
        wizard.action_merge()
        self.env.invalidate_all()

    def test_the_survivor_stands_for_the_merged(self):
        outside = self._create_customers(1)
        distribution = self._start_in_background(self.customers)
        merged, *_others, double, kept = self.customers
        self._merge(merged, outside)
        self._merge(double, kept)
        self._run_cron()
        expected = (self.customers - merged - double) | outside
        made = self._made(distribution)
        self.assertEqual(made.partner_id, expected)
        self.assertEqual(len(made), 24, "once each")
        self.assertEqual(distribution.line_ids.kind, "merged")
        self.assertEqual(distribution.line_ids.action_open_target()["res_id"], kept.id)
        self.assertEqual(
            distribution.made_count + distribution.left_out_count, distribution.total_count
        )

    def test_who_has_got_one_already_gets_no_second(self):
        distribution = self._start()
        made, waiting = self.customers[0], self.customers[20:22]
        self._merge(waiting[0], made)
        self._merge(made, waiting[1])
        self._run_cron()
        activities = self._made(distribution)
        self.assertEqual(len(activities.filtered(lambda a: a.partner_id == waiting[1])), 1)
        self.assertEqual((distribution.made_count, distribution.left_out_count), (23, 2))
        self.assertEqual(set(distribution.line_ids.mapped("kind")), {"merged"})

    def test_a_customer_keeps_its_own_beside_that_of_a_contact(self):
        contact, double = self.env["res.partner"].create(
            [{"name": "Carla", "parent_id": self.customers[0].id}, {"name": "Double"}]
        )
        distribution = self._start_in_background(contact + double).sudo()
        distribution._process_chunk(1)
        self._merge(double, self.customers[0])
        self._run_cron()
        made = self._made(distribution)
        self.assertEqual(made.partner_id, self.customers[0])
        self.assertEqual([a.contact_id.id for a in made], [contact.id, False])


@tagged("post_install", "-at_install")
class TestForgotten(LifeCase):
    """Names and addresses of skipped records are deleted in time; their numbers are kept."""

    def _leave_some_out(self):
        archived, black, first, double = self.customers[:4]
        archived.active = False
        self.env["mail.blacklist"]._add(black.email)
        double.email = first.email
        values = {"activity_type_id": self.type_email.id, "body": "<p>Have a look.</p>"}
        distribution = self._distribute(self.customers, **values)
        self.assertEqual(distribution.left_out_count, 3)
        return distribution

    def _age(self, distribution, days):
        self.env.flush_all()
        then = fields.Datetime.now() - timedelta(days=days)
        self.env.cr.execute(
            SQL(
                "UPDATE crm_activity_distribution SET write_date = %s WHERE id = %s",
                then,
                distribution.id,
            )
        )
        self.env.invalidate_all()

    def _clean_up(self):
        self.env["crm.activity.distribution"]._gc_left_out()

    def test_they_are_cleaned_up_after_the_days_of_the_setting(self):
        distribution = self._leave_some_out()
        summary = distribution.left_out_summary
        self.assertEqual(summary, "Archived: 1, Opted out: 1, Duplicate address: 1")
        self._age(distribution, 89)
        self._clean_up()
        self.assertEqual(len(distribution.line_ids), 3)
        self._age(distribution, 91)
        self._clean_up()
        self.assertFalse(distribution.line_ids)
        self.assertEqual(distribution.left_out_count, 3)
        self.assertEqual(distribution.left_out_summary, summary)
        self.assertEqual((distribution.progress, distribution.waiting_count), (100.0, 0))

        self.env["ir.config_parameter"].set_param("crm_activity_ext.left_out_days", "7")
        sooner = self._leave_some_out()
        self._age(sooner, 8)
        self._clean_up()
        self.assertFalse(sooner.line_ids)

    def test_what_is_still_to_do_stays_and_later_ones_are_added(self):
        distribution = self._start()
        self.customers[12].active = False
        distribution._process_chunk(5)
        self.salesman_all.active = False
        self._run_cron()
        self.assertEqual(distribution.run_state, "stopped")
        self._age(distribution, 91)
        self._clean_up()
        self.assertEqual((distribution.waiting_count, distribution.left_out_count), (10, 1))
        self.customers[20].active = False
        distribution.with_user(self.manager).action_take_over()
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("done", 23))
        self.assertEqual(distribution.left_out_summary, "Archived: 2")

    def test_a_running_one_is_left_alone(self):
        self.customers[0].active = False
        distribution = self._start_in_background(self.customers)
        self._age(distribution, 91)
        self._clean_up()
        self.assertEqual(distribution.left_out_count, 1)
        self.assertTrue(distribution.line_ids.filtered("kind"))

    def test_who_is_deleted_is_named_no_more(self):
        distribution = self._leave_some_out()
        archived = self.customers[0]
        line = distribution.line_ids.filtered(lambda line: line.res_id == archived.id)
        self.assertEqual((line.name, line.reason), ("Customer 0", "Customer 0 is archived."))
        archived.unlink()
        self.assertEqual((line.name, line.reason, line.kind), (False, False, "archived"))
        self.assertEqual(distribution.left_out_count, 3)
        others = distribution.line_ids - line
        self.assertTrue(all(others.mapped("name")))

    def test_who_is_anonymised_is_named_no_more(self):
        distribution = self._leave_some_out()
        Line = self.env["crm.activity.distribution.line"].with_user(self.salesman)
        Line._forget(self.customers[:2].with_user(self.salesman))
        named = distribution.line_ids.filtered("name")
        self.assertEqual(named.mapped("res_id"), self.customers[3].ids)
        self.assertEqual(named.filtered("reason"), named)

    def test_nobody_is_named_as_the_reason_of_another(self):
        distribution = self._leave_some_out()
        line = distribution.line_ids.filtered(lambda line: line.kind == "same_address")
        self.assertIn("customer2@example.com", line.reason)
        self.assertNotIn("Customer 2", line.reason)


@tagged("post_install", "-at_install")
class TestSomebodyElses(LifeCase):
    """What a colleague prepares or runs is not for others."""

    def test_an_open_dialog_is_for_its_own_user_alone(self):
        wizard = self._prepare_wizard(self.customers[:2], user=self.salesman_all)
        for user in (self.salesman, self.manager):
            with self.subTest(user.login):
                theirs = wizard.with_user(user)
                self.assertFalse(theirs.search([("id", "=", wizard.id)]))
                for call in (
                    lambda theirs=theirs: theirs.read(["name"]),
                    lambda theirs=theirs: theirs.web_read({"name": {}}),
                    lambda theirs=theirs: theirs.write({"name": "Mine now"}),
                    lambda theirs=theirs: theirs.action_distribute(),
                    lambda theirs=theirs: theirs.copy(),
                    lambda theirs=theirs: theirs.unlink(),
                ):
                    self.env.invalidate_all()
                    with self.assertRaises(AccessError), self.env.cr.savepoint():
                        call()
        self.assertFalse(self.Activity.search([("name", "=", wizard.name)]))
        wizard.action_distribute()
        self.assertEqual(wizard.distribution_id.made_count, 2)

    def test_the_name_of_a_colleagues_distribution_is_not_told(self):
        self.template.name = "Secret offer"
        distribution = self._distribute(
            self.customers[:2],
            mail_template_id=self.template.id,
            user_policy="user",
            user_id=self.salesman.id,
        )
        made = self._made(distribution)[0]
        self.env.invalidate_all()
        for user, is_told in (
            (self.salesman, False),
            (self.salesman_all, True),
            (self.manager, True),
        ):
            with self.subTest(user.login):
                activity = made.with_user(user)
                shown = (
                    activity.read(["distribution_id"])[0]["distribution_id"][1],
                    activity.web_read({"distribution_id": {"fields": {"display_name": {}}}})[0][
                        "distribution_id"
                    ]["display_name"],
                    activity.formatted_read_group(
                        [("id", "=", made.id)], ["distribution_id"], ["__count"]
                    )[0]["distribution_id"][1],
                )
                self.assertEqual(["Secret offer" in name for name in shown], [is_told] * 3)
        found = [("distribution_id", "ilike", "Secret")]
        self.assertFalse(self.Activity.with_user(self.salesman).search(found))

    def test_what_made_an_activity_is_written_by_the_system_in_its_owners_name(self):
        distribution = self._distribute(self.customers[:2], user=self.salesman)
        made = self._made(distribution)
        self.assertEqual(len(made), 2)
        self.assertEqual(made.create_uid, self.salesman)
