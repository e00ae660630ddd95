# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, is_html_empty, plaintext2html
from odoo.tools.mail import email_normalize_all

from ..tools.bell import BellChanges
from ..tools.values import normalize_emails, write_each

# Subjects listed in an error message.
NAMED_COUNT = 10
# Commands that make no files, and change none.
KEEPING_COMMANDS = (Command.UNLINK, Command.LINK, Command.CLEAR, Command.SET)
# A message that has waited longer is for a person to decide on, unless a setting says otherwise.
MAX_QUEUE_AGE_DAYS = 30


def single_line(text):
    """:return: the text as a header of an email can have it: a blank for each line break"""
    return " ".join((text or "").splitlines()).strip()


class CrmActivityDeliveryMixin(models.AbstractModel):
    """How an outgoing activity reaches the outbox, and gets its delivery status.

    Pending means on its way: whatever makes an activity of a delivered channel pending
    ends in :meth:`_deliver`, which hands it to the channel's own ``_deliver_<channel>``.
    That puts one message into Odoo's queue; ``mail.mail`` reports what became of it.
    """

    _name = "crm.activity.delivery.mixin"
    _description = "CRM Activity Delivery"

    mail_message_id = fields.Many2one(
        "mail.message",
        string="Sent Message",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The message that is in the outbox or has been sent.",
    )
    has_left = fields.Boolean(
        readonly=True,
        copy=False,
        help="The mail server or SMS provider has accepted the message, or may have.",
    )
    is_final = fields.Boolean(
        compute="_compute_is_final",
        help="The message is in the outbox or has been sent: its text and recipient can no longer "
        "be changed.",
    )

    is_sent = fields.Boolean(
        compute="_compute_is_final",
        help="The message has been sent: its date and sender can no longer be changed either.",
    )

    has_delivered_channel = fields.Boolean(
        string="Sent by Odoo",
        compute="_compute_has_delivered_channel",
        search="_search_has_delivered_channel",
        exportable=False,
        help="Odoo sends the message itself when the activity is set to pending.",
    )

    @api.model
    def _get_delivered_channels(self):
        """To be extended by an addon that delivers a further one.

        :return: set of the channels that Odoo delivers: nothing leaves before somebody says so
        """
        return {"email_out"}

    @api.depends("channel")
    def _compute_has_delivered_channel(self):
        delivered = self._get_delivered_channels()
        for activity in self:
            activity.has_delivered_channel = activity.channel in delivered

    @api.model
    def _search_has_delivered_channel(self, operator, value):
        if operator != "in":
            return NotImplemented
        delivered = Domain("channel", "in", sorted(self._get_delivered_channels()))
        found = delivered if True in value else Domain.FALSE
        return found | ~delivered if False in value else found

    @api.depends("has_left", "mail_message_id", "state")
    def _compute_is_final(self):
        for activity in self:
            has_message = bool(activity.mail_message_id)
            is_waiting = activity.state == "pending"
            activity.is_final = has_message and (is_waiting or activity.has_left)
            activity.is_sent = activity.has_left and activity.state == "done"

    def _check_final(self, vals):
        """Refuse to change what is in the outbox or was sent.

        :raise UserError: saying what to do instead
        """
        # The queue reports, and merging and converting customers write, as superuser:
        # the recipient's record moves, the text that was sent stays.
        if self.env.su:
            return
        if final := self.filtered(lambda activity: activity._changes_final_fields(vals)):
            if not final[0].is_final:
                raise UserError(
                    self.env._(
                        "You cannot change the type of “%(subject)s”: it has an unsent message. "
                        "Replicate it to use another type.",
                        subject=final[0].name,
                    )
                )
            raise UserError(
                self.env._(
                    "You cannot change “%(subject)s”: it is in the outbox or has been sent. "
                    "Cancel it and replicate it to start over.",
                    subject=final[0].name,
                )
            )
        if "state" in vals:
            queued = self.filtered(lambda activity: activity._get_own_message())
            queued._check_queued_state(vals["state"])

    def _check_not_sent(self):
        """:raise UserError: for what was sent, or is on its way out"""
        if sent := self.filtered("is_final"):
            raise UserError(
                self.env._(
                    "You cannot delete activities that are in the outbox or have been sent: "
                    "%(subjects)s",
                    subjects=", ".join(sent[:NAMED_COUNT].mapped("name")),
                )
            )

    def _changes_final_fields(self, vals):
        self.ensure_one()
        names = self._get_final_fields() & vals.keys()
        return any(self._would_change(self._fields[name], vals[name]) for name in names)

    def _would_change(self, field, value):
        """:return: whether a value, in whatever form it comes, is another one than there is"""
        if field.type == "many2many" and any(
            isinstance(command, (list, tuple)) and command[0] not in KEEPING_COMMANDS
            for command in value or ()
        ):
            return True
        current = field.convert_to_cache(self[field.name], self)
        # A text is stored in the form that sanitizing gives it.
        return field.convert_to_cache(value, self, validate=field.type == "html") != current

    def _get_final_fields(self):
        """:return: set of the names of the fields that do not change any more"""
        self.ensure_one()
        if not self.mail_message_id:
            return set()
        if not self.is_final:
            return {"activity_type_id"}  # another channel has another kind of message
        names = {
            "activity_type_id",
            "attachment_ids",
            "body",
            "mail_template_id",
            "name",
            *self._get_recipient_fields(),
        }
        # Until it leaves, it may leave at another time, or in another name.
        return names | {"date", "date_done", "user_id"} if self.is_sent else names

    def _is_in_outbox(self):
        self.ensure_one()
        return self.state == "pending" and bool(self.mail_message_id)

    def _get_status_refusal(self):
        """:return: what can be done instead, where the message does not allow a status"""
        self.ensure_one()
        if self.state == "done":
            return self.env._(
                "“%(subject)s” was already sent. Replicate it to send it again.", subject=self.name
            )
        if self.state == "pending":
            return self.env._(
                "“%(subject)s” is in the outbox. Cancel it if it is not to be sent.",
                subject=self.name,
            )
        return self.env._(
            "“%(subject)s” was not sent. Retry it, or replicate it to start over.",
            subject=self.name,
        )

    def _follow_status(self):
        """Send what has become pending, stop what was cancelled."""
        leading = self - self._get_sync_skipped()
        if not leading:
            return
        leading._lock_status()
        leading.filtered(lambda activity: activity.state == "pending")._deliver()
        leading.filtered(lambda activity: activity.state == "cancelled")._recall()

    def _lock_status(self):
        """Whoever does the same waits here, and then finds nothing left to change."""
        delivered = self._get_delivered_channels()
        messages = self.filtered(lambda activity: activity.channel in delivered)
        (self - messages).flush_recordset()
        # What a message is changed in is written once with what follows: a version of a row takes
        # five times as much of PostgreSQL's log as the row itself, for all of its indexes.
        messages._wait_for_others()

    def _wait_for_others(self):
        """Lock these, after whoever has them: what is written here is not theirs to overwrite.

        :raise psycopg2.Error: where they have changed one, for all of it to be done again
        """
        locking = "SELECT FROM crm_activity WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
        if self:
            self.env.execute_query(SQL(locking, self.ids))

    def _skip_sync(self, records):
        """Change activities as their messages were, or the reverse, and not back again.

        Only these: what automation does to other activities meanwhile is synchronized.

        :param records: these activities, or their messages
        :return: the records, to be written
        """
        # A context key comes from anybody, and counts for the superuser alone.
        return records.with_context(crm_activity_skip_sync_ids=frozenset(self.ids))

    def _get_sync_skipped(self):
        """:return: those of these whose messages know already: see :meth:`_skip_sync`"""
        ids = self.env.context.get("crm_activity_skip_sync_ids", ()) if self.env.su else ()
        return self.filtered(lambda activity: activity.id in ids)

    def _check_not_held(self):
        """:raise UserError: naming a message whose distribution is being undone"""
        messages = self.filtered("has_delivered_channel")
        if held := self.env["crm.activity.distribution"]._filter_held(messages):
            raise UserError(
                self.env._(
                    "“%(subject)s” is on hold: its distribution is being undone. Replicate it to "
                    "send it all the same.",
                    subject=held[0].name,
                )
            )

    def _deliver(self):
        """Put the activities on their way, by channel.

        :raise UserError: for a message whose distribution is being undone
        """
        self._check_not_held()
        for channel, activities in self.grouped("channel").items():
            deliver = getattr(activities, f"_deliver_{channel}", None)
            if deliver:
                deliver()

    def _deliver_email_out(self):
        """Put one e-mail for each activity into Odoo's outbox.

        What cannot be sent becomes failed, with the reason; the others go on.

        :raise UserError: where there is no text to send, or no subject
        """
        self._check_text(lambda activity: not is_html_empty(activity.body))
        self._check_subject()
        deliverable = self._fail_undeliverable("email_out")
        deliverable._adopt_attachments()
        deliverable = deliverable._attach_template_reports()
        # sudo: the outbox is not open to salespeople; they reach it by this way alone.
        mails = deliverable.sudo()._queue_mails()
        mails._trigger_crm_activity_queue(mails.mapped("scheduled_date"))

    def _check_text(self, has_text):
        """:raise UserError: naming those that the function says have no text to send"""
        if empty := self.filtered(lambda activity: not has_text(activity)):
            raise UserError(
                self.env._(
                    "These activities have no text to send: %(subjects)s. Write one or choose a "
                    "template.",
                    subjects=", ".join(empty[:10].mapped("name")),
                )
            )

    def _check_subject(self):
        """:raise UserError: naming the recipients of those without a subject"""
        if nameless := self.filtered(lambda activity: not single_line(activity.name)):
            recipients = (activity._get_recipient() for activity in nameless[:NAMED_COUNT])
            names = (recipient.display_name or "?" for recipient in recipients)
            raise UserError(
                self.env._(
                    "Emails require a subject. Enter one for: %(recipients)s",
                    recipients=", ".join(names),
                )
            )

    def _fail_undeliverable(self, channel):
        """Make failed what the channel cannot deliver, with the reason.

        :return: the others
        """
        reasons = self._get_undeliverable_reasons(channel)
        for activity, reason in reasons.items():
            activity._report_delivery_status("failed", reason)
        return self.filtered(lambda activity: activity not in reasons)

    def _get_undeliverable_reasons(self, channel):
        """:return: ``{activity: why it cannot be sent}`` for those that cannot"""
        recipients = {activity: activity._get_recipient() for activity in self}
        unreachable = self._get_unreachable(channel, list(filter(None, recipients.values())))
        reasons = {}
        for activity, recipient in recipients.items():
            if not recipient:
                reason = self.env._("There is no recipient. Choose a customer or contact.")
            elif recipient in unreachable:
                _kind, reason = unreachable[recipient]
            elif not activity.user_id:
                continue  # nobody is responsible yet: a form asks for somebody
            # Odoo's own user, who is always archived, stays.
            elif not (activity.user_id.active or activity.user_id._is_superuser()):
                reason = self.env._(
                    "The responsible user %(name)s is archived. Choose another one and retry.",
                    name=activity.user_id.name,
                )
            elif not (reason := activity._get_sender_problem(channel)):
                continue
            reasons[activity] = reason
        return reasons

    def _get_sender_problem(self, channel):
        """Why the channel cannot send in the name of the responsible.

        A channel answers by a method of its own, ``_get_sender_problem_<channel>``.

        :param str channel: code of the channel
        :return: the reason in words, or False
        """
        get_problem = getattr(self, f"_get_sender_problem_{channel}", None)
        return bool(get_problem) and get_problem()

    def _get_sender_problem_email_out(self):
        self.ensure_one()
        return not self.user_id.email_formatted and self.env._(
            "The responsible user %(name)s has no email address to send from.",
            name=self.user_id.name,
        )

    def _get_reasons_to_hold(self, channel, due_dates):
        """Ask once more when messages are about to leave, as much may have changed meanwhile.

        :param str channel: code of the channel
        :param dict due_dates: ``{activity: when its message was to leave}``
        :return: ``{activity: why it is not sent}``, in the words of the responsible's language
        """
        reasons = {}
        for lang, activities in self.grouped(lambda activity: activity.user_id.lang).items():
            activities = activities.with_context(lang=lang)
            reasons |= activities._get_overdue_reasons(due_dates)
            reasons |= activities._get_undeliverable_reasons(channel)
        return reasons

    def _get_overdue_reasons(self, due_dates):
        """:return: ``{activity: reason}`` for those that have waited for longer than is allowed"""
        max_days = self._get_max_queue_age_days()
        now = fields.Datetime.now()
        waited = {activity: (now - due_dates[activity]).days for activity in self}
        return {
            activity: self.env._(
                "The message waited in the outbox for %(count)s days and was not sent. Review "
                "it, then retry to send it now.",
                count=days,
            )
            for activity, days in waited.items()
            if max_days and days >= max_days
        }

    @api.model
    def _get_max_queue_age_days(self):
        """:return: days after which a message is not sent unasked any more; 0: there is no limit"""
        # sudo: the setting holds for whoever sends.
        parameters = self.env["ir.config_parameter"].sudo()
        days = parameters.get_param("crm_activity_ext.max_queue_age_days") or ""
        return int(days) if days.isdecimal() else MAX_QUEUE_AGE_DAYS

    @api.model
    def _get_unreachable(self, channel, recipients):
        """Whom a channel does not reach, or must not, asked before there is any activity.

        A channel answers by a method of its own, ``_get_unreachable_<channel>``; what the
        recipients themselves do not want holds for any channel.

        :param str channel: code of the channel
        :param list recipients: records of models with ``crm.activity.target.mixin``
        :return: ``{recipient: (kind, reason)}`` for those it does not reach; the kinds are
            those of ``crm.activity.distribution.line``
        """
        get_unreachable = getattr(self, f"_get_unreachable_{channel}", None)
        unreachable = get_unreachable(recipients) if get_unreachable else {}
        # Who has no address has none, wanted or not.
        return self._get_refusals(channel, recipients) | unreachable

    @api.model
    def _get_channel_address(self, channel, recipient):
        """What two recipients share who would get the same message twice.

        A channel answers by a method of its own, ``_get_channel_address_<channel>``.

        :return: the address in its normal form, or False where the channel has none
        """
        get_address = getattr(self, f"_get_channel_address_{channel}", None)
        return bool(get_address) and get_address(recipient)

    @api.model
    def _get_channel_address_email_out(self, recipient):
        return ", ".join(sorted(self._get_emails(recipient)))

    @api.model
    def _get_emails(self, recipient):
        """:return: set of the addresses to write to: a field may have several"""
        return normalize_emails(recipient._get_crm_activity_email())

    @api.model
    def _get_refused_emails(self, emails):
        """:return: set of those of the addresses, in normal form, that must not be written to"""
        # sudo: salespeople may not read the blacklist, but must not write to it either.
        blacklist = self.env["mail.blacklist"].sudo()
        return set(blacklist.search([("email", "in", list(emails))]).mapped("email"))

    @api.model
    def _get_unreachable_email_out(self, recipients):
        """Whom no email reaches, or must not: see :meth:`_get_unreachable`."""
        emails = {recipient: self._get_emails(recipient) for recipient in recipients}
        refused = self._get_refused_emails(set().union(*emails.values()))
        unreachable = {}
        for recipient in recipients:
            address = recipient._get_crm_activity_email()
            if not recipient.active:
                kind = "archived"
                reason = self.env._("%(name)s is archived.", name=recipient.display_name)
            elif not address:
                kind = "no_address"
                reason = self.env._("%(name)s has no email address.", name=recipient.display_name)
            elif not emails[recipient]:
                kind = "no_address"
                reason = self.env._("“%(address)s” is not an email address.", address=address)
            elif emails[recipient] <= refused:
                kind = "opted_out"
                reason = self.env._("%(address)s is blacklisted.", address=address)
            else:
                continue
            unreachable[recipient] = (kind, reason)
        return unreachable

    def _get_own_message(self):
        """:return: the ``mail.message`` of this activity in the outbox or sent, and of no other"""
        self.ensure_one()
        message = self.mail_message_id
        is_own = (message.model, message.res_id) == (self._name, self.id)
        return message if is_own else message.browse()

    def _get_own_messages(self):
        """:return: the messages of these: see :meth:`_get_own_message`"""
        messages = (activity._get_own_message() for activity in self)
        return self.env["mail.message"].union(*messages)

    def _queue_mails(self):
        """Put one mail for each of these into the queue: the same again where there is one.

        :return: the ``mail.mail`` records
        """
        values = self._prepare_mail_values()
        queued = self.filtered("mail_message_id")
        known = {activity: activity._get_own_message().mail_ids[:1] for activity in queued}
        again = self.env["mail.mail"].union(*known.values())
        self._skip_sync(again).write(
            {"state": "outgoing", "failure_reason": False, "failure_type": False}
        )
        anew = self.filtered(lambda activity: not known.get(activity))
        for activity in self - anew:
            # What one is compared with is read for all.
            mail = known[activity].with_prefetch(again._prefetch_ids)
            self._write_changes(mail, values[activity])
        mails = self.env["mail.mail"].create([values[activity] for activity in anew])
        messages = dict(zip(anew, mails.mail_message_id, strict=True))
        write_each("mail_message_id", messages)
        again._get_crm_activity_notifications().unlink()  # of what became of them before
        return again | mails

    @api.model
    def _write_changes(self, record, values):
        """Write only what differs."""
        current = record._convert_to_write({name: record[name] for name in values})
        changes = {
            name: value
            for name, value in values.items()
            if (current[name] or False) != (value or False)
        }
        if changes:
            record.write(changes)

    def _prepare_mail_values(self):
        """:return: ``{activity: values of its mail}``"""
        envelopes = self._prepare_mail_envelopes()
        return {
            activity: {
                "model": self._name,
                "res_id": activity.id,
                "subject": single_line(activity.name),
                "body": activity.body,
                "body_html": False,  # made as it leaves: see ``_prepare_outgoing_body``
                "message_type": "email_outgoing",
                "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
                "is_notification": True,
                "auto_delete": False,
                "attachment_ids": [fields.Command.set(activity.attachment_ids.ids)],
                "scheduled_date": activity._get_due_date(),
                **envelopes[activity],
            }
            for activity in self
        }

    def _prepare_mail_envelopes(self):
        """Who writes to whom, as of now: it may change while a mail waits.

        :return: ``{activity: values of its mail}``
        """
        domains = self._get_alias_domains()
        reply_to = self._get_reply_to()
        return {
            activity: activity._prepare_mail_envelope(domains[activity.id], reply_to[activity.id])
            for activity in self
        }

    def _prepare_mail_envelope(self, alias_domain, reply_to):
        self.ensure_one()
        recipient = self._get_recipient()
        is_partner = recipient._name == "res.partner"
        return {
            "record_company_id": self.company_id.id,
            "record_alias_domain_id": alias_domain.id,
            "headers": False,  # made as it leaves: see ``_prepare_outgoing_list``
            **self._prepare_message_author(),
            "reply_to": single_line(reply_to),
            "recipient_ids": [fields.Command.set(recipient.ids if is_partner else [])],
            "email_to": not is_partner and single_line(recipient._get_crm_activity_email()),
        }

    def _prepare_message_author(self):
        self.ensure_one()
        return {
            "author_id": self.user_id.partner_id.id,
            "email_from": single_line(self.user_id.email_formatted),
        }

    def _get_alias_domains(self):
        """:return: ``{activity id: mail.alias.domain}``, whoever asks"""
        result = {}
        for company, activities in self.grouped("company_id").items():
            result |= activities._mail_get_alias_domains(default_company=company)
        return result

    def _get_reply_to(self):
        """:return: ``{activity id: address that answers go to}``, whoever asks"""
        result = {}
        for user, activities in self.grouped("user_id").items():
            # As the responsible: where a name is too long for the header, Odoo takes the user's.
            # sudo: a responsible who has left may not read the activity any more.
            result |= (
                activities.with_user(user)
                .sudo()
                ._notify_get_reply_to(default=user.email_formatted, author_id=user.partner_id.id)
            )
        return result

    def _get_due_date(self):
        """:return: when the message leaves: at the date, or now where that is past"""
        self.ensure_one()
        return max(self.date, fields.Datetime.now())

    def _prepare_notification_values(self, mail):
        """:return: list of the values of the notifications, as Odoo makes them: of a partner, or
        one for each address
        """
        message = mail.mail_message_id
        common = {
            "mail_message_id": message.id,
            "mail_mail_id": mail.id,
            "author_id": message.author_id.id,
            "notification_type": "email",
            "is_read": True,
        }
        if mail.recipient_ids:
            return [{**common, "res_partner_id": mail.recipient_ids.id}]
        emails = dict.fromkeys(email_normalize_all(mail.email_to))
        return [{**common, "mail_email_address": email} for email in emails]

    def _reschedule(self):
        """Let the mails in the outbox follow a new date of their activities."""
        # sudo: the outbox is not open to salespeople; they reach it by this way alone.
        queued = self.sudo().filtered(lambda activity: activity._is_in_outbox())
        queued._get_own_messages().mail_ids._follow_due_dates()

    def _recall(self):
        """Take the mails of these, cancelled while queued, out of the outbox."""
        # sudo: the outbox is not open to salespeople; they reach it by this way alone.
        mails = self.sudo()._get_own_messages().mail_ids
        queued = mails.filtered(lambda mail: mail.state in ("outgoing", "exception"))
        queued._note_begun()
        self._skip_sync(queued).cancel()

    def _report_delivery_status(self, state, reason=False, may_have_left=False, detail=False):
        """Record what became of the message.

        :param str state: the new status
        :param str reason: in words, why it was not delivered
        :param bool may_have_left: whether it was, or may have been, taken in spite of a failure
        :param str detail: what the programs said literally, where that is not the reason
        """
        if not self:
            return
        values = {"state": state, "failure_reason": reason, "failure_detail": detail}
        if state == "done" or may_have_left:
            values["has_left"] = True
        # sudo: the queue speaks, whoever runs it; and the status of what was queued is
        # not for people to write.
        activities = self._skip_sync(self.sudo())
        if state == "done":
            activities = activities.with_context(crm_activity_untracked_ids=frozenset(self.ids))
        activities.write(values)
        if not BellChanges.of(self.env):  # else a queue does, for a batch at once
            self._refresh_screens()

    def _track_prepare(self, fields_iter):
        """The chatter has what was sent, and need not say that it was: see ``mail.thread``."""
        # A context key comes from anybody, and counts for the superuser alone.
        ids = self.env.context.get("crm_activity_untracked_ids", ()) if self.env.su else ()
        untracked = self.filtered(lambda activity: activity.id in ids)
        if not untracked:
            return super()._track_prepare(fields_iter)
        names = set(fields_iter)
        super(CrmActivityDeliveryMixin, self - untracked)._track_prepare(names)
        return super(CrmActivityDeliveryMixin, untracked)._track_prepare(names - {"state"})

    def _mail_track(self, tracked_fields, initial_values):
        """Nor that its responsible has sent a draft: the message is there, from them and of now."""
        if initial_values.get("state") == "draft" and self.state in ("pending", "done"):
            # sudo: only whether it was they who sent it; who tracks may be another one.
            if self.sudo().mail_message_id.create_uid == self.user_id:
                initial_values = {n: value for n, value in initial_values.items() if n != "state"}
        return super()._mail_track(tracked_fields, initial_values)

    def _refresh_screens(self):
        """Let who is responsible for these, or has sent them, see their status without a reload."""
        ids_by_user = defaultdict(list)
        for activity in self.sudo():  # sudo: who has sent it is not told to anybody
            for user in activity.user_id | activity.mail_message_id.create_uid:
                ids_by_user[user].append(activity.id)
        for user, ids in ids_by_user.items():
            user._bus_send("crm.activity/status", {"ids": ids})

    def _report_bounce(self, email):
        """What was sent and came back was not delivered after all."""
        sent = self.filtered(lambda activity: activity.state == "done")
        for lang, activities in sent.grouped(lambda activity: activity.user_id.lang).items():
            env = self.with_context(lang=lang).env
            reason = env._("The email to %(email)s bounced.", email=email)
            activities._report_delivery_status("failed", reason)

    def _note_report(self, subject, text):
        """Note what a mail server or the recipient's program reports, which is no failure."""
        for activity in self:
            env = activity.with_context(lang=activity.user_id.lang).env
            title = env._("Email report: %(subject)s", subject=subject or "")
            activity._message_log(body=plaintext2html(f"{title}\n\n{text}"))
