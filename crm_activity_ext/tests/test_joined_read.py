# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One query reads what the ORM reads model by model."""

from odoo.fields import Command, Domain
from odoo.tests import tagged

from ..tools.joined_read import JoinedRead
from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestJoinedRead(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.full = cls._create_activity(
            campaign_id=cls.campaign.id,
            contact_id=cls.contact.id,
            participant_ids=[Command.link(cls.other_contact.id)],
            user_id=cls.salesman.id,
        )
        cls.bare = cls._create_activity(partner_id=False, user_id=cls.salesman_all.id)
        cls.both = cls.full + cls.bare

    def _read(self, user, ids):
        reading = JoinedRead(self.Activity.with_user(user), Domain("id", "in", ids))
        reading.follow("activity_type_id", "campaign_id", "contact_id", "partner_id")
        reading.follow("company_id", "company_id.partner_id")
        reading.notice_empty("participant_ids")
        reading.add(user, "partner_id")
        reading.add(self.company_b)
        return reading.fetch()

    def _get_values(self, records):
        records = records.sudo()
        names = [field.name for field in records._determine_fields_to_fetch()]
        return records.read(names, load=None)

    def test_it_reads_what_the_orm_reads(self):
        user = self.salesman_all
        others = [
            user,
            user.partner_id,
            self.company_a + self.company_b,
            self.company_a.partner_id,
            self.contact,
            self.full.partner_id,
            self.full.activity_type_id,
            self.bare.activity_type_id,
            self.campaign,
        ]
        self.env.flush_all()
        self._read(user, self.both.ids)  # what the user may read is remembered
        self.env.invalidate_all()
        expected = [self._get_values(records) for records in [self.both.sorted(), *others]]
        self.env.invalidate_all()
        with self.assertQueryCount(1, flush=False):
            found = self._read(user, self.both.ids).sorted()
            read = [self._get_values(records) for records in [found, *others]]
        self.assertEqual(found.ids, self.both.sorted().ids)
        self.assertEqual(read, expected)

    def test_it_notices_where_nobody_takes_part(self):
        self.env.invalidate_all()
        full, bare = self._read(self.salesman_all, self.both.ids).sorted("id")
        with self.assertQueryCount(0, flush=False):
            self.assertFalse(bare.participant_ids)
        self.assertEqual(full.participant_ids.ids, self.other_contact.ids)

    def test_it_finds_no_more_than_the_user_may_read(self):
        self.assertEqual(self._read(self.salesman, self.both.ids).ids, self.full.ids)
        self.assertFalse(self._read(self.salesman, self.bare.ids))
        self.assertFalse(self._read(self.salesman, []))

    def test_what_is_too_wide_is_left_to_the_orm(self):
        reading = JoinedRead(self.Activity, Domain("id", "in", self.both.ids))
        companies = self.env["res.company"].create([{"name": f"Company {n}"} for n in range(40)])
        for company in companies:
            reading.add(company)
        self.assertEqual(reading.fetch().sorted(), self.both.sorted())
        self.assertEqual(companies[-1].name, "Company 39")

    def test_it_takes_back_nothing_that_is_not_written_yet(self):
        self.full.name = "Changed a moment ago"
        self.contact.name = "Married since"
        self.assertEqual(self._read(self.salesman, self.full.ids).name, "Changed a moment ago")
        self.assertEqual(self.contact.name, "Married since")
