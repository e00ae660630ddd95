# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Leads and opportunities in the history, and their own."""

from lxml import etree

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestLeadHistory(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.History = cls.env["crm.activity.history"].with_user(cls.salesman_all)
        cls.stage = cls.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        cls.lead, cls.opportunity = cls.env["crm.lead"].create(
            [
                {
                    "name": "Forty desks",
                    "type": "lead",
                    "contact_name": "Lea Lead",
                    "user_id": cls.salesman.id,
                },
                {
                    "name": "Oak line",
                    "type": "opportunity",
                    "partner_id": cls.contact.id,
                    "expected_revenue": 500,
                    "campaign_id": cls.campaign.id,
                    "user_id": cls.salesman.id,
                    "stage_id": cls.stage.id,
                },
            ]
        )
        cls.env.flush_all()

    def _rows(self, records):
        return self.History.search(
            records.with_user(self.salesman_all).action_view_crm_history()["domain"]
        )

    def _documents(self, rows):
        return {(row.res_model, row.res_id) for row in rows}

    def test_an_opportunity_is_in_the_history_of_its_customer(self):
        [row] = self._rows(self.customer)
        self.assertEqual((row.kind, row.name), ("lead", "Oak line"))
        self.assertEqual((row.type_name, row.state), ("Opportunity", self.stage.name))
        self.assertEqual((row.amount_total, row.currency_id), (500, self.company_a.currency_id))
        self.assertEqual(row.date, self.opportunity.create_date)
        self.assertEqual((row.user_id, row.campaign_id), (self.salesman, self.campaign))
        self.assertEqual((row.lead_id, row.partner_id), (self.opportunity, self.contact))
        self.assertFalse(row.is_void)
        action = row.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.opportunity.id))

    def test_a_lost_opportunity_is_there_and_void_a_won_one_says_so(self):
        self.opportunity.action_set_lost()
        self.env.flush_all()
        [row] = self._rows(self.customer)
        self.assertEqual((row.state, row.is_void), ("Lost", True))
        self.opportunity.action_unarchive()
        self.opportunity.action_set_won()
        self.env.flush_all()
        self.env.invalidate_all()
        [row] = self._rows(self.customer)
        self.assertEqual((row.state, row.is_void), ("Won", False))

    def test_a_lead_without_customer_shows_itself_and_its_activities(self):
        activity = self._create_activity(partner_id=False, lead_id=self.lead.id)
        self._create_activity()
        rows = self._rows(self.lead)
        self.assertEqual(
            self._documents(rows), {("crm.lead", self.lead.id), ("crm.activity", activity.id)}
        )

    def test_a_lead_with_a_customer_shows_all_of_the_customer(self):
        activities = (
            self._create_activity()
            | self._create_activity(contact_id=self.contact_2.id)
            | self._create_activity(partner_id=False, lead_id=self.opportunity.id)
        )
        self._create_activity(partner_id=self.other_customer.id)
        expected = {("crm.activity", activity.id) for activity in activities}
        rows = self._rows(self.opportunity)
        self.assertEqual(self._documents(rows), expected | {("crm.lead", self.opportunity.id)})
        both = self._rows(self.opportunity | self.lead)
        self.assertEqual(
            self._documents(both), self._documents(rows) | {("crm.lead", self.lead.id)}
        )

    def test_a_stage_is_shown_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.stage.with_context(lang="es_ES").name = "Propuesta"
        self.env.flush_all()
        [row] = self._rows(self.customer)
        self.assertEqual(row.with_context(lang="es_ES").state, "Propuesta")
        self.assertEqual(row.with_context(lang="en_US").state, self.stage.name)

    def test_new_activity_is_for_whom_the_history_is(self):
        for record, target in (
            (self.lead, "default_lead_id"),
            (self.contact, "default_partner_id"),
        ):
            action = record.with_user(self.salesman).action_view_crm_history()
            History = self.env["crm.activity.history"].with_user(self.salesman)
            new = History.with_context(**action["context"]).action_new_activity()
            self.assertEqual((new["res_model"], new["target"]), ("crm.activity", "new"))
            self.assertEqual(new["context"][target], record.id)

    def test_the_address_of_a_leads_history_opens_the_same_one(self):
        leads = self.lead | self.opportunity
        for records in (self.opportunity, leads):
            records = records.with_user(self.salesman)
            for action in (
                records.action_view_crm_history(),
                records.action_view_crm_history_months(),
            ):
                address = self.env["ir.actions.server"].search([("path", "=", action["path"])])
                active_id = action["context"]["active_id"]
                opened = address.with_user(self.salesman).with_context(active_id=active_id).run()
                self.assertEqual(opened, action)

    def test_a_lead_of_a_contact_has_customer_and_contact_as_activities_have(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Forty desks",
                "partner_id": self.contact.id,
                "description": "<p>Height adjustable.</p><p>White.</p>",
                "user_id": self.salesman.id,
            }
        )
        row = (
            self.env["crm.activity.history"]
            .with_user(self.salesman)
            .search([("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)])
        )
        self.assertEqual(row.customer_id, self.customer)
        self.assertEqual(row.person_id, self.contact)
        self.assertEqual(row.text, "Height adjustable.")

    def test_a_lead_and_its_filter_have_one_name(self):
        History = self.env["crm.activity.history"]
        kinds = dict(History.fields_get(["kind"])["kind"]["selection"])
        arch = etree.fromstring(History.get_view(view_type="search")["arch"])
        [kind_filter] = arch.xpath("//filter[@name='kind_lead']")
        self.assertEqual(kinds["lead"], "Lead/Opportunity")
        self.assertEqual(kind_filter.get("string"), "Leads/Opportunities")

    def test_salespeople_have_the_buttons_on_leads(self):
        for view_type in ("form", "list"):
            view = self.env["crm.lead"].with_user(self.salesman).get_view(view_type=view_type)
            names = etree.fromstring(view["arch"]).xpath("//button/@name")
            self.assertIn("action_view_crm_history", names)


@tagged("post_install", "-at_install")
class TestHistoryTours(CrmActivityCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_activity(name="Ask the company", user_id=cls.salesman.id)
        cls._create_activity(name="Ask Olga", contact_id=cls.contact.id, user_id=cls.salesman.id)
        cls._create_activity(
            name="Ask the others", partner_id=cls.other_customer.id, user_id=cls.salesman.id
        )

    def test_back_and_forward_in_the_browser(self):
        self.start_tour("/odoo", "crm_activity_history_back", login=self.salesman.login)

    def test_back_to_the_history_of_several(self):
        self._create_activity(
            name="Ask Oscar", contact_id=self.contact_2.id, user_id=self.salesman.id
        )
        self.start_tour("/odoo", "crm_activity_history_of_several", login=self.salesman.login)

    def test_from_a_contact_in_the_list_to_the_whole_company(self):
        self.start_tour("/odoo", "crm_activity_history_of_a_contact", login=self.salesman.login)
        activity = self.Activity.search([("name", "=", "Call on both")])
        self.assertEqual(activity.partner_id, self.customer)

    def test_from_an_opportunity(self):
        opportunity = self.env["crm.lead"].create(
            {
                "name": "Oak line",
                "type": "opportunity",
                "partner_id": self.contact.id,
                "user_id": self.salesman.id,
            }
        )
        self.start_tour("/odoo", "crm_activity_history_of_a_lead", login=self.salesman.login)
        activity = self.Activity.search([("name", "=", "Send the oak samples")])
        self.assertEqual(activity.lead_id, opportunity)
