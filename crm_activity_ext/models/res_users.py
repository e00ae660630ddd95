# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import SUPERUSER_ID, api, fields, models
from odoo.modules.module import get_module_icon

from .crm_activity_responsible_mixin import OPEN_STATES


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["crm.activity.copy.mixin", "res.users", "crm.activity.referenced.mixin"]

    crm_done_without_asking = fields.Boolean(
        string="Mark Done Without Asking",
        help="Mark CRM activities done at once, without asking for the outcome and the next step.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["crm_done_without_asking"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["crm_done_without_asking"]

    def _get_crm_activity_fields(self):
        return ["user_id"]

    def _deactivate_portal_user(self, **post):
        """Who deletes their portal account is forgotten in activities as well."""
        result = super()._deactivate_portal_user(**post)
        # The account of a whole company is no person: its history is not one person's to erase.
        persons = self.partner_id.filtered(lambda partner: not partner.is_company)
        # Not in the name of who leaves: what refers to them would keep them.
        system = self.env(user=SUPERUSER_ID)
        system["crm.activity"]._anonymize_for(persons.with_env(system))
        return result

    @api.model
    def _get_activity_groups(self):
        """Add to the activity menu what the user has still to do, drafts as well."""
        return super()._get_activity_groups() + self._get_crm_activity_groups()

    @api.model
    def _get_crm_activity_groups(self):
        """:return: one group as the activity menu shows it, or none
        :rtype: list[dict]
        """
        Activity = self.env["crm.activity"]
        if not Activity.has_access("read"):
            return []
        today = fields.Date.context_today(self)
        counts = {"overdue": 0, "today": 0, "planned": 0}
        for day, count in Activity._read_group(
            [("user_id", "=", self.env.uid), ("state", "in", OPEN_STATES)],
            ["date:day"],
            ["__count"],
        ):
            # sql returns local midnight of the user's time zone
            day = day.date()
            when = "today" if day == today else "overdue" if day < today else "planned"
            counts[when] += count
        if not any(counts.values()):
            return []
        model = self.env["ir.model"]._get(Activity._name)
        return [
            {
                "id": model.id,
                "name": self.env._("CRM Activities"),
                "model": Activity._name,
                "type": "activity",
                "icon": get_module_icon("crm_activity_ext"),
                "domain": [],
                "view_type": "list",
                "total_count": counts["overdue"] + counts["today"],
                "overdue_count": counts["overdue"],
                "today_count": counts["today"],
                "planned_count": counts["planned"],
            }
        ]
