# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import date, datetime

from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

MONDAY, SUNDAY = date(2026, 11, 2), date(2026, 11, 8)


@tagged("post_install", "-at_install")
class TestWorkingDays(CrmActivityCase):
    """Many activities are spread over the days on which their responsible works."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        calendar = cls.company_a.resource_calendar_id
        calendar.tz = "Europe/Madrid"
        cls.part_time = calendar.copy({"name": "Part time"})
        cls.part_time.attendance_ids.filtered(lambda a: a.dayofweek in "012").unlink()
        cls.resource = cls.env["resource.resource"].create(
            {
                "name": "Sam",
                "user_id": cls.salesman.id,
                "calendar_id": cls.part_time.id,
                "tz": "Europe/Madrid",
            }
        )

    def _works(self, user, company=None):
        """:return: list of the days of the week in November"""
        mixin = self.env["crm.activity.working.days.mixin"].with_user(self.salesman_all)
        days = mixin._get_working_days(user, company or self.company_a, MONDAY, SUNDAY)
        return [day.day for day in sorted(days)]

    def _take_off(self, day, **values):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Off",
                "date_from": datetime(2026, 11, day - 1, 23),
                "date_to": datetime(2026, 11, day, 22, 59),
                "company_id": self.company_a.id,
                **values,
            }
        )

    def test_the_working_hours_of_the_user_else_of_the_company(self):
        self.assertEqual(self._works(self.salesman), [5, 6])
        self.assertEqual(self._works(self.manager), [2, 3, 4, 5, 6])

    def test_without_public_holidays_and_time_off(self):
        self._take_off(5)
        self._take_off(6, resource_id=self.resource.id, calendar_id=self.part_time.id)
        self.assertEqual(self._works(self.salesman), [])
        self.assertEqual(self._works(self.manager), [2, 3, 4, 6])

    def test_in_the_company_that_they_are_for(self):
        self.company_b.resource_calendar_id.attendance_ids.filtered(
            lambda attendance: attendance.dayofweek == "0"
        ).unlink()
        self.assertEqual(self._works(self.salesman, self.company_b), [3, 4, 5, 6])

    def test_from_monday_to_friday_without_hours(self):
        self.company_a.resource_calendar_id = False
        self.assertEqual(self._works(self.manager), [2, 3, 4, 5, 6])
        self.part_time.flexible_hours = True
        self.assertEqual(self._works(self.salesman), [2, 3, 4, 5, 6])

    def test_asked_again_they_take_no_query_and_are_those_of_now(self):
        self.assertEqual(self._works(self.salesman), [5, 6])
        leave = self.env["resource.calendar.leaves"]
        changes = {
            "asked again": (lambda: None, [5, 6]),
            "a day off": (lambda: self._take_off(5), [6]),
            "it is another day": (
                lambda: leave.search([("name", "=", "Off")]).write(
                    {"date_from": "2026-11-05 23:00:00", "date_to": "2026-11-06 22:59:00"}
                ),
                [5],
            ),
            "none any more": (lambda: leave.search([("name", "=", "Off")]).unlink(), [5, 6]),
            "fewer hours": (
                lambda: self.part_time.attendance_ids.filtered(
                    lambda hours: hours.dayofweek == "4"
                ).unlink(),
                [5],
            ),
            "any hours": (lambda: self.part_time.write({"flexible_hours": True}), [2, 3, 4, 5, 6]),
            "other hours": (
                lambda: self.resource.write({"calendar_id": self.part_time.copy().id}),
                [2, 3, 4, 5, 6],
            ),
            "not for them": (lambda: self.resource.write({"active": False}), [2, 3, 4, 5, 6]),
            "the company's": (
                lambda: self.company_a.write(
                    {"resource_calendar_id": self.company_b.resource_calendar_id.id}
                ),
                [2, 3, 4, 5, 6],
            ),
        }
        self.company_b.resource_calendar_id.attendance_ids.filtered(
            lambda hours: hours.dayofweek == "0"
        ).unlink()
        changes["the company's"] = (changes["the company's"][0], [3, 4, 5, 6])
        for name, (change, expected) in changes.items():
            change()
            with self.subTest(name):
                self.assertEqual(self._works(self.salesman), expected)
                self.env.flush_all()
                self.env.invalidate_all()
                with self.assertQueryCount(0):
                    self._works(self.salesman)

    def test_a_machine_that_is_booked_forgets_nothing(self):
        machine = self.env["resource.resource"].create(
            {"name": "Mill", "resource_type": "material"}
        )
        self._works(self.salesman)
        self.env.flush_all()
        self._take_off(5, resource_id=machine.id)
        self.env.flush_all()
        with self.assertQueryCount(0):
            self._works(self.salesman)
        # It is somebody else's then: what was remembered is not true any more.
        leave = self.env["resource.calendar.leaves"].search([("resource_id", "=", machine.id)])
        leave.write({"resource_id": self.resource.id})
        self.assertEqual(self._works(self.salesman), [6])
        leave.write({"resource_id": machine.id})
        self.assertEqual(self._works(self.salesman), [5, 6])

    def test_a_distribution_by_an_own_documents_salesperson(self):
        customers = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "is_company": True,
                    "phone": f"+34 600 000 00{number}",
                }
                for number in range(3)
            ]
        )
        wizard = (
            self.env["crm.activity.distribute"]
            .with_user(self.salesman)
            .create(
                {
                    "target_model": "res.partner",
                    "target_ids": customers.ids,
                    "activity_type_id": self.type_call.id,
                    "name": "Call",
                    "date": datetime(2026, 11, 2, 9),
                    "max_per_day": 1,
                }
            )
        )
        wizard.action_distribute()
        made = wizard.distribution_id.activity_ids.sorted("date")
        self.assertEqual([activity.date.day for activity in made], [5, 6, 12])
