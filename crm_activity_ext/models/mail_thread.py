# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.tools import html2plaintext
from odoo.tools.mail import append_content_to_html, email_normalize

from ..tools.apart import apart
from ..tools.calendar_reply import get_calendar_comment
from .crm_activity_answer_mixin import is_automatic

# Reports that the recipient's program or provider makes of a mail that was delivered: a receipt
# (RFC 8098), a complaint (RFC 5965).
REPORTS_OF_DELIVERED = {"message/disposition-notification", "message/feedback-report"}


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Let the mails of activities fail by reports of failure alone.

        Odoo takes every report for a bounce: delays, receipts and successes as well. And where
        what came back is not the activity's mail but a message to a colleague, the
        activity does not change.
        """
        # sudo: the mail gateway may run as anybody.
        activity = message_dict["bounced_message"].sudo()._get_sent_crm_activity()
        if not activity:
            return super()._routing_handle_bounce(email_message, message_dict)
        outcomes = _get_outcomes(email_message)
        failed = [email for action, email in outcomes if action == "failed"]
        is_known = outcomes or any(
            part.get_content_type() in REPORTS_OF_DELIVERED for part in email_message.walk()
        )
        if is_known and not failed:
            text = html2plaintext(message_dict.get("body") or "")
            return activity._note_report(message_dict.get("subject"), text)
        # It may come before who sends has written that the mail was sent, and is read again then.
        activity._wait_for_others()
        result = super()._routing_handle_bounce(email_message, message_dict)
        if email := next(filter(None, failed), message_dict["bounced_email"]):
            activity._report_bounce(email)
        return result

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Record what people outside have written: see ``crm.activity.answer.mixin``.

        Odoo has left out by now what it has already, and reports on deliveries. The message stays
        in the chatter whatever becomes of that: a server that fetches mail has deleted it there.
        """
        message_id = message_dict["message_id"]
        self._add_calendar_comment(message, message_dict)
        result = super()._message_route_process(message, message_dict, routes)
        Activity = self.env["crm.activity"]
        recorded = {route[0] for route in routes or ()} & Activity._get_received_models()
        if not recorded or is_automatic(message) or not Activity._is_crm_installed():
            return result
        with apart(self.env.cr, f"No CRM activity was recorded of the mail {message_id}"):
            # sudo: the mail gateway may run as anybody.
            Message = self.env["mail.message"].sudo()
            Activity._record_received(
                Message.search(
                    [("message_id", "=", message_id), ("model", "in", list(recorded))], order="id"
                )
            )
        return result

    @api.model
    def _add_calendar_comment(self, message, message_dict):
        """Show what somebody has added to their calendar's answer, where that has it in its file
        alone.
        """
        comment = get_calendar_comment(message)
        body = message_dict.get("body") or ""
        if comment and _join_words(comment) not in _join_words(html2plaintext(body)):
            message_dict["body"] = append_content_to_html(body, comment)

    def _check_can_update_message_content(self, messages):
        # The chatter edits as superuser what its user may edit.
        messages.sudo(False)._check_not_recorded_as_crm_activity()
        return super()._check_can_update_message_content(messages)


def _join_words(text):
    return " ".join(text.split())


def _get_outcomes(email_message):
    """Read what a report on a delivery says (RFC 3464).

    :return: list of ``(action, address)``, of each recipient in the report
    """
    blocks = [
        block
        for part in email_message.walk()
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
        for block in part.get_payload()
    ]
    return [
        (str(block["Action"]).split("(")[0].strip().lower(), _get_address(block))
        for block in blocks
        if block["Action"]
    ]


def _get_address(block):
    """:return: the address of a recipient in a report, in its normal form, or False"""
    recipient = str(block["Original-Recipient"] or block["Final-Recipient"] or "")
    return email_normalize(recipient.partition(";")[2])
