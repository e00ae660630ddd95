# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's to-dos, which its chatter calls activities: what is done of them stays as ours."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.crm_activity_gate_mixin import CrmActivityGateMixin
from ..models.crm_activity_todo_mixin import CrmActivityTodoMixin
from .common import CrmActivityCase

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


class TodoCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # No salesperson: neither reads nor writes activities of ours.
        cls.accountant = new_test_user(
            cls.env, "ann.accountant", "base.group_user,base.group_partner_manager", tz="UTC"
        )

    def _plan(self, document=None, **values):
        """Plan a to-do: a call to the contact, to be made by Sam, unless told otherwise."""
        document = self.contact if document is None else document
        return self.env["mail.activity"].create(
            {
                "activity_type_id": self.type_call.id,
                "res_model_id": self.env["ir.model"]._get_id(document._name),
                "res_id": document.id,
                "user_id": self.salesman.id,
                **values,
            }
        )

    def _get_recorded(self, domain=()):
        return self.Activity.search([("origin", "=", "todo"), *domain])


@tagged("post_install", "-at_install")
class TestTodo(TodoCase):
    def test_a_reminder_that_is_done_becomes_an_activity_that_is_done(self):
        todo = self._plan(summary="Ask for the drawings", note="<p>Before <b>noon</b></p>")
        before = fields.Datetime.now()
        todo.with_user(self.salesman).action_feedback(feedback="They <come>\non Friday")
        activity = self._get_recorded()
        self.assertRecordValues(
            activity,
            [
                {
                    "name": "Ask for the drawings",
                    "activity_type_id": self.type_call.id,
                    "channel": "call_out",
                    "user_id": self.salesman.id,
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "campaign_id": False,
                    "state": "done",
                    "origin": "todo",
                    "company_id": self.company_a.id,
                    "res_model": False,
                }
            ],
        )
        self.assertGreaterEqual(activity.date_done, before)
        self.assertIn("<b>noon</b>", activity.body)
        self.assertIn("They &lt;come&gt;<br>on Friday", activity.body)
        history = self.env["crm.activity.history"].search(
            [("partner_id", "=", self.customer.id), ("kind", "=", "activity")]
        )
        self.assertEqual(history.mapped("res_id"), activity.ids)

    def test_a_reminder_without_words_says_what_its_type_says(self):
        self.type_call.default_note = "<p>A note for those to come</p>"
        self._plan().action_done()
        activity = self._get_recorded()
        self.assertEqual(activity.name, self.type_call._get_subject())
        self.assertFalse(activity.body)

    def test_what_is_cancelled_is_not_recorded(self):
        self._plan().unlink()
        self.assertFalse(self._get_recorded())

    def test_a_second_click_records_nothing_more(self):
        todo = self._plan()
        todo.action_feedback()
        todo.action_feedback()
        self.assertEqual(len(self._get_recorded()), 1)

    def test_what_stays_a_mere_reminder(self):
        no_channel = self.env["mail.activity.type"].create({"name": "Think"})
        self.type_visit.res_model = False
        self.type_visit.crm_record_done = False
        our_own = self._create_activity()
        gone = self._plan(self.env["res.partner"].create({"name": "Gone"}))
        todos = (
            self._plan(activity_type_id=no_channel.id)
            | self._plan(activity_type_id=self.type_visit.id)
            | self._plan(activity_type_id=self.type_email.id)
            | self._plan(our_own)
            | self._plan(self.env["utm.campaign"].browse(), res_model_id=False, res_id=False)
            | gone
        )
        self.env.flush_all()
        self.cr.execute("DELETE FROM res_partner WHERE id = %s", [gone.res_id])
        self.env.invalidate_all()
        todos.action_done()
        self.assertFalse(self._get_recorded())
        self.assertFalse((todos - gone).filtered("active"))

    def test_what_odoo_sends_is_not_recorded_whatever_its_type_says(self):
        self.type_email.crm_record_done = True
        self._plan(activity_type_id=self.type_email.id).action_done()
        self.assertFalse(self._get_recorded())

    def test_types_record_by_their_channel_and_people_may_say_otherwise(self):
        form = Form(self.env["mail.activity.type"])
        form.name = "Trial"
        self.assertFalse(form.crm_record_done)
        form.crm_channel = "visit"
        self.assertTrue(form.crm_record_done)
        form.crm_channel = "email_out"
        self.assertFalse(form.crm_record_done)
        form.crm_channel = "visit"
        form.crm_record_done = False
        self.assertFalse(form.save().crm_record_done)
        self.assertTrue(self.type_call.crm_record_done)
        self.assertFalse(self.type_email.crm_record_done)
        sms = self.env.ref("crm_activity_ext.mail_activity_type_sms")
        is_delivered = "sms" in self.Activity._get_delivered_channels()
        self.assertEqual(sms.crm_record_done, not is_delivered)

    def test_without_crm_a_reminder_is_done_as_ever(self):
        todo = self._plan()
        with patch.object(CrmActivityGateMixin, "_is_crm_installed", lambda self: False):
            self.assertTrue(todo.with_user(self.accountant).action_feedback(feedback="Done"))
        self.assertFalse(todo.active)
        self.assertFalse(self._get_recorded())

    def test_who_has_no_rights_in_sales_has_it_recorded_and_reads_nothing(self):
        todo = self._plan(user_id=self.accountant.id)
        todo.with_user(self.accountant).action_feedback(feedback="Paid")
        activity = self._get_recorded()
        self.assertEqual(activity.user_id, self.accountant)
        self.assertEqual(activity.create_uid, self.accountant)
        with self.assertRaises(AccessError):
            activity.with_user(self.accountant).read(["name"])
        self.assertFalse(activity.with_user(self.salesman).has_access("read"))
        self.assertTrue(activity.with_user(self.salesman_all).has_access("read"))

    def test_a_colleague_who_marks_it_done_leaves_it_with_who_was_to_do_it(self):
        self._plan().with_user(self.accountant).action_feedback()
        self.assertEqual(self._get_recorded().user_id, self.salesman)

    def test_who_is_no_colleague_any_more_does_not_become_responsible(self):
        todo = self._plan()
        self.salesman.active = False
        todo.with_user(self.accountant).action_feedback()
        self.assertEqual(self._get_recorded().user_id, self.accountant)
        portal = new_test_user(self.env, "portal.pia", "base.group_portal")
        self._plan(user_id=False).with_user(portal).sudo().action_feedback()
        self.assertEqual(
            self._get_recorded([("user_id", "!=", self.accountant.id)]).user_id,
            self.env.ref("base.user_root"),
        )

    def test_what_an_automation_marks_done_was_done_by_whom_it_was_given_to(self):
        """A server action, as automation rules and scheduled actions run them: by the system."""
        automation = self.env["ir.actions.server"].create(
            {
                "name": "The offer was read",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "records.activity_feedback(['mail.mail_activity_data_call'], feedback='x')",
            }
        )
        root = self.env.ref("base.user_root")
        for user, given_to, responsible in (
            (root, self.salesman, self.salesman),
            (self.accountant, self.salesman, self.salesman),
            (root, self.env["res.users"], root),
        ):
            with self.subTest(by=user.name, given_to=given_to.name):
                self._plan(user_id=given_to.id, automated=True)
                context = {"active_model": "res.partner", "active_ids": self.contact.ids}
                automation.with_user(user).sudo().with_context(**context).run()
                activity = self._get_recorded()
                self.assertRecordValues(
                    activity,
                    [{"user_id": responsible.id, "contact_id": self.contact.id, "state": "done"}],
                )
                self.assertIn("x", activity.body)
                activity.sudo().unlink()

    def test_it_belongs_to_the_company_of_the_customer_wherever_who_did_it_works(self):
        self.customer.company_id = self.company_b
        self.contact.company_id = self.company_b
        self._plan().with_user(self.salesman).sudo().action_feedback()
        activity = self._get_recorded()
        self.assertEqual(activity.company_id, self.company_b)
        self.assertFalse(activity.with_user(self.salesman).has_access("read"))

    def test_nobodys_defaults_join_in(self):
        self.env["ir.default"].set("crm.activity", "campaign_id", self.campaign.id)
        self.env["ir.default"].set("crm.activity", "contact_id", self.other_contact.id)
        todo = self._plan(self.customer)
        todo.with_context(default_state="draft", default_duration=9).action_feedback()
        activity = self._get_recorded()
        self.assertFalse(activity.campaign_id or activity.contact_id or activity.duration)
        self.assertEqual(activity.state, "done")

    def test_its_files_are_copied_and_nobody_gets_one_by_naming_its_id(self):
        todo = self._plan(user_id=self.accountant.id)
        File = self.env["ir.attachment"]
        of_todo = File.create(
            {"name": "plan.txt", "raw": b"1", "res_model": "mail.activity", "res_id": todo.id}
        )
        uploaded = File.with_user(self.accountant).create({"name": "photo.txt", "raw": b"2"})
        secret = File.create(
            {
                "name": "secret.txt",
                "raw": b"3",
                "res_model": "crm.activity",
                "res_id": self._create_activity().id,
            }
        )
        with self.assertRaises(AccessError), self.cr.savepoint():
            todo.with_user(self.accountant).action_feedback(attachment_ids=[secret.id])
        todo.with_user(self.accountant).action_feedback(attachment_ids=[uploaded.id])
        activity = self._get_recorded()
        files = activity.attachment_ids
        self.assertEqual(set(files.mapped("raw")), {b"1", b"2"})
        self.assertFalse(files & (of_todo | uploaded))
        self.assertEqual(set(files.mapped("res_model")), {"crm.activity"})
        self.assertEqual(set(files.mapped("res_id")), {activity.id})

    def test_a_picture_however_large_does_not_hold_it_up(self):
        path = "odoo.addons.crm_activity_ext.models.crm_activity_attachment_mixin.MAX_PICTURE_MB"
        todo = self._plan(note=f'<p>See <img src="data:image/png;base64,{PICTURE}"></p>')
        with patch(path, 0):
            todo.action_feedback()
        self.assertIn("/web/image/", self._get_recorded().body)

    def test_it_is_done_though_it_cannot_be_recorded(self):
        def fail(*_args):
            self.env.cr.execute("SELECT 1 / 0")

        for name in ("_prepare_from_todos", "_record_todos"):
            todo = self._plan()
            with (
                self.subTest(name),
                patch.object(CrmActivityTodoMixin, name, fail),
                mute_logger("odoo.sql_db"),
                self.assertLogs("odoo.addons.crm_activity_ext.tools.apart", "ERROR"),
            ):
                self.assertTrue(todo.with_user(self.salesman).action_feedback(feedback="Done"))
            self.assertFalse(todo.active)
            self.assertFalse(self._get_recorded())

    def test_a_hundred_done_at_once_take_a_handful_of_queries_and_tell_nobody(self):
        partners = self.env["res.partner"].create([{"name": f"P {i}"} for i in range(201)])
        plain, recorded = (
            self.env["mail.activity"].union(*(self._plan(partner) for partner in half))
            for half in (partners[:101], partners[101:])
        )

        def count_queries(todos):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            todos.with_user(self.accountant).action_feedback(feedback="All of them")
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count_queries(plain[:1])  # what is asked once and remembered
        plain -= plain[:1]
        with patch.object(CrmActivityGateMixin, "_is_crm_installed", lambda self: False):
            alone = count_queries(plain)
        self._get_recorded().sudo().unlink()
        notifications = self.env["mail.notification"].search_count([])
        self.assertLessEqual(count_queries(recorded), alone + 7)
        activities = self._get_recorded()
        self.assertEqual(activities.partner_id, partners[101:])
        self.assertEqual(self.env["mail.notification"].search_count([]), notifications)
        self.assertFalse(activities.message_follower_ids)
        self.assertFalse(activities.message_ids)


