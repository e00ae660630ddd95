# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

CLICK = """
    odoo.loader.modules.get("@web/webclient/clickbot/clickbot_loader")
        .startClickEverywhere("crm.crm_menu_root");
"""


@tagged("post_install", "-at_install")
class TestClickEverywhere(CrmActivityCase, HttpCase):
    """Odoo's own robot opens each of our menus, each of its views, and clicks each filter."""

    allow_end_on_form = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lead = cls.env["crm.lead"].create({"name": "Chairs", "campaign_id": cls.campaign.id})
        cls._create_activity(campaign_id=cls.campaign.id, user_id=cls.salesman.id)
        cls._create_activity(
            state="done", partner_id=False, lead_id=lead.id, user_id=cls.salesman.id
        )
        root = cls.env.ref("crm.crm_menu_root")
        menus = cls.env["ir.ui.menu"].search([("id", "child_of", root.id)])
        cls.ours = menus.filtered(
            lambda menu: menu.get_external_id()[menu.id].startswith("crm_activity_ext")
        )
        # Odoo has its own test of the rest.
        others = menus - menus.search([("id", "parent_of", cls.ours.ids)])
        others.active = False

    def _click(self, user):
        """:return: our menus that the user was offered"""
        user.tour_enabled = False
        shown = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        self.browser_js(
            "/odoo",
            CLICK,
            "odoo.isReady === true",
            login=user.login,
            timeout=300,
            success_signal="clickbot test succeeded",
        )
        return {menu.name for menu in self.ours if menu.id in shown}

    def test_as_a_salesperson(self):
        self.assertEqual(
            self._click(self.salesman),
            {
                "Activities",
                "Activity Distributions",
                "All CRM Activities",
                "CRM Activities",
                "Campaigns",
                "Outbox",
                "Running Sequences",
                "Sequences",
            },
        )

    def test_as_an_administrator(self):
        admin = new_test_user(
            self.env, "clicking", groups="sales_team.group_sale_manager,base.group_system"
        )
        self.assertIn("Outbox", self._click(admin))
