# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .smtp import smtp_server
from .test_outbox import OutboxCase


@tagged("post_install", "-at_install")
class TestSentElsewhere(OutboxCase):
    """Done means that Odoo has sent it, or that somebody says that they have."""

    def _is_in_outbox(self, activity):
        action = self.env.ref("crm_activity_ext.crm_activity_action_outbox")
        return activity in self.Activity.search(safe_eval(action.domain))

    def test_no_way_makes_an_email_done_that_was_not_sent(self):
        def by_form(activity):
            with Form(activity) as form:
                form.state = "done"

        def by_import(activity):
            result = self.Activity.load([".id", "state"], [[str(activity.id), "Done"]])
            raise UserError(result["messages"][0]["message"])

        ways = {
            "action": lambda activity: activity.action_done(),
            "write": lambda activity: activity.write({"state": "done"}),
            "many": lambda activity: (activity | activity.copy()).write({"state": "done"}),
            "form": by_form,
            "import": by_import,
            "administrator": lambda a: a.with_user(self.manager).write({"state": "done"}),
        }
        for state in ("draft", "cancelled", "failed"):
            for way, mark_done in ways.items():
                activity = self._create_email(state=state)
                refused = self.assertRaisesRegex(UserError, "Send it, or choose “Log as Sent")
                with self.subTest(way, state=state):
                    with refused, self.cr.savepoint():
                        mark_done(activity)
                    self.assertEqual(activity.state, state)

    def test_a_call_that_becomes_an_email_is_not_done_with_it(self):
        call = self._create_activity()
        with self.assertRaisesRegex(UserError, "Log as Sent"):
            call.write({"activity_type_id": self.type_email.id, "state": "done"})

    def test_a_selection_is_done_without_its_emails_which_are_named(self):
        visit, email = self._create_activity(), self._create_email()
        action = (visit | email).action_done()
        self.assertEqual((visit.state, email.state), ("done", "draft"))
        self.assertIn("“Our offer” has not been sent", action["params"]["message"])

    def test_logged_as_sent_elsewhere_it_is_done_and_not_in_the_outbox(self):
        email = self._create_email(campaign_id=self.campaign.id)
        self.assertTrue(self._is_in_outbox(email))
        email.action_log_as_sent_elsewhere()
        self.assertEqual((email.state, email.sent_elsewhere), ("done", True))
        self.assertTrue(email.date_done)
        self.assertFalse(self._is_in_outbox(email))
        self.assertFalse(self._mails(email))
        customers = self.env["res.partner"].with_context(crm_campaign_id=self.campaign.id)
        self.assertEqual(
            customers.search([("crm_campaign_state", "=", "done")]) & self.contact, self.contact
        )

    def test_what_is_created_as_done_was_sent_elsewhere(self):
        email = self._create_email(state="done")
        self.assertTrue(email.sent_elsewhere)
        self.assertFalse(self._create_activity(state="done").sent_elsewhere)
        email.activity_type_id = self.type_call
        self.assertFalse(email.sent_elsewhere, "it was a call after all")

    def test_what_was_done_becomes_no_message_by_another_type(self):
        call = self._create_activity(state="done", user_id=self.salesman.id)
        mine = call.with_user(self.salesman)
        refused = self.assertRaisesRegex(UserError, "Log as Sent Elsewhere")
        with refused, self.cr.savepoint():
            mine.activity_type_id = self.type_email
        with self.assertRaises(AccessError):
            mine.unlink()

    def test_what_was_logged_long_ago_is_history(self):
        past = fields.Datetime.now() - timedelta(days=30)
        email = self._create_email(state="done", date=past, user_id=self.salesman.id)
        mine = email.with_user(self.salesman)
        self.assertFalse(mine.is_deletable)
        mine.action_reopen()
        self.assertTrue(email.was_done)
        self.assertFalse(mine.is_deletable)

    def test_a_form_can_be_without_a_responsible_until_it_is_saved(self):
        form = Form(self._create_email(user_id=self.salesman.id))
        form.user_id = self.env["res.users"]
        form.user_id = self.salesman
        self.assertEqual(form.save().user_id, self.salesman)

    def test_what_odoo_has_sent_is_not_marked(self):
        email = self._create_email()
        email.action_send()
        with smtp_server(self.env):
            self._run_queue()
        self.assertEqual((email.state, email.sent_elsewhere), ("done", False))
        self.assertTrue(self._is_in_outbox(email))

    def test_what_failed_before_it_left_may_be_sent_elsewhere_and_its_mail_goes(self):
        email = self._create_email(state="pending")
        email._report_delivery_status("failed", "No answer")
        email.action_log_as_sent_elsewhere()
        self.assertEqual((email.state, email.sent_elsewhere), ("done", True))
        self.assertFalse(email.failure_reason)
        self.assertFalse(self._mails(email), "an administrator cannot send it again")

    def test_what_is_on_its_way_or_may_have_left_is_not_logged(self):
        queued = self._create_email(state="pending")
        sent = self._create_email(state="pending")
        sent._report_delivery_status("done")
        undecided = self._create_email(state="pending")
        undecided._report_delivery_status("failed", "Nobody knows", may_have_left=True)
        for email in (queued, sent, undecided):
            with self.assertRaisesRegex(UserError, "in the outbox or has been sent"):
                email.action_log_as_sent_elsewhere()
        with self.assertRaisesRegex(UserError, "not a message that Odoo sends"):
            self._create_activity().action_log_as_sent_elsewhere()

    def test_nobody_logs_what_is_not_theirs_to_write(self):
        email = self._create_email(state="draft")
        email.with_user(self.manager).user_id = self.manager
        with self.assertRaises(AccessError):
            email.with_user(self.salesman).action_log_as_sent_elsewhere()

    def test_reopened_it_is_a_draft_that_was_never_done(self):
        email = self._create_email(state="done")
        email.action_reopen()
        self.assertEqual((email.state, email.sent_elsewhere), ("draft", False))
        self.assertFalse(email.was_done)
        self.assertFalse(self._mails(email))
        visit = self._create_activity(state="done")
        visit.action_reopen()
        self.assertEqual((visit.state, visit.was_done), ("pending", True))

    def test_its_responsible_deletes_it(self):
        self._create_email(state="done").unlink()
        with self.assertRaises(AccessError):
            self._create_activity(state="done").unlink()


