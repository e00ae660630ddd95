# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is done to a selection says so, and can be undone."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .smtp import smtp_server
from .test_outbox import OutboxCase


class ChangeCase(OutboxCase):
    def _end_request(self):
        """Let time pass, as it does between two requests."""
        self.env.flush_all()
        self.cr.flush()
        self.cr._now = self.cr.now() + timedelta(seconds=1)
        self.addCleanup(setattr, self.cr, "_now", None)

    def _create(self, count=1, **values):
        activities = self.Activity.browse().union(
            *(self._create_activity(user_id=self.salesman.id, **values) for _i in range(count))
        )
        self._end_request()
        return activities.with_user(self.salesman)

    def _get_change(self, action, user=None):
        change = self.env["crm.activity.change"].browse(action["params"]["change_id"])
        return change.with_user(user or self.salesman)

    def _undo(self, action, user=None):
        self._end_request()
        result = self._get_change(action, user).action_undo()
        self.env.flush_all()
        self.env.invalidate_all()
        return result


@tagged("post_install", "-at_install")
class TestChange(ChangeCase):
    def assertUndone(self, activities, act, message):
        """What was done is said, and undoing it leaves everything as it was."""
        names = [*activities._get_undone_fields(), "name", "body", "channel"]
        before = activities.read(names)
        action = act(activities)
        self.assertEqual(action["params"]["message"], message)
        self.assertNotEqual(activities.read(names), before)
        result = self._undo(action)
        self.assertEqual(activities.read(names), before)
        self.assertIn("Undone", result["params"]["message"])
        self.assertFalse(result["params"]["change_id"])

    def test_what_is_done_says_so_and_can_be_undone(self):
        self._create(date="2050-01-01 10:00:00")  # the next step
        self.assertUndone(
            self._create(5), lambda some: some.action_done(), "5 activities marked done."
        )
        self.assertUndone(self._create(), lambda one: one.action_done(), "Activity marked done.")
        self.assertUndone(
            self._create(2), lambda some: some.action_cancel(), "2 activities cancelled."
        )
        self.assertUndone(
            self._create(2, state="done"),
            lambda some: some.action_reopen(),
            "2 activities reopened.",
        )

    @freeze_time("2026-03-11 12:00:00")
    def test_another_day_and_another_responsible_can_be_undone(self):
        self.assertUndone(
            self._create(1, date="2026-03-10 09:30:00") | self._create(date="2026-03-02 17:00:00"),
            lambda some: some.action_reschedule_tomorrow(),
            "2 activities rescheduled to 03/12/2026.",
        )
        activities = self._create(2).with_user(self.manager)
        action = activities._reassign_to(self.manager)
        self.assertEqual(action["params"]["message"], "2 activities assigned to Max Manager.")
        self.assertEqual(activities.user_id, self.manager)
        self._undo(action, self.manager)
        self.assertEqual(activities.user_id, self.salesman)

    def test_a_cancelled_failure_gets_its_reason_back(self):
        failed = self._create_email(state="pending", partner_id=False, contact_id=False)
        self._end_request()
        reason = failed.failure_reason
        self.assertTrue(reason)
        self._undo(failed.with_user(self.salesman).action_cancel())
        self.assertEqual((failed.state, failed.failure_reason), ("failed", reason))

    def test_a_cancelled_email_goes_back_into_the_outbox(self):
        email = self._create_email(state="pending").with_user(self.salesman)
        self._end_request()
        action = email.action_cancel()
        self.assertEqual(self._mails(email).state, "cancel")
        self._undo(action)
        self.assertEqual((email.state, self._mails(email).state), ("pending", "outgoing"))

    def test_what_was_handed_over_is_not_offered_to_be_undone(self):
        email = self._create_email().with_user(self.salesman)
        self._end_request()
        self.assertFalse(email.action_send()["params"]["change_id"])
        visit = self._create()
        action = (email | visit).action_cancel()
        self._undo(action)
        self.assertEqual((email.state, visit.state), ("pending", "pending"))

    def test_only_those_that_were_changed_are_counted(self):
        self._create(date="2050-01-01 10:00:00")  # the next step
        done, pending = self._create(2, state="done"), self._create()
        action = (done | pending).action_done()
        self.assertEqual(action["params"]["message"], "Activity marked done.")
        action = done.action_done()
        self.assertEqual(action["params"]["message"], "There was nothing to change.")
        self.assertFalse(action["params"]["change_id"])

    def test_what_was_changed_since_stays_and_is_named(self):
        activities = self._create(2)
        action = activities.action_done()
        self._end_request()
        activities[0].with_user(self.manager).name = "Rescheduled by phone"
        result = self._undo(action)
        self.assertEqual(activities.mapped("state"), ["done", "pending"])
        self.assertIn("Rescheduled by phone", result["params"]["message"])
        self.assertIn("Undone.", result["params"]["message"])

    def test_where_all_were_changed_since_it_says_so(self):
        activity = self._create()
        action = activity.action_done()
        self._end_request()
        activity.duration = 2
        with self.assertRaisesRegex(UserError, "Changed meanwhile: Show the samples"):
            self._undo(action)
        self.assertEqual(activity.state, "done")

    def test_what_was_not_sent_elsewhere_after_all_is_as_it_was_and_can_be_sent(self):
        """Whatever became of it before: its text, files and why it failed are its own."""

        def fail(email):
            email._report_delivery_status("failed", "No answer", detail="421 4.4.2")

        ways = {
            "draft": ("draft", lambda email: None),
            "failed": ("pending", fail),
            "cancelled": ("pending", lambda email: email.action_cancel()),
        }
        for state, (state_before, act) in ways.items():
            with self.subTest(state):
                values = {"name": "offer.txt", "raw": b"desks"}
                file = self.env["ir.attachment"].with_user(self.salesman).create(values)
                email = self._create_email(
                    attachment_ids=file.ids, body="<p>Our offer</p>", state=state_before
                )
                act(email)
                self._end_request()
                names = ["state", "failure_reason", "failure_detail", "was_done", "body"]
                before = email.read([*names, "attachment_ids"])
                self.assertEqual(email.state, state)
                action = email.with_user(self.salesman).action_log_as_sent_elsewhere()
                self.assertEqual(email.state, "done")
                self._undo(action)
                self.assertEqual(email.read([*names, "attachment_ids"]), before)
                self.assertFalse(self._mails(email), "nothing leaves that nobody sends")
                email.with_user(self.salesman).action_pending()
                with smtp_server(self.env) as mailbox:
                    self._run_queue()
                [mail] = [one for one in mailbox.messages if one["Subject"] == email.name]
                self.assertIn("Our offer", mail.get_body().get_content())
                [sent] = mail.iter_attachments()
                self.assertEqual(sent.get_content().strip(), "desks")
                self.assertEqual(email.state, "done")

    def test_what_was_sent_since_is_not_undone(self):
        email = self._create_email(state="pending", date="2050-01-01 10:00:00")
        visit = self._create(date="2050-01-01 10:00:00")
        self._end_request()
        action = (email.with_user(self.salesman) | visit).action_reschedule_tomorrow()
        self._end_request()
        email._report_delivery_status("done")
        result = self._undo(action)
        self.assertEqual(visit.date.year, 2050)
        self.assertNotEqual(email.date.year, 2050)
        self.assertIn("Our offer", result["params"]["message"])

    def test_twice_is_once(self):
        action = self._create(2).action_done()
        self._undo(action)
        with self.assertRaisesRegex(UserError, "can no longer be undone"):
            self._undo(action)

    def test_nobody_undoes_what_somebody_else_did_or_writes_what_there_was(self):
        activity = self._create()
        action = activity.action_done()
        with self.assertRaises(AccessError):
            self._undo(action, self.manager)
        change = self._get_change(action)
        forged = {"former_values": {activity.id: {"state": "failed"}}}
        with self.assertRaises(AccessError):
            change.write(forged)
        with self.assertRaises(AccessError):
            change.create(forged)
        self.assertEqual(activity.state, "done")

    def test_nothing_is_undone_that_is_no_longer_the_users(self):
        mine = self._create(2)
        action = mine.action_done()
        mine[0].sudo().with_context(tracking_disable=True).user_id = self.manager
        self._undo(action)
        self.assertEqual(mine.sudo().mapped("state"), ["done", "pending"])

    def test_undoing_asks_no_activity_alone(self):
        def count(number):
            activities = self._create(number)
            action = activities.with_context(tracking_disable=True).action_done()
            change = self._get_change(action).with_context(tracking_disable=True)
            self._end_request()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            change.action_undo()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(2)
        self.assertLessEqual(count(60) - count(20), 2)


