# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A list of people who do not want SMS."""

from base64 import b64encode

from odoo.tests import tagged

from .test_sms import SmsCase


@tagged("post_install", "-at_install")
class TestSmsOptOutList(SmsCase):
    def test_who_is_on_a_list_gets_no_sms_until_it_is_undone(self):
        self.env["crm.activity.opt.out.list"].with_user(self.manager).create(
            {
                "file": b64encode(b"Phone\n+34600112233\n+34600999999\n"),
                "refuses_call": False,
                "refuses_post": False,
                "refuses_sms": True,
            }
        ).action_apply()
        numbers = self.env["phone.blacklist"].search([]).mapped("number")
        self.assertIn("+34600112233", numbers)
        self.assertNotIn("+34600999999", numbers)
        self.assertEqual(self._create_sms(state="pending").state, "failed")
        imported = self.env["crm.activity.opt.out.import"].search([], limit=1)
        self.assertEqual(imported.noted_count, 1)
        imported.with_user(self.manager).action_undo()
        self.assertQueued(self._create_sms(state="pending"))
