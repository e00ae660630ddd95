# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A campaign where accounting knows who has bought."""

from ast import literal_eval

from lxml import etree

from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestHasBought(CrmActivityCase):
    def test_the_list_has_all_that_its_button_counts_and_the_filter_stands_alone(self):
        campaign = self.campaign.with_user(self.manager)
        action = campaign.action_view_crm_customers()
        self.assertFalse([key for key in action["context"] if key.startswith("search_default")])
        customers = self.env["res.partner"].with_user(self.manager)
        customers = customers.search_count(action["domain"])
        self.assertEqual(campaign.audience_customer_count, customers)
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
