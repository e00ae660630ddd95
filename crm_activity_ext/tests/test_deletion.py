# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What goes with the records it refers to, what holds them, and who deletes activities."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_outbox import OutboxCase

LAST_SENTENCE = "Archive it instead to keep the history."


@tagged("post_install", "-at_install")
class TestDeletion(OutboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Activity = cls.Activity.with_user(cls.env.user)
        cls.editor = new_test_user(
            cls.env, "ed.editor", "base.group_user,base.group_partner_manager"
        )

    def _create_never_happened(self, **values):
        """:return: one of each kind that was only planned, for one customer or contact"""
        by_mail = {"activity_type_id": self.type_email.id, **values}
        nobody = self.env["res.partner"].create({"name": "No Address"})
        failed = self._create_activity(
            **{**by_mail, "partner_id": nobody.id, "contact_id": False, "body": "<p>Hi</p>"},
            state="pending",
        )
        failed.sudo().write({"partner_id": self.customer.id, **values})
        made = {
            "pending": self._create_activity(**values),
            "overdue": self._create_activity(date="2020-01-01 08:00:00", **values),
            "colleague's": self._create_activity(**{"user_id": self.salesman_all.id, **values}),
            "cancelled": self._create_activity(state="cancelled", **values),
            "draft": self._create_activity(**by_mail),
            "never queued": failed,
            "recalled": self._create_email(state="pending", **values),
        }
        made["recalled"].action_cancel()
        expected = {
            "pending": "pending",
            "overdue": "pending",
            "colleague's": "pending",
            "cancelled": "cancelled",
            "draft": "draft",
            "never queued": "failed",
            "recalled": "cancelled",
        }
        self.assertEqual({name: one.state for name, one in made.items()}, expected)
        return self.Activity.union(*made.values())

    def _create_what_happened(self, **values):
        """:return: ``{what: activity}``, each of which holds what it refers to"""
        queued, refused, sent = (self._create_email(state="pending", **values) for _ in range(3))
        mails = self._mails(refused | sent)
        mails.filtered(lambda mail: mail.res_id == refused.id).write(
            {"state": "exception", "failure_reason": "550"}
        )
        mails.filtered(lambda mail: mail.res_id == sent.id).write({"state": "sent"})
        mails._postprocess_sent_message([], [])
        bounced = self._create_email(state="pending", **values)
        self._mails(bounced).write({"state": "sent"})
        self._mails(bounced)._postprocess_sent_message([], [])
        bounced._message_receive_bounce("olga@example.com", self.contact)
        bounced.sudo().write({"state": "cancelled"})
        return {
            "done": self._create_activity(state="done", **values),
            "queued": queued,
            "refused by the server": refused,
            "sent": sent,
            "sent, come back and cancelled": bounced,
        }

    def test_what_never_happened_goes_with_the_contact(self):
        activities = self._create_never_happened(contact_id=self.contact.id)
        self.contact.with_user(self.editor).unlink()
        self.assertFalse(activities.exists())
        self.assertFalse(self.contact.exists())

    def test_what_never_happened_goes_with_the_customer(self):
        activities = self._create_never_happened(contact_id=self.contact.id)
        self.customer.with_user(self.editor).unlink()
        self.assertFalse(activities.exists())
        self.assertTrue(self.contact.exists())

    def test_what_never_happened_goes_with_its_responsible(self):
        activities = self._create_never_happened(user_id=self.salesman.id)
        self.salesman.unlink()
        self.assertFalse(activities.exists())

    def test_files_and_messages_go_along(self):
        activity = self._create_activity(contact_id=self.contact.id)
        file = self.env["ir.attachment"].create(
            {"name": "a.txt", "raw": b"a", "res_model": "crm.activity", "res_id": activity.id}
        )
        message = activity.message_post(body=activity.name)
        self.contact.unlink()
        self.assertFalse(file.exists())
        self.assertFalse(message.exists())

    def test_what_happened_holds_contact_customer_and_responsible(self):
        happened = self._create_what_happened(contact_id=self.contact.id, user_id=self.salesman.id)
        self.Activity.union(*happened.values()).contact_id = self.contact_2
        for what, activity in happened.items():
            with self.subTest(what):
                activity.contact_id = self.contact
                planned = self._create_activity(contact_id=self.contact.id)
                with self.assertRaises(UserError) as refused, self.cr.savepoint():
                    self.contact.with_user(self.editor).unlink()
                self.assertEqual(
                    refused.exception.args[0],
                    "You cannot delete Oak & Sons, Olga Oak: 1 CRM activity refers to it. "
                    + LAST_SENTENCE,
                )
                self.assertEqual((activity | planned).exists(), activity | planned)
                activity.contact_id = self.contact_2
        for record in (self.customer, self.salesman):
            with (
                self.subTest(record._name),
                self.assertRaisesRegex(UserError, r"delete .*: 5 CRM activities refer to it\."),
                self.cr.savepoint(),
            ):
                record.unlink()

    def test_each_of_several_is_told_with_its_own_number(self):
        self._create_activity(contact_id=self.contact.id, state="done")
        for _ in range(2):
            self._create_activity(contact_id=self.contact_2.id, state="done")
        with self.assertRaises(UserError) as refused:
            (self.contact | self.contact_2).unlink()
        self.assertEqual(
            sorted(refused.exception.args[0].splitlines()),
            [
                "You cannot delete Oak & Sons, Olga Oak: 1 CRM activity refers to it. "
                + LAST_SENTENCE,
                "You cannot delete Oak & Sons, Oscar Oak: 2 CRM activities refer to it. "
                + LAST_SENTENCE,
            ],
        )

    def test_a_campaign_lets_go_of_what_never_happened_and_is_held_by_the_rest(self):
        planned = self._create_never_happened(
            campaign_id=self.campaign.id, contact_id=self.contact.id
        )
        done = self._create_activity(campaign_id=self.campaign.id, state="done")
        with self.assertRaisesRegex(UserError, "delete Spring: 1 CRM"), self.cr.savepoint():
            self.campaign.unlink()
        self.assertEqual(planned.campaign_id, self.campaign)
        done.campaign_id = False
        self.campaign.unlink()
        self.assertEqual(planned.exists(), planned, "work for customers goes on")
        self.assertFalse(planned.campaign_id)

    def test_a_type_is_held_by_every_activity(self):
        tasting = self.type_visit.copy({"name": "Tasting"})
        planned = self._create_activity(state="cancelled", activity_type_id=tasting.id)
        with (
            self.assertRaisesRegex(UserError, "delete Tasting: 1 CRM activity"),
            self.cr.savepoint(),
        ):
            tasting.unlink()
        self.assertTrue(planned.exists())

    def test_who_may_not_delete_a_contact_deletes_no_activity(self):
        planned = self._create_activity(contact_id=self.contact.id, user_id=self.salesman.id)
        employee = new_test_user(self.env, "emma", "base.group_user")
        for record, user in (
            (self.contact, employee),
            (self.salesman, self.salesman),
            (self.campaign, employee),
        ):
            planned.campaign_id = self.campaign
            with self.subTest(record._name):
                # Whoever catches the refusal, and goes on, finds everything as it was.
                with self.assertRaises(AccessError):
                    record.with_user(user).unlink()
                self.assertTrue(planned.exists())
                self.assertEqual(planned.campaign_id, self.campaign)

    def test_the_question_tells_how_many_go_along(self):
        planned = self._create_never_happened(contact_id=self.contact.id)
        self._create_activity(contact_id=self.contact.id, state="done")
        contact = self.contact.with_user(self.editor)
        self.assertEqual(
            contact.get_crm_deletion_notice(),
            "This will also delete 7 CRM activities that never took place (draft, pending, failed "
            "or cancelled).",
        )
        self.assertEqual(
            (contact | self.customer.with_user(self.editor)).get_crm_deletion_notice(),
            contact.get_crm_deletion_notice(),
            "none is counted twice",
        )
        planned[1:].unlink()
        self.assertEqual(
            contact.get_crm_deletion_notice(),
            "This will also delete 1 CRM activity that never took place (draft, pending, failed or "
            "cancelled).",
        )
        planned[:1].unlink()
        self.assertEqual(contact.get_crm_deletion_notice(), "")

    def test_the_number_is_told_to_those_alone_who_may_delete(self):
        self._create_activity(contact_id=self.contact.id)
        employee = new_test_user(self.env, "emma", "base.group_user")
        with self.assertRaises(AccessError):
            self.contact.with_user(employee).get_crm_deletion_notice()
        with self.assertRaises(AccessError):
            self.salesman.with_user(self.manager).get_crm_deletion_notice()

    def test_deleting_many_contacts_does_not_query_one_by_one(self):
        def queries(count):
            contacts = self.env["res.partner"].create(
                [{"name": f"Contact {n}", "parent_id": self.customer.id} for n in range(count)]
            )
            self.Activity.create(
                [
                    {
                        "name": "Call",
                        "activity_type_id": self.type_visit.id,
                        "contact_id": contact.id,
                    }
                    for contact in contacts
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            contacts._get_crm_activities_going_along().unlink()
            self.env["crm.activity"]._check_unreferenced("contact_id", contacts)
            return self.cr.sql_log_count - before

        queries(2)
        self.assertLess(queries(200) - queries(20), 18)

    def test_what_was_done_stays_whatever_it_is_made_afterwards(self):
        for state in ("draft", "cancelled"):
            done = self._create_activity(state="done", user_id=self.salesman.id)
            mine = done.with_user(self.salesman)
            mine.write({"state": state})
            with self.subTest(state):
                self.assertFalse(mine.is_deletable)
                with self.assertRaises(AccessError):
                    mine.unlink()
                with self.assertRaises(UserError):
                    self.customer.unlink()
            done.with_user(self.manager).unlink()

    def test_a_salesperson_deletes_own_drafts_and_what_was_cancelled_unsent(self):
        mine = {"user_id": self.salesman.id, "contact_id": self.contact.id}
        never_queued = self._create_email(state="draft", **mine)
        recalled = self._create_email(state="pending", **mine)
        recalled.action_cancel()
        cases = {
            "draft": (never_queued, True),
            "cancelled": (self._create_activity(state="cancelled", **mine), True),
            "pending": (self._create_activity(**mine), False),
            "done": (self._create_activity(state="done", **mine), False),
            "queued": (self._create_email(state="pending", **mine), False),
            "cancelled once queued": (recalled, False),
            "a colleague's draft": (
                self._create_email(state="draft", user_id=self.manager.id),
                False,
            ),
        }
        for user in (self.salesman, self.salesman_all):
            for what, (activity, is_allowed) in cases.items():
                if "colleague" not in what:
                    activity.sudo().with_context(tracking_disable=True).user_id = user
                activity = activity.with_user(user)
                with self.subTest(what, user=user.name):
                    if user == self.salesman_all or "colleague" not in what:
                        self.assertEqual(activity.is_deletable, is_allowed)
                    self.assertEqual(activity.has_access("unlink"), is_allowed)
                    savepoint = self.cr.savepoint()
                    if is_allowed:
                        activity.unlink()
                        self.assertFalse(activity.exists())
                    else:
                        with self.assertRaises(AccessError):
                            activity.unlink()
                        self.assertTrue(activity.sudo().exists())
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()

    def test_a_salesperson_is_told_why_and_what_to_do_instead(self):
        pending = self._create_activity(user_id=self.salesman.id)
        draft = self._create_email(user_id=self.salesman.id)
        with self.assertRaises(AccessError) as refused:
            (pending | draft).with_user(self.salesman).unlink()
        self.assertEqual(
            refused.exception.args[0],
            "You can only delete your own drafts, cancelled activities that were never queued, "
            "sent or done, and messages logged as sent elsewhere within the last day. Cancel these "
            "instead, or ask a sales administrator: Show the samples",
        )

    def test_a_refusal_names_nothing_that_is_closed_to_the_user(self):
        theirs = self._create_email(name="Secret plan", user_id=self.manager.id)
        with self.assertRaises(AccessError) as refused:
            theirs.with_user(self.salesman).unlink()
        self.assertNotIn("Secret plan", str(refused.exception))

    def test_a_refused_deletion_leaves_messages_and_files(self):
        activity = self._create_activity(user_id=self.salesman.id, state="done")
        message = activity.message_post(body=activity.name)
        with self.assertRaises(AccessError):
            activity.with_user(self.salesman).unlink()
        self.assertTrue(message.exists())

    def test_an_administrator_deletes_everything_but_what_was_sent(self):
        activity = self._create_activity(state="done", user_id=self.salesman.id)
        self.assertTrue(activity.with_user(self.manager).is_deletable)
        queued = self._create_email(state="pending").with_user(self.manager)
        self.assertFalse(queued.is_deletable)
        with self.assertRaisesRegex(UserError, "cannot delete activities that"):
            queued.unlink()
        activity.with_user(self.manager).unlink()
        self.assertFalse(activity.exists())
