# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A sequence stops by itself, and says why."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.tests.smtp import smtp_server

from .common import SequenceCase


@tagged("post_install", "-at_install")
class TestSequenceStop(SequenceCase):
    def test_an_answer_stops_what_would_come(self):
        enrollment = self._start()
        mail = self._send_first(enrollment)
        self._answer(mail)
        self.assertStopped(enrollment, "answer", ["done", *["cancelled"] * 3])
        self.assertEqual(enrollment.progress, "Stopped after 1 of 4 steps: Answered")
        self.assertTrue(enrollment.end_date)
        later = fields.Datetime.now() + timedelta(days=20)
        with freeze_time(later), smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse([m for m in mailbox.messages if "olga@" in m["To"]], "nothing leaves")

    def test_an_automatic_reply_stops_nothing(self):
        enrollment = self._start()
        mail = self._send_first(enrollment)
        self._answer(mail, headers="Auto-Submitted: auto-replied\n")
        self.assertEqual(enrollment.state, "running")

    def test_a_message_that_answers_nothing_stops_as_well(self):
        self._record_received()
        enrollment = self._start()
        message_id = self._write_from_chatter(self.contact)
        now = fields.Datetime.now().strftime("%a, %d %b %Y %H:%M:59 +0000")
        self._receive(In_Reply_To=message_id, Date=now)
        self.assertStopped(enrollment, "answer")

    def test_an_answer_to_one_stops_the_others_that_the_contact_is_in(self):
        other_sequence = self.sequence.copy()
        other = self._start(sequence=other_sequence)
        enrollment = self._start()
        activity = self._get_steps(enrollment)[1]
        self._create_activity(
            activity_type_id=self.env.ref("crm_activity_ext.mail_activity_type_email_in").id,
            contact_id=activity.contact_id.id,
            state="done",
            user_id=self.salesman.id,
        )
        self.assertStopped(enrollment, "answer")
        self.assertStopped(other, "answer")

    def test_what_was_received_before_the_start_stops_nothing(self):
        enrollment = self._start()
        self._create_activity(
            activity_type_id=self.env.ref("crm_activity_ext.mail_activity_type_email_in").id,
            contact_id=self.contact.id,
            state="done",
            date="2020-01-01 10:00:00",
        )
        self.assertEqual(enrollment.state, "running")

    def test_an_outcome_that_says_so_stops(self):
        outcome = self.env["crm.activity.outcome"].create({"name": "Not interested"})
        self.assertFalse(outcome.stops_sequence)
        first = self._start()
        call = self._get_steps(first)[1]
        call.action_done()
        call.outcome_id = outcome
        self.assertEqual(first.state, "running")
        outcome.stops_sequence = True
        call.outcome_id = False
        call.outcome_id = outcome
        self.assertStopped(first, "outcome", ["cancelled", "done", "cancelled", "cancelled"])

    def test_a_response_stops_unless_an_administrator_says_otherwise(self):
        outcome = self.env["crm.activity.outcome"].create({"name": "Yes", "is_response": True})
        self.assertTrue(outcome.stops_sequence)

    def test_a_bounce_stops(self):
        enrollment = self._start()
        self._send_first(enrollment)
        first = self._get_steps(enrollment)[0]
        first.sudo()._report_bounce("olga@example.com")
        self.assertStopped(enrollment, "bounce", ["failed", *["cancelled"] * 3])

    def test_who_opts_out_of_emails_gets_no_further_step(self):
        enrollment = self._start()
        self.env["mail.blacklist"]._add("olga@example.com")
        self.assertStopped(enrollment, "opted_out")

    def test_who_is_opted_out_again_gets_no_further_step(self):
        self.env["mail.blacklist"]._add("olga@example.com")
        self.env["mail.blacklist"]._remove("olga@example.com")
        enrollment = self._start()
        self.env["mail.blacklist"]._add("olga@example.com")
        self.assertStopped(enrollment, "opted_out")

    def test_opting_out_of_what_does_not_come_stops_nothing(self):
        sequence = self._create_sequence("Visits", (self.type_visit, 1, "Visit"))
        enrollment = self._start(sequence=sequence)
        self.env["mail.blacklist"]._add("olga@example.com")
        self.assertEqual(enrollment.state, "running")

    def test_an_archived_contact_stops(self):
        enrollment = self._start()
        self.contact.active = False
        self.assertStopped(enrollment, "archived")

    def test_stopped_by_hand_says_by_whom(self):
        enrollment = self._start()
        action = enrollment.with_user(self.salesman).action_stop()
        self.assertEqual(action["params"]["message"], "Stopped: 1.")
        self.assertStopped(enrollment, "user")
        self.assertEqual(enrollment.end_user_id, self.salesman)

    def test_a_paused_one_stops_as_well(self):
        enrollment = self._start()
        mail = self._send_first(enrollment)
        enrollment.action_pause()
        self._answer(mail)
        self.assertStopped(enrollment, "answer", ["done", *["cancelled"] * 3])

    def test_it_is_finished_once_nothing_is_left(self):
        enrollment = self._start()
        self._send_first(enrollment)
        first, call, mail, decision = self._get_steps(enrollment)
        call.action_done()
        mail.action_cancel()
        self.assertEqual(enrollment.state, "running")
        decision.action_done()
        self.assertEqual((first.state, enrollment.state), ("done", "finished"))
        self.assertTrue(enrollment.end_date)

    def test_a_queue_that_sends_the_last_one_finishes_it(self):
        sequence = self._create_sequence("One", (self.type_email, 0, "Hello"))
        enrollment = self._start(sequence=sequence)
        self._send_first(enrollment)
        self.assertEqual(enrollment.state, "finished")

    def test_who_deletes_what_is_left_stops_it(self):
        sequence = self._create_sequence("One", (self.type_call, 1, "Call"))
        enrollment = self._start(sequence=sequence)
        enrollment.activity_ids.with_user(self.manager).unlink()
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("stopped", "gone"))

    def test_who_does_not_want_calls_any_more_gets_no_further_step_of_a_campaign(self):
        for refusing in (self.contact, self.customer):
            with self.subTest(refusing.name), self.env.cr.savepoint() as savepoint:
                enrollment = self._start(campaign_id=self.campaign.id)
                refusing.with_user(self.manager).crm_refuses_visit = True
                self.assertEqual(enrollment.state, "running")
                refusing.with_user(self.manager).crm_refuses_call = True
                self.assertEqual(enrollment.state, "stopped")
                self.assertEqual(enrollment.stop_reason, "opted_out")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_who_opts_out_while_it_is_paused_gets_no_further_step(self):
        enrollment = self._start(campaign_id=self.campaign.id)
        enrollment.action_pause()
        self.contact.with_user(self.manager).crm_refuses_call = True
        self.assertStopped(enrollment, "opted_out")

    def test_resuming_stops_who_is_found_to_have_opted_out_meanwhile(self):
        enrollment = self._start(campaign_id=self.campaign.id)
        enrollment.with_user(self.salesman).action_pause()
        self.other_customer.crm_refuses_call = True
        self.contact.parent_id = self.other_customer  # whose wish holds from now on
        action = enrollment.with_user(self.salesman).action_resume()
        self.assertEqual(action["params"]["message"], "Resumed: 0. Stopped: 1.")
        self.assertStopped(enrollment, "opted_out")

    def test_what_is_personal_goes_on(self):
        enrollment = self._start()
        self.contact.crm_refuses_call = True
        self.assertEqual(enrollment.state, "running")

    def test_the_scheduled_action_finishes_what_was_forgotten(self):
        enrollment = self._start()
        enrollment.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_activity SET state = 'done' WHERE enrollment_id = %s", (enrollment.id,)
        )
        self.env.invalidate_all()
        self._run_cron()
        self.assertEqual(enrollment.state, "finished")

    def test_nothing_leaves_of_what_was_stopped_while_somebody_was_at_it(self):
        """The rest of the mark that two transactions leave: see ``tests/faults``."""
        for reason in ("answer", False):
            with self.subTest(reason), self.env.cr.savepoint() as savepoint:
                enrollment = self._start()
                first = self._get_steps(enrollment)[0]
                first.sudo().date = fields.Datetime.now() - timedelta(minutes=1)
                enrollment._settle_later(reason)
                with smtp_server(self.env) as mailbox:
                    self._run_queue()
                self.assertFalse([m for m in mailbox.messages if "olga@" in m["To"]])
                self.assertEqual(first.state, "pending")
                if not reason:
                    enrollment.write({"state": "stopped", "stop_reason": "answer"})
                self._run_cron()
                self.assertStopped(enrollment, "answer")
                self.assertFalse(enrollment.stop_ids)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_the_scheduled_action_settles_all_there_is(self):
        self.contact_2.email = "oscar@example.com"
        enrollments = self._start(self.contact | self.contact_2)
        enrollments._settle_later("answer")
        module = "odoo.addons.crm_activity_ext_sequence.models.crm_activity_sequence_enrollment"
        with patch(f"{module}.CHUNK_SIZE", 1):
            self._run_cron()
        for enrollment in enrollments:
            self.assertStopped(enrollment, "answer")

    def test_an_answer_stops_where_no_type_is_left_to_record_it_by(self):
        enrollment = self._start()
        mail = self._send_first(enrollment)
        types = self.env["mail.activity.type"].search([("crm_channel", "=", "email_in")])
        types.active = False
        self._answer(mail, headers="Auto-Submitted: auto-replied\n")
        self.assertEqual(enrollment.state, "running")
        self._answer(mail, message_id="<colleague@example.com>", sender="max")
        self.assertEqual(enrollment.state, "running")
        self._answer(mail, message_id="<person@example.com>")
        self.assertFalse(self._get_answers())
        self.assertStopped(enrollment, "answer", ["done", *["cancelled"] * 3])

    def test_an_answer_to_the_last_step_is_remembered(self):
        sequence = self._create_sequence("One", (self.type_email, 0, "Hello"))
        enrollment = self._start(sequence=sequence)
        mail = self._send_first(enrollment)
        self.assertEqual((enrollment.state, enrollment.progress), ("finished", "Finished"))
        ended = enrollment.end_date
        self._answer(mail)
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("finished", "answer"))
        self.assertEqual(enrollment.progress, "Finished: Answered")
        self.assertEqual(enrollment.end_date, ended)
        self.assertEqual(sequence.step_ids.answered_count, 1)
        again = self._start(sequence=sequence) - enrollment
        self.assertEqual(again.state, "running")

    def test_what_came_of_the_last_call_is_remembered(self):
        sequence = self._create_sequence("One", (self.type_call, 0, "Call"))
        enrollment = self._start(sequence=sequence)
        outcome = self.env["crm.activity.outcome"].create({"name": "Yes", "is_response": True})
        enrollment.activity_ids.write({"state": "done", "outcome_id": outcome.id})
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("finished", "outcome"))

    def test_what_comes_later_by_another_way_is_not_ascribed_to_what_was_finished(self):
        sequence = self._create_sequence("One", (self.type_email, 0, "Hello"))
        enrollment = self._start(sequence=sequence)
        self._send_first(enrollment)
        self._create_activity(
            activity_type_id=self.env.ref("crm_activity_ext.mail_activity_type_email_in").id,
            contact_id=self.contact.id,
            state="done",
        )
        self.assertFalse(enrollment.stop_reason)

    def _fail_first(self, enrollment):
        """:return: the first step, which the server has not got"""
        first = self._get_steps(enrollment)[0].sudo()
        first._report_delivery_status("failed", "No server")
        self.assertEqual((first.state, first.has_left), ("failed", False))
        return first

    def test_what_has_failed_does_not_leave_after_an_answer(self):
        enrollment = self._start()
        first = self._fail_first(enrollment)
        enrollment._stop("answer")
        self.assertStopped(enrollment, "answer")
        with self.assertRaisesRegex(UserError, "Stopped after 0 of 4 steps: Answered"):
            first.with_user(self.salesman).write({"state": "pending"})
        first.date = fields.Datetime.now() - timedelta(minutes=1)
        self._mails(first).mark_outgoing()  # what an administrator does in Odoo's own list
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse([m for m in mailbox.messages if "olga@" in m["To"]])
        self.assertEqual(first.state, "failed")
        self.assertEqual(first.failure_reason, "Stopped after 0 of 4 steps: Answered")

    def test_what_has_failed_does_not_leave_while_it_is_paused(self):
        enrollment = self._start()
        first = self._fail_first(enrollment)
        enrollment.with_user(self.salesman).action_pause()
        with self.assertRaisesRegex(UserError, "Paused after 1 of 4 steps. Resume the sequence"):
            first.with_user(self.salesman).action_retry()
        first.date = fields.Datetime.now() - timedelta(minutes=1)
        self._mails(first).mark_outgoing()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse([m for m in mailbox.messages if "olga@" in m["To"]])
        self.assertEqual(first.state, "failed")
        self.assertEqual(first.failure_reason, "Paused after 0 of 4 steps")
        enrollment.with_user(self.salesman).action_resume()
        first.with_user(self.salesman).action_retry()
        self.assertEqual(first.state, "pending")

    def test_a_retry_of_the_last_step_lets_it_run_again(self):
        sequence = self._create_sequence("One", (self.type_email, 0, "Hello"))
        enrollment = self._start(sequence=sequence)
        first = self._fail_first(enrollment)
        self.assertEqual(enrollment.state, "finished")
        first.with_user(self.salesman).action_retry()
        self.assertEqual((enrollment.state, enrollment.end_date), ("running", False))
        with self.assertRaisesRegex(UserError, "already in this sequence"):
            self._start(sequence=sequence)
        enrollment._stop("answer")
        self.assertStopped(enrollment, "answer", ["cancelled"])

    def test_a_step_is_not_reopened_where_somebody_has_started_anew(self):
        sequence = self._create_sequence("One", (self.type_call, 0, "Call"))
        enrollment = self._start(sequence=sequence)
        call = enrollment.activity_ids.with_user(self.salesman)
        call.action_done()
        self.assertEqual(enrollment.state, "finished")
        call.action_reopen()
        self.assertEqual(enrollment.state, "running")
        call.action_done()
        again = self._start(sequence=sequence) - enrollment
        with self.assertRaisesRegex(UserError, "Olga Oak is already in this sequence"):
            call.action_reopen()
        self.assertEqual((enrollment.state, again.state), ("finished", "running"))

    def test_reasons_are_counted(self):
        self.contact_2.email = "oscar@example.com"
        one, other = self._start(self.contact | self.contact_2)
        one._stop("answer")
        other._stop("bounce")
        groups = self.Enrollment._read_group(
            [("sequence_id", "=", self.sequence.id)], ["sequence_id", "stop_reason"], ["__count"]
        )
        self.assertEqual(
            sorted(groups), [(self.sequence, "answer", 1), (self.sequence, "bounce", 1)]
        )


