# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A salesperson's day: what is to be done now, and working through it."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

COUNT = 60


class WorkTourCase(CrmActivityCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.no_answer = cls.env.ref("crm_activity_ext.crm_activity_outcome_no_answer")

    @classmethod
    def _create_calls(cls, count, **values):
        customers = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {n:02}",
                    "is_company": True,
                    "phone": f"60000{n:04}",
                }
                for n in range(1, count + 1)
            ]
        )
        return cls.Activity.create(
            [
                {
                    "name": f"Call {n:02}",
                    "activity_type_id": cls.type_call.id,
                    "partner_id": customer.id,
                    "user_id": cls.salesman.id,
                    "date": cls.now - timedelta(days=2, minutes=-n),
                    **values,
                }
                for n, customer in enumerate(customers, 1)
            ]
        )

    def _start(self, tour, url, login=None):
        self.start_tour(url, tour, login=login or self.salesman.login, timeout=300)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestWorkTours(WorkTourCase):
    def test_sixty_calls_are_made_by_keyboard_alone(self):
        calls = self._create_calls(COUNT)
        self._start("crm_activity_work_by_keys", "/odoo/crm-my-day")
        self.assertEqual(set(calls.mapped("state")), {"done"})
        self.assertEqual(calls.outcome_id, self.no_answer)
        following = self.Activity.search(
            [("partner_id", "in", calls.partner_id.ids), ("state", "=", "pending")]
        )
        self.assertEqual(len(following), COUNT)
        self.assertEqual(following.partner_id, calls.partner_id)

    def test_skip_back_later_and_what_comes_then(self):
        first, second, third = self._create_calls(3)
        first.partner_id.phone = "600 000 001"
        self._create_activity(
            name="Asked for prices",
            partner_id=first.partner_id.id,
            state="done",
            date="2024-01-01",
            user_id=self.salesman.id,
        )
        self._start("crm_activity_work_keys", "/odoo")
        self.assertEqual((first.state, second.state, third.state), ("done", "pending", "done"))
        self.assertIn("Twenty of them", first.body)
        self.assertEqual(second.with_context(tz=self.salesman.tz).due, "tomorrow")
        visit = self.Activity.search([("name", "=", "Show the new ones")])
        self.assertEqual(visit.partner_id, third.partner_id)

    def test_a_selection_is_worked_through(self):
        self._create_calls(3)
        self._start("crm_activity_work_selection", "/odoo/crm-activities")

    def test_what_is_planned_in_a_campaign_is_worked_through(self):
        calls = self._create_calls(2, campaign_id=self.campaign.id)
        self.campaign.audience_domain = str([("id", "in", calls.partner_id.ids)])
        self._start(
            "crm_activity_work_matrix",
            f"/odoo/crm-campaigns/{self.campaign.id}/crm-campaign-customers",
        )
        done = calls.filtered(lambda call: call.state == "done")
        visit = self.Activity.search(
            [("activity_type_id", "=", self.type_visit.id), ("partner_id", "=", done.partner_id.id)]
        )
        self.assertGreater(visit.date, self.now)

    def test_the_day_begins_with_what_is_to_be_done_now(self):
        calls = self._create_calls(4)
        for call, days in zip(calls, (-3, 0, 1, 9), strict=True):
            call.date = self.now + timedelta(days=days)
        self._start("crm_activity_my_day", "/odoo")
        self._start("crm_activity_team_day", "/odoo", self.manager.login)


@tagged("post_install", "-at_install")
class TestWorkToursOnAPhone(WorkTourCase):
    browser_size = "375x812"
    touch_enabled = True

    def test_sixty_calls_are_made_by_keyboard_alone_on_a_narrow_screen(self):
        calls = self._create_calls(COUNT)
        self._start("crm_activity_phone_work_by_keys", "/odoo/crm-my-day")
        self.assertEqual(set(calls.mapped("state")), {"done"})
