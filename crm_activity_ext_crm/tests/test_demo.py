# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from lxml import etree

from odoo.tests import BaseCase, tagged
from odoo.tools import file_open


@tagged("post_install", "-at_install")
class TestDemo(BaseCase):
    def test_demo_data_holds_no_lead(self):
        """Odoo's own tests delete all leads, and demo data must not be in their way."""
        with file_open("crm_activity_ext_crm/demo/crm_activity_demo.xml", "rb") as file:
            records = etree.parse(file).findall("record")
        of_leads = [
            record for record in records if record.find("field[@name='lead_id']") is not None
        ]
        self.assertTrue(of_leads)
        for record in of_leads:
            state = record.findtext("field[@name='state']", "pending")
            self.assertIn(state, ("draft", "pending", "cancelled"), record.get("id"))
