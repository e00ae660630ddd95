# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import api, models

SATURDAY = 5
# Days that are looked up at once, at the least.
WINDOW = 30
# Who works on none of as many days in a row works on none.
MAX_IDLE_DAYS = 366


class CrmActivityWorkingDaysMixin(models.AbstractModel):
    """On which days somebody works: Monday to Friday, unless an addon knows better."""

    _name = "crm.activity.working.days.mixin"
    _description = "Working Days"

    @api.model
    def _get_working_days(self, user, company, first, last):
        """Tell on which days somebody works.

        :param user: ``res.users``
        :param company: ``res.company`` they work for
        :param date first: the first day to look at
        :param date last: the last one
        :return: set of dates, which nobody changes
        """
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return frozenset(day for day in days if day.weekday() < SATURDAY)

    @api.model
    def _pick_working_days(self, user, company, first, count):
        """:return: list of dates, the next working days of a user, from a day on; any days for
        somebody who never works
        """
        picked = []
        begin, idle = first, 0
        while len(picked) < count:
            last = begin + timedelta(days=max(WINDOW, 2 * (count - len(picked))))
            found = sorted(self._get_working_days(user, company, begin, last))
            idle = 0 if found else idle + (last - begin).days + 1
            if idle > MAX_IDLE_DAYS:
                return [first + timedelta(days=number) for number in range(count)]
            picked += found
            begin = last + timedelta(days=1)
        return picked[:count]
