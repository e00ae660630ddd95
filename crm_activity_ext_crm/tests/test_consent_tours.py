# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom not to contact, as a salesperson and a sales administrator see it."""

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestConsentTours(CrmActivityCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.growers = cls.env["res.partner"].create(
            [
                {
                    "name": f"Grower {number}",
                    "is_company": True,
                    "phone": f"+34 600 000 00{number}",
                    "email": f"grower{number}@example.com",
                }
                for number in range(4)
            ]
        )
        cls.campaign.write(
            {"title": "Harvest", "audience_domain": f"[('id', 'in', {cls.growers.ids})]"}
        )

    def test_what_a_customer_does_not_want_is_noted_and_shows_where_it_matters(self):
        grower = self.growers[1]
        self.start_tour(
            f"/odoo/contacts/{grower.id}",
            "crm_activity_consent_note",
            login=self.salesman_all.login,
        )
        self.assertRecordValues(
            grower,
            [
                {
                    "crm_refuses_call": True,
                    "crm_refusal_user_id": self.salesman_all.id,
                    "crm_refusal_reason": "Said so on the phone",
                }
            ],
        )
        self.start_tour("/odoo", "crm_activity_consent_campaign", login=self.salesman_all.login)
        planned = self.Activity.search([("campaign_id", "=", self.campaign.id)])
        self.assertEqual(planned.partner_id, self.growers - grower)

    def test_a_list_is_imported_and_taken_back(self):
        self.start_tour("/odoo", "crm_activity_consent_list", login=self.manager.login)
        imported = self.env["crm.activity.opt.out.import"].search([], limit=1)
        self.assertRecordValues(
            imported, [{"noted_count": 1, "create_uid": self.manager.id, "reason": "Robinson list"}]
        )
        self.assertTrue(imported.undone_date)
        self.assertFalse(self.growers.filtered("crm_refuses_call"))
