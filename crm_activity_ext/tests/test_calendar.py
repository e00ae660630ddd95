# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import itertools
import operator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestDefaultDuration(CrmActivityCase):
    """How long an activity takes that is planned by a click in the calendar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.in_calendar = cls.Activity.with_user(cls.salesman).with_context(
            crm_activity_propose_duration=True
        )

    def test_it_is_the_types(self):
        with Form(self.in_calendar) as form:
            form.activity_type_id = self.type_visit
            self.assertEqual(form.duration, 1)
            form.activity_type_id = self.type_call
            self.assertEqual(form.duration, 0.25)
            form.name = "Call"

    def test_what_somebody_typed_stays(self):
        with Form(self.in_calendar) as form:
            form.activity_type_id = self.type_visit
            form.duration = 3
            form.activity_type_id = self.type_call
            self.assertEqual(form.duration, 3)
            form.name = "Call"

    def test_nothing_is_made_up_elsewhere(self):
        with Form(self.Activity.with_user(self.salesman)) as form:
            form.activity_type_id = self.type_visit
            self.assertFalse(form.duration)
            form.name = "Visit"
        self.assertFalse(self._create_activity().duration)

    def test_a_new_type_takes_what_is_usual_for_its_channel(self):
        Type = self.env["mail.activity.type"]
        lunch = Type.create({"name": "Lunch", "crm_channel": "meeting"})
        self.assertEqual(lunch.crm_default_duration, 1)
        self.assertFalse(Type.create({"name": "Note", "crm_channel": "other"}).crm_default_duration)
        lunch.crm_default_duration = 2
        lunch.crm_channel = "call_out"
        self.assertEqual(lunch.crm_default_duration, 2)

    def test_salespeople_do_not_set_it(self):
        with self.assertRaises(AccessError):
            self.type_visit.with_user(self.salesman).crm_default_duration = 5


@tagged("post_install", "-at_install")
class TestPeriod(CrmActivityCase):
    """What the calendar asks for: what ends in the period or later, and begins before its end."""

    def _find(self, first, last, user=None):
        """:return: set of the subjects that the calendar shows, from one moment to another"""
        Activity = self.Activity.with_user(user or self.salesman_all)
        domain = [("date", "<=", last), ("date_end_search", ">=", first)]
        return set(Activity.search(domain).mapped("name"))

    def _plan(self, name, date, hours=0, **values):
        return self._create_activity(name=name, date=date, duration=hours, **values)

    def test_what_overlaps_is_there_and_nothing_else(self):
        self._plan("the day before", "2026-10-31 20:00:00", 1)
        self._plan("ends as it begins", "2026-10-31 22:00:00", 1)
        self._plan("over midnight", "2026-10-31 22:30:00", 1)
        self._plan("no duration, before", "2026-10-31 22:59:59")
        self._plan("no duration", "2026-10-31 23:00:00")
        self._plan("three days", "2026-10-30 00:00:00", 72)
        self._plan("a day", "2026-10-30 23:00:00", 24)
        self._plan("a day and less", "2026-10-30 22:00:00", 24)
        self._plan("two years", "2025-01-01 00:00:00", 24 * 730)
        self._plan("within", "2026-11-15 08:00:00", 2)
        self._plan("over the end", "2026-11-30 22:00:00", 4)
        self._plan("after", "2026-11-30 23:00:00")
        self.assertEqual(
            self._find("2026-10-31 23:00:00", "2026-11-30 22:59:59"),
            {
                *("ends as it begins", "over midnight", "no duration", "three days", "a day"),
                *("two years", "within", "over the end"),
            },
        )

    def test_it_is_exact_on_every_clock(self):
        self._plan("noon", "2026-11-15 12:00:00", 0.5)
        for zone in ("Pacific/Kiritimati", "Europe/Madrid", "Pacific/Pago_Pago"):
            day = datetime(2026, 11, 15, 12, 15, tzinfo=timezone.utc).astimezone(ZoneInfo(zone))
            begin = day.replace(hour=0, minute=0)
            for days, found in ((-1, False), (0, True), (1, False)):
                with self.subTest(zone, days=days):
                    first = (begin + timedelta(days)).astimezone(timezone.utc)
                    last = first + timedelta(days=1, seconds=-1)
                    shown = self._find(*(f"{time:%Y-%m-%d %H:%M:%S}" for time in (first, last)))
                    self.assertEqual("noon" in shown, found)

    def test_it_is_what_the_sum_says_whatever_is_compared(self):
        hours = (0, 0.25, 1, 23.75, 24, 24.25, 72, 10**9)
        begin = datetime(2026, 11, 1)
        activities = self.Activity.union(
            *(self._plan(f"{number}", begin, number) for number in hours)
        )
        compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
        for (sign, holds), offset in itertools.product(compare.items(), (-30, *hours[:-1], 80)):
            value = begin + timedelta(hours=offset)
            expected = [a.name for a in activities if holds(a.duration, offset)]
            with self.subTest(sign, offset=offset):
                domain = [("id", "in", activities.ids), ("date_end_search", sign, value)]
                found = self.Activity.search(domain).mapped("name")
                self.assertEqual(set(found), set(expected))

    def test_it_shows_nothing_of_a_colleague(self):
        self._plan("mine", "2026-11-15 08:00:00", user_id=self.salesman.id)
        self._plan("a colleague's", "2026-11-15 08:00:00", user_id=self.salesman_all.id)
        found = self._find("2026-11-01 00:00:00", "2026-11-30 23:00:00", self.salesman)
        self.assertEqual(found, {"mine"})
