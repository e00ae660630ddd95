# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict
from datetime import MAXYEAR, MINYEAR, datetime

from babel.dates import format_skeleton
from pytz import utc

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import babel_locale_parse, get_lang

# Nobody plans further ahead, and every day is looked up in a calendar.
MAX_SPREAD_DAYS = 260


class CrmActivitySpreadMixin(models.AbstractModel):
    """So many a day for each responsible, on the days that they work.

    A part of ``crm.activity.definition.mixin``, which says from when on and who is responsible.
    """

    _name = "crm.activity.spread.mixin"
    _description = "Spreading of CRM Activities over Days"
    _inherit = ["crm.activity.working.days.mixin"]

    max_per_day = fields.Integer(
        string="Per Day and Person",
        help="At most as many activities a day for each responsible, on their working days from "
        "this date on. 0 for all at the same time.",
    )
    spread_order = fields.Selection(
        [("list", "As in the list"), ("city", "By city")],
        string="Sort By",
        default="list",
    )

    def _is_spread(self):
        return self.max_per_day > 0

    def _spread(self, targets):
        """Tell when each target has its turn: at the hour of the definition, on the user's clock.

        :param targets: records, in their order
        :return: ``{target id: datetime}`` in UTC; empty where they are not spread
        """
        if not self._is_spread():
            return {}
        start = fields.Datetime.context_timestamp(self, self.date)
        dates = {}
        for user, queue in self._get_queues(targets).items():
            days = self._pick_working_days(
                user, self.env.company, start.date(), self._count_days(queue)
            )
            for place, target in enumerate(queue):
                day = days[place // self.max_per_day]
                date = self.env.tz.localize(datetime.combine(day, start.time()))
                dates[target.id] = date.astimezone(utc).replace(tzinfo=None)
        return dates

    def _get_queues(self, targets):
        """:return: ``{res.users: list of targets}``, in the order in which they have their turn"""
        queues = defaultdict(list)
        for target in targets._sort_for_visits() if self.spread_order == "city" else targets:
            queues[self._get_responsible(target)].append(target)
        return queues

    def _count_days(self, queue):
        """:return: int, the days that a queue takes"""
        return -(-len(queue) // self.max_per_day)

    def _check_spread(self, targets):
        """:raise UserError: for so few a day that they would take more than a year"""
        if self._takes_too_long(targets):
            raise UserError(self._get_too_long_message())

    def _takes_too_long(self, targets):
        queues = self._get_queues(targets).values()
        is_beyond = not MINYEAR < self.date.year < MAXYEAR - 1  # every calendar
        return is_beyond or any(self._count_days(queue) > MAX_SPREAD_DAYS for queue in queues)

    def _get_too_long_message(self):
        return self.env._(
            "With %(count)s a day, this takes more than a year. Allow more per day.",
            count=self.max_per_day,
        )

    def _describe_spread(self, targets):
        """:return: str, from when to when, or False where they are not spread"""
        if not (self._is_spread() and targets and self.date):
            return False
        if self._takes_too_long(targets):
            return self._get_too_long_message()
        dates = self._spread(targets).values()
        first, last = (
            self._format_day(fields.Datetime.context_timestamp(self, date))
            for date in (min(dates), max(dates))
        )
        values = {
            "count": len(targets),
            "per_day": self.max_per_day,
            "people": len(self._get_queues(targets)),
            "first": first,
            "last": last,
        }
        if values["people"] > 1:
            return self.env._(
                "%(count)s activities for %(people)s people, at most %(per_day)s a day each: "
                "%(first)s to %(last)s",
                **values,
            )
        return self.env._(
            "%(count)s activities, at most %(per_day)s a day: %(first)s to %(last)s", **values
        )

    def _format_day(self, day):
        """:return: str, with its weekday, as the user's language has it"""
        is_this_year = day.year == fields.Date.context_today(self).year
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_skeleton("MMMEd" if is_this_year else "yMMMEd", day, locale=locale)
