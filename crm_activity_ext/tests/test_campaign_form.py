# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from lxml import etree

from odoo.tests import HttpCase, new_test_user, tagged

from .common import CrmActivityCase

FORM = "crm_activity_ext.utm_campaign_view_form_crm"


@tagged("post_install", "-at_install")
class TestCampaignForm(CrmActivityCase):
    """The form of campaigns beside other apps, which add to Odoo's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.ui.view"].create(
            {
                "name": "What an app adds",
                "model": "utm.campaign",
                "inherit_id": cls.env.ref("utm.utm_campaign_view_form").id,
                "arch": """
                    <data>
                        <div name="button_box" position="inside">
                            <button name="action_archive" type="object"
                                groups="sales_team.group_sale_manager" invisible="not color"/>
                            <button name="action_unarchive" type="object"/>
                        </div>
                        <sheet position="inside">
                            <field name="is_auto_campaign" invisible="1"/>
                            <group name="of_a_feature" groups="base.group_multi_currency"/>
                        </sheet>
                        <notebook position="inside">
                            <page name="for_managers" groups="sales_team.group_sale_manager"/>
                        </notebook>
                    </data>
                """,
            }
        )

    def _get_form(self, user):
        """:return: names in the form that the menu opens"""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.utm_campaign_action_crm"
        )
        [view_id] = [view_id for view_id, view_type in action["views"] if view_type == "form"]
        arch = self.env["utm.campaign"].with_user(user).get_view(view_id, "form")["arch"]
        return etree.fromstring(arch).xpath("//@name")

    def test_the_form_has_what_apps_say_for_whom_it_is(self):
        for user, is_there in ((self.manager, True), (self.salesman, False)):
            names = self._get_form(user)
            for name in ("action_archive", "for_managers", "color"):
                self.assertEqual(name in names, is_there, (user.name, name))

    def test_the_form_has_nothing_that_apps_add_for_nobody_in_particular(self):
        names = self._get_form(self.manager)
        self.assertNotIn("is_auto_campaign", names)
        self.assertNotIn("action_unarchive", names)

    def test_the_form_has_nothing_of_a_feature_that_is_switched_on_for_everybody(self):
        self.env.ref("base.group_user").implied_ids |= self.env.ref("base.group_multi_currency")
        self.assertNotIn("of_a_feature", self._get_form(self.salesman))
        self.assertNotIn("of_a_feature", self._get_form(self.manager))

    def test_the_form_has_all_that_is_ours_once(self):
        names = self._get_form(self.salesman)
        for name in (
            *("title", "user_id", "tag_ids", "stage_id"),
            *("action_view_crm_customers", "action_view_crm_contacts"),
            *("action_view_crm_activities", "crm_audience", "crm_campaign_progress"),
        ):
            self.assertEqual(names.count(name), 1, name)

    def test_what_is_of_crm_comes_first(self):
        names = self._get_form(self.manager)
        self.assertLess(names.index("crm_audience"), names.index("for_managers"))
        self.assertLess(names.index("action_view_crm_activities"), names.index("action_archive"))

    def test_a_link_to_a_campaign_opens_the_form_of_crm_for_who_sells(self):
        marketer = new_test_user(self.env, "mia.marketer", "base.group_user")
        form_id = self.env.ref(FORM).id
        for user, expected in ((self.salesman, form_id), (marketer, False)):
            campaign = self.campaign.with_user(user)
            self.assertEqual(campaign.get_formview_action()["views"], [(expected, "form")])
            self.assertEqual(self.campaign.get_formview_id(access_uid=user.id), expected)


@tagged("post_install", "-at_install")
class TestCampaignAddress(CrmActivityCase, HttpCase):
    """What the web client loads for an address that somebody types."""

    def _load(self, path, **context):
        self.authenticate(self.salesman.login, self.salesman.login)
        return self.make_jsonrpc_request(
            "/web/action/load", {"action_id": path, "context": context}
        )

    def test_without_a_campaign_the_windows_of_one_are_empty_and_say_so(self):
        for name in ("activities", "customers", "contacts", "added", "left-out", "add"):
            action = self._load(f"crm-campaign-{name}")
            self.assertEqual(action["domain"], [[0, "=", 1]], name)
            self.assertEqual(action["context"], {}, name)
            self.assertIn("Select a campaign", action["help"], name)

    def test_with_a_campaign_they_are_as_ever(self):
        action = self._load("crm-campaign-activities", active_id=self.campaign.id)
        self.assertEqual(action["domain"], "[('campaign_id', '=', active_id)]")
        self.assertIn("No activities in this campaign yet", action["help"])

    def test_other_windows_are_as_ever(self):
        self.assertEqual(self._load("crm-campaigns")["context"], "{}")
