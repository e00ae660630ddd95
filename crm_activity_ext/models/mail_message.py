# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import UserError

# What somebody keeps on a message for themselves, and not part of it.
PERSONAL_FIELDS = {"starred_partner_ids"}


class MailMessage(models.Model):
    """What an activity has sent, or is about to send, is a record: it stays as it is.

    Odoo lets whoever may write a document delete its messages, and their authors edit them. With
    the message its mail would go, and with both what holds the activity.
    """

    _inherit = "mail.message"

    def write(self, vals):
        if vals.keys() - PERSONAL_FIELDS:
            self._check_not_sent_by_crm_activity()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent_by_crm_activity(self):
        self._check_not_sent_by_crm_activity()

    def _check_not_sent_by_crm_activity(self):
        """:raise UserError: for messages that activities have in the outbox or sent"""
        if self.env.su:  # the queue, merges, erasure, and deletion of the activity itself
            return
        # sudo: a message is held whether its activity is the user's or not.
        ours = self.sudo().filtered(lambda message: message.model == "crm.activity")
        if ours and self.env["crm.activity"].sudo().search_count(
            [("mail_message_id", "in", ours.ids)], limit=1
        ):
            raise UserError(
                self.env._(
                    "You cannot change or delete a message that a CRM activity has sent or has "
                    "in the outbox. Cancel the activity to keep the message from leaving."
                )
            )
