# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestDefaultDuration(CrmActivityCase):
    """How long an activity takes that is planned by a click in the calendar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.in_calendar = cls.Activity.with_user(cls.salesman).with_context(
            crm_activity_propose_duration=True
        )

    def test_it_is_the_types(self):
        with Form(self.in_calendar) as form:
            form.activity_type_id = self.type_visit
            self.assertEqual(form.duration, 1)
            form.activity_type_id = self.type_call
            self.assertEqual(form.duration, 0.25)
            form.name = "Call"

    def test_what_somebody_typed_stays(self):
        with Form(self.in_calendar) as form:
            form.activity_type_id = self.type_visit
            form.duration = 3
            form.activity_type_id = self.type_call
            self.assertEqual(form.duration, 3)
            form.name = "Call"

    def test_nothing_is_made_up_elsewhere(self):
        with Form(self.Activity.with_user(self.salesman)) as form:
            form.activity_type_id = self.type_visit
            self.assertFalse(form.duration)
            form.name = "Visit"
        self.assertFalse(self._create_activity().duration)

    def test_a_new_type_takes_what_is_usual_for_its_channel(self):
        Type = self.env["mail.activity.type"]
        lunch = Type.create({"name": "Lunch", "crm_channel": "meeting"})
        self.assertEqual(lunch.crm_default_duration, 1)
        self.assertFalse(Type.create({"name": "Note", "crm_channel": "other"}).crm_default_duration)
        lunch.crm_default_duration = 2
        lunch.crm_channel = "call_out"
        self.assertEqual(lunch.crm_default_duration, 2)

    def test_salespeople_do_not_set_it(self):
        with self.assertRaises(AccessError):
            self.type_visit.with_user(self.salesman).crm_default_duration = 5
