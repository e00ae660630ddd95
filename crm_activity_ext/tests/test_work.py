# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several work through the same list: a customer is with one of them at a time."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_day import WorkCase


@tagged("post_install", "-at_install")
class TestClaims(WorkCase):
    def test_a_customer_is_with_one_person_at_a_time(self):
        self.assertEqual(self._get_id(self._next(self.salesman_all)), self.first.id)
        result = self._next(self.bob)
        self.assertEqual(self._get_id(result), self.second.id)
        self.assertEqual(
            [(skip["id"], skip["is_claimed"], skip["reason"]) for skip in result["skipped"]],
            [(self.first.id, True, "“First”: Ada All is with this customer.")],
        )
        # Another activity of the same customer neither.
        result = self._next(self.bob, self.same_customer.ids)
        self.assertFalse(result["step"])
        # Whoever has it may go back to it, and a claim hides nothing.
        self.assertEqual(self._get_id(self._next(self.salesman_all)), self.first.id)
        self.assertIn(self.first, self._as(self.bob).search([("id", "in", self.calls.ids)]))
        self._as(self.bob, self.first).write({"name": "Changed all the same"})

    def test_a_claim_ends_with_its_step(self):
        ahead = self.calls[1:].ids
        ends = [
            lambda: self._next(self.salesman_all, ahead, left_id=self.first.id),
            lambda: self._as(self.salesman_all).work_stop(self.first.id),
            lambda: self._as(self.salesman_all, self.first).work_later("tomorrow", ahead),
            lambda: self._as(self.salesman_all, self.first).work_done({}, ahead),
        ]
        for end in ends:
            self._next(self.salesman_all, self.first.ids)
            self.assertFalse(self._next(self.bob, self.same_customer.ids)["step"])
            end()
            self._as(self.salesman_all).work_stop(self.second.id)
            self.assertTrue(self._next(self.bob, self.same_customer.ids)["step"])
            self._as(self.bob).work_stop(self.same_customer.id)

    def test_a_claim_stays_from_one_to_the_next_of_the_same_customer(self):
        self._next(self.salesman_all)
        step = self._next(self.salesman_all, self.same_customer.ids, left_id=self.first.id)["step"]
        self.assertEqual(step["id"], self.same_customer.id)
        self.assertFalse(self._next(self.bob, self.first.ids)["step"])
        # It ends where a colleague has the next one as well.
        self._next(self.bob, self.second.ids)
        self._next(self.salesman_all, self.second.ids, left_id=self.same_customer.id)
        self.assertTrue(self._next(self.bob, self.first.ids)["step"])

    def test_a_claim_ends_by_itself(self):
        self._next(self.salesman_all)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=14)):
            self.assertFalse(self._next(self.bob, self.first.ids)["step"])
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            self.assertTrue(self._next(self.bob, self.first.ids)["step"])

    def test_nobody_ends_the_claim_of_another(self):
        self._next(self.salesman_all)
        self._as(self.bob).work_stop(self.first.id)
        self._next(self.bob, [], left_id=self.first.id)
        self.assertFalse(self._next(self.bob, self.first.ids)["step"])

    def test_a_claim_is_no_change(self):
        before = self.first.write_date
        self._next(self.salesman_all)
        self.first.invalidate_recordset()
        self.assertEqual(self.first.work_user_id, self.salesman_all)
        self.assertEqual(self.first.write_date, before)

    def test_people_do_not_write_claims(self):
        for values in ({"work_user_id": self.bob.id}, {"work_until": "2050-01-01"}):
            with self.assertRaises(AccessError):
                self._as(self.manager, self.first).write(values)
            with self.assertRaises(AccessError):
                self._as(self.manager).create(
                    {"activity_type_id": self.type_call.id, "name": "Mine", **values}
                )
