# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestGoals(CrmActivityCase, HttpCase):
    """Odoo's goals count activities."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.challenge = cls.env.ref("crm_activity_ext_gamification.challenge_calls_and_visits")
        cls._log(cls.type_visit, 2)
        cls._log(cls.type_call, 3)
        cls._create_activity(user_id=cls.salesman.id)
        cls._log(cls.type_call, 1, user=cls.manager)
        cls._log(cls.type_visit, 1, date=fields.Datetime.subtract(fields.Datetime.now(), days=20))

    @classmethod
    def _log(cls, activity_type, times, user=None, **values):
        for _time in range(times):
            cls._create_activity(
                activity_type_id=activity_type.id,
                state="done",
                user_id=(user or cls.salesman).id,
                **values,
            )

    def _read_goals(self, user):
        goals = self.env["gamification.goal"].with_user(user).search([("user_id", "=", user.id)])
        return {goal.definition_id.name: (goal.current, goal.target_goal) for goal in goals}

    def test_the_challenge_waits_for_an_administrator(self):
        self.assertEqual(self.challenge.state, "draft")
        self.assertEqual(self._read_goals(self.salesman), {})

    def test_the_form_starts_the_challenge_as_it_is(self):
        Form(self.challenge).save()
        self.assertFalse(self.challenge.reward_id)

    def test_a_salesperson_sees_how_many_calls_and_visits_of_the_week_are_done(self):
        self.challenge.action_start()
        self.assertEqual(self._read_goals(self.salesman), {"Visits": (2, 10), "Calls": (3, 30)})
        self.assertEqual(self._read_goals(self.manager), {"Visits": (0, 10), "Calls": (1, 30)})

    def test_what_is_done_later_counts_at_the_next_update(self):
        self.challenge.action_start()
        self._log(self.type_visit, 8)
        goal = self.env["gamification.goal"].search(
            [("user_id", "=", self.salesman.id), ("definition_id.name", "=", "Visits")]
        )
        self.assertEqual(goal.current, 2)
        goal.update_goal()
        self.assertEqual(goal.current, 10)
        self.assertEqual(goal.state, "reached")

    def test_what_was_taken_back_counts_no_more(self):
        self.challenge.action_start()
        goal = self.env["gamification.goal"].search(
            [("user_id", "=", self.salesman.id), ("definition_id.name", "=", "Calls")]
        )
        self.Activity.search([("user_id", "=", self.salesman.id)]).state = "cancelled"
        goal.update_goal()
        self.assertEqual(goal.current, 0)

    def test_only_salespeople_take_part(self):
        self.challenge.action_start()
        groups = self.challenge.user_ids.mapped(
            lambda user: user.has_group("sales_team.group_sale_salesman")
        )
        self.assertTrue(self.challenge.user_ids)
        self.assertTrue(all(groups))

    def test_my_day_shows_ones_own_goals_up_to_now(self):
        Goal = self.env["gamification.goal"]
        self.assertEqual(Goal.with_user(self.salesman).get_crm_activity_goals(), [])
        self.challenge.action_start()
        self._log(self.type_visit, 8)
        self.env.flush_all()
        self.env.invalidate_all()  # what others have read is not the user's to read
        goals = Goal.with_user(self.salesman).get_crm_activity_goals()
        self.assertEqual(
            [(g["name"], g["current"], g["target"], g["completeness"]) for g in goals],
            [("Calls", 3, 30, 10), ("Visits", 10, 10, 100)],
        )
        self.assertEqual([goal["is_reached"] for goal in goals], [False, True])
        self.assertEqual(
            [goal["current"] for goal in Goal.with_user(self.manager).get_crm_activity_goals()],
            [1, 0],
        )

    def test_ones_own_goals_are_not_above_the_day_of_the_team(self):
        shown = {}
        for name in ("my_day", "team_day"):
            action = self.env.ref(f"crm_activity_ext.crm_activity_action_{name}")
            views = [view for view, kind in action.views if kind in ("list", "kanban")]
            archs = [self.Activity.get_view(view)["arch"] for view in views]
            shown[name] = ["crm_activity_day_" in arch for arch in archs]
        self.assertEqual(shown, {"my_day": [True, True], "team_day": [False, False]})

    def test_what_is_done_counts_at_once_on_my_day(self):
        self.challenge.action_start()
        self.salesman.crm_done_without_asking = True
        self._create_activity(
            name="Show the samples",
            activity_type_id=self.type_visit.id,
            user_id=self.salesman.id,
            date=fields.Datetime.now(),
        )
        self.start_tour(
            "/odoo/crm-my-day", "crm_activity_goals_on_my_day", login=self.salesman.login
        )

    @mute_logger("odoo.addons.crm_activity_ext.tools.apart")
    def test_a_goal_that_cannot_be_counted_closes_nobodys_day(self):
        self.challenge.action_start()
        definition = self.env.ref("crm_activity_ext_gamification.goal_definition_calls")
        # As where the field has gone with its addon.
        self.env.cr.execute(
            "UPDATE gamification_goal_definition SET domain = %s WHERE id = %s",
            ["[('no_such_field', '=', 1)]", definition.id],
        )
        definition.invalidate_recordset()
        goals = self.env["gamification.goal"].with_user(self.salesman).get_crm_activity_goals()
        self.assertEqual([goal["name"] for goal in goals], ["Calls", "Visits"])
