# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A campaign where accounting knows who has bought."""

from ast import literal_eval

from lxml import etree

from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestHasBought(CrmActivityCase):
    def test_customers_that_have_bought_are_shown_first_and_the_filter_stands_alone(self):
        action = self.campaign.with_user(self.manager).action_view_crm_customers()
        self.assertEqual(action["context"]["search_default_crm_has_bought"], 1)
        view_id = action["search_view_id"][0]
        arch = etree.fromstring(self.env["res.partner"].get_view(view_id, "search")["arch"])
        [has_bought] = arch.xpath("//filter[@name='crm_has_bought']")
        # Filters next to each other are alternatives: "bought or not reached" helps nobody.
        self.assertEqual(has_bought.getnext().tag, "separator")
        self.assertNotEqual(has_bought.getprevious().tag, "filter")

        self.customer.customer_rank = 1
        partners = self.env["res.partner"].with_user(self.manager)
        ours = [("id", "in", (self.customer | self.other_customer).ids)]
        bought = [*action["domain"], *ours, *literal_eval(has_bought.get("domain"))]
        self.assertEqual(partners.search(bought), self.customer)
        self.assertEqual(
            partners.search([*action["domain"], *ours]), self.customer | self.other_customer
        )

    def test_the_button_says_how_many_have_bought_where_not_all_have(self):
        campaign = self.campaign.with_user(self.manager)
        campaign.audience_domain = str([("id", "in", (self.customer | self.other_customer).ids)])
        for customers, shown in (
            (self.customer, "1 of 2"),
            (self.customer | self.other_customer, "2"),
        ):
            customers.customer_rank = 1
            campaign.invalidate_recordset()
            self.assertEqual(campaign.audience_customer_summary, shown)