@tagged("post_install", "-at_install")
class TestOrigin(CrmActivityCase):
    """Where an activity came from is for the system to say: see test_system_fields as well."""

    def test_what_is_typed_is_manual_and_so_is_a_replica(self):
        activity = self._create_activity()
        self.assertEqual(activity.origin, "manual")
        activity.sudo().origin = "todo"
        self.assertEqual(activity.copy().origin, "manual")
        form = Form(self.Activity.with_user(self.salesman))
        form.name = "Typed"
        form.activity_type_id = self.type_visit
        self.assertEqual(form.save().origin, "manual")

    def test_nobody_says_otherwise_by_a_default(self):
        activity = (
            self.Activity.with_user(self.salesman)
            .with_context(default_origin="todo", default_res_model="res.users", default_res_id=1)
            .create({"name": "Mine", "activity_type_id": self.type_visit.id})
        )
        self.assertEqual(activity.origin, "manual")
        self.assertFalse(activity.res_model or activity.res_id)

    def test_what_a_distribution_made_says_so_and_still_does_without_it(self):
        dialog = self.env["crm.activity.distribute"].create(
            {
                "activity_type_id": self.type_visit.id,
                "name": "Visit them",
                "target_model": "res.partner",
                "target_ids": [self.customer.id, self.other_customer.id],
            }
        )
        dialog.action_distribute()
        activities = self.Activity.search([("name", "=", "Visit them")])
        self.assertEqual(activities.mapped("origin"), ["distribution"] * 2)
        activities.distribution_id.sudo().unlink()
        self.env.invalidate_all()
        self.assertEqual(activities.mapped("origin"), ["distribution"] * 2)

    def test_what_was_imported_says_so_and_what_an_import_changes_stays(self):
        typed = self._create_activity()
        importer = self.Activity.with_user(self.salesman_all).with_context(import_file=True)
        result = importer.load(["name", "activity_type_id"], [["Imported", "Visit"]])
        self.assertFalse(result["messages"])
        self.assertEqual(self.Activity.browse(result["ids"]).origin, "import")
        typed.with_context(import_file=True).name = "Changed"
        self.assertEqual(typed.origin, "manual")

    def test_activities_are_grouped_by_origin(self):
        self._create_activity()
        groups = self.Activity.formatted_read_group(
            [("partner_id", "=", self.customer.id)], ["origin"], ["__count"]
        )
        self.assertEqual([(g["origin"], g["__count"]) for g in groups], [("manual", 1)])
