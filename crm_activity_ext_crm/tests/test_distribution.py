# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.models import crm_activity_distribution
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

    def test_leads_that_are_merged_meanwhile_get_one_as_the_one_that_is_left(self):
        leads = self.env["crm.lead"].create(
            [
                {"name": f"Desks {number}", "email_from": f"lea{number}@example.com"}
                for number in range(4)
            ]
        )
        for made_before in (0, 1):
            with self.subTest(made_before=made_before), self.env.cr.savepoint() as savepoint:
                with patch.object(crm_activity_distribution, "IMMEDIATE_LIMIT", 0):
                    distribution = self._distribute(leads).sudo()
                if made_before:
                    distribution._process_chunk(made_before)
                survivor = leads[:3].merge_opportunity()
                distribution._process_chunk()
                made = distribution.activity_ids
                self.assertEqual(made.lead_id, survivor | leads[3])
                self.assertEqual(len(made), 2)
                self.assertEqual(distribution.line_ids.mapped("kind"), ["merged"] * 2)
                self.assertEqual(distribution.run_state, "done")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_lead_that_is_deleted_is_named_no_more(self):
        lost = self.env["crm.lead"].create({"name": "Lost desks", "active": False})
        distribution = self._distribute(lost)
        self.assertEqual(distribution.line_ids.name, "Lost desks")
        lost.unlink()
        self.assertFalse(distribution.line_ids.name or distribution.line_ids.reason)
        self.assertEqual(distribution.left_out_summary, "Archived: 1")

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
