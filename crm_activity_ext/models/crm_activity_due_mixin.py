# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, time, timedelta

from pytz import utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_activity_responsible_mixin import OPEN_STATES

# In the order in which they come.
DUE = ["overdue", "today", "tomorrow", "later"]


class CrmActivityDueMixin(models.AbstractModel):
    """When what is to be done is due, by the day of the user who looks.

    Tomorrow it is another answer, so nothing is stored: searched and grouped it is by the date.
    """

    _name = "crm.activity.due.mixin"
    _description = "When CRM Activities Are Due"

    due = fields.Selection(
        [
            ("overdue", "Overdue"),
            ("today", "Today"),
            ("tomorrow", "Tomorrow"),
            ("later", "Later"),
        ],
        string="When",
        compute="_compute_due",
        search="_search_due",
        exportable=False,
        help="When the activity is to be done, seen from today.",
    )

    @api.depends("date", "state")
    @api.depends_context("tz")
    def _compute_due(self):
        limits = self._get_due_limits()
        for activity in self:
            is_open = activity.state in OPEN_STATES and activity.date
            activity.due = is_open and DUE[sum(activity.date >= limit for limit in limits)]

    @api.model
    def _search_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        is_open = Domain("state", "in", OPEN_STATES)
        found = ~is_open if False in value else Domain.FALSE
        limits = [None, *self._get_due_limits(), None]
        for due, start, end in zip(DUE, limits[:-1], limits[1:], strict=True):
            if due in value:
                since = Domain("date", ">=", start) if start else Domain.TRUE
                until = Domain("date", "<", end) if end else Domain.TRUE
                found |= is_open & since & until
        return found

    @api.model
    def _get_due_limits(self):
        """:return: list of datetimes in UTC: when today, tomorrow and the day after begin for the
        user
        """
        today = fields.Date.context_today(self)
        midnights = (datetime.combine(today + timedelta(days=n), time()) for n in range(3))
        return [
            self.env.tz.localize(midnight).astimezone(utc).replace(tzinfo=None)
            for midnight in midnights
        ]

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group by the place in :data:`DUE`, as groups come in the order of what SQL gives."""
        if groupby_spec != "due":
            return super()._read_group_groupby(alias, groupby_spec, query)
        date = self._field_to_sql(alias, "date", query)
        places = SQL(" + ").join(
            SQL("(%s >= %s::timestamp)::int", date, limit) for limit in self._get_due_limits()
        )
        state = self._field_to_sql(alias, "state", query)
        return SQL("CASE WHEN %s IN %s THEN %s END", state, OPEN_STATES, places)

    def _read_group_postprocess_groupby(self, groupby_spec, raw_values):
        if groupby_spec != "due":
            return super()._read_group_postprocess_groupby(groupby_spec, raw_values)
        return (False if place is None else DUE[place] for place in raw_values)

    @api.model
    def _action_my_day(self):
        """What CRM begins the day with: what is to be done now, oldest first.

        :return: window action: the user's own; for sales administrators the team's
        """
        is_team = self.env.user.has_group("sales_team.group_sale_manager")
        name = "crm_activity_action_team_day" if is_team else "crm_activity_action_my_day"
        return self.env["ir.actions.act_window"]._for_xml_id(f"crm_activity_ext.{name}")
