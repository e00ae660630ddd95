# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain

# What a program sends by itself says so in one of these headers: {header: values that say so}, in
# small letters; any value but "no" and "none" where there is no set.
AUTOMATIC_HEADERS = {
    "Auto-Submitted": None,
    "X-Auto-Response-Suppress": None,
    "X-Autoreply": None,
    "X-Autorespond": None,
    "Precedence": {"auto_reply", "bulk", "junk", "list"},
}


def is_automatic(email_message):
    """:return: whether no person wrote this mail: an out-of-office notice, a receipt, a report"""
    if email_message.get_content_type() == "multipart/report":
        return True
    for header, values in AUTOMATIC_HEADERS.items():
        for value in email_message.get_all(header, ()):
            # Auto-Submitted may have parameters behind its value (RFC 3834).
            value = str(value).partition(";")[0].strip().lower()
            if value in values if values else value not in ("", "no", "none"):
                return True
    return False


class CrmActivityAnswerMixin(models.AbstractModel):
    """An answer to an activity is an activity as well: an incoming email that was done."""

    _name = "crm.activity.answer.mixin"
    _description = "Answers to CRM Activities"

    answer_to_id = fields.Many2one(
        "crm.activity",
        string="Answer to",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The activity whose message the customer has answered.",
    )
    answer_ids = fields.One2many(
        "crm.activity", "answer_to_id", string="Answers", readonly=True, copy=False
    )
    answer_count = fields.Integer(compute="_compute_answer_count")
    answer_message_id = fields.Many2one(
        "mail.message",
        string="Received Message",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The message that the customer has sent: its text is not copied.",
    )
    answer_body = fields.Html(string="Answer", compute="_compute_answer_body")

    def unlink(self):
        """Answers keep their text and files, which are in the chatter of what they answer."""
        # sudo: who may delete this was asked before, and the answers are not theirs alone.
        for answer in self.sudo().answer_ids - self.sudo():
            message, answered = answer.answer_message_id, answer.answer_to_id
            files = message.attachment_ids.filtered(lambda f, a=answered: a._is_file_of(a, f))
            message.res_id = files.res_id = answer.id
        return super().unlink()

    @api.depends("answer_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_answer_count(self):
        counts = dict(
            self._read_group([("answer_to_id", "in", self.ids)], ["answer_to_id"], ["__count"])
        )
        for activity in self:
            activity.answer_count = counts.get(activity._origin, 0)

    @api.depends("answer_message_id")
    def _compute_answer_body(self):
        for activity in self:
            # sudo: it is the text of this activity, though it stands in the chatter of another.
            activity.answer_body = activity.sudo().answer_message_id.body

    def action_view_answers(self):
        """Show what was answered to these.

        :return: window action on ``crm.activity``
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.crm_activity_action"
        )
        name = self.env._("Answers")
        domain = [("answer_to_id", "in", self.ids)]
        return {**action, "name": name, "display_name": name, "domain": domain, "context": {}}

    def action_open_answered(self):
        """Open what these answer.

        :return: window action on ``crm.activity``
        """
        return self.answer_to_id._get_records_action()

    def _record_answer(self, message):
        """Make an activity of a mail that answers this one.

        :param message: ``mail.message`` in this activity's chatter
        :return: the activity, as superuser; none where there is no type for incoming emails, or
            no person outside has written the mail
        """
        self.ensure_one()
        # sudo: the mail gateway may run as anybody.
        recorder = self.with_context(tracking_disable=True)._cascading()
        activity_type = recorder._get_answer_type()
        author = message.author_id
        if not activity_type or author and not author.partner_share:
            return recorder.browse()
        return recorder.browse().create(recorder._prepare_answer_values(message, activity_type))

    @api.model
    def _get_answer_type(self):
        """:return: the type of an incoming email: ours, else the first of this channel"""
        known = self.env.ref(
            "crm_activity_ext.mail_activity_type_email_in", raise_if_not_found=False
        )
        if known and known.active and known.crm_channel == "email_in":
            return known
        return self.env["mail.activity.type"].search([("crm_channel", "=", "email_in")], limit=1)

    def _prepare_answer_values(self, message, activity_type):
        user = self.user_id if self._is_employee(self.user_id) else self.env.ref("base.user_root")
        return {
            **{name: self[name].id for name in self._get_recipient_fields()},
            "activity_type_id": activity_type.id,
            "answer_message_id": message.id,
            "answer_to_id": self.id,
            "body": False,
            "campaign_id": self.campaign_id.id,
            "company_id": self.company_id.id,
            # Programs for email say any date.
            "date": min(message.date, fields.Datetime.now()),
            "name": message.subject or self.name,
            "origin": "answer",
            "state": "done",
            "user_id": user.id,
        }

    @api.model
    def _get_response_domain(self):
        """:return: Domain of the activities by which somebody has responded"""
        return Domain("channel", "=", "email_in") & Domain("state", "=", "done")
