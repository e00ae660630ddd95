# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models

from odoo.addons.crm_activity_ext.tools.apart import apart


class GamificationGoal(models.Model):
    _inherit = "gamification.goal"

    @api.model
    def get_crm_activity_goals(self):
        """Tell how far the user has come with the goals that count activities, up to now.

        :return: list of dicts, by name: ``id``, ``name``, ``suffix`` (or False), ``current`` and
            ``target`` (numbers), ``completeness`` (percent) and ``is_reached``
        """
        model = self.env["ir.model"]._get("crm.activity")
        goals = self.search(
            [
                ("user_id", "=", self.env.uid),
                ("closed", "=", False),
                ("state", "!=", "draft"),
                ("definition_id.model_id", "=", model.id),
            ]
        )
        # Odoo counts once a day, as superuser as well. A goal that cannot be counted any more
        # closes nobody's day.
        with apart(self.env.cr, "The goals of CRM activities could not be counted."):
            # sudo: to count it reads what models there are, which users may not.
            goals.sudo().update_goal()
        return [
            {
                "id": goal.id,
                "name": goal.definition_id.name,
                "suffix": goal.definition_suffix,
                "current": goal.current,
                "target": goal.target_goal,
                "completeness": min(goal.completeness, 100),
                "is_reached": goal.state == "reached",
            }
            for goal in goals.sorted(lambda goal: goal.definition_id.name)
        ]
