# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# What takes longer has an index of its own: there is little of it.
LONG_HOURS = 24
# A century: PostgreSQL cannot add just any number of hours to a date.
MAX_HOURS = 876_000


class CrmActivityPeriodMixin(models.AbstractModel):
    """From when to when an activity takes, for the calendar to show what is in a month."""

    _name = "crm.activity.period.mixin"
    _description = "CRM Activity Period"

    date_end_search = fields.Datetime(
        string="End", store=False, exportable=False, search="_search_date_end_search"
    )

    @api.model
    def _search_date_end_search(self, operator, value):
        """Find by the date plus the duration; without a duration by the date.

        :param str operator: an inequality
        :param datetime value: UTC
        """
        if operator not in ("<", "<=", ">", ">=") or not isinstance(value, datetime):
            return NotImplemented

        def to_sql(model, alias, query):
            return SQL(
                "%s + LEAST(COALESCE(%s, 0), %s) * interval '1 hour' %s %s",
                model._field_to_sql(alias, "date", query),
                model._field_to_sql(alias, "duration", query),
                MAX_HOURS,
                SQL(operator),
                value,
            )

        ends = Domain.custom(to_sql=to_sql)
        if operator.startswith("<"):
            return Domain("date", operator, value) & ends
        # By indexes: of what begins a day before or earlier only what is long can end later.
        first = max(value, datetime.min + timedelta(hours=LONG_HOURS)) - timedelta(hours=LONG_HOURS)
        return (Domain("date", ">=", first) | Domain("duration", ">", LONG_HOURS)) & ends
