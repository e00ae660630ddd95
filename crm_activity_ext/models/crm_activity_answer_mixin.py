# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from ..tools.calendar_reply import get_calendar_comment
from .crm_activity_search_mixin import MAX_TARGETS

# Where it says so in the settings, what people outside write is recorded though it answers nothing.
RECORD_RECEIVED = "crm_activity_ext.record_received_messages"
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
    if get_calendar_comment(email_message):
        return False  # some calendars say that they send themselves what somebody has written
    for header, values in AUTOMATIC_HEADERS.items():
        for value in email_message.get_all(header, ()):
            # Auto-Submitted may have parameters behind its value (RFC 3834).
            value = str(value).partition(";")[0].strip().lower()
            if value in values if values else value not in ("", "no", "none"):
                return True
    return False


class CrmActivityAnswerMixin(models.AbstractModel):
    """What people outside write is an activity as well: an incoming email that was done.

    An answer to an activity always, a message to a customer or lead where the settings say so.
    """

    _name = "crm.activity.answer.mixin"
    _description = "Answers to CRM Activities, and Other Received Messages"
    _inherit = ["crm.activity.export.mixin", "crm.activity.search.mixin"]

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
    is_response = fields.Boolean(
        string="Response",
        compute="_compute_is_response",
        search="_search_is_response",
        exportable=False,
        help="The customer has responded by this activity.",
    )

    def unlink(self):
        """Answers keep their text and files, which are in the chatter of what they answer."""
        # sudo: who may delete this was asked before, and the answers are not theirs alone.
        for answer in self.sudo().answer_ids - self.sudo():
            message, answered = answer.answer_message_id, answer.answer_to_id
            if message.model != self._name:
                continue
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

    @api.depends("channel", "origin", "outcome_id", "state")
    def _compute_is_response(self):
        responses = self.filtered_domain(self._get_response_domain())
        for activity in self:
            activity.is_response = activity in responses

    @api.model
    def _search_is_response(self, operator, value):
        if operator != "in":
            return NotImplemented
        responses = self._get_response_domain()
        return (responses if True in value else Domain.FALSE) | (
            ~responses if False in value else Domain.FALSE
        )

    @api.model
    def _get_words_domain(self, operator, value):
        """The words of the answers as well, which are in their messages."""
        return super()._get_words_domain(operator, value) | self._get_answer_words_domain(
            operator, value
        )

    @api.model
    def _get_answer_words_domain(self, operator, value):
        """Find by what people outside have written.

        The ids, as with targets: see ``_get_domain_of_targets``.

        :return: Domain
        """
        # sudo: whoever reads an activity reads the answer. Odoo would ask message by message.
        Message = self.env["mail.message"].sudo()
        domain = Message._get_received_domain() & Domain("body", operator, value)
        found = Message._search(domain, limit=MAX_TARGETS + 1).get_result_ids()
        if len(found) > MAX_TARGETS:
            found = Message._search(domain)
        return Domain("answer_message_id", "in", found)

    def _get_export_sql(self, query, column):
        """The text of an answer is that of its message.

        A subquery, and no join: most have none, and it reads no other message.
        """
        value = super()._get_export_sql(query, column)
        if column.path != "body":
            return value
        Message = self.env["mail.message"]
        answer = SQL(
            "(SELECT %s FROM %s WHERE %s = %s)",
            SQL.identifier("message", "body", to_flush=Message._fields["body"]),
            SQL("%s AS message", SQL.identifier(Message._table)),
            SQL.identifier("message", "id"),
            self._field_to_sql(self._table, "answer_message_id", query),
        )
        return SQL("NULLIF(CONCAT(%s, %s), '')", value, answer)

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

    @api.model
    def _get_received_models(self):
        """:return: set of the models in whose chatters people outside write what is recorded:
        answers to activities always, all else on targets where the settings say so
        """
        # sudo: what is recorded does not depend on who may read the settings.
        parameters = self.env["ir.config_parameter"].sudo()
        targets = self._get_target_fields() if parameters.get_param(RECORD_RECEIVED) else ()
        return {self._name, *targets}

    @api.model
    def _record_received(self, messages):
        """Record what somebody has written, once, wherever it was routed to.

        :param messages: ``mail.message`` of one and the same mail, as superuser, in the chatters of
            :meth:`_get_received_models`. What answers an activity is an answer
        """
        answers = messages.filtered(lambda message: message.model == self._name)
        for message in answers:
            self.browse(message.res_id)._record_answer(message)
        if not answers and messages:
            self._record_unasked(messages[0])

    def _record_answer(self, message):
        """Make an activity of a message that answers this one.

        :param message: ``mail.message``, as superuser
        :return: the activity, as superuser: see :meth:`_create_received`
        """
        self.ensure_one()
        # sudo: the mail gateway may run as anybody.
        answered = self.sudo()
        return self._create_received(
            message,
            {
                **{name: answered[name].id for name in self._get_recipient_fields()},
                "answer_to_id": answered.id,
                "campaign_id": answered.campaign_id.id,
                "company_id": answered.company_id.id,
                "name": self._get_received_subject(message) or answered.name,
                "origin": "answer",
            },
            answered.user_id,
        )

    @api.model
    def _record_unasked(self, message):
        """Make an activity of a message in the chatter of a customer, contact or lead.

        :param message: ``mail.message``, as superuser
        :return: the activity, as superuser: see :meth:`_create_received`
        """
        # sudo: whoever fetches emails records them; who may read the activity is for its rules.
        target = self.env[message.model].sudo().browse(message.res_id)
        values = self._prepare_target_values(target)
        customer = target.env["res.partner"].browse(values["partner_id"])
        author = message.author_id
        if author != customer and author.commercial_partner_id == customer:
            values["contact_id"] = author.id
        user = target._get_crm_activity_salesperson()
        return self._create_received(
            message,
            {
                **values,
                "company_id": values["company_id"] or (user or self.env.user).company_id.id,
                "name": self._get_received_subject(message) or target.display_name,
                "origin": "message",
            },
            user,
        )

    @api.model
    def _create_received(self, message, values, user):
        """Make an activity of a message, which keeps the text.

        :param message: ``mail.message``, as superuser
        :param dict values: for whom it is, and what it is called
        :param user: ``res.users`` who is responsible, if they still can be
        :return: the activity, as superuser; none where there is no type for it, or a colleague
            has written the message
        """
        # sudo: the mail gateway may run as anybody. Without the defaults of whoever it is.
        clean = self.browse().with_context(clean_context(self.env.context))  # pylint: disable=W8121
        recorder = clean.with_context(tracking_disable=True)._cascading()
        activity_type = recorder._get_received_type(message)
        if not activity_type or not self._is_from_outside(message):
            return recorder
        return recorder.create(
            {
                **values,
                "activity_type_id": activity_type.id,
                "answer_message_id": message.id,
                "body": False,
                "date": self._get_received_date(message),
                "state": "done",
                "user_id": (user if self._is_employee(user) else self.env.ref("base.user_root")).id,
            }
        )

    @api.model
    def _is_from_outside(self, message):
        """:return: whether no colleague has written the message"""
        return not message.author_id or message.author_id.partner_share

    @api.model
    def _get_received_date(self, message):
        """:return: datetime: programs for email say any date"""
        return min(message.date, fields.Datetime.now())

    @api.model
    def _get_received_type(self, message):
        """:return: the type of an activity that is made of a message, or none"""
        return self._get_type_of_channel("email_in")

    @api.model
    def _get_received_subject(self, message):
        """:return: what an activity that is made of a message is called, if that says so"""
        return message.subject

    @api.model
    def _get_type_of_channel(self, channel):
        """:return: the type of a channel: ours, else the first"""
        known = self.env.ref(
            f"crm_activity_ext.mail_activity_type_{channel}", raise_if_not_found=False
        )
        if known and known.active and known.crm_channel == channel:
            return known
        return self.env["mail.activity.type"].search([("crm_channel", "=", channel)], limit=1)

    @api.model
    def _get_response_domain(self):
        """:return: Domain of the activities by which somebody has responded"""
        wrote = Domain("channel", "=", "email_in") | Domain("origin", "=", "answer")
        return wrote & Domain("state", "=", "done")
