# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_distribution import DistributionCase

# A Friday; 10:00 in Madrid, where the clock is changed on Sunday.
FRIDAY = datetime(2026, 10, 23, 8)
DAYS = [datetime(2026, 10, 23, 8), datetime(2026, 10, 26, 9), datetime(2026, 10, 27, 9)]


@tagged("post_install", "-at_install")
class TestSpread(DistributionCase):
    """So many a day for each responsible, on the days that they work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(FRIDAY))
        cls.salesman_all.tz = "Europe/Madrid"

    def _spread(self, targets, **values):
        return self._distribute(targets, date=FRIDAY, **{"max_per_day": 2, **values})

    def _dates(self, distribution):
        """:return: ``{target: date}``"""
        return {activity.partner_id: activity.date for activity in self._made(distribution)}

    def test_in_the_order_of_the_list_at_the_same_hour_of_working_days(self):
        customers = self._create_customers(5)
        order = customers[::-1]
        dates = self._dates(self._spread(order))
        expected = [DAYS[0], DAYS[0], DAYS[1], DAYS[1], DAYS[2]]
        self.assertEqual([dates[target] for target in order], expected)

    def test_all_at_the_same_time_without_a_number(self):
        for number in (0, -1):
            dates = self._dates(self._spread(self._create_customers(3), max_per_day=number))
            self.assertEqual(set(dates.values()), {FRIDAY})

    def test_from_the_first_working_day_on(self):
        customers = self._create_customers(2)
        saturday = datetime(2026, 10, 24, 8)
        distribution = self._distribute(customers, date=saturday, max_per_day=1)
        self.assertEqual(list(self._dates(distribution).values()), DAYS[1:])

    def test_town_by_town(self):
        a, b, c, d, e = customers = self._create_customers(5)
        (a | d).city = "Zamora"
        b.city = "Ávila"
        (c | b).zip = "05002"
        c.city = "avila"
        self.assertFalse(e.city)
        dates = self._dates(self._spread(customers, spread_order="city"))
        self.assertEqual([dates[target] for target in (b, c)], [DAYS[0]] * 2)
        self.assertEqual([dates[target] for target in (a, d)], [DAYS[1]] * 2)
        self.assertEqual(dates[e], DAYS[2])

    def test_each_responsible_has_their_own_days(self):
        customers = self._create_customers(6)
        customers[::2].user_id = self.salesman
        dates = self._dates(self._spread(customers, user_policy="salesperson"))
        for mine in (customers[::2], customers[1::2]):
            self.assertEqual([dates[target] for target in mine], [DAYS[0], DAYS[0], DAYS[1]])

    def test_who_is_left_out_takes_no_place(self):
        customers = self._create_customers(4)
        customers[0].active = False
        dates = self._dates(self._spread(customers))
        self.assertEqual([dates[target] for target in customers[1:]], [DAYS[0], DAYS[0], DAYS[1]])

    def test_the_days_are_decided_once_whoever_goes_on_and_when(self):
        customers = self._create_customers(6)
        distribution = self._start_in_background(customers, date=FRIDAY, max_per_day=2).sudo()
        expected = [day for day in DAYS for _number in range(2)]
        self.assertEqual(distribution.line_ids.mapped("date"), expected)
        distribution._process_chunk(3)
        distribution.with_user(self.salesman_all).action_stop()
        with freeze_time(datetime(2026, 12, 1)):
            distribution.with_user(self.salesman_all).action_continue()
            customers[4].unlink()
            while distribution.run_state != "done":
                distribution._process_chunk(1)
        dates = self._dates(distribution)
        kept = customers.exists()
        self.assertEqual([dates[target] for target in kept], [*expected[:4], expected[5]])
        self.assertEqual(distribution.with_user(self.salesman_all).max_per_day, 2)

    def test_what_fails_on_its_way_keeps_its_day(self):
        customers = self._create_customers(4)
        distribution = self._start_in_background(customers, date=FRIDAY, max_per_day=2).sudo()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            distribution._process_chunk(3)
            raise ZeroDivisionError  # the process dies before it commits
        self.env.invalidate_all()
        while distribution.run_state != "done":
            distribution._process_chunk(3)
        dates = self._dates(distribution)
        self.assertEqual([dates[t] for t in customers], [DAYS[0]] * 2 + [DAYS[1]] * 2)

    def test_undo_takes_them_all_back(self):
        distribution = self._spread(self._create_customers(5))
        distribution.action_undo()
        self.assertFalse(self._made(distribution))

    def test_the_dialog_tells_from_when_to_when(self):
        customers = self._create_customers(5)
        wizard = self._prepare_wizard(customers, date=FRIDAY, max_per_day=2)
        self.assertEqual(
            wizard.spread_summary,
            "5 activities, at most 2 a day: Fri, Oct 23 to Tue, Oct 27",
        )
        customers[:1].user_id = self.salesman

        def summarize(**values):
            self.env.invalidate_all()  # as each request begins
            [result] = wizard.get_expected_result(values)
            return result["spread_summary"]

        self.assertEqual(
            summarize(user_policy="salesperson"),
            "5 activities for 2 people, at most 2 a day each: Fri, Oct 23 to Mon, Oct 26",
        )
        for values in ({"max_per_day": 0}, {"target_ids": []}, {"date": False}):
            self.assertFalse(summarize(**values))
        self.assertIn("Thu, Dec 31 to Mon, Jan 4, 2027", summarize(date="2026-12-31 09:00:00"))

    def test_more_than_a_year_is_refused(self):
        customers = self._create_customers(261)
        wizard = self._prepare_wizard(customers, max_per_day=1)
        self.assertIn("more than a year", wizard.spread_summary)
        with self.assertRaisesRegex(UserError, "more than a year"):
            wizard.action_distribute()
        [result] = wizard.get_expected_result({"max_per_day": 9, "date": "9999-12-31 23:00:00"})
        self.assertIn("more than a year", result["spread_summary"])
        wizard.max_per_day = 2
        wizard.action_distribute()
        self.assertEqual(wizard.distribution_id.total_count, 261)

    def test_who_never_works_works_every_day(self):
        mixin = type(self.env["crm.activity.working.days.mixin"])
        self.patch(mixin, "_get_working_days", lambda *_args: set())
        dates = self._dates(self._spread(self._create_customers(5)))
        days = [date(2026, 10, day) for day in (23, 23, 24, 24, 25)]
        self.assertEqual([day.date() for day in dates.values()], days)

    def test_the_questions_do_not_grow_with_the_targets(self):
        counts = []
        few, many = self._create_customers(10), self._create_customers(500)
        # Access rights, languages and working days are remembered from the first time on.
        for targets in (few, few, many, many):
            wizard = self._prepare_wizard(
                targets, max_per_day=3, user_policy="salesperson", spread_order="city"
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(wizard.spread_summary)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[3])
