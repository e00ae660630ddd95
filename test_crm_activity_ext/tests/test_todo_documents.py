# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""To-dos on leads, in plans, and on documents of other apps."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_activity_ext.tests.test_todo import TodoCase


@tagged("post_install", "-at_install")
class TestTodoDocuments(TodoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Forty desks",
                "partner_id": cls.contact.id,
                "campaign_id": cls.campaign.id,
                "user_id": cls.salesman_all.id,
            }
        )
        cls.order = cls.env["sale.order"].create(
            {"partner_id": cls.contact.id, "user_id": cls.salesman_all.id}
        )

    def _record_orders(self):
        form = Form(self.env["res.config.settings"])
        form.crm_recorded_model_ids.add(self.env["ir.model"]._get("sale.order"))
        form.save().execute()

    def test_a_reminder_on_a_lead_is_for_its_customer_and_campaign_too(self):
        self._plan(self.lead).action_feedback(feedback="They want fifty")
        self.assertRecordValues(
            self._get_recorded(),
            [
                {
                    "lead_id": self.lead.id,
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "campaign_id": self.campaign.id,
                    "user_id": self.salesman.id,
                    "state": "done",
                    "res_model": False,
                }
            ],
        )

    def test_a_call_on_a_contact_and_a_meeting_on_a_lead_are_two_rows_of_the_history(self):
        meeting = self.env.ref("mail.mail_activity_data_meeting")
        todos = self._plan(self.contact) | self._plan(self.lead, activity_type_id=meeting.id)
        history = self.env["crm.activity.history"].with_user(self.salesman_all)
        of_customer = self.customer._get_crm_history_domain()
        before = history.search(of_customer)
        todos.action_feedback(feedback="They want fifty")
        activities = self._get_recorded()
        self.assertEqual(activities.activity_type_id, self.type_call | meeting)
        added = history.search(of_customer) - before
        self.assertEqual(set(added.mapped("res_model")), {"crm.activity"})
        self.assertEqual(set(added.mapped("res_id")), set(activities.ids))

    def test_a_file_of_a_lead_goes_to_nobody_by_its_id(self):
        secret = self.env["ir.attachment"].create(
            {"name": "secret.txt", "raw": b"1", "res_model": "crm.lead", "res_id": self.lead.id}
        )
        self.assertFalse(self.lead.with_user(self.salesman).has_access("read"))
        todo = self._plan(self.lead).with_user(self.salesman)
        with self.assertRaises(AccessError), self.cr.savepoint():
            todo.action_feedback(attachment_ids=secret.ids)
        # Nor through code with more rights, as a signature is.
        todo.sudo().action_feedback(attachment_ids=secret.ids)
        self.assertTrue(self._get_recorded())
        self.assertFalse(self._get_recorded().attachment_ids)

    def test_campaigns_of_other_apps_are_none_of_ours(self):
        self.order.campaign_id = self.campaign
        self.assertEqual(
            self.Activity._prepare_target_values(self.order)["campaign_id"], self.campaign.id
        )
        with patch.object(self.order._fields["campaign_id"], "comodel_name", "res.country"):
            self.assertFalse(self.Activity._prepare_target_values(self.order)["campaign_id"])

    def test_what_is_anonymized_does_not_lead_to_the_document(self):
        self._record_orders()
        self._plan(self.order).action_feedback()
        activity = self._get_recorded()
        self.Activity.sudo()._anonymize_for(self.contact)
        self.assertFalse(activity.res_model or activity.res_id)

    def test_a_lead_without_a_customer_is_enough(self):
        self.lead.partner_id = False
        self._plan(self.lead).with_user(self.accountant).sudo().action_feedback()
        activity = self._get_recorded()
        self.assertEqual(activity.lead_id, self.lead)
        self.assertFalse(activity.partner_id)

    def test_each_step_of_a_plan_is_recorded(self):
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Welcome",
                "res_model": "res.partner",
                "template_ids": [
                    Command.create(
                        {
                            "activity_type_id": self.type_call.id,
                            "summary": f"Step {i}",
                            "responsible_type": "other",
                            "responsible_id": self.salesman.id,
                        }
                    )
                    for i in range(3)
                ],
            }
        )
        self.env["mail.activity.schedule"].with_context(
            active_model="res.partner", active_ids=self.customer.ids
        ).create({"plan_id": plan.id}).action_schedule_plan()
        self.customer.activity_ids.action_feedback()
        self.assertEqual(set(self._get_recorded().mapped("name")), {"Step 0", "Step 1", "Step 2"})

    def test_documents_are_recorded_where_somebody_wants_that(self):
        self._plan(self.order).action_feedback()
        self.assertFalse(self._get_recorded())
        self._record_orders()
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.crm_recorded_model_ids.mapped("model"), ["sale.order"])
        self._plan(self.order).with_user(self.accountant).sudo().action_feedback()
        activity = self._get_recorded()
        self.assertRecordValues(
            activity,
            [
                {
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "company_id": self.order.company_id.id,
                    "res_model": "sale.order",
                    "res_id": self.order.id,
                }
            ],
        )
        action = activity.with_user(self.salesman_all).action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", self.order.id))

    def test_who_may_not_read_the_document_does_not_open_it(self):
        self._record_orders()
        self._plan(self.order).action_feedback()
        activity = self._get_recorded().with_user(self.salesman)
        self.assertTrue(activity.has_access("read"))
        with self.assertRaises(AccessError):
            activity.action_open_document()

    def test_a_document_that_is_gone_says_so(self):
        self._record_orders()
        self._plan(self.order).action_feedback()
        activity = self._get_recorded()
        self.order.unlink()
        with self.assertRaisesRegex(UserError, "no longer exists"):
            activity.action_open_document()
        activity.sudo().res_model = "not.installed"
        with self.assertRaisesRegex(UserError, "no longer exists"):
            activity.action_open_document()
        with self.assertRaisesRegex(UserError, "no longer exists"):
            self._create_activity().action_open_document()

    def test_documents_to_choose_have_a_customer_and_reminders(self):
        offered = set(self.Activity._get_documents_with_customer())
        self.assertLessEqual({"sale.order", "account.move", "stock.picking"}, offered)
        self.assertFalse(offered & {"crm.activity", "crm.lead", "res.partner", "res.users"})

    def test_only_administrators_choose_documents(self):
        # _get gives it as superuser.
        orders = self.env["ir.model"]._get("sale.order").with_user(self.manager)
        with self.assertRaises(AccessError):
            orders.sudo(False).crm_record_done = True
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(self.manager).create({})
