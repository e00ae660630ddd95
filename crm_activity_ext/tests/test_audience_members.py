# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An audience that stays what it is: frozen on a day, or picked by hand; and rules with both."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged, users
from odoo.tools import SQL, mute_logger

from ..models import utm_campaign_members
from .test_campaign import CampaignCase


class MembersCase(CampaignCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.audience_domain = "[('city', '=', 'Oakham')]"
        cls.customer.city = "Oakham"
        cls.oak = cls.customer | cls.contact | cls.contact_2
        cls.pine = cls.other_customer | cls.other_contact

    def _customers(self, user=None, campaign=None):
        return self._shown("action_view_crm_customers", user, campaign)

    def _contacts(self, user=None, campaign=None):
        return self._shown("action_view_crm_contacts", user, campaign)

    def _shown(self, method, user, campaign):
        """:return: the partners that the list shows, as the number on its button says"""
        self.env.invalidate_all()
        campaign = (campaign or self.campaign).with_user(user or self.manager)
        action = getattr(campaign, method)()
        shown = self.env["res.partner"].with_user(user or self.manager)
        shown = shown.with_context(**action["context"]).search(action["domain"])
        name = "customer" if "customers" in method else "contact"
        self.assertEqual(campaign[f"audience_{name}_count"], len(shown))
        return self.env["res.partner"].browse(shown.ids)

    def _add(self, records, user=None, campaign=None):
        """:return: what the notice says, after *Add to Campaign* in the Actions menu"""
        records = records.with_user(user or self.salesman)
        action = records.action_add_to_crm_campaign()
        wizard = self.env[action["res_model"]].with_user(user or self.salesman)
        with Form(wizard.with_context(**action["context"])) as form:
            form.campaign_id = campaign or self.campaign
        return form.record.action_add()["params"]["message"]

    def _remove(self, records, user=None):
        records = self._in_campaign(records, user or self.salesman)
        return records.action_remove_from_crm_campaign()["params"]["message"]

    def _progress(self, user=None):
        """:return: ``{label: (reached, total)}``, and the share of the customers reached"""
        self.env.invalidate_all()
        campaign = self.campaign.with_user(user or self.manager)
        parts = campaign.crm_activity_progress["parts"]
        shown = {part["label"]: (part["reached"], part["total"]) for part in parts}
        return shown, campaign.audience_reached_share

    def _merge(self, partners, survivor):
        merge = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": [Command.set(partners.ids)], "dst_partner_id": survivor.id}
        )
        with mute_logger("odoo.addons.base.wizard.base_partner_merge"):
            merge.action_merge()