@tagged("post_install", "-at_install")
class TestPlanning(ChangeCase):
    """Another day, somebody else, what comes next; the salesman's clock is Madrid's."""

    def _get_local_date(self, activity):
        return fields.Datetime.context_timestamp(activity, activity.date).strftime("%a %d %H:%M")

    def test_tomorrow_keeps_the_hour_of_the_users_clock(self):
        # Summer time begins in the night to Sunday, 29 March.
        for now, expected in {
            "2026-03-11 12:00:00": "Thu 12 17:30",
            "2026-03-11 23:30:00": "Fri 13 17:30",  # past midnight in Madrid
            "2026-03-27 12:00:00": "Mon 30 17:30",
            "2026-03-28 12:00:00": "Mon 30 17:30",
            "2026-03-29 12:00:00": "Mon 30 17:30",
        }.items():
            with self.subTest(now), freeze_time(now):
                activity = self._create(date="2026-03-02 16:30:00")
                activity.action_reschedule_tomorrow()
                self.assertEqual(self._get_local_date(activity), expected)

    def test_next_week_is_the_monday_after(self):
        for now, expected in {
            "2026-03-23 12:00:00": "Mon 30 17:30",
            "2026-03-27 12:00:00": "Mon 30 17:30",
            "2026-03-29 12:00:00": "Mon 30 17:30",
            "2026-03-30 12:00:00": "Mon 06 17:30",
        }.items():
            with self.subTest(now), freeze_time(now):
                activity = self._create(date="2026-03-02 16:30:00")
                activity.action_reschedule_next_week()
                self.assertEqual(self._get_local_date(activity), expected)

    def test_a_day_is_chosen_for_many(self):
        activities = self._create(date="2026-03-02 08:15:00") | self._create(
            date="2026-03-03 16:30:00"
        )
        action = activities.action_reschedule()
        Wizard = self.env[action["res_model"]].with_user(self.salesman)
        form = Form(Wizard.with_context(**action["context"]))
        self.assertTrue(form.date)
        form.date = "2026-05-04"
        result = form.save().action_reschedule()
        self.assertIn("2 activities rescheduled to 05/04/2026.", result["params"]["message"])
        self.assertEqual(
            [self._get_local_date(activity) for activity in activities],
            ["Mon 04 09:15", "Mon 04 17:30"],
        )

    def test_what_is_closed_is_not_moved_and_said(self):
        activities = self._create(state="done") | self._create()
        before = activities[0].date
        result = activities.action_reschedule_tomorrow()
        self.assertEqual(activities[0].date, before)
        self.assertIn("Skipped: 1 of 2. Only draft and pending", result["params"]["message"])
        with self.assertRaisesRegex(UserError, "Only draft and pending"):
            activities[0].action_reschedule_tomorrow()

    def test_a_mail_in_the_outbox_follows(self):
        email = self._create_email(state="pending", date="2050-01-03 10:00:00")
        email.with_user(self.salesman).action_reschedule_tomorrow()
        self.assertEqual(self._mails(email).scheduled_date, email.date)

    def test_who_was_given_many_is_told_once(self):
        activities = self._create(3).with_user(self.manager)
        action = activities.action_reassign()
        Wizard = self.env[action["res_model"]].with_user(self.manager)
        form = Form(Wizard.with_context(**action["context"]))
        form.user_id = self.salesman_all
        domain = [("partner_ids", "=", self.salesman_all.partner_id.id)]
        before = self.env["mail.message"].search(domain)
        form.save().action_reassign()
        self.assertEqual(activities.user_id, self.salesman_all)
        told = self.env["mail.message"].search(domain) - before
        self.assertEqual(told.mapped("subject"), ["You have been assigned 3 CRM activities"])

    def test_nobody_gives_away_what_is_not_theirs_to_give(self):
        mine = self._create(2)
        theirs = self._create().sudo()
        theirs.user_id = self.manager
        with self.assertRaisesRegex(UserError, "doesn't have 'write' access"):
            mine._reassign_to(self.manager)
        self.assertEqual(mine.user_id, self.salesman)
        Reassign = self.env["crm.activity.reassign"].with_user(self.salesman)
        for ids in (theirs.ids, (mine | theirs).ids):
            wizard = Reassign.create({"activity_ids": ids, "user_id": self.salesman.id})
            with self.assertRaises(AccessError):
                wizard.action_reassign()
        self.assertEqual(theirs.user_id, self.manager)
        outsider = new_test_user(
            self.env,
            "beth.elsewhere",
            "sales_team.group_sale_salesman",
            company_id=self.company_b.id,
            company_ids=[fields.Command.set(self.company_b.ids)],
        )
        with self.assertRaises(UserError):
            mine.with_user(self.manager)._reassign_to(outsider)

    def test_the_dialogs_take_nothing_but_ids_and_are_their_owners(self):
        Reschedule = self.env["crm.activity.reschedule"].with_user(self.salesman)
        for value in ("x", [False], {"a": 1}, [[1]]):
            with self.subTest(value), self.assertRaises(ValidationError):
                Reschedule.create({"activity_ids": value, "date": "2026-05-04"})
        wizard = Reschedule.create({"activity_ids": self._create().ids, "date": "2026-05-04"})
        with self.assertRaises(AccessError):
            wizard.with_user(self.manager).action_reschedule()

    @freeze_time("2026-03-27 12:00:00")
    def test_what_comes_next_is_like_what_was_done(self):
        done = self._create(
            contact_id=self.contact.id,
            campaign_id=self.campaign.id,
            date="2026-03-02 16:30:00",
            body="<p>They want ten</p>",
        )
        offer = done.action_done()["params"]["plan_next_id"]
        self.assertEqual(offer, done.id)
        action = done.action_plan_next()
        form = Form(done.browse().with_context(**action["context"]), view=action["views"][0][0])
        following = form.save()
        for name in ("name", "activity_type_id", "partner_id", "contact_id", "campaign_id"):
            self.assertEqual(following[name], done[name], name)
        self.assertEqual((following.state, following.user_id), ("pending", self.salesman))
        self.assertEqual(self._get_local_date(following), "Mon 30 17:30")
        self.assertFalse(following.body)

    def test_what_comes_next_leaves_behind_who_has_left(self):
        done = self._create(contact_id=self.contact.id, state="done")
        self.contact.parent_id = self.other_customer
        context = done.action_plan_next()["context"]
        self.assertEqual(context["default_partner_id"], self.customer.id)
        self.assertFalse(context["default_contact_id"])

    def test_a_next_one_is_offered_for_one_that_was_done_alone(self):
        self.assertFalse(self._create(2).action_done()["params"]["plan_next_id"])
        self.assertFalse(self._create().action_cancel()["params"]["plan_next_id"])
