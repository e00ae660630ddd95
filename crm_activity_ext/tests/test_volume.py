# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestVolume(CrmActivityCase):
    """Every method works on thousands of records as on one."""

    def _count_queries(self, function, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function(*args)
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _values(self, count):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {i}", "is_company": True} for i in range(count)]
        )
        return [
            {
                "name": "Call",
                "activity_type_id": self.type_call.id,
                "partner_id": partner.id,
                "user_id": self.salesman_all.id,
                "campaign_id": self.campaign.id,
            }
            for partner in partners
        ]

    def test_creating_costs_under_a_tenth_of_a_query_each(self):
        few, many = self._values(100), self._values(1000)
        self.Activity.create(few[:1])
        queries_few = self._count_queries(self.Activity.create, few)
        queries_many = self._count_queries(self.Activity.create, many)
        self.assertLess(queries_many - queries_few, 0.1 * (len(many) - len(few)))

    def test_a_responsible_is_told_once_about_a_batch(self):
        before = self._assignments(self.salesman_all)
        self.Activity.with_user(self.manager).create(self._values(50))
        self.assertEqual(len(self._assignments(self.salesman_all) - before), 1)
        message = self._assignments(self.salesman_all) - before
        self.assertIn("50 CRM activities", message.subject)

    def test_a_responsible_is_told_about_a_single_activity_on_it(self):
        before = self._assignments(self.salesman_all)
        activity = self.Activity.with_user(self.manager).create(self._values(1))
        message = self._assignments(self.salesman_all) - before
        self.assertEqual((message.model, message.res_id), ("crm.activity", activity.id))
        self.assertIn(self.salesman_all.partner_id, activity.message_partner_ids)

    def test_nobody_is_told_of_what_he_made_for_himself(self):
        before = self._assignments(self.salesman_all)
        activities = self.Activity.with_user(self.salesman_all).create(self._values(3))
        self.assertEqual(self._assignments(self.salesman_all), before)
        self.assertFalse(activities.message_partner_ids)

    def test_handing_a_batch_over_tells_the_new_responsible_once(self):
        activities = self.Activity.create(self._values(30))
        before = self._assignments(self.salesman)
        activities.with_user(self.manager).write({"user_id": self.salesman.id})
        self.assertEqual(len(self._assignments(self.salesman) - before), 1)

    def _import(self, names, rows):
        Activity = self.env["crm.activity"].with_user(self.manager).with_context(import_file=True)
        result = Activity.load(names, rows)
        self.assertFalse(result["messages"])
        return Activity.browse(result["ids"])

    def test_an_import_of_what_was_done_and_one_that_marks_done_tell_each_person_once(self):
        before = self._assignments(self.salesman_all)
        notifications = self.env["mail.notification"].search_count([])
        imported = self._import(
            ["name", "activity_type_id/.id", "partner_id/.id", "user_id/.id", "state"],
            [
                [
                    values["name"],
                    str(values["activity_type_id"]),
                    str(values["partner_id"]),
                    str(values["user_id"]),
                    state,
                ]
                for state in ("done", "pending")
                for values in self._values(100)
            ],
        )
        self.assertEqual(len(imported), 200)
        self.assertEqual(len(self._assignments(self.salesman_all) - before), 1)
        pending = imported.filtered(lambda activity: activity.state == "pending")
        self._import([".id", "state"], [[str(activity.id), "done"] for activity in pending])
        self.assertEqual(set(imported.mapped("state")), {"done"})
        self.assertEqual(self.env["mail.notification"].search_count([]), notifications + 1)

    def test_the_rest_of_the_life_does_not_query_record_by_record(self):
        few = self.Activity.create(self._values(10))
        many = self.Activity.create(self._values(200))
        for name, function in {
            "count": lambda records: records.partner_id.mapped("crm_activity_count"),
            "go to": lambda records: records.action_open_customer(),
            "overdue": lambda records: records.mapped("is_overdue"),
            "replicate": lambda records: records.with_context(
                tracking_disable=True
            ).action_replicate(),
        }.items():
            with self.subTest(name):
                growth = self._count_queries(function, many) - self._count_queries(function, few)
                self.assertLess(growth, 0.1 * (len(many) - len(few)))

    def test_one_of_many_in_another_company_is_refused_and_named(self):
        values = self._values(30)
        strange = self.env["res.partner"].browse(values[17]["partner_id"])
        strange.company_id = self.company_b
        for vals in values:
            vals["company_id"] = self.company_a.id
        with self.assertRaisesRegex(UserError, strange.name):
            self.Activity.create(values)
        strange.company_id = self.company_a
        activities = self.Activity.create(values)
        self.assertEqual(activities.company_id, self.company_a)

    def test_what_is_of_no_company_asks_for_none(self):
        activity = self._create_activity()
        with patch.object(type(activity), "_are_in_company", side_effect=AssertionError):
            activity.write({"name": "Another subject", "state": "done"})
            with self.assertRaises(AssertionError):
                activity.user_id = self.manager

    def test_what_is_done_is_written_once(self):
        activities = self.Activity.create(self._values(20))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._count_updates(activities.write, {"state": "done"}), 1)

    def test_what_is_distributed_is_written_once(self):
        wizard = self.env["crm.activity.distribute"].create(
            {
                "target_model": "res.partner",
                "target_ids": [vals["partner_id"] for vals in self._values(20)],
                "activity_type_id": self.type_visit.id,
                "name": "Visit",
            }
        )
        self.assertEqual(self._count_updates(wizard.action_distribute), 0)
        self.assertEqual(wizard.distribution_id.made_count, 20)

    def _count_updates(self, function, *args):
        """:return: how often a function writes into rows of activities that are there already"""
        with self.assertLogs("odoo.sql_db", "DEBUG") as logs:
            function(*args)
            self.env.flush_all()
        return len(re.findall(r'UPDATE "crm_activity"\s', "\n".join(logs.output)))

    @mute_logger("odoo.models.unlink")
    def test_deleting_does_not_check_record_by_record(self):
        few = self.Activity.create(self._values(10)).partner_id
        many = self.Activity.create(self._values(100)).partner_id
        check = self.Activity._check_unreferenced
        self.Activity.search([("partner_id", "in", (few | many).ids)]).unlink()
        growth = self._count_queries(check, "partner_id", many) - self._count_queries(
            check, "partner_id", few
        )
        self.assertEqual(growth, 0)

    def _assignments(self, user):
        return self.env["mail.message"].search(
            [("partner_ids", "=", user.partner_id.id), ("subject", "ilike", "assigned")]
        )