@tagged("post_install", "-at_install")
class TestSequenceOfLeads(SequenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sequence = cls._create_sequence(
            "Leads",
            (cls.type_email, 0, "Our proposal"),
            (cls.type_call, 3, "Has it arrived?"),
            target_model="crm.lead",
        )
        cls.lead, cls.lead_2 = cls.env["crm.lead"].create(
            [
                {"name": "Desks", "email_from": "lea@example.com", "user_id": cls.salesman.id},
                {"name": "Chairs", "email_from": "leo@example.com", "user_id": cls.salesman.id},
            ]
        )

    def test_a_won_lead_stops(self):
        enrollment = self._start(self.lead)
        self.assertEqual(enrollment.target_name, "Desks")
        self.lead.action_set_won()
        self.assertStopped(enrollment, "won", ["cancelled"] * 2)

    def test_a_lost_lead_stops(self):
        enrollment = self._start(self.lead)
        self.lead.action_set_lost()
        self.assertStopped(enrollment, "lost", ["cancelled"] * 2)

    def test_a_lead_that_gets_a_customer_goes_on(self):
        enrollment = self._start(self.lead)
        self.lead.convert_opportunity(self.contact)
        self.assertEqual(enrollment.state, "running")
        self.assertEqual(enrollment.activity_ids.partner_id, self.customer)

    def test_a_lead_that_gets_a_customer_who_does_not_want_it_stops(self):
        enrollment = self._start(self.lead, campaign_id=self.campaign.id)
        self.customer.crm_refuses_call = True
        self.lead.partner_id = self.customer
        self.assertStopped(enrollment, "opted_out", ["cancelled"] * 2)

    def test_a_merge_leaves_one_of_each_sequence(self):
        enrollments = self._start(self.lead | self.lead_2)
        survivor = (self.lead | self.lead_2).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual(set(enrollments.mapped("res_id")), {survivor.id})
        self.assertEqual(sorted(enrollments.mapped("state")), ["running", "stopped"])
        stopped = enrollments.filtered(lambda enrollment: enrollment.state == "stopped")
        self.assertStopped(stopped, "merged", ["cancelled"] * 2)

    def test_a_deleted_lead_leaves_no_name_behind(self):
        enrollment = self._start(self.lead)
        self.lead.with_user(self.manager).unlink()
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("stopped", "gone"))
        self.assertFalse(enrollment.res_id)
        self.assertEqual(enrollment.target_name, "Deleted")


