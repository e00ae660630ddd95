# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What only the system may write, nobody else does: not by the API, a default or a context key."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.models import MAGIC_COLUMNS
from odoo.tests import Form, HttpCase, tagged

from ..tools.values import SystemValue
from .common import Json2Mixin
from .test_outbox import OutboxCase

# What people may write, by model. Every other stored field of these models is the system's, or
# comes from Odoo's own mixins: a new field has to be put in one of the two lists.
WRITTEN_BY_PEOPLE = {
    "crm.activity": {
        "activity_type_id",
        "attachment_ids",
        "body",
        "campaign_id",
        "company_id",
        "contact_id",
        "date",
        "date_done",
        "duration",
        "lead_id",
        "mail_template_id",
        "name",
        "outcome_id",
        "participant_ids",
        "partner_id",
        "state",
        "user_id",
    },
    "crm.activity.distribute": {
        "activity_type_id",
        "body",
        "campaign_id",
        "date",
        "mail_template_id",
        "max_per_day",
        "name",
        "sequence_id",
        "skip_existing",
        "spread_order",
        "state",
        "target_ids",
        "target_model",
        "user_id",
        "user_policy",
    },
    "crm.activity.distribution": set(),
    "crm.activity.distribution.line": set(),
    "crm.activity.distribution.stop": set(),
    "crm.activity.change": set(),
    "crm.activity.opt.out.import": set(),
}
# Ours on the models of others: the system's, each of them.
OURS_ELSEWHERE = {
    "mail.mail": {"crm_activity_sending"},
    "sms.sms": {"crm_activity_date", "crm_activity_id", "crm_activity_sending"},
}


