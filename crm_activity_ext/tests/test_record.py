# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext, mute_logger

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestRecord(CrmActivityCase):
    def test_a_salesperson_needs_only_a_type_and_a_subject(self):
        form = Form(self.Activity.with_user(self.salesman))
        form.activity_type_id = self.type_visit
        form.name = "Show the samples"
        before = fields.Datetime.now() - timedelta(seconds=5)
        activity = form.save()
        self.assertEqual(activity.user_id, self.salesman)
        self.assertEqual(activity.state, "pending")
        self.assertEqual(activity.channel, "visit")
        self.assertEqual(activity.company_id, self.company_a)
        self.assertTrue(before - timedelta(minutes=1) <= activity.date)
        self.assertFalse(activity.date_done)

    def test_type_subject_responsible_and_date_are_mandatory(self):
        for field_name in ("activity_type_id", "name", "user_id", "date"):
            with (
                self.subTest(field_name),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self._create_activity(**{field_name: False})

    def test_all_types_of_the_mission_exist_from_the_first_minute(self):
        channels = {
            *("call_in", "call_out", "email_in", "email_out", "fax"),
            *("letter", "meeting", "other", "sms", "visit"),
        }
        types = self.env["mail.activity.type"].search([("crm_channel", "in", list(channels))])
        self.assertEqual(set(types.mapped("crm_channel")), channels)
        self.assertEqual(len(types), len(channels), "one type for each channel, no doubles")
        self.assertTrue(all(types.mapped("icon")))
        self.assertEqual(self.type_call.crm_channel, "call_out")
        self.assertEqual(self.type_email.crm_channel, "email_out")
        self.assertEqual(self.env.ref("mail.mail_activity_data_meeting").crm_channel, "meeting")

    def test_types_have_spanish_names(self):
        self._load_language("es_ES")
        names = {
            "mail_activity_type_email_in": "E-mail entrante",
            "mail_activity_type_call_in": "Llamada entrante",
            "mail_activity_type_visit": "Visita",
            "mail_activity_type_sms": "SMS",
            "mail_activity_type_letter": "Carta",
            "mail_activity_type_fax": "Fax",
            "mail_activity_type_other": "Otro",
        }
        for xmlid, name in names.items():
            activity_type = self.env.ref(f"crm_activity_ext.{xmlid}")
            self.assertEqual(activity_type.with_context(lang="es_ES").name, name)

    def test_a_type_proposes_subject_and_text_but_never_over_what_was_typed(self):
        self.type_visit.write({"summary": "Visit", "default_note": "<p>Bring samples</p>"})
        self.type_call.write({"summary": "Call", "default_note": "<p>Ask for Olga</p>"})
        form = Form(self.Activity)
        form.activity_type_id = self.type_visit
        self.assertEqual(form.name, "Visit")
        self.assertIn("Bring samples", form.body)
        form.activity_type_id = self.type_call
        self.assertEqual(form.name, "Call", "a proposal gives way to the next one")
        self.assertIn("Ask for Olga", form.body)
        form.name = "Call about the oak line"
        form.body = "<p>My words</p>"
        form.activity_type_id = self.type_visit
        self.assertEqual(form.name, "Call about the oak line")
        self.assertIn("My words", form.body)

    def test_a_type_without_a_summary_proposes_its_name_so_no_subject_has_to_be_typed(self):
        self.type_visit.summary = False
        form = Form(self.Activity)
        form.activity_type_id = self.type_visit
        self.assertEqual(form.name, "Visit")
        form.activity_type_id = self.type_email
        self.assertEqual(form.name, self.type_email.name, "a name gives way like a summary")
        form.name = "My offer"
        form.activity_type_id = self.type_visit
        self.assertEqual(form.name, "My offer")

    def test_over_the_api_a_type_is_enough(self):
        [made] = self.Activity.create([{"activity_type_id": self.type_visit.id}])
        self.assertEqual(made.name, "Visit")

    def test_what_odoo_delivers_starts_as_draft(self):
        sms = self.env.ref("crm_activity_ext.mail_activity_type_sms")
        for activity_type in self.type_email | sms:
            activity = self._create_activity(activity_type_id=activity_type.id)
            self.assertEqual(activity.state, "draft")
        self.assertEqual(self._create_activity(activity_type_id=self.type_call.id).state, "pending")

    def test_the_form_shows_the_status_the_type_starts_with(self):
        form = Form(self.Activity)
        form.activity_type_id = self.type_email
        self.assertEqual(form.state, "draft")
        form.activity_type_id = self.type_visit
        self.assertEqual(form.state, "pending")

    def test_logging_what_has_happened(self):
        activity = self._create_activity(state="done", date="2026-03-01 10:00:00")
        self.assertEqual(activity.state, "done")
        self.assertEqual(activity.date, datetime(2026, 3, 1, 10))
        self.assertEqual(activity.date_done, activity.date)

    def test_what_is_logged_as_done_was_done_at_its_date(self):
        before = datetime.now().replace(microsecond=0)
        for values, expected in (
            ({"date": "2020-03-01 10:00:00"}, datetime(2020, 3, 1, 10)),
            (
                {"date": "2020-03-01 10:00:00", "date_done": "2020-03-02 09:00:00"},
                datetime(2020, 3, 2, 9),
            ),
            ({"date": "2999-03-01 10:00:00"}, None),
            ({}, None),
        ):
            activity = self._create_activity(state="done", **values)
            self.assertEqual(activity.date_done, expected or activity.date_done)
            if not expected:
                self.assertTrue(before <= activity.date_done <= datetime.now())
        planned = self._create_activity(date="2020-03-01 10:00:00")
        planned.action_done()
        self.assertGreaterEqual(planned.date_done, before, "done now")

    def test_imported_done_activities_keep_their_date(self):
        result = self.Activity.load(
            ["name", "activity_type_id/.id", "state", "date"],
            [["Visit", str(self.type_visit.id), "done", "2020-03-01 10:00:00"]],
        )
        self.assertFalse(result["messages"])
        imported = self.Activity.browse(result["ids"])
        self.assertEqual(imported.date_done, imported.date)

    def test_an_imported_text_keeps_its_lines(self):
        texts = {
            "One\nTwo\r\nThree": ["One", "Two", "Three"],
            "a < b & c > d\nTwo": ["a < b & c > d", "Two"],
            "<p>One</p><p>Two</p>": ["One", "Two"],
            "One<br/>Two<BR>Three": ["One", "Two", "Three"],
            "Olga <olga@example.com>\nTwo": ["Olga <olga@example.com>", "Two"],
            "<a.b@example.com>\nTwo": ["<a.b@example.com>", "Two"],
            "<see below>\nif a<b and c>d": ["<see below>", "if a<b and c>d"],
            "One": ["One"],
        }
        result = self.Activity.load(
            ["name", "activity_type_id/.id", "body"],
            [["Imported", str(self.type_visit.id), text] for text in texts],
        )
        self.assertFalse(result["messages"])
        imported = self.Activity.browse(result["ids"])
        for activity, lines in zip(imported, texts.values(), strict=True):
            self.assertEqual(html2plaintext(activity.body).split("\n"), lines)

    def test_a_text_that_is_imported_with_its_campaign_keeps_its_lines(self):
        names = ["name", "activity_type_id/.id", "body"]
        result = self.env["utm.campaign"].load(
            ["title", *(f"crm_activity_ids/{name}" for name in names)],
            [
                ["Fair", "Invite", str(self.type_visit.id), "One\nTwo"],
                ["", "Ask again", str(self.type_call.id), "Three\nFour"],
            ],
        )
        self.assertFalse(result["messages"])
        activities = self.env["utm.campaign"].browse(result["ids"]).crm_activity_ids.sorted("id")
        self.assertEqual(
            [str(body) for body in activities.mapped("body")],
            ["<p>One<br>Two</p>", "<p>Three<br>Four</p>"],
        )

    def test_done_keeps_its_date_and_reopening_clears_it(self):
        activity = self._create_activity()
        activity.action_done()
        done_on = activity.date_done
        self.assertTrue(done_on)
        activity.action_done()
        activity.name = "Samples shown"
        self.assertEqual(activity.date_done, done_on)
        activity.action_pending()
        self.assertFalse(activity.date_done)

    def test_cancelled_and_failed_activities_come_back(self):
        activity = self._create_activity()
        activity.action_cancel()
        self.assertEqual(activity.state, "cancelled")
        activity.action_retry()
        self.assertEqual(activity.state, "cancelled", "only what failed is retried")
        activity.write({"state": "failed", "failure_reason": "No answer"})
        activity.action_retry()
        self.assertEqual(activity.state, "pending")
        self.assertFalse(activity.failure_reason)

    def test_the_kanban_has_columns_to_drag_to_and_no_idle_ones(self):
        self._create_activity()
        domain = [("partner_id", "=", self.customer.id)]

        def columns():
            groups = self.Activity.with_context(read_group_expand=True).web_read_group(
                domain, ["state"], ["__count"]
            )["groups"]
            return [group["state"] for group in groups]

        self.assertEqual(columns(), ["pending", "done", "cancelled"])
        self._create_activity(activity_type_id=self.type_email.id)
        self.assertEqual(columns(), ["draft", "pending", "done", "cancelled"])

    def test_changing_a_types_channel_does_not_rewrite_history(self):
        activity = self._create_activity(state="done")
        self.type_visit.crm_channel = "other"
        self.assertEqual(activity.channel, "visit")
        self.assertEqual(self._create_activity().channel, "other")

    def test_only_types_with_a_channel_are_accepted(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        with self.assertRaisesRegex(ValidationError, "CRM channel"):
            self._create_activity(activity_type_id=todo.id)

    def test_a_type_of_another_model_cannot_have_a_channel(self):
        with self.assertRaisesRegex(ValidationError, "CRM channel"):
            self.env["mail.activity.type"].create(
                {"name": "Inspect", "res_model": "res.partner", "crm_channel": "visit"}
            )

    def test_a_negative_duration_is_refused(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._create_activity(duration=-1)

    def test_overdue_follows_the_calendar_of_whoever_looks(self):
        now = fields.Datetime.now()
        midnight = now.replace(hour=0, minute=0, second=0)
        just_before = self._create_activity(date=midnight - timedelta(minutes=30))
        just_after = self._create_activity(date=midnight + timedelta(minutes=30))
        utc = (just_before | just_after).with_context(tz="UTC")
        self.assertEqual(utc.mapped("is_overdue"), [True, False])
        # Kiritimati is fourteen hours ahead: its day began at 10:00 UTC, today or
        # yesterday, whichever came last.
        here = (just_before | just_after).with_context(tz="Pacific/Kiritimati")
        self.assertEqual(
            here.mapped("is_overdue"), [True, True] if now.hour >= 10 else [False, False]
        )
        for tz in ("UTC", "Pacific/Kiritimati", "Europe/Madrid"):
            activities = (just_before | just_after).with_context(tz=tz)
            overdue = activities.search(
                [("id", "in", activities.ids), ("state", "=", "pending"), ("date", "<", "today")]
            )
            self.assertEqual(overdue, activities.filtered("is_overdue").sorted(), tz)

    def test_status_responsible_and_date_are_tracked(self):
        activity = self._create_activity(user_id=self.salesman.id)
        self.flush_tracking()
        self.assertFalse(activity.message_ids, "creating says nothing in the chatter")
        activity.write({"user_id": self.salesman_all.id, "date": "2026-01-01 08:00:00"})
        activity.action_done()
        self.flush_tracking()
        tracked = activity.message_ids.sudo().tracking_value_ids.field_id.mapped("name")
        self.assertEqual(set(tracked), {"user_id", "date", "state"})

    def test_a_type_a_campaign_or_a_user_with_activities_is_not_deleted_silently(self):
        tasting = self.type_visit.copy({"name": "Tasting"})
        for _ in range(2):
            self._create_activity(
                activity_type_id=tasting.id,
                campaign_id=self.campaign.id,
                user_id=self.salesman.id,
                state="done",
            )
        for record in (
            self.customer,
            self.campaign,
            tasting,
            self.salesman,
        ):
            with (
                self.subTest(record._name),
                self.assertRaisesRegex(UserError, r": 2 CRM activities refer to it\. Archive"),
            ):
                record.unlink()

    def test_a_contact_with_activities_is_not_deleted_silently(self):
        self._create_activity(contact_id=self.contact.id, state="done")
        with self.assertRaisesRegex(UserError, r"Olga Oak: 1 CRM activity"):
            self.contact.unlink()
        self.contact_2.unlink()

    def test_archived_users_keep_their_activities(self):
        activity = self._create_activity(user_id=self.salesman.id)
        self.salesman.active = False
        self.assertEqual(activity.user_id, self.salesman)
        activity.with_user(self.manager).write({"name": "Samples, second try"})
        self.assertEqual(activity.name, "Samples, second try")

    def test_what_was_never_sent_from_here_can_be_deleted(self):
        elsewhere = self._create_activity(activity_type_id=self.type_email.id, state="done")
        elsewhere.with_user(self.manager).unlink()
        self.assertFalse(elsewhere.exists())
        draft = self._create_activity(activity_type_id=self.type_email.id)
        draft.with_user(self.manager).unlink()
        self.assertFalse(draft.exists())

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()


@tagged("post_install", "-at_install")
class TestOptions(CrmActivityCase):
    def test_a_replica_has_the_same_data_and_starts_anew(self):
        activity = self._create_activity(
            contact_id=self.contact.id,
            campaign_id=self.campaign.id,
            user_id=self.salesman_all.id,
            date="2026-02-03 09:30:00",
            duration=1.5,
            body="<p>Bring the samples</p>",
            state="failed",
            failure_reason="Nobody there",
        )
        action = activity.action_replicate()
        replica = self.Activity.browse(action["res_id"])
        self.assertNotEqual(replica, activity)
        for field_name in (
            "name",
            "activity_type_id",
            "channel",
            "partner_id",
            "contact_id",
            "campaign_id",
            "user_id",
            "date",
            "duration",
            "body",
            "company_id",
        ):
            self.assertEqual(replica[field_name], activity[field_name], field_name)
        self.assertEqual(replica.state, "pending")
        self.assertFalse(replica.failure_reason)
        self.assertFalse(replica.date_done)

    def test_a_replica_of_a_sent_email_is_a_draft(self):
        sent = self._create_activity(activity_type_id=self.type_email.id, state="done")
        self.assertEqual(sent.copy().state, "draft")

    def test_several_activities_are_replicated_at_once(self):
        activities = self._create_activity() | self._create_activity(name="Second")
        action = activities.action_replicate()
        replicas = self.Activity.search(action["domain"])
        self.assertEqual(set(replicas.mapped("name")), {"Show the samples", "Second"})
        self.assertFalse(replicas & activities)

    def test_go_to_customer_and_contact_open_one_or_list_several(self):
        one = self._create_activity(contact_id=self.contact.id)
        other = self._create_activity(
            partner_id=self.other_customer.id, contact_id=self.other_contact.id
        )
        action = one.action_open_customer()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.customer.id))
        self.assertEqual(one.action_open_contact()["res_id"], self.contact.id)
        both = (one | other).action_open_customer()
        self.assertEqual(
            self.env["res.partner"].search(both["domain"]),
            (self.customer | self.other_customer).sorted(),
        )

    def test_going_nowhere_says_why(self):
        lonely = self._create_activity(partner_id=False)
        with self.assertRaisesRegex(UserError, "no customer"):
            lonely.action_open_customer()
        with self.assertRaisesRegex(UserError, "no contact"):
            lonely.action_open_contact()

    def test_the_options_are_in_the_actions_menu_of_list_and_form(self):
        views = self.Activity.with_user(self.salesman).get_views(
            [(False, "list"), (False, "form")], {"toolbar": True}
        )["views"]
        for view_type in ("list", "form"):
            names = {action["name"] for action in views[view_type]["toolbar"]["action"]}
            self.assertLessEqual({"Replicate", "Go to contact", "Go to customer"}, names)
