# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a campaign's screens show of its audience: asked for once the screen is there."""

from ast import literal_eval
from unittest.mock import Mock, patch

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..models import utm_campaign
from .test_campaign import CampaignCase

COUNTS = ["audience_customer_count", "audience_contact_count"]
FIGURES = [
    *COUNTS,
    "audience_error",
    "audience_reached_share",
    "crm_activity_count",
    "crm_responded_count",
]
WIDGET = "crm_campaign_figure"


@tagged("post_install", "-at_install")
class TestCampaignFigures(CampaignCase):
    def _create_campaigns(self, count, rule="[('id', '>', %s)]"):
        return self.env["utm.campaign"].create(
            [
                {"title": f"Campaign {i}", "audience_domain": rule % i if "%" in rule else rule}
                for i in range(count)
            ]
        )

    def _queries(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        return self.cr.sql_log_count - before

    def _no_audience(self):
        """:return: context manager in which no audience is counted"""
        campaign_class = self.env.registry["utm.campaign"]
        no_count = Mock(side_effect=AssertionError)
        return patch.multiple(campaign_class, _count_partners=no_count, _count_members=no_count)

    def _ask_for_all(self, campaigns, names):
        """Ask as the web client does.

        :return: the rows of all, and the number of campaigns in each answer
        """
        rows, sizes, missing = {}, [], campaigns
        while missing:
            answer = missing.get_crm_figures(names)
            self.assertTrue(answer)
            rows |= {row["id"]: row for row in answer}
            sizes.append(len(answer))
            missing -= missing.browse(row["id"] for row in answer)
        return [rows[campaign.id] for campaign in campaigns], sizes

    def test_the_list_opens_by_as_many_queries_whatever_there_is(self):
        action = self.env.ref("crm_activity_ext.utm_campaign_action_crm")
        view = self.env.ref("crm_activity_ext.utm_campaign_view_list_crm")
        Campaign = self.env["utm.campaign"].with_user(self.manager)
        arch = etree.fromstring(Campaign.get_view(view.id, "list")["arch"])
        self.assertEqual(arch.get("js_class"), "crm_campaign_list")
        names = {node.get("name"): node.get("widget") for node in arch.iter("field")}
        self.assertEqual(
            {name for name, widget in names.items() if widget == WIDGET} & set(FIGURES),
            set(FIGURES) - {"audience_error"},
        )
        read = {name: {} for name, widget in names.items() if widget != WIDGET}
        self.assertFalse(set(read) & set(FIGURES))

        def open_list(campaigns):
            campaigns.web_search_read([("id", "in", campaigns.ids)], read, limit=80)

        self.assertNotIn("crm_audience_later", action.context)
        few = self._create_campaigns(5).with_user(self.manager)
        many = self._create_campaigns(50).with_user(self.manager)
        open_list(few)
        with self._no_audience():
            queries = self._queries(lambda: open_list(few))
            self.assertEqual(self._queries(lambda: open_list(many)), queries)
        self.assertLessEqual(queries, 12)

    def test_the_form_opens_and_is_saved_without_a_look_at_the_audience(self):
        campaign = self.campaign.with_user(self.manager)
        with self._no_audience(), Form(campaign) as form:
            form.title = "Late Harvest"
        self.assertEqual(self.campaign.title, "Late Harvest")

    def test_what_comes_later_is_what_everybody_reads(self):
        self._create_in_campaign(state="done")
        self.campaign.audience_domain = str([("id", "in", self.everybody.ids)])
        campaigns = (self.campaign | self.other_campaign | self._create_campaigns(3)).with_user(
            self.salesman_all
        )
        rows, _sizes = self._ask_for_all(campaigns, FIGURES)
        self.env.invalidate_all()
        self.assertEqual(rows, campaigns.read(FIGURES))
        self.assertEqual(rows[0]["audience_reached_share"], 50)
        self.assertEqual([rows[0][name] for name in COUNTS], [2, 3])

    def test_an_answer_has_what_is_counted_in_time_and_the_next_one_goes_on(self):
        campaigns = self._create_campaigns(3) | self._create_campaigns(4, "[]")
        with patch.object(utm_campaign, "FIGURES_TIME", -1):
            _rows, sizes = self._ask_for_all(campaigns.with_user(self.manager), FIGURES)
        self.assertCountEqual(sizes, [1, 1, 1, 4])
        rows, sizes = self._ask_for_all(campaigns.with_user(self.manager), FIGURES)
        self.assertEqual(sizes, [7])

    def test_a_campaign_that_was_deleted_meanwhile_is_left_out(self):
        campaigns = self._create_campaigns(3).with_user(self.manager)
        self.env["utm.campaign"].browse(campaigns[1].id).unlink()
        rows = campaigns.get_crm_figures(FIGURES)
        self.assertEqual([row["id"] for row in rows], [campaigns[0].id, campaigns[2].id])

    def test_figures_that_need_no_audience_are_one_query_for_all(self):
        campaigns = self._create_campaigns(20).with_user(self.manager)
        names = ["crm_activity_count"]
        campaigns.get_crm_figures(names)
        with self._no_audience(), patch.object(utm_campaign, "FIGURES_TIME", -1):
            self.assertEqual(len(campaigns.get_crm_figures(names)), 20)
            self.assertEqual(
                self._queries(lambda: campaigns.get_crm_figures(names)),
                self._queries(lambda: campaigns[:1].get_crm_figures(names)),
            )

    def test_campaigns_alike_are_counted_once(self):
        campaigns = self._create_campaigns(20, "[]").with_user(self.manager)
        campaigns.get_crm_figures(FIGURES)
        self.assertEqual(
            self._queries(lambda: campaigns.get_crm_figures(FIGURES)),
            self._queries(lambda: campaigns[:1].get_crm_figures(FIGURES)),
        )

    def test_an_audience_is_counted_in_one_statement(self):
        self.campaign.audience_domain = "[('name', '=', 'Oak & Sons')]"
        campaign = self.campaign.with_user(self.manager)
        names = [*FIGURES, "crm_activity_progress"]
        campaign.get_crm_figures(names)
        count = self.env.registry["utm.campaign"]._count_partners
        with patch.object(
            self.env.registry["utm.campaign"], "_count_partners", autospec=True, side_effect=count
        ) as counted:
            self.env.invalidate_all()
            campaign.get_crm_figures(names)
        self.assertEqual(counted.call_count, 1)

    def test_a_form_is_told_about_a_rule_that_nobody_has_saved(self):
        self._create_in_campaign(state="done")
        campaign = self.campaign.with_user(self.salesman)
        for shown in (campaign, campaign.browse()):
            rule = {"audience_domain": "[('name', '=', 'Oak & Sons')]", "audience_mode": "live"}
            [figures] = shown.get_crm_figures([*COUNTS, "crm_activity_progress"], rule)
            self.assertEqual(figures["id"], shown.id)
            self.assertEqual([figures[name] for name in COUNTS], [1, 2])
            parts = figures["crm_activity_progress"]["parts"]
            totals = {part["label"]: part["total"] for part in parts}
            self.assertEqual(totals["Customers"], 1)
            rule["audience_domain"] = "[('name', '=', 'Nobody')]"
            [figures] = shown.get_crm_figures(COUNTS, rule)
            self.assertEqual([figures[name] for name in COUNTS], [0, 0])
            rule["audience_domain"] = "nonsense"
            [figures] = shown.get_crm_figures(["audience_error"], rule)
            self.assertIn("cannot be read", figures["audience_error"])
        self.env.invalidate_all()
        self.assertEqual(self.campaign.audience_domain, "[]")

    def test_a_form_is_told_what_a_frozen_audience_would_be(self):
        rule = {"audience_domain": "[('name', '=', 'Oak & Sons')]", "audience_mode": "frozen"}
        [figures] = self.campaign.with_user(self.salesman).get_crm_figures(COUNTS, rule)
        self.assertEqual([figures[name] for name in COUNTS], [1, 2])

    def test_nothing_else_of_a_campaign_can_be_made_up(self):
        self._create_activity(campaign_id=self.other_campaign.id)
        [figures] = self.campaign.with_user(self.salesman).get_crm_figures(
            ["title"], {"title": "Made up", "audience_mode": "live"}
        )
        self.assertEqual(figures["title"], self.campaign.title)

    def test_who_may_not_see_activities_gets_no_figures(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        portal = new_test_user(self.env, "pia.portal", "base.group_portal", name="Pia")
        for user in (employee, portal):
            campaign, new = self.campaign.with_user(user), self.env["utm.campaign"].with_user(user)
            rule = {"audience_domain": "[]"}
            for name in [*FIGURES, "crm_activity_progress"]:
                for records, args in ((campaign, []), (campaign, [rule]), (new, [rule])):
                    with self.subTest(user=user.name, name=name, records=records, args=args):
                        self.assertRaises(AccessError, records.get_crm_figures, [name], *args)

    def test_own_documents_only_means_own_figures(self):
        self._create_in_campaign(user_id=self.salesman.id)
        self._create_in_campaign(user_id=self.salesman_all.id, state="done")
        names = ["crm_activity_count", "audience_reached_share"]
        for user, count, is_reached in ((self.salesman, 1, False), (self.salesman_all, 2, True)):
            [figures] = self.campaign.with_user(user).get_crm_figures(names)
            self.assertEqual(figures["crm_activity_count"], count)
            self.assertEqual(bool(figures["audience_reached_share"]), is_reached)

    def test_a_file_has_the_figures(self):
        self.manager.group_ids |= self.env.ref("base.group_allow_export")
        campaigns = self._create_campaigns(3, "[('name', '=', 'Oak & Sons')]")
        rows = campaigns.with_user(self.manager).export_data(["title", *COUNTS])["datas"]
        self.assertEqual([row[1:] for row in rows], [[1, 2]] * 3)

    def test_the_audience_of_a_list_is_the_one_of_its_matrix(self):
        """Frozen with somebody added and somebody left out, as read in one table and in two."""
        self.campaign.audience_domain = "[('name', '=', 'Oak & Sons')]"
        self.campaign.action_freeze_audience()
        campaign = self.campaign.with_user(self.manager)
        Partner = self.env["res.partner"].with_user(self.manager)

        def get_customers():
            found = Partner.search(campaign.action_view_crm_customers()["domain"])
            [figures] = campaign.get_crm_figures(COUNTS)
            self.assertEqual(figures["audience_customer_count"], len(found))
            return found

        self.assertEqual(get_customers(), self.customer)
        campaign._add_to_audience(self.customer | self.other_customer)
        self.assertEqual(get_customers(), self.customer | self.other_customer)
        campaign._remove_from_audience(self.customer)
        self.assertEqual(get_customers(), self.other_customer)


@tagged("post_install", "-at_install")
class TestCampaignPivot(CampaignCase):
    def test_what_shows_first_has_no_row_for_each_target(self):
        action = self.campaign.action_view_crm_activities()
        self.assertEqual(action["views"][0][1], "pivot")
        arch = self.Activity.get_view(action["views"][0][0], "pivot")["arch"]
        rows = {node.get("type"): node.get("name") for node in etree.fromstring(arch).iter("field")}
        self.assertEqual((rows["row"], rows["col"]), ("state", "activity_type_id"))

    def test_the_targets_are_one_click_away(self):
        self._create_in_campaign()
        action = self.campaign.action_view_crm_activities()
        arch = self.Activity.get_view(action["search_view_id"][0], "search")["arch"]
        [by_target] = etree.fromstring(arch).xpath("//filter[@name='pivot_by_target']")
        context = literal_eval(by_target.get("context"))
        groupby = context["pivot_row_groupby"] + context["pivot_column_groupby"]
        [group] = self.Activity.formatted_read_group(action["domain"], groupby, ["__count"])
        self.assertEqual(group["target_ref"][1], self.customer.name)
        self.assertEqual(group["activity_type_id"][0], self.type_visit.id)
