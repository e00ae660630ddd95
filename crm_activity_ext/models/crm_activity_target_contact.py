# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, datetime, time
from typing import NamedTuple

from pytz import utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, remove_accents

from ..tools import first_page
from .crm_activity_target_mixin import NO_WORKERS, VIEWER

# What is sorted by first, how, and what by then.
DATES = ("crm_campaign_last_date", "crm_last_contact_date", "crm_next_activity_date")
ORDER = re.compile(rf"({'|'.join(DATES)})(?: +((?i:asc|desc)))?(?: *, *(.+))?")
ID = re.compile(r"(?<![\w.])id\b")
# What says of a target whether it is missing in a campaign.
MISSING = {"crm_campaign_reached", "crm_campaign_responded"}


class Moment(NamedTuple):
    """One date among those of some activities of a target.

    :ivar Domain domain: which activities
    :ivar str date: their field
    :ivar bool is_last: whether it is the last of these dates, and not the first
    :ivar search: method that searches activities, as ``_search_crm_activities``, by a domain and
        ids of targets
    :ivar bool is_indexed: whether an index has the activities in the order of their dates
    """

    domain: Domain
    date: str
    is_last: bool
    search: Callable
    is_indexed: bool = True

    @property
    def aggregate(self):
        return SQL("MAX") if self.is_last else SQL("MIN")

    def where(self, operator, date):
        """:return: Moment, of those of the activities whose date compares so"""
        return self._replace(domain=self.domain & Domain(self.date, operator, date))


