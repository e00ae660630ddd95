# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..models import mail_mail
from ..tools.prepared_emails import KEY as PREPARED
from .smtp import smtp_server
from .test_outbox import OutboxCase


@tagged("post_install", "-at_install")
class TestQueue(OutboxCase):
    """What many mails cost, and who sends them; what becomes of one is in test_outbox."""

    def setUp(self):
        super().setUp()
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        self.further = self.env.ref("crm_activity_ext.ir_cron_send_mails")

    def _queue(self, count):
        partners = self.env["res.partner"].create(
            [{"name": f"P{i}", "email": f"p{i}@example.com"} for i in range(count)]
        )
        return self.Activity.create(
            [
                {
                    "name": "Our offer",
                    "activity_type_id": self.type_email.id,
                    "partner_id": partner.id,
                    "body": "<p>Here it is.</p>",
                    "state": "pending",
                }
                for partner in partners
            ]
        )

    def _send_further(self):
        """As the second sender does, which commits its progress."""
        self.env.flush_all()
        with patch.object(type(self.env["ir.cron"]), "_commit_progress") as progress:
            self.env["mail.mail"]._process_crm_activity_queue()
        self.env.invalidate_all()
        [call] = progress.call_args_list
        return call.args[0], call.kwargs["remaining"]

    def _woken(self):
        triggers = self.env["ir.cron.trigger"].search([])
        return triggers.cron_id & self.env["mail.mail"]._get_further_senders()

    def _told(self, function):
        """:return: what the function tells web clients, as ``[(type, payload), …]``"""
        told = []
        with patch.object(
            type(self.env["res.users"]),
            "_bus_send",
            lambda users, kind, payload, **_options: told.append((kind, payload)),
        ):
            function()
        return told

    def test_where_many_wait_a_second_sender_is_woken_with_all_its_copies(self):
        copy = self.further.copy()
        archived = self.further.copy({"active": False})
        self.patch(mail_mail, "MANY", 3)
        self._queue(3)
        with smtp_server(self.env):
            self._run_queue()
        self.assertEqual(self._woken(), self.further | copy)
        self.assertNotIn(archived, self._woken())

    def test_where_few_wait_nobody_is_woken(self):
        self.patch(mail_mail, "MANY", 3)
        self._queue(2)
        self._queue(2).write({"date": fields.Datetime.add(fields.Datetime.now(), days=1)})
        with smtp_server(self.env):
            self._run_queue()
        self.assertFalse(self._woken())

    def test_without_the_second_sender_the_queue_works_as_ever(self):
        self.further.unlink()
        self.patch(mail_mail, "MANY", 1)
        activities = self._queue(2)
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual(len(mailbox.messages), 2)
        self.assertEqual(set(activities.mapped("state")), {"done"})

    def test_the_second_sender_sends_what_is_due_of_activities_and_wakes_nobody(self):
        self.patch(mail_mail, "MANY", 1)
        due, later = self._queue(2), self._queue(1)
        later.date = fields.Datetime.add(fields.Datetime.now(), days=1)
        other = self.env["mail.mail"].create({"subject": "Not ours", "email_to": "x@example.com"})
        with smtp_server(self.env) as mailbox:
            self.assertEqual(self._send_further(), (2, 0))
        self.assertEqual(len(mailbox.messages), 2)
        self.assertEqual(set(due.mapped("state")), {"done"})
        self.assertEqual((later.state, other.state), ("pending", "outgoing"))
        self.assertFalse(self._woken())

    def test_the_second_sender_tells_what_is_left_and_does_not_run_in_circles(self):
        self.patch(mail_mail, "FURTHER_BATCH_SIZE", 2)
        activities = self._queue(5)
        with smtp_server(self.env):
            self.assertEqual(self._send_further(), (2, 3))
            with patch.object(type(self.env["mail.mail"]), "_is_to_be_sent", lambda mail: False):
                self.assertEqual(self._send_further(), (0, 0), "another turn, and not at once")
            self.assertEqual(self._send_further(), (2, 1))
            self.assertEqual(self._send_further(), (1, 0))
        self.assertEqual(set(activities.mapped("state")), {"done"})

    def test_the_second_sender_goes_on_while_the_queue_is_filling(self):
        self.patch(mail_mail, "FURTHER_BATCH_SIZE", 2)
        self._queue(2)
        with smtp_server(self.env), self._after_sending_the_first(lambda mail: self._queue(2)):
            self.assertEqual(self._send_further(), (2, 2))

    def test_what_leaves_by_a_personal_mail_server_has_one_sender(self):
        owner = new_test_user(
            self.env,
            "olivia.owner",
            "base.group_user,sales_team.group_sale_salesman",
            email="olivia@example.com",
        )
        theirs = self._queue(1)
        self.Activity = self.Activity.with_user(owner)
        own = self._queue(1)
        with smtp_server(self.env):
            self.env["ir.mail_server"].create(
                {
                    "name": "Personal",
                    "smtp_host": "127.0.0.1",
                    "from_filter": "olivia@example.com",
                    "smtp_user": "olivia@example.com",
                    "owner_user_id": owner.id,
                }
            )
            self._send_further()
        self.assertEqual((theirs.state, own.state), ("done", "pending"))

    def test_web_clients_are_told_of_a_batch_at_once(self):
        activities = self._queue(3)
        refused = activities[0].partner_id
        refused.active = False
        with smtp_server(self.env):
            told = self._told(self._run_queue)
        self.assertEqual(activities.mapped("state"), ["failed", "done", "done"])
        ours = [
            (kind, payload)
            for kind, payload in told
            if kind in ("crm.activity/status", "mail.activity/updated")
        ]
        self.assertCountEqual(
            [kind for kind, _payload in ours], ["crm.activity/status", "mail.activity/updated"]
        )
        payloads = dict(ours)
        self.assertEqual(set(payloads["crm.activity/status"]["ids"]), set(activities.ids))
        self.assertEqual(payloads["mail.activity/updated"]["count_diff"], -3)

    def test_what_others_change_meanwhile_is_told_by_them_alone(self):
        activities = self._queue(3)

        def put_off(_mail):
            activities[1].date = fields.Datetime.add(fields.Datetime.now(), days=3)

        with smtp_server(self.env), self._after_sending_the_first(put_off):
            told = self._told(self._run_queue)
        self.assertCountEqual(activities.mapped("state"), ["done", "done", "pending"])
        # One of them by whoever put it off.
        self.assertEqual(sorted(self._get_bell_changes(told)), [-2, -1])

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_after_an_error_web_clients_are_told_of_what_was_sent_before(self):
        activities = self._queue(3)

        def fail(_mail):
            raise psycopg2.OperationalError("Out of shared memory")

        with smtp_server(self.env) as mailbox, self._after_sending_the_first(fail):
            told = self._told(self._run_queue)
        self.assertEqual(len(mailbox.messages), 1)
        self.assertEqual(self._get_bell_changes(told), [-1])
        [ids] = [payload["ids"] for kind, payload in told if kind == "crm.activity/status"]
        [done] = activities.filtered(lambda activity: activity.state == "done")
        self.assertIn(done.id, ids)

    @contextmanager
    def _after_sending_the_first(self, function):
        """Do something once between two mails of a claim."""
        MailMail = type(self.env["mail.mail"])
        send_marked = MailMail._send_marked
        calls = iter([lambda mail: None, function])

        def wrapped(mail, *args):
            next(calls, lambda mail: None)(mail)
            return send_marked(mail, *args)

        with patch.object(MailMail, "_send_marked", wrapped):
            yield

    def _get_bell_changes(self, told):
        return [payload["count_diff"] for kind, payload in told if kind == "mail.activity/updated"]

    def test_what_is_corrected_while_the_queue_is_busy_leaves_corrected(self):
        activities = self._queue(3)

        def correct(mail):
            activity = activities.filtered(
                lambda a: a.sudo().mail_message_id == mail.mail_message_id
            )
            activity.action_cancel()
            activity.body = "<p>Half the price.</p>"
            activity.action_pending()
            self.env.flush_all()
            # All of a test is one transaction, which has one time.
            self.env.cr.execute(
                "UPDATE crm_activity SET write_date = write_date + interval '1 second' "
                "WHERE id = %s",
                [activity.id],
            )
            self.env.invalidate_all()

        with smtp_server(self.env) as mailbox, self._after_sending_the_first(correct):
            self._run_queue()
        texts = [message.get_body(("html",)).get_content() for message in mailbox.messages]
        self.assertEqual([("Half the price" in text) for text in texts], [False, True, False])

    def test_each_of_a_batch_has_its_own_recipient_text_and_files(self):
        activities = self._queue(3)
        activities.action_cancel()
        for activity in activities:
            activity.body = f"<p>For {activity.partner_id.name}</p>"
        with_file = activities[1]
        with_file.attachment_ids = [
            Command.create({"name": "offer.txt", "raw": b"Offer", "mimetype": "text/plain"})
        ]
        activities.action_pending()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual(len(mailbox.messages), 3)
        for message in mailbox.messages:
            [activity] = activities.filtered(lambda a, m=message: a.partner_id.email in m["To"])
            self.assertIn(activity.partner_id.name, message.get_body(("html",)).get_content())
            files = [part.get_filename() for part in message.iter_attachments()]
            self.assertEqual(files, ["offer.txt"] if activity == with_file else [])

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_mail_that_cannot_be_made_fails_alone(self):
        activities = self._queue(3)
        broken = activities[1].sudo().mail_message_id
        MailMail = type(self.env["mail.mail"])
        prepare_body = MailMail._prepare_outgoing_body

        def prepare(mail):
            if mail.mail_message_id == broken:
                raise ValueError("No text")
            return prepare_body(mail)

        with smtp_server(self.env), patch.object(MailMail, "_prepare_outgoing_body", prepare):
            self._run_queue()
        self.assertEqual(activities.mapped("state"), ["done", "failed", "done"])
        self.assertEqual(activities[1].failure_reason, "No text")

    def test_nobody_else_says_what_a_mail_says(self):
        mail = self._mails(self._queue(1))
        made_up = {mail.id: (None, [{"body": "Made up"}])}
        [email] = mail.with_context(**{PREPARED: made_up})._prepare_outgoing_list()
        self.assertIn("Here it is.", email["body"])

    def test_nobody_else_can_have_web_clients_told_later(self):
        activity = self._create_activity().with_user(self.salesman)
        silenced = activity.with_context(crm_activity_told_later=True)
        told = self._told(silenced.action_done)
        self.assertIn("mail.activity/updated", [kind for kind, _payload in told])

    def test_the_chatter_has_the_sent_message_and_no_note_of_it(self):
        activity = self._create_email()
        activity.action_pending()
        self.env.cr.flush()  # Odoo writes what it tracks before it commits
        with smtp_server(self.env):
            self._run_queue()
        self.assertEqual(activity.state, "done")
        self.assertNotIn("state", self._get_tracked(activity))
        self.assertEqual(
            activity.sudo().mail_message_id.notification_ids.notification_status, "sent"
        )

    def test_a_draft_that_its_responsible_sends_is_told_by_the_message_alone(self):
        for user, is_noted in ((self.salesman, False), (self.manager, True)):
            with self.subTest(user.name):
                activity = self._create_email(user_id=self.salesman.id)
                self.assertEqual(activity.state, "draft")
                self.env.cr.flush()  # what is created is not tracked before
                activity.with_user(user).action_pending()
                self.env.cr.flush()
                self.assertEqual(activity.sudo().mail_message_id, activity.sudo().message_ids[-1])
                self.assertEqual("state" in self._get_tracked(activity), is_noted)

    def test_a_draft_that_a_colleague_sends_is_tracked_whoever_changed_it_before(self):
        activity = self._create_email(user_id=self.salesman.id)
        self.env.cr.flush()
        activity.with_user(self.salesman).date = "2026-01-07 09:00:00"
        activity.with_user(self.manager).action_pending()
        self.env.cr.flush()
        self.assertIn("state", self._get_tracked(activity))

    def test_a_draft_that_could_not_be_sent_is_tracked(self):
        activity = self._create_email(user_id=self.salesman.id)
        activity.contact_id.email = activity.partner_id.email = False
        self.env.cr.flush()
        activity.with_user(self.salesman).action_pending()
        self.env.cr.flush()
        self.assertEqual(activity.state, "failed")
        self.assertIn("state", self._get_tracked(activity))

    def test_what_goes_on_beside_the_sending_is_tracked_as_ever(self):
        """As where an automation rule follows the status."""
        other = self._create_activity()
        activity = self._create_email(state="pending").sudo()
        self.env.cr.flush()
        Activity = type(activity)
        follow_status = Activity._follow_status

        def follow(activities):
            if activities.filtered(lambda a: a == activity and a.state == "done"):
                activities.browse(other.id).state = "cancelled"
                activities.user_id = self.manager
            return follow_status(activities)

        with smtp_server(self.env), patch.object(Activity, "_follow_status", follow):
            self._run_queue()
        self.assertEqual((activity.state, other.state), ("done", "cancelled"))
        self.env.cr.flush()
        self.assertEqual(self._get_tracked(activity), ["user_id"])
        self.assertEqual(self._get_tracked(other), ["state"])

    def test_nobody_else_can_keep_a_change_of_status_out_of_the_chatter(self):
        activity = self._create_activity(state="pending").with_user(self.salesman)
        self.env.cr.flush()
        activity.with_context(crm_activity_untracked_ids=activity.ids).action_done()
        self.env.cr.flush()
        self.assertIn("state", self._get_tracked(activity))

    def _get_tracked(self, activity):
        activity.invalidate_recordset(["message_ids"])
        return activity.sudo().message_ids.tracking_value_ids.field_id.mapped("name")

    def test_a_mail_more_costs_few_queries(self):
        def queries(count):
            activities = self._queue(count)
            self.env.invalidate_all()
            with smtp_server(self.env):
                self.env.flush_all()
                before = self.cr.sql_log_count
                self._run_queue()
                after = self.cr.sql_log_count
            self.assertEqual(set(activities.mapped("state")), {"done"})
            return after - before

        queries(1)
        few, many = queries(5), queries(15)
        # Odoo takes fifteen of them for any mail.
        self.assertLessEqual(many - few, 17 * 10)

    def test_the_queue_finds_what_waits_without_reading_what_was_sent(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.flush_all()
        query = self.env["mail.mail"]._search([("state", "=", "outgoing")], limit=1000)
        lines = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        plan = "\n".join(line for [line] in lines)
        self.assertIn("outgoing_idx", plan)
