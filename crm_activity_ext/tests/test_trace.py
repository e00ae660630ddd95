# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was done is not rewritten without a trace."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestTrace(CrmActivityCase):
    # What is written, and what the chatter calls it.
    CHANGES = {
        "name": ("Talked about prices", "Subject"),
        "activity_type_id": ("type_call", "Type"),
        "date": ("2025-02-03 10:00:00", "Date and Time"),
        "partner_id": ("other_customer", "Customer"),
        "contact_id": ("contact_2", "Contact"),
        "campaign_id": ("campaign", "Campaign"),
        "duration": (2.5, "Duration"),
        "user_id": ("manager", "Responsible"),
    }

    def _create(self, **values):
        """:return: an activity as an earlier request has left it"""
        activity = self._create_activity(**values)
        self._end_request()
        return activity

    def _end_request(self):
        self.env.flush_all()
        self.cr.flush()

    def _get_value(self, name):
        value = self.CHANGES[name][0]
        return getattr(self, value).id if name.endswith("_id") else value

    def _get_tracked(self, activity):
        """:return: set of the labels of what the chatter says was changed"""
        self._end_request()
        values = activity.message_ids.sudo().tracking_value_ids
        return set(values.field_id.mapped("field_description"))

    def test_what_is_changed_on_what_was_done_is_in_the_chatter(self):
        for name, (_value, label) in self.CHANGES.items():
            with self.subTest(name):
                activity = self._create(state="done")
                activity.write({name: self._get_value(name)})
                self.assertIn(label, self._get_tracked(activity))

    def test_what_was_done_and_is_open_again_is_still_tracked(self):
        activity = self._create(state="done")
        activity.write({"state": "pending"})
        activity.write({"name": "Something else"})
        self.assertEqual(self._get_tracked(activity), {"Status", "Subject"})

    def test_plans_change_without_a_word(self):
        names = self.CHANGES.keys() - {"date", "user_id"}
        for state in ("draft", "pending"):
            with self.subTest(state):
                activity = self._create(state=state)
                activity.write({name: self._get_value(name) for name in names - {"partner_id"}})
                activity.write({"body": "<p>Another text</p>"})
                self.assertFalse(self._get_tracked(activity))
                self.assertFalse(activity.html_field_history)

    def test_becoming_done_with_other_changes_tells_of_the_status_alone(self):
        activity = self._create()
        activity.write({"name": "We talked", "body": "<p>It went well</p>", "state": "done"})
        self.assertEqual(self._get_tracked(activity), {"Status"})
        self.assertFalse(activity.html_field_history)

    def test_a_merge_of_customers_is_no_rewriting(self):
        activity = self._create(state="done", contact_id=self.contact.id)
        self.contact.parent_id = False
        person = self._create(state="done", partner_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        self.assertEqual(person.partner_id, self.other_customer)
        self.assertFalse(self._get_tracked(activity | person))

    def test_the_text_keeps_its_former_versions(self):
        activity = self._create(state="done", body="<p>They want ten</p>", user_id=self.salesman.id)
        mine = activity.with_user(self.salesman)
        mine.body = "<p>They want twenty</p>"
        mine.body = "<p>They want nothing</p>"
        versions = mine.html_field_history_metadata["body"]
        self.assertEqual([version["create_uid"] for version in versions], [self.salesman.id] * 2)
        contents = [
            mine.html_field_history_get_content_at_revision("body", version["revision_id"])
            for version in versions
        ]
        self.assertEqual(contents, ["<p>They want twenty</p>", "<p>They want ten</p>"])

    def test_former_versions_are_for_who_reads_the_activity_and_nobody_writes_them(self):
        activity = self._create(state="done", body="<p>One</p>", user_id=self.manager.id)
        activity.body = "<p>Two</p>"
        own = activity.with_user(self.salesman)
        with self.assertRaises(AccessError):
            own.html_field_history_get_content_at_revision("body", 1)
        with self.assertRaises(AccessError):
            own.read(["html_field_history"])
        with self.assertRaises(AccessError):
            activity.with_user(self.manager).write({"html_field_history": False})

    def test_a_replica_has_no_former_versions(self):
        activity = self._create(state="done", body="<p>One</p>")
        activity.body = "<p>Two</p>"
        self.assertFalse(activity.copy().html_field_history)

    def _create_many(self, number, **values):
        values = {"name": "Call", "activity_type_id": self.type_call.id, **values}
        activities = self.Activity.create([values] * number)
        self._end_request()
        return activities

    def test_what_becomes_of_many_is_noted_without_a_query_each(self):
        def count(number):
            activities = self._create_many(number, partner_id=self.customer.id)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            activities.action_done()
            self._end_request()
            return self.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(60), count(20))

    def test_each_of_many_tells_of_itself(self):
        waiting = self._create_many(3, user_id=self.salesman_all.id)
        failed = self._create_many(2, state="failed", user_id=self.salesman_all.id)
        activities = (waiting | failed).with_user(self.salesman_all)
        activities[1].user_id = self.manager
        activities.write({"state": "done"})
        self._end_request()
        for activity in activities:
            notes = activity.sudo().message_ids.filtered("tracking_value_ids")
            self.assertEqual(len(notes), 1)
            self.assertEqual(notes.author_id, self.salesman_all.partner_id)
            self.assertEqual((notes.subtype_id, notes.is_internal), (self._get_note(), True))
            told = {
                change.field_id.name: (change.old_value_char, change.new_value_char)
                for change in notes.tracking_value_ids
            }
            expected = {"state": ("Failed" if activity in failed else "Pending", "Done")}
            if activity == activities[1]:
                expected["user_id"] = (self.salesman_all.name, self.manager.name)
            self.assertEqual(told, expected)

    def test_a_note_on_a_change_stays_with_its_activity(self):
        first, second = self._create_many(2)
        first._track_set_log_message("As agreed")
        (first | second).write({"state": "done"})
        self._end_request()
        bodies = [activity.message_ids.mapped("preview") for activity in (first, second)]
        self.assertEqual(bodies, [["As agreed"], [""]])

    def _get_note(self):
        return self.env.ref("mail.mt_note")

    def test_many_texts_are_kept_without_a_query_each(self):
        def count(number):
            activities = self._create_many(
                number, partner_id=self.customer.id, body="<p>One</p>", state="done"
            )
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            activities.write({"body": "<p>Two</p>"})
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(1)
        self.assertLess(count(60) - count(20), 4)
