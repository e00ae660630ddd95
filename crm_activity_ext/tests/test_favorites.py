# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestFavorites(CrmActivityCase):
    """What the analysis offers everybody to begin with."""

    def _read_favorites(self, user):
        action = self.env.ref("crm_activity_ext.crm_activity_action_analysis")
        Filters = self.env["ir.filters"].with_user(user)
        return {one["name"]: one for one in Filters.get_filters("crm.activity", action.id)}

    def _measure(self, favorite):
        """:return: ``{(row, column): count}`` of the pivot that the favorite opens"""
        context = safe_eval(favorite["context"])
        groupby = [context["pivot_row_groupby"][0], context["pivot_column_groupby"][0]]
        groups = self.Activity.with_user(self.manager)._read_group(
            safe_eval(favorite["domain"]), groupby, ["__count"]
        )
        return {(row, column): count for row, column, count in groups}

    def test_everybody_has_them_in_the_analysis(self):
        for user in (self.salesman, self.manager):
            self.assertLessEqual(
                {name for name, _translated in self._get_names().values()},
                set(self._read_favorites(user)),
            )

    def _get_names(self):
        return self.env["ir.filters"]._get_crm_activity_names()

    def test_ours_are_named_in_the_language_of_who_looks_and_no_others(self):
        action = self.env.ref("crm_activity_ext.crm_activity_action_analysis")
        Filters = self.env["ir.filters"]
        own = {"name": "Done by Person, Type and Week", "user_ids": self.manager.ids}
        Filters.create({**own, "model_id": "crm.activity", "action_id": action.id})
        names = {id_: (name, f"¡{name}!") for id_, (name, _name) in self._get_names().items()}
        self.env.ref("crm_activity_ext.ir_filters_outcomes_by_campaign").name = "What came of it"
        with patch.object(type(Filters), "_get_crm_activity_names", lambda self: names):
            self.assertLessEqual(
                {
                    "Done by Person, Type and Week",
                    "¡Done by Person, Type and Week!",
                    "What came of it",
                },
                set(self._read_favorites(self.manager)),
            )

    def test_a_favorite_that_was_deleted_is_not_missed(self):
        self.env.ref("crm_activity_ext.ir_filters_outcomes_by_campaign").unlink()
        self.assertNotIn("Outcomes by Campaign", self._read_favorites(self.manager))

    def test_what_was_done_is_counted_by_person_and_type(self):
        mine = {"user_id": self.salesman.id, "activity_type_id": self.type_call.id}
        before = self._measure(self._read_favorites(self.manager)["Done by Person, Type and Week"])
        self._create_activity(state="done", **mine)
        self._create_activity(state="done", **mine)
        self._create_activity(**mine)
        after = self._measure(self._read_favorites(self.manager)["Done by Person, Type and Week"])
        group = (self.salesman, self.type_call)
        self.assertEqual(after[group] - before.get(group, 0), 2)

    def test_outcomes_are_counted_by_campaign(self):
        outcome = self.env.ref("crm_activity_ext.crm_activity_outcome_interested")
        self._create_activity(state="done", campaign_id=self.campaign.id, outcome_id=outcome.id)
        self._create_activity(state="done", campaign_id=self.campaign.id)
        measured = self._measure(self._read_favorites(self.manager)["Outcomes by Campaign"])
        self.assertEqual(
            {group: count for group, count in measured.items() if group[0] == self.campaign},
            {(self.campaign, outcome): 1},
        )
