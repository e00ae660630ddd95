# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What came of an activity is said by the keys alone, in the web client."""

from odoo.tests import freeze_time, tagged

from .test_daily_tours import DailyTourCase


@tagged("post_install", "-at_install")
class TestDoneTours(DailyTourCase):
    def test_done_by_keys_and_undone(self):
        call = self._create_mine(name="Ask for the order", activity_type_id=self.type_call.id)
        self._start("crm_activity_done_by_keys")
        self.assertEqual((self._get_mine(), call.state), (call, "pending"))

    def test_a_call_is_logged_from_the_customer_in_three_keys(self):
        self._start("crm_activity_log_call_by_keys")
        call = self._get_mine()
        self.assertEqual(
            (call.state, call.channel, call.outcome_id.name, call.body),
            ("done", "call_out", "Answered", "<p>Wants 2 of them</p>"),
        )

    def test_a_call_is_logged_from_wherever_somebody_is(self):
        self.campaign.audience_domain = str([("id", "in", self.customer.ids)])
        lead = self.env["crm.lead"].create(
            {"name": "Oak wants chairs", "type": "opportunity", "user_id": self.salesman.id}
        )
        planned = self._create_mine(date="2050-01-03 10:00:00")
        matrix = f"/odoo/crm-campaigns/{self.campaign.id}/crm-campaign-customers"
        for tour, url, target in (
            ("form", f"/odoo/contacts/{self.contact.id}", self.contact),
            ("form", f"/odoo/crm.lead/{lead.id}", lead),
            ("list", "/odoo/contacts?view_type=list", self.customer),
            ("activities", "/odoo/crm-activities", self.customer),
            ("list", matrix, self.customer),
            ("matrix", matrix, self.customer),
        ):
            with self.subTest(tour, url=url):
                self._start(f"crm_activity_log_call_from_{tour}", url)
                call = self._get_mine() - planned
                self.assertEqual(
                    (call.state, call.channel, call.outcome_id.name),
                    ("done", "call_out", "Answered"),
                )
                self.assertIn(target, (call.contact_id, call.partner_id, call.lead_id))
                self.assertEqual(bool(call.campaign_id), url == matrix)
                call.unlink()

    def test_a_visit_is_logged_from_the_history(self):
        self._start("crm_activity_log_visit_from_history")
        self.assertEqual(self._get_mine().outcome_id.name, "Held")


@tagged("post_install", "-at_install")
class TestWorkingDays(DailyTourCase):
    """The next step is on a day when its responsible works."""

    @freeze_time("2026-03-12 09:00:00")
    def test_holidays_and_days_off_are_left_out(self):
        calendar = self.env["resource.calendar"].create({"name": "No Fridays"})
        calendar.attendance_ids.filtered(lambda one: one.dayofweek == "4").unlink()
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Saint Joseph",
                "calendar_id": calendar.id,
                "company_id": calendar.company_id.id,
                "date_from": "2026-03-15 23:00:00",
                "date_to": "2026-03-16 22:59:00",
            }
        )
        self.company_a.resource_calendar_id = calendar
        call = self._create_mine(activity_type_id=self.type_call.id, date="2026-03-12 09:30:00")
        outcome = self.env.ref("crm_activity_ext.crm_activity_outcome_no_answer")
        wizard = (
            self.env["crm.activity.done"]
            .with_user(self.salesman)
            .create({"activity_ids": call.ids, "outcome_id": outcome.id})
        )
        # Thursday; neither Friday nor the weekend nor the holiday on Monday.
        self.assertEqual(str(wizard.next_date), "2026-03-18 09:30:00")
