# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The first of a list, where what decides who is first is found in activities."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

# As many targets are looked up one by one, and sorted.
MAX_CANDIDATES = 4_000
# How many of who is missing are found in other ways than in the order of the list.
MAX_MISSING = 800
# Of as many at the beginning of a list, for each target of a page, enough meet what many meet: of
# an audience, which is read as well, and of any list.
BEGINNING_OF_AUDIENCE, BEGINNING = 3, 10
# Of as many activities whose date is first, for each target of a page: enough, where they are not
# all of a few. Where they are, or a filter leaves few of their targets, of so many times as many,
# up to a limit.
FIRST_EACH, MORE, MAX_FIRST = 4, 16, 50_000
# Few are forgotten for longer, or so many never were contacted that they fill a page. Of as many
# activities a list is made of whom they are for, rather than to look each up.
LONG_AGO, MAX_FORGOTTEN, MAX_LISTED = timedelta(days=365), 2_000, 20_000
# What is looked up for thousands of targets looks as expensive as what is worth workers and a
# compilation, which take longer than all of it. Until the end of the transaction.
PLANNING = SQL("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off")


class FirstPage:
    """Who comes first is found in one of several ways, the cheapest of them first.

    Each gives a list of ids, as many as were asked for and there are, or None where it does not
    tell. The last way is all of the list, in its order.
    """

    def __init__(self, targets, domain, count, order, options):
        """
        :param targets: any records of the model of the list
        :param Domain domain: who is in it
        :param int count: how many to find
        :param str order: of the list
        :param dict options: of the search
        """
        self._targets = targets
        self._domain = domain
        self._count = count
        self._order = order
        self._options = options

    def find(self):
        """:return: list of ids; None where only all of the list tells"""
        self._targets.env.cr.execute(PLANNING)
        return next((ids for way in self._get_ways() if (ids := way()) is not None), None)

    def _get_ways(self):
        """:return: list of methods"""
        raise NotImplementedError

    def _find_in_beginning(self, condition, each):
        """Where many meet a condition: among the first of the list, without looking further."""
        first = self._targets._search_plainly(
            self._domain, limit=self._count * each, order=self._order, **self._options
        )
        ids = self._order_all(condition & Domain("id", "in", first))
        return ids if len(ids) == self._count else None

    def _search(self, condition, limit=None, order=None):
        """:return: list of ids of the list; without an order, as PostgreSQL finds them"""
        found = self._targets._search_plainly(
            self._domain & condition, limit=limit, order=order or "id", **self._options
        )
        if not order:
            found.order = None
        return list(found.get_result_ids())

    def _order_all(self, domain, by_date=None):
        """:param Domain domain: some of the list
        :param by_date: function of the table's alias, gives SQL of what comes before the order
        :return: list of ids, the first of them
        """
        found = self._targets._search_plainly(
            domain, limit=self._count, order=self._order, **{**self._options, "active_test": False}
        )
        if by_date:
            found.order = SQL("%s, %s", by_date(found.table), found.order)
        return list(found.get_result_ids())


class PageOfMissing(FirstPage):
    """Whom nothing was done for: in the order of the list PostgreSQL looks everybody up before the
    end of the page, which are few, or all, where few are missing.
    """

    def __init__(self, targets, domain, missing, *args):
        """:param Domain missing: a part of what is asked, which the domain is without"""
        super().__init__(targets, domain, *args)
        self._missing = missing

    def _get_ways(self):
        return [self._find_soon, self._find_few, self._find_in_order]

    def _find_soon(self):
        return self._find_in_beginning(self._missing, BEGINNING_OF_AUDIENCE)

    def _find_in_order(self):
        return self._search(self._missing, self._count, self._order)

    def _find_few(self):
        ids = self._search(self._missing, MAX_CANDIDATES + 1)
        return self._order_all(Domain("id", "in", ids)) if len(ids) <= MAX_CANDIDATES else None


