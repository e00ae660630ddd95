# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, tagged

from .common import SequenceCase


@tagged("post_install", "-at_install")
class TestSequenceTours(SequenceCase, HttpCase):
    def _tour(self, name, user=None):
        self.start_tour("/odoo", name, login=(user or self.salesman).login)
        self.env.invalidate_all()

    def test_started_from_the_customer_paused_and_stopped(self):
        self._tour("crm_activity_sequence_start_and_stop")
        enrollment = self._get_enrollments(self.customer)
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("stopped", "user"))
        self.assertEqual(enrollment.user_id, self.salesman)

    def test_started_from_a_list_answered_and_seen_in_the_figures(self):
        self._tour("crm_activity_sequence_start_from_list")
        enrollment = self._get_enrollments(self.contact)
        mail = self._send_first(enrollment)
        self._answer(mail)
        self._tour("crm_activity_sequence_answered", self.manager)
        self.assertStopped(enrollment, "answer", ["done", *["cancelled"] * 3])

    def test_started_from_the_matrix_of_a_campaign(self):
        growers = self.env["res.partner"].create(
            [
                {"name": f"Grower {i}", "is_company": True, "email": f"grower{i}@example.com"}
                for i in range(4)
            ]
        )
        campaign = self.env["utm.campaign"].create(
            {"title": "Harvest", "audience_domain": "[('name', 'like', 'Grower')]"}
        )
        self._tour("crm_activity_sequence_start_from_matrix", self.salesman_all)
        enrollments = self._get_enrollments(growers)
        self.assertEqual(enrollments.mapped("res_id"), growers[1:3].ids)
        self.assertEqual(enrollments.campaign_id, campaign)
        self.assertEqual(enrollments.activity_ids.campaign_id, campaign)
        self.assertEqual(len(enrollments.activity_ids), 8)

    def test_a_sequence_is_made(self):
        self._tour("crm_activity_sequence_make", self.manager)
        sequence = self.env["crm.activity.sequence"].search([("name", "=", "After the Fair")])
        self.assertEqual(
            sequence.step_ids.mapped(lambda step: (step.name, step.delay_days)),
            [("Thank you", 2)],
        )
