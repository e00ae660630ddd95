# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestReadingTours(CrmActivityCase, HttpCase):
    """A salesperson looks for activities, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.write({"phone": "600 11 22 33", "email": "olga@example.com"})
        now = fields.Datetime.now()
        for days, contact in ((2, cls.contact), (3, cls.other_contact)):
            cls._create_activity(
                name="Ask Olga" if contact == cls.contact else "Ask the others",
                partner_id=False,
                contact_id=contact.id,
                date=now + timedelta(days=days),
                user_id=cls.salesman.id,
            )

    def test_a_name_and_enter_find_what_is_for_somebody(self):
        self.start_tour("/odoo", "crm_activity_search", login=self.salesman.login)

    def test_who_is_to_be_called_is_one_click_away(self):
        self.start_tour("/odoo", "crm_activity_call", login=self.salesman.login)
