# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import date, datetime, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import first_page
from .common import CrmActivityCase

MARCH, APRIL, MAY = (datetime(2026, month, 10, 12) for month in (3, 4, 5))


class LastContactCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.customer | cls.other_customer
        cls.contacts = cls.contact | cls.contact_2 | cls.other_contact
        cls.everybody = cls.customers | cls.contacts

    def _search(self, domain, user=None, order=None, context=None):
        """:return: those of everybody that are found"""
        Partner = self.env["res.partner"].with_user(user or self.manager)
        Partner = Partner.with_context(**(context or {}))
        found = Partner.search([("id", "in", self.everybody.ids), *domain], order=order)
        return found.with_env(self.env)

    def _read(self, partner, name, user=None):
        partner.invalidate_recordset()
        return partner.with_user(user or self.manager)[name]

    def _log(self, when, **values):
        return self._create_activity(state="done", date=when, **values)


@tagged("post_install", "-at_install")
class TestLastContact(LastContactCase):
    """When somebody was contacted last, and what is planned for them."""

    def test_the_last_that_was_done_and_the_first_that_is_pending(self):
        self._log(MARCH)
        self._log(APRIL)
        for state in ("failed", "cancelled", "draft"):
            self._create_activity(state=state, date=MAY)
        self.assertEqual(self._read(self.customer, "crm_last_contact_date"), APRIL)
        self.assertFalse(self._read(self.customer, "crm_next_activity_date"))
        self._create_activity(date=datetime(2031, 5, 1))
        self._create_activity(date=datetime(2031, 4, 1))
        self.assertEqual(self._read(self.customer, "crm_last_contact_date"), APRIL)
        self.assertEqual(self._read(self.customer, "crm_next_activity_date"), datetime(2031, 4, 1))

    def test_when_it_was_done_counts_and_not_when_it_was_planned_for(self):
        with freeze_time(APRIL):
            self._create_activity(date=MARCH).action_done()
        self.assertEqual(self._read(self.customer, "crm_last_contact_date"), APRIL)

    def test_what_reached_nobody_is_no_contact(self):
        missed, answered = self.env["crm.activity.outcome"].create(
            [{"name": "Nobody there", "is_contact": False}, {"name": "Spoke", "is_contact": True}]
        )
        self._log(MARCH, outcome_id=answered.id)
        self._log(MAY, outcome_id=missed.id)
        self.assertEqual(self._read(self.customer, "crm_last_contact_date"), MARCH)
        self.assertFalse(self._search([("crm_last_contact_date", ">", MARCH)]))
        since_april = [("crm_not_contacted_since", "=", APRIL.date())]
        self.assertIn(self.customer, self._search(since_april))

    def test_a_customer_is_contacted_by_a_contact_and_a_contact_alone(self):
        self._log(MARCH, contact_id=self.contact.id)
        self._log(MAY)
        self._create_activity(date=MAY, contact_id=self.contact.id)
        for partner, last, following in (
            (self.customer, MAY, MAY),
            (self.contact, MARCH, MAY),
            (self.contact_2, False, False),
        ):
            with self.subTest(partner.name):
                self.assertEqual(self._read(partner, "crm_last_contact_date"), last)
                self.assertEqual(self._read(partner, "crm_next_activity_date"), following)

    def test_who_takes_part_was_contacted_and_so_was_their_company(self):
        self._log(APRIL, participant_ids=(self.other_contact | self.contact_2).ids)
        for partner in (self.customer, self.contact_2, self.other_contact, self.other_customer):
            with self.subTest(partner.name):
                self.assertEqual(self._read(partner, "crm_last_contact_date"), APRIL)
        contacted = self.everybody - self.contact
        self.assertEqual(self._search([("crm_last_contact_date", "!=", False)]), contacted)
        self.assertEqual(self._search([("crm_last_contact_date", "=", False)]), self.contact)
        order = "crm_last_contact_date, id"
        self.assertEqual(self._search([], order=order)[0], self.contact)

    def test_found_as_the_dates_say(self):
        """Whatever is compared with whatever: the search and the value are of one mind."""
        self._log(MARCH)
        self._log(MAY, contact_id=self.contact.id)
        self._log(APRIL, partner_id=self.other_customer.id)
        self._create_activity(date=APRIL, contact_id=self.contact_2.id)
        self._create_activity(date=MAY)
        compare = {
            "<": lambda a, b: a and a < b,
            "<=": lambda a, b: a and a <= b,
            ">": lambda a, b: a and a > b,
            ">=": lambda a, b: a and a >= b,
            "=": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
        }
        for name in ("crm_last_contact_date", "crm_next_activity_date"):
            dates = {partner: self._read(partner, name) for partner in self.everybody}
            for operator, holds in compare.items():
                for value in (MARCH, APRIL, MAY, datetime(2000, 1, 1), False):
                    if not value and operator not in ("=", "!="):
                        continue
                    with self.subTest(field=name, operator=operator, value=value):
                        expected = [p for p in self.everybody if holds(dates[p], value)]
                        found = self._search([(name, operator, value)])
                        self.assertEqual(set(found), set(expected))

    def test_never_is_before_the_oldest_and_nothing_planned_after_the_last(self):
        theirs = {"partner_id": self.other_customer.id, "contact_id": self.other_contact.id}
        self._log(MARCH)
        self._log(APRIL, **theirs)
        self._create_activity(date=MAY)
        self._create_activity(date=APRIL, **theirs)
        domain = [("id", "in", (self.customer | self.other_contact | self.contact_2).ids)]
        for order, expected in (
            ("crm_last_contact_date", self.contact_2 | self.customer | self.other_contact),
            ("crm_last_contact_date desc", self.other_contact | self.customer | self.contact_2),
            ("crm_next_activity_date", self.other_contact | self.customer | self.contact_2),
            ("crm_next_activity_date desc", self.contact_2 | self.customer | self.other_contact),
        ):
            with self.subTest(order):
                self.assertEqual(self._search(domain, order=order).ids, expected.ids)

    def test_the_pages_of_a_list_are_the_whole_list(self):
        """However the first are found, with fewer or more of them than are looked at one by one."""
        theirs = {"partner_id": self.other_customer.id, "contact_id": self.other_contact.id}
        self._log(datetime(2024, 3, 10, 12), contact_id=self.contact_2.id)
        self._log(APRIL, **theirs)
        self._log(MAY)
        self._create_activity(date=MARCH, **theirs)
        self._create_activity(date=MAY)
        Partner = self.env["res.partner"].with_user(self.manager)
        domain = [("id", "in", self.everybody.ids)]
        with freeze_time(MAY):
            for candidates, first, each in (
                *((2_000, 50_000, 4), (4, 1, 1), (3, 2, 1), (2, 1, 1), (0, 1, 1)),
                *((3, 100, 1), (4, 100, 2)),
            ):
                self.patch(first_page, "MAX_CANDIDATES", candidates)
                self.patch(first_page, "MAX_FIRST", first)
                self.patch(first_page, "FIRST_EACH", each)
                for name in ("crm_last_contact_date", "crm_next_activity_date"):
                    for order in (
                        f"{name}, name desc, id",
                        f"{name} desc, name, id",
                        f"{name} ASC",
                    ):
                        with self.subTest(limits=(candidates, first, each), order=order):
                            pages = []
                            for offset in range(len(self.everybody)):
                                pages += Partner.search(domain, offset, 1, order).ids
                            # Without a second field by which it is sorted, it is the id.
                            whole = order if "," in order else f"{order}, id"
                            self.assertEqual(pages, Partner.search(domain, order=whole).ids)
                            two = Partner.search(domain, limit=2, order=order).ids
                            self.assertEqual(two, pages[:2])

    def test_the_lists_sort_by_them(self):
        names = ["crm_last_contact_date", "crm_next_activity_date"]
        described = self.env["res.partner"].with_user(self.salesman).fields_get(names)
        self.assertEqual({described[name]["sortable"] for name in names}, {True})

    def test_not_contacted_since_a_day_of_the_users(self):
        # 23:30 on the 9th in Madrid, 11:30 on the 10th in Kiritimati
        self._log(datetime(2026, 4, 9, 21, 30))
        for zone, day in (("Europe/Madrid", 9), ("Pacific/Kiritimati", 10)):
            with self.subTest(zone):
                for since, found in (
                    (date(2026, 4, day), self.everybody - self.customer),
                    (date(2026, 4, day + 1), self.everybody),
                ):
                    domain = [("crm_not_contacted_since", "=", since)]
                    self.assertEqual(self._search(domain, context={"tz": zone}), found)

    def test_what_was_done_yesterday_is_gone_from_the_filter_today(self):
        domain = [("crm_not_contacted_since", "=", "today -30d")]
        with freeze_time(datetime(2026, 6, 15, 9)):
            self.assertIn(self.customer, self._search(domain))
            self._log(datetime(2026, 5, 15, 9))
            self.assertIn(self.customer, self._search(domain), "31 days ago")
            activity = self._create_activity(date=datetime(2026, 6, 14, 9))
            self.assertIn(self.customer, self._search(domain), "planned for yesterday")
            activity.write({"state": "done", "date_done": datetime(2026, 6, 14, 9)})
            self.assertNotIn(self.customer, self._search(domain))
        with freeze_time(datetime(2026, 7, 16, 9)):
            self.assertIn(self.customer, self._search(domain))

    def test_not_contacted_since_one_of_several_days_or_ever(self):
        self._log(MARCH)
        self._log(MAY, partner_id=self.other_customer.id)
        field = "crm_not_contacted_since"
        never = self.contacts
        self.assertEqual(self._search([(field, "=", False)]), never)
        self.assertEqual(self._search([(field, "!=", False)]), self.customers)
        days = [date(2026, 4, 1), date(2026, 6, 1)]
        self.assertEqual(self._search([(field, "in", days)]), self.everybody)
        self.assertEqual(self._search([(field, "in", days[:1])]), never | self.customer)
        with self.assertRaises(UserError):
            self._search([(field, "<", days[0])])

    def test_own_documents_only_by_own_activities_only(self):
        self._log(MARCH, user_id=self.salesman.id)
        self._log(MAY, user_id=self.salesman_all.id)
        self._create_activity(user_id=self.salesman_all.id)
        for user, last, planned in (
            (self.salesman, MARCH, False),
            (self.salesman_all, MAY, True),
            (self.manager, MAY, True),
        ):
            with self.subTest(user.name):
                self.assertEqual(self._read(self.customer, "crm_last_contact_date", user), last)
                self.assertEqual(
                    bool(self._read(self.customer, "crm_next_activity_date", user)), planned
                )
                since_april = [("crm_last_contact_date", ">=", APRIL)]
                self.assertEqual(bool(self._search(since_april, user)), last == MAY)
                nothing = [("crm_next_activity_date", "=", False)]
                self.assertEqual(self.customer in self._search(nothing, user), not planned)

    def test_of_the_selected_companies_only(self):
        self.manager.company_ids = both = self.company_a | self.company_b
        self._log(MARCH, company_id=self.company_a.id)
        self._log(MAY, company_id=self.company_b.id, user_id=self.manager.id)
        since_april = [("crm_last_contact_date", ">=", APRIL)]
        for companies, last in ((self.company_a, MARCH), (both, MAY)):
            context = {"allowed_company_ids": companies.ids}
            customer = self.customer.with_user(self.manager).with_context(**context)
            self.assertEqual(customer.crm_last_contact_date, last)
            found = self._search(since_april, context=context)
            self.assertEqual(found, self.customer if last == MAY else found.browse())

    def test_others_than_salespeople_see_nothing_of_it(self):
        employee = new_test_user(self.env, "eve.employee", "base.group_user", name="Eve")
        customer = self.customer.with_user(employee)
        for name in (
            "crm_last_contact_date",
            "crm_next_activity_date",
            "crm_contact_due_date",
            "crm_contact_cycle",
        ):
            with self.subTest(name):
                self.assertRaises(AccessError, customer.read, [name])
                self.assertRaises(AccessError, customer.search, [(name, "!=", False)])
                self.assertRaises(AccessError, customer.search, [], order=name)
                self.assertNotIn(name, customer.fields_get())
        domain = [("crm_not_contacted_since", "=", "today")]
        self.assertRaises(AccessError, customer.search, domain)
        with self.assertRaises(AccessError):
            customer.sudo(False).write({"crm_contact_cycle": 30})

    def test_many_are_asked_for_at_once(self):
        for _number in range(3):
            self._create_activity(contact_id=self.contact.id)
        names = ["crm_last_contact_date", "crm_next_activity_date"]
        partners = self.everybody.with_user(self.salesman)
        partners.read(names)  # access rights are cached from then on
        for asked in (partners[:1], partners):
            self.env.invalidate_all()
            asked.fetch(["name"])
            with self.assertQueryCount(1):
                asked.mapped("crm_last_contact_date")
                asked.mapped("crm_next_activity_date")


