# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A person is forgotten, and the figures stay true."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .test_outbox import OutboxCase

# What each text of the person has in it, to be looked for everywhere.
SECRET = "Zyxxel"


class ErasureCase(OutboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Activity = cls.Activity.with_user(cls.env.user)
        cls.system = new_test_user(
            cls.env, "sys.admin", "base.group_user,base.group_system,base.group_partner_manager"
        )
        cls.contact.email = f"{SECRET}@example.com"

    def _create_sent(self, **values):
        """An email that was sent, with a file, an answer, a note and a tracked change."""
        email = self._create_email(
            name=f"Offer for {SECRET}",
            body=f"<p>Dear {SECRET}</p>",
            attachment_ids=[
                fields.Command.create({"name": f"{SECRET}.txt", "raw": SECRET.encode()})
            ],
            campaign_id=self.campaign.id,
            state="pending",
            **values,
        )
        mail = self._mails(email)
        mail.write({"state": "sent"})
        mail._postprocess_sent_message([], [])
        email.message_post(
            body=email.body,
            author_id=self.contact.id,
            email_from=self.contact.email,
            message_type="email",
            attachments=[(f"answer of {SECRET}.txt", SECRET)],
        )
        email.message_subscribe(self.contact.ids)
        self.env.flush_all()
        self.cr.flush()
        return email

    def _create_done(self, **values):
        return self._create_activity(
            **{
                "name": f"Call {SECRET}",
                "body": f"<p>{SECRET} was ill</p>",
                "state": "done",
                "campaign_id": self.campaign.id,
                "contact_id": self.contact.id,
                "date": "2025-03-01 09:00:00",
                "duration": 0.5,
                **values,
            }
        )

    def _open(self, targets, user=None):
        action = targets.with_user(user or self.system).action_anonymize_crm_activities()
        Wizard = self.env[action["res_model"]].with_user(user or self.system)
        return Wizard.with_context(**action["context"]).create({})

    def _anonymize(self, targets):
        result = self._open(targets).action_anonymize()
        self.env.flush_all()
        self.env.invalidate_all()
        return result

    def assertForgotten(self, spared=("res_partner", "res_users")):
        """No text column of any table has the person's name."""
        self.env.flush_all()
        self.cr.execute(
            """SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
                WHERE table_schema = 'public'
                  AND data_type IN ('text', 'character varying', 'jsonb')
                  AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')
                GROUP BY table_name"""
        )
        for table, columns in self.cr.fetchall():
            if table in spared:
                continue
            condition = SQL(" OR ").join(
                SQL("%s::text ILIKE %s", SQL.identifier(column), f"%{SECRET}%")
                for column in columns
            )
            self.cr.execute(
                SQL("SELECT * FROM %s WHERE %s LIMIT 1", SQL.identifier(table), condition)
            )
            self.assertFalse(self.cr.dictfetchall(), table)


@tagged("post_install", "-at_install")
class TestErasure(ErasureCase):
    def test_what_was_said_goes_and_what_is_counted_stays(self):
        sent = self._create_sent(user_id=self.salesman.id)
        done = self._create_done(user_id=self.salesman_all.id)
        counted = ["activity_type_id", "channel", "date", "date_done", "duration", "state"]
        counted += ["campaign_id", "company_id", "partner_id", "contact_id", "user_id"]
        before = (sent | done).read(counted)
        messages = sent.message_ids
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.activity"), ("res_id", "in", (sent | done).ids)]
        )
        self.assertEqual(len(files), 2)
        result = self._anonymize(self.contact)
        self.assertEqual(
            result["params"]["message"], "Activities anonymized: 2. Activities deleted: 0."
        )
        self.assertEqual((sent | done).read(counted), before)
        for activity in sent | done:
            self.assertEqual(activity.name, "Anonymized")
            self.assertTrue(activity.anonymized_date)
            self.assertFalse(activity.body)
            self.assertFalse(activity.attachment_ids)
        self.assertFalse(messages.exists())
        self.assertFalse(files.exists())
        self.assertForgotten()

    def test_what_was_sent_stays_known_as_sent(self):
        sent = self._create_sent()
        self._anonymize(self.contact)
        self.assertEqual(sent.message_ids, sent.mail_message_id)
        self.assertFalse(sent.mail_message_id.notification_ids)
        self.assertFalse(sent.mail_message_id.mail_ids)
        self.assertFalse(sent.mail_message_id.partner_ids)
        with self.assertRaisesRegex(UserError, "cannot delete activities that"):
            sent.with_user(self.manager).unlink()
        with self.assertRaisesRegex(UserError, "has been sent"):
            sent.with_user(self.salesman).write({"name": "Something else"})

    def test_former_versions_and_what_the_chatter_tracked_go(self):
        self.contact.name = f"Olga {SECRET}"
        mine = self._create_done()
        others = self._create_done(name="Call", body=False)
        self.env.flush_all()
        self.cr.flush()
        mine.write({"name": "Call", "body": "<p>Ill</p>"})
        others.contact_id = self.contact_2
        self.env.flush_all()
        self.cr.flush()
        self.assertTrue(mine.html_field_history)
        self.assertIn(SECRET, others.message_ids.tracking_value_ids.old_value_char)
        self._anonymize(self.contact)
        self.assertFalse(mine.html_field_history)
        self.assertEqual(others.name, "Call")
        self.assertForgotten()

    def test_the_chatter_does_not_name_who_was_anonymized_and_is_deleted(self):
        self.contact.name = f"Olga {SECRET}"
        self._create_done()
        self._anonymize(self.contact)
        self.contact.unlink()
        self.env.flush_all()
        self.cr.flush()
        self.assertForgotten(spared=())

    def test_the_figures_of_the_campaign_stay(self):
        self._create_sent()
        self._create_done()
        customer = self.customer.with_context(crm_campaign_id=self.campaign.id)

        def figures():
            self.env.invalidate_all()
            return (
                self.campaign.crm_activity_count,
                self.campaign.audience_reached_share,
                customer.crm_campaign_activity_counts,
                self.contact.crm_activity_count,
            )

        before = figures()
        self.assertEqual(before[0], 2)
        self.assertGreater(before[1], 0)
        self._anonymize(self.contact)
        self.assertEqual(figures(), before)

    def test_what_never_happened_is_deleted_and_what_is_queued_does_not_leave(self):
        draft = self._create_email()
        queued = self._create_email(state="pending")
        mail = self._mails(queued)
        cancelled = self._create_activity(contact_id=self.contact.id, state="cancelled")
        result = self._anonymize(self.contact)
        self.assertIn("deleted: 3.", result["params"]["message"])
        self.assertFalse((draft | queued | cancelled).exists())
        self.assertFalse(mail.exists())
        self.assertForgotten()

    def test_what_failed_after_it_was_sent_is_anonymized_with_its_reason(self):
        bounced = self._create_sent()
        bounced._report_bounce(self.contact.email)
        self.assertIn(SECRET, bounced.failure_reason)
        self._anonymize(self.contact)
        self.assertEqual((bounced.state, bounced.failure_reason), ("failed", False))
        self.assertForgotten()

    def test_what_may_have_left_is_anonymized_though_it_was_cancelled_afterwards(self):
        undecided = self._create_email(state="pending")
        undecided._report_delivery_status("failed", "Interrupted", may_have_left=True)
        undecided.action_cancel()
        self._anonymize(self.contact)
        self.assertEqual((undecided.state, undecided.name), ("cancelled", "Anonymized"))

    def test_what_is_being_sent_right_now_is_waited_for(self):
        queued = self._create_email(state="pending")
        self._mails(queued).crm_activity_sending = fields.Datetime.now()
        wizard = self._open(self.contact)
        with self.assertRaisesRegex(UserError, "being sent right now.*Our offer"):
            wizard.action_anonymize()
        self.assertEqual(queued.state, "pending")

    def test_of_a_contact_the_rest_of_the_company_stays(self):
        mine = self._create_done()
        others = self._create_done(contact_id=self.contact_2.id, name="Call Oscar")
        companys = self._create_done(contact_id=False, name="Call the company")
        self._anonymize(self.contact)
        self.assertEqual(mine.name, "Anonymized")
        self.assertEqual((others.name, companys.name), ("Call Oscar", "Call the company"))

    def test_of_a_customer_its_contacts_go_along_and_the_dialog_says_so(self):
        mine = self._create_done()
        self.assertTrue(self._open(self.customer).with_contacts)
        self.assertFalse(self._open(self.contact).with_contacts)
        self._anonymize(self.customer)
        self.assertEqual(mine.name, "Anonymized")

    def test_the_dialog_counts_before(self):
        self._create_sent()
        self._create_done()
        self._create_email()
        self._create_email(state="pending")
        self._create_activity(contact_id=self.contact.id, state="cancelled")
        action = self.contact.with_user(self.system).action_anonymize_crm_activities()
        form = Form(
            self.env[action["res_model"]].with_user(self.system).with_context(**action["context"])
        )
        self.assertEqual((form.kept_count, form.deleted_count, form.queued_count), (2, 3, 1))
        self.assertEqual(form.target_names, "Oak & Sons, Olga Oak")

    def test_only_administrators_anonymize(self):
        done = self._create_done(user_id=self.manager.id)
        wizard = self._open(self.contact)
        for user in (self.salesman, self.salesman_all, self.manager):
            with self.subTest(user.name):
                with self.assertRaises(AccessError):
                    self._open(self.contact, user)
                with self.assertRaises(AccessError):
                    wizard.with_user(user).action_anonymize()
                with self.assertRaises(AccessError):
                    wizard.with_user(user).read(["kept_count"])
        self.assertNotEqual(done.name, "Anonymized")

    def test_the_command_is_in_the_menu_of_administrators_alone(self):
        def offered(user, model):
            bindings = self.env["ir.actions.actions"].with_user(user).get_bindings(model)
            names = [action["name"] for action in bindings.get("action", ())]
            return "Anonymize CRM Activities" in names

        self.assertTrue(offered(self.system, "res.partner"))
        self.assertFalse(offered(self.manager, "res.partner"))

    def test_a_replica_is_not_marked_as_anonymized(self):
        done = self._create_done(user_id=self.salesman.id)
        copy = done.with_user(self.salesman).copy()
        self._anonymize(self.contact)
        self.assertFalse(copy.exists(), "a replica that is pending never happened")
        replica = done.with_user(self.salesman).copy()
        self.assertFalse(replica.anonymized_date)

    def test_what_distributions_noted_goes(self):
        self.contact.active = False
        wizard = self.env["crm.activity.distribute"].create(
            {
                "target_model": "res.partner",
                "target_ids": (self.contact | self.contact_2).ids,
                "activity_type_id": self.type_visit.id,
                "name": "Show",
            }
        )
        self.contact.name = f"Olga {SECRET}"
        wizard.action_distribute()
        line = wizard.distribution_id.line_ids.filtered(lambda one: one.res_id == self.contact.id)
        self.assertIn(SECRET, line.name)
        self.assertIn(SECRET, line.reason)
        self._anonymize(self.contact)
        self.assertFalse(line.exists().name)
        self.assertFalse(line.exists().reason)
        self.assertEqual(wizard.distribution_id.left_out_count, 1)

    def test_once_anonymized_a_contact_can_be_deleted(self):
        sent, done = self._create_sent(), self._create_done()
        with self.assertRaisesRegex(UserError, "2 CRM activities"), self.cr.savepoint():
            self.contact.unlink()
        self._anonymize(self.contact)
        self.contact.unlink()
        self.assertEqual((sent | done).exists(), sent | done)
        self.assertFalse((sent | done).contact_id)
        self.assertEqual((sent | done).partner_id, self.customer)
        self.assertEqual(self.campaign.crm_activity_count, 2)

    def test_once_anonymized_a_customer_can_be_deleted(self):
        done = self._create_done()
        self._anonymize(self.customer)
        self.customer.unlink()
        self.assertFalse(done.partner_id | done.contact_id)
        self.assertEqual(self.campaign.crm_activity_count, 1)

    def test_who_deletes_their_portal_account_is_forgotten(self):
        """In the same state as after the command, and the contact is gone."""
        quiet = self.env["res.users"].with_context(no_reset_password=True).env
        user = new_test_user(quiet, "olga", "base.group_portal", partner_id=self.contact.id)
        contact = self.contact
        sent, done, draft = self._create_sent(), self._create_done(), self._create_email()
        contact.name = f"Olga {SECRET}"
        with mute_logger("odoo.addons.base.models.res_users"):
            user.with_user(user).sudo()._deactivate_portal_user(request_blacklist=False)
        self.assertEqual(set((sent | done).mapped("name")), {"Anonymized"})
        self.assertFalse(draft.exists())
        with (
            mute_logger("odoo.addons.base.models.res_users_deletion"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("base.ir_cron_res_users_deletion").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(contact.exists())
        self.assertFalse(user.exists())
        self.assertEqual((sent | done).exists(), sent | done)
        # Odoo tells by email that an account was changed.
        self.env["mail.mail"].search([("model", "!=", "crm.activity")]).unlink()
        self.assertForgotten(spared=("bus_bus",))

    def test_a_portal_account_of_a_company_erases_no_companys_history(self):
        user = new_test_user(
            self.env, "oak", "base.group_portal", partner_id=self.customer.id, name="Oak & Sons"
        )
        done = self._create_done()
        with mute_logger("odoo.addons.base.models.res_users"):
            user.with_user(user).sudo()._deactivate_portal_user(request_blacklist=False)
        self.assertNotEqual(done.name, "Anonymized")

    def test_thousands_are_anonymized_in_batches(self):
        def queries(count):
            contact = self.env["res.partner"].create(
                {"name": "Many", "parent_id": self.customer.id}
            )
            self.Activity.create(
                [
                    {
                        "name": "Call",
                        "activity_type_id": self.type_visit.id,
                        "contact_id": contact.id,
                        "state": ("done", "draft")[number % 2],
                    }
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            wizard = self._open(contact)
            before = self.cr.sql_log_count
            wizard.action_anonymize()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        queries(2)
        self.assertLess(queries(420) - queries(20), 40)