@tagged("post_install", "-at_install")
class TestFrozenAudience(MembersCase):
    def test_new_companies_change_a_live_audience_and_leave_a_frozen_one_alone(self):
        self._create_in_campaign(state="done", contact_id=self.contact.id)
        before = self._progress()
        self.assertEqual(before[1], 100)
        self.campaign.with_user(self.salesman).action_freeze_audience()
        self.assertEqual(self._progress(), before)
        new = self.env["res.partner"].create(
            [{"name": f"New {i}", "is_company": True, "city": "Oakham"} for i in range(300)]
        )
        self.assertEqual(self._progress(), before)
        self.assertEqual(self._customers(), self.customer)
        with self.subTest("back to the rule"):
            self.campaign.with_user(self.salesman).audience_mode = "live"
            self.assertEqual(self._customers(), self.customer | new)
            self.assertLess(self._progress()[1], 1)

    def test_who_was_in_it_stays_in_it(self):
        self.customer.with_context(active_test=False).child_ids.flush_recordset()
        self._create_in_campaign(state="done", contact_id=self.contact.id)
        self.campaign.action_freeze_audience()
        before = self._progress()
        self.customer.write({"city": "Elsewhere", "active": False})
        self.contact.type = "invoice"
        self.contact_2.active = False
        self.assertEqual(self._progress(), before)
        self.assertEqual(self._customers(), self.customer)
        self.assertEqual(self._contacts(), self.contact | self.contact_2)

    def test_the_form_says_since_when_and_leads_back(self):
        with (
            freeze_time("2026-11-12 10:00:00"),
            Form(self.campaign.with_user(self.salesman)) as form,
        ):
            form.audience_mode = "frozen"
        self.assertEqual(self.campaign.audience_frozen_date, fields.Date.to_date("2026-11-12"))
        self.assertEqual(self.campaign.audience_frozen_ids, self.oak)
        self.other_customer.city = "Oakham"
        with freeze_time("2026-11-20 10:00:00"):
            self.campaign.write({"audience_mode": "frozen"})
            self.assertEqual(self.campaign.audience_frozen_ids, self.oak, "it is already")
            self.campaign.with_user(self.salesman).action_freeze_audience()
        self.assertEqual(self.campaign.audience_frozen_date, fields.Date.to_date("2026-11-20"))
        self.assertEqual(self.campaign.audience_frozen_ids, self.oak | self.pine)
        with Form(self.campaign.with_user(self.salesman)) as form:
            form.audience_mode = "live"
        self.assertFalse(self.campaign.audience_frozen_date)
        self.assertFalse(self.campaign.audience_frozen_ids)

    def test_an_archived_campaign_is_frozen_and_a_restored_one_stays_so(self):
        campaigns = self.campaign | self.other_campaign
        self.other_campaign.audience_domain = self.campaign.audience_domain
        campaigns.with_user(self.salesman).action_archive()
        self.other_customer.city = "Oakham"
        self.assertEqual(set(campaigns.mapped("audience_mode")), {"frozen"})
        for campaign in campaigns:
            self.assertEqual(self._customers(campaign=campaign), self.customer)
        campaigns.action_unarchive()
        self.assertEqual(self._customers(), self.customer)

    def test_what_cannot_be_frozen_can_be_archived(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE utm_campaign SET audience_domain = %s WHERE id = %s",
                "[('field_of_a_module', '=', 1)]",
                self.campaign.id,
            )
        )
        self.campaign.invalidate_recordset()
        campaigns = (self.campaign | self.other_campaign).with_user(self.salesman)
        with self.assertRaisesRegex(UserError, "Define it again"), self.env.cr.savepoint():
            campaigns.action_freeze_audience()
        campaigns.action_archive()
        self.assertEqual(campaigns.mapped("active"), [False, False])
        self.assertEqual(campaigns.mapped("audience_mode"), ["live", "frozen"])

    def test_who_may_not_say_whom_it_is_for_archives_and_freezes_nothing(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        campaign = self.campaign.with_user(employee)
        campaign.action_archive()
        self.assertFalse(campaign.active)
        self.assertEqual(self.campaign.audience_mode, "live")
        with self.assertRaises(AccessError):
            campaign.action_freeze_audience()
        with self.assertRaises(AccessError):
            campaign.audience_mode = "frozen"
        created = self.env["utm.campaign"].with_user(employee).create({"title": "By Eve"})
        self.assertEqual(created.sudo().audience_mode, "live")

    def test_only_the_system_says_who_was_in_it(self):
        for name, value in (
            ("audience_frozen_ids", [Command.link(self.other_customer.id)]),
            ("audience_frozen_date", "2026-01-01"),
        ):
            for user in (self.salesman, self.manager):
                campaign = self.campaign.with_user(user)
                with self.subTest(name), self.assertRaisesRegex(AccessError, name):
                    campaign.write({name: value})
                with self.subTest(name), self.assertRaisesRegex(AccessError, name):
                    campaign.create({"title": "New", name: value})

    def test_it_is_frozen_with_the_rights_of_who_does(self):
        """A rule that asks for what they may not see tells them nothing when it is frozen."""
        self.other_customer.write({"city": "Oakham", "company_id": self.company_b.id})
        self.campaign.with_user(self.salesman).action_freeze_audience()
        self.assertEqual(self.campaign.audience_frozen_ids, self.oak)

    def test_it_is_frozen_in_all_companies_of_who_does(self):
        self.manager.company_ids = self.company_a | self.company_b
        self.other_customer.write({"city": "Oakham", "company_id": self.company_b.id})
        campaign = self.campaign.with_user(self.manager)
        campaign.with_context(allowed_company_ids=self.company_a.ids).action_freeze_audience()
        self.assertIn(self.other_customer, self.campaign.audience_frozen_ids)
        with self.subTest("who may not see a member does not count it"):
            self.assertEqual(self._customers(self.salesman), self.customer)

    def test_a_copy_lives_again(self):
        self._add(self.other_customer)
        self._remove(self.contact)
        self.campaign.action_freeze_audience()
        copy = self.campaign.with_user(self.salesman).copy()
        self.assertEqual(copy.audience_mode, "live")
        self.assertFalse(copy.audience_frozen_ids)
        self.assertEqual(copy.audience_included_ids, self.pine)
        self.assertEqual(copy.audience_excluded_ids, self.contact)

    def test_a_campaign_made_as_frozen_is_frozen(self):
        campaign = (
            self.env["utm.campaign"]
            .with_user(self.salesman)
            .create(
                {
                    "title": "Imported",
                    "audience_mode": "frozen",
                    "audience_domain": self.campaign.audience_domain,
                }
            )
        )
        self.assertTrue(campaign.audience_frozen_date)
        self.assertEqual(self._customers(campaign=campaign), self.customer)


@tagged("post_install", "-at_install")
class TestPickedAudience(MembersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.picked = cls.env["utm.campaign"].create({"title": "Picked", "audience_mode": "list"})

    def test_a_new_list_is_for_nobody(self):
        self.assertFalse(self._customers(campaign=self.picked))
        self.assertFalse(self._contacts(campaign=self.picked))

    def test_customers_bring_their_contacts_and_contacts_their_customer(self):
        message = self._add(self.customer, campaign=self.picked)
        self.assertEqual(message, "1 added to %s.")
        self.assertEqual(self._customers(campaign=self.picked), self.customer)
        self.assertEqual(self._contacts(campaign=self.picked), self.contact | self.contact_2)
        self._add(self.other_contact, campaign=self.picked)
        self.assertEqual(self._customers(campaign=self.picked), self.customer | self.other_customer)
        with self.subTest("and stay what they are"):
            self.env["res.partner"].create({"name": "New", "parent_id": self.customer.id})
            self.contact.parent_id = self.other_customer
            self.contact_2.active = False
            self.assertEqual(
                self._contacts(campaign=self.picked),
                self.contact | self.contact_2 | self.other_contact,
            )

    def test_the_notice_tells_who_was_in_it_and_who_cannot_be(self):
        self._add(self.customer, campaign=self.picked)
        address = self.env["res.partner"].create(
            {"name": "Gate 3", "parent_id": self.customer.id, "type": "delivery"}
        )
        colleagues = self.salesman.partner_id | self.company_a.partner_id | address
        message = self._add(self.everybody | colleagues, campaign=self.picked)
        self.assertIn("2 added to %s.", message)
        self.assertIn("Already in it: 3.", message)
        self.assertIn("Not added: 3", message)
        self.assertEqual(self._customers(campaign=self.picked), self.customer | self.other_customer)

    def test_a_rule_plus_these_minus_those(self):
        self.assertEqual(self._customers(), self.customer)
        self.assertIn("Already in it: 1.", self._add(self.customer | self.other_customer))
        self.assertEqual(self._customers(), self.customer | self.other_customer)
        self.assertEqual(self._remove(self.customer), "1 removed from the campaign.")
        self.assertEqual(self._customers(), self.other_customer)
        self.assertEqual(self._contacts(), self.other_contact)
        campaign = self.campaign.with_user(self.salesman)
        self.assertEqual(
            (campaign.audience_included_count, campaign.audience_excluded_count), (2, 1)
        )
        self.assertTrue(campaign.audience_has_included and campaign.audience_has_excluded)
        self.assertFalse(self.picked.audience_has_included or self.picked.audience_has_excluded)
        for action, shown in (
            (campaign.action_view_audience_included(), self.pine),
            (campaign.action_view_audience_excluded(), self.customer),
        ):
            found = self.env["res.partner"].with_user(self.salesman).search(action["domain"])
            self.assertEqual(found, shown)
        with self.subTest("frozen"):
            before = self._progress()
            campaign.action_freeze_audience()
            self.assertEqual(self._progress(), before)
        with self.subTest("added again"):
            self.assertEqual(self._add(self.customer), "1 added to %s.")
            self.assertEqual(self._customers(), self.customer | self.other_customer)
            self.assertFalse(self.campaign.audience_excluded_ids)

    def test_the_rule_alone_loses_a_contact_and_keeps_its_customer(self):
        self._remove(self.contact)
        self.assertEqual(self._customers(), self.customer)
        self.assertEqual(self._contacts(), self.contact_2)

    def test_who_was_left_out_by_name_is_not_brought_back_by_their_customer(self):
        self._remove(self.contact)
        self._add(self.customer)
        self.assertEqual(self._contacts(), self.contact_2)
        self._add(self.contact)
        self.assertEqual(self._contacts(), self.contact | self.contact_2)

    def test_a_new_contact_of_who_was_left_out_is_left_out(self):
        self._remove(self.customer)
        self.env["res.partner"].create({"name": "New", "parent_id": self.customer.id})
        self.assertFalse(self._contacts())

    def test_removed_from_a_list_they_are_gone(self):
        self._add(self.everybody, campaign=self.picked)
        context = {"crm_campaign_id": self.picked.id}
        self.customer.with_user(self.salesman).with_context(
            **context
        ).action_remove_from_crm_campaign()
        self.assertEqual(self.picked.audience_included_ids, self.pine)
        self.assertFalse(self.picked.audience_excluded_ids)

    def test_in_a_live_audience_who_is_archived_goes(self):
        self._add(self.other_customer)
        self.other_customer.active = False
        self.assertEqual(self._customers(), self.customer)

    def test_matrix_and_activities_of_a_list(self):
        self._add(self.customer, campaign=self.picked)
        self._create_activity(campaign_id=self.picked.id, state="done")
        action = self.picked.with_user(self.manager).action_view_crm_customers()
        partners = self.env["res.partner"].with_user(self.manager)
        [row] = partners.with_context(**action["context"]).web_search_read(
            action["domain"], {"crm_campaign_activity_counts": {}}
        )["records"]
        counts = {str(self.type_visit.id): 1}
        self.assertEqual(row, {"id": self.customer.id, "crm_campaign_activity_counts": counts})
        picked = self.picked.with_user(self.manager)
        self.assertEqual(picked.audience_reached_share, 100)

    def test_merged_partners_stay_members_once(self):
        self._add(self.everybody, campaign=self.picked)
        self._merge(self.customer | self.other_customer, self.customer)
        self.assertEqual(self._customers(campaign=self.picked), self.customer)
        self._merge(self.contact | self.contact_2, self.contact)
        self.assertEqual(self._contacts(campaign=self.picked), self.contact | self.other_contact)

    def test_a_merge_brings_the_survivor_in_and_being_left_out_wins(self):
        self._add(self.other_customer, campaign=self.picked)
        self._merge(self.customer | self.other_customer, self.customer)
        self.assertEqual(self._customers(campaign=self.picked), self.customer)
        third = self.env["res.partner"].create(
            {"name": "Third", "is_company": True, "city": "Oakham"}
        )
        self._remove(third)
        self._merge(self.customer | third, self.customer)
        self.assertFalse(self._customers())

    def test_a_deleted_member_is_gone_and_a_copy_of_one_is_none(self):
        self._add(self.other_customer, campaign=self.picked)
        copy = self.other_customer.copy()
        self.assertNotIn(copy, self._customers(campaign=self.picked))
        self.pine.sorted("parent_id").unlink()
        self.assertFalse(self.picked.audience_included_ids)

    def test_salespeople_pick_and_nobody_else(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        portal = new_test_user(self.env, "pia.portal", "base.group_portal", name="Pia")
        for user in (employee, portal):
            with self.subTest(user.name):
                customer = self._in_campaign(self.customer, user)
                with self.assertRaises(AccessError):
                    customer.action_add_to_crm_campaign()
                with self.assertRaises(AccessError):
                    customer.action_remove_from_crm_campaign()
                with self.assertRaises(AccessError):
                    customer.read(["crm_campaign_added_ids"])
                with self.assertRaises(AccessError):
                    self.campaign.with_user(user).audience_included_ids = customer
                with self.assertRaises(AccessError):
                    self.campaign.with_user(user).read(["audience_included_ids"])

    def test_nobody_picks_whom_they_may_not_see(self):
        self.other_customer.company_id = self.company_b
        with self.assertRaises(AccessError):
            self._add(self.other_customer)
        with self.assertRaises(AccessError):
            self._remove(self.other_customer)

    def test_a_dialog_is_its_own_users(self):
        action = self.customer.with_user(self.salesman).action_add_to_crm_campaign()
        wizard = self.env[action["res_model"]].with_user(self.salesman)
        wizard = wizard.with_context(**action["context"]).create({"campaign_id": self.campaign.id})
        with self.assertRaises(AccessError):
            wizard.with_user(self.salesman_all).action_add()

    def test_a_campaign_made_in_the_dialog_is_for_nobody_else(self):
        arch = self.env["crm.activity.add.to.campaign"].get_view()["arch"]
        self.assertIn("'default_audience_mode': 'list'", arch)

    def test_without_a_campaign_nobody_is_removed(self):
        for context in ({}, {"crm_campaign_id": "x"}, {"crm_campaign_id": 2**31 - 1}):
            customer = self.customer.with_user(self.salesman).with_context(**context)
            with self.assertRaisesRegex(UserError, "from a campaign"):
                customer.action_remove_from_crm_campaign()


@tagged("post_install", "-at_install")
class TestManyMembers(MembersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()
        cls.env.cr.execute(
            """INSERT INTO res_partner
            SELECT (jsonb_populate_record(partner, jsonb_build_object(
                'id', nextval('res_partner_id_seq'),
                'name', 'Many ' || n, 'complete_name', 'Many ' || n, 'city', 'Manchester'
            ))).*
            FROM res_partner partner, generate_series(1, 10000) AS n
            WHERE partner.id = %s""",
            (cls.other_customer.id,),
        )
        cls.env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE city = 'Manchester'"
        )
        cls.many = cls.env["res.partner"].search([("city", "=", "Manchester")])

    def _queries(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        return self.env.cr.sql_log_count - before

    def test_ten_thousand_are_frozen_by_as_many_queries_as_one(self):
        few, many = self.env["utm.campaign"].create(
            [
                {"title": "Few", "audience_domain": "[('city', '=', 'Oakham')]"},
                {"title": "Many", "audience_domain": "[('city', '=', 'Manchester')]"},
            ]
        )
        few.action_freeze_audience()
        queries = self._queries(lambda: few.action_freeze_audience())
        many.audience_mode = "frozen"
        self.assertEqual(self._queries(lambda: many.action_freeze_audience()), queries)
        self.assertEqual(many.audience_customer_count, 10_000)

    def test_ten_thousand_are_added_and_removed_by_as_many_queries_as_one(self):
        def add(partners):
            self.campaign.with_user(self.salesman)._add_to_audience(
                partners.with_user(self.salesman)
            )

        add(self.other_customer)
        queries = self._queries(lambda: add(self.other_customer))
        self.assertLessEqual(self._queries(lambda: add(self.many)), queries)
        # Nobody has told PostgreSQL how many there are; autovacuum does.
        self.env.cr.execute("ANALYZE res_partner, crm_campaign_included_partner_rel")
        self.assertEqual(self.campaign.audience_customer_count, 10_002)
        self._remove(self.other_customer)
        queries = self._queries(lambda: self._remove(self.other_customer))
        self.assertLessEqual(self._queries(lambda: self._remove(self.many)), queries)
        self.assertEqual(self.campaign.audience_customer_count, 1)

    @users("max.manager")
    def test_what_is_stored_is_counted_by_no_more_queries_than_a_rule(self):
        Campaign = self.env["utm.campaign"]
        rule = Campaign.create({"title": "R", "audience_domain": "[('city', '=', 'Manchester')]"})
        stored = Campaign.create({"title": "Stored", "audience_mode": "list"})
        stored._add_to_audience(self.many.with_env(self.env))
        names = ["audience_customer_count", "audience_reached_share", "crm_activity_progress"]
        rule.read(names)
        queries = self._queries(lambda: rule.read(names))
        self.assertLess(self._queries(lambda: stored.read(names)), queries)
        self.assertEqual(stored.audience_customer_count, 10_000)

    def test_what_takes_too_long_to_freeze_stays_live(self):
        self.campaign.audience_domain = "[('name', 'ilike', 'many')]"
        campaign = self.campaign.with_user(self.salesman)
        # Whichever statement it is that takes too long: Odoo logs some of them.
        with (
            patch.object(utm_campaign_members, "FREEZE_TIMEOUT", 2),
            mute_logger("odoo.sql_db"),
        ):
            with self.assertRaisesRegex(UserError, "takes too long"), self.env.cr.savepoint():
                campaign.action_freeze_audience()
            campaign.action_archive()
        self.assertFalse(campaign.active)
        self.assertEqual(campaign.audience_mode, "live")
        self.assertEqual(campaign.audience_customer_count, 10_000)

    def test_no_limit_of_time_for_what_is_stored(self):
        self.campaign.write({"audience_mode": "list"})
        with self.assertQueryCount(0), self.campaign._reading_audience(end=0):
            pass
