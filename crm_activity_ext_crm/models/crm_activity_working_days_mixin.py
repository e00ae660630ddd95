# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, time

from pytz import timezone, utc

from odoo import api, models
from odoo.tools import ormcache


class CrmActivityWorkingDaysMixin(models.AbstractModel):
    """The working hours of the user, else of the company; ``resource`` comes with CRM.

    What is proposed asks for the same days again and again, and Odoo looks hours and time off up
    anew each time: so they are remembered until one of them changes (``resource.py``).
    """

    _name = "crm.activity.working.days.mixin"
    _inherit = ["crm.activity.working.days.mixin"]

    @api.model
    @ormcache("user.id", "company.id", "first", "last")
    def _get_working_days(self, user, company, first, last):
        # sudo: when a colleague is off is not for everybody to read. No more is told than days.
        # It is remembered for everybody, in whatever context.
        env = self.env(su=True, context={})
        user, company = user.with_env(env), company.with_env(env)
        resource = user.resource_ids.filtered(lambda resource: resource.company_id == company)[:1]
        calendar = resource.calendar_id or company.resource_calendar_id
        if not calendar or calendar.flexible_hours:
            return super()._get_working_days(user, company, first, last)
        zone = timezone(resource.tz or calendar.tz or "UTC")
        begin, end = (
            zone.localize(datetime.combine(day, hour)).astimezone(utc)
            for day, hour in ((first, time.min), (last, time.max))
        )
        # Without public holidays and time off.
        intervals = calendar._work_intervals_batch(begin, end, resource)[resource.id]
        return frozenset(start.astimezone(zone).date() for start, _stop, _meta in intervals)
