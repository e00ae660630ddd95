# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import operator as compare

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

COMPARISONS = {"<": compare.lt, "<=": compare.le, ">": compare.gt, ">=": compare.ge}


class CrmActivityCountMixin(models.AbstractModel):
    """What is found and sorted by its number of activities, without storing that."""

    _name = "crm.activity.count.mixin"
    _description = "Number of CRM Activities"

    @api.model
    def _get_crm_activity_arms(self):
        """:return: list of ``(query of activities, SQL of the id of the record they count for)``"""
        raise NotImplementedError

    @api.model
    def _search_crm_activity_count(self, operator, value):
        """Find records by the number of the activities that the user may read.

        Those that have none are in no group, and so are found as the others than those that the
        number does not fit.
        """
        if operator == "in":
            numbers = [float(number or 0) for number in value]
            fits, fits_none = SQL("COUNT(*) = ANY(%s)", numbers), 0 in numbers
        elif operator in COMPARISONS:
            number = float(value or 0)
            fits = SQL("COUNT(*) %s %s", SQL(operator), number)
            fits_none = COMPARISONS[operator](0, number)
        else:
            return NotImplemented
        found = Domain(
            "id", "in", SQL("(%s)", self._select_crm_activity_counts(SQL("id"), fits, fits_none))
        )
        return ~found if fits_none else found

    @api.model
    def _select_crm_activity_counts(self, columns, fits=None, is_negated=False):
        """:return: SQL of a query of the records that have activities, and of their number"""
        arms = SQL(" UNION ALL ").join(
            query.select(SQL("%s AS id", target)) for query, target in self._get_crm_activity_arms()
        )
        having = SQL()
        if fits is not None:
            having = SQL("HAVING NOT (%s)" if is_negated else "HAVING %s", fits)
        return SQL("SELECT %s FROM (%s) AS counted GROUP BY id %s", columns, arms, having)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Order by the number of the activities that the user may read."""
        if field_name != "crm_activity_count":
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        counted = query.make_alias(alias, field_name)
        query.add_join(
            "LEFT JOIN",
            counted,
            SQL("(%s)", self._select_crm_activity_counts(SQL("id, COUNT(*) AS number"))),
            SQL("%s = %s", SQL.identifier(alias, "id"), SQL.identifier(counted, "id")),
        )
        number = SQL("COALESCE(%s, 0)", SQL.identifier(counted, "number"))
        query._order_groupby.append(number)
        return SQL("%s %s", number, direction)
