# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.models.mail_mail import MailMail

from .smtp import smtp_server
from .test_outbox import OutboxCase

QUIET = ("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")


class LeavingCase(OutboxCase):
    """Through a real SMTP server on loopback."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Nobody is told of work that is handed over: what leaves is for customers.
        cls.Activity = cls.Activity.with_context(mail_auto_subscribe_no_notify=True)

    def setUp(self):
        super().setUp()
        self.colleague = new_test_user(
            self.env,
            "cora.colleague",
            "base.group_user,sales_team.group_sale_salesman",
            name="Cora Colleague",
            email="cora@example.com",
        )
        # What making the users has left in the outbox.
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()

    def _schedule(self, **values):
        """An email that is queued today, for in three days."""
        return self._create_email(state="pending", **{"date": self._in_days(3), **values})

    def _send_due(self, days=4):
        """Run the queue some days from now."""
        with smtp_server(self.env) as mailbox, freeze_time(self._in_days(days)):
            self._run_queue()
        return mailbox

    def _in_days(self, days):
        return fields.Datetime.now() + timedelta(days=days)

    def _notifications(self, activity):
        return self.env["mail.notification"].search(
            [("mail_message_id", "=", activity.sudo().mail_message_id.id)]
        )


@tagged("post_install", "-at_install")
class TestLeaving(LeavingCase):
    def assertFailed(self, activity, reason):
        self.assertEqual(activity.state, "failed")
        self.assertIn(reason, activity.failure_reason)

    def test_whom_nothing_may_reach_any_more_is_not_written_to(self):
        changes = {
            "is blacklisted": lambda partner: self.env["mail.blacklist"]._add(partner.email),
            "is archived": lambda partner: partner.write({"active": False}),
            "has no email address": lambda partner: partner.write({"email": False}),
            "is not an email address": lambda partner: partner.write({"email": "nonsense"}),
        }
        partners = self.env["res.partner"].create(
            [{"name": reason, "email": f"p{i}@example.com"} for i, reason in enumerate(changes)]
        )
        activities = self.Activity.browse().union(
            *(self._schedule(partner_id=partner.id, contact_id=False) for partner in partners)
        )
        good = self._schedule()
        for partner, change in zip(partners, changes.values(), strict=True):
            change(partner)
        mailbox = self._send_due()
        self.assertEqual(good.state, "done", "the others go on")
        self.assertEqual(len(mailbox.messages), 1)
        for activity, reason in zip(activities, changes, strict=True):
            self.assertFailed(activity, reason)
            self.assertEqual(self._notifications(activity).notification_status, "exception")
            queued_today = self._create_email(
                partner_id=activity.partner_id.id, contact_id=False, state="pending"
            )
            self.assertEqual(queued_today.failure_reason, activity.failure_reason)

    def test_the_reason_is_in_the_language_of_the_responsible(self):
        self._load_language("es_ES")
        self.salesman.lang = "es_ES"
        activity = self._schedule()
        self.contact.active = False
        self._send_due()
        self.assertFailed(activity, "está archivad")

    def test_a_corrected_address_counts_when_the_mail_leaves(self):
        activity = self._schedule()
        self.contact.email = "olga.right@example.com"
        mailbox = self._send_due()
        [(_sender, addresses)] = mailbox.envelopes
        self.assertEqual(addresses, ["olga.right@example.com"])
        self.assertEqual(activity.state, "done")
        self.assertEqual(self._notifications(activity).res_partner_id, self.contact)

    @mute_logger(*QUIET)
    def test_what_was_refused_is_retried_with_the_corrected_address(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("olga@example.com")
            self._run_queue()
            self.assertFailed(activity, "No such user here")
            self.contact.email = "olga.right@example.com"
            activity.action_retry()
            self.assertFalse(self._notifications(activity), "nobody knows yet")
            self._run_queue()
        self.assertEqual([a for _s, a in mailbox.envelopes], [["olga.right@example.com"]])
        self.assertEqual(activity.state, "done")
        self.assertEqual(len(self._mails(activity)), 1, "the same mail")

    def test_the_responsible_of_now_writes(self):
        activity = self._schedule()
        stays = self._schedule()
        activity.with_user(self.manager).user_id = self.colleague
        mailbox = self._send_due()
        by_sender = {message["From"]: message for message in mailbox.messages}
        self.assertEqual(
            set(by_sender), {"Cora Colleague <cora@example.com>", "Sam Own <sam@example.com>"}
        )
        message = by_sender["Cora Colleague <cora@example.com>"]
        self.assertIn("cora@example.com", message["Reply-To"])
        in_chatter = activity.sudo().mail_message_id
        self.assertEqual(in_chatter.author_id, self.colleague.partner_id)
        self.assertEqual(in_chatter.email_from, self.colleague.email_formatted)
        self.assertEqual(self._notifications(activity).author_id, self.colleague.partner_id)
        self.assertEqual((activity.state, stays.state), ("done", "done"))

    def test_another_sender_goes_by_the_servers_of_that_sender(self):
        activity = self._schedule()
        activity.with_user(self.manager).user_id = self.colleague
        with smtp_server(self.env) as others, smtp_server(self.env) as mailbox:
            servers = self.env["ir.mail_server"].search([("name", "=", "Loopback")], order="id")
            servers[0].from_filter = "sam@example.com"
            servers[1].from_filter = "cora@example.com"
            with freeze_time(self._in_days(4)):
                self._run_queue()
        self.assertEqual((len(others.messages), len(mailbox.messages)), (0, 1))
        self.assertEqual(activity.sudo().state, "done")

    @mute_logger(*QUIET)
    def test_what_another_worker_has_sent_does_not_fail_where_this_one_cannot_connect(self):
        mine = self._create_email(state="pending")
        other, undecided, waiting = theirs = (
            self.Activity.browse().union(*(self._create_email() for _time in range(3))).sudo()
        )
        theirs.write({"user_id": self.colleague.id, "state": "pending"})
        IrMailServer = type(self.env["ir.mail_server"])
        connect = IrMailServer._connect__
        senders = []

        def connect_once(servers, *args, **options):
            senders.append(options["smtp_from"])
            if len(senders) > 1:
                raise OSError("421 Too many connections")
            session = connect(servers, *args, **options)
            # Meanwhile the other worker sends one, and dies in the next.
            mail = self._mails(other)
            mail.state = "sent"
            mail._postprocess_sent_message([], [])
            self._mails(undecided).crm_activity_sending = fields.Datetime.now()
            return session

        with smtp_server(self.env), patch.object(IrMailServer, "_connect__", connect_once):
            self._run_queue()
        self.assertEqual(len(senders), 2)
        self.assertEqual((mine.state, other.state), ("done", "done"))
        self.assertEqual(self._mails(other).state, "sent")
        self.assertFailed(undecided, "may or may not have accepted")
        self.assertFailed(waiting, "could not be reached")
        self.assertEqual((undecided.has_left, waiting.has_left), (True, False))

    def test_a_sender_whom_another_worker_has_changed_has_a_session_of_its_own(self):
        activity = self._create_email(state="pending")
        mail = self._mails(activity)
        MailMail = type(mail)
        claim = MailMail._claim

        def change_and_claim(mails):
            # As the other worker has made it ready, before this one claims it.
            activity.sudo().user_id = self.colleague
            mail.email_from = self.colleague.email_formatted
            return claim(mails)

        with smtp_server(self.env) as others, smtp_server(self.env) as mailbox:
            servers = self.env["ir.mail_server"].search([("name", "=", "Loopback")], order="id")
            servers[0].from_filter = "sam@example.com"
            servers[1].from_filter = "cora@example.com"
            with patch.object(MailMail, "_claim", change_and_claim):
                self._run_queue()
        self.assertEqual((len(others.messages), len(mailbox.messages)), (0, 1))
        self.assertEqual(activity.sudo().state, "done")

    @mute_logger(*QUIET)
    def test_the_responsible_of_now_retries(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("olga@example.com")
            self._run_queue()
            mailbox.refused.clear()
            activity.with_user(self.manager).user_id = self.colleague
            activity.with_user(self.colleague).action_retry()
            self.assertEqual(self._mails(activity).author_id, self.colleague.partner_id)
            self._run_queue()
        self.assertEqual(
            [m["From"] for m in mailbox.messages], ["Cora Colleague <cora@example.com>"]
        )

    def test_nobody_writes_in_the_name_of_who_has_left(self):
        activity = self._schedule()
        self.salesman.active = False
        self.assertFalse(self._send_due().messages)
        self.assertFailed(activity, "The responsible user Sam Own is archived")
        activity = activity.with_user(self.manager)
        activity.action_retry()
        self.assertFailed(activity, "is archived")
        activity.user_id = self.colleague
        activity.action_retry()
        self.assertEqual(len(self._send_due().messages), 1)
        self.assertEqual(activity.state, "done")

    def test_what_has_waited_for_too_long_waits_for_a_person(self):
        late = self._schedule()
        on_time = self._schedule(date=self._in_days(20))
        mailbox = self._send_due(days=34)
        self.assertEqual(on_time.state, "done", "due fourteen days ago")
        self.assertEqual(len(mailbox.messages), 1)
        self.assertFailed(late, "waited in the outbox for 31 days")
        with freeze_time(self._in_days(34)), smtp_server(self.env) as mailbox:
            late.action_retry()
            self._run_queue()
        self.assertEqual((late.state, len(mailbox.messages)), ("done", 1))

    def test_how_long_is_too_long_is_a_setting(self):
        set_param = self.env["ir.config_parameter"].sudo().set_param
        for setting, state in (("2", "failed"), ("0", "done"), ("9", "done"), ("x", "done")):
            with self.subTest(setting):
                set_param("crm_activity_ext.max_queue_age_days", setting)
                activity = self._create_email(state="pending")
                self._send_due(days=3)
                self.assertEqual(activity.state, state)

    def test_an_old_date_is_no_reason_to_hold_what_was_queued_today(self):
        activity = self._create_email(date=fields.Datetime.now() - timedelta(days=400))
        activity.action_pending()
        self._send_due(days=1)
        self.assertEqual(activity.state, "done")

    def test_what_an_administrator_retries_in_the_outbox_has_not_waited(self):
        activity = self._schedule()
        self._send_due(days=50)
        self.assertEqual(activity.state, "failed")
        with freeze_time(self._in_days(50)), smtp_server(self.env) as mailbox:
            self._mails(activity).mark_outgoing()
            self._run_queue()
        self.assertEqual((activity.state, len(mailbox.messages)), ("done", 1))

    def test_several_addresses_are_all_written_to(self):
        for typed in ("a@example.com, b@example.com", "a@example.com; b@example.com"):
            self.contact.email = typed
            with self.subTest(typed), smtp_server(self.env) as mailbox:
                activity = self._create_email(state="pending")
                self._run_queue()
                self.assertEqual(activity.state, "done", activity.failure_reason)
                [(_sender, addresses)] = mailbox.envelopes
                self.assertEqual(addresses, ["a@example.com", "b@example.com"])

    def test_of_several_addresses_the_blacklisted_are_left_out(self):
        self.env["mail.blacklist"]._add("a@example.com")
        self.contact.email = '"Ann" <a@example.com>; b@example.com'
        with smtp_server(self.env) as mailbox:
            activity = self._create_email(state="pending")
            self._run_queue()
        self.assertEqual(activity.state, "done", activity.failure_reason)
        self.assertEqual([a for _s, a in mailbox.envelopes], [["b@example.com"]])
        self.assertNotIn("a@example.com", mailbox.recipients[0])
        self.env["mail.blacklist"]._add("b@example.com")
        self.assertFailed(self._create_email(state="pending"), "is blacklisted")

    def test_the_same_addresses_are_one_address(self):
        get_address = self.Activity._get_channel_address_email_out
        addresses = set()
        for typed in ("b@example.com; A@example.com", "a@example.com,b@example.com"):
            self.contact.email = typed
            addresses.add(get_address(self.contact))
        self.assertEqual(addresses, {"a@example.com, b@example.com"})

    def test_line_breaks_of_subjects_and_names_are_blanks_in_the_mail(self):
        breaks = ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
        for line_break in breaks:
            with self.subTest(repr(line_break)), smtp_server(self.env) as mailbox:
                self.contact.name = f"Olga{line_break}Oak"
                self.salesman.name = f"Sam{line_break}Own"
                activity = self._create_email(
                    name=f"Our{line_break}offer{line_break}", state="pending"
                )
                self._run_queue()
                self.assertEqual(activity.state, "done", activity.failure_reason)
                [message] = mailbox.messages
                self.assertEqual(message["Subject"], "Our offer")
                self.assertEqual(message["To"], "Olga Oak <olga@example.com>")
                self.assertEqual(message["From"], "Sam Own <sam@example.com>")

    def test_a_template_with_a_line_break_in_its_subject_is_sent(self):
        template = self.env["mail.template"].create(
            {
                "name": "Two lines",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "For\n{{ object.name }}",
                "body_html": "<p>Hello</p>",
            }
        )
        self._create_email(mail_template_id=template.id, body=False, state="pending")
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual(mailbox.messages[0]["Subject"], "For Olga Oak")

    def test_a_mail_without_a_subject_is_refused_in_words(self):
        for subject in ("  ", " \n "):
            with self.subTest(repr(subject)):
                activity = self._create_email(name=subject)
                with self.assertRaisesRegex(UserError, "require a subject.*Olga Oak"):
                    activity.action_pending()

    @mute_logger(*QUIET)
    def test_what_failed_before_it_left_may_be_corrected_and_the_same_mail_says_so(self):
        activity = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("olga@example.com")
            self._run_queue()
            self.assertEqual(activity.state, "failed")
            mail = self._mails(activity)
            with Form(activity) as form:
                form.name = "A better offer"
                form.body = "<p>Much better.</p>"
                form.contact_id = self.env["res.partner"]
            activity.action_retry()
            self._run_queue()
        [message] = mailbox.messages
        self.assertEqual(message["Subject"], "A better offer")
        self.assertIn("Much better.", message.get_body(("html",)).get_content())
        self.assertEqual([a for _s, a in mailbox.envelopes], [["oak@example.com"]])
        self.assertEqual(self._mails(activity), mail)
        self.assertIn("Much better.", mail.body)
        self.assertFalse(activity.failure_reason)
        with self.assertRaisesRegex(UserError, "You cannot change"):
            activity.name = "Another"

    def test_what_was_cancelled_before_it_left_may_be_corrected(self):
        activity = self._create_email(state="pending")
        activity.action_cancel()
        activity.name = "A better offer"
        activity.action_pending()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual([m["Subject"] for m in mailbox.messages], ["A better offer"])

    def test_what_may_have_left_is_final_though_it_failed(self):
        activity = self._create_email(state="pending")
        self._mails(activity).crm_activity_sending = fields.Datetime.now()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse(mailbox.messages)
        self.assertFailed(activity, "may or may not have accepted")
        with self.assertRaisesRegex(UserError, "You cannot change"):
            activity.name = "Another"

    def test_what_was_sent_elsewhere_can_be_deleted(self):
        logged = self._create_email(state="done")
        logged.with_user(self.manager).unlink()
        sent = self._create_email(state="pending")
        self._send_due(days=0)
        with self.assertRaisesRegex(UserError, "have been sent"):
            sent.with_user(self.manager).unlink()

    def test_a_message_of_another_record_is_left_alone(self):
        theirs = self._create_email(state="pending")
        mail = self._mails(theirs)
        before = mail.read(["state", "scheduled_date", "subject"])
        mine = self._create_email(name="Mine")
        mine.sudo().mail_message_id = mail.mail_message_id
        mine.action_cancel()
        mine.sudo().write({"date": self._in_days(9)})
        mine.sudo().state = "pending"
        self.assertEqual(mail.read(["state", "scheduled_date", "subject"]), before)
        self.assertEqual(len(self._mails(mine)), 1, "a mail of its own")
        mail.cancel()
        self.assertEqual((mine.state, theirs.state), ("pending", "cancelled"))

    def test_what_odoo_deletes_once_it_was_sent_is_done(self):
        activity = self._create_email(state="pending")
        activity.sudo().mail_message_id.mail_ids.auto_delete = True
        mailbox = self._send_due(days=0)
        self.assertEqual((len(mailbox.messages), activity.state), (1, "done"))
        self.assertFalse(activity.failure_reason)
        self.assertFalse(activity.sudo().mail_message_id.mail_ids)

    @mute_logger(*QUIET)
    def test_what_a_dead_worker_had_begun_may_have_left_though_it_is_cancelled(self):
        activity = self._create_email(state="pending")
        activity.sudo().mail_message_id.mail_ids.crm_activity_sending = fields.Datetime.now()
        activity.action_cancel()
        self.assertTrue(activity.has_left)
        activity.action_pending()
        mailbox = self._send_due(days=0)
        self.assertFalse(mailbox.messages)
        self.assertFailed(activity, "may or may not have accepted")

    def test_what_was_postponed_while_the_queue_is_busy_stays(self):
        activity = self._create_email(state="pending")
        mail = self._mails(activity)
        activity.date = self._in_days(7)
        with smtp_server(self.env) as mailbox:
            mail._send()  # as a queue that chose it before
        self.assertFalse(mailbox.messages)
        self.assertEqual((mail.state, activity.state), ("outgoing", "pending"))

    def test_another_recipient_of_what_failed_gets_another_text(self):
        template = self.env["mail.template"].create(
            {
                "name": "Greeting",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello {{ object.name }}",
                "body_html": '<p>Dear <t t-out="object.name"/></p>',
            }
        )
        activity = self._create_email(body=False, mail_template_id=template.id, state="pending")
        activity._report_delivery_status("failed", "No such user")
        activity.contact_id = self.contact_2
        self.assertEqual(activity.name, "Hello Oscar Oak")
        self.assertIn("Oscar Oak", activity.body)

    def test_another_type_sends_nothing_unasked(self):
        for kind in ("write", "form", "import"):
            visit = self._create_activity(contact_id=self.contact.id, body="<p>Samples</p>")
            with self.subTest(kind):
                if kind == "write":
                    visit.activity_type_id = self.type_email
                elif kind == "form":
                    with Form(visit) as form:
                        form.activity_type_id = self.type_email
                else:
                    columns = [".id", "activity_type_id/.id"]
                    row = [str(visit.id), str(self.type_email.id)]
                    self.assertFalse(self.Activity.load(columns, [row])["messages"])
                self.assertEqual(visit.state, "draft")
                visit.action_pending()
                self.assertEqual(len(self._mails(visit)), 1)

    def test_another_type_with_a_status_says_so(self):
        visit = self._create_activity(contact_id=self.contact.id, body="<p>Samples</p>")
        visit.write({"activity_type_id": self.type_email.id, "state": "pending"})
        self.assertEqual(len(self._mails(visit)), 1)

    def test_what_has_a_message_does_not_become_something_else(self):
        cancelled, failed = self._create_email(state="pending"), self._create_email(state="pending")
        cancelled.action_cancel()
        failed._report_delivery_status("failed", "No such user")
        for activity in (cancelled, failed):
            with self.assertRaisesRegex(UserError, "Replicate it"):
                activity.activity_type_id = self.type_call
            activity.name = "Other words"
        self.assertEqual(cancelled.name, "Other words")

    def test_the_same_values_again_are_no_change_whatever_their_form(self):
        sent = self._create_email(state="pending")
        sent._report_delivery_status("done")
        sent.write(
            {
                "attachment_ids": [[6, 0, []]],
                "body": str(sent.body),
                "date": fields.Datetime.to_string(sent.date),
                "date_done": fields.Datetime.to_string(sent.date_done),
                "name": sent.name,
                "user_id": sent.user_id.id,
            }
        )
        for changes in (
            {"date": "2020-01-01 10:00:00"},
            {"attachment_ids": [[0, 0, {"name": "late.txt", "raw": "x"}]]},
        ):
            with self.subTest(changes), self.assertRaises(UserError):
                sent.write(changes)

    def test_further_keywords_of_odoo_pass_through(self):
        seen = []

        def with_further(name, original):
            def method(self, *args, further=None, **kwargs):
                seen.append((name, further))
                return original(self, *args, **kwargs)

            return method

        for name in ("send", "_send"):
            self.patch(MailMail, name, with_further(name, getattr(MailMail, name)))
        mails = self._mails(self._create_email(state="pending"))
        others = mails.create({"subject": "Not ours", "email_to": "x@example.com"})
        mails.send(further=1)
        with smtp_server(self.env):
            (mails | others)._send(further=2)
        self.assertEqual(seen[0], ("send", 1))
        self.assertEqual(seen[-2:], [("_send", 2)] * 2, "those of others, and ours")

    def test_asking_again_costs_no_query_for_each_mail(self):
        def queries(count):
            partners = self.env["res.partner"].create(
                [{"name": f"P{i}", "email": f"p{i}@example.com"} for i in range(count)]
            )
            for partner in partners:
                self._create_email(partner_id=partner.id, contact_id=False, state="pending")
            mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
            self.env.flush_all()
            before = self.cr.sql_log_count
            mails._make_ready()
            mails.cancel()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        queries(1)
        self.assertLessEqual(queries(20) - queries(2), 3)


@tagged("post_install", "-at_install")
class TestAsMessagePost(LeavingCase):
    """A mail of an activity is as Odoo's message_post would make it on the same record."""

    # Why what differs does.
    DELIBERATE = {
        "mail.message": {
            "partner_ids": "who reads the activity's text is the recipient's notification to say",
            "message_type": "an email that was sent, and not a comment",
        },
        "mail.mail": {
            "auto_delete": "it stays, to be retried and to be found",
            "scheduled_date": "it leaves at the activity's date",
            "body_html": "the activity has the text: a letter, without the frame of a notification",
            "headers": "made as it leaves",
        },
        "mail.notification": {"failure_reason": "there is none, where Odoo writes an empty one"},
    }
    # What no two records have in common.
    OF_THE_RECORD = {
        *("id", "create_date", "write_date", "create_uid", "write_uid", "display_name", "date"),
        *("message_id", "references", "mail_message_id", "mail_mail_id", "mail_message_id_int"),
        *("mail_ids", "notification_ids", "read_date", "child_ids", "tracking_value_ids"),
    }

    def setUp(self):
        super().setUp()
        self.domains = self.env["mail.alias.domain"].create(
            [
                {"name": "first.example.com", "bounce_alias": "bounce", "catchall_alias": "all"},
                {"name": "second.example.com", "bounce_alias": "back", "catchall_alias": "all"},
            ]
        )
        self.company_a.alias_domain_id, self.company_b.alias_domain_id = self.domains
        self.salesman.company_ids |= self.company_b
        self.customer_b = self.env["res.partner"].create(
            {"name": "Beech", "email": "beech@example.com", "company_id": self.company_b.id}
        )

    def _create_email_b(self, **values):
        return self._create_email(
            partner_id=self.customer_b.id, contact_id=False, state="pending", **values
        )

    def _recipients(self):
        """:return: for each kind of them, the values of an activity, and the address of who is
        no partner"""
        return [
            ({"partner_id": self.customer.id}, False),
            ({"partner_id": self.customer_b.id}, False),
        ]

    def test_field_by_field(self):
        self.found = {name: set() for name in self.DELIBERATE}
        for values, address in self._recipients():
            activity = self._create_email(contact_id=False, **values)
            posted = activity.message_post(
                subject=activity.name,
                body=activity.body,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=activity.partner_id.ids,
                outgoing_email_to=address,
                force_send=False,
            ).sudo()
            activity.action_pending()
            ours = activity.sudo().mail_message_id
            [email] = ours.mail_ids._prepare_outgoing_list()
            # Followers get a mail of their own from message_post.
            theirs = posted.mail_ids.filtered(
                lambda mail, customer=activity.partner_id: mail.recipient_ids == customer
            )
            told = posted.notification_ids.filtered(lambda n, mail=theirs: n.mail_mail_id == mail)
            self._compare(theirs, ours.mail_ids)
            headers = literal_eval(theirs.headers)
            # It would say again who the only recipient is, as of the time of queueing.
            headers.pop("X-Msg-To-Add", None)
            self.assertEqual(email["headers"], headers)
            self.assertEqual(email["references"], ours.message_id)
            self.assertFalse(ours.notification_ids, "they tell what has become of it")
            with smtp_server(self.env):
                (theirs | ours.mail_ids).send()
            self._compare(posted, ours)
            self._compare(told, ours.notification_ids)
        self.assertEqual(
            self.found, {name: set(reasons) for name, reasons in self.DELIBERATE.items()}
        )

    def _compare(self, theirs, ours):
        self.assertEqual((len(theirs), len(ours)), (1, 1))
        self.found[theirs._name] |= {
            name
            for name, field in theirs._fields.items()
            if field.store
            and not (field.inherited or name in self.OF_THE_RECORD)
            and theirs[name] != ours[name]
        }

    def test_the_second_company_writes_and_gets_back_what_bounces_in_its_own_domain(self):
        self._create_email(state="pending")
        self._create_email_b()
        mailbox = self._send_due(days=0)
        senders = {
            addresses[0]: (sender, message["Reply-To"])
            for (sender, addresses), message in zip(
                mailbox.envelopes, mailbox.messages, strict=True
            )
        }
        self.assertEqual(senders["olga@example.com"][0], "bounce@first.example.com")
        self.assertIn("all@first.example.com", senders["olga@example.com"][1])
        self.assertEqual(senders["beech@example.com"][0], "back@second.example.com")
        self.assertIn("all@second.example.com", senders["beech@example.com"][1])

    def test_what_an_older_version_has_queued_leaves_as_the_activity_is_now(self):
        activity = self._schedule()
        message = activity.sudo().mail_message_id
        mail = message.mail_ids
        # What it wrote down then, and is made as it leaves now.
        mail.references = message.message_id
        mail.headers = repr(activity.sudo()._notify_by_email_get_headers())
        self.env["mail.notification"].create(
            {
                "mail_message_id": message.id,
                "mail_mail_id": mail.id,
                "res_partner_id": self.customer.id,
                "notification_type": "email",
                "notification_status": "ready",
            }
        )
        self.contact.company_id = self.company_b
        [sent] = self._send_due().messages
        self.assertIn("Dear Olga", sent.get_body(("html",)).get_content())
        self.assertEqual(sent["X-Odoo-Objects"], f"crm.activity-{activity.id}")
        self.assertEqual(sent["References"], sent["Message-Id"])
        self.assertEqual(sent["Return-Path"], "back@second.example.com")
        [notification] = self._notifications(activity)
        self.assertEqual(notification.res_partner_id, self.contact)
        self.assertEqual(notification.notification_status, "sent")

    def test_a_customer_who_is_moved_takes_the_waiting_mail_into_that_domain(self):
        self.salesman.company_ids |= self.company_b
        customer = self.env["res.partner"].create({"name": "Ash", "email": "ash@example.com"})
        activity = self._schedule(partner_id=customer.id, contact_id=False)
        customer.company_id = self.company_b
        self.assertEqual(activity.company_id, self.company_b)
        mailbox = self._send_due()
        self.assertEqual([s for s, _a in mailbox.envelopes], ["back@second.example.com"])