class PageByDate(FirstPage):
    """Who comes first by a date of the activities, and only then by the order."""

    def __init__(self, targets, domain, moment, is_descending, *args):
        """:param Moment moment: the date"""
        super().__init__(targets, domain, *args)
        self._moment = moment
        self._is_descending = is_descending
        self._undated = targets._get_crm_without(moment)

    def _get_ways(self):
        is_dated_first = self._is_descending == self._moment.is_last
        if self._moment.is_indexed and is_dated_first:
            return [self._find_newest, self._find_few, self._find_dated]
        if self._moment.is_indexed:
            return [self._find_soon, self._find_forgotten, self._find_few, self._find_undated]
        return [self._find_ranked, self._find_few] if is_dated_first else []

    def _find_newest(self):
        """Where a date is before none: of the newest activities, or the next."""
        return self._find_of_first(self._count * FIRST_EACH)

    def _find_dated(self):
        """Of more of them, as many as it takes, up to all if these are few."""
        number = self._count * FIRST_EACH
        while number < MAX_FIRST:
            number = min(number * MORE, MAX_FIRST)
            ids = self._find_of_first(number)
            if ids is not None:
                return ids
        return None

    def _find_of_first(self, number):
        first = self._targets._get_crm_first(self._moment, number)
        ids = self._search(self._targets._get_crm_with(first), MAX_CANDIDATES + 1)
        if len(ids) > MAX_CANDIDATES:
            return None
        if len(ids) >= self._count:
            return self._sort(ids, first)
        if first is self._moment:  # all who have one
            return self._fill(self._sort(ids, first))
        return None

    def _find_ranked(self):
        """Where few activities count, the dates of all are read at once."""
        dates, is_all = self._targets._rank_by_crm_date(self._moment, self._count * BEGINNING)
        ids = self._search(Domain("id", "in", list(dates)), order=self._order)
        ids.sort(key=dates.get, reverse=self._is_descending)
        if len(ids) >= self._count:
            return ids[: self._count]
        return self._fill(ids) if is_all else None

    def _fill(self, ids):
        """:return: these ids, all who have a date, and after them who has none"""
        return ids + self._search(self._undated, self._count - len(ids), self._order)

    def _find_few(self):
        """Where the list is short."""
        ids = self._search(Domain.TRUE, MAX_CANDIDATES + 1)
        return self._sort(ids, self._moment) if len(ids) <= MAX_CANDIDATES else None

    def _find_soon(self):
        """Where many have no date, at the beginning of the list, or the list ends there."""
        number = min(self._count * BEGINNING, MAX_CANDIDATES)
        first = self._search(Domain.TRUE, number, self._order)
        if len(first) < number:
            return self._sort(first, self._moment)
        return self._find_in_beginning(self._undated, BEGINNING)

    def _find_undated(self):
        """Where none is before a date."""
        ids = self._search(self._undated, self._count, self._order)
        return ids if len(ids) == self._count else None

    def _find_forgotten(self):
        """Of who was not contacted for long, or ever."""
        if not self._moment.is_last:
            return None
        targets, cr = self._targets, self._targets.env.cr
        long_ago = fields.Datetime.now() - LONG_AGO
        newest = targets._get_crm_first(self._moment, MAX_LISTED).where(">=", long_ago)
        forgotten = targets._get_crm_unlisted(newest)
        forgotten &= targets._get_crm_without(self._moment.where(">=", long_ago))
        # Each is looked up, where PostgreSQL would read all who were in touch with anybody. Until
        # the end of the transaction as well.
        cr.execute("SET LOCAL enable_mergejoin = off")
        ids = self._search(forgotten, MAX_FORGOTTEN + 1)
        is_enough = self._count <= len(ids) <= MAX_FORGOTTEN
        return self._sort(ids, self._moment) if is_enough else None

    def _sort(self, ids, moment):
        """:return: list of the first of these ids, each date being looked up"""
        # Never is before the oldest, and nothing planned after the last.
        never = SQL("LAST" if self._is_descending == moment.is_last else "FIRST")
        direction = SQL("DESC" if self._is_descending else "ASC")
        return self._order_all(
            Domain("id", "in", ids),
            lambda alias: SQL(
                "%s %s NULLS %s", self._targets._get_crm_date(alias, moment), direction, never
            ),
        )
