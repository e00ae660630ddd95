# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from math import ceil

from lxml import html

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.tools.apart import apart
from odoo.addons.crm_activity_ext.tools.html_text import html_to_text
from odoo.addons.sms.tools.sms_tools import sms_content_to_rendered_html

# One of these in a text makes SMS of half the size of it.
NOT_IN_SMS = {"\xa0": " ", "\t": " ", "\u200b": None, "\ufeff": None}
NOT_IN_SMS = {ord(character): other for character, other in NOT_IN_SMS.items()}
LINK_SCHEMES = {"http", "https", "mailto", "tel"}
# What is written without it.
BARE_SCHEMES = {"mailto", "tel"}
BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
# Characters of the alphabet that SMS are written in; any other one takes the room of two.
GSM_7 = re.compile(
    r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*"
)
# ``(characters of one SMS, of each part of a longer one)``
GSM_7_SIZES = (160, 153)
UNICODE_SIZES = (70, 67)
# SMS above which the form warns of a long text, unless a setting says otherwise.
MAX_PARTS = 3


def _measure_sms(text):
    """:return: ``(characters, SMS)`` that a text is sent as, as Odoo's own composer counts"""
    # As they are sent: an emoji takes the room of two, a line break too.
    characters = len(text.encode("utf-16-le")) // 2 + text.count("\n")
    single, part = GSM_7_SIZES if GSM_7.fullmatch(text) else UNICODE_SIZES
    return characters, min(characters, 1) if characters <= single else ceil(characters / part)


def _get_link_text(link):
    """:return: what stands for a link in plain text: its address, and its words if they differ"""
    text, address = link.text_content().strip(), link.get("href") or ""
    scheme, _colon, rest = address.partition(":")
    if scheme.lower() not in LINK_SCHEMES:
        return text
    is_same = text.strip("/") in (address.strip("/"), rest.strip("/"))
    if not is_same and text:
        return f"{text} ({rest if scheme.lower() in BARE_SCHEMES else address})"
    return text if scheme.lower() in BARE_SCHEMES and text else address


def _number_items(numbered):
    """Let the items of a list begin with their numbers, as text."""
    for number, item in enumerate(numbered.findall("li"), start=1):
        first = item if (item.text or "").strip() or not len(item) else item[0]
        first.text = f"{number}. {(first.text or '').lstrip()}"
        item.tag = "div"


# Days for which what somebody writes by SMS answers the last SMS to them: an SMS does not say.
DAYS_TO_ANSWER = 30
# Characters of an SMS that are the subject of its activity: no phone sends more.
SUBJECT_LENGTH = 1_600


