# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from datetime import MAXYEAR, MINYEAR, datetime, time, timedelta
from typing import NamedTuple

from pytz import utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, remove_accents

from .crm_activity_target_mixin import NO_WORKERS, VIEWER

# What is sorted by first, how, and what by then.
ORDER = re.compile(
    r"(crm_last_contact_date|crm_next_activity_date)(?: +(asc|desc))?(?: *, *(.+))?", re.IGNORECASE
)
# The dates of as many targets are read to sort them.
MAX_CANDIDATES = 2_000
# Of as many activities whose date is first, for each target of a page: enough, where they are not
# all of a few. Where they are, or a filter leaves few of their targets, of so many times as many,
# up to a limit.
FIRST_EACH, MORE, MAX_FIRST = 4, 16, 50_000
# Few are forgotten for longer, or so many never were contacted that they fill a page.
LONG_AGO = timedelta(days=365)


class Moment(NamedTuple):
    """One date among those of some activities of a target.

    :ivar Domain domain: which activities
    :ivar str date: their field
    :ivar bool is_last: whether it is the last of these dates, and not the first
    """

    domain: Domain
    date: str
    is_last: bool

    @property
    def aggregate(self):
        return SQL("MAX") if self.is_last else SQL("MIN")


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
        exportable=False,
        search="_search_crm_not_contacted_since",
        groups="sales_team.group_sale_salesman",
    )

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {"crm_not_contacted_since"}

    @api.model
    def _get_crm_moments(self):
        """:return: ``{field of the target: Moment}``"""
        reached = self.env["crm.activity"]._get_reached_domain()
        return {
            "crm_last_contact_date": Moment(reached, "date_done", True),
            "crm_next_activity_date": Moment(Domain("state", "=", "pending"), "date", False),
        }

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
        for query, target in self._search_crm_contacts(moment.domain, target_ids):
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
            return is_wanted(moment.domain) if set(value) == {False} else NotImplemented
        if operator not in ("<", ">="):
            return NotImplemented
        # The last is since then where one is; the first is before then where one is.
        deciding = moment.domain & Domain(moment.date, ">=" if moment.is_last else "<", value)
        if (operator == ">=") == moment.is_last:
            return self._get_crm_with(deciding)
        return self._get_crm_with(moment.domain) & self._get_crm_without(deciding)

    @api.model
    def _search_crm_not_contacted_since(self, operator, value):
        """Find whom nobody has reached on a day or after it, or ever: never is not since, either.

        :param value: collection of dates, of the user's, or of False for ever
        """
        if operator != "in":
            return NotImplemented
        moment = self._get_crm_moments()["crm_last_contact_date"]
        return Domain.OR(
            self._get_crm_without(
                moment.domain
                & (Domain(moment.date, ">=", self._get_crm_begin(day)) if day else Domain.TRUE)
            )
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
    def _get_crm_with(self, domain):
        """:return: Domain, who is in touch by one of these activities"""
        return self._get_crm_found(lambda: self._search_crm_contacts(domain))

    @api.model
    def _get_crm_without(self, domain):
        """:return: Domain, who is not in touch by any of these activities"""
        return self._get_crm_not_found(lambda: self._search_crm_contacts(domain))

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
        """A page that is sorted by a date of the activities, without the dates of all others."""
        by_date = ORDER.fullmatch((order or "").strip())
        if by_date:
            name, direction, rest = by_date.groups(default="")
            # The pages have to fit together, however each is found.
            rest = rest or "id"
            order = f"{name} {direction}, {rest}"
        is_page = limit and limit > 0 and offset >= 0 and offset + limit <= MAX_CANDIDATES
        if by_date and is_page:
            is_descending = direction.lower() == "desc"
            first = self._find_first(domain, offset + limit, name, is_descending, rest, options)
            if first is not None:
                return self.browse(first[offset:])._as_query()
        return super()._search(domain, offset, limit, order, **options)

    @api.model
    def _find_first(self, domain, count, name, is_descending, rest, options):
        """Find the first of a list among those who come before all others.

        :return: list of ids, as many as were asked for and there are; None where only the dates
            of all of them tell
        """
        self.env["crm.activity"].check_access("read")
        domain = Domain(domain)

        def find(condition, limit=None, order=rest):
            found = super(CrmActivityTargetMixin, self)._search(
                domain & condition, limit=limit, order=order, **options
            )
            return list(found.get_result_ids())

        def sort(ids, moment):
            dates = self.browse(ids)._read_crm_dates({name: moment})[name]
            # Never is before the oldest, and nothing planned after the last.
            never = datetime.min if moment.is_last else datetime.max
            ids = find(Domain("id", "in", ids))
            return sorted(ids, key=lambda id_: dates.get(id_) or never, reverse=is_descending)

        moment = self._get_crm_moments()[name]
        ids = find(Domain.TRUE, MAX_CANDIDATES + 1, "id")
        if len(ids) <= MAX_CANDIDATES:
            return sort(ids, moment)[:count]
        if is_descending == moment.is_last:
            return self._find_dated(moment, count, find, sort)
        return self._find_undated(moment, count, find, sort)

    @api.model
    def _find_dated(self, moment, count, find, sort):
        """Where a date is before none: of the newest activities, or the next, as many as it takes.

        :return: see :meth:`_find_first`, whose functions these are
        """
        for first in self._get_crm_firsts(moment, count):
            ids = find(self._get_crm_with(first.domain), MAX_CANDIDATES + 1, "id")
            if len(ids) > MAX_CANDIDATES:
                return None  # of more, there are only more
            if len(ids) >= count:
                return sort(ids, first)[:count]
            if first is moment:  # all who have one; the others are in the order of the rest
                others = find(self._get_crm_without(moment.domain), count - len(ids))
                return sort(ids, moment) + others
        return None

    @api.model
    def _find_undated(self, moment, count, find, sort):
        """Where none is before a date: of those who were not contacted for long, or ever.

        :return: see :meth:`_find_first`, whose functions these are
        """
        if moment.is_last:
            recent = Domain(moment.date, ">=", fields.Datetime.now() - LONG_AGO)
            forgotten = self._get_crm_without(moment.domain & recent)
            # Each is looked up, where PostgreSQL would read all who were in touch with anybody.
            self.env.cr.execute("SET LOCAL enable_mergejoin = off")
            ids = find(forgotten, MAX_CANDIDATES + 1, "id")
            self.env.cr.execute("SET LOCAL enable_mergejoin TO DEFAULT")
            if count <= len(ids) <= MAX_CANDIDATES:
                return sort(ids, moment)[:count]
        ids = find(self._get_crm_without(moment.domain), count)
        return ids if len(ids) == count else None

    @api.model
    def _get_crm_firsts(self, moment, count):
        """:return: iterator of Moment: of the first activities, of more of them, then of all if
        these are few
        """
        number = count * FIRST_EACH
        while True:
            number = min(number, MAX_FIRST)
            first = self._get_crm_first(moment, number)
            yield first
            if first is moment or number == MAX_FIRST:
                return
            number *= MORE

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
        if not last:
            return moment
        [[date]] = last
        return moment._replace(domain=moment.domain & Domain(moment.date, operator, date))

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Order by a date of the activities: never is before the oldest, nothing after the last."""
        if field_name not in self._get_crm_moments():
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        moment = self._get_crm_moments()[field_name]
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
        date = SQL.identifier(found, "date")
        query._order_groupby.append(date)
        # PostgreSQL takes nothing for the last: right for what is to come.
        if moment.is_last:
            never = SQL("NULLS LAST") if direction.code == "DESC" else SQL("NULLS FIRST")
            nulls = nulls if nulls.code else never
        return SQL("%s %s %s", date, direction, nulls)
