# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from ..tools import first_page
from .common import CrmActivityCase
from .made_up import made_up

# Few, so that some are equal: one of them long ago, one ahead.
DATES = [datetime(2024, 3, 10, 12), *(datetime(2026, month, 10, 12) for month in (3, 4, 5, 7))]
NOW = datetime(2026, 6, 1, 9)
# Most is done, has reached somebody, and is in the campaign: so more come first together.
STATES = ["done", "done", "done", "pending", "draft"]
MOST = [True, True, False]
# As they are, and so low that every way of finding a page is gone and given up.
LIMITS = [
    {"MAX_CANDIDATES": first_page.MAX_CANDIDATES},
    {
        "MAX_CANDIDATES": 2,
        "FIRST_EACH": 1,
        "MORE": 2,
        "BEGINNING": 1,
        "BEGINNING_OF_AUDIENCE": 1,
    },
    {
        "MAX_CANDIDATES": 3,
        "MAX_MISSING": 2,
        "MAX_FORGOTTEN": 3,
        "MAX_FIRST": 1,
        "MAX_LISTED": 1,
        "BEGINNING": 2,
    },
    {
        "MAX_CANDIDATES": 4,
        "MAX_FORGOTTEN": 4,
        "MAX_LISTED": 2,
        "BEGINNING_OF_AUDIENCE": 2,
    },
]


