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

    def test_a_sequence_is_made(self):
        self._tour("crm_activity_sequence_make", self.manager)
        sequence = self.env["crm.activity.sequence"].search([("name", "=", "After the Fair")])
        self.assertEqual(
            sequence.step_ids.mapped(lambda step: (step.name, step.delay_days)),
            [("Thank you", 2)],
        )