@tagged("post_install", "-at_install")
class TestSystemFields(OutboxCase):
    def _get_own_stored_fields(self, model_name):
        model = self.env[model_name]
        inherited = self.env["mail.thread"]._fields.keys() | set(MAGIC_COLUMNS)
        return {
            name
            for name, field in model._fields.items()
            if field.store and not field.inherited and name not in inherited
        }

    def test_every_stored_field_is_somebodys(self):
        for model_name, people in WRITTEN_BY_PEOPLE.items():
            with self.subTest(model_name):
                stored = self._get_own_stored_fields(model_name)
                system = self.env[model_name]._get_system_fields()
                self.assertEqual(stored - people, system & stored)
                self.assertFalse(people & system)

    def test_our_fields_elsewhere_are_the_systems(self):
        for model_name, ours in OURS_ELSEWHERE.items():
            stored = {
                name
                for name in self._get_own_stored_fields(model_name)
                if name.startswith("crm_activity_")
            }
            with self.subTest(model_name):
                self.assertEqual(stored, ours)
                self.assertEqual(self.env[model_name]._get_system_fields(), ours)

    def test_nobody_creates_or_writes_what_is_the_systems(self):
        """By the API, as each group that may write the model at all."""
        administrator = self._make_administrator()
        activity = self._create_email()
        others = {
            "mail.mail": self.env["mail.mail"].create({"subject": "x"}),
            "sms.sms": self.env["sms.sms"].create({"body": "x", "number": "+34600000000"}),
            "crm.activity.distribute": self._create_dialog(),
            "crm.activity": activity,
        }
        calls = 0
        for model_name, record in others.items():
            for name in sorted(self.env[model_name]._get_system_fields()):
                for user in (self.salesman, self.salesman_all, self.manager, administrator):
                    record_of_user = record.with_user(user)
                    for value in (False, self._make_value(record._fields[name])):
                        with self.subTest(model=model_name, field=name, user=user.login):
                            with self.assertRaises(AccessError):
                                record_of_user.write({name: value})
                            with self.assertRaises(AccessError):
                                record_of_user.create({name: value})
                            calls += 2
        self.assertGreater(calls, 100)

    def test_the_refusal_names_the_field(self):
        with self.assertRaisesRegex(AccessError, "failure_reason, mail_message_id"):
            self._create_email().write({"mail_message_id": False, "failure_reason": "x"})

    def test_only_code_gives_what_is_the_systems(self):
        values = {"name": "Call", "activity_type_id": self.type_call.id}
        Activity = self.Activity.with_user(self.salesman)
        activity = Activity.create({**values, "failure_reason": SystemValue("No answer")})
        self.assertEqual(activity.failure_reason, "No answer")
        with self.assertRaisesRegex(AccessError, "failure_detail"):
            Activity.create(
                {**values, "failure_reason": SystemValue("x"), "failure_detail": "No answer"}
            )
        with self.assertRaises(AccessError):
            Activity.create([{**values, "failure_reason": SystemValue("x")}, {"was_done": True}])
        for imitation in ({"value": "No answer"}, ["No answer"], "SystemValue('x')"):
            with self.subTest(imitation), self.assertRaises(AccessError):
                Activity.create({**values, "failure_reason": imitation})

    def test_distributions_and_their_lines_are_nobodys_to_write(self):
        wizard = self._create_dialog()
        wizard.action_distribute()
        distribution = wizard.distribution_id
        line = self.env["crm.activity.distribution.line"].create(
            {"distribution_id": distribution.id, "res_id": self.customer.id}
        )
        for record in (distribution, line):
            for name in sorted(self._get_own_stored_fields(record._name)):
                value = self._make_value(record._fields[name])
                for user in (self.salesman, self.manager, self._make_administrator()):
                    with self.subTest(record._name, field=name), self.assertRaises(AccessError):
                        record.with_user(user).write({name: value})
                    with self.subTest(record._name, field=name), self.assertRaises(AccessError):
                        record.with_user(user).create({name: value})

    def _make_value(self, field):
        return {
            "many2one": self._get_some_id,
            "datetime": lambda _field: fields.Datetime.now(),
            "selection": lambda field: field.get_values(self.env)[0],
            "many2many": lambda _field: [(5,)],
            "one2many": lambda _field: [(5,)],
        }.get(field.type, lambda _field: "1")(field)

    def _get_some_id(self, field):
        return self.env[field.comodel_name].search([], limit=1).id or 1

    def _create_dialog(self):
        return (
            self.env["crm.activity.distribute"]
            .with_user(self.salesman)
            .create(
                {
                    "target_model": "res.partner",
                    "target_ids": [self.customer.id],
                    "activity_type_id": self.type_visit.id,
                    "name": "Show the samples",
                }
            )
        )

    def _make_administrator(self):
        user = self.env.ref("base.user_admin")
        user.group_ids |= self.env.ref("base.group_system")
        user.group_ids |= self.env.ref("sales_team.group_sale_manager")
        return user

    def test_no_default_of_a_context_reaches_them(self):
        foreign = self._send_foreign_mail()
        for Activity in (self.Activity, self.Activity.with_user(self.manager)):
            activity = Activity.with_context(
                default_mail_message_id=foreign.mail_message_id.id,
                default_failure_reason="x",
                default_channel="call_out",
                default_distribution_id=1,
            ).create(
                {
                    "name": "Mine",
                    "activity_type_id": self.type_email.id,
                    "contact_id": self.contact.id,
                    "body": "<p>x</p>",
                    "state": "draft",
                }
            )
            self.assertFalse(activity.sudo().mail_message_id)
            self.assertFalse(activity.failure_reason)
            self.assertEqual(activity.channel, "email_out")
        self.assertEqual(foreign.state, "sent")

    def test_no_default_that_a_user_has_set_reaches_them(self):
        foreign = self._send_foreign_mail()
        self.env["ir.default"].with_user(self.salesman).set(
            "crm.activity", "mail_message_id", foreign.mail_message_id.id, user_id=True
        )
        activity = self._create_email()
        self.assertFalse(activity.sudo().mail_message_id)

    def _send_foreign_mail(self):
        """:return: a mail that a colleague has sent, with nothing to do with activities"""
        return self.env["mail.mail"].create(
            {
                "subject": "Confidential",
                "state": "sent",
                "model": "res.partner",
                "res_id": self.other_customer.id,
                "email_to": "pine@example.com",
                "auto_delete": False,
            }
        )

    def test_a_form_that_is_made_up_tells_no_subject(self):
        foreign = self._send_foreign_mail()
        answer = self.Activity.onchange(
            {"mail_message_id": foreign.mail_message_id.id},
            [],
            {"mail_message_id": {"fields": {"display_name": {}}}},
        )
        self.assertNotIn("Confidential", str(answer))

    def test_a_foreign_mail_is_not_sent_again(self):
        foreign = self._send_foreign_mail()
        with self.assertRaises(AccessError):
            self._create_email(mail_message_id=foreign.mail_message_id.id, state="pending")
        self.assertEqual(foreign.state, "sent")

    def test_a_queued_mail_stays_the_only_one(self):
        activity = self._create_email(state="pending")
        with self.assertRaises(AccessError):
            activity.write({"mail_message_id": False})
        with self.assertRaises(AccessError):
            activity.with_user(self.manager).write({"channel": "call_out"})
        self.assertEqual(len(self._mails(activity)), 1)

    def test_a_context_key_makes_no_untrue_status(self):
        activity = self._create_email(state="pending")
        skip_sync = {"crm_activity_skip_sync_ids": activity.ids}
        activity = activity.with_context(**skip_sync)
        activity.action_cancel()
        self.assertEqual(self._mails(activity).state, "cancel", "nothing leaves")
        activity.action_pending()
        self.assertEqual(self._mails(activity).state, "outgoing")
        for state in ("done", "failed"):
            with self.subTest(state), self.assertRaises(UserError):
                activity.write({"state": state})
        other = self._create_email()
        other = other.with_context(crm_activity_skip_sync_ids=other.ids)
        other.write({"state": "pending"})
        self.assertEqual(len(self._mails(other)), 1, "pending has a mail")
        created = self.Activity.with_context(crm_activity_skip_sync_ids=range(10**6)).create(
            {
                "name": "Offer",
                "activity_type_id": self.type_email.id,
                "contact_id": self.contact.id,
                "body": "<p>x</p>",
                "state": "pending",
            }
        )
        self.assertEqual(len(self._mails(created)), 1, "pending has a mail")

    def test_a_context_key_of_an_administrator_makes_no_untrue_status(self):
        activity = self._create_email(state="pending")
        mail = self._mails(activity).with_user(self._make_administrator())
        mail.with_context(crm_activity_skip_sync_ids=activity.ids).cancel()
        self.assertEqual(activity.state, "cancelled")

    def test_what_automation_makes_while_the_queue_reports_is_sent(self):
        """The queue tells of its own activities, and of no others."""
        reported = self._create_email(state="pending")
        quiet = reported._skip_sync(reported.sudo())
        follow_up = quiet.copy({"name": "Thank you", "state": "pending"})
        self.assertEqual(len(self._mails(follow_up)), 1)

    def test_the_message_of_a_mail_cannot_be_taken_away_or_rewritten(self):
        """With the message its mail would go, and then a second one could be sent."""
        activity = self._create_email(state="pending")
        message = activity.mail_message_id
        changes = {
            "subject": "Other words",
            "body": "<p>Other words</p>",
            "res_id": self._create_email().id,
            "model": "res.partner",
            "email_from": "boss@example.com",
            "attachment_ids": [fields.Command.clear()],
        }
        for user in (self.salesman, self.manager):
            mine = message.with_user(user)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                mine.unlink()
            with self.subTest(user=user.login), self.assertRaises(UserError):
                activity.with_user(user).write({"message_ids": [fields.Command.delete(message.id)]})
            for name, value in changes.items():
                with self.subTest(name, user=user.login), self.assertRaises(UserError):
                    mine.write({name: value})
        message.with_user(self.salesman).toggle_message_starred()
        note = activity.message_post(body=self.contact.name)
        note.with_user(self.salesman).unlink()
        self.assertEqual(len(self._mails(activity)), 1)

    def test_a_file_that_is_queued_cannot_be_exchanged(self):
        Attachment = self.env["ir.attachment"].with_user(self.salesman)
        file = Attachment.create({"name": "a.txt", "raw": b"a"})
        activity = self._create_email(attachment_ids=file.ids)
        file.raw = b"still a draft"
        activity.action_pending()
        for user in (self.salesman, self.manager):
            mine = activity.with_user(user).attachment_ids
            with self.assertRaisesRegex(UserError, "a.txt"):
                mine.write({"raw": b"b"})
            with self.assertRaisesRegex(UserError, "a.txt"):
                mine.unlink()
            with self.assertRaisesRegex(UserError, "a.txt"):
                mine.sudo()._delete_and_notify()  # as the chatter does
        sent = activity.attachment_ids
        self.assertTrue(sent.generate_access_token())
        with self.assertRaisesRegex(UserError, "a.txt"):
            sent.access_token = "another"
        later = Attachment.create(
            {"name": "b.txt", "raw": b"b", "res_model": "crm.activity", "res_id": activity.id}
        )
        later.unlink()

    def test_a_file_that_is_not_the_users_is_not_sent(self):
        server = self.env["ir.mail_server"].create({"name": "Ours", "smtp_host": "localhost"})
        secret = self.env["ir.attachment"].create(
            {
                "name": "password.txt",
                "raw": b"1",
                "res_model": server._name,
                "res_id": server.id,
            }
        )
        commands = [fields.Command.link(secret.id)]
        with self.assertRaises(AccessError):
            self._create_email(attachment_ids=commands)
        activity = self._create_email()
        with self.assertRaises(AccessError):
            activity.write({"attachment_ids": commands})
        with self.assertRaises(AccessError):
            activity.write({"attachment_ids": [fields.Command.set(secret.ids)]})

    def test_recipient_type_and_text_are_final_once_queued(self):
        activity = self._create_email(state="pending")
        self.assertEqual(
            activity._get_final_fields(),
            {"activity_type_id", "attachment_ids", "body", "mail_template_id", "name"}
            | activity._get_recipient_fields(),
        )

    def test_date_and_responsible_are_final_once_sent(self):
        activity = self._create_email(state="pending")
        activity.write({"date": "2026-01-01 10:00:00"})
        activity._report_delivery_status("done")
        for name, value in (
            ("date", "2020-01-01 10:00:00"),
            ("date_done", "2020-01-01 10:00:00"),
            ("user_id", self.manager.id),
        ):
            for user in (self.salesman, self.manager):
                with self.subTest(name, user=user.login), self.assertRaises(UserError):
                    activity.with_user(user).write({name: value})
        activity.write({"user_id": activity.user_id.id, "date": activity.date})

    def test_what_was_logged_by_hand_is_not_final(self):
        activity = self._create_email(state="done")
        activity.write({"date": "2026-01-01 10:00:00", "name": "Sent from my phone"})
        self.assertEqual(activity.name, "Sent from my phone")

    def test_a_form_saves_what_the_system_has_written(self):
        """The form shows the fields, and does not send them back."""
        activity = self._create_email(state="pending", contact_id=False, partner_id=False)
        self.assertEqual(activity.state, "failed")
        with Form(activity) as form:
            form.contact_id = self.contact
        activity.action_retry()
        self.assertEqual(activity.state, "pending")
        self.assertFalse(activity.failure_reason)


