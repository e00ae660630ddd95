# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.crm_activity_ext.models import crm_activity_input_mixin

from .common import CrmActivityCase, Json2Mixin

WRONG = (
    ("state", "bought", "“bought” cannot be the value of “Status” \\(state\\)"),
    ("state", ["done"], "cannot be the value of “Status”"),
    ("state", {}, "cannot be the value of “Status”"),
    ("date", "next week", "“next week” cannot be the value of “Date and Time” \\(date\\)"),
    ("date", 20260301, "“20260301” cannot be the value of “Date and Time”"),
    ("date", {}, "cannot be the value of “Date and Time”"),
    ("date", ["2026-03-01"], "cannot be the value of “Date and Time”"),
    ("date_done", "2026-13-01 10:00:00", "“2026-13-01 10:00:00” cannot be"),
    ("duration", "long", "“long” cannot be the value of “Duration”"),
    ("duration", [1], "cannot be the value of “Duration”"),
    ("duration", {"hours": 1}, "cannot be the value of “Duration”"),
    ("duration", "nan", "“nan” cannot be the value of “Duration”"),
    ("activity_type_id", "call", "“call” cannot be the value of “Type”"),
    ("activity_type_id", [1], "cannot be the value of “Type”"),
    ("partner_id", {"name": "A"}, "cannot be the value of “Customer”"),
    ("user_id", [], "cannot be the value of “Responsible”"),
    ("no_such_field", "x", "There is no field “no_such_field”"),
)
# The largest number that an ID can have.
MISSING = 2**31 - 1


