# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.models import crm_activity_input_mixin

from .common import CrmActivityCase

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


@tagged("post_install", "-at_install")
class TestInput(CrmActivityCase, HttpCase):
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
        keys = self.env["res.users.apikeys"].with_user(self.salesman)
        key = keys._generate("rpc", "Input", datetime.now() + timedelta(days=1))
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
            with mute_logger("odoo.http"):
                response = self.url_open(
                    f"/json/2/crm.activity/{method}",
                    data=json.dumps(body).encode(),
                    headers={
                        "Content-Type": "application/json",
                        "Authorization": f"Bearer {key}",
                        "X-Odoo-Database": self.env.cr.dbname,
                    },
                )
            self.assertEqual(response.status_code, 422)
            self.assertIn(words, response.json()["message"])
