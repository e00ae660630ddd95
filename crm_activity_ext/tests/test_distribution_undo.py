# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A distribution is stopped, continued and undone."""

from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..models import crm_activity_distribution_undo_mixin
from .smtp import smtp_server
from .test_distribution_life import LifeCase


@tagged("post_install", "-at_install")
class TestStopping(LifeCase):
    def test_what_waits_is_stopped_and_continued(self):
        distribution = self._start().with_user(self.salesman_all)
        result = distribution.action_stop()
        self.assertIn("has been stopped", result["params"]["message"])
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.stop_reason), ("stopped", "user"))
        self.assertEqual((distribution.made_count, distribution.waiting_count), (10, 15))
        distribution.action_continue()
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("done", 25))

    def test_what_a_worker_has_stops_after_its_batch(self):
        distribution = self._start().with_user(self.salesman_all)
        with patch.object(BaseModel, "try_lock_for_update", lambda self, **kwargs: self.browse()):
            result = distribution.action_stop()
        self.assertIn("after the current batch", result["params"]["message"])
        self.assertEqual(distribution.run_state, "running")
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("stopped", 10))
        distribution.action_continue()
        self._run_cron()
        self.assertEqual(distribution.made_count, 25, "the wish to stop was forgotten")

    def test_who_sees_it_reads_all_of_it(self):
        self.assertTrue(self._start().with_user(self.salesman_all).read())

    def test_nobody_is_told_of_what_somebody_wanted(self):
        domain = [("subject", "ilike", "Distribution stopped")]
        before = self.env["mail.message"].search_count(domain)
        self._start().with_user(self.salesman_all).action_stop()
        self.assertEqual(self.env["mail.message"].search_count(domain), before)

    def test_who_does_not_see_it_does_not_stop_continue_or_undo_it(self):
        distribution = self._start()
        for method in ("action_stop", "action_continue", "action_undo"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(distribution.with_user(self.salesman), method)()
        with self.assertRaises(AccessError):
            self.env["crm.activity.distribution.stop"].with_user(self.salesman_all).create(
                {"distribution_id": distribution.id}
            )
        distribution.with_user(self.manager).action_stop()
        self.assertEqual(distribution.run_state, "stopped")

    def test_only_what_runs_is_stopped_and_what_somebody_stopped_continued(self):
        distribution = self._start().with_user(self.salesman_all)
        with self.assertRaisesRegex(UserError, "not stopped by a user"):
            distribution.action_continue()
        with self.assertRaisesRegex(UserError, "Stop the distribution before"):
            distribution.action_undo()
        distribution.action_stop()
        with self.assertRaisesRegex(UserError, "is not running"):
            distribution.action_stop()


@tagged("post_install", "-at_install")
class TestUndoing(LifeCase):
    def _undo(self, distribution, user=None):
        """:return: the message of the notification, after the dialog has asked"""
        distribution = distribution.with_user(user or self.salesman_all)
        action = distribution.action_ask_undo()
        Wizard = self.env[action["res_model"]].with_user(user or self.salesman_all)
        form = Form(Wizard.with_context(**action["context"]))
        self.asked = (form.deleted_count, form.kept_count)
        return form.save().action_undo()["params"]["message"]

    def test_what_was_made_goes_and_what_was_done_stays(self):
        distribution = self._distribute(self.customers, user_policy="user", user_id=self.manager.id)
        made = self._made(distribution)
        made[:3].action_done()
        made[3].action_cancel()
        message = self._undo(distribution)
        self.assertEqual(self.asked, (22, 3))
        self.assertEqual(message, "Activities deleted: 22. Sent or done, and kept: 3.")
        self.assertEqual(made.exists(), made[:3])
        self.assertEqual((distribution.run_state, distribution.made_count), ("undone", 3))

    def test_what_is_in_use_is_told_and_undone_by_itself_a_minute_later(self):
        distribution = self._distribute(self.customers)
        triggers = [("cron_id", "=", self.env.ref("crm_activity_ext.ir_cron_distribute").id)]
        with patch.object(type(self.Activity), "_lock_never_happened", lambda self: self.browse()):
            message = self._undo(distribution)
            self.assertIn("To be deleted in the background: 25", message)
            self.assertEqual(distribution.run_state, "undoing")
            self.env["ir.cron.trigger"].search(triggers).unlink()
            self._run_cron()
        self.assertEqual(distribution.run_state, "undoing")
        [at] = self.env["ir.cron.trigger"].search(triggers).mapped("call_at")
        self.assertGreater(at, fields.Datetime.now())
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("undone", 0))

    def test_what_is_in_the_outbox_is_not_sent_and_what_was_sent_stays(self):
        self.template.write({"name": "News"})
        distribution = self._distribute(
            self.customers,
            activity_type_id=self.type_email.id,
            body="<p>Have a look</p>",
            state="pending",
        )
        made = self._made(distribution)
        mails = made.mail_message_id.mail_ids
        self.assertEqual(len(mails), 25)
        made[0]._report_delivery_status("done")
        made[1]._report_delivery_status("failed", "No answer", may_have_left=True)
        made[2]._report_delivery_status("failed", "No answer")
        mails[3].crm_activity_sending = "2026-01-01 10:00:00"
        being_sent = made.filtered(lambda one: one.mail_message_id == mails[3].mail_message_id)
        self._undo(distribution)
        self.assertEqual(self.asked, (22, 3))
        self.assertEqual(made.exists(), made[:2] | being_sent)
        self.assertEqual(being_sent.state, "pending")
        self.assertEqual(
            mails.exists().filtered(lambda mail: mail.state == "outgoing").mail_message_id,
            (made[:2] | being_sent).mail_message_id,
        )

    def test_what_was_stopped_halfway_is_undone_and_goes_on_no_more(self):
        distribution = self._start()
        distribution.with_user(self.salesman_all).action_stop()
        self._undo(distribution)
        self.assertFalse(self._made(distribution))
        self.assertEqual((distribution.made_count, distribution.waiting_count), (0, 0))
        self._run_cron()
        self.assertFalse(self._made(distribution))
        with self.assertRaises(UserError):
            distribution.with_user(self.salesman_all).action_continue()
        self.campaign.unlink()

    def test_a_sales_administrator_undoes_what_somebody_else_has_made(self):
        distribution = self._distribute(self.customers)
        self._undo(distribution, self.manager)
        self.assertFalse(self._made(distribution))

    def test_undo_is_offered_where_there_is_something_to_undo(self):
        distribution = self._distribute(self.customers)
        arch = etree.fromstring(distribution.get_view(view_type="form")["arch"])
        [button] = arch.xpath("//button[@name='action_ask_undo']")
        offered = {
            (state, made, left)
            for state, _label in distribution._fields["run_state"].selection
            for made in (0, 3)
            for left in (0, 2)
            if not safe_eval(
                button.get("invisible"),
                {
                    "run_state": state,
                    "made_count": made,
                    "waiting_count": left,
                    "enrollment_action": False,
                },
            )
        }
        over = {(state, 3, left) for state in ("stopped", "done", "stuck") for left in (0, 2)}
        self.assertEqual(offered, over | {("undone", 3, 2)}, "what is left may be tried again")

    def test_who_meets_somebody_at_what_is_over_waits_and_undoes_it(self):
        distribution = self._distribute(self.customers)
        with patch.object(type(distribution), "try_lock_for_update", lambda s, **kw: s.browse()):
            self.assertIn("Activities deleted: 25.", self._undo(distribution))
        self.assertEqual(distribution.run_state, "undone")

    def test_undoing_asks_no_activity_alone(self):
        def count(number):
            distribution = self._distribute(self._create_customers(number))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            distribution.action_undo()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(2)
        self.assertLessEqual(count(60) - count(20), 4)


