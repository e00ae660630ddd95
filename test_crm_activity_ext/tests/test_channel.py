# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
import threading
from ast import literal_eval
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from freezegun import freeze_time
from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


class Messenger(ThreadingHTTPServer):
    """The company's messenger, on loopback.

    :ivar list texts: those it has taken
    :ivar int status: what it answers; 0 to break the connection where it should answer
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), MessengerRequest)
        self.texts = []
        self.status = 200


class MessengerRequest(BaseHTTPRequestHandler):
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status in (0, 200):
            self.server.texts.append(message["text"])
        if self.server.status:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_arguments):
        """Say nothing."""


@tagged("post_install", "-at_install")
class TestChannel(CrmActivityCase):
    """A channel of another addon is delivered as the core's own: see ``company.messenger``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.type_chat = cls.env["mail.activity.type"].create(
            {"name": "Message", "crm_channel": "chat", "res_model": "crm.activity"}
        )
        cls.Activity = cls.Activity.with_user(cls.salesman)

    def setUp(self):
        super().setUp()
        self.messenger = Messenger()
        self.addCleanup(self.messenger.server_close)
        threading.Thread(target=self.messenger.serve_forever, daemon=True).start()
        self.addCleanup(self.messenger.shutdown)
        self.env["ir.config_parameter"].set_param(
            "company_messenger.url", f"http://127.0.0.1:{self.messenger.server_port}"
        )

    def _queue_message(self, **values):
        return self._create_message(state="pending", **values)

    def _create_message(self, **values):
        return self._create_activity(
            **{
                "name": "Tomorrow",
                "activity_type_id": self.type_chat.id,
                "body": "<p>See you at nine.</p>",
                **values,
            }
        )

    def _run_queue(self):
        self.env.flush_all()
        self.env["company.messenger"]._cron_send()
        self.env.invalidate_all()

    def _message(self, activity):
        return self.env["company.messenger"].search([("crm_activity_id", "=", activity.id)])

    def test_a_message_waits_as_a_draft_and_is_sent_once(self):
        activity = self._create_message()
        self.assertEqual(activity.state, "draft", "nothing leaves before somebody says so")
        self._run_queue()
        activity.action_pending()
        activity.action_pending()
        self.assertEqual(self._message(activity).state, "outgoing")
        self._run_queue()
        self._run_queue()
        self.assertEqual(self.messenger.texts, ["See you at nine."])
        self.assertEqual(activity.state, "done")
        with self.assertRaisesRegex(UserError, "was already sent"):
            activity.action_pending()
        with self.assertRaisesRegex(UserError, "You cannot change"):
            activity.body = "<p>At ten.</p>"

    def test_what_is_cancelled_is_not_sent_and_the_same_message_is_when_it_is_reopened(self):
        activity = self._queue_message()
        message = self._message(activity)
        activity.action_cancel()
        self._run_queue()
        self.assertFalse(self.messenger.texts)
        activity.action_pending()
        self._run_queue()
        self.assertEqual(self._message(activity), message)
        self.assertEqual((activity.state, len(self.messenger.texts)), ("done", 1))

    def test_what_the_server_refused_is_retried_with_the_text_of_now(self):
        activity = self._queue_message()
        self.messenger.status = 422
        self._run_queue()
        self.assertEqual(
            (activity.state, activity.failure_reason), ("failed", "Unprocessable Entity")
        )
        activity.body = "<p>At ten.</p>"
        self.messenger.status = 200
        activity.action_retry()
        self._run_queue()
        self.assertEqual((activity.state, self.messenger.texts), ("done", ["At ten."]))
        self.assertIn("At ten.", activity.sudo().mail_message_id.body)

    def test_it_leaves_at_the_date_of_the_activity(self):
        in_days = [fields.Datetime.now() + timedelta(days=days) for days in range(5)]
        activity = self._queue_message(date=in_days[2])
        activity.date = in_days[3]
        cron = self.env.ref("test_crm_activity_ext.ir_cron_company_messenger")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(activity.date, triggers.mapped("call_at"))
        with freeze_time(in_days[2]):
            self._run_queue()
        self.assertFalse(self.messenger.texts)
        with freeze_time(in_days[4]):
            self._run_queue()
        self.assertEqual(len(self.messenger.texts), 1)

    def test_it_is_asked_again_when_it_leaves_whether_it_may(self):
        activity = self._queue_message(date=fields.Datetime.now() + timedelta(days=1))
        self.salesman.active = False
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self._run_queue()
        self.assertFalse(self.messenger.texts)
        self.assertIn("is archived", activity.sudo().failure_reason)

    def test_a_message_that_is_not_answered_for_is_undecided_and_not_sent_again(self):
        for status, sent in ((0, 1), (503, 1)):
            with self.subTest(status):
                activity = self._queue_message()
                self.messenger.status = status
                self._run_queue()
                self._run_queue()
                self.assertEqual(len(self.messenger.texts), sent)
                self.assertUndecided(activity)

    def test_what_was_cancelled_before_it_left_never_happened_and_what_may_have_left_did(self):
        recalled, begun = self._queue_message(), self._queue_message()
        self._message(begun).crm_activity_sending = fields.Datetime.now()
        activities = recalled | begun
        with self.assertRaisesRegex(UserError, "being sent right now"):
            begun.sudo()._check_not_being_sent()
        activities.action_cancel()
        planned = self.Activity.sudo()._search_never_happened(["partner_id"], self.customer)
        self.assertEqual(planned, recalled.sudo())
        begun.action_pending()
        self._run_queue()
        self.assertFalse(self.messenger.texts, "the mark outlives cancelling")
        self.assertUndecided(begun)

    def test_without_a_text_nothing_is_queued(self):
        with self.assertRaisesRegex(UserError, "no text to send"):
            self._queue_message(body=False)

    def test_what_a_dead_worker_left_is_undecided_and_a_person_retries_it(self):
        activity, other = self._queue_message(), self._queue_message()
        self._message(activity).crm_activity_sending = fields.Datetime.now()
        self._run_queue()
        self.assertEqual((len(self.messenger.texts), other.state), (1, "done"))
        self.assertUndecided(activity)
        activity.action_retry()
        self._run_queue()
        self.assertEqual((len(self.messenger.texts), activity.state), (2, "done"))

    def assertUndecided(self, activity):
        self.assertEqual(activity.state, "failed")
        self.assertIn("not have accepted", activity.failure_reason)
        with self.assertRaisesRegex(UserError, "You cannot change"):
            activity.body = "<p>At ten.</p>"

    def test_what_another_worker_is_sending_is_left_to_it(self):
        activity = self._queue_message()
        message = self._message(activity)
        key = [message._get_lock_class(), message.id]
        with self.registry.cursor() as worker:
            worker.execute("SELECT pg_advisory_lock(%s, %s)", key)
            self._run_queue()
            self.assertFalse(self.messenger.texts)
            worker.execute("SELECT pg_advisory_unlock(%s, %s)", key)
        self._run_queue()
        self.assertEqual((len(self.messenger.texts), activity.state), (1, "done"))

    def test_the_screens_take_it_for_a_message_that_odoo_sends(self):
        activity = self._queue_message()
        outbox = self.env.ref("crm_activity_ext.crm_activity_action_outbox")
        self.assertIn(activity, self.Activity.search(literal_eval(outbox.domain)))
        search_view = self.Activity.get_view(view_type="search")["arch"]
        [messages] = etree.fromstring(search_view).xpath("//filter[@name='messages']")
        self.assertIn(activity, self.Activity.search(literal_eval(messages.get("domain"))))
        self._run_queue()
        with Form(activity) as form:
            self.assertTrue(form.has_delivered_channel, "Reopen is for what Odoo does not send")

    def test_what_odoo_does_not_send_can_be_searched_for(self):
        message, visit = self._queue_message(), self._create_activity()
        both = self.Activity.browse((message | visit).ids)
        for operator, value, found in (
            ("=", True, message),
            ("=", False, visit),
            ("!=", True, visit),
            ("!=", False, message),
            ("in", [True, False], both),
        ):
            with self.subTest(operator=operator, value=value):
                domain = [("has_delivered_channel", operator, value), ("id", "in", both.ids)]
                self.assertEqual(self.Activity.search(domain), found.sorted())