class CrmActivity(models.Model):
    """The channel SMS: see ``crm.activity.delivery.mixin`` for what a channel does."""

    _inherit = "crm.activity"

    sms_length = fields.Char(
        string="SMS Length",
        compute="_compute_sms_length",
        exportable=False,
        help="Number of characters in the text, and number of SMS it will be sent and charged as.",
    )
    sms_warning = fields.Char(string="SMS Warning", compute="_compute_sms_length", exportable=False)

    @api.depends("body", "channel")
    @api.depends_context("lang")
    def _compute_sms_length(self):
        max_parts = self._get_max_sms_parts()
        for activity in self:
            characters, parts = 0, 0
            if activity.channel == "sms":
                characters, parts = _measure_sms(activity._get_sms_text())
            activity.sms_length = bool(parts) and self.env._(
                "%(characters)s characters, %(parts)s SMS", characters=characters, parts=parts
            )
            activity.sms_warning = parts > max_parts and self.env._(
                "This text will be sent and charged as %(parts)s SMS. Consider shortening it.",
                parts=parts,
            )

    @api.model
    def _get_max_sms_parts(self):
        """:return: as how many SMS a text may be sent without a warning"""
        # sudo: the setting holds for whoever writes.
        parameters = self.env["ir.config_parameter"].sudo()
        parts = parameters.get_param("crm_activity_ext_sms.max_parts") or ""
        return int(parts) if parts.isdecimal() else MAX_PARTS

    @api.model
    def _get_delivered_channels(self):
        return super()._get_delivered_channels() | {"sms"}

    def _deliver_sms(self):
        """Put one SMS for each activity into Odoo's queue.

        What cannot be sent becomes failed, with the reason; the others go on.

        :raise UserError: where there is no text to send
        """
        self._check_text(lambda activity: activity._get_sms_text())
        deliverable = self._fail_undeliverable("sms")
        # sudo: the queue is not open to salespeople; they reach it by this way alone.
        deliverable.sudo()._queue_sms()

    def _get_sms_text(self):
        self.ensure_one()
        root = html.fragment_fromstring(self.body or "", create_parent=True)
        for link in root.iter("a"):
            text = _get_link_text(link)
            del link[:]
            link.text = text
        for numbered in root.iter("ol"):
            _number_items(numbered)
        text = html_to_text(html.tostring(root, encoding="unicode")).translate(NOT_IN_SMS)
        return BLANK_LINES.sub("\n\n", text).strip()

    @api.model
    def _get_channel_address_sms(self, recipient):
        number = recipient._get_crm_activity_phone()
        return bool(number) and recipient._phone_format(number=number)

    @api.model
    def _get_unreachable_sms(self, recipients):
        """Whom no SMS reaches, or must not: see ``_get_unreachable``."""
        numbers = {recipient: self._get_channel_address_sms(recipient) for recipient in recipients}
        refused = self._get_refused_numbers(numbers.values())
        unreachable = {}
        for recipient, number in numbers.items():
            typed = recipient._get_crm_activity_phone()
            if not recipient.active:
                kind = "archived"
                reason = self.env._("%(name)s is archived.", name=recipient.display_name)
            elif not typed:
                kind = "no_address"
                reason = self.env._("%(name)s has no phone number.", name=recipient.display_name)
            elif not number:
                kind = "no_address"
                reason = self.env._(
                    "“%(number)s” is not a valid phone number for SMS.", number=typed
                )
            elif number in refused:
                kind = "opted_out"
                reason = self.env._("%(number)s is blacklisted.", number=number)
            else:
                continue
            unreachable[recipient] = (kind, reason)
        return unreachable

    def _queue_sms(self):
        """Put one SMS for each of these into the queue: the same again where there is one."""
        self._make_sms_messages()
        known = self.env["sms.sms"].search([("crm_activity_id", "in", self.ids)])
        known._skip_sync().action_set_outgoing()
        for sms in known:
            # What failed before it left may have been corrected.
            values = sms.crm_activity_id._prepare_sms_content()
            self._write_changes(sms, {"to_delete": False, **values})
        known._follow_crm_activities()
        anew = self - known.crm_activity_id
        # Of an SMS that Odoo has cleaned up since: reports on it are of no interest any more.
        anew.mail_message_id.notification_ids.unlink()
        new_sms = self.env["sms.sms"].create([activity._prepare_sms_values() for activity in anew])
        self.env["mail.notification"].create(
            [sms.crm_activity_id._prepare_sms_notification_values(sms) for sms in new_sms]
        )
        self.env["sms.sms"]._trigger_crm_activity_queue(
            (known | new_sms).mapped("crm_activity_date")
        )

    def _make_sms_messages(self):
        """Put the texts into the chatter, as Odoo does with an SMS."""
        messages = {activity: activity._get_own_sms_message() for activity in self}
        anew = self.filtered(lambda activity: not messages[activity])
        for activity in self - anew:
            self._write_changes(messages[activity], activity._prepare_sms_message_text())
        created = self.env["mail.message"].create(
            [activity._prepare_sms_message_values() for activity in anew]
        )
        for activity, message in zip(anew, created, strict=True):
            activity.mail_message_id = message

    def _get_own_sms_message(self):
        return self._get_own_message().filtered(lambda message: message.message_type == "sms")

    def _prepare_sms_message_values(self):
        self.ensure_one()
        return {
            "model": self._name,
            "res_id": self.id,
            "message_type": "sms",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            **self._prepare_sms_message_text(),
            **self._prepare_sms_message_envelope(),
        }

    def _prepare_sms_message_text(self):
        return {"body": sms_content_to_rendered_html(self._get_sms_text())}

    def _prepare_sms_message_envelope(self):
        """:return: who writes to whom, as of now: it may change while an SMS waits"""
        self.ensure_one()
        author = self._prepare_message_author()
        return {
            "record_company_id": self.company_id.id,
            **author,
            "reply_to": author["email_from"],
            "partner_ids": [fields.Command.set(self._get_sms_partner().ids)],
        }

    def _get_sms_partner(self):
        """:return: the recipient, where it is a ``res.partner``"""
        recipient = self._get_recipient()
        return recipient if recipient._name == "res.partner" else self.env["res.partner"]

    def _prepare_sms_values(self):
        self.ensure_one()
        return {
            "crm_activity_id": self.id,
            "mail_message_id": self.mail_message_id.id,
            **self._prepare_sms_content(),
            **self._prepare_sms_envelope(),
        }

    def _prepare_sms_content(self):
        return {"body": self._get_sms_text(), "crm_activity_date": self._get_due_date()}

    def _prepare_sms_envelope(self):
        """:return: to whom it goes, as of now"""
        return {
            "number": self._get_channel_address_sms(self._get_recipient()),
            "partner_id": self._get_sms_partner().id,
        }

    def _prepare_sms_notification_values(self, sms):
        return {
            "author_id": self.user_id.partner_id.id,
            "mail_message_id": sms.mail_message_id.id,
            "res_partner_id": sms.partner_id.id,
            "sms_id_int": sms.id,
            "sms_number": sms.number,
            "sms_tracker_ids": [fields.Command.create({"sms_uuid": sms.uuid})],
            "notification_type": "sms",
            "notification_status": "ready",
            "is_read": True,
        }

    def _reschedule(self):
        """Let the SMS in the queue follow a new date of their activities."""
        result = super()._reschedule()
        queued = self.filtered("mail_message_id")
        # sudo: the queue is not open to salespeople; they reach it by this way alone.
        sms = (
            self.env["sms.sms"]
            .sudo()
            .search([("crm_activity_id", "in", queued.ids), ("state", "=", "outgoing")])
        )
        sms._follow_due_dates()
        return result

    def _get_being_sent(self):
        sms = self.env["sms.sms"].search(
            [
                ("crm_activity_id", "in", self.ids),
                ("crm_activity_sending", "!=", False),
                ("state", "=", "outgoing"),
            ]
        )
        return super()._get_being_sent() | sms.crm_activity_id

    def _drop_unsent_messages(self):
        self.env["sms.sms"].search([("crm_activity_id", "in", self.ids)]).unlink()
        return super()._drop_unsent_messages()

    def _forget_messages(self):
        """Delete the SMS as well: they have the text and the number."""
        self.env["sms.sms"].search([("crm_activity_id", "in", self.ids)]).unlink()
        return super()._forget_messages()

    def _recall(self):
        """Take the SMS of these, cancelled while queued, out of the queue.

        :raise UserError: where the provider has it already
        """
        result = super()._recall()
        # sudo: the queue is not open to salespeople; they reach it by this way alone.
        activities = self.sudo().filtered(lambda activity: activity.channel == "sms")
        notifications = activities._get_own_messages().notification_ids
        if gone := notifications.filtered(lambda n: n.notification_status == "process"):
            activity = activities.filtered(lambda a: a.mail_message_id == gone[0].mail_message_id)
            raise UserError(
                self.env._(
                    "You cannot cancel “%(subject)s”: it has already been handed over to the SMS "
                    "provider.",
                    subject=activity.name,
                )
            )
        sms = (
            self.env["sms.sms"]
            .sudo()
            .search(
                [("crm_activity_id", "in", activities.ids), ("state", "in", ("outgoing", "error"))]
            )
        )
        sms._note_begun()
        sms._skip_sync().action_set_canceled()
        return result

    @api.model
    def _record_received_sms(self, message):
        """Record what somebody has written by SMS: see ``crm.activity.answer.mixin``.

        :param message: ``mail.message``, as superuser: in the chatter of an activity it answers
            that one, in that of a customer, contact or lead the last SMS to them
        """
        with apart(self.env.cr, f"No CRM activity was recorded of the SMS message {message.id}"):
            if not self._is_crm_installed() or self._is_sent_sms(message):
                return
            if answered := self._get_answered_by_sms(message):
                answered._record_answer(message)
            elif message.model in self._get_received_models():
                self._record_unasked(message)

    @api.model
    def _is_sent_sms(self, message):
        """:return: whether a message of this type has been sent to somebody, and not received"""
        # sudo: only whether there is one.
        sent = [("mail_message_id", "=", message.id), ("notification_type", "=", "sms")]
        return bool(self.env["mail.notification"].sudo().search_count(sent, limit=1))

    @api.model
    def _get_answered_by_sms(self, message):
        """:return: the activity that a received SMS answers, or none"""
        if message.model == self._name:
            return self.browse(message.res_id)
        if message.model not in self._get_target_fields():
            return self.browse()
        target = self.env[message.model].browse(message.res_id)
        since = fields.Datetime.subtract(message.date, days=DAYS_TO_ANSWER)
        was_sent = Domain(
            [("channel", "=", "sms"), ("has_left", "=", True), ("date_done", ">=", since)]
        )
        # sudo: it was sent, whoever may read it.
        return self.sudo().search(
            target._get_crm_activity_domain() & was_sent, order="date_done desc, id desc", limit=1
        )

    @api.model
    def _get_received_type(self, message):
        """There is no channel for received SMS: “Incoming email” would be wrong, “SMS” was sent."""
        if message.message_type == "sms":
            return self._get_type_of_channel("other")
        return super()._get_received_type(message)

    @api.model
    def _get_received_subject(self, message):
        """An SMS has no subject: its words tell what it is about, and it is found by them."""
        if message.message_type != "sms":
            return super()._get_received_subject(message)
        words = " ".join(html_to_text(message.body or "").split())
        return words[:SUBJECT_LENGTH]