@tagged("post_install", "-at_install")
class TestSend(OutboxCase):
    """What a form shows of a message, and the questions asked before it leaves."""

    def test_send_sends_what_odoo_sends_and_names_the_rest(self):
        visit, email = self._create_activity(), self._create_email()
        action = (visit | email).action_send()
        self.assertEqual((visit.state, email.state), ("pending", "pending"))
        self.assertEqual(len(self._mails(email)), 1)
        self.assertIn("not a message that Odoo sends", action["params"]["message"])

    def test_a_status_that_cannot_be_chosen_is_off(self):
        queued = self._create_email(state="pending")
        sent = self._create_email(state="pending")
        sent._report_delivery_status("done")
        failed = self._create_email(state="pending")
        failed._report_delivery_status("failed", "No answer")
        for activity, choices in (
            (self._create_activity(), ["cancelled", "done", "draft", "failed"]),
            (self._create_email(), ["cancelled", "failed"]),
            (queued, ["cancelled"]),
            (sent, []),
            (failed, ["cancelled"]),
        ):
            self.assertEqual(activity.status_choices or [], choices)

    def test_before_messages_leave_they_are_counted(self):
        later = self._create_email(date=fields.Datetime.now() + timedelta(days=2))
        emails = self._create_email() | self._create_email() | later
        sent = self._create_email(state="pending")
        sent._report_delivery_status("done")
        notice = (emails | sent | self._create_activity()).get_sending_notice()
        self.assertEqual((notice["count"], notice["title"]), (3, "Send 3 emails?"))
        self.assertIn("Now: 2\nAt a later date: 1\n", notice["message"])
        self.assertEqual(self.Activity.search(notice["preview"]["domain"]), emails)
        self.assertEqual(sent.get_sending_notice()["count"], 0)
        self.assertEqual(later.get_sending_notice()["title"], "Send 1 email?")

    def test_counting_thousands_takes_no_query_for_each(self):
        def queries(count):
            emails = self.Activity.create([self._email_values() for _i in range(count)])
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            emails.get_sending_notice()
            return self.cr.sql_log_count - before

        queries(1)
        self.assertEqual(queries(5), queries(200))

    def _email_values(self):
        return {
            "name": "Our offer",
            "activity_type_id": self.type_email.id,
            "contact_id": self.contact.id,
            "body": "<p>Hello</p>",
        }

    def test_the_form_shows_who_writes_to_whom_as_delivery_will(self):
        self.contact.email = "olga@example.com, shop@example.com"
        self.env["mail.blacklist"]._add("shop@example.com")
        with Form(self.Activity.with_user(self.salesman)) as form:
            form.activity_type_id = self.type_email
            self.assertFalse(form.recipient_address)
            self.assertFalse(form.delivery_problem, "nobody has been chosen yet")
            form.contact_id = self.contact
            self.assertEqual(form.sender_address, "Sam Own <sam@example.com>")
            self.assertRegex(form.recipient_address, "Olga Oak <olga@example.com>$")
            self.assertEqual(form.delivery_problem, "Left out, as blacklisted: shop@example.com")
            form.contact_id = self.contact_2
            self.assertIn("has no email address", form.delivery_problem)
            form.activity_type_id = self.type_visit
            self.assertFalse(form.delivery_problem or form.sender_address)
            form.name = "Visit"

    def test_nobody_is_shown_the_address_of_whom_they_may_not_read(self):
        email = self._create_email()
        self.env["ir.rule"].create(
            {
                "name": "Not Olga",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "groups": [(4, self.env.ref("sales_team.group_sale_salesman").id)],
                "domain_force": [("id", "!=", self.contact.id)],
            }
        )
        self.env["ir.rule"].search(
            [("model_id.model", "=", "res.partner"), ("groups", "!=", False)]
        ).filtered(lambda rule: rule.name != "Not Olga").unlink()
        self.env.invalidate_all()
        self.assertFalse(email.with_user(self.salesman).recipient_address)
        self.assertFalse(email.with_user(self.salesman).delivery_problem)

    def test_an_import_brings_drafts_and_says_so(self):
        header = ["name", "activity_type_id/.id", "contact_id/.id", "body", "state"]
        types = (self.type_email, self.type_email, self.type_visit)
        rows = [
            ["Imported", str(kind.id), str(self.contact.id), "<p>x</p>", "Pending"]
            for kind in types
        ]
        with self._told("simple_notification") as told:
            result = self.Activity.with_context(import_file=True).load(header, rows)
            self.assertFalse(result["messages"])
        activities = self.Activity.browse(result["ids"])
        self.assertEqual(activities.mapped("state"), ["draft", "draft", "pending"])
        self.assertFalse(self._mails(activities))
        [message] = told
        self.assertIn("Imported as drafts: 2 emails", message.message)
        email = activities[0]
        email.action_send()
        email._report_delivery_status("failed", "No answer")
        rows = [[str(email.id), "Pending"]]
        result = self.Activity.with_context(import_file=True).load([".id", "state"], rows)
        self.assertIn("Use its Retry button", result["messages"][0]["message"])

    @contextmanager
    def _told(self, kind):
        """:return: context manager that gives the bus messages of a kind that are sent in it"""
        told = []
        self.env.flush_all()
        self.cr.precommit.run()
        last = self.env["bus.bus"].sudo().search([], order="id desc", limit=1).id
        yield told
        self.env.flush_all()
        self.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([("id", ">", last)])
        told += [message for message in messages if f'"{kind}"' in message.message]

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_a_failure_is_told_in_words_and_kept_literally(self):
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        email = self._create_email(state="pending")
        with smtp_server(self.env) as mailbox:
            mailbox.refused.add("olga@example.com")
            self._run_queue()
        self.assertRegex(
            email.failure_reason,
            r"^The mail server refused the message: .*No such user here \(550\)$",
        )
        self.assertIn("SMTPRecipientsRefused", email.failure_detail)
        email.action_retry()
        self.assertFalse(email.failure_detail)
        self.env["ir.mail_server"].search([]).unlink()
        self.env["ir.mail_server"].create(
            {"name": "Nobody there", "smtp_host": "127.0.0.1", "smtp_port": 1}
        )
        with smtp_server(self.env):
            self.env["ir.mail_server"].search([("name", "=", "Loopback")]).unlink()
            self._run_queue()
        self.assertEqual(email.failure_reason, "The mail server could not be reached.")
        self.assertIn("refused", email.failure_detail)

    def test_who_is_responsible_and_who_has_sent_see_the_status_at_once(self):
        email = self._create_email()
        email.with_user(self.manager).action_send()
        with self._told("crm.activity/status") as told:
            email._report_delivery_status("done")
        channels = [message.channel for message in told]
        for user in (self.salesman, self.manager):
            self.assertTrue(any(f'"res.partner",{user.partner_id.id}]' in c for c in channels))
        self.assertEqual(len(channels), 2)


