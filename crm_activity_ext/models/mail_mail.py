# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict
from contextlib import contextmanager
from zlib import crc32

from odoo import api, fields, models
from odoo.modules import module

# Of the advisory locks of PostgreSQL, those on mails of activities.
LOCK_CLASS = crc32(b"crm_activity_ext.mail_mail") & 0x7FFFFFFF


class MailMail(models.Model):
    """What becomes of the mails of activities, and that each is sent at most once.

    SMTP and the database cannot commit together: a worker that dies after the server
    took a mail, and before that is written down, leaves a mail that looks unsent. So a
    worker writes down that it begins, and commits, before it talks to the server. Who
    finds such a mark without a living worker cannot know, and says so, instead of sending
    again.
    """

    _name = "mail.mail"
    _inherit = ["mail.mail", "crm.activity.system.fields.mixin"]

    crm_activity_sending = fields.Datetime(
        string="Being Sent Since",
        readonly=True,
        copy=False,
        help="Set while a worker talks to the mail server about this mail.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"crm_activity_sending"}

    def write(self, vals):
        result = super().write(vals)
        follows = {"outgoing": "pending", "cancel": "cancelled"}.get(vals.get("state"))
        if follows and not self.env["crm.activity"]._is_told_by_queue():
            self._get_crm_activities()._report_fate(follows)
        return result

    def unlink(self):
        queued = self.filtered(lambda mail: mail.state == "outgoing")
        activities = queued._get_crm_activities()
        result = super().unlink()
        activities._report_fate("cancelled", self.env._("The email was deleted from the outbox."))
        return result

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Leave mails of activities to the queue, which commits mail by mail.

        A request that sends them itself might be repeated after a conflict, and send
        them again.
        """
        mails = self
        if not auto_commit and not module.current_test:
            left_to_queue = self._get_crm_activities().mail_message_id.mail_ids & self
            if left_to_queue:
                self.env["crm.activity"]._trigger_mail_queue([False])
            mails -= left_to_queue
        return super(MailMail, mails).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        options = {
            "auto_commit": auto_commit,
            "raise_exception": raise_exception,
            "smtp_session": smtp_session,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
            "post_send_callback": post_send_callback,
        }
        ours = self._get_crm_activities().mail_message_id.mail_ids & self
        if not auto_commit or not ours:
            return super()._send(**options)
        super(MailMail, self - ours)._send(**options)
        for mail in ours:
            with mail._claim() as claimed:
                if claimed:
                    super(MailMail, mail)._send(**options)
        return True

    @contextmanager
    def _claim(self):
        """Make sure that no worker but this one sends the mail, now or ever.

        :return: context manager that gives whether to send it
        """
        self.ensure_one()
        cr = self.env.cr
        cr.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_CLASS, self.id))
        if not cr.fetchone()[0]:  # a living worker has it
            yield False
            return
        try:
            # To see what others have committed since this transaction began: the queue
            # has nothing of its own open here, it commits mail by mail.
            cr.commit()  # pylint: disable=invalid-commit
            self.invalidate_recordset()
            if self.exists().state != "outgoing":
                yield False
            elif self.crm_activity_sending:
                self._report_undecided()
                yield False
            else:
                self.crm_activity_sending = fields.Datetime.now()
                self.flush_recordset()
                # Must outlive this worker, whatever happens from here on.
                cr.commit()  # pylint: disable=invalid-commit
                try:
                    yield True
                except Exception:
                    cr.rollback()
                    self._report_undecided()
                    raise
        finally:
            cr.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCK_CLASS, self.id))

    def _report_undecided(self):
        """Say that nobody knows whether the mail server took the mail, and commit."""
        reason = self.env._(
            "Sending was interrupted, and the mail server may have accepted the email or not. "
            "Ask the recipient before you retry."
        )
        values = {"state": "exception", "failure_type": "unknown", "failure_reason": reason}
        self.write(values)
        self._postprocess_sent_message([], [], failure_reason=reason, failure_type="unknown")
        self.env.flush_all()
        # Whatever the queue does next, this is known.
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _postprocess_sent_message(self, *args, **kwargs):
        """Odoo calls this with the outcome, for one mail or many: activities follow it."""
        outcomes = defaultdict(self.env["crm.activity"].browse)
        mails = self.grouped("mail_message_id")
        for activity in self._get_crm_activities():
            mail = mails[activity.mail_message_id]
            mail.crm_activity_sending = False
            if mail.state == "sent":
                outcomes["done", False] |= activity
            elif mail.state == "exception":
                # Odoo joins the parts of what the server said with line breaks.
                outcomes["failed", " ".join((mail.failure_reason or "").split())] |= activity
        for (state, reason), activities in outcomes.items():
            activities._report_fate(state, reason)
        return super()._postprocess_sent_message(*args, **kwargs)

    def _get_crm_activities(self):
        """:return: the activities that these are the mails of"""
        messages = self.filtered(lambda mail: mail.model == "crm.activity").mail_message_id
        # sudo: fate does not depend on who looks.
        Activity = self.env["crm.activity"].sudo()
        return Activity.search([("mail_message_id", "in", messages.ids)]) if messages else Activity
