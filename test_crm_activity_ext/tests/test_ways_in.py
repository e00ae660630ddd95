# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""No marketing for who has opted out: each way in, by each channel there is.

Beside the ways of the core: many at once, sequences, what comes next, and what was planned before.
"""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.crm_activity_ext.tests.test_consent import WISHES, WaysInCase

# By what somebody has opted out: the wish that is noted, or a blacklist of Odoo's.
CHANNELS = (*WISHES, "email_out", "sms")
BODY = "<p>Our new range is here.</p>"


@tagged("post_install", "-at_install")
class TestAllWaysIn(WaysInCase):
    def _get_ways(self):
        return {
            **super()._get_ways(),
            "many at once": self._by_distribution,
            "sequence": self._by_sequence,
            "first step of a sequence is something else": self._by_later_step,
            "what comes next": self._by_mark_done,
        }

    def _by_distribution(self, partner, channel):
        self._distribute(
            partner,
            activity_type_id=self._get_type(channel).id,
            campaign_id=self.campaign.id,
            body=BODY,
        )

    def _by_sequence(self, partner, channel):
        self._start_sequence(partner, channel)

    def _by_later_step(self, partner, channel):
        self._start_sequence(partner, "other", channel)

    def _start_sequence(self, partner, *channels):
        sequence = self.env["crm.activity.sequence"].create(
            {
                "name": "Our new range",
                "target_model": "res.partner",
                "step_ids": [
                    (
                        0,
                        0,
                        {
                            "activity_type_id": self._get_type(channel).id,
                            "name": "Our new range",
                            "body": BODY,
                            "delay_days": days,
                        },
                    )
                    for days, channel in enumerate(channels)
                ],
            }
        )
        self.env["crm.activity.sequence.enroll"].with_user(self.salesman_all).create(
            {
                "sequence_id": sequence.id,
                "target_model": "res.partner",
                "target_ids": partner.ids,
                "campaign_id": self.campaign.id,
                "user_policy": "me",
            }
        ).action_distribute()

    def _by_mark_done(self, partner, channel):
        planned = self._plan(partner, "other", campaign_id=self.campaign.id)
        self.env["crm.activity.done"].with_user(self.salesman_all).create(
            {
                "activity_ids": planned.ids,
                "next_type_id": self._get_type(channel).id,
                "next_date": "2030-01-07 10:00:00",
            }
        ).action_done()

    def test_no_way_in_plans_marketing_for_who_has_opted_out(self):
        for channel in CHANNELS:
            for name, way in self._get_ways().items():
                with self.subTest(channel=channel, way=name):
                    with self.env.cr.savepoint() as savepoint:
                        self._opt_out(self.partner, channel)
                        self._try(way, channel)
                        self.assertFalse(self._get_planned())
                        savepoint.rollback()
                    self.env.invalidate_all()

    def _try(self, way, channel):
        """Whether a way is refused or leaves somebody out, is its own; why not is always said."""
        try:
            with self.env.cr.savepoint():
                way(self.partner, channel)
        except UserError as error:
            self.assertRegex(str(error), "does not want|is blacklisted")
        self.env.invalidate_all()

    def test_every_way_in_plans_marketing_for_who_has_not(self):
        for channel in CHANNELS:
            for name, way in self._get_ways().items():
                with self.subTest(channel=channel, way=name):
                    with self.env.cr.savepoint() as savepoint:
                        way(self.partner, channel)
                        self.env.invalidate_all()
                        self.assertTrue(self._get_planned())
                        savepoint.rollback()
                    self.env.invalidate_all()

    def test_what_was_planned_before_reaches_nobody_who_has_opted_out_since(self):
        for channel in CHANNELS:
            with self.subTest(channel), self.env.cr.savepoint() as savepoint:
                activity = self._plan(
                    self.partner, channel, campaign_id=self.campaign.id, body=BODY
                )
                self._opt_out(self.partner, channel)
                if channel in self.Activity._get_delivered_channels():
                    activity.action_pending()
                    self.assertEqual(activity.state, "failed")
                    self.assertIn("is blacklisted", activity.failure_reason)
                    self.assertFalse(activity.mail_message_id)
                else:
                    work_list = self.Activity.with_user(self.salesman_all).get_work_list(
                        activity.ids
                    )
                    self.assertFalse(work_list["ids"])
                    self.assertIn("does not want it: 1.", work_list["left_out"])
                savepoint.rollback()
            self.env.invalidate_all()
