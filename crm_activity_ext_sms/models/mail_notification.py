# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict

from odoo import SUPERUSER_ID, models
from odoo.tools import html2plaintext

# What the provider has taken is done; a later report may still turn it into failed.
FATES = {"pending": "done", "sent": "done", "bounce": "failed", "exception": "failed"}
# As a provider's code would be: its words depend on who reads them.
INTERRUPTED = "interrupted"


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def _report_crm_activity_fate(self):
        """Tell the activities what became of their SMS."""
        # The provider speaks, by a request without a user, or through the queue.
        Activity = self.env["crm.activity"].with_user(SUPERUSER_ID)
        told = self.filtered(lambda notification: notification.notification_status in FATES)
        messages = told.mail_message_id.filtered(lambda message: message.model == Activity._name)
        if not messages:
            return
        notifications = told.grouped("mail_message_id")
        outcomes = defaultdict(Activity.browse)
        for activity in messages._get_crm_activities().with_user(SUPERUSER_ID):
            notification = notifications[activity.mail_message_id.with_env(self.env)]
            fate = FATES[notification.notification_status]
            reason = (
                fate == "failed"
                and notification.with_context(
                    lang=activity.user_id.lang
                )._get_sms_failure_in_words()
            )
            outcomes[fate, reason, notification._is_undecided()] |= activity
        for (fate, reason, is_undecided), activities in outcomes.items():
            activities._report_fate(fate, reason, may_have_left=is_undecided)

    def _is_undecided(self):
        """:return: whether nobody knows if the provider has taken the message"""
        return self.failure_type == "sms_server" or self.failure_reason == INTERRUPTED

    def _get_sms_failure_in_words(self):
        """:return: why the SMS was not delivered, for people to read"""
        self.ensure_one()
        reason = self.failure_reason
        if self.failure_type == "sms_server":
            reason = self.env._(
                "the provider could not be reached or did not respond. It may or may not have "
                "accepted the message. Check with the recipient before you retry."
            )
        elif self.failure_type and self.failure_type != "unknown":
            labels = dict(self._fields["failure_type"]._description_selection(self.env))
            reason = labels[self.failure_type]
        elif reason == INTERRUPTED:
            reason = self.env._(
                "sending was interrupted. The provider may or may not have accepted the message. "
                "Check with the recipient before you retry."
            )
        elif reason and reason.isidentifier():  # a code of the provider's
            api = self.env.company._get_sms_api_class()(self.env)
            message = api._get_sms_api_error_messages().get(reason, reason)
            reason = html2plaintext(message, include_references=False)
        return self.env._(
            "The SMS failed: %(reason)s",
            reason=reason or self.env._("the provider did not give a reason."),
        )
