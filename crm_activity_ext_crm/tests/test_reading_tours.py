# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

# As long as a received SMS may be, which is its own subject.
LONG_SUBJECT = ("They would like forty desks of oak, and twelve chairs. " * 30)[:1_600]


@tagged("post_install", "-at_install")
class TestReadingTours(CrmActivityCase, HttpCase):
    """A salesperson looks for activities, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.write({"phone": "600 11 22 33", "email": "olga@example.com"})
        # Not over midnight, where a calendar tells no time.
        noon = fields.Datetime.now().replace(hour=12)
        for days, contact in ((2, cls.contact), (3, cls.other_contact)):
            cls._create_activity(
                name="Ask Olga" if contact == cls.contact else "Ask the others",
                partner_id=False,
                contact_id=contact.id,
                date=noon + timedelta(days=days),
                user_id=cls.salesman.id,
            )

    def test_a_name_and_enter_find_what_is_for_somebody(self):
        self.start_tour("/odoo", "crm_activity_search", login=self.salesman.login)

    def test_who_is_to_be_called_is_one_click_away(self):
        self.start_tour("/odoo", "crm_activity_call", login=self.salesman.login)

    def test_a_click_on_a_day_plans_as_long_as_the_type_takes(self):
        self.start_tour("/odoo", "crm_activity_calendar_new", login=self.salesman.login)
        planned = self.Activity.search([("name", "=", "Planned by a click")])
        self.assertEqual(planned.duration, 0.25)
        local = fields.Datetime.context_timestamp(planned.with_user(self.salesman), planned.date)
        self.assertIn(local.minute, (0, 30))
        self.assertGreaterEqual(local.hour, 9)

    def test_what_is_done_is_one_click_in_the_calendar(self):
        self.start_tour("/odoo", "crm_activity_calendar_done", login=self.salesman.login)
        activity = self.Activity.search([("name", "=", "Ask Olga")])
        self.assertEqual(activity.state, "done")

    def test_a_long_subject_leaves_room_on_cards_and_forms(self):
        self._create_activity(name=LONG_SUBJECT, user_id=self.salesman.id)
        self.start_tour("/odoo", "crm_activity_long_subject", login=self.salesman.login)


@tagged("post_install", "-at_install")
class TestPhoneTours(CrmActivityCase, HttpCase):
    """What is a table elsewhere are cards on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_the_outbox(self):
        self._create_activity(
            name="Our offer",
            activity_type_id=self.type_email.id,
            partner_id=False,
            contact_id=self.contact.id,
            body="<p>Here it is</p>",
            user_id=self.salesman.id,
            state="pending",
        )
        self.start_tour("/odoo/crm-outbox", "crm_activity_phone_outbox", login=self.salesman.login)

    def test_the_matrix(self):
        self.campaign.audience_domain = str(
            [("id", "in", (self.customer | self.other_customer).ids)]
        )
        self._create_activity(campaign_id=self.campaign.id, user_id=self.salesman.id)
        self.start_tour(
            f"/odoo/crm-campaigns/{self.campaign.id}/crm-campaign-customers",
            "crm_activity_phone_matrix",
            login=self.salesman.login,
        )

    def test_a_long_subject_leaves_room_on_cards_and_forms(self):
        self._create_activity(name=LONG_SUBJECT, user_id=self.salesman.id)
        self.start_tour(
            "/odoo/crm-activities", "crm_activity_phone_long_subject", login=self.salesman.login
        )