@tagged("post_install", "-at_install")
class TestLate(OutboxCase):
    """What a program creates with a date in the past is not sent unless that is meant."""

    def _create_late(self, hours, **context):
        date = fields.Datetime.now() - timedelta(hours=hours)
        Activity = self.Activity.with_context(**context)
        return Activity.create(
            {
                "name": "Our offer",
                "activity_type_id": self.type_email.id,
                "partner_id": self.customer.id,
                "body": "<p>Chairs</p>",
                "date": date,
                "state": "pending",
            }
        )

    def test_what_is_created_pending_and_dated_in_the_past_is_refused_in_words(self):
        before = self.env["mail.mail"].search_count([])
        with self.assertRaisesRegex(
            UserError, "“Our offer” is dated in the past.*create it as don"
        ):
            self._create_late(hours=2)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_clocks_may_differ(self):
        self.assertTrue(self._create_late(hours=0.5).mail_message_id)

    def test_the_call_can_say_that_it_is_meant(self):
        self.assertTrue(self._create_late(hours=48, crm_activity_send_late=True).mail_message_id)

    def test_a_draft_of_any_date_is_sent_by_who_says_so(self):
        draft = self._create_email(date=fields.Datetime.now() - timedelta(days=3))
        draft.action_pending()
        self.assertTrue(draft.mail_message_id)

    def test_a_form_that_was_open_for_hours_is_sent_as_it_is_saved(self):
        values = {
            "name": "Our offer",
            "activity_type_id": self.type_email.id,
            "partner_id": self.customer.id,
            "body": "<p>Chairs</p>",
            "date": fields.Datetime.to_string(fields.Datetime.now() - timedelta(hours=5)),
            "state": "pending",
        }
        [saved] = self.Activity.web_save(values, {"state": {}})
        self.assertEqual(saved["state"], "pending")
        self.assertTrue(self.Activity.browse(saved["id"]).mail_message_id)

    def test_a_visit_of_the_past_that_is_pending_is_overdue_and_nothing_else(self):
        visit = self._create_activity(date=fields.Datetime.now() - timedelta(days=3))
        self.assertEqual(visit.state, "pending")
