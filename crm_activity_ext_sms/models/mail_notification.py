# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict

from odoo import SUPERUSER_ID, models
from odoo.tools import html2plaintext

# What the provider has taken is done; a later report may still turn it into failed.
DELIVERY_STATES = {"pending": "done", "sent": "done", "bounce": "failed", "exception": "failed"}


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def _report_crm_activity_delivery(self):
        """Let the activities follow what became of their SMS."""
        # The provider speaks, by a request without a user, or through the queue.
        Activity = self.env["crm.activity"].with_user(SUPERUSER_ID)
        known = self.filtered(lambda n: n.notification_status in DELIVERY_STATES)
        messages = known.mail_message_id.filtered(lambda message: message.model == Activity._name)
        if not messages:
            return
        notifications = known.grouped("mail_message_id")
        outcomes = defaultdict(Activity.browse)
        for activity in messages._get_crm_activities().with_user(SUPERUSER_ID):
            notification = notifications[activity.mail_message_id.with_env(self.env)]
            state = DELIVERY_STATES[notification.notification_status]
            reason = (
                state == "failed"
                and notification.with_context(
                    lang=activity.user_id.lang
                )._get_sms_failure_in_words()
            )
            # Nobody knows whether a provider that did not answer has taken the message.
            is_undecided = notification.failure_type == "sms_server"
            outcomes[state, reason, is_undecided] |= activity
        for (state, reason, is_undecided), activities in outcomes.items():
            activities._report_delivery_status(state, reason, may_have_left=is_undecided)

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
        elif reason and reason.isidentifier():  # a code of the provider's
            api = self.env.company._get_sms_api_class()(self.env)
            message = api._get_sms_api_error_messages().get(reason, reason)
            reason = html2plaintext(message, include_references=False)
        return self.env._(
            "The SMS failed: %(reason)s",
            reason=reason or self.env._("the provider did not give a reason."),
        )