@tagged("post_install", "-at_install")
class TestSelection(OutboxCase):
    """What is done to a selection is done to all that allow it; the others are named."""

    def test_mark_done_does_the_others_and_names_the_one(self):
        visits = self._create_activity() | self._create_activity(name="Another visit")
        queued = self._create_email(state="pending", name="On its way")
        action = (visits | queued).action_done()
        self.assertEqual(visits.mapped("state"), ["done", "done"])
        self.assertEqual(queued.state, "pending")
        self.assertEqual(action["tag"], "crm_activity_changed")
        self.assertIn("2 activities marked done. Skipped: 1 of 3.", action["params"]["message"])
        self.assertIn("On its way", action["params"]["message"])

    def test_send_does_the_others_and_names_the_one_without_text(self):
        ready = self._create_email() | self._create_email()
        empty = self._create_email(name="Nothing to say", body=False)
        action = (ready | empty).action_pending()
        self.assertEqual(ready.mapped("state"), ["pending", "pending"])
        self.assertEqual(len(self._mails(ready)), 2, "one each, though it was tried in halves")
        self.assertEqual(empty.state, "draft")
        self.assertIn("Nothing to say", action["params"]["message"])

    def test_cancel_does_the_others_and_names_the_one_that_was_sent(self):
        sent = self._create_email(state="pending", name="Sent")
        sent._report_delivery_status("done")
        others = self._create_email(state="pending") | self._create_activity()
        action = (sent | others).action_cancel()
        self.assertEqual(others.mapped("state"), ["cancelled", "cancelled"])
        self.assertEqual(self._mails(others).state, "cancel")
        self.assertEqual(sent.state, "done")
        self.assertIn("Sent", action["params"]["message"])

    def test_replicate_copies_the_others(self):
        activities = self._create_activity() | self._create_activity(name="Of no type any more")
        activities[1].activity_type_id = self.type_call
        self.type_call.crm_channel = False
        before = self.Activity.search_count([])
        action = activities.action_replicate()
        self.assertEqual(self.Activity.search_count([]), before + 1)
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["next"]["res_model"], "crm.activity")

    def test_where_none_can_be_it_says_why(self):
        queued = self._create_email(state="pending", name="A") | self._create_email(
            state="pending", name="B"
        )
        with self.assertRaisesRegex(UserError, "“A” .*\n.*“B” "):
            queued.action_done()

    def test_a_selection_that_all_can_costs_four_queries_more(self):
        """A savepoint, what undoes it, and who is left without a next step."""

        def queries(change):
            activities = self.Activity.browse().union(
                *(self._create_activity(name=str(i)) for i in range(40))
            )
            self.cr.flush()
            before = self.cr.sql_log_count
            change(activities)
            self.cr.flush()
            return self.cr.sql_log_count - before

        queries(lambda activities: activities.action_done())
        self.assertLessEqual(
            queries(lambda activities: activities.action_done()),
            queries(lambda activities: activities.write({"state": "done"})) + 4,
        )


