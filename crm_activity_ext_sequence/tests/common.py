# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import fields

from odoo.addons.crm_activity_ext.tests.smtp import smtp_server
from odoo.addons.crm_activity_ext.tests.test_answer import AnswerCase


class SequenceCase(AnswerCase):
    """A sequence of four steps: an email, a call, an email and a call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.email = "max@example.com"
        cls.contact.phone = "+34 600 000 001"
        cls.Enrollment = cls.env["crm.activity.sequence.enrollment"]
        cls.sequence = cls._create_sequence(
            "Proposal",
            (cls.type_email, 0, "Our proposal"),
            (cls.type_call, 3, "Has it arrived?"),
            (cls.type_email, 7, "Any questions?"),
            (cls.type_call, 14, "Ask for a decision"),
        )

    @classmethod
    def _create_sequence(cls, name, *steps, target_model="res.partner"):
        return cls.env["crm.activity.sequence"].create(
            {
                "name": name,
                "target_model": target_model,
                "step_ids": [
                    (
                        0,
                        0,
                        {
                            "activity_type_id": type_.id,
                            "delay_days": days,
                            "name": subject,
                            "body": f"<p>{subject}</p>",
                        },
                    )
                    for type_, days, subject in steps
                ],
            }
        )

    def _start(self, targets=None, sequence=None, user=None, **values):
        """:return: the enrollments of the targets, the contact unless something else is said"""
        targets = self.contact if targets is None else targets
        wizard = (
            self.env["crm.activity.sequence.enroll"]
            .with_user(user or self.salesman)
            .create(
                {
                    "sequence_id": (sequence or self.sequence).id,
                    "target_model": targets._name,
                    "target_ids": targets.ids,
                    "user_policy": "me",
                    **values,
                }
            )
        )
        wizard.action_distribute()
        return self._get_enrollments(targets, sequence)

    def _get_enrollments(self, targets, sequence=None):
        return self.Enrollment.search(
            [
                ("sequence_id", "=", (sequence or self.sequence).id),
                ("res_model", "=", targets._name),
                ("res_id", "in", targets.ids),
            ],
            order="id",
        )

    def _update_planned(self):
        """:return: how many activities have become what their steps say now"""
        wizard = self.env["crm.activity.sequence.update"]
        action = wizard.create({"sequence_id": self.sequence.id}).action_update()
        return int(action["params"]["message"].removeprefix("Activities updated: ")[:-1])

    def _get_steps(self, enrollment):
        """:return: the activities of an enrollment, in their order"""
        return enrollment.activity_ids.sorted("date")

    def _send_first(self, enrollment):
        """:return: the first mail, as the server got it"""
        first = self._get_steps(enrollment)[0]
        first.sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        with smtp_server(self.env) as mailbox:
            self._run_queue()
        self.assertEqual(first.state, "done")
        [mail] = [mail for mail in mailbox.messages if "olga@" in mail["To"]]
        return mail

    def _run_cron(self, name="crm_activity_ext_sequence.ir_cron_settle"):
        with self.enter_registry_test_mode():
            self.env.ref(name).method_direct_trigger()
        self.env.invalidate_all()

    def assertStopped(self, enrollment, reason, states=("cancelled",) * 4):
        self.env.invalidate_all()
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("stopped", reason))
        self.assertEqual(self._get_steps(enrollment).mapped("state"), list(states))
        mails = enrollment.activity_ids.sudo().mail_message_id.mail_ids
        self.assertNotIn("outgoing", mails.mapped("state"), "nothing is left in the queue")
