# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Potential contacts of a campaign, and the campaign on screen."""

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestCampaignLeads(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine, cls.colleagues, cls.unrelated = cls.env["crm.lead"].create(
            [
                {
                    "name": "Forty desks",
                    "type": "lead",
                    "user_id": cls.salesman.id,
                    "campaign_id": cls.campaign.id,
                },
                {
                    "name": "Ten chairs",
                    "type": "opportunity",
                    "user_id": cls.salesman_all.id,
                    "campaign_id": cls.campaign.id,
                },
                {"name": "One lamp", "type": "lead", "user_id": cls.salesman.id},
            ]
        )

    def _create_for(self, lead, **values):
        values = {"campaign_id": self.campaign.id, "user_id": self.salesman.id, **values}
        return self._create_activity(partner_id=False, lead_id=lead.id, **values)

    def _counts(self, record, user=None):
        self.env.invalidate_all()
        record = record.with_user(user or self.manager)
        record = record.with_context(crm_campaign_id=self.campaign.id)
        counts = record.crm_campaign_activity_counts or {}
        return {int(type_id): count for type_id, count in counts.items()}

    def test_potential_contacts_of_the_campaign_come_first_and_all_on_request(self):
        action = self.campaign.with_user(self.manager).action_view_crm_leads()
        self.assertEqual(action["res_model"], "crm.lead")
        self.assertEqual(action["domain"], [])
        self.assertEqual(action["context"]["search_default_crm_in_campaign"], 1)
        arch = self.env["crm.lead"].get_view(action["search_view_id"][0], "search")["arch"]
        self.assertIn("[('crm_in_campaign', '=', True)]", arch)
        leads = self.env["crm.lead"].with_context(**action["context"])
        ours = [("id", "in", (self.mine | self.colleagues | self.unrelated).ids)]
        for value, found in ((True, self.mine | self.colleagues), (False, self.unrelated)):
            self.assertEqual(leads.search([*ours, ("crm_in_campaign", "=", value)]), found)

    def test_of_a_lead_that_is_not_theirs_salespeople_see_nothing(self):
        self._create_for(self.mine)
        self._create_for(self.colleagues)
        action = self.campaign.with_user(self.salesman).action_view_crm_leads()
        leads = self.env["crm.lead"].with_user(self.salesman)
        found = leads.search([*action["domain"], ("campaign_id", "=", self.campaign.id)])
        self.assertEqual(found, self.mine)
        self.assertEqual(self._counts(self.mine, self.salesman), {self.type_visit.id: 1})
        with self.assertRaises(AccessError):
            self.colleagues.with_user(self.salesman).with_context(
                crm_campaign_id=self.campaign.id
            ).read(["crm_campaign_activity_counts"])

    def test_filters_and_sorts_leads_too(self):
        self._create_for(self.mine, state="done", date="2026-03-01 10:00:00")
        self._create_for(self.colleagues, state="done", date="2026-04-01 10:00:00")
        self._create_for(self.colleagues, state="failed", date="2026-04-02 10:00:00")
        leads = self.env["crm.lead"].with_user(self.manager)
        leads = leads.with_context(crm_campaign_id=self.campaign.id)
        ours = [("id", "in", (self.mine | self.colleagues | self.unrelated).ids)]
        for state, found in (("done", self.mine | self.colleagues), ("failed", self.colleagues)):
            domain = [*ours, ("crm_campaign_state", "in", [state])]
            self.assertEqual(leads.search(domain), found)
        never = [*ours, ("crm_campaign_state", "=", False)]
        self.assertEqual(leads.search(never), self.unrelated)
        newest = leads.search(ours, order="crm_campaign_last_date desc")
        self.assertEqual(newest.ids, (self.colleagues + self.mine + self.unrelated).ids)

    def test_what_was_done_for_a_lead_counts_for_its_customer_once_it_has_one(self):
        self._create_for(self.mine)
        self.assertFalse(self._counts(self.customer))
        self.mine.convert_opportunity(self.customer)
        self.assertEqual(self._counts(self.customer), {self.type_visit.id: 1})
        self.assertEqual(self._counts(self.mine), {self.type_visit.id: 1})

    def test_merged_leads_add_up(self):
        self._create_for(self.mine)
        self._create_for(self.colleagues, activity_type_id=self.type_call.id)
        survivor = (self.mine | self.colleagues).merge_opportunity()
        self.assertEqual(self._counts(survivor), {self.type_visit.id: 1, self.type_call.id: 1})

    def _shown(self, user=None):
        """:return: the leads that the list shows at first, as the number on its button says"""
        self.env.invalidate_all()
        campaign = self.campaign.with_user(user or self.manager)
        leads = self.env["crm.lead"].with_user(user or self.manager)
        leads = leads.with_context(crm_campaign_id=campaign.id)
        leads = leads.search([("crm_in_campaign", "=", True)])
        self.assertEqual(campaign.audience_lead_count, len(leads))
        self.assertEqual(campaign.crm_activity_progress["parts"][0]["total"], len(leads))
        return self.env["crm.lead"].browse(leads.ids)

    def _add(self, leads, user=None):
        leads = leads.with_user(user or self.salesman)
        action = leads.action_add_to_crm_campaign()
        wizard = self.env[action["res_model"]].with_user(user or self.salesman)
        wizard = wizard.with_context(**action["context"]).create({"campaign_id": self.campaign.id})
        return wizard.action_add()["params"]["message"]

    def _remove(self, leads):
        leads = leads.with_user(self.salesman).with_context(crm_campaign_id=self.campaign.id)
        leads.action_remove_from_crm_campaign()

    def test_a_lead_is_added_to_a_campaign_and_keeps_where_it_has_come_from(self):
        fair = self.env["utm.campaign"].create({"title": "Trade Fair"})
        self.unrelated.campaign_id = fair
        message = self._add(self.unrelated | self.mine)
        self.assertEqual(message, "1 added to %s. Already in it: 1.")
        self.assertEqual(self._shown(), self.mine | self.colleagues | self.unrelated)
        self.assertEqual(self._shown(self.salesman), self.mine | self.unrelated)
        self.assertEqual(self.unrelated.campaign_id, fair)
        self.assertEqual(fair.with_user(self.manager).audience_lead_count, 1)

    def test_a_lead_is_removed_from_a_campaign_and_keeps_where_it_has_come_from(self):
        self._add(self.unrelated)
        self._remove(self.mine | self.unrelated)
        self.assertEqual(self._shown(), self.colleagues)
        self.assertEqual(self.mine.campaign_id, self.campaign)
        self.assertEqual(self.campaign.audience_excluded_lead_ids, self.mine)
        self._add(self.mine)
        self.assertEqual(self._shown(), self.mine | self.colleagues)

    def test_nobody_adds_a_lead_that_is_not_theirs(self):
        with self.assertRaises(AccessError):
            self._add(self.colleagues)
        with self.assertRaises(AccessError):
            self._remove(self.colleagues)

    def test_a_merged_lead_brings_the_survivor_in(self):
        other = self.env["crm.lead"].create({"name": "Lamps", "type": "opportunity"})
        self._add(self.unrelated)
        survivor = (self.unrelated | other).merge_opportunity()
        self.assertIn(survivor, self._shown())
        self.assertEqual(self.campaign.audience_included_lead_ids, survivor)

    def test_many_campaigns_count_their_leads_by_as_many_queries_as_one(self):
        campaigns = self.env["utm.campaign"].create([{"title": f"C{i}"} for i in range(20)])
        leads = self.mine.with_user(self.manager)
        for campaign in campaigns[:5]:
            campaign.with_user(self.manager)._add_to_audience(leads)
        campaigns = campaigns.with_user(self.manager)
        self.env.invalidate_all()
        campaigns.mapped("title")
        with self.assertQueryCount(1):
            counts = campaigns.mapped("audience_lead_count")
        self.assertEqual(counts, [1] * 5 + [0] * 15)

    def test_add_to_campaign_is_offered_to_salespeople_everywhere(self):
        for model in ("res.partner", "crm.lead"):
            bindings = self.env["ir.actions.actions"].with_user(self.salesman)
            [action] = [
                action
                for action in bindings.get_bindings(model)["action"]
                if action["name"] == "Add to Campaign"
            ]
            self.assertEqual(action["binding_view_types"], "list,kanban,form")

    def test_lost_leads_are_no_potential_contacts(self):
        self.colleagues.action_set_lost()
        campaign = self.campaign.with_user(self.manager)
        self.assertEqual(campaign.audience_lead_count, 1)
        self.assertEqual(campaign.crm_activity_progress["parts"][0]["total"], 1)

    def test_a_campaign_that_is_not_saved_has_no_potential_contacts(self):
        new = self.env["utm.campaign"].with_user(self.manager).new({"title": "Winter"})
        self.assertEqual(new.audience_lead_count, 0)
        self.assertEqual(new.crm_activity_progress["parts"][0]["total"], 0)

    def test_an_audience_that_cannot_be_read_leaves_potential_contacts_alone(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE utm_campaign SET audience_domain = 'nonsense'")
        self.campaign.invalidate_recordset()
        campaign = self.campaign.with_user(self.manager)
        self.assertTrue(campaign.action_view_crm_leads())
        [part] = campaign.crm_activity_progress["parts"]
        self.assertEqual(part["total"], 2)

    def test_the_form_measures_potential_contacts_too(self):
        self._create_for(self.mine, state="done")
        parts = self.campaign.with_user(self.manager).crm_activity_progress["parts"]
        self.assertEqual(parts[0]["label"], "Leads/Opportunities")
        self.assertEqual((parts[0]["reached"], parts[0]["total"]), (1, 2))

    def test_options_activities_is_offered_to_salespeople_in_both_lists(self):
        for model in ("res.partner", "crm.lead"):
            bindings = self.env["ir.actions.actions"].with_user(self.salesman)
            names = [action["name"] for action in bindings.get_bindings(model)["action"]]
            self.assertIn("Add Activities", names)

    def test_the_pivot_has_a_row_for_each_customer_and_each_lead_without_one(self):
        self.colleagues.partner_id = self.contact
        namesake = self.mine.copy({"campaign_id": False})
        namesake.name = self.mine.name
        for lead in (self.mine, self.mine, namesake, self.colleagues):
            self._create_activity(
                partner_id=lead.partner_id.id, lead_id=lead.id, campaign_id=self.campaign.id
            )
        self._create_activity(campaign_id=self.campaign.id)
        self._create_activity(partner_id=False, campaign_id=self.campaign.id)
        Activity = self.Activity.with_user(self.manager)
        campaign = [("campaign_id", "=", self.campaign.id)]
        groups = Activity.formatted_read_group(campaign, ["target_ref"], ["__count"])
        self.assertEqual(
            [(group["target_ref"], group["__count"]) for group in groups],
            [
                ((f"crm.lead,{self.mine.id}", "Forty desks"), 2),
                ((f"crm.lead,{namesake.id}", "Forty desks"), 1),
                ((f"res.partner,{self.customer.id}", "Oak & Sons"), 2),
                (False, 1),
            ],
        )
        for group in groups:
            found = Activity.search([*campaign, *group["__extra_domain"]])
            self.assertEqual(len(found), group["__count"])
            reference = group["target_ref"][0] if group["target_ref"] else None
            for activity in found:
                target = activity.target_ref
                self.assertEqual(target and f"{target._name},{target.id}", reference)


@tagged("post_install", "-at_install")
class TestCampaignTour(CrmActivityCase, HttpCase):
    def test_a_salesperson_works_through_a_campaign(self):
        growers = self.env["res.partner"].create(
            [
                {
                    "name": f"Grower {i}",
                    "is_company": True,
                    "city": "Haro",
                    "phone": f"+34 600 000 00{i}",
                }
                for i in range(6)
            ]
        )
        harvest = self.env["utm.campaign"].create(
            {"title": "Harvest", "audience_domain": "[('name', 'like', 'Grower')]"}
        )
        first, done = self.Activity.create(
            [
                {
                    "name": name,
                    "activity_type_id": self.type_visit.id,
                    "partner_id": grower.id,
                    "campaign_id": harvest.id,
                    "user_id": self.salesman.id,
                    "state": state,
                }
                for name, grower, state in (
                    ("First visit", growers[1], "pending"),
                    ("Seen at the fair", growers[0], "done"),
                )
            ]
        )
        address = f"/odoo/crm-campaigns/{harvest.id}/crm-campaign-customers"
        reloaded = "crm_activity_campaign_matrix_reloaded"
        self.start_tour(address, reloaded, login=self.salesman.login)
        self.start_tour("/odoo", "crm_activity_campaign_matrix", login=self.salesman.login)
        new = harvest.crm_activity_ids - first - done
        self.assertEqual(
            sorted((a.name, a.partner_id.name) for a in new),
            [
                ("Ask for the order", "Grower 2"),
                ("Ask for the order", "Grower 3"),
                ("Ask for the order", "Grower 4"),
                ("Bring the samples", "Grower 1"),
            ],
        )

    def test_customers_are_added_to_a_campaign_and_removed_from_it(self):
        growers = self.env["res.partner"].create(
            [{"name": f"Grower {i}", "is_company": True} for i in range(3)]
        )
        action = self.env["ir.actions.act_window"].create(
            {
                "name": "Growers",
                "res_model": "res.partner",
                "view_mode": "list,form",
                "domain": [("id", "in", growers.ids)],
            }
        )
        self.start_tour(
            f"/odoo/action-{action.id}", "crm_activity_campaign_add", login=self.salesman.login
        )
        campaign = self.env["utm.campaign"].search([("title", "=", "Grape Tasting")])
        self.assertEqual(campaign.audience_included_ids, growers[:2])
        address = f"/odoo/crm-campaigns/{campaign.id}"
        self.start_tour(address, "crm_activity_campaign_remove", login=self.salesman.login)
        self.assertEqual(campaign.audience_included_ids, growers[1])
        self.assertEqual(campaign.audience_mode, "frozen")
