# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The responsible is told of what others write, from the first message on."""

from odoo.tests import tagged

from .common import CrmActivityCase

ANSWER = """From: Oak & Sons <oak@example.com>
To: catchall@example.com
Subject: Re: Chairs
Message-ID: <answer.%(number)s@example.com>
In-Reply-To: %(sent)s
References: %(sent)s

We take ten.
"""


@tagged("post_install", "-at_install")
class TestFollowers(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls._create_mine()
        cls.me = cls.salesman_all.partner_id

    @classmethod
    def _create_mine(cls, **values):
        return cls.Activity.with_user(cls.salesman_all).create(
            {
                "name": "Chairs",
                "activity_type_id": cls.type_call.id,
                "partner_id": cls.customer.id,
                **values,
            }
        )

    def _write_to(self, activity, **values):
        return activity.with_user(self.manager).message_post(
            body="They called", message_type="comment", subtype_xmlid="mail.mt_comment", **values
        )

    def test_a_colleagues_message_reaches_the_responsible(self):
        self.assertFalse(self.mine.message_partner_ids)
        message = self._write_to(self.mine)
        self.assertIn(self.me, message.notified_partner_ids)
        self.assertEqual(self.mine.message_partner_ids, self.me | self.manager.partner_id)

    def test_the_one_who_is_responsible_by_then_is_told(self):
        self.mine.with_user(self.manager).user_id = self.salesman
        message = self._write_to(self.mine)
        self.assertIn(self.salesman.partner_id, message.notified_partner_ids)
        self.assertNotIn(self.me, message.notified_partner_ids)

    def test_who_has_stopped_following_is_left_alone(self):
        self._write_to(self.mine)
        self.mine.message_unsubscribe(self.me.ids)
        message = self._write_to(self.mine)
        self.assertNotIn(self.me, message.notified_partner_ids)

    def test_what_the_system_notes_makes_nobody_follow(self):
        self.cr.flush()  # as an earlier request has left it
        self.mine.action_done()
        self.env.flush_all()
        self.cr.flush()
        self.assertTrue(self.mine.message_ids)
        self.assertFalse(self.mine.message_partner_ids)

    def test_the_answer_to_an_email_reaches_the_responsible(self):
        email = self._create_mine(activity_type_id=self.type_email.id, body="<p>Chairs?</p>")
        email.action_pending()
        self.assertFalse(email.message_partner_ids)
        sent = email.sudo().mail_message_id
        for number in range(2):
            text = ANSWER % {"number": number, "sent": sent.message_id}
            self.env["mail.thread"].message_process(False, text)
            answer = email.sudo().message_ids[0]
            self.assertIn("We take ten", answer.body)
            self.assertIn(self.me, answer.notified_partner_ids)
        self.assertEqual(email.message_partner_ids, self.me)

    def test_an_archived_responsible_does_not_follow(self):
        self.salesman_all.active = False
        message = self._write_to(self.mine)
        self.assertNotIn(self.me, message.notified_partner_ids)