@tagged("post_install", "-at_install")
class TestOverTheApi(Json2Mixin, OutboxCase, HttpCase):
    """What a salesperson with own documents only has tried over JSON-2."""

    def _call(self, method, ids=(), **arguments):
        """:return: the name of the error, or None"""
        body = {**arguments, **({"ids": list(ids)} if ids else {})}
        status, answer = self._post("crm.activity", method, body)
        return answer["name"].rpartition(".")[2] if status != 200 else None

    def test_what_is_the_systems_is_refused(self):
        foreign = self.env["mail.mail"].create({"subject": "x", "state": "sent"})
        message_id = foreign.mail_message_id.id
        activity = self._create_email(state="pending")
        values = {
            "name": "Mine",
            "activity_type_id": self.type_email.id,
            "contact_id": self.contact.id,
            "body": "<p>x</p>",
            "state": "pending",
        }
        self.env.flush_all()
        for forged in (
            {"mail_message_id": message_id},
            {"failure_reason": "x"},
            {"distribution_id": 1},
            {"template_digest": "x"},
            {"channel": "call_out"},
        ):
            with self.subTest(forged):
                refusal = self._call("create", vals_list=[{**values, **forged}])
                self.assertEqual(refusal, "AccessError")
                self.assertEqual(self._call("write", activity.ids, vals=forged), "AccessError")
        skip_sync = {"crm_activity_skip_sync_ids": activity.ids}
        self.assertEqual(
            self._call("write", activity.ids, vals={"state": "done"}, context=skip_sync),
            "UserError",
        )
        self.assertIsNone(self._call("action_cancel", activity.ids, context=skip_sync))
        self.env.invalidate_all()
        self.assertEqual(self._mails(activity).state, "cancel")
        self.assertEqual(foreign.state, "sent")