@tagged("post_install", "-at_install")
class TestFirstPage(CrmActivityCase):
    """However a page is found: it is what each activity, looked at by itself, says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archived = cls.env["res.partner"].create(
            {"name": "Aspen", "parent_id": cls.other_customer.id, "active": False}
        )
        cls.everybody = (
            cls.customer | cls.other_customer | cls.contact | cls.contact_2 | cls.other_contact
        )
        cls.everybody |= cls.archived
        cls.everybody.crm_contact_cycle = 0
        cls.env["res.partner.category"].search([]).crm_contact_cycle = 0
        cls.tag = cls.env["res.partner.category"].create({"name": "Often"})
        cls.missed = cls.env["crm.activity.outcome"].create(
            {"name": "Nobody there", "is_contact": False}
        )
        cls.targets = [
            {"partner_id": cls.customer.id},
            {"contact_id": cls.contact.id},
            {"contact_id": cls.contact_2.id},
            {"partner_id": cls.other_customer.id},
            {"partner_id": cls.customer.id, "participant_ids": cls.other_contact.ids},
            {"contact_id": cls.contact.id, "participant_ids": cls.contact_2.ids},
        ]
        cls.salespeople = cls.salesman | cls.salesman_all | cls.manager
        cls.companies = cls.company_a | cls.company_b
        cls.salespeople.company_ids = cls.companies

    @made_up(
        lambda st: [
            st.lists(
                st.tuples(
                    st.sampled_from(range(6)),
                    st.sampled_from(STATES),
                    st.sampled_from(DATES),
                    st.sampled_from(MOST),
                    st.integers(0, 2),
                    st.booleans(),
                    st.sampled_from(MOST),
                ),
                max_size=16,
            ),
            st.integers(0, 2),
            st.integers(1, 2),
            st.sampled_from(LIMITS),
            st.tuples(st.sampled_from([0, 30, 400]), st.sampled_from([0, 60])),
        ],
        max_examples=25,
    )
    def test_a_page_is_what_the_activities_say(self, definitions, looking, count, limits, cycles):
        self._check_all(definitions, looking, count, limits, cycles)

    def test_what_happened_at_the_same_time_is_in_the_order_of_the_list(self):
        at_once = [(target, "done", DATES[2], True, 0, False, True) for target in range(6)]
        for limits in LIMITS:
            self._check_all([*at_once, *at_once], 2, 1, limits, (30, 0))

    def test_pages_fit_together_where_all_are_equal(self):
        Partner = self.env["res.partner"].with_context(
            crm_campaign_id=self.campaign.id, crm_campaign_field="partner_id"
        )
        everybody = self.everybody - self.archived
        domain = [("id", "in", everybody.ids)]
        missing = [*domain, ("crm_campaign_reached", "=", False)]
        for limits in LIMITS:
            for asked, order in (
                (domain, "crm_last_contact_date, city"),
                (domain, "crm_next_activity_date desc, user_id"),
                (domain, "crm_campaign_last_date desc, city"),
                (missing, "city"),
                (missing, "city, user_id.id"),
            ):
                with self.subTest(limits=limits, order=order):
                    with patch.multiple(first_page, **limits):
                        pages = [Partner.search(asked, n, 1, order).id for n in range(5)]
                    self.assertEqual(pages, everybody.sorted("id").ids)

    def _check_all(self, definitions, looking, count, limits, cycles):
        """Make activities up, and look for them.

        :param list definitions: values of activities
        :param int looking: who looks
        :param int count: of the companies that they have selected
        :param dict limits: ``{constant of first_page: value}``
        :param tuple cycles: days of a partner's own, and of a tag
        """
        with (
            self.env.cr.savepoint() as savepoint,
            freeze_time(NOW),
            patch.multiple(first_page, **limits),
        ):
            self._create_all(definitions)
            self._set_cycles(*cycles)
            user = self.salespeople[looking]
            self._check(
                self.env["res.partner"]
                .with_user(user)
                .with_context(
                    allowed_company_ids=self.companies[:count].ids,
                    crm_campaign_id=self.campaign.id,
                    crm_campaign_field="partner_id",
                    tz="UTC",
                )
            )
            savepoint.rollback()
        self.env.invalidate_all()

    def _create_all(self, definitions):
        self.Activity.with_context(tracking_disable=True).create(
            [
                {
                    "name": "Something",
                    "activity_type_id": self.type_call.id,
                    "state": state,
                    "date": when,
                    "date_done": when if state == "done" else False,
                    "outcome_id": self.missed.id if not is_reached and state == "done" else False,
                    "user_id": self.salespeople[user].id,
                    "company_id": self.companies[is_other].id,
                    "campaign_id": self.campaign.id if in_campaign else False,
                    **self.targets[target],
                }
                for target, state, when, is_reached, user, is_other, in_campaign in definitions
            ]
        )

    def _set_cycles(self, own, of_tag):
        self.customer.write({"crm_contact_cycle": own, "category_id": [(6, 0, self.tag.ids)]})
        self.other_contact.crm_contact_cycle = own
        self.contact.category_id = self.tag
        self.tag.crm_contact_cycle = of_tag
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = '2026-01-10 12:00' WHERE id = ANY(%s)",
            [self.everybody.ids],
        )
        self.env.invalidate_all()

    def _check(self, Partner):
        Activity = self.Activity.with_env(Partner.env)
        activities = Activity.search([("id", ">", 0)]).sudo()
        reached = activities.filtered("is_reached")
        in_campaign = activities.filtered(lambda a: a.campaign_id == self.campaign)
        last = self._choose(max, reached, "date_done", self._get_in_touch)
        following = self._choose(
            min, activities.filtered(lambda a: a.state == "pending"), "date", self._get_in_touch
        )
        in_matrix = self._choose(max, reached & in_campaign, "date", self._get_targets)
        for is_active in ([("active", "=", True)], [("active", "in", [True, False])]):
            domain = [("id", "in", self.everybody.ids), *is_active]
            partners = self.everybody.filtered_domain(is_active).sorted(
                lambda partner: (partner.name, -partner.id)
            )
            for field, dates, never in (
                ("crm_last_contact_date", last, datetime.min),
                ("crm_next_activity_date", following, datetime.max),
                ("crm_campaign_last_date", in_matrix, datetime.min),
            ):
                for direction in ("", " desc"):
                    expected = partners.sorted(
                        lambda partner, d=dates, n=never: d.get(partner, n),
                        reverse=bool(direction),
                    )
                    order = f"{field}{direction}, name, id desc"
                    self._check_pages(Partner, domain, order, expected)
            for condition, holds in (
                (("crm_campaign_reached", "=", False), lambda p: p not in in_matrix),
                (("crm_campaign_reached", "!=", True), lambda p: p not in in_matrix),
                (("crm_campaign_reached", "=", True), lambda p: p in in_matrix),
                (
                    ("crm_not_contacted_since", "=", date(2026, 4, 10)),
                    lambda p: last.get(p, datetime.min) < datetime(2026, 4, 10),
                ),
                (("crm_next_activity_date", "=", False), lambda p: p not in following),
                (("crm_contact_due_date", "<", "today"), lambda p: self._is_overdue(p, last)),
            ):
                expected = partners.filtered(holds)
                self._check_pages(Partner, [*domain, condition], "name, id desc", expected)
                count = Partner.search_count([*domain, condition])
                self.assertEqual(count, len(expected), condition)

    def _check_pages(self, Partner, domain, order, expected):
        found = [Partner.search(domain, offset, 2, order).ids for offset in range(0, 6, 2)]
        self.assertEqual(sum(found, []), expected.ids, (domain, order))
        self.assertEqual(Partner.search(domain, limit=1, order=order).ids, expected[:1].ids)
        self.assertEqual(Partner.search(domain, order=order).ids, expected.ids, (domain, order))

    def _choose(self, choose, activities, field, get_targets):
        """:return: ``{partner: date}``"""
        dates = {}
        for activity in activities:
            for partner in get_targets(activity).sudo(False).with_env(self.env):
                when = activity[field]
                dates[partner] = choose(when, dates.get(partner, when))
        return dates

    def _get_in_touch(self, activity):
        people = activity.participant_ids
        return activity.partner_id | activity.contact_id | people | people.commercial_partner_id

    def _get_targets(self, activity):
        return activity.partner_id | (activity.participant_ids - activity.contact_id)

    def _is_overdue(self, partner, last):
        tags = partner.category_id.mapped("crm_contact_cycle")
        cycles = [days for days in (partner.crm_contact_cycle, *tags) if days]
        if not cycles:
            return False
        due = last.get(partner, datetime.min + timedelta(days=1)).date()
        due = due + timedelta(days=min(cycles)) if partner in last else due
        return max(due, date(2026, 1, 10)) < NOW.date()
