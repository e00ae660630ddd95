# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestBell(CrmActivityCase):
    last_told = 0

    def _group(self, user, tz="UTC"):
        groups = self.env["res.users"].with_user(user).with_context(tz=tz)._get_activity_groups()
        return next((g for g in groups if g["model"] == "crm.activity"), None)

    def test_my_pending_activities_are_in_the_activity_menu(self):
        now = fields.Datetime.now()
        for days, state, user in (
            (-3, "pending", self.salesman),
            (-1, "pending", self.salesman),
            (0, "pending", self.salesman),
            (2, "pending", self.salesman),
            (-2, "done", self.salesman),
            (0, "cancelled", self.salesman),
            (0, "pending", self.salesman_all),
        ):
            self._create_activity(date=now + timedelta(days=days), state=state, user_id=user.id)
        group = self._group(self.salesman)
        self.assertEqual(
            {key: value for key, value in group.items() if key.endswith("_count")},
            {"overdue_count": 2, "today_count": 1, "planned_count": 1, "total_count": 3},
        )

    def test_the_menu_opens_the_list_with_the_number_it_shows(self):
        midnight = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        for hours in (-30, -2, -1, 1, 9, 11, 23, 25, 37, 60):
            self._create_activity(date=midnight + timedelta(hours=hours), user_id=self.salesman.id)
        arch = self.Activity.get_view(view_type="search")["arch"]
        for filter_name in (
            "filter_activities_my",
            "activities_overdue",
            "activities_today",
            "activities_upcoming_all",
        ):
            self.assertIn(f'name="{filter_name}"', arch)
        pending = [("user_id", "=", self.salesman.id), ("state", "=", "pending")]
        when = {
            "overdue_count": [("date", "<", "today")],
            "today_count": [("date", ">=", "today"), ("date", "<", "today +1d")],
            "planned_count": [("date", ">=", "today +1d")],
        }
        for tz in ("UTC", "Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles"):
            group = self._group(self.salesman, tz)
            for count, domain in when.items():
                with self.subTest(tz=tz, count=count):
                    self.assertEqual(
                        group[count],
                        self.Activity.with_context(tz=tz).search_count(pending + domain),
                    )

    def test_nothing_pending_shows_nothing(self):
        self._create_activity(user_id=self.salesman.id, state="done")
        self.assertIsNone(self._group(self.salesman))

    def test_the_number_on_the_bell_moves_at_once(self):
        past, future = (fields.Datetime.now() + timedelta(days=d) for d in (-1, 5))
        moves = []

        def moved():
            self.env.flush_all()
            self.cr.precommit.run()
            messages = self.env["bus.bus"].sudo().search([("id", ">", moves[-1] if moves else 0)])
            moves.append(max(messages.ids, default=moves[-1] if moves else 0))
            return sum(
                payload["payload"]["count_diff"]
                for payload in map(self._parse_bus, messages)
                if payload["type"] == "mail.activity/updated"
            )

        moved()
        activity = self._create_activity(user_id=self.salesman.id, date=past)
        self.assertEqual(moved(), 1)
        activity.date = future
        self.assertEqual(moved(), -1)
        activity.date = past
        self.assertEqual(moved(), 1)
        activity.action_done()
        self.assertEqual(moved(), -1)

    def _get_moves(self):
        """:return: how the number has moved since this was asked last, as web clients are told"""
        self.env.flush_all()
        self.cr.precommit.run()
        Bus = self.env["bus.bus"].sudo()
        payloads = map(self._parse_bus, Bus.search([("id", ">", self.last_told)]))
        self.last_told = Bus.search([], order="id desc", limit=1).id
        return [
            payload["payload"]["count_diff"]
            for payload in payloads
            if payload["type"] == "mail.activity/updated"
        ]

    def test_an_import_that_marks_done_moves_the_number_once(self):
        past = fields.Datetime.now() - timedelta(days=1)
        activities = self.Activity.create(
            [
                {
                    "name": f"Call {number}",
                    "activity_type_id": self.type_call.id,
                    "partner_id": self.customer.id,
                    "user_id": self.salesman.id,
                    "date": past,
                }
                for number in range(200)
            ]
        )
        self._get_moves()
        importer = self.Activity.with_user(self.manager).with_context(import_file=True)
        result = importer.load([".id", "state"], [[str(id_), "done"] for id_ in activities.ids])
        self.assertFalse(result["messages"])
        self.assertEqual(self._get_moves(), [-200])

    def test_an_import_that_is_refused_moves_no_number(self):
        past = fields.Datetime.now() - timedelta(days=1)
        activity = self._create_activity(user_id=self.salesman.id, date=past)
        self._get_moves()
        importer = self.Activity.with_user(self.manager).with_context(import_file=True)
        rows = [[str(activity.id), "done"], [str(activity.id), "no such status"]]
        self.assertFalse(importer.load([".id", "state"], rows)["ids"])
        self.assertEqual(self._get_moves(), [])

    @staticmethod
    def _parse_bus(message):
        return json.loads(message.message)