@tagged("post_install", "-at_install")
class TestSequenceOfMergedPartners(SequenceCase):
    def test_the_survivor_is_in_the_sequence_once(self):
        self.contact_2.email = "oscar@example.com"
        enrollments = self._start(self.contact | self.contact_2)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with mute_logger("odoo.addons.base.wizard.base_partner_merge"):
            wizard._merge((self.contact | self.contact_2).ids, self.contact)
        self.env.invalidate_all()
        self.assertEqual(set(enrollments.mapped("res_id")), {self.contact.id})
        running = enrollments.filtered(lambda enrollment: enrollment.state == "running")
        self.assertEqual(len(running), 1)
        self.assertStopped(enrollments - running, "merged")

    def test_who_turns_out_not_to_want_calls_gets_no_further_step_of_a_campaign(self):
        self.contact_2.crm_refuses_call = True
        both = self.contact | self.contact_2
        wizard = self.env["base.partner.merge.automatic.wizard"]
        for survivor in both:
            with self.subTest(survivor.name), self.env.cr.savepoint() as savepoint:
                enrollment = self._start(campaign_id=self.campaign.id)
                with mute_logger("odoo.addons.base.wizard.base_partner_merge"):
                    wizard._merge(both.ids, survivor)
                self.assertStopped(enrollment, "opted_out")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_an_ended_one_goes_along(self):
        self.contact_2.email = "oscar@example.com"
        old = self._start(self.contact_2)
        old.action_stop()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        with mute_logger("odoo.addons.base.wizard.base_partner_merge"):
            wizard._merge((self.contact | self.contact_2).ids, self.contact)
        self.assertEqual(old.res_id, self.contact.id)
        self.assertEqual(old.stop_reason, "user")
