# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What came of it, and what comes next: asked where activities are marked done."""

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .test_change import ChangeCase
from .test_outcome import OutcomeCase


class DoneCase(OutcomeCase, ChangeCase):
    def _create_calls(self, count=1, **values):
        return self._create(count, activity_type_id=self.type_call.id, **values)

    def _ask(self, activities, **values):
        """:return: the dialog that marks these done, with these values"""
        action = activities.action_mark_done()
        self.assertEqual(action["res_model"], "crm.activity.done")
        Wizard = self.env["crm.activity.done"].with_user(activities.env.user)
        return Wizard.with_context(**action["context"]).create(values)

    def _get_next(self, activities):
        return self.Activity.search(
            [("partner_id", "in", activities.partner_id.ids), ("state", "=", "pending")]
        )


@tagged("post_install", "-at_install")
class TestDone(DoneCase):
    @freeze_time("2026-03-12 12:00:00")
    def test_an_outcome_proposes_the_next_activity(self):
        call = self._create_calls(date="2026-03-12 09:30:00", campaign_id=self.campaign.id)
        action = call.action_mark_done()
        Wizard = self.env["crm.activity.done"].with_user(self.salesman)
        form = Form(Wizard.with_context(**action["context"]))
        self.assertFalse(form.next_type_id)
        form.outcome_id = self.no_answer
        # Thursday and two working days: Monday, at the same hour.
        self.assertEqual(form.next_type_id, self.type_call)
        self.assertEqual(str(form.next_date), "2026-03-16 09:30:00")
        self.assertEqual((form.next_user_id, form.next_name), (self.salesman, "Show the samples"))
        form.note = "Nobody there <before> ten"
        result = form.save().action_done()
        self.assertEqual(
            result["params"]["message"], "Activity marked done. Next activity planned."
        )
        self.assertEqual((call.state, call.outcome_id), ("done", self.no_answer))
        self.assertEqual(call.body, "<p>Nobody there &lt;before&gt; ten</p>")
        following = self._get_next(call)
        self.assertEqual(len(following), 1)
        self.assertEqual(
            (following.campaign_id, following.name, following.user_id, following.origin),
            (self.campaign, "Show the samples", self.salesman, "manual"),
        )

    @freeze_time("2026-03-12 12:00:00")  # Friday at two in the morning, on Kiritimati
    def test_working_days_and_hours_are_those_of_who_is_asked(self):
        call = self._create_calls(date="2026-03-12 09:30:00")
        context = {**call.action_mark_done()["context"], "tz": "Pacific/Kiritimati"}
        Wizard = self.env["crm.activity.done"].with_user(self.salesman).with_context(**context)
        wizard = Wizard.create({"outcome_id": self.no_answer.id})
        # Tuesday at half past eleven in the evening, where it was.
        self.assertEqual(str(wizard.next_date), "2026-03-17 09:30:00")
        wizard.action_done()
        self.assertEqual(self._get_next(call).date, wizard.next_date)

    @freeze_time("2026-03-12 12:00:00")
    def test_of_several_each_next_one_keeps_its_hour_unless_another_is_chosen(self):
        for chosen, hours in ((False, ["09:30", "15:00"]), ("2026-03-16 11:00:00", ["11:00"] * 2)):
            calls = self._create_calls(date="2026-03-12 09:30:00")
            calls += self._create_calls(date="2026-03-11 15:00:00")
            wizard = self._ask(calls, outcome_id=self.no_answer.id)
            if chosen:
                wizard.next_date = chosen
            before = self._get_next(calls)
            wizard.action_done()
            following = (self._get_next(calls) - before).sorted("date")
            self.assertEqual(
                [f"{date:%d %H:%M}" for date in following.mapped("date")],
                [f"16 {hour}" for hour in hours],
            )

    def test_another_outcome_proposes_anew_and_nothing_means_nothing(self):
        call = self._create_calls()
        action = call.action_mark_done()
        Wizard = self.env["crm.activity.done"].with_user(self.salesman)
        form = Form(Wizard.with_context(**action["context"]))
        form.outcome_id = self.no_answer
        form.outcome_id = self.answered
        self.assertFalse(form.next_type_id or form.next_date or form.next_name)
        result = form.save().action_done()
        self.assertFalse(self._get_next(call))
        self.assertIn("No next step for Oak & Sons.", result["params"]["message"])
        self.assertEqual(result["params"]["plan_next_id"], call.id)

    def test_only_outcomes_that_fit_all_of_the_types_are_offered(self):
        wizard = self._ask(self._create_calls() | self._create())
        self.assertIn(self.interested, wizard.offered_outcome_ids)
        self.assertFalse((self.held | self.answered) & wizard.offered_outcome_ids)
        self.assertFalse(wizard.activity_type_id)
        wizard.outcome_id = self.held
        with self.assertRaises(ValidationError):
            self._ask(self._create_calls(), outcome_id=self.held.id).action_done()

    def test_ten_without_answer_have_ten_next_ones_whatever_is_clicked_twice(self):
        calls = self._create_calls(10)
        wizard = self._ask(calls, outcome_id=self.no_answer.id, note="Closed today")
        result = wizard.action_done()
        self.assertIn("10 activities marked done.", result["params"]["message"])
        self.assertIn("Next activities planned: 10.", result["params"]["message"])
        for again in (wizard, self._ask_as_opened(calls)):
            with self.assertRaisesRegex(UserError, "Only draft and pending"):
                again.action_done()
        self.assertEqual(len(self._get_next(calls)), 10)
        self.assertEqual(set(calls.mapped("outcome_id")), {self.no_answer})

    def _ask_as_opened(self, activities):
        """:return: the dialog of who has opened it before"""
        return (
            self.env["crm.activity.done"]
            .with_user(self.salesman_all)
            .create({"activity_ids": activities.ids, "outcome_id": self.no_answer.id})
        )

    def test_what_a_colleague_has_done_meanwhile_is_left_out(self):
        calls = self._create_calls(3)
        wizard = self._ask(calls, outcome_id=self.no_answer.id)
        calls[0].with_user(self.manager).action_done()
        result = wizard.action_done()
        self.assertIn("2 activities marked done.", result["params"]["message"])
        self.assertIn("Skipped: 1 of 3.", result["params"]["message"])
        self.assertFalse(calls[0].outcome_id)
        self.assertEqual(len(self._get_next(calls)), 2)

    def test_messages_are_left_out_and_named(self):
        email = self._create_email()
        both = (email | self._create_calls().sudo(False)).with_user(self.salesman_all)
        result = self._ask(both, outcome_id=self.interested.id).action_done()
        self.assertIn("“Our offer” has not been sent.", result["params"]["message"])
        self.assertEqual(both.mapped("state"), ["draft", "done"])
        with self.assertRaisesRegex(UserError, "has not been sent"):
            email.with_user(self.salesman_all).action_mark_done()

    def test_undo_takes_the_next_step_back_with_what_was_done(self):
        calls = self._create_calls(2, body="<p>Ask for Olga</p>")
        result = self._ask(calls, outcome_id=self.no_answer.id, note="Closed").action_done()
        following = self._get_next(calls)
        self.assertEqual(len(following), 2)
        undone = self._undo(result)
        self.assertFalse(following.exists())
        self.assertEqual(calls.mapped("state"), ["pending", "pending"])
        self.assertFalse(calls.outcome_id)
        self.assertEqual(set(calls.mapped("body")), {"<p>Ask for Olga</p>"})
        self.assertIn("Undone: 2 activities", undone["params"]["message"])

    def test_a_next_step_that_has_moved_on_stays(self):
        calls = self._create_calls(2)
        result = self._ask(calls, outcome_id=self.no_answer.id).action_done()
        following = self._get_next(calls)
        self._end_request()
        following[0].with_user(self.manager).name = "Talked to the porter"
        undone = self._undo(result)
        self.assertEqual(following.exists(), following[0])
        self.assertEqual(calls.mapped("state"), ["pending", "pending"])
        self.assertIn("changed meanwhile stay: 1", undone["params"]["message"])

    def test_who_has_no_next_step_is_said(self):
        other = {"partner_id": self.other_customer.id}
        calls = self._create_calls(2) | self._create_calls(**other)
        planned = self._create(date="2050-01-01 10:00:00")
        result = calls.action_done()
        self.assertIn("No next step for Pine Ltd.", result["params"]["message"])
        planned.action_cancel()
        calls.action_reopen()
        self.assertIn(
            "No next step for 2 customers or leads.", calls.action_done()["params"]["message"]
        )

    def test_who_prefers_so_is_not_asked(self):
        self.salesman.with_user(self.salesman).write({"crm_done_without_asking": True})
        call = self._create_calls()
        self.assertEqual(call.action_mark_done()["tag"], "crm_activity_changed")
        self.assertEqual(call.state, "done")
        with self.assertRaises(AccessError):
            self.manager.with_user(self.salesman).write({"crm_done_without_asking": True})

    def test_a_letter_keeps_its_text_and_the_note_is_in_its_chatter(self):
        letter = self._create(
            activity_type_id=self.env.ref("crm_activity_ext.mail_activity_type_letter").id,
            body="<p>Dear Olga</p>",
        )
        self._ask(letter, note="By registered mail").action_done()
        self.assertEqual(letter.body, "<p>Dear Olga</p>")
        self.assertIn("By registered mail", letter.message_ids[0].body)

    def test_own_documents_only_gives_no_next_step_to_a_colleague(self):
        call = self._create_calls()
        wizard = self._ask(call, outcome_id=self.no_answer.id, next_user_id=self.manager.id)
        with self.assertRaises(AccessError):
            wizard.action_done()

    def test_nobody_marks_done_what_is_not_theirs_or_uses_the_dialog_of_another(self):
        mine = self._create_calls()
        theirs = self._create().sudo()
        theirs.user_id = self.manager
        wizard = self.env["crm.activity.done"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            wizard.create({"activity_ids": theirs.ids}).action_done()
        wizard = self._ask(mine)
        with self.assertRaises(AccessError):
            wizard.with_user(self.salesman_all).action_done()
        with self.assertRaises(ValidationError):
            wizard.create({"activity_ids": "x"})

    def test_a_dialog_tells_nothing_of_what_is_not_the_users(self):
        theirs = self._create_calls().sudo()
        theirs.write({"user_id": self.manager.id, "name": "Not for Sam"})
        self.env.flush_all()
        self.env.invalidate_all()
        found = [Command.set(theirs.ids)]
        outcome = {"outcome_id": self.no_answer.id}
        names = ("next_name", "next_date", "next_user_id", "next_type_id", "outcome_id")
        specification = {name: {} for name in (*names, "activity_ids", "found_activity_ids")}
        Wizard = self.env["crm.activity.done"].with_user(self.salesman)
        defaults = {"default_found_activity_ids": found, "default_outcome_id": self.no_answer.id}
        by_default = Wizard.with_context(**defaults)
        for named in ({"activity_ids": theirs.ids}, {"found_activity_ids": found}):
            values = {**outcome, **named}
            for tell in (
                lambda values=values: Wizard.onchange(values, ["outcome_id"], specification),
                lambda values=values: Wizard.create(values).next_name,
                lambda: by_default.onchange({}, [], specification),
                lambda: by_default.create({}).next_name,
            ):
                with self.assertRaises(AccessError):
                    tell()

    def test_what_was_given_to_somebody_else_meanwhile_is_left_out(self):
        calls = self._create_calls(3)
        action = calls.action_mark_done()
        given = calls[0].sudo()
        given.user_id = self.manager
        self.env.flush_all()
        self.env.invalidate_all()
        Wizard = self.env["crm.activity.done"].with_user(self.salesman)
        wizard = Wizard.with_context(**action["context"]).create({"outcome_id": self.answered.id})
        message = wizard.action_done()["params"]["message"]
        self.assertIn("2 activities marked done.", message)
        self.assertEqual((calls.sudo() - given).mapped("state"), ["done"] * 2)
        self.assertEqual(given.state, "pending")

    def test_dialogs_refuse_wrong_values_in_words(self):
        for model, wrong in (
            ("crm.activity.done", {"next_user_id": "x"}),
            ("crm.activity.done", {"next_user_id": []}),
            ("crm.activity.done", {"next_type_id": [1]}),
            ("crm.activity.done", {"next_date": "2026-13-01"}),
            ("crm.activity.done", {"outcome_id": {"name": "Answered"}}),
            ("crm.activity.done", {"target_model": "crm.activity"}),
            ("crm.activity.done", {"found_activity_ids": "x"}),
            ("crm.activity.done", {"no_such_field": 1}),
            ("crm.activity.reassign", {"user_id": "x"}),
            ("crm.activity.reschedule", {"date": "tomorrow"}),
            ("crm.activity.distribute", {"target_ids": [], "activity_type_id": "call"}),
        ):
            Wizard = self.env[model].with_user(self.salesman)
            with self.subTest(model, **wrong), self.assertRaisesRegex(UserError, "“"):
                Wizard.create({"activity_ids": [], **wrong} if "target_ids" not in wrong else wrong)

    def test_nothing_to_mark_done_is_no_error(self):
        gone = self._create_calls()
        wizard = self._ask(gone, outcome_id=self.no_answer.id)
        gone.sudo().unlink()
        wizard.invalidate_recordset()
        message = wizard.action_done()["params"]["message"]
        self.assertEqual(message, "There was nothing to change.")

    def test_a_next_activity_needs_a_date(self):
        wizard = self._ask(self._create_calls(), next_type_id=self.type_call.id, next_date=False)
        with self.assertRaisesRegex(UserError, "Choose the date"):
            wizard.action_done()

    def test_many_cost_no_query_each(self):
        def count(number):
            calls = self._create_calls(number).with_context(tracking_disable=True)
            wizard = self._ask(calls, outcome_id=self.no_answer.id, note="Closed")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            wizard.with_context(tracking_disable=True).action_done()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        # Some of the record rules are looked up by the first, and some by the second.
        count(2)
        count(2)
        self.assertLessEqual(count(60) - count(20), 0)


@tagged("post_install", "-at_install")
class TestLog(DoneCase):
    """What was done just now is recorded with what came of it."""

    def _log(self, targets, user=None, **values):
        return (
            self.env["crm.activity.done"]
            .with_user(user or self.salesman)
            .create({"target_model": targets._name, "target_ids": targets.ids, **values})
        )

    @freeze_time("2026-03-12 12:00:00")
    def test_a_call_is_logged_with_its_outcome_and_the_next_one(self):
        wizard = self._log(self.contact, outcome_id=self.no_answer.id, note="Engaged")
        self.assertEqual((wizard.activity_type_id, wizard.name), (self.type_call, "Call"))
        result = wizard.action_done()
        self.assertEqual(result["params"]["message"], "Activity logged. Next activity planned.")
        done, following = self.Activity.search([("contact_id", "=", self.contact.id)]).sorted(
            "state"
        )
        self.assertEqual(
            (done.partner_id, done.user_id, done.state, done.outcome_id, done.body),
            (self.customer, self.salesman, "done", self.no_answer, "<p>Engaged</p>"),
        )
        self.assertEqual(done.date, fields.Datetime.now())
        self.assertEqual(following.contact_id, self.contact)
        self.assertEqual(str(following.date), "2026-03-16 12:00:00")

    def test_what_was_chosen_to_come_next_is_planned_and_nothing_else(self):
        chosen = {
            "next_type_id": self.type_visit.id,
            "next_date": "2026-03-20 10:00:00",
            "next_user_id": self.salesman_all.id,
            "next_name": "Bring the samples",
        }
        for outcome in (self.no_answer.browse(), self.no_answer):
            with self.subTest(outcome=outcome.name):
                values = {"outcome_id": outcome.id, **chosen}
                self._log(self.customer, self.salesman_all, **values).action_done()
                following = self.Activity.sudo().search(
                    [("partner_id", "=", self.customer.id), ("state", "=", "pending")]
                )
                self.assertEqual(
                    (following.activity_type_id, str(following.date), following.name),
                    (self.type_visit, "2026-03-20 10:00:00", "Bring the samples"),
                )
                self.assertEqual(following.user_id, self.salesman_all)
                following.unlink()

    def test_a_proposal_that_was_removed_is_not_planned(self):
        wizard = self._log(self.customer, outcome_id=self.no_answer.id)
        wizard.next_type_id = False
        wizard.action_done()
        self.assertFalse(
            self.Activity.sudo().search_count(
                [("partner_id", "=", self.customer.id), ("state", "=", "pending")]
            )
        )

    def test_the_note_of_a_letter_is_not_the_letter(self):
        letter = self.env["mail.activity.type"].search([("crm_channel", "=", "letter")], limit=1)
        self._log(self.customer, activity_type_id=letter.id, note="By courier").action_done()
        done = self.Activity.search([("partner_id", "=", self.customer.id)])
        self.assertFalse(done.body)
        self.assertIn("By courier", "".join(done.message_ids.mapped("body")))

    def test_pressed_twice_it_is_logged_once(self):
        wizard = self._log(self.customer)
        wizard.action_done()
        with self.assertRaises(UserError):
            wizard.action_done()
        self.assertEqual(self.Activity.search_count([("partner_id", "=", self.customer.id)]), 1)

    def test_undo_takes_the_log_back_with_what_was_planned(self):
        both = self.customer | self.other_customer
        domain = [("partner_id", "in", both.ids)]
        result = self._log(both, outcome_id=self.no_answer.id).action_done()
        self.assertEqual(self.Activity.search_count(domain), 4)
        undone = self._undo(result)
        self.assertEqual(undone["params"]["message"], "Undone.")
        self.assertFalse(self.Activity.search(domain))
        with self.assertRaisesRegex(UserError, "can no longer be undone"):
            self._get_change(result).action_undo()

    def test_what_somebody_has_changed_of_a_log_stays(self):
        both = self.customer | self.other_customer
        result = self._log(both).action_done()
        self._end_request()
        theirs = self.Activity.sudo().search([("partner_id", "=", self.customer.id)])
        theirs.with_user(self.manager).name = "Called about the invoice"
        with self.assertRaises(AccessError):
            self._undo(result, self.manager)
        undone = self._undo(result)
        self.assertIn("Called about the invoice", undone["params"]["message"])
        left = self.Activity.sudo().search([("partner_id", "in", both.ids)])
        self.assertEqual(left, theirs)

    def test_another_type_has_its_own_outcomes_and_subject(self):
        wizard = self.env["crm.activity.done"].with_user(self.salesman)
        form = Form(
            wizard.with_context(
                default_target_model="res.partner", default_target_ids=self.customer.ids
            )
        )
        form.outcome_id = self.no_answer
        form.activity_type_id = self.type_visit
        self.assertFalse(form.outcome_id)
        self.assertEqual(form.name, "Visit")
        form.name = "Fair in Madrid"
        form.activity_type_id = self.type_call
        self.assertEqual(form.name, "Fair in Madrid")

    def test_one_for_each_of_several(self):
        both = self.customer | self.other_customer
        result = self._log(both, outcome_id=self.answered.id).action_done()
        self.assertEqual(
            result["params"]["message"],
            "2 activities logged. No next step for 2 customers or leads.",
        )

    def test_it_is_logged_for_whom_activities_are(self):
        calls = self._create_calls(contact_id=self.contact.id)
        calls += self._create_calls(partner_id=self.other_customer.id)
        context = calls.action_log_activity()["context"]
        self.assertEqual(
            (context["default_target_model"], context["default_target_ids"]),
            ("res.partner", (self.contact + self.other_customer).ids),
        )
        for_nobody = self._create_calls(partner_id=False)
        with self.assertRaisesRegex(UserError, "all for customers"):
            (calls + for_nobody).action_log_activity()

    def test_nothing_to_log_for_says_so(self):
        wizard = self._log(self.customer)
        wizard.target_ids = [2**31 - 1]
        with self.assertRaisesRegex(UserError, "Choose a customer"):
            wizard.action_done()
