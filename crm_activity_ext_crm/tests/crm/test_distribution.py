# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestLeadDistribution(CrmActivityCase):
    def _distribute(self, leads, **values):
        wizard = (
            self.env["crm.activity.distribute"]
            .with_user(self.manager)
            .create(
                {
                    "target_model": "crm.lead",
                    "target_ids": leads.ids,
                    "activity_type_id": self.type_email.id,
                    "name": "Still interested?",
                    "body": "<p>Are you?</p>",
                    **values,
                }
            )
        )
        wizard.action_distribute()
        return wizard.distribution_id

    def test_leads_are_left_out_by_the_address_that_would_be_written_to(self):
        ok, of_customer, double, none, lost = leads = self.env["crm.lead"].create(
            [
                {"name": "Desks", "email_from": "lea@example.com"},
                {"name": "Chairs", "partner_id": self.customer.id},
                {"name": "More desks", "email_from": "LEA@example.com"},
                {"name": "Lamps", "partner_name": "Lamps & Co"},
                {"name": "Lost", "email_from": "lost@example.com", "active": False},
            ]
        )
        distribution = self._distribute(leads)
        self.assertEqual(distribution.activity_ids.lead_id, ok | of_customer)
        kinds = {line.res_id: line.kind for line in distribution.line_ids}
        self.assertEqual(
            kinds, {double.id: "same_address", none.id: "no_address", lost.id: "archived"}
        )

    def test_leads_that_have_one_are_left_out_and_salespeople_get_theirs(self):
        mine, theirs = leads = self.env["crm.lead"].create(
            [
                {"name": "Desks", "email_from": "lea@example.com", "user_id": False},
                {
                    "name": "Chairs",
                    "email_from": "charles@example.com",
                    "user_id": self.salesman.id,
                },
            ]
        )
        values = {
            "user_policy": "salesperson",
            "campaign_id": self.campaign.id,
            "skip_existing": True,
        }
        made = self._distribute(leads, **values).activity_ids
        self.assertEqual(
            {activity.lead_id: activity.user_id for activity in made},
            {mine: self.manager, theirs: self.salesman},
        )
        again = self._distribute(leads, **values)
        self.assertFalse(again.made_count)
        self.assertEqual(set(again.line_ids.mapped("kind")), {"existing"})


@tagged("post_install", "-at_install")
class TestDistributionTour(CrmActivityCase, HttpCase):
    def test_an_email_for_twenty_of_whom_one_opted_out_and_two_share_an_address(self):
        visitors = self.env["res.partner"].create(
            [
                {"name": f"Fair visitor {i:02}", "email": f"visitor{i}@example.com"}
                for i in range(20)
            ]
        )
        self.env["mail.blacklist"]._add(visitors[3].email)
        visitors[9].email = visitors[8].email
        self.env["mail.template"].create(
            {
                "name": "Fair follow-up",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Thank you, {{ object.name }}",
                "body_html": "<p>Dear <t t-out='object.name'/>, see you again.</p>",
            }
        )
        self.start_tour("/odoo", "crm_activity_distribution", login=self.salesman.login)
        distribution = self.env["crm.activity.distribution"].search([])
        self.assertEqual(distribution.owner_id, self.salesman)
        self.assertEqual(distribution.activity_ids.partner_id, visitors - visitors[3] - visitors[9])
        self.start_tour(
            f"/odoo/crm.activity.distribution/{distribution.id}",
            "crm_activity_distribution_result",
            login=self.salesman.login,
        )
