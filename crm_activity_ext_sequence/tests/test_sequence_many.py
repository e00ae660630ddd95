# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is done with many enrollments is done in the background, chunk by chunk."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.models import crm_activity_distribution_undo_mixin
from odoo.addons.crm_activity_ext.tests.smtp import smtp_server

from .common import SequenceCase

LIMIT = (
    "odoo.addons.crm_activity_ext_sequence.models.crm_activity_sequence_enrollment.IMMEDIATE_LIMIT"
)
MANY = 6


@tagged("post_install", "-at_install")
class TestSequenceMany(SequenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch(LIMIT, MANY - 1))
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"C{i}", "email": f"c{i}@example.com"} for i in range(MANY)]
        )

    def _do(self, enrollments, action, user=None):
        """:return: the distribution that does it with these"""
        user = user or self.salesman
        result = getattr(enrollments.with_user(user), f"action_{action}")()
        self.assertEqual(result["res_model"], "crm.activity.distribution")
        return self.env["crm.activity.distribution"].browse(result["res_id"])

    def _work_off(self, distribution, size=None):
        distribution.sudo()._process_chunk(size=size)
        self.env.invalidate_all()

    def _cron(self):
        self._run_cron("crm_activity_ext.ir_cron_distribute")

    def assertDone(self, distribution):
        self.assertEqual(distribution.run_state, "done")
        self.assertFalse(distribution.line_ids)

    def test_many_are_paused_resumed_and_stopped_with_progress(self):
        enrollments = self._start(self.customers)
        pausing = self._do(enrollments, "pause")
        self.assertEqual(pausing.display_name, "Pause: Proposal")
        self.assertEqual(set(enrollments.mapped("state")), {"running"})
        self._work_off(pausing, 4)
        self.assertEqual(enrollments.mapped("state").count("paused"), 4)
        self.assertEqual((pausing.total_count, pausing.waiting_count), (MANY, MANY - 4))
        self._cron()
        self.assertDone(pausing)
        self.assertEqual(set(enrollments.mapped("state")), {"paused"})
        self.assertEqual(set(enrollments.activity_ids.mapped("state")), {"cancelled"})
        enrollments.pause_date = fields.Date.today() - timedelta(days=7)
        before = enrollments.activity_ids.mapped("date")
        resuming = self._do(enrollments, "resume")
        self._cron()
        self.assertDone(resuming)
        self.assertEqual(set(enrollments.activity_ids.mapped("state")), {"pending"})
        after = enrollments.activity_ids.mapped("date")
        self.assertTrue(all(b > a for a, b in zip(before, after, strict=True)))
        stopping = self._do(enrollments, "stop")
        self._cron()
        self.assertDone(stopping)
        self.assertEqual(enrollments.end_user_id, self.salesman)
        for enrollment in enrollments:
            self.assertStopped(enrollment, "user")

    def test_many_planned_activities_are_updated_with_progress(self):
        enrollments = self._start(self.customers)
        self.sequence.step_ids[2].name = "All clear?"
        wizard = self.env["crm.activity.sequence.update"].with_user(self.manager)
        action = wizard.create({"sequence_id": self.sequence.id}).action_update()
        updating = self.env["crm.activity.distribution"].browse(action["res_id"])
        self._work_off(updating, 4)
        third = [self._get_steps(enrollment)[2] for enrollment in enrollments]
        self.assertEqual([step.name for step in third].count("All clear?"), 4)
        self._cron()
        self.assertDone(updating)
        self.assertEqual({step.name for step in third}, {"All clear?"})
        self.assertEqual(set(enrollments.activity_ids.mapped("state")), {"pending"})

    def test_a_start_of_many_is_undone_chunk_by_chunk_and_nothing_of_it_leaves(self):
        enrollments = self._start(self.customers)
        first = self.Activity.concat(*(self._get_steps(one)[0] for one in enrollments))
        self._get_steps(enrollments[2])[1].with_user(self.salesman).action_done()
        enrollments[1].action_pause()
        start = enrollments.distribution_id
        with patch.object(crm_activity_distribution_undo_mixin, "CHUNK_SIZE", 4):
            message = start.with_user(self.salesman).action_undo()["params"]["message"]
            self.assertEqual(
                message,
                "Activities deleted: 4. Sent or done, and kept: 1. "
                "To be deleted in the background: 19.",
            )
            self.assertEqual(set(enrollments[:4].mapped("state")), {"stopped"})
            self.assertFalse(enrollments[:4].sudo().activity_ids.filtered(lambda a: a.is_final))
            first.exists().sudo().date = fields.Datetime.now() - timedelta(minutes=1)
            with smtp_server(self.env) as mailbox:
                self._run_queue()
            to = "".join(mail["To"] for mail in mailbox.messages)
            self.assertFalse([one for one in self.customers if one.email in to])
            self.assertEqual(set(enrollments[4:].mapped("state")), {"running"})
            self._cron()
        self.assertEqual((start.run_state, start.made_count), ("undone", 1))
        self.assertEqual(enrollments.exists(), enrollments[2])
        self.assertEqual((enrollments[2].state, enrollments[2].stop_reason), ("stopped", "user"))
        self.assertEqual(enrollments[2].activity_ids.mapped("state"), ["done"])
        # They can be in it again.
        self.assertEqual(set(self._start(self.customers[:2]).mapped("state")), {"running"})

    def test_who_is_about_to_be_taken_out_can_be_enrolled_again_at_once(self):
        enrollments = self._start(self.customers)
        start = enrollments.distribution_id
        with patch.object(crm_activity_distribution_undo_mixin, "CHUNK_SIZE", 4):
            start.with_user(self.salesman).action_undo()
            again = self._start(self.customers) - enrollments
            self.assertEqual(len(again), MANY)
            self._cron()
        self.assertEqual((start.run_state, enrollments.exists()), ("undone", again.browse()))
        self.assertEqual(set(again.mapped("state")), {"running"})
        self.assertEqual(len(again.activity_ids), 4 * MANY)

    def test_nothing_leaves_of_a_start_that_another_app_does_not_let_go(self):
        enrollments = self._start(self.customers)
        first = self.Activity.concat(*(self._get_steps(one)[0] for one in enrollments))
        start = enrollments.distribution_id
        unlink = type(first).unlink

        def hold(activities):
            if first[0] in activities:
                raise UserError(str(first[0]))
            return unlink(activities)

        with patch.object(type(first), "unlink", hold):
            start.with_user(self.salesman).action_undo()
            self._cron()
        self.assertEqual(start.run_state, "undone")
        self.assertEqual(enrollments.exists(), enrollments[0])
        self.assertEqual((enrollments[0].state, enrollments[0].stop_reason), ("stopped", "user"))
        self.assertEqual((first.exists(), first[0].state), (first[0], "cancelled"))
        first[0].sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse([m for m in mailbox.messages if self.customers[0].email in m["To"]])

    def test_enrollments_of_an_undone_start_are_deleted_chunk_by_chunk(self):
        enrollments = self._start(self.customers)
        start = enrollments.distribution_id
        unlink, sizes = type(enrollments).unlink, []

        def watch(some):
            if enrollments[1] in some:
                raise UserError(str(enrollments[1]))
            sizes.append(len(some))
            return unlink(some)

        enrollments.sudo().activity_ids._take_back()
        with (
            patch.object(type(enrollments), "unlink", watch),
            patch.object(crm_activity_distribution_undo_mixin, "CHUNK_SIZE", 4),
        ):
            start.with_user(self.salesman).action_undo()
            self.assertEqual(start.run_state, "undoing")
            self._cron()
        self.assertEqual((start.run_state, start.made_count), ("undone", 1))
        self.assertEqual(enrollments.exists(), enrollments[1])
        self.assertLessEqual(max(sizes), 4)

    def test_nothing_leaves_of_what_waits_for_its_turn(self):
        for action in ("pause", "stop"):
            with self.subTest(action), self.env.cr.savepoint() as savepoint:
                enrollments = self._start(self.customers)
                first = [self._get_steps(enrollment)[0] for enrollment in enrollments]
                self.Activity.concat(*first).sudo().date = fields.Datetime.now() - timedelta(1)
                self._work_off(self._do(enrollments, action), 2)
                with smtp_server(self.env) as mailbox:
                    self._run_queue()
                self.assertFalse([m for m in mailbox.messages if "c5@" in m["To"]])
                self.assertEqual(
                    [step.state for step in first], ["cancelled"] * 2 + ["pending"] * (MANY - 2)
                )
                savepoint.rollback()
            self.env.invalidate_all()

    def test_what_a_stopped_distribution_has_left_goes_on(self):
        enrollments = self._start(self.customers)
        first = [self._get_steps(enrollment)[0] for enrollment in enrollments]
        self.Activity.concat(*first).sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        pausing = self._do(enrollments, "pause")
        self._work_off(pausing, 2)
        pausing.with_user(self.salesman).action_stop()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual(len([m for m in mailbox.messages if "c5@" in m["To"]]), 1)
        self.assertEqual([step.state for step in first], ["cancelled"] * 2 + ["done"] * (MANY - 2))

    def test_what_waited_for_an_update_leaves_after_it(self):
        enrollments = self._start(self.customers)
        first = [self._get_steps(enrollment)[0] for enrollment in enrollments]
        self.Activity.concat(*first).sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        wizard = self.env["crm.activity.sequence.update"].with_user(self.manager)
        wizard.create({"sequence_id": self.sequence.id}).action_update()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
            self.assertFalse([m for m in mailbox.messages if "c5@" in m["To"]])
            self._cron()
            self._run_queue()
        self.assertEqual(len([m for m in mailbox.messages if "c5@" in m["To"]]), 1)

    def test_of_two_who_pause_the_same_the_second_is_told(self):
        enrollments = self._start(self.customers)
        one, other = self._do(enrollments, "pause"), self._do(enrollments, "pause", self.manager)
        self._cron()
        self.assertDone(one)
        self.assertEqual((other.run_state, other.left_out_count), ("done", MANY))
        self.assertEqual(other.left_out_summary, f"Not changed: {MANY}")
        self.assertEqual(set(other.line_ids.mapped("reason")), {"Paused after 0 of 4 steps"})
        self.assertEqual({len(states) for states in enrollments.mapped("paused_states")}, {4})

    def test_what_has_ended_meanwhile_stays_as_it_is_and_is_said(self):
        enrollments = self._start(self.customers)
        pausing = self._do(enrollments, "pause")
        enrollments[1]._stop("answer")
        self._cron()
        self.assertStopped(enrollments[1], "answer")
        line = pausing.line_ids
        self.assertEqual(
            (line.kind, line.reason, line.name),
            (
                "unchanged",
                "Stopped after 0 of 4 steps: Answered",
                enrollments[1].display_name,
            ),
        )
        action = line.action_open_target()
        self.assertEqual((action["res_model"], action["res_id"]), (enrollments._name, line.res_id))

    def test_one_that_fails_keeps_no_other_from_it(self):
        enrollments = self._start(self.customers)
        failing, reason = enrollments[3], "Not this one"
        pause = type(enrollments)._pause

        def fail(enrollments):
            if failing in enrollments:
                raise UserError(reason)
            return pause(enrollments)

        pausing = self._do(enrollments, "pause")
        with patch.object(type(enrollments), "_pause", fail):
            self._cron()
        self.assertEqual(set((enrollments - failing).mapped("state")), {"paused"})
        self.assertEqual(failing.state, "running")
        self.assertEqual((pausing.line_ids.kind, pausing.line_ids.reason), ("unchanged", reason))

    def test_who_is_refused_a_call_meanwhile_is_stopped_and_not_resumed(self):
        enrollments = self._start(self.customers, campaign_id=self.campaign.id)
        self._do(enrollments, "pause")
        self._cron()
        self.other_customer.crm_refuses_call = True
        self.customers[0].parent_id = self.other_customer  # whose wish holds from now on
        resuming = self._do(enrollments, "resume")
        self._cron()
        self.assertEqual((resuming.run_state, resuming.made_count), ("done", MANY - 1))
        self.assertEqual(
            (resuming.line_ids.kind, resuming.line_ids.reason),
            ("opted_out", "Stopped after 0 of 4 steps: Opted out"),
        )
        self.assertStopped(enrollments[0], "opted_out")
        self.assertEqual(set(enrollments[1:].mapped("state")), {"running"})

    def test_what_is_being_sent_while_it_is_stopped_is_said(self):
        enrollments = self._start(self.customers)
        stopping = self._do(enrollments, "stop")
        first = self._get_steps(enrollments[0])[0]
        cancel = type(enrollments)._cancel_left

        def be_busy(enrollments):
            return cancel(enrollments) | (enrollments.activity_ids & first)

        with patch.object(type(enrollments), "_cancel_left", be_busy):
            self._cron()
        self.assertEqual((stopping.run_state, stopping.made_count), ("done", MANY - 1))
        line = stopping.line_ids
        self.assertEqual((line.kind, line.res_id), ("busy", enrollments[0].id))
        self.assertIn("These may still leave.", line.reason)

    def test_a_chunk_that_meets_another_transaction_is_tried_again(self):
        enrollments = self._start(self.customers)
        pausing = self._do(enrollments, "pause")
        pause = type(enrollments)._pause
        failures = [SerializationFailure("others were faster")] * 2

        def meet(enrollments):
            if failures:
                raise failures.pop()
            return pause(enrollments)

        with patch.object(type(enrollments), "_pause", meet):
            self._cron()
        self.assertDone(pausing)
        self.assertEqual(set(enrollments.mapped("state")), {"paused"})

    def test_one_that_always_meets_another_transaction_keeps_no_other_from_its_turn(self):
        enrollments = self._start(self.customers)
        lost, other = self._do(enrollments, "pause"), self._do(enrollments, "pause", self.manager)
        process = type(lost)._process_chunk

        def meet(distribution, size=None):
            if distribution == lost:
                raise SerializationFailure("others were faster")
            return process(distribution, size)

        with (
            patch.object(type(lost), "_process_chunk", meet),
            self.assertLogs("odoo.addons.crm_activity_ext", "WARNING"),
        ):
            self._cron()
        self.assertDone(other)
        self.assertEqual((lost.run_state, lost.waiting_count), ("pending", MANY))
        self._cron()
        self.assertEqual((lost.run_state, lost.left_out_count), ("done", MANY))

    def test_whoever_is_forgotten_is_forgotten_in_what_was_done_with_them(self):
        enrollments = self._start(self.customers)
        pausing = self._do(enrollments, "pause")
        for enrollment in enrollments[:2]:
            enrollment._stop("answer")
        self._cron()
        self.assertEqual(len(pausing.line_ids.filtered("name")), 2)
        self.customers[0].with_user(self.manager).unlink()
        self.Activity.sudo()._anonymize_for(self.customers[1])
        self.env.invalidate_all()
        self.assertEqual(pausing.line_ids.mapped("kind"), ["unchanged"] * 2)
        self.assertFalse(pausing.line_ids.filtered(lambda line: line.name or line.reason))

    def test_whoever_is_forgotten_before_their_turn_has_none(self):
        enrollments = self._start(self.customers)
        pausing = self._do(enrollments, "pause")
        self.Activity.sudo()._anonymize_for(self.customers[1])
        self._cron()
        self.assertEqual((pausing.made_count, pausing.line_ids.kind), (MANY - 1, "gone"))
        self.assertFalse(pausing.line_ids.name)

    def test_whoever_has_left_does_nothing_any_more(self):
        enrollments = self._start(self.customers, user=self.salesman_all)
        pausing = self._do(enrollments, "pause", self.salesman_all)
        self.salesman_all.active = False
        self._cron()
        self.assertEqual((pausing.run_state, pausing.stop_reason), ("stopped", "owner_archived"))
        self.assertEqual(set(enrollments.mapped("state")), {"running"})
        first = self.Activity.concat(*(self._get_steps(e)[0] for e in enrollments)).sudo()
        first.write({"date": fields.Datetime.now() - timedelta(1), "user_id": self.salesman.id})
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse([m for m in mailbox.messages if "c5@" in m["To"]], "it is to be paused")
        pausing.with_user(self.manager).action_take_over()
        self._cron()
        self.assertDone(pausing)
        self.assertEqual(set(enrollments.mapped("state")), {"paused"})

    def test_what_waits_for_a_decision_keeps_no_other_mail_from_leaving(self):
        ordinary = self.env["mail.mail"].create(
            {"subject": "Ordinary", "email_from": "a@example.com", "email_to": "b@example.com"}
        )
        first = self._leave_to_decide("pause")
        ordinary.state = "outgoing"
        self.env["ir.config_parameter"].set_param("mail.mail.queue.batch.size", 2)
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual([m["Subject"] for m in mailbox.messages], [ordinary.subject])
        self.assertEqual(set(first.mapped("state")), {"pending"})
        self.assertFalse(self.env["mail.mail"]._count_waiting_of_crm_activities())

    def test_what_waited_for_a_decision_is_stopped_once_it_is_taken_over(self):
        first = self._leave_to_decide("stop")
        self._get_undecided().with_user(self.manager).action_take_over()
        self._cron()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse(mailbox.messages)
        self.assertEqual(set(first.mapped("state")), {"cancelled"})

    def test_what_a_dead_worker_had_begun_to_send_waits_for_no_decision(self):
        begun = self._leave_to_decide("stop")[0]
        begun.mail_message_id.mail_ids.crm_activity_sending = fields.Datetime.now()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse(mailbox.messages)
        self.assertEqual((begun.state, begun.has_left), ("failed", True))

    def test_what_waited_for_a_decision_leaves_once_it_is_deleted(self):
        first = self._leave_to_decide("stop")
        woken = [("cron_id", "=", self.env.ref("mail.ir_cron_mail_scheduler_action").id)]
        Trigger = self.env["ir.cron.trigger"]
        Trigger.search(woken).unlink()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
            self.assertFalse(mailbox.messages)
            self.assertFalse(Trigger.search(woken), "not each minute while nobody decides")
            self._get_undecided().with_user(self.manager).unlink()
            self.assertTrue(Trigger.search(woken))
            self._run_queue()
        self.assertEqual(len(mailbox.messages), MANY)
        self.assertEqual(set(first.mapped("state")), {"done"})

    def _get_undecided(self):
        return self.env["crm.activity.distribution"].search([("run_state", "=", "stopped")])

    def _leave_to_decide(self, action):
        """:return: first activities of enrollments that somebody who has left did this with"""
        enrollments = self._start(self.customers, user=self.salesman_all)
        self._do(enrollments, action, self.salesman_all)
        self.salesman_all.active = False
        self._cron()
        others = [("state", "=", "outgoing"), ("model", "!=", "crm.activity")]
        self.env["mail.mail"].search(others).cancel()
        first = self.Activity.concat(*(self._get_steps(e)[0] for e in enrollments)).sudo()
        first.write({"date": fields.Datetime.now() - timedelta(1), "user_id": self.salesman.id})
        return first

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_it_is_for_who_may_read_them_and_writes_no_more_than_that(self):
        enrollments = self._start(self.customers, user=self.salesman_all)
        with self.assertRaises(AccessError):
            enrollments.with_user(self.salesman).action_pause()
        pausing = self._do(enrollments, "pause", self.salesman_all)
        with self.assertRaises(AccessError):
            pausing.with_user(self.salesman_all).write({"enrollment_action": "stop"})
        with self.assertRaises(AccessError):
            self.env["crm.activity.distribution"].with_user(self.manager).create(
                {"enrollment_action": "stop", "name": "Mine"}
            )
        with self.assertRaisesRegex(UserError, "Pause, resume or start the sequences again"):
            pausing.with_user(self.salesman_all).action_undo()
        pausing.with_user(self.salesman_all).action_stop()
        self._cron()
        self.assertEqual(set(enrollments.mapped("state")), {"running"})
        pausing.with_user(self.salesman_all).action_continue()
        self._cron()
        self.assertEqual(set(enrollments.mapped("state")), {"paused"})

    def test_queries_of_a_chunk_do_not_grow_with_what_is_in_it(self):
        customers = self.env["res.partner"].create(
            [{"name": f"D{i}", "email": f"d{i}@example.com"} for i in range(40)]
        )
        enrollments = self._start(customers)
        for action in ("pause", "resume", "stop"):
            counts = []
            for some in (enrollments[:10], enrollments[10:]):
                distribution = self._do(some, action)
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self._work_off(distribution)
                counts.append(self.env.cr.sql_log_count - before)
            self.assertLess(counts[1], counts[0] + 10, action)
