# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people do all day takes no more clicks than in the best of the others."""

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


class DailyTourCase(CrmActivityCase, HttpCase):
    def _start(self, tour, url="/odoo"):
        self.start_tour(url, tour, login=self.salesman.login)
        self.env.invalidate_all()

    def _create_mine(self, **values):
        return self._create_activity(user_id=self.salesman.id, **values)

    def _get_mine(self):
        return self.Activity.search([("user_id", "=", self.salesman.id)], order="id")


@tagged("post_install", "-at_install")
class TestDailyTours(DailyTourCase):
    def test_a_done_call_is_logged_from_the_customer(self):
        self._start("crm_activity_log_done_from_customer")
        call = self._get_mine()
        self.assertEqual(
            (call.state, call.channel, call.partner_id), ("done", "call_out", self.customer)
        )
        self.assertEqual(call.date_done, call.date)

    def test_a_new_activity_is_saved_as_done_with_its_outcome(self):
        self._start("crm_activity_save_with_outcome")
        call = self._get_mine()
        self.assertEqual((call.state, call.outcome_id.name), ("done", "No Answer"))

    def test_the_form_of_a_new_activity_asks_what_came_of_it(self):
        self._start("crm_activity_save_form_with_outcome")
        call = self._get_mine()
        self.assertEqual((call.state, call.outcome_id.name), ("done", "Answered"))

    def test_a_done_call_is_logged_from_crm(self):
        self._start("crm_activity_log_done_from_crm")
        self.assertEqual(self._get_mine().mapped("state"), ["done"])

    def test_the_next_call_is_planned(self):
        self._start("crm_activity_plan_call")
        call = self._get_mine()
        self.assertEqual((call.state, call.partner_id), ("pending", self.customer))
        self.assertEqual(str(call.date.date()), "2050-01-07")

    def test_a_follow_up_is_planned_after_done(self):
        self._create_mine(contact_id=self.contact.id)
        self._start("crm_activity_follow_up")
        done, following = self._get_mine()
        self.assertEqual((done.state, following.state), ("done", "pending"))
        self.assertEqual(following.contact_id, self.contact)

    def test_the_history_is_one_click_away(self):
        self._create_mine()
        self._start("crm_activity_see_history")

    def test_what_was_done_to_many_is_undone(self):
        for name in ("First", "Second", "Third"):
            self._create_mine(name=name, date="2050-01-03 10:00:00")
        self._start("crm_activity_undo")
        first, second, third = self._get_mine()
        self.assertEqual((first.state, first.name), ("done", "First of all"))
        self.assertEqual((second.state, second.date.weekday()), ("pending", 0))
        self.assertEqual((third.state, str(third.date)), ("cancelled", "2050-01-07 10:00:00"))

    def test_a_former_text_is_brought_back(self):
        activity = self._create_mine(state="done", body="<p>They want ten</p>")
        activity.body = "<p>They want twenty</p>"
        self._start("crm_activity_former_text", f"/odoo/crm-activities/{activity.id}")
        self.assertIn("They want ten", activity.body)