@tagged("post_install", "-at_install")
class TestUndoingMany(LifeCase):
    """The first chunk is taken back while the user waits, the others in the background."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        patcher = patch.object(crm_activity_distribution_undo_mixin, "CHUNK_SIZE", 10)
        patcher.start()
        cls.addClassCleanup(patcher.stop)

    def _undo(self, distribution):
        """:return: the message of the notification"""
        return distribution.with_user(self.salesman_all).action_undo()["params"]["message"]

    def test_many_are_taken_back_chunk_by_chunk_with_progress(self):
        distribution = self._distribute(self.customers)
        made = self._made(distribution)
        made[:2].action_done()
        self.assertEqual(
            self._undo(distribution),
            "Activities deleted: 10. Sent or done, and kept: 2. "
            "To be deleted in the background: 13.",
        )
        self.assertEqual((distribution.run_state, distribution.made_count), ("undoing", 15))
        self.assertEqual(distribution.with_user(self.salesman_all).waiting_count, 13)
        distribution.sudo()._process_chunk()
        self.assertEqual((distribution.run_state, distribution.made_count), ("undoing", 5))
        self.assertEqual(distribution.sudo()._count_waiting(), 3)
        self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("undone", 2))
        self.assertEqual(made.exists(), made[:2])

    def _distribute_emails(self, **values):
        return self._distribute(
            self.customers,
            **{
                "activity_type_id": self.type_email.id,
                "body": "<p>Have a look</p>",
                "state": "pending",
                **values,
            },
        )

    def _send(self):
        """:return: which of the customers get an email"""
        with smtp_server(self.env) as mailbox:
            self.env.flush_all()
            self.env["mail.mail"].process_email_queue()
            self.env.invalidate_all()
        return [mail["To"] for mail in mailbox.messages if "customer" in mail["To"]]

    def test_nothing_of_it_leaves_from_the_click_on(self):
        distribution = self._distribute_emails()
        self._undo(distribution)
        self.assertFalse(self._send())
        self.assertEqual(set(self._made(distribution).mapped("state")), {"pending"})
        self._run_cron()
        self.assertFalse(self._made(distribution))

    def test_what_a_run_had_taken_up_at_the_click_does_not_leave(self):
        distribution = self._distribute_emails()
        self._undo(distribution)
        everything = Domain.TRUE
        with patch.object(type(self.env["mail.mail"]), "_get_fetch_domain", lambda _: everything):
            self.assertFalse(self._send())

    def test_who_clicks_again_meanwhile_helps_and_stops_nothing(self):
        distribution = self._distribute(self.customers)
        self._undo(distribution)
        for call in ("action_stop", "action_continue"):
            with self.subTest(call), self.assertRaises(UserError):
                getattr(distribution.with_user(self.salesman_all), call)()
        self.assertIn("To be deleted in the background: 5", self._undo(distribution))
        self.assertEqual(self._undo(distribution), "Activities deleted: 5.")
        self.assertEqual(distribution.run_state, "undone")

    def test_it_comes_before_what_is_still_to_be_made(self):
        waiting = self._start_in_background(self.customers)
        distribution = self._distribute(self._create_customers(25))
        self._undo(distribution)
        states = []
        process = type(distribution)._process_chunk

        def watch(distribution, size=None):
            states.append(distribution.run_state)
            return process(distribution, size)

        with patch.object(type(distribution), "_process_chunk", watch):
            self._run_cron()
        self.assertEqual(states, ["undoing"] * 2 + ["pending"] + ["running"] * 2)
        self.assertEqual((distribution.run_state, waiting.run_state), ("undone", "done"))

    def test_it_goes_on_where_crm_is_not_installed_any_more(self):
        distribution = self._distribute(self.customers)
        waiting = self._start_in_background(self.customers)
        self._undo(distribution)
        with patch.object(type(self.Activity), "_is_crm_installed", lambda self: False):
            self._run_cron()
        self.assertEqual((distribution.run_state, waiting.run_state), ("undone", "pending"))

    @contextmanager
    def _holding(self, held):
        """Let another app forbid that these are deleted."""
        unlink = type(held).unlink

        def hold(activities):
            if held & activities:
                raise UserError(str(held & activities))
            return unlink(activities)

        with patch.object(type(held), "unlink", hold):
            yield

    def test_what_another_app_holds_stays_and_keeps_no_other_from_it(self):
        distribution = self._distribute(self.customers)
        held = self._made(distribution)[-1]
        self._undo(distribution)
        with self._holding(held):
            self._run_cron()
            self.assertEqual((distribution.run_state, distribution.made_count), ("undone", 1))
        self.assertEqual(self._made(distribution), held)

    def test_more_than_a_chunk_that_is_held_keeps_no_other_from_it(self):
        distribution = self._distribute(self.customers)
        held = self._made(distribution).sorted("id")[:12]
        with self._holding(held):
            message = self._undo(distribution)
            self.assertEqual(message, "Activities deleted: 0. To be deleted in the background: 25.")
            self._run_cron()
        self.assertEqual((distribution.run_state, distribution.made_count), ("undone", 12))
        self.assertEqual(self._made(distribution), held)

    def test_one_that_is_held_is_asked_once_a_pass(self):
        distribution = self._distribute(self.customers)
        held = self._made(distribution).sorted("id")[0]
        asked = []
        delete = type(distribution)._delete

        def watch(distribution, records):
            if records:
                asked.append(len(records))
            return delete(distribution, records)

        with self._holding(held), patch.object(type(distribution), "_delete", watch):
            self.assertIn("Activities deleted: 9. ", self._undo(distribution))
            self._run_cron()
        self.assertEqual(asked, [10, *[1] * 10, 10, 5])
        self.assertEqual((distribution.run_state, self._made(distribution)), ("undone", held))

    def test_nothing_leaves_of_what_another_app_holds(self):
        distribution = self._distribute_emails()
        held = self._made(distribution)[:3]
        with self._holding(held):
            self._undo(distribution)
            self._run_cron()
        self.assertEqual((distribution.run_state, self._made(distribution)), ("undone", held))
        self.assertEqual(set(held.mapped("state")), {"cancelled"})
        self.assertFalse(self._send())

    def test_what_another_app_holds_is_told_and_cancelled_and_may_be_tried_again(self):
        for state in ("draft", "pending"):
            with self.subTest(state):
                distribution = self._distribute(self.customers[:6], state=state)
                held = self._made(distribution)[:3]
                with self._holding(held):
                    self.assertEqual(
                        self._undo(distribution), "Activities deleted: 3. Could not be deleted: 3."
                    )
                    message = self._undo(distribution)
                self.assertEqual(message, "Activities deleted: 0. Could not be deleted: 3.")
                self.assertEqual(distribution.run_state, "undone")
                self.assertEqual((distribution.waiting_count, distribution.progress), (3, 100))
                self.assertEqual(set(held.mapped("state")), {"cancelled"})
                self.assertEqual(self._undo(distribution), "Activities deleted: 3.")
                self.assertFalse(distribution.waiting_count)

    @contextmanager
    def _keeping_in_outbox(self, held):
        """Let another app forbid that these are cancelled."""
        write = type(held).write

        def refuse(activities, vals):
            if held & activities and vals.get("state") == "cancelled":
                raise UserError(str(held))
            return write(activities, vals)

        with patch.object(type(held), "write", refuse):
            yield

    def _get_triggers(self):
        cron = self.env.ref("crm_activity_ext.ir_cron_distribute")
        return self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])

    def test_what_cannot_be_cancelled_stays_on_hold_until_somebody_undoes_again(self):
        distribution = self._distribute_emails()
        held = self._made(distribution)[:3]
        with self._keeping_in_outbox(held):
            self._undo(distribution)
            self._get_triggers().unlink()
            self._run_cron()
            self.assertEqual((distribution.run_state, self._made(distribution)), ("stuck", held))
            self._get_triggers().unlink()
            self._run_cron()
            self.assertFalse(self._get_triggers(), "it would fail again each time")
            self.assertFalse(self._send())
            result = distribution.with_user(self.salesman_all).action_undo()["params"]
        said = "Could not be deleted: 3. Some activities can be neither"
        self.assertIn(said, result["message"])
        self.assertEqual((result["type"], result["sticky"]), ("warning", True))
        self.assertEqual(set(held.mapped("state")), {"pending"})
        self.assertFalse(self._send())
        with self.assertRaisesRegex(UserError, "before it is completely undone"):
            distribution.with_user(self.manager).unlink()
        self.assertEqual(self._undo(distribution), "Activities deleted: 3.")
        self.assertEqual((distribution.run_state, distribution.made_count), ("undone", 0))

    def test_who_started_it_is_told_once_what_is_on_hold(self):
        distribution = self._distribute_emails()
        with self._keeping_in_outbox(self._made(distribution)[:3]):
            self._undo(distribution)
            for _twice in range(2):
                self._run_cron()
        told = self.env["mail.message"].search([("subject", "ilike", "Undo not finished")])
        self.assertEqual(len(told), 1)
        self.assertEqual(told.notified_partner_ids, self.salesman_all.partner_id)
        self.assertIn("on hold and are not sent", told.body)

    def test_where_its_owner_is_gone_the_sales_administrators_are_told(self):
        for is_deleted in (False, True):
            with self.subTest(is_deleted=is_deleted):
                distribution = self._distribute_emails().sudo()
                self._undo(distribution)
                if is_deleted:
                    distribution.owner_id = False
                else:
                    distribution.owner_id = self.salesman_all.copy({"login": "gone"})
                    distribution.owner_id.active = False
                with self._keeping_in_outbox(self._made(distribution)[:3]):
                    self._run_cron()
                self.assertEqual((distribution.run_state, distribution.made_count), ("stuck", 3))
                told = self.env["mail.message"].search(
                    [("subject", "ilike", "Undo not finished"), ("res_id", "=", distribution.id)]
                )
                self.assertIn(self.manager.partner_id, told.notified_partner_ids)

    def test_what_is_on_hold_keeps_nobody_from_being_planned_again(self):
        values = {"skip_existing": True, "campaign_id": self.campaign.id}
        distribution = self._distribute_emails(**values)
        held = self._made(distribution)[:3]
        with self._keeping_in_outbox(held):
            self._undo(distribution)
            self._run_cron()
        again = self._distribute_emails(**values)
        self.assertEqual((distribution.run_state, again.made_count), ("stuck", 25))

    def _get_stuck(self):
        """:return: a distribution whose undo did not finish, and emails of it: one that came back,
        one that was cancelled as it could not be deleted, and one that could not be cancelled
        """
        distribution = self._distribute_emails()
        emails = self._made(distribution)[:3]
        bounced, cancelled, held = emails
        bounced.mail_message_id.mail_ids.state = "sent"
        bounced._report_delivery_status("failed", "It came back", may_have_left=True)
        with self._holding(cancelled), self._keeping_in_outbox(held):
            self._undo(distribution)
            self._run_cron()
        self.assertEqual((distribution.run_state, self._made(distribution)), ("stuck", emails))
        self.assertEqual(emails.mapped("state"), ["failed", "cancelled", "pending"])
        return distribution, emails.with_user(self.salesman_all)

    def test_what_came_back_is_free_to_be_sent_again(self):
        _distribution, (bounced, _cancelled, _held) = self._get_stuck()
        bounced.action_retry()
        self.assertEqual(len(self._send()), 1)
        self.assertEqual(bounced.state, "done")

    def test_who_sends_what_is_on_hold_is_told_so(self):
        distribution, (_bounced, cancelled, _held) = self._get_stuck()
        with self.assertRaisesRegex(UserError, "is on hold"):
            cancelled.action_pending()
        self.assertFalse(self._send())
        self._undo(distribution)
        self.assertEqual(distribution.run_state, "undone")

    def test_a_draft_that_cannot_be_cancelled_is_on_hold_as_well(self):
        distribution = self._distribute_emails(state="draft")
        held = self._made(distribution)[0]
        with self._holding(held), self._keeping_in_outbox(held):
            self._undo(distribution)
            self._run_cron()
        self.assertEqual((distribution.run_state, self._made(distribution)), ("stuck", held))
        with self.assertRaisesRegex(UserError, "is on hold"):
            distribution.with_user(self.salesman_all).action_send_drafts()
        self.assertFalse(self._send())

    def test_what_is_on_hold_may_be_deleted_by_hand_and_then_nothing_is(self):
        distribution, (bounced, *left) = self._get_stuck()
        for email in left:
            email.sudo()._withdraw()
            email.sudo().unlink()
        self.assertFalse(distribution.waiting_count)
        distribution.with_user(self.manager).unlink()
        self.assertTrue(bounced.exists())

    def test_the_queue_does_not_take_up_what_is_being_undone(self):
        distribution = self._distribute_emails()
        waiting = self.env["mail.mail"]._count_waiting_of_crm_activities()
        self.assertGreaterEqual(waiting, 25)
        self._undo(distribution)
        self.assertEqual(self.env["mail.mail"]._count_waiting_of_crm_activities(), waiting - 25)

    def test_it_is_not_deleted_while_it_is_undone(self):
        distribution = self._distribute(self.customers)
        self._undo(distribution)
        with self.assertRaisesRegex(UserError, "before it is completely undone"):
            distribution.with_user(self.manager).unlink()
        self._run_cron()
        distribution.with_user(self.manager).unlink()
        self.assertFalse(distribution.exists())

    def test_one_that_is_deleted_meanwhile_keeps_no_other_from_it(self):
        distribution = self._distribute(self.customers)
        gone = self._distribute(self._create_customers(2))
        self._undo(distribution)
        both = distribution.sudo() + gone.sudo()
        gone.sudo().unlink()
        self.assertEqual(both._count_waiting(), 15)

    def test_an_error_of_one_keeps_no_other_from_it(self):
        failing = self._distribute(self.customers)
        distribution = self._distribute(self._create_customers(25))
        self._undo(failing)
        self._undo(distribution)
        process = type(distribution)._process_chunk

        def fail(one, size=None):
            if one == failing:
                raise ValueError("a mistake")
            return process(one, size)

        with (
            patch.object(type(distribution), "_process_chunk", fail),
            self.assertLogs(
                "odoo.addons.crm_activity_ext.models.crm_activity_distribution", "ERROR"
            ),
        ):
            self._run_cron()
        self.assertEqual((failing.run_state, distribution.run_state), ("undoing", "undone"))
        self._run_cron()
        self.assertEqual(failing.run_state, "undone")

    def test_what_is_about_to_be_deleted_keeps_nobody_from_being_planned_again(self):
        values = {"skip_existing": True, "campaign_id": self.campaign.id}
        distribution = self._distribute(self.customers, **values)
        self.assertEqual(self._distribute(self.customers, **values).left_out_count, 25)
        self._undo(distribution)
        again = self._distribute(self.customers, **values)
        self.assertEqual((again.made_count, again.left_out_count), (25, 0))
        self._run_cron()
        self.assertEqual((distribution.made_count, len(self._made(again))), (0, 25))

    def test_who_was_contacted_before_the_undo_is_not_contacted_again(self):
        values = {
            "skip_existing": True,
            "campaign_id": self.campaign.id,
            "activity_type_id": self.type_email.id,
            "body": "<p>Have a look</p>",
            "state": "pending",
        }
        distribution = self._distribute(self.customers, **values)
        made = self._made(distribution)
        made[0]._report_delivery_status("done")
        made[1]._report_delivery_status("failed", "No answer", may_have_left=True)
        made[2].mail_message_id.mail_ids.crm_activity_sending = "2026-01-01 10:00:00"
        self._undo(distribution)
        again = self._distribute(self.customers, **values)
        self.assertEqual((distribution.run_state, again.left_out_count), ("undoing", 3))
        self.assertFalse(self._made(again).partner_id & made[:3].partner_id)

    def test_what_a_dead_worker_had_begun_to_send_is_settled_and_kept(self):
        distribution = self._distribute_emails()
        begun = self._made(distribution)[3]
        begun.mail_message_id.mail_ids.crm_activity_sending = "2026-01-01 10:00:00"
        self._undo(distribution)
        self._run_cron()
        self.assertEqual((distribution.run_state, self._made(distribution)), ("undoing", begun))
        self.assertFalse(self._send())
        self.assertEqual((begun.state, begun.has_left), ("failed", True))
        self._run_cron()
        self.assertEqual((distribution.run_state, self._made(distribution)), ("undone", begun))

    def test_who_clicks_while_a_worker_is_at_it_is_told_how_far_it_is(self):
        distribution = self._distribute(self.customers)
        self._undo(distribution)
        with patch.object(BaseModel, "try_lock_for_update", lambda self, **kwargs: self.browse()):
            self.assertEqual(
                self._undo(distribution),
                "Activities deleted: 0. To be deleted in the background: 15.",
            )

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_says_that_something_is_undone_but_by_undoing_it(self):
        distribution = self._distribute(self.customers)
        for user in (self.salesman, self.salesman_all, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                distribution.with_user(user).write({"run_state": "undoing"})
        # Nor by the rights that somebody has given.
        self.env["ir.model.access"].create(
            {
                "name": "Everybody writes distributions",
                "model_id": self.env["ir.model"]._get_id(distribution._name),
                "perm_read": True,
                "perm_write": True,
            }
        )
        for vals in ({"run_state": "undoing"}, {"undo_pass": {"last_id": 10**9}}):
            with self.subTest(vals), self.assertRaisesRegex(AccessError, "only the system can"):
                distribution.with_user(self.salesman_all).write(vals)
