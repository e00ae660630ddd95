# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""My Day: what is to be done now, by the day of the user who looks."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged, users

from .common import CrmActivityCase

# At this moment it is Tuesday in Madrid and still Monday in New York.
NOW = "2050-03-07 23:30:00"


@tagged("post_install", "-at_install")
class TestDay(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.others = cls.Activity.search([])
        with freeze_time(NOW):
            cls.days = {
                name: cls._create_activity(name=name, date=date, user_id=cls.salesman.id)
                for name, date in {
                    "long ago": "2049-12-24 10:00:00",
                    "Monday": "2050-03-07 22:59:00",
                    "Tuesday": "2050-03-07 23:00:00",
                    "Wednesday": "2050-03-08 23:00:00",
                    "Thursday": "2050-03-09 23:00:00",
                    "next year": "2051-01-01 10:00:00",
                }.items()
            }
            cls.done = cls._create_activity(
                name="done", date="2050-03-01 10:00:00", state="done", user_id=cls.salesman.id
            )
        cls.mine = cls.Activity.union(*cls.days.values(), cls.done)

    def _get_groups(self, activities):
        rows = activities._read_group([("id", "in", self.mine.ids)], ["due"], ["__count"])
        return [(due, count) for due, count in rows]

    @freeze_time(NOW)
    @users("sam.own.documents")
    def test_groups_follow_the_day_of_the_user_in_their_order(self):
        self.assertEqual(
            self._get_groups(self.env["crm.activity"]),
            [("overdue", 2), ("today", 1), ("tomorrow", 1), ("later", 2), (False, 1)],
        )
        in_new_york = self.env["crm.activity"].with_context(tz="America/New_York")
        self.assertEqual(
            self._get_groups(in_new_york),
            [("overdue", 1), ("today", 2), ("tomorrow", 1), ("later", 2), (False, 1)],
        )

    @freeze_time(NOW)
    @users("sam.own.documents")
    def test_value_search_and_groups_are_of_one_mind(self):
        mine = self.mine.with_user(self.env.user)
        groups = mine.formatted_read_group([("id", "in", mine.ids)], ["due"], ["__count"])
        for group in groups:
            found = mine.search([("id", "in", mine.ids), *group["__extra_domain"]])
            self.assertEqual(len(found), group["__count"])
            self.assertEqual(set(found.mapped("due")), {group["due"]})
            self.assertEqual(found, mine.filtered_domain([("due", "=", group["due"])]))
        to_do = mine.search([("id", "in", mine.ids), ("due", "in", ["overdue", "today"])])
        self.assertEqual(set(to_do.mapped("name")), {"long ago", "Monday", "Tuesday"})
        closed = mine.search([("id", "in", mine.ids), ("due", "=", False)])
        self.assertEqual(closed.name, "done")
        self.assertNotIn(
            self.done, mine.search([("id", "in", mine.ids), ("due", "!=", False)])
        )

    @freeze_time(NOW)
    @users("sam.own.documents")
    def test_a_day_that_clocks_change_is_a_day(self):
        with freeze_time("2050-03-26 12:00:00"):  # the night after, Madrid changes its clocks
            limits = self.env["crm.activity"]._get_due_limits()
        self.assertEqual(
            [str(limit) for limit in limits],
            ["2050-03-25 23:00:00", "2050-03-26 23:00:00", "2050-03-27 22:00:00"],
        )

    def test_groups_take_one_query(self):
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.Activity._read_group([], ["due", "state"], ["__count"])

    def test_people_are_offered_to_group_by_it(self):
        self.assertTrue(self.Activity.fields_get(["due"])["due"]["groupable"])

    def test_salespeople_see_their_own_and_administrators_the_team(self):
        action = self.env.ref("crm_activity_ext.crm_activity_action_day")
        for user, name in ((self.salesman, "My Day"), (self.manager, "Team's Day")):
            result = action.with_user(user).run()
            self.assertEqual((result["name"], result["res_model"]), (name, "crm.activity"))
            is_mine = "search_default_filter_activities_my" in result["context"]
            self.assertEqual(is_mine, user == self.salesman)
            self.assertIn("Nothing to do today", result["help"])
            self.assertEqual(result["views"][0][1], "list")

    @users("sam.own.documents")
    def test_the_filters_of_my_day_find_what_its_groups_have(self):
        now = fields.Datetime.now()
        dates = {"yesterday": -1, "now": 0, "tomorrow": 1, "in a week": 7}
        mine = self.env["crm.activity"].create(
            [
                {
                    "name": name,
                    "activity_type_id": self.type_visit.id,
                    "date": now + timedelta(days=days),
                }
                for name, days in dates.items()
            ]
        )
        self.assertEqual(
            mine.mapped("due"), ["overdue", "today", "tomorrow", "later"]
        )
