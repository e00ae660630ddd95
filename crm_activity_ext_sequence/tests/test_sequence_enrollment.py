# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a list of enrollments shows and finds."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SequenceCase


@tagged("post_install", "-at_install")
class TestEnrollment(SequenceCase):
    def test_found_by_the_name_of_who_is_in_it(self):
        enrollment = self._start()
        found = self.Enrollment.search([("target_name", "ilike", "olga")])
        self.assertEqual(found, enrollment)
        self.assertFalse(self.Enrollment.search([("target_name", "ilike", "nobody at all")]))
        self.assertEqual(enrollment.display_name, "Proposal: Oak & Sons, Olga Oak")

    def test_a_page_takes_as_many_queries_as_one_row(self):
        partners = self.env["res.partner"].create(
            [{"name": f"C{i}", "email": f"c{i}@example.com"} for i in range(20)]
        )
        enrollments = self._start(partners)
        counts = []
        for some in (enrollments[:1], enrollments[:1], enrollments):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.read(["target_name", "progress", "sequence_id", "state"])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_actions_lead_to_who_is_in_it_and_what_was_made(self):
        enrollment = self._start()
        self.assertEqual(enrollment.action_open_target()["res_id"], self.contact.id)
        action = enrollment.action_view_activities()
        self.assertEqual(len(self.Activity.search(action["domain"])), 4)
        self.assertEqual(
            self.Enrollment.search(self.sequence.action_view_enrollments()["domain"]), enrollment
        )
        self.assertEqual(
            len(self.Activity.search(self.sequence.action_view_activities()["domain"])), 4
        )
        enrollment.res_id = False
        with self.assertRaisesRegex(UserError, "does not exist any more"):
            enrollment.action_open_target()

    def test_a_selection_is_paused_resumed_and_stopped_at_once(self):
        self.contact_2.email = "oscar@example.com"
        enrollments = self._start(self.contact | self.contact_2)
        enrollments.action_pause()
        self.assertEqual(set(enrollments.mapped("state")), {"paused"})
        enrollments[0].action_stop()
        enrollments.action_resume()
        self.assertEqual(enrollments.mapped("state"), ["stopped", "running"])

    def test_anonymizing_forgets_who_was_in_it(self):
        enrollment = self._start()
        self.Activity.sudo()._anonymize_for(self.contact)
        self.assertEqual((enrollment.state, enrollment.res_id), ("stopped", 0))
