# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestClient(CrmActivityCase, HttpCase):
    """What a program of the customer's own does, over XML-RPC."""

    @mute_logger("odoo.addons.rpc.controllers.xmlrpc")  # it warns of its own end
    def test_a_program_logs_a_call_for_a_contact(self):
        database, login = self.env.cr.dbname, self.salesman.login
        uid = self.xmlrpc_common.authenticate(database, login, login, {})
        self.assertEqual(uid, self.salesman.id)

        def call(method, *args, **kwargs):
            return self.xmlrpc_object.execute_kw(
                database, uid, login, "crm.activity", method, args, kwargs
            )

        [call_type] = self.xmlrpc_object.execute_kw(
            database,
            uid,
            login,
            "mail.activity.type",
            "search",
            [[("crm_channel", "=", "call_out")]],
        )
        activity_id = call(
            "create",
            {
                "name": "Ask for the order",
                "activity_type_id": call_type,
                "contact_id": self.contact.id,
            },
        )
        [activity] = call("read", [activity_id], ["partner_id", "state", "channel", "user_id"])
        self.assertEqual(activity["partner_id"][0], self.customer.id)
        self.assertEqual(activity["user_id"][0], uid)
        self.assertEqual((activity["state"], activity["channel"]), ("pending", "call_out"))

        call("action_done", [activity_id])
        [activity] = call("read", [activity_id], ["state", "date_done"])
        self.assertEqual(activity["state"], "done")
        self.assertTrue(activity["date_done"])

        action = call("action_replicate", [activity_id])
        [replica] = call("read", [action["res_id"]], ["name", "contact_id", "state", "date_done"])
        self.assertEqual(replica["contact_id"][0], self.contact.id)
        self.assertEqual((replica["state"], replica["date_done"]), ("pending", False))
