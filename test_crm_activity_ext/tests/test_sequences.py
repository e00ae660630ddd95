# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sequences with SMS: answers by SMS stop them, and so does who does not want any."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.crm_activity_ext_sms.tests.test_sms import SmsCase


@tagged("post_install", "-at_install")
class TestSequencesBySms(SmsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sequence = cls.env["crm.activity.sequence"].create(
            {
                "name": "By SMS",
                "target_model": "res.partner",
                "step_ids": [
                    (
                        0,
                        0,
                        {
                            "activity_type_id": cls.type_sms.id,
                            "name": f"Day {days}",
                            "body": f"<p>Day {days}</p>",
                            "delay_days": days,
                        },
                    )
                    for days in (0, 7)
                ],
            }
        )

    def _start(self):
        """:return: the enrollment of the contact, and its steps"""
        sequence = self.sequence.with_user(self.salesman)
        sequence.action_enroll("res.partner", self.contact.ids)
        enrollment = self.env["crm.activity.sequence.enrollment"].search([], limit=1)
        return enrollment, enrollment.activity_ids.sorted("date")

    def _get_sms_states(self, steps):
        sms = self.env["sms.sms"].search([("crm_activity_id", "in", steps.ids)])
        return set(sms.mapped("state"))

    def test_an_answer_by_sms_takes_the_next_one_out_of_the_queue(self):
        enrollment, steps = self._start()
        steps[0].sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        with self.provider():
            self._run_queue()
        self.assertEqual(steps.mapped("state"), ["done", "pending"])
        steps[0].sudo().message_post(
            body="Yes, at nine.",
            message_type="sms",
            author_id=self.contact.id,
            subtype_xmlid="mail.mt_comment",
        )
        self.env.invalidate_all()
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("stopped", "answer"))
        self.assertEqual(steps.mapped("state"), ["done", "cancelled"])
        self.assertNotIn("outgoing", self._get_sms_states(steps))

    def test_a_number_that_is_blacklisted_stops(self):
        enrollment, steps = self._start()
        self.assertEqual(self._get_sms_states(steps), {"outgoing"})
        self.env["phone.blacklist"]._add([self.contact.phone_sanitized])
        self.env.invalidate_all()
        self.assertEqual((enrollment.state, enrollment.stop_reason), ("stopped", "opted_out"))
        self.assertNotIn("outgoing", self._get_sms_states(steps))

    def test_one_that_waits_for_somebody_to_decide_is_not_taken_up_by_the_queue(self):
        enrollment, steps = self._start()
        steps[0].sudo().date = fields.Datetime.now() - timedelta(minutes=1)
        waiting = self._sms(steps[0])
        pausing = enrollment.with_user(self.salesman_all)._do_in_background("pause")
        self.salesman_all.active = False
        with self.enter_registry_test_mode():
            self.env.ref("crm_activity_ext.ir_cron_distribute").method_direct_trigger()
        self.env.invalidate_all()
        # It is the first one, and the batch would have no place for any other.
        other = self._sms(
            self._create_sms(state="pending", contact_id=False, partner_id=self.customer.id)
        )
        self.env["ir.config_parameter"].set_param("sms.session.batch.size", 1)
        with self.provider() as provider:
            self._run_queue()
        self.assertEqual([number for number, _text, _uuid in provider.messages], [other.number])
        self.assertEqual((waiting.state, steps[0].state), ("outgoing", "pending"))
        pausing = self.env[pausing["res_model"]].browse(pausing["res_id"])
        pausing.with_user(self.manager).unlink()
        with self.provider() as provider:
            self._run_queue()
        self.assertEqual([number for number, _text, _uuid in provider.messages], [waiting.number])