@tagged("post_install", "-at_install")
class TestContactCycle(LastContactCase):
    """Who should be contacted again, and when."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner.category"].search([]).crm_contact_cycle = 0
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE res_partner SET create_date = '2026-01-10 12:00' WHERE id = ANY(%s)",
            [cls.everybody.ids],
        )
        cls.env.invalidate_all()

    def _create_tag(self, days):
        return self.env["res.partner.category"].create(
            {"name": f"Every {days} Days", "crm_contact_cycle": days}
        )

    def _assertDue(self, partner, day, user=None):
        self._assertDueAsTagsAre(partner, day, user)
        # Where a tag has a cycle, it is searched another way.
        tag_of_nobody = self._create_tag(1)
        self._assertDueAsTagsAre(partner, day, user)
        tag_of_nobody.unlink()

    def _assertDueAsTagsAre(self, partner, day, user):
        self.assertEqual(self._read(partner, "crm_contact_due_date", user), day)
        field = "crm_contact_due_date"
        self.assertEqual(partner in self._search([(field, "=", False)], user), not day)
        if day:
            before, after = day - timedelta(days=1), day + timedelta(days=1)
            for operator, value, is_found in (
                ("<", day, False),
                ("<", after, True),
                ("<=", before, False),
                ("<=", day, True),
                ("=", before, False),
                ("=", day, True),
                ("=", after, False),
                ("!=", day, False),
                ("!=", after, True),
                (">=", day, True),
                (">=", after, False),
                (">", before, True),
                (">", day, False),
            ):
                with self.subTest(operator=operator, value=value):
                    found = self._search([(field, operator, value)], user)
                    self.assertEqual(partner in found, is_found)

    def test_one_cycle_after_the_last_contact(self):
        self.customer.crm_contact_cycle = 30
        self._log(MARCH)
        self._assertDue(self.customer, date(2026, 4, 9))
        self._log(APRIL, contact_id=self.contact.id)
        self._assertDue(self.customer, date(2026, 5, 10))
        self._assertDue(self.contact, False)

    def test_since_they_were_created_where_there_was_no_contact(self):
        self.customer.crm_contact_cycle = 30
        self._create_activity(date=MARCH)
        self._assertDue(self.customer, date(2026, 1, 10))

    def test_not_before_they_were_created(self):
        self.customer.crm_contact_cycle = 30
        self._log(datetime(2025, 6, 1, 12))
        self._assertDue(self.customer, date(2026, 1, 10))

    def test_the_shortest_cycle_counts(self):
        self._log(MARCH)
        monthly, weekly = self._create_tag(30), self._create_tag(7)
        for own, tags, days in (
            (0, monthly, 30),
            (0, monthly | weekly, 7),
            (20, monthly, 20),
            (60, monthly, 30),
        ):
            with self.subTest(own=own, tags=tags.mapped("name")):
                self.customer.write({"crm_contact_cycle": own, "category_id": [(6, 0, tags.ids)]})
                self._assertDue(self.customer, MARCH.date() + timedelta(days=days))
        self.customer.crm_contact_cycle = 0
        self.customer.category_id.active = False
        self._assertDue(self.customer, False)

    def test_overdue_from_the_day_after_on_the_users_clock(self):
        self.customer.crm_contact_cycle = 30
        # 12:30 on the 10th in Kiritimati
        self._log(datetime(2026, 3, 9, 22, 30))
        overdue = [("crm_contact_due_date", "<", "today")]
        for zone, first in (
            ("Europe/Madrid", datetime(2026, 4, 8, 22)),
            ("Pacific/Kiritimati", datetime(2026, 4, 9, 10)),
        ):
            with self.subTest(zone):
                context = {"tz": zone}
                with freeze_time(first - timedelta(minutes=1)):
                    self.assertFalse(self._search(overdue, context=context))
                with freeze_time(first):
                    self.assertEqual(self._search(overdue, context=context), self.customer)

    def test_own_documents_only_by_own_contacts(self):
        self.customer.crm_contact_cycle = 30
        self._log(MARCH, user_id=self.salesman.id)
        self._log(MAY, user_id=self.salesman_all.id)
        self._assertDue(self.customer, date(2026, 4, 9), self.salesman)
        self._assertDue(self.customer, date(2026, 6, 9), self.salesman_all)

    def test_years_beyond_every_calendar(self):
        self.customer.crm_contact_cycle = 3650
        field = "crm_contact_due_date"
        for day in (date.min, date(2, 1, 1), date(9998, 12, 31), date.max):
            found = self._search([(field, "<", day)])
            self.assertEqual(bool(found), day.year > 2026)
            for operator in ("<=", ">", ">=", "="):
                self._search([(field, operator, day)])
            self._search([("crm_not_contacted_since", "=", day)])

    @mute_logger("odoo.sql_db")
    def test_only_days_that_make_sense(self):
        for record in (self.customer, self._create_tag(30)):
            for days in (-1, 3651):
                with self.subTest(record=record.name, days=days):
                    with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                        record.crm_contact_cycle = days

    def test_due_dates_of_many_take_as_many_queries_as_of_one(self):
        self.customers.crm_contact_cycle = 30
        self.contacts.category_id = self._create_tag(30)
        partners = self.everybody.with_user(self.salesman)
        partners.read(["crm_contact_due_date"])  # access rights are cached from then on
        for asked in (partners[:1], partners):
            self.env.invalidate_all()
            # Partners, links to tags, tags, activities.
            with self.assertQueryCount(4):
                asked.mapped("crm_contact_due_date")