class CrmActivityTargetMixin(models.AbstractModel):
    """When a target was contacted last, and when it will be next: nobody is forgotten.

    Nothing of it is stored. Whoever reads it sees what their own activities say, as the record
    rules leave them.
    """

    _name = "crm.activity.target.mixin"
    _inherit = ["crm.activity.target.mixin"]

    crm_last_contact_date = fields.Datetime(
        string="Last Contacted",
        compute="_compute_crm_contact_dates",
        search="_search_crm_last_contact_date",
        groups="sales_team.group_sale_salesman",
        help="When the last activity that reached them was done. For customers, includes the "
        "activities with their contacts.",
    )
    crm_next_activity_date = fields.Datetime(
        string="Next Step",
        compute="_compute_crm_contact_dates",
        search="_search_crm_next_activity_date",
        groups="sales_team.group_sale_salesman",
        help="When the next pending activity is due. For customers, includes the activities with "
        "their contacts.",
    )
    # Only to search: never contacted is not contacted either, as no comparison of dates says.
    crm_not_contacted_since = fields.Date(
        string="Not Contacted Since",
        store=False,
        copy=False,
        exportable=False,
        search="_search_crm_not_contacted_since",
        groups="sales_team.group_sale_salesman",
    )

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {"crm_not_contacted_since"}

    @api.model
    def _get_crm_moments(self):
        """:return: ``{field of the target: Moment}``, in whatever campaign"""
        reached = self.env["crm.activity"]._get_reached_domain()
        pending = Domain("state", "=", "pending")
        search = self._search_crm_contacts
        return {
            "crm_last_contact_date": Moment(reached, "date_done", True, search),
            "crm_next_activity_date": Moment(pending, "date", False, search),
        }

    @api.model
    def _get_crm_moment(self, name):
        """:return: Moment, what a field of the target says by which it can be sorted"""
        if name != "crm_campaign_last_date":
            return self._get_crm_moments()[name]
        reached = self.env["crm.activity"]._get_reached_domain()
        return Moment(reached, "date", True, self._search_crm_campaign_activities, False)

    @api.model
    def _search_crm_contacts(self, domain, target_ids=None):
        """Search activities by each of the ways in which somebody is in touch by one.

        An activity may be found twice for one of its targets, which no date minds.

        :param Domain domain: on the activities
        :param target_ids: the targets, where they are known
        :return: list of ``(query, SQL of the target's id)``
        """
        return self._search_crm_activities(self._get_crm_activity_fields(), domain, target_ids)

    @api.depends_context(*VIEWER)
    def _compute_crm_contact_dates(self):
        found = self._read_crm_dates(self._get_crm_moments())
        for target in self:
            for name, dates in found.items():
                target[name] = dates.get(target._origin.id)

    def _read_crm_dates(self, moments):
        """Read dates of these targets, all by one query.

        :param dict moments: ``{name: Moment}``
        :return: ``{name: {target id: datetime}}``
        """
        found = {name: {} for name in moments}
        if not self.ids:
            return found
        arms = [
            arm
            for name, moment in moments.items()
            for arm in self._select_crm_dates(name, moment, self.ids)
        ]
        rows = self.env.execute_query(SQL("%s; %s", NO_WORKERS, SQL(" UNION ALL ").join(arms)))
        for name, target_id, date in rows:
            choose = max if moments[name].is_last else min
            found[name][target_id] = choose(date, found[name].get(target_id, date))
        return found

    @api.model
    def _select_crm_dates(self, name, moment, target_ids=None):
        """:return: list of SQL that select the name, a target's id and the date, in groups"""
        Activity = self.env["crm.activity"]
        arms = []
        for query, target in moment.search(moment.domain, target_ids):
            date = Activity._field_to_sql(Activity._table, moment.date, query)
            query.groupby = target
            arms.append(
                query.select(
                    SQL("%s AS name", name),
                    SQL("%s AS id", target),
                    SQL("%s(%s) AS date", moment.aggregate, date),
                )
            )
        return arms

    @api.model
    def _search_crm_last_contact_date(self, operator, value):
        return self._search_crm_moment("crm_last_contact_date", operator, value)

    @api.model
    def _search_crm_next_activity_date(self, operator, value):
        return self._search_crm_moment("crm_next_activity_date", operator, value)

    @api.model
    def _search_crm_moment(self, name, operator, value):
        """Find by a date, or those that have none.

        :param str operator: ``<`` or ``>=``, as Odoo has made of all inequalities, and ``in`` or
            ``not in``, of nothing
        :param value: datetime in UTC, or a collection of nothing but False
        """
        moment = self._get_crm_moments()[name]
        if operator in ("in", "not in"):
            is_wanted = self._get_crm_without if operator == "in" else self._get_crm_with
            return is_wanted(moment) if set(value) == {False} else NotImplemented
        if operator not in ("<", ">="):
            return NotImplemented
        # The last is since then where one is; the first is before then where one is.
        deciding = moment.where(">=" if moment.is_last else "<", value)
        if (operator == ">=") == moment.is_last:
            return self._get_crm_with(deciding)
        return self._get_crm_with(moment) & self._get_crm_without(deciding)

    @api.model
    def _search_crm_not_contacted_since(self, operator, value):
        """Find whom nobody has reached on a day or after it, or ever: never is not since, either.

        :param value: collection of dates, of the user's, or of False for ever
        """
        if operator != "in":
            return NotImplemented
        moment = self._get_crm_moments()["crm_last_contact_date"]
        return Domain.OR(
            self._get_crm_without(moment.where(">=", self._get_crm_begin(day)) if day else moment)
            for day in value
        )

    @api.model
    def _get_crm_begin(self, day):
        """:return: datetime in UTC: the begin of a day of the current user's"""
        begin = datetime.combine(day, time.min)
        if day.year in (MINYEAR, MAXYEAR):  # no clock goes further
            return begin
        return self.env.tz.localize(begin).astimezone(utc).replace(tzinfo=None)

    @api.model
    def _get_crm_with(self, moment):
        """:return: Domain, who is in touch by one of the activities"""
        return self._get_crm_found(lambda: moment.search(moment.domain))

    @api.model
    def _get_crm_without(self, moment):
        """:return: Domain, who is not in touch by any of the activities"""
        return self._get_crm_not_found(lambda: moment.search(moment.domain))

    @api.model
    def _get_crm_unlisted(self, moment):
        """Most are in touch by the first of the ways: to list these at once spares looking them up.

        :return: Domain, who is not in touch by that way
        """
        query, target = moment.search(moment.domain)[0]

        def to_sql(_model, alias, _query):
            return SQL(
                "NOT EXISTS (SELECT FROM (%s OFFSET 0) AS listed (id) WHERE listed.id = %s)",
                query.select(target),
                SQL.identifier(alias, "id"),
            )

        return Domain.custom(to_sql=to_sql)

    def _sort_for_visits(self):
        """:return: these, town by town, those of none last"""
        return self.sorted(
            lambda target: (
                not target.city,
                remove_accents(target.city or "").casefold(),
                target.zip or "",
            )
        )

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        """A page is found by what decides it, without the dates and activities of all others."""
        by_date = ORDER.fullmatch((order or "").strip())
        if by_date:
            name, direction, rest = by_date.groups(default="")
            rest = _end_with_id(rest)
            order = f"{name} {direction}, {rest}"
        elif order and _asks_who_is_missing(domain):
            order = _end_with_id(order)
        if limit and limit > 0 and offset >= 0 and offset + limit <= first_page.MAX_CANDIDATES:
            asked = Domain(domain), offset + limit
            if by_date:
                page = self._get_page_by_date(name, direction, *asked, rest, options)
            else:
                page = self._get_page_of_missing(*asked, order, options)
            first = page and page.find()
            if first is not None:
                return self.browse(first[offset:])._as_query()
        return super()._search(domain, offset, limit, order, **options)

    @api.model
    def _search_plainly(self, domain, **options):
        """:return: Query, as the platform makes it"""
        return super()._search(domain, **options)  # pylint: disable=super-method-mismatch

    @api.model
    def _get_page_by_date(self, name, direction, domain, count, rest, options):
        self.env["crm.activity"].check_access("read")
        moment, is_descending = self._get_crm_moment(name), direction.lower() == "desc"
        return first_page.PageByDate(self, domain, moment, is_descending, count, rest, options)

    @api.model
    def _get_page_of_missing(self, domain, count, order, options):
        """:return: PageOfMissing; None where nobody asks who is missing in a campaign"""
        # Deep in a list, its beginning is as long as the way there.
        is_deep = count > first_page.MAX_MISSING
        if is_deep or not order or not _asks_who_is_missing(domain):
            return None
        domain = domain.optimize(self)
        parts = domain.children if getattr(domain, "OPERATOR", None) == "&" else [domain]
        missing = [part for part in parts if _is_missing(part)]
        if not missing:
            return None
        others = Domain.AND(part for part in parts if part not in missing)
        return first_page.PageOfMissing(self, others, Domain.AND(missing), count, order, options)

    @api.model
    def _get_crm_first(self, moment, number):
        """:return: Moment, of so many activities, the newest or the next ones; the same, if that
        is all of them
        """
        Activity = self.env["crm.activity"]
        direction, operator = ("desc", ">=") if moment.is_last else ("asc", "<=")
        order = f"{moment.date} {direction}"
        names = self._get_crm_activity_fields()
        # Few activities are for a lead, most are for a partner.
        is_for_some = Domain(names[0], "!=", False) if len(names) == 1 else Domain.TRUE
        domain = moment.domain & is_for_some
        query = Activity._search(domain, offset=number - 1, limit=1, order=order)
        # No more of it is asked than an index answers alone.
        last = self.env.execute_query(
            query.select(Activity._field_to_sql(Activity._table, moment.date, query))
        )
        return moment.where(operator, last[0][0]) if last else moment

    @api.model
    def _rank_by_crm_date(self, moment, limit):
        """:return: ``({target id: date}, bool)``: at most so many who come first, and whether these
        are all
        """
        direction = SQL("DESC" if moment.is_last else "ASC")
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s(date) AS date FROM (%s) AS dates"
                " GROUP BY id ORDER BY date %s LIMIT %s",
                moment.aggregate,
                SQL(" UNION ALL ").join(self._select_crm_dates("", moment)),
                direction,
                limit + 1,
            )
        )
        is_all = len(rows) <= limit
        # Others may have the last date as well.
        return {id_: date for id_, date in rows if is_all or date != rows[-1][1]}, is_all

    @api.model
    def _get_crm_date(self, alias, moment):
        """:return: SQL of the date of a target, looked up for it alone; NULL for none"""
        dates = []
        for query, target in moment.search(moment.domain):
            query.add_where(SQL("%s = %s", target, SQL.identifier(alias, "id")))
            date = self.env["crm.activity"]._field_to_sql(query.table, moment.date, query)
            dates.append(SQL("(%s)", query.select(SQL("%s(%s)", moment.aggregate, date))))
        choose = SQL("GREATEST") if moment.is_last else SQL("LEAST")
        return SQL("%s(%s)", choose, SQL(", ").join(dates))

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Order by a date of the activities: never is before the oldest, nothing after the last."""
        if field_name not in DATES:
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        moment = self._get_crm_moment(field_name)
        found = query.make_alias(alias, field_name)
        query.add_join(
            "LEFT JOIN",
            found,
            SQL(
                "(SELECT id, %s(date) AS date FROM (%s) AS dates GROUP BY id)",
                moment.aggregate,
                SQL(" UNION ALL ").join(self._select_crm_dates(field_name, moment)),
            ),
            SQL("%s = %s", SQL.identifier(alias, "id"), SQL.identifier(found, "id")),
        )
        self.env.cr.execute(NO_WORKERS)
        date = SQL.identifier(found, "date")
        query._order_groupby.append(date)
        # PostgreSQL takes nothing for the last: right for what is to come.
        if moment.is_last:
            never = SQL("NULLS LAST") if direction.code == "DESC" else SQL("NULLS FIRST")
            nulls = nulls if nulls.code else never
        return SQL("%s %s %s", date, direction, nulls)


def _end_with_id(order):
    """:return: str, an order in which nobody is equal: pages that are found in several ways have to
    fit together
    """
    return order if ID.search(order) else ", ".join(filter(None, [order, "id"]))


def _asks_who_is_missing(domain):
    return any(condition.field_expr in MISSING for condition in Domain(domain).iter_conditions())


def _is_missing(domain):
    """:return: whether a part of an optimized domain asks who is not there in a campaign"""
    conditions = list(domain.iter_conditions())
    if len(conditions) != 1 or conditions[0].field_expr not in MISSING:
        return False
    return (conditions[0].operator, *conditions[0].value) in {("in", False), ("not in", True)}
