# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from unittest.mock import Mock, patch

from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..models import crm_activity_queue_mixin
from ..models.crm_activity_queue_mixin import CrmActivityQueueMixin
from ..tools import session
from .smtp import smtp_server
from .test_outbox import OutboxCase


@tagged("post_install", "-at_install")
class TestSession(OutboxCase):
    """A pooler between Odoo and PostgreSQL must not take the locks of the queue away."""

    def test_postgresql_itself_keeps_the_session_and_is_asked_once(self):
        commit = Mock()
        with db_connect(self.env.cr.dbname).cursor() as cr:
            self.assertTrue(session.keeps_session(cr, commit))
            cr.cache.clear()  # as the end of each transaction of a run does
            before = cr.sql_log_count
            self.assertTrue(session.keeps_session(cr, commit))
            self.assertEqual(cr.sql_log_count, before)
        commit.assert_not_called()

    def test_a_pooler_of_sessions_keeps_it(self):
        self.assertTrue(self._ask_through_pooler([11, 22, 11]))

    def test_a_pooler_of_transactions_does_not(self):
        # What was the first one's is the other's, while that has a transaction.
        with self.assertLogs(session.__name__, "ERROR") as logs:
            self.assertFalse(self._ask_through_pooler([11, 11, 22]))
        [line] = logs.output
        self.assertIn("connection pooler", line)

    def test_without_locks_mails_of_activities_wait_and_others_leave(self):
        activity = self._create_email(state="pending")
        other = self.env["mail.mail"].create(
            {"email_to": "other@example.com", "body_html": "<p>Hello</p>", "subject": "Hello"}
        )
        with (
            # As where the queue commits.
            patch.object(CrmActivityQueueMixin, "_has_own_transaction", return_value=True),
            patch.object(CrmActivityQueueMixin, "_commit"),
            patch.object(crm_activity_queue_mixin, "keeps_session", return_value=False),
            smtp_server(self.env) as mailbox,
        ):
            self._run_queue()
        self.assertEqual(activity.state, "pending")
        self.assertEqual(activity.sudo().mail_message_id.mail_ids.state, "outgoing")
        self.assertIn("other@example.com", mailbox.recipients)
        self.assertNotIn(self.contact.email, str(mailbox.recipients))
        self.assertFalse(other.exists().filtered(lambda mail: mail.state == "outgoing"))
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual(activity.state, "done")

    def _ask_through_pooler(self, backends):
        """:param list backends: who works for one transaction after the other"""
        with (
            db_connect(self.env.cr.dbname).cursor() as cr,
            patch.object(session, "is_direct", return_value=False),
            patch.object(session, "db_connect"),
            patch.object(session, "get_backend", side_effect=backends),
        ):
            first = session.keeps_session(cr, lambda: None)
            cr.cache.clear()
            self.assertEqual(session.keeps_session(cr, lambda: None), first)
            return first
