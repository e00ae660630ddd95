# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may see, start and stop a sequence, and what only the system says of one."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SequenceCase


@tagged("post_install", "-at_install")
class TestSequenceAccess(SequenceCase):
    @mute_logger("odoo.models.unlink", "odoo.addons.base.models.ir_model")
    def test_only_sales_administrators_maintain_sequences(self):
        for user in (self.salesman, self.salesman_all):
            sequence = self.sequence.with_user(user)
            self.assertTrue(sequence.step_ids.mapped("name"))
            for change in (
                lambda s: s.write({"name": "Mine"}),
                lambda s: s.step_ids[0].write({"name": "Mine"}),
                lambda s: s.copy(),
                lambda s: s.unlink(),
                lambda s: s.action_ask_update(),
            ):
                with self.assertRaises(AccessError):
                    change(sequence)
        self.sequence.with_user(self.manager).name = "Theirs"

    def test_a_sequence_is_made_where_one_is_started_by_who_may(self):
        for user, may in ((self.salesman, "False"), (self.manager, "True")):
            view = self.env["crm.activity.sequence.enroll"].with_user(user).get_view()
            [field] = etree.fromstring(view["arch"]).xpath("//field[@name='sequence_id']")
            self.assertEqual(field.get("can_create"), may)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_own_documents_only_means_own_enrollments_only(self):
        theirs = self._start(user=self.salesman_all)
        with self.assertRaises(AccessError):
            theirs.with_user(self.salesman).read(["progress"])
        for action in ("action_stop", "action_pause", "action_resume"):
            with self.assertRaises(AccessError):
                getattr(theirs.with_user(self.salesman), action)()
        self.assertFalse(self.contact.with_user(self.salesman).crm_sequence_progress)
        self.assertEqual(self.contact.with_user(self.salesman_all).crm_sequence_count, 1)
        self.assertEqual(self.sequence.with_user(self.salesman).enrollment_count, 0)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_only_the_system_writes_enrollments(self):
        enrollment = self._start()
        for user in (self.salesman, self.manager):
            mine = enrollment.with_user(user)
            for change in (
                lambda e: e.write({"state": "running"}),
                lambda e: e.write({"stop_reason": "answer"}),
                lambda e: e.unlink(),
                lambda e: e.create({"sequence_id": self.sequence.id}),
            ):
                with self.assertRaises(AccessError):
                    change(mine)

    def test_nobody_says_what_follows_from_a_sequence(self):
        self.contact.crm_refuses_call = True
        values = {
            "sequence_id": self.sequence.id,
            "target_model": "res.partner",
            "target_ids": self.contact.ids,
            "campaign_id": self.campaign.id,
        }
        Wizard = self.env["crm.activity.sequence.enroll"].with_user(self.salesman)
        others = {
            "activity_type_id": self.type_visit.id,
            "body": "<p>Mine</p>",
            "date": "2020-01-01 08:00:00",
            "name": "Mine",
            "state": "done",
        }
        for name, value in others.items():
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    Wizard.create({**values, name: value})
                with self.assertRaises(AccessError):
                    Wizard.create(values).write({name: value})
                defaults = {f"default_{name}": value}
                with self.assertRaisesRegex(UserError, "does not want calls"):
                    Wizard.with_context(**defaults).create(values).action_distribute()
        self.assertFalse(self._get_enrollments(self.contact))

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_sees_or_makes_the_marks_of_what_stops(self):
        enrollment = self._start()
        enrollment._settle_later("answer")
        for user in (self.salesman, self.manager):
            Stop = self.env["crm.activity.sequence.stop"].with_user(user)
            for attempt in (
                lambda S: S.search([]),
                lambda S: S.create({"enrollment_id": enrollment.id}),
                lambda S: S.browse(enrollment.stop_ids.ids).unlink(),
                lambda S: enrollment.with_env(S.env).read(["stop_ids"]),
            ):
                with self.assertRaises(AccessError):
                    attempt(Stop)

    def test_nobody_puts_an_activity_into_a_sequence(self):
        enrollment = self._start()
        for values in ({"enrollment_id": enrollment.id}, {"step_id": self.sequence.step_ids[0].id}):
            with self.assertRaises(AccessError):
                self._create_activity(**values)
            with self.assertRaises(AccessError):
                self._get_steps(enrollment)[0].with_user(self.manager).write(values)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_who_has_no_sales_rights_sees_nothing(self):
        clerk = new_test_user(self.env, "carl.clerk", "base.group_user")
        for model in ("crm.activity.sequence", "crm.activity.sequence.enrollment"):
            self.assertFalse(self.env[model].with_user(clerk).has_access("read"))
        with self.assertRaises(AccessError):
            self.contact.with_user(clerk).action_start_crm_sequence()
        with self.assertRaises(AccessError):
            self.contact.with_user(clerk).read(["crm_sequence_progress"])
        with self.assertRaises(AccessError):
            self.sequence.with_user(clerk).action_enroll("res.partner", self.contact.ids)
        self.assertFalse(self._get_enrollments(self.contact))

    def test_who_makes_own_activities_alone_gives_no_sequence_away(self):
        self.contact.user_id = self.salesman_all
        with self.assertRaisesRegex(Exception, "only create activities for"):
            self._start(user_policy="salesperson")

    def test_a_sequence_is_in_the_company_of_its_target(self):
        self.contact.company_id = self.company_b
        self.customer.company_id = self.company_b
        self.salesman_all.company_ids |= self.company_b
        companies = {"allowed_company_ids": (self.company_a | self.company_b).ids}
        user = self.salesman_all.with_context(**companies)
        wizard = self.env["crm.activity.sequence.enroll"].with_user(user.id)
        wizard.with_context(**companies).create(
            {
                "sequence_id": self.sequence.id,
                "target_model": "res.partner",
                "target_ids": self.contact.ids,
                "user_policy": "me",
            }
        ).action_distribute()
        enrollment = self._get_enrollments(self.contact)
        self.assertEqual(enrollment.company_id, self.company_b)
        mine = self.Enrollment.with_user(self.salesman_all)
        only_a = mine.with_context(allowed_company_ids=self.company_a.ids)
        self.assertFalse(only_a.search([("id", "=", enrollment.id)]))
        self.assertTrue(mine.with_context(**companies).search([("id", "=", enrollment.id)]))

    def test_a_customer_that_moves_takes_its_sequence_along(self):
        enrollment = self._start(self.customer)
        self.assertEqual(enrollment.company_id, self.company_a)
        self.salesman.company_ids |= self.company_b
        self.customer.company_id = self.company_b
        self.env.flush_all()
        self.assertEqual(enrollment.company_id, self.company_b)
