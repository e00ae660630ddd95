# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A campaign: whom it is for, and for each of them what was done."""

from collections import Counter
from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged, users, warmup
from odoo.tools import SQL, mute_logger

from .common import CrmActivityCase
from .made_up import made_up

STATES = ["draft", "pending", "done", "failed", "cancelled"]


class CampaignCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_campaign = cls.env["utm.campaign"].create({"title": "Autumn"})
        cls.everybody = (
            cls.customer | cls.other_customer | cls.contact | cls.contact_2 | cls.other_contact
        )

    def _in_campaign(self, records, user=None, campaign=None):
        campaign = campaign or self.campaign
        return records.with_user(user or self.manager).with_context(crm_campaign_id=campaign.id)

    def _search(self, domain, order=None, user=None):
        partners = self._in_campaign(self.env["res.partner"], user)
        return partners.search([("id", "in", self.everybody.ids), *domain], order=order)

    def _counts(self, record, user=None):
        counts = self._in_campaign(record, user).crm_campaign_activity_counts or {}
        return {int(type_id): count for type_id, count in counts.items()}

    def _create_in_campaign(self, **values):
        return self._create_activity(campaign_id=self.campaign.id, **values)


@tagged("post_install", "-at_install")
class TestAudience(CampaignCase):
    def _audience(self, domain, user=None):
        self.campaign.audience_domain = domain
        campaign = self.campaign.with_user(user or self.manager)
        shown = {}
        for name, method in (
            ("customers", campaign.action_view_crm_customers),
            ("contacts", campaign.action_view_crm_contacts),
        ):
            found = self.env["res.partner"].with_user(user or self.manager)
            shown[name] = found.search(method()["domain"]) & self.everybody
        return shown

    def test_by_default_everybody_is_in_the_audience(self):
        self.assertEqual(self.campaign.audience_domain, "[]")
        self.assertEqual(
            self._audience("[]"),
            {
                "customers": self.customer | self.other_customer,
                "contacts": self.contact | self.contact_2 | self.other_contact,
            },
        )

    def test_colleagues_and_own_companies_are_in_no_audience(self):
        campaign = self.campaign.with_user(self.manager)
        customers = self.env["res.partner"].search(campaign.action_view_crm_customers()["domain"])
        for own in (self.company_a.partner_id, self.company_b.partner_id, self.salesman.partner_id):
            self.assertNotIn(own, customers)

    def test_a_customer_that_matches_brings_its_contacts(self):
        self.assertEqual(
            self._audience("[('name', '=', 'Oak & Sons')]"),
            {"customers": self.customer, "contacts": self.contact | self.contact_2},
        )

    def test_a_contact_that_matches_brings_its_customer_but_not_the_colleagues(self):
        self.assertEqual(
            self._audience("[('name', '=', 'Olga Oak')]"),
            {"customers": self.customer, "contacts": self.contact},
        )

    def test_a_delivery_address_is_no_contact(self):
        address = self.env["res.partner"].create(
            {"name": "Gate 3", "parent_id": self.customer.id, "type": "delivery"}
        )
        self.everybody |= address
        self.assertNotIn(address, self._audience("[]")["contacts"])

    def test_an_audience_that_cannot_be_read_is_refused(self):
        for domain in (
            "nonsense",
            "[('name', '=', ",
            "{}",
            "3",
            "[('no_such_field', '=', 1)]",
            "[('id', '=', 'abc')]",
            "[('user_id', '=', uid)]",
            "__import__('os').getcwd()",
            "[('name', 'no_such_operator', 'x')]",
            f"[('crm_customer_of_campaign_id', '=', {self.campaign.id})]",
            "(" * 5000,
        ):
            with (
                self.subTest(domain),
                self.assertRaisesRegex(ValidationError, "cannot be read|another campaign"),
                self.env.cr.savepoint(),
            ):
                self.campaign.audience_domain = domain
        self.assertEqual(self.campaign.audience_domain, "[]")

    def test_an_audience_that_has_become_unreadable_leaves_the_form_usable(self):
        self.env.flush_all()
        # As after the uninstallation of a module whose field it asks for.
        self.env.cr.execute(
            SQL(
                "UPDATE utm_campaign SET audience_domain = %s WHERE id = %s",
                "[('field_of_a_module', '=', 1)]",
                self.campaign.id,
            )
        )
        self.campaign.invalidate_recordset()
        campaign = self.campaign.with_user(self.salesman)
        values = campaign.read(["audience_customer_count", "crm_activity_progress"])[0]
        self.assertEqual(values["audience_customer_count"], 0)
        self.assertIn("field_of_a_module", campaign.audience_error)
        with self.assertRaisesRegex(UserError, "Define it again"):
            campaign.action_view_crm_customers()
        self.assertEqual(campaign.crm_activity_progress["types"], [])

    def test_an_audience_that_only_some_names_make_unreadable_leaves_the_list_usable(self):
        self.campaign.audience_domain = "[('name', '=like', 'Zebra%\\\\')]"
        self.assertFalse(self.campaign.audience_error)
        self.env["res.partner"].create({"name": "Zebra Ltd"})
        self.env.invalidate_all()
        campaigns = (self.campaign | self.other_campaign).with_user(self.salesman)
        names = ["audience_customer_count", "audience_reached_share", "audience_error"]
        broken, fine = campaigns.read(names)
        self.assertTrue(broken["audience_error"])
        with self.assertRaisesRegex(UserError, "Define it again"):
            self.campaign.action_view_crm_customers()
        self.assertFalse(fine["audience_error"])
        self.assertTrue(fine["audience_customer_count"])

    def test_only_salespeople_say_whom_a_campaign_is_for(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        with self.assertRaises(AccessError):
            self.campaign.with_user(employee).audience_domain = "[('id', '=', 1)]"
        self.campaign.with_user(self.salesman).audience_domain = "[('id', '=', 1)]"

    def test_an_audience_obeys_the_rules_of_who_looks(self):
        self.other_customer.company_id = self.company_b
        self.assertEqual(self._audience("[]", self.salesman)["customers"], self.customer)

    def test_the_same_audience_is_counted_once_for_many_campaigns(self):
        campaigns = self.env["utm.campaign"].create([{"title": f"Campaign {i}"} for i in range(20)])
        names = ["audience_customer_count", "audience_contact_count", "audience_reached_share"]
        campaigns.read(names)

        def read(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        self.assertEqual(read(campaigns), read(campaigns[:1]))


@tagged("post_install", "-at_install")
class TestMatrix(CampaignCase):
    def test_counts_by_type_of_this_campaign_only(self):
        self._create_in_campaign()
        self._create_in_campaign(contact_id=self.contact.id)
        self._create_in_campaign(activity_type_id=self.type_call.id)
        self._create_activity(campaign_id=self.other_campaign.id)
        self._create_activity()
        self.assertEqual(self._counts(self.customer), {self.type_visit.id: 2, self.type_call.id: 1})
        self.assertEqual(self._counts(self.contact), {self.type_visit.id: 1})
        self.assertEqual(self._counts(self.contact_2), {})

    def test_without_a_campaign_there_are_no_counts(self):
        self._create_in_campaign()
        customer = self.customer.with_user(self.manager)
        self.assertFalse(customer.crm_campaign_activity_counts)
        self.assertFalse(customer.crm_campaign_last_date)
        self.assertFalse(
            self.env["res.partner"]
            .with_user(self.manager)
            .search([("crm_campaign_state", "in", ["pending"])])
        )

    def test_filters_by_what_became_of_the_activities(self):
        self._create_in_campaign(state="done", contact_id=self.contact.id)
        self._create_in_campaign(partner_id=self.other_customer.id, state="failed")
        self._create_in_campaign(partner_id=self.other_customer.id, state="pending")
        find = self._search
        reached = self.customer | self.contact
        failed = self.other_customer
        field = "crm_campaign_state"
        self.assertEqual(find([(field, "in", ["done"])]), reached)
        self.assertEqual(find([(field, "not in", ["done"])]), self.everybody - reached)
        self.assertEqual(find([(field, "in", ["pending"])]), failed)
        self.assertEqual(find([(field, "in", ["failed"])]), failed)
        self.assertEqual(find([(field, "=", False)]), self.everybody - reached - failed)
        self.assertEqual(find([(field, "!=", False)]), reached | failed)

    def test_the_lists_find_and_sort_as_the_numbers_say(self):
        """Also asked by the action's context, which names the one kind of target shown."""
        self._create_in_campaign(state="done", date=datetime(2026, 3, 1))
        self._create_in_campaign(
            state="done",
            date=datetime(2026, 5, 1),
            partner_id=self.other_customer.id,
            contact_id=self.other_contact.id,
        )
        campaign = self.campaign.with_user(self.manager)
        reached = [("crm_campaign_state", "in", ["done"]), ("id", "in", self.everybody.ids)]
        for action, expected in (
            (campaign.action_view_crm_customers(), self.other_customer | self.customer),
            (campaign.action_view_crm_contacts(), self.other_contact),
        ):
            partners = self.env["res.partner"].with_user(self.manager)
            partners = partners.with_context(**action["context"])
            found = partners.search(
                [*action["domain"], *reached], order="crm_campaign_last_date desc"
            )
            self.assertEqual(found.ids, expected.ids)

    def test_the_search_view_offers_these_filters(self):
        view = self.env.ref("crm_activity_ext.res_partner_view_search_campaign")
        arch = self.env["res.partner"].get_view(view.id, "search")["arch"]
        for name in ("crm_not_reached", "crm_reached", "crm_pending", "crm_failed", "category_id"):
            self.assertIn(f'name="{name}"', arch)

    def test_sorts_by_the_last_activity_done_and_never_is_the_longest_ago(self):
        self._create_in_campaign(state="done", date=datetime(2026, 3, 1))
        self._create_in_campaign(state="done", date=datetime(2026, 5, 1))
        self._create_in_campaign(state="cancelled", date=datetime(2026, 7, 1))
        self._create_in_campaign(state="pending", date=datetime(2030, 1, 1))
        self._create_in_campaign(
            state="done",
            date=datetime(2026, 4, 1),
            partner_id=self.other_customer.id,
            contact_id=self.other_contact.id,
        )
        customers = [("is_company", "=", True)]
        newest = self._search(customers, order="crm_campaign_last_date desc")
        self.assertEqual(newest.ids, [self.customer.id, self.other_customer.id])
        oldest = self._search([], order="crm_campaign_last_date, id")
        self.assertEqual(
            oldest.ids,
            [
                *(self.contact | self.contact_2).sorted("id").ids,
                *(self.other_customer | self.other_contact).sorted("id").ids,
                self.customer.id,
            ],
        )
        self.assertEqual(newest[0].crm_campaign_last_date, datetime(2026, 5, 1))

    def test_a_salesperson_with_own_documents_sees_own_counts(self):
        self._create_in_campaign(user_id=self.salesman.id)
        self._create_in_campaign(user_id=self.salesman_all.id, state="done")
        self.assertEqual(self._counts(self.customer, self.salesman), {self.type_visit.id: 1})
        self.assertEqual(self._counts(self.customer, self.salesman_all), {self.type_visit.id: 2})
        reached = [("crm_campaign_state", "in", ["done"])]
        self.assertFalse(self._search(reached, user=self.salesman))
        self.assertEqual(self._search(reached, user=self.salesman_all), self.customer)
        campaign = self.campaign.with_user(self.salesman)
        self.assertEqual(campaign.crm_activity_count, 1)
        self.assertEqual(campaign.audience_reached_share, 0)

    def test_only_activities_of_the_selected_companies_count(self):
        self.manager.company_ids = self.company_a | self.company_b
        self._create_in_campaign(company_id=self.company_a.id)
        self._create_in_campaign(company_id=self.company_b.id, user_id=self.manager.id)
        one = self.customer.with_context(allowed_company_ids=self.company_a.ids)
        both = self.customer.with_context(allowed_company_ids=(self.company_a | self.company_b).ids)
        self.assertEqual(self._counts(one), {self.type_visit.id: 1})
        self.assertEqual(self._counts(both), {self.type_visit.id: 2})

    def test_who_may_not_see_activities_sees_no_numbers(self):
        self._create_in_campaign(state="done")
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        portal = new_test_user(self.env, "pia.portal", "base.group_portal", name="Pia")
        for user in (employee, portal):
            with self.subTest(user.name):
                customer = self._in_campaign(self.customer, user)
                for name in ("crm_campaign_activity_counts", "crm_campaign_last_date"):
                    with self.assertRaises(AccessError):
                        customer.read([name])
                with self.assertRaises(AccessError):
                    customer.search([("crm_campaign_state", "in", ["done"])])
                with self.assertRaises(AccessError):
                    customer.search([], order="crm_campaign_last_date", limit=1)
                for method in (
                    "action_view_crm_customers",
                    "action_view_crm_contacts",
                    "get_crm_activity_types",
                ):
                    with self.assertRaises(AccessError):
                        getattr(self.campaign.with_user(user), method)()
                with self.assertRaises(AccessError):
                    self.campaign.with_user(user).read(["crm_activity_progress"])

    def test_one_column_for_each_type_that_is_offered_or_was_used(self):
        retired, unused, todo = self.env["mail.activity.type"].create(
            [
                {"name": "Telegram", "crm_channel": "other", "icon": "fa-bolt"},
                {"name": "Telex", "crm_channel": "other"},
                {"name": "Chatter only"},
            ]
        )
        self._create_in_campaign(activity_type_id=retired.id)
        self._create_activity(activity_type_id=unused.id)
        (retired | unused).active = False
        columns = self.campaign.with_user(self.salesman_all).get_crm_activity_types()
        self.assertIn({"id": retired.id, "name": "Telegram", "icon": "fa-bolt"}, columns)
        ids = [column["id"] for column in columns]
        self.assertIn(self.type_call.id, ids)
        self.assertNotIn(unused.id, ids)
        self.assertNotIn(todo.id, ids)

    def test_a_new_activity_from_the_matrix_is_in_the_campaign(self):
        action = self._in_campaign(self.contact, self.salesman).action_new_crm_activity()
        form = Form(
            self.env["crm.activity"].with_user(self.salesman).with_context(**action["context"]),
            view="crm_activity_ext.crm_activity_view_form_dialog",
        )
        form.name = "Call back"
        form.activity_type_id = self.type_call
        activity = form.save()
        self.assertEqual(activity.campaign_id, self.campaign)
        self.assertEqual(activity.contact_id, self.contact)
        self.assertIn("Olga Oak", action["name"])

    def test_a_new_activity_from_a_cell_has_its_type(self):
        customer = self._in_campaign(self.customer, self.salesman)
        customer = customer.with_context(default_activity_type_id=self.type_visit.id)
        context = customer.action_new_crm_activity()["context"]
        self.assertEqual(context["default_activity_type_id"], self.type_visit.id)

    def test_many_selected_are_distributed_in_the_campaign(self):
        customers = self._in_campaign(self.customer | self.other_customer, self.salesman)
        action = customers.action_new_crm_activity()
        self.assertEqual(action["res_model"], "crm.activity.distribute")
        self.assertEqual(action["context"]["default_campaign_id"], self.campaign.id)

    def test_a_contact_that_becomes_a_customer_counts_as_it_is_found_and_opened(self):
        activity = self._create_in_campaign(contact_id=self.contact.id, state="done")
        self.contact.parent_id = False
        person = self._in_campaign(self.contact)
        self.assertEqual(self._counts(self.contact), {self.type_visit.id: 1})
        self.assertIn(self.contact, self._search([("crm_campaign_state", "in", ["done"])]))
        action = person.action_view_crm_campaign_activities()
        self.assertEqual(self.Activity.search(action["domain"]), activity)
        # As a customer it starts anew: that visit was with the old one.
        customers = self.campaign.with_user(self.manager).action_view_crm_customers()
        person = self.contact.with_user(self.manager).with_context(**customers["context"])
        self.assertFalse(person.crm_campaign_activity_counts)
        action = person.action_view_crm_campaign_activities()
        self.assertFalse(self.Activity.search(action["domain"]))

    def test_a_campaign_of_the_context_that_is_no_id_is_none(self):
        self._create_in_campaign()
        for value in (True, "1", [1], 0, -1, 2**31 - 1):
            customer = self.customer.with_user(self.manager).with_context(crm_campaign_id=value)
            self.assertFalse(customer.crm_campaign_activity_counts)
            customer.search([("crm_campaign_state", "=", "done")], order="crm_campaign_last_date")
            if value in (True, "1", [1]):
                self.assertNotIn(
                    "default_campaign_id", customer.action_new_crm_activity()["context"]
                )

    def test_a_number_opens_the_activities_it_counts(self):
        visits = self._create_in_campaign() | self._create_in_campaign(contact_id=self.contact.id)
        call = self._create_in_campaign(activity_type_id=self.type_call.id)
        self._create_activity()
        customer = self._in_campaign(self.customer)
        action = customer.action_view_crm_campaign_activities(self.type_visit.id)
        self.assertEqual(self.Activity.search(action["domain"]), visits)
        action = customer.action_view_crm_campaign_activities()
        self.assertEqual(self.Activity.search(action["domain"]), visits | call)

    def test_merged_customers_add_up(self):
        self._create_in_campaign(state="done")
        self._create_in_campaign(
            partner_id=self.other_customer.id, contact_id=self.other_contact.id
        )
        merge = self.env["base.partner.merge.automatic.wizard"].create(
            {
                "partner_ids": [Command.set((self.customer | self.other_customer).ids)],
                "dst_partner_id": self.customer.id,
            }
        )
        with mute_logger("odoo.addons.base.wizard.base_partner_merge"):
            merge.action_merge()
        self.assertEqual(self._counts(self.customer), {self.type_visit.id: 2})
        self.assertEqual(self._counts(self.other_contact), {self.type_visit.id: 1})

    def _query_count(self, function):
        function()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        return self.env.cr.sql_log_count - before

    def test_eighty_rows_cost_as_many_queries_as_one(self):
        customers = self.env["res.partner"].create(
            [{"name": f"Customer {i:02}", "is_company": True} for i in range(80)]
        )
        for customer in customers:
            self._create_in_campaign(partner_id=customer.id)
        action = self.campaign.with_user(self.manager).action_view_crm_customers()
        partners = self._in_campaign(self.env["res.partner"])
        specification = {
            "complete_name": {},
            "user_id": {"fields": {"display_name": {}}},
            "crm_campaign_last_date": {},
            "crm_campaign_activity_counts": {},
        }

        def read(limit):
            result = partners.web_search_read(action["domain"], specification, limit=limit)
            self.assertEqual(len(result["records"]), limit)

        self.assertEqual(self._query_count(lambda: read(80)), self._query_count(lambda: read(1)))

    @users("max.manager")
    @warmup
    def test_the_numbers_of_a_page_are_one_query(self):
        customers = self.env["res.partner"].browse((self.customer | self.other_customer).ids)
        customers = customers.with_context(
            crm_campaign_id=self.campaign.id, crm_campaign_field="partner_id"
        )
        with self.assertQueryCount(1):
            customers.mapped("crm_campaign_activity_counts")


@tagged("post_install", "-at_install")
class TestCampaign(CampaignCase):
    def test_the_form_totals_by_type_and_status(self):
        self._create_in_campaign(state="done")
        self._create_in_campaign(state="done", contact_id=self.contact.id)
        self._create_in_campaign(partner_id=self.other_customer.id, state="failed")
        self._create_in_campaign(activity_type_id=self.type_call.id)
        self.campaign.audience_domain = str([("id", "in", self.everybody.ids)])
        campaign = self.campaign.with_user(self.manager)
        progress = campaign.crm_activity_progress
        self.assertEqual(
            {row["name"]: (row["states"], row["reached"]) for row in progress["types"]},
            {"Visit": ({"done": 2, "failed": 1}, 1), "Call": ({"pending": 1}, 0)},
        )
        parts = {part["label"]: (part["reached"], part["total"]) for part in progress["parts"]}
        self.assertEqual(parts["Customers"], (1, 2))
        self.assertEqual(parts["Customer Contacts"], (1, 3))
        self.assertEqual(campaign.audience_reached_share, 50)

    def test_who_left_the_audience_does_not_count_as_reached(self):
        self._create_in_campaign(state="done")
        self.campaign.audience_domain = "[('name', '=', 'Pine Ltd')]"
        campaign = self.campaign.with_user(self.manager)
        self.assertEqual(campaign.audience_customer_count, 1)
        self.assertEqual(campaign.audience_reached_share, 0)

    def test_a_new_campaign_can_be_filled_in(self):
        with Form(self.env["utm.campaign"].with_user(self.salesman)) as form:
            form.title = "Winter"
            form.audience_domain = "[('name', '=', 'Oak & Sons')]"
        self.assertEqual(form.record.audience_customer_count, 1)

    def test_activities_of_several_campaigns_are_shown_together(self):
        mine = self._create_in_campaign()
        other = self._create_activity(campaign_id=self.other_campaign.id)
        action = (self.campaign | self.other_campaign).action_view_crm_activities()
        self.assertEqual(self.Activity.search(action["domain"]), mine | other)
        self.assertNotIn("default_campaign_id", action["context"])
        self.assertEqual(action["views"][0][1], "pivot")
        action = self.campaign.action_view_crm_activities()
        self.assertEqual(action["context"]["default_campaign_id"], self.campaign.id)

    def test_the_targets_of_several_campaigns_are_not_mixed(self):
        for campaigns in (self.campaign | self.other_campaign, self.env["utm.campaign"]):
            with self.assertRaisesRegex(UserError, "Select a single campaign"):
                campaigns.action_view_crm_customers()


@tagged("post_install", "-at_install")
class TestCountsThreeWays(CampaignCase):
    """Matrix, pivot and SQL say the same, whatever the activities are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types = cls.type_call | cls.type_visit | cls.type_email
        cls.targets = [
            {"partner_id": cls.customer.id},
            {"partner_id": cls.customer.id, "contact_id": cls.contact.id},
            {"contact_id": cls.contact_2.id},
            {"partner_id": cls.other_customer.id},
            {"contact_id": cls.other_contact.id},
            {},
        ]
        cls.campaigns = cls.campaign | cls.other_campaign
        cls.salespeople = cls.salesman | cls.salesman_all | cls.manager

    @made_up(
        lambda st: [
            st.lists(
                st.tuples(
                    st.integers(0, 5),
                    st.integers(0, 2),
                    st.sampled_from(STATES),
                    st.integers(0, 2),
                    st.integers(0, 2),
                ),
                max_size=25,
            ),
            st.integers(0, 2),
        ],
        max_examples=40,
    )
    def test_counts_asked_three_ways_are_equal(self, definitions, looking):
        user = self.salespeople[looking]
        with self.env.cr.savepoint() as savepoint:
            self._create_all(definitions)
            for field_name in ("partner_id", "contact_id"):
                sql = self._count_by_sql(field_name, user)
                self.assertEqual(self._count_by_matrix(field_name, user), sql)
                self.assertEqual(self._count_by_pivot(field_name, user), sql)
            savepoint.rollback()
        self.env.invalidate_all()

    def _create_all(self, definitions):
        campaigns = [self.campaign.id, self.other_campaign.id, False]
        self.Activity.with_context(tracking_disable=True).create(
            [
                {
                    "name": "Something",
                    "body": "Text",
                    "activity_type_id": self.types[activity_type].id,
                    # Done e-mails: nothing has to leave here.
                    "state": "done" if self.types[activity_type] == self.type_email else state,
                    "user_id": self.salespeople[user].id,
                    "campaign_id": campaigns[campaign],
                    **self.targets[target],
                }
                for target, activity_type, state, user, campaign in definitions
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()

    def _count_by_matrix(self, field_name, user):
        customers = self.customer | self.other_customer
        targets = customers if field_name == "partner_id" else self.everybody - customers
        return Counter(
            {
                (target.id, type_id): count
                for target in targets
                for type_id, count in self._counts(target, user).items()
            }
        )

    def _count_by_pivot(self, field_name, user):
        groups = self.Activity.with_user(user).formatted_read_group(
            [("campaign_id", "=", self.campaign.id), (field_name, "!=", False)],
            [field_name, "activity_type_id"],
            ["__count"],
        )
        return Counter(
            {
                (group[field_name][0], group["activity_type_id"][0]): group["__count"]
                for group in groups
            }
        )

    def _count_by_sql(self, field_name, user):
        own_only = user == self.salesman
        self.env.cr.execute(
            SQL(
                "SELECT %(field)s, activity_type_id, COUNT(*) FROM crm_activity "
                "WHERE campaign_id = %(campaign)s AND %(field)s IS NOT NULL AND %(rule)s "
                "GROUP BY 1, 2",
                field=SQL.identifier(field_name),
                campaign=self.campaign.id,
                rule=SQL("user_id = %s", user.id) if own_only else SQL("TRUE"),
            )
        )
        return Counter({(target, type_id): n for target, type_id, n in self.env.cr.fetchall()})