@tagged("post_install", "-at_install")
class TestInput(Json2Mixin, CrmActivityCase, HttpCase):
    """What programs write wrongly is refused in words, and is no error of the server."""

    def test_values_that_cannot_be_are_refused_in_words(self):
        activity = self._create_activity()
        for name, value, words in WRONG:
            with self.subTest(name, value=value):
                with self.assertRaisesRegex(UserError, words):
                    self._create_activity(**{name: value})
                with self.assertRaisesRegex(UserError, words):
                    activity.write({name: value})

    def test_values_are_written_as_any_program_writes_them(self):
        for date in ("2026-06-15 08:30:00", "2026-06-15 08:30", datetime(2026, 6, 15, 8, 30)):
            activity = self._create_activity(date=date, duration="1.5", state="done")
            self.assertEqual(activity.date, datetime(2026, 6, 15, 8, 30))
            self.assertEqual(activity.duration, 1.5)

    def test_searches_that_make_no_sense_are_refused_in_words(self):
        for model in ("crm.activity", "crm.activity.history"):
            Model = self.env[model].with_user(self.salesman)
            for options in (
                {"domain": [("date", ">", "next week")]},
                {"domain": [("no_such_field", "=", 1)]},
                {"domain": [], "order": "no_such_field"},
            ):
                with self.subTest(model, **options):
                    with self.assertRaisesRegex(UserError, "cannot be searched for"):
                        Model.search(**options)
                    with self.assertRaisesRegex(UserError, "cannot be searched for"):
                        Model.search_read(**options)
            with self.assertRaisesRegex(UserError, "cannot be searched for"):
                Model.search_count([("date", ">", "next week")])

    def test_fields_that_do_not_exist_are_refused_in_words(self):
        self._create_activity(user_id=self.salesman.id)
        for model in ("crm.activity", "crm.activity.history"):
            Model = self.env[model].with_user(self.salesman)
            for records in (Model, Model.search([], limit=1)):
                with self.subTest(records), self.assertRaisesRegex(UserError, "no_such_field"):
                    records.read(["no_such_field"])
            for method, options in (
                ("search_read", {"fields": ["no_such_field"]}),
                ("formatted_read_group", {"groupby": ["no_such_field"]}),
                ("formatted_read_group", {"aggregates": ["no_such_field:sum"]}),
                ("formatted_read_group", {"groupby": ["date:fortnight"]}),
                ("web_read_group", {"groupby": ["no_such_field"], "aggregates": ["__count"]}),
            ):
                with self.subTest(model, method=method, **options):
                    with self.assertRaisesRegex(UserError, "no_such_field|fortnight"):
                        getattr(Model, method)([], **options)

    def test_what_is_refused_is_logged_with_where_it_came_from(self):
        with patch.object(crm_activity_input_mixin._logger, "info") as log:
            with self.assertRaisesRegex(UserError, "cannot be searched for"):
                self.Activity.with_user(self.salesman).search([("date", ">", "next week")])
        log.assert_called_with("A search was refused", exc_info=True)

    def test_over_json_2_the_answer_is_422_with_the_words(self):
        values = {"name": "A", "activity_type_id": self.type_visit.id}
        for method, body, words in (
            ("create", {"vals_list": [{**values, "date": "next week"}]}, "Date and Time"),
            ("create", {"vals_list": [{**values, "state": "bought"}]}, "Status"),
            ("create", {"vals_list": [{**values, "date": 20260301}]}, "Date and Time"),
            ("create", {"vals_list": [{**values, "date": {}}]}, "Date and Time"),
            ("create", {"vals_list": [{**values, "duration": [1]}]}, "Duration"),
            ("search", {"domain": [["date", ">", "next week"]]}, "next week"),
            ("search_read", {"domain": [], "fields": ["no_such_field"]}, "no_such_field"),
        ):
            status, answer = self._post("crm.activity", method, body)
            self.assertEqual(status, 422)
            self.assertIn(words, answer["message"])

    def test_records_that_are_not_there_are_refused_in_words(self):
        mine = self._create_activity(
            activity_type_id=self.type_call.id, user_id=self.salesman.id, name="Mine"
        )
        values = {"name": "A", "activity_type_id": self.type_visit.id}
        then = {"next_type_id": self.type_call.id, "next_date": "2050-01-03 10:00:00"}
        done = {"activity_ids": mine.ids, **then}
        calls = [
            ("crm.activity", "create", {"vals_list": [{**values, name: MISSING}]})
            for name in ("activity_type_id", "campaign_id", "contact_id", "outcome_id", "user_id")
        ]
        for name in ("next_type_id", "next_user_id", "outcome_id"):
            body = {"ids": mine.ids, "values": {**then, name: MISSING}, "activity_ids": []}
            calls.append(("crm.activity", "work_done", body))
            wizard = {"vals_list": [{**done, name: MISSING}]}
            calls.append(("crm.activity.done", "create", wizard))
        calls += [
            ("crm.activity", "write", {"ids": mine.ids, "vals": {"partner_id": MISSING}}),
            ("crm.activity", "write", {"ids": mine.ids, "vals": {"campaign_id": MISSING}}),
            ("crm.activity", "work_done", {"ids": [MISSING], "values": {}, "activity_ids": []}),
            ("crm.activity", "action_mark_done", {"ids": [MISSING]}),
            (
                "crm.activity.reassign",
                "create",
                {"vals_list": [{"activity_ids": mine.ids, "user_id": MISSING}]},
            ),
        ]
        for model, method, body in calls:
            with self.subTest(model, method=method, **body):
                status, answer = self._post(model, method, body)
                # Odoo says 404 of a record that it looks for itself.
                self.assertIn(status, (404, 422), answer)
                self.assertRegex(answer["message"], "there is no record|does not exist")
        self.env.invalidate_all()
        self.assertEqual((mine.state, mine.partner_id), ("pending", self.customer))

    def test_what_does_not_fit_is_refused_in_words(self):
        mine = self._create_activity(
            activity_type_id=self.type_call.id, user_id=self.salesman.id, name="Mine"
        )
        then = {"next_type_id": self.type_call.id, "next_date": "2050-01-03 10:00:00"}
        gone = new_test_user(self.env, "gone.user", "base.group_user", name="Gone User")
        gone.active = False
        portal = new_test_user(self.env, "portal.user", "base.group_portal", name="Portal User")
        for name, record, words in (
            ("outcome_id", self.env.ref("crm_activity_ext.crm_activity_outcome_held"), "Held"),
            ("next_type_id", self.env.ref("mail.mail_activity_data_todo"), "To-Do"),
            ("next_user_id", gone, "Gone User cannot be responsible"),
            ("next_user_id", portal, "Portal User cannot be responsible"),
        ):
            with self.subTest(name, record=record):
                body = {"values": {**then, name: record.id}, "activity_ids": []}
                status, answer = self._post("crm.activity", "work_done", {"ids": mine.ids, **body})
                self.assertEqual(status, 422, answer)
                self.assertIn(words, answer["message"])
        self.env.invalidate_all()
        self.assertEqual(mine.state, "pending")

    def test_an_outcome_that_was_archived_meanwhile_is_taken(self):
        """Nothing is lost that somebody had on the screen."""
        mine = self._create_activity(activity_type_id=self.type_call.id, user_id=self.salesman.id)
        outcome = self.env.ref("crm_activity_ext.crm_activity_outcome_left_message")
        outcome.active = False
        body = {"ids": mine.ids, "values": {"outcome_id": outcome.id}, "activity_ids": []}
        self.assertEqual(self._post("crm.activity", "work_done", body)[0], 200)
        self.assertEqual(mine.outcome_id, outcome)
