# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_activity_ext.models import crm_activity_distribution
from odoo.addons.crm_activity_ext.tests.smtp import smtp_server

from .common import SequenceCase


@tagged("post_install", "-at_install")
class TestSequence(SequenceCase):
    def test_all_steps_are_made_at_once_as_dated_activities(self):
        with freeze_time("2026-03-09 07:00:00"):  # Monday
            enrollment = self._start()
            self.assertEqual(enrollment.progress, "Step 1 of 4, next Mon, Mar 9")
        steps = self._get_steps(enrollment)
        self.assertEqual(steps.mapped("name"), self.sequence.step_ids.mapped("name"))
        self.assertEqual(set(steps.mapped("state")), {"pending"})
        self.assertEqual(set(steps.mapped("origin")), {"sequence"})
        self.assertEqual(steps.contact_id, self.contact)
        self.assertEqual(steps.partner_id, self.customer)
        self.assertEqual(steps.user_id, self.salesman)
        mails = self._mails(steps)
        self.assertEqual(
            sorted(mails.mapped(lambda mail: str(mail.scheduled_date))),
            ["2026-03-09 08:00:00", "2026-03-16 08:00:00"],
            "emails wait in Odoo's queue for their dates",
        )

    def test_a_sequence_can_be_started_by_a_program(self):
        sequence = self.sequence.with_user(self.salesman)
        action = sequence.action_enroll("res.partner", self.contact.ids)
        self.assertEqual(action["params"]["message"], "Sequence started: 1. %s")
        self.assertEqual(self._get_enrollments(self.contact).state, "running")

    def test_an_archived_sequence_is_started_in_no_way(self):
        wizard = self.env["crm.activity.sequence.enroll"].with_user(self.salesman)
        opened = wizard.create(
            {
                "sequence_id": self.sequence.id,
                "target_model": "res.partner",
                "target_ids": self.contact.ids,
            }
        )
        self.sequence.active = False
        sequence = self.sequence.with_user(self.salesman)
        offered = sequence.name_search(self.sequence.name)
        self.assertFalse(offered)
        for start in (
            opened.action_distribute,
            self._start,
            lambda: sequence.action_enroll("res.partner", self.contact.ids),
        ):
            with self.assertRaisesRegex(UserError, "The sequence “Proposal” is archived"):
                start()
        self.assertFalse(self._get_enrollments(self.contact))

    def test_what_was_started_goes_on_when_its_sequence_is_archived(self):
        enrollment = self._start()
        with patch.object(crm_activity_distribution, "IMMEDIATE_LIMIT", 0):
            self._start(self.customer)
        self.sequence.active = False
        self._run_cron("crm_activity_ext.ir_cron_distribute")
        self.assertEqual(self._get_enrollments(self.customer).state, "running")
        enrollment.action_pause()
        enrollment.action_resume()
        self.assertEqual(set(enrollment.activity_ids.mapped("state")), {"pending"})
        self._send_first(enrollment)

    def test_a_program_that_starts_one_without_steps_is_told(self):
        empty = self._create_sequence("Empty").with_user(self.salesman)
        with self.assertRaisesRegex(UserError, "no steps yet"):
            empty.action_enroll("res.partner", self.contact.ids)

    def test_what_an_archived_salesperson_would_do_is_for_who_starts_it(self):
        self.contact.user_id = self.salesman_all
        self.salesman_all.active = False
        enrollment = self._start(user=self.manager, user_policy="salesperson")
        self.assertEqual(enrollment.user_id, self.manager)
        self.assertEqual(enrollment.activity_ids.user_id, self.manager)

    def test_nothing_leaves_in_the_name_of_who_was_archived_until_somebody_takes_over(self):
        enrollment = self._start(user=self.salesman_all)
        first, call, second, last = self._get_steps(enrollment)
        self.salesman_all.active = False
        enrollment.action_pause()
        enrollment.action_resume()
        first.sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertFalse([mail for mail in mailbox.messages if "olga@" in mail["To"]])
        self.assertEqual(first.state, "failed")
        self.assertIn(self.salesman_all.name, first.failure_reason)
        self.assertEqual(enrollment.state, "running")
        left = first | call | second | last
        left.with_user(self.manager).write({"user_id": self.manager.id})
        self.assertEqual(enrollment.user_id, self.manager)
        first.with_user(self.manager).action_retry()
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        [mail] = [mail for mail in mailbox.messages if "olga@" in mail["To"]]
        self.assertIn(self.manager.name, mail["From"])
        self.assertEqual(first.state, "done")

    def test_a_target_is_in_a_sequence_once_at_a_time(self):
        enrollment = self._start()
        with self.assertRaisesRegex(UserError, "Olga Oak is already in this sequence"):
            self._start()
        enrollment.action_stop()
        self.assertEqual(self._start().mapped("state"), ["stopped", "running"])

    def test_of_two_who_start_it_at_once_one_is_told(self):
        values = {
            "sequence_id": self.sequence.id,
            "res_model": "res.partner",
            "res_id": self.contact.id,
            "start_date": "2026-03-09",
        }
        self.Enrollment._enroll([values])
        with (
            self.assertRaisesRegex(UserError, "Somebody else has just started"),
            mute_logger("odoo.sql_db"),
        ):
            self.Enrollment._enroll([values])
        self.Enrollment._enroll([{**values, "sequence_id": self.sequence.copy().id}])

    def test_who_cannot_be_reached_is_left_out_and_said(self):
        nobody = self.other_contact  # without an address
        self.other_customer.email = "pine@example.com"
        self.env["mail.blacklist"]._add("pine@example.com")
        self._start(self.contact | nobody | self.other_customer)
        distribution = self.env["crm.activity.distribution"].search([], limit=1)
        self.assertEqual(distribution.made_count, 1)
        self.assertEqual(
            dict(distribution.line_ids.mapped(lambda line: (line.res_id, line.kind))),
            {nobody.id: "no_address", self.other_customer.id: "opted_out"},
        )
        with self.assertRaisesRegex(UserError, "Paul Pine has no email address"):
            self._start(nobody)

    def test_a_later_step_that_does_not_reach_leaves_out_as_well(self):
        sequence = self._create_sequence(
            "Call first", (self.type_call, 0, "Call"), (self.type_email, 1, "Write")
        )
        self.other_contact.phone = "+34 600 000 002"
        with self.assertRaisesRegex(UserError, "Paul Pine has no email address"):
            self._start(self.other_contact, sequence)

    def test_who_does_not_want_a_step_of_a_campaign_is_left_out(self):
        self.contact.crm_refuses_call = True
        with self.assertRaisesRegex(UserError, "does not want calls"):
            self._start(campaign_id=self.campaign.id)
        self.assertFalse(self._get_enrollments(self.contact))
        # Without a campaign it is personal.
        self.assertEqual(self._start().state, "running")

    def test_templates_speak_for_each_recipient(self):
        template = self.env["mail.template"].create(
            {
                "name": "Proposal",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "For {{ object.name }}",
                "body_html": "<p>Dear <t t-out='object.name'/></p>",
            }
        )
        self.sequence.step_ids[0].write({"mail_template_id": template.id})
        self.contact_2.email = "oscar@example.com"
        enrollments = self._start(self.contact | self.contact_2)
        first = [self._get_steps(enrollment)[0] for enrollment in enrollments]
        self.assertEqual(
            [(one.name, str(one.body)) for one in first],
            [
                ("For Olga Oak", "<p>Dear Olga Oak</p>"),
                ("For Oscar Oak", "<p>Dear Oscar Oak</p>"),
            ],
        )

    def test_a_type_proposes_the_subject_of_its_step(self):
        form = Form(self.env["crm.activity.sequence"].with_user(self.manager))
        form.name = "After the Fair"
        with form.step_ids.new() as step:
            self.assertFalse(step.name, "not before there is a type")
            step.activity_type_id = self.type_call
            self.assertEqual(step.name, self.type_call._get_subject())
            step.activity_type_id = self.type_visit
            self.assertEqual(step.name, self.type_visit._get_subject())
            step.name = "How was it?"
            step.activity_type_id = self.type_call
        self.assertEqual(form.save().step_ids.name, "How was it?")

    def test_what_a_step_needs_is_asked_for_at_once(self):
        step = self.sequence.step_ids[0]
        with self.assertRaisesRegex(ValidationError, "has no text to send"):
            step.body = False
        template = self.env["mail.template"].create(
            {"name": "Lead", "model_id": self.env["ir.model"]._get_id("crm.lead")}
        )
        with self.assertRaisesRegex(ValidationError, "not for the records of this sequence"):
            step.mail_template_id = template
        with self.assertRaisesRegex(UserError, "is not for these records"):
            self._start(self.env["crm.lead"].create({"name": "Desks"}))
        empty = self._create_sequence("Empty")
        with self.assertRaisesRegex(UserError, "no steps yet"):
            self._start(sequence=empty)

    def test_the_dialog_tells_the_days_before(self):
        with freeze_time("2026-03-09 07:00:00"):
            action = self.contact.with_user(self.salesman).action_start_crm_sequence()
            wizard = self.env[action["res_model"]].with_user(self.salesman)
            form = Form(wizard.with_context(**action["context"]))
            form.sequence_id = self.sequence
            lines = form.steps_preview.splitlines()
            self.assertEqual(lines[0], "Mon, Mar 9 · Email: Our proposal")
            self.assertEqual(lines[1], "Thu, Mar 12 · Call: Has it arrived?")
            form.start_date = "2026-03-11"
            # Wednesday and three days is a Saturday.
            self.assertIn("Mon, Mar 16 · Call: Has it arrived?", form.steps_preview)
            dialog = form.save()
            [result] = dialog.get_expected_result({"sequence_id": self.sequence.id})
            self.assertEqual((result["make_count"], result["left_out_count"]), (1, 0))
            dialog.action_distribute()
            enrollment = self._get_enrollments(self.contact)
            self.assertEqual(str(enrollment.start_date), "2026-03-11")
            dialog.action_distribute()
        self.assertEqual(self._get_enrollments(self.contact), enrollment, "pressed twice")

    def test_nothing_starts_in_the_past_as_all_of_it_would_leave_at_once(self):
        with self.assertRaisesRegex(UserError, "cannot start in the past"):
            self._start(start_date="2020-01-01")

    def test_each_salesperson_gets_theirs(self):
        self.contact.user_id = self.salesman_all
        enrollment = self._start(user=self.manager, user_policy="salesperson")
        self.assertEqual(enrollment.user_id, self.salesman_all)
        self.assertEqual(enrollment.activity_ids.user_id, self.salesman_all)

    def test_a_campaign_has_its_sequences(self):
        enrollment = self._start(campaign_id=self.campaign.id)
        self.assertEqual(enrollment.activity_ids.campaign_id, self.campaign)
        self.assertEqual(self.campaign.crm_enrollment_count, 1)
        action = self.campaign.action_view_crm_enrollments()
        self.assertEqual(self.Enrollment.search(action["domain"]), enrollment)

    def test_many_are_started_in_the_background_with_progress(self):
        customers = self.env["res.partner"].create(
            [{"name": f"C{i}", "email": f"c{i}@example.com"} for i in range(201)]
        )
        wizard = self.env["crm.activity.sequence.enroll"].with_user(self.salesman)
        action = wizard.create(
            {
                "sequence_id": self.sequence.id,
                "target_model": "res.partner",
                "target_ids": customers.ids,
                "user_policy": "me",
            }
        ).action_distribute()
        self.assertEqual(action["res_model"], "crm.activity.distribution")
        distribution = self.env["crm.activity.distribution"].browse(action["res_id"])
        distribution.sudo()._process_chunk(size=100)
        self.assertEqual(len(self._get_enrollments(customers)), 100)
        self.assertLess(distribution.progress, 50)
        self._run_cron("crm_activity_ext.ir_cron_distribute")
        enrollments = self._get_enrollments(customers)
        self.assertEqual(len(enrollments), 201)
        self.assertEqual(len(enrollments.activity_ids), 201 * 4)

    def test_leads_that_are_decided_before_their_turn_are_left_out(self):
        sequence = self._create_sequence(
            "Leads", (self.type_call, 0, "Call"), target_model="crm.lead"
        )
        leads = self.env["crm.lead"].create(
            [{"name": f"L{i}", "phone": f"+3460000{i:04}"} for i in range(201)]
        )
        wizard = self.env["crm.activity.sequence.enroll"].with_user(self.salesman_all)
        action = wizard.create(
            {
                "sequence_id": sequence.id,
                "target_model": "crm.lead",
                "target_ids": leads.ids,
                "user_policy": "me",
            }
        ).action_distribute()
        distribution = self.env["crm.activity.distribution"].browse(action["res_id"])
        distribution.sudo()._process_chunk(size=100)
        leads[150].action_set_won()
        leads[151].action_set_lost()
        self._run_cron("crm_activity_ext.ir_cron_distribute")
        self.assertEqual(len(self._get_enrollments(leads, sequence)), 199)
        self.assertEqual(
            distribution.line_ids.mapped(lambda line: (line.res_id, line.kind, line.reason)),
            [
                (leads[150].id, "won", "L150: Won"),
                (leads[151].id, "archived", "L151 is archived."),
            ],
        )

    def test_what_is_continued_later_starts_on_that_day(self):
        customers = self.env["res.partner"].create(
            [{"name": f"C{i}", "email": f"c{i}@example.com"} for i in range(201)]
        )
        with freeze_time("2026-03-02 08:00:00"):
            action = (
                self.env["crm.activity.sequence.enroll"]
                .with_user(self.salesman)
                .create(
                    {
                        "sequence_id": self.sequence.id,
                        "target_model": "res.partner",
                        "target_ids": customers.ids,
                        "user_policy": "me",
                    }
                )
                .action_distribute()
            )
        distribution = self.env["crm.activity.distribution"].browse(action["res_id"])
        with freeze_time("2026-03-23 08:00:00"):
            distribution.sudo()._process_chunk(size=10)
        enrollments = self._get_enrollments(customers)
        self.assertEqual(len(enrollments), 10)
        self.assertEqual({str(e.start_date) for e in enrollments}, {"2026-03-23"})

    def test_a_step_that_is_given_to_a_colleague_opens_for_them(self):
        enrollment = self._start(user=self.salesman_all)
        call = self._get_steps(enrollment)[1]
        call.with_user(self.manager).user_id = self.salesman
        self.env.flush_all()
        self.env.invalidate_all()
        mine = call.with_user(self.salesman)
        self.assertTrue(mine.web_read({"sequence_progress": {}})[0]["sequence_progress"])
        enrollment.with_user(self.salesman).action_pause()
        self.assertEqual(enrollment.state, "paused")

    def test_whoever_has_got_all_that_is_left_is_responsible(self):
        enrollment = self._start()
        first, *rest = self._get_steps(enrollment).with_user(self.manager)
        self._send_first(enrollment)
        rest[0].user_id = self.salesman_all
        self.assertEqual(enrollment.user_id, self.salesman)
        (rest[1] | rest[2]).user_id = self.salesman_all
        self.assertEqual(enrollment.user_id, self.salesman_all)
        self.assertEqual(first.user_id, self.salesman, "who has done it, has done it")
        theirs = [("user_id", "=", self.salesman_all.id)]
        found = self.Enrollment.with_user(self.salesman_all).search(theirs)
        self.assertEqual(found, enrollment)

    def test_what_is_paused_is_planned_all_the_same(self):
        enrollment = self._start()
        first = self.sequence.step_ids[0]
        self.assertEqual((first.planned_count, first.stopped_count), (1, 0))
        enrollment.action_pause()
        first.invalidate_recordset()
        self.assertEqual((first.planned_count, first.stopped_count), (1, 0))
        enrollment.action_stop()
        first.invalidate_recordset()
        self.assertEqual((first.planned_count, first.stopped_count), (0, 1))

    def test_queries_do_not_grow_with_the_targets(self):
        counts = []
        for size in (20, 40):
            customers = self.env["res.partner"].create(
                [{"name": f"C{i}", "email": f"{size}-{i}@example.com"} for i in range(size)]
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._start(customers)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1], counts[0] + 10)

    def test_undoing_the_start_takes_it_all_back(self):
        enrollment = self._start()
        enrollment.distribution_id.action_undo()
        self.assertFalse(enrollment.exists())
        self.assertFalse(self.Activity.search([("origin", "=", "sequence")]))

    def test_undoing_the_start_stops_what_has_begun(self):
        enrollment = self._start()
        call = self._get_steps(enrollment)[1]
        call.action_done()
        enrollment.distribution_id.action_undo()
        self.assertStopped(enrollment, "user", ["done"])

    def test_a_changed_step_changes_what_is_planned_if_one_says_so(self):
        with freeze_time("2026-03-09 07:00:00"):
            enrollment = self._start()
        first, _call, last, _decision = self._get_steps(enrollment)
        self.sequence.step_ids[2].write(
            {"name": "All clear?", "body": "<p>Is it?</p>", "delay_days": 8, "hour": 10.5}
        )
        self.assertEqual(last.name, "Any questions?", "not by itself")
        action = self.sequence.action_ask_update()
        wizard = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertEqual(wizard.planned_count, 4)
        with freeze_time("2026-03-09 07:00:00"):
            wizard.action_update()
        mail = self._mails(last)
        self.assertEqual((last.name, last.state), ("All clear?", "pending"))
        self.assertEqual((len(mail), mail.state, mail.subject), (1, "outgoing", "All clear?"))
        self.assertEqual(str(mail.scheduled_date), "2026-03-17 09:30:00")
        self.assertEqual(first.name, "Our proposal")
        self.assertEqual(enrollment.state, "running")

    def test_what_its_template_would_say_today_is_left_alone(self):
        template = self.env["mail.template"].create(
            {
                "name": "Proposal",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "For {{ object.name }}",
                "body_html": "<p>Dear <t t-out='object.name'/></p>",
            }
        )
        self.sequence.step_ids[0].mail_template_id = template
        self.contact_2.email = "oscar@example.com"
        one, other = self._start(self.contact | self.contact_2)
        mine, theirs = (self._get_steps(enrollment)[0] for enrollment in (one, other))
        self.assertEqual(self._update_planned(), 0)
        self.contact.name = "Olga Olm"
        self.assertEqual(self._update_planned(), 1)
        self.assertEqual((mine.name, theirs.name), ("For Olga Olm", "For Oscar Oak"))
        template.body_html = "<p>Hello <t t-out='object.name'/></p>"
        mails = self._mails(mine | theirs)
        self.assertEqual(self._update_planned(), 2)
        self.assertEqual(str(theirs.body), "<p>Hello Oscar Oak</p>")
        self.assertEqual(self._mails(mine | theirs), mails)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        theirs.write({"state": "cancelled"})
        theirs.write({"body": "<p>By hand</p>", "state": "pending"})
        self.assertEqual(self._update_planned(), 1)
        self.assertEqual(str(theirs.body), "<p>Hello Oscar Oak</p>")

    def test_what_was_sent_or_done_is_not_updated(self):
        enrollment = self._start()
        call = self._get_steps(enrollment)[1]
        call.action_done()
        self.sequence.step_ids[1].name = "Something else"
        self._update_planned()
        self.assertEqual(call.name, "Has it arrived?")

    def test_the_type_of_what_is_planned_stays(self):
        self._start()
        with self.assertRaisesRegex(UserError, "cannot change the type of a step"):
            self.sequence.step_ids[0].activity_type_id = self.type_call

    def test_each_step_tells_what_came_of_it_in_one_query(self):
        self.contact_2.email = "oscar@example.com"
        one, other = self._start(self.contact | self.contact_2)
        call = self._get_steps(one)[1]
        outcome = self.env["crm.activity.outcome"].create({"name": "Yes", "is_response": True})
        call.action_done()
        call.outcome_id = outcome
        self._get_steps(other)[0].sudo()._report_delivery_status("failed", "No such user")
        self.env.flush_all()
        self.env.invalidate_all()
        steps = self.sequence.step_ids
        steps.mapped("name")
        self.env["crm.activity"]._get_response_domain()  # which outcomes are responses is cached
        with self.assertQueryCount(1):
            figures = [
                (
                    step.planned_count,
                    step.done_count,
                    step.answered_count,
                    step.stopped_count,
                    step.failed_count,
                )
                for step in steps
            ]
        self.assertEqual(
            figures, [(0, 0, 0, 1, 1), (1, 1, 1, 0, 0), (1, 0, 0, 1, 0), (1, 0, 0, 1, 0)]
        )

    def test_what_is_used_is_archived_and_not_deleted(self):
        self._start()
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.sequence.unlink()
        with self.assertRaisesRegex(ValidationError, "stays for the same records"):
            self.sequence.target_model = "crm.lead"
        self.sequence.active = False
        self._create_sequence("Unused", (self.type_call, 1, "Call")).unlink()

    def test_a_type_of_a_step_is_not_deleted(self):
        type_ = self.type_call.copy({"name": "Special call"})
        self._create_sequence("Special", (type_, 1, "Call"))
        with self.assertRaisesRegex(UserError, "used in the sequences Special"):
            type_.unlink()

    def test_a_template_of_a_step_is_not_deleted(self):
        template = self.env["mail.template"].create(
            {
                "name": "Proposal",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Hello",
                "body_html": "<p>Hello</p>",
            }
        )
        self.sequence.step_ids[0].mail_template_id = template
        with self.assertRaisesRegex(UserError, "used in the sequences Proposal"):
            template.unlink()
        self.sequence.step_ids[0].mail_template_id = False
        template.unlink()

    def test_a_copy_has_the_steps_and_nobody_in_it(self):
        self._start()
        copy = self.sequence.copy()
        self.assertEqual(copy.name, "Proposal (copy)")
        self.assertEqual(copy.step_ids.mapped("name"), self.sequence.step_ids.mapped("name"))
        self.assertEqual(copy.enrollment_count, 0)
        self.assertEqual(copy.step_ids.mapped("planned_count"), [0] * 4)
        self.assertEqual(self._start(sequence=copy).state, "running")

    def test_a_target_tells_how_far_it_has_come(self):
        with freeze_time("2026-03-09 07:00:00"):
            self._start()
            contact = self.contact.with_user(self.salesman)
            self.assertEqual(contact.crm_sequence_count, 1)
            self.assertEqual(
                contact.crm_sequence_progress, "Proposal: Step 1 of 4, next Mon, Mar 9"
            )
        action = contact.action_view_crm_sequences()
        self.assertEqual(len(self.Enrollment.search(action["domain"])), 1)
        self.assertFalse(self.other_contact.with_user(self.salesman).crm_sequence_progress)

    def test_a_customer_tells_of_its_contacts_as_well(self):
        with freeze_time("2026-03-09 07:00:00"):
            self._start(self.contact | self.customer)
            customer = self.customer.with_user(self.salesman)
            self.assertEqual(customer.crm_sequence_count, 2)
            self.assertEqual(
                sorted(customer.crm_sequence_progress.split("; ")),
                [
                    "Proposal (Oak & Sons, Olga Oak): Step 1 of 4, next Mon, Mar 9",
                    "Proposal: Step 1 of 4, next Mon, Mar 9",
                ],
            )
        action = customer.action_view_crm_sequences()
        self.assertEqual(len(self.Enrollment.search(action["domain"])), 2)
        self.assertEqual(self.contact.with_user(self.salesman).crm_sequence_count, 1)
