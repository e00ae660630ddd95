# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase
from odoo.addons.crm_activity_ext.tests.test_search import SPELLINGS


@tagged("post_install", "-at_install")
class TestSearchLeadByPhone(CrmActivityCase):
    def test_a_number_finds_what_is_for_a_lead(self):
        lead = self.env["crm.lead"].create(
            {"name": "Forty desks", "phone": "0034 600.11.22.33", "user_id": self.salesman.id}
        )
        activity = self._create_activity(
            partner_id=False, lead_id=lead.id, user_id=self.salesman.id
        )
        self.env.flush_all()
        Activity, History = (
            self.env[name].with_user(self.salesman)
            for name in ("crm.activity", "crm.activity.history")
        )
        for spelling in SPELLINGS:
            with self.subTest(spelling):
                domain = [("phone_search", "ilike", spelling)]
                self.assertEqual(Activity.search(domain), activity)
                rows = History.search(domain)
                self.assertEqual(
                    {(row.res_model, row.res_id) for row in rows},
                    {("crm.activity", activity.id), ("crm.lead", lead.id)},
                )

    def test_who_may_not_read_the_lead_learns_nothing_by_its_number(self):
        lead = self.env["crm.lead"].create(
            {"name": "Secret", "phone": "+34600112233", "user_id": self.salesman_all.id}
        )
        activity = self._create_activity(lead_id=lead.id, user_id=self.salesman.id)
        domain = [("id", "=", activity.id), ("phone_search", "ilike", "600112233")]
        self.assertFalse(self.Activity.with_user(self.salesman).search(domain))
        self.assertEqual(self.Activity.with_user(self.salesman_all).search(domain), activity)
