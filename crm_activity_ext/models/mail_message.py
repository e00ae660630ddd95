# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.modules.db import FunctionStatus

# In whose chatters people outside write what is recorded as an activity.
RECEIVING_MODELS = ("crm.activity", "crm.lead", "res.partner")


def get_received_text_index(registry):
    """The index that finds words in what people outside have written, and in no other message.

    :return: str, its definition, or an empty one where PostgreSQL lacks what it takes
    """
    if not registry.has_trigram or registry.has_unaccent == FunctionStatus.PRESENT:
        return ""
    models_ = ", ".join(f"'{name}'" for name in RECEIVING_MODELS)
    return (
        f"USING gin ({registry.unaccent('body')} gin_trgm_ops) "
        f"WHERE message_type = 'email' AND model IN ({models_})"
    )


# What somebody keeps on a message for themselves, and not part of it.
PERSONAL_FIELDS = {"starred_partner_ids"}
# What somebody has written, and when, and what kind of message it is. What Odoo lets people do with
# a message that they got changes other fields.
WRITTEN_FIELDS = {
    "attachment_ids",
    "author_id",
    "body",
    "date",
    "email_from",
    "message_type",
    "subject",
    "subtype_id",
}


class MailMessage(models.Model):
    """What an activity has sent, or is about to send, is a record: it stays as it is. So is what
    was received, and recorded as an activity.

    Odoo lets whoever may write a document delete its messages, and their authors edit them, and
    who was notified. With the message its mail would go, and with both what holds the activity.
    """

    _inherit = "mail.message"

    # The latest emails, for the history: a page of it needs none that are older than its last row.
    _crm_history_idx = models.Index(
        "(date) WHERE message_type IN ('comment', 'email', 'email_outgoing')"
    )
    _crm_received_text_idx = models.Index(get_received_text_index)

    @api.model
    def _get_received_domain(self):
        """:return: Domain of the emails that activities may be recorded of, as in the index"""
        return Domain("message_type", "=", "email") & Domain("model", "in", RECEIVING_MODELS)

    def write(self, vals):
        if vals.keys() - PERSONAL_FIELDS:
            self._check_not_sent_by_crm_activity()
        if vals.keys() & WRITTEN_FIELDS:
            self._check_not_recorded_as_crm_activity()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent_by_crm_activity(self):
        self._check_not_sent_by_crm_activity()
        self._check_not_recorded_as_crm_activity()

    def _check_not_sent_by_crm_activity(self):
        """:raise UserError: for messages that activities have in the outbox or sent"""
        if self.env.su:  # the queue, merges, erasure, and deletion of the activity itself
            return
        # sudo: a message is held whether its activity is the user's or not.
        if self.sudo()._get_crm_activities():
            raise UserError(
                self.env._(
                    "You cannot change or delete the message of a CRM activity that is in the "
                    "outbox or has been sent. To stop it from being sent, cancel the activity."
                )
            )

    def _check_not_recorded_as_crm_activity(self):
        """:raise UserError: for messages that are the text of activities, with their files"""
        if self.env.su:  # merges, erasure, and deletion of what has the chatter
            return
        # sudo: a message is held whether its activity is the user's or not.
        recorded = self.env["crm.activity"].sudo()
        if recorded.search_count([("answer_message_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "You cannot change or delete what a customer has sent: it belongs to a CRM "
                    "activity. Delete or anonymize the activity first."
                )
            )

    def _get_crm_activities(self):
        """:return: the activities that have these, their own, in the outbox or have sent them"""
        own = {(m.res_id, m.id) for m in self if m.model == "crm.activity"}
        # sudo: what became of them does not depend on who looks.
        activities = self.env["crm.activity"].sudo().browse({res_id for res_id, _id in own})
        # This leaves out what is not there any more, and asks nothing that is known.
        found = activities._read_format(["mail_message_id"], load=None)
        return activities.browse(v["id"] for v in found if (v["id"], v["mail_message_id"]) in own)

    def _get_sent_crm_activity(self):
        """:return: the activities that these are the emails of, whatever became of them"""
        return self.filtered(lambda m: m.message_type == "email_outgoing")._get_crm_activities()
