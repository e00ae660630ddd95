# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, is_html_empty

from .mail_activity_type import DELIVERED_CHANNELS

# So many subjects are named in a refusal.
NAMED_COUNT = 10


class CrmActivityDeliveryMixin(models.AbstractModel):
    """How an outgoing activity reaches the outbox, and how its fate comes back.

    Pending means on its way: whatever makes an activity of a delivered channel pending
    ends in :meth:`_deliver`, which hands it to the channel's own ``_deliver_<channel>``.
    That puts one message into Odoo's queue; ``mail.mail`` reports what became of it.
    """

    _name = "crm.activity.delivery.mixin"
    _description = "Delivery of a CRM Activity"

    mail_message_id = fields.Many2one(
        "mail.message",
        string="Sent Message",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The message in the outbox, or sent. From then on the text is final.",
    )

    def _check_final(self, vals):
        """Refuse to change what is in the outbox or was sent.

        :raise UserError: saying what to do instead
        """
        # The queue reports, and merging and converting customers write, as superuser:
        # the recipient's record moves, the text that was sent stays.
        queued = self.browse() if self.env.su else self.filtered("mail_message_id")
        if final := queued.filtered(lambda activity: activity._changes_final_fields(vals)):
            raise UserError(
                self.env._(
                    "“%(subject)s” is in the outbox or was sent: its text, recipient and type "
                    "are final. Cancel it and replicate it to write anew.",
                    subject=final[0].name,
                )
            )
        if "state" in vals:
            queued._check_queued_state(vals["state"])

    def _check_not_sent(self):
        """:raise UserError: for what was sent, or is on its way out"""
        sent = self.filtered(
            lambda activity: (
                activity.channel in DELIVERED_CHANNELS
                and (
                    activity.state == "done"
                    or (activity.state == "pending" and activity.mail_message_id)
                )
            )
        )
        if sent:
            raise UserError(
                self.env._(
                    "What was sent to a customer, or is in the outbox, cannot be deleted: "
                    "%(subjects)s",
                    subjects=", ".join(sent[:NAMED_COUNT].mapped("name")),
                )
            )

    def _changes_final_fields(self, vals):
        self.ensure_one()
        names = self._get_final_fields() & vals.keys()
        current = self._convert_to_write({name: self[name] for name in names})
        return any((current[name] or False) != (vals[name] or False) for name in names)

    @api.model
    def _get_final_fields(self):
        """:return: set of the names of the fields that do not change once queued"""
        return {
            "activity_type_id",
            "attachment_ids",
            "body",
            "mail_template_id",
            "name",
            *self._get_recipient_fields(),
        }

    def _is_in_outbox(self):
        self.ensure_one()
        return self.state == "pending" and bool(self.mail_message_id)

    def _check_queued_state(self, state):
        """The queue decides on done and failed; people may only stop and retry."""
        possible = {
            "pending": ("pending", "failed", "cancelled"),
            "cancelled": ("pending", "failed", "cancelled"),
            "done": ("done",),
            "failed": ("failed",),
        }.get(str(state), ())
        if refused := self.filtered(lambda activity: activity.state not in possible):
            raise UserError(
                self.env._(
                    "“%(subject)s” is in the outbox or was sent: its status follows the message. "
                    "What is pending can be cancelled, what failed can be retried, and what was "
                    "sent can be replicated.",
                    subject=refused[0].name,
                )
            )

    def _follow_status(self):
        """Send what has become pending, stop what was cancelled."""
        if self.env.context.get("crm_activity_fate_known"):
            return
        # Now the rows are locked: somebody else who does the same waits here, and then
        # finds nothing left to change.
        self.flush_recordset(["state"])
        self.filtered(lambda activity: activity.state == "pending")._deliver()
        self.filtered(lambda activity: activity.state == "cancelled")._recall()

    def _deliver(self):
        """Put the activities on their way, by channel."""
        for channel, activities in self.grouped("channel").items():
            deliver = getattr(activities, f"_deliver_{channel}", None)
            if deliver:
                deliver()

    def _deliver_email_out(self):
        """Put one e-mail for each activity into Odoo's outbox.

        What cannot be sent becomes failed, with the reason; the others go on.

        :raise UserError: where there is no text to send
        """
        self._check_text(lambda activity: not is_html_empty(activity.body))
        deliverable = self._fail_undeliverable("email_out")
        deliverable._adopt_attachments()
        deliverable = deliverable._attach_template_reports()
        # sudo: the outbox is not open to salespeople; they reach it by this way alone.
        mails = deliverable.sudo()._queue_mails()
        self._trigger_mail_queue(mails.mapped("scheduled_date"))

    def _check_text(self, has_text):
        """:raise UserError: naming those that the function says have no text to send"""
        if empty := self.filtered(lambda activity: not has_text(activity)):
            raise UserError(
                self.env._(
                    "There is no text to send in: %(subjects)s. Write one, or choose a template.",
                    subjects=", ".join(empty[:10].mapped("name")),
                )
            )

    def _fail_undeliverable(self, channel):
        """Make failed what the channel cannot deliver, with the reason.

        :return: the others
        """
        reasons = self._get_undeliverable_reasons(channel)
        for activity, reason in reasons.items():
            activity._report_fate("failed", reason)
        return self.filtered(lambda activity: activity not in reasons)

    def _get_undeliverable_reasons(self, channel):
        """:return: ``{activity: why it cannot be sent}`` for those that cannot"""
        recipients = {activity: activity._get_recipient() for activity in self}
        unreachable = self._get_unreachable(channel, list(filter(None, recipients.values())))
        reasons = {}
        for activity, recipient in recipients.items():
            if not recipient:
                reason = self.env._("Nobody to write to: there is no customer and no contact.")
            elif recipient in unreachable:
                _kind, reason = unreachable[recipient]
            elif channel == "email_out" and not activity.user_id.email_formatted:
                reason = self.env._(
                    "%(name)s, who is responsible, has no email address to send from.",
                    name=activity.user_id.name,
                )
            else:
                continue
            reasons[activity] = reason
        return reasons

    @api.model
    def _get_unreachable(self, channel, recipients):
        """Whom a channel does not reach, asked before there is any activity.

        A channel answers by a method of its own, ``_get_unreachable_<channel>``.

        :param str channel: code of the channel
        :param list recipients: records of models with ``crm.activity.target.mixin``
        :return: ``{recipient: (kind, reason)}`` for those it does not reach; the kinds are
            those of ``crm.activity.distribution.line``
        """
        get_unreachable = getattr(self, f"_get_unreachable_{channel}", None)
        return get_unreachable(recipients) if get_unreachable else {}

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
        return email_normalize(recipient._get_crm_activity_email() or "")

    @api.model
    def _get_unreachable_email_out(self, recipients):
        """Whom no email reaches, or must not: see :meth:`_get_unreachable`."""
        # sudo: salespeople may not read the blacklist, but must not write to it either.
        blacklist = self.env["mail.blacklist"].sudo()
        normalized = {self._get_channel_address_email_out(recipient) for recipient in recipients}
        refused = set(
            blacklist.search([("email", "in", list(filter(None, normalized)))]).mapped("email")
        )
        unreachable = {}
        for recipient in recipients:
            address = recipient._get_crm_activity_email()
            if not recipient.active:
                kind = "archived"
                reason = self.env._("%(name)s is archived.", name=recipient.display_name)
            elif not address:
                kind = "no_address"
                reason = self.env._("%(name)s has no email address.", name=recipient.display_name)
            elif not email_normalize(address):
                kind = "no_address"
                reason = self.env._("“%(address)s” is not an email address.", address=address)
            elif email_normalize(address) in refused:
                kind = "opted_out"
                reason = self.env._(
                    "%(address)s is on the blacklist: no more emails, please.", address=address
                )
            else:
                continue
            unreachable[recipient] = (kind, reason)
        return unreachable

    def _queue_mails(self):
        """Put one mail for each of these into the queue: the same again where there is one.

        :return: the ``mail.mail`` records
        """
        mails_by_message = self.mail_message_id.mail_ids.grouped("mail_message_id")
        again = self.env["mail.mail"].union(*mails_by_message.values())
        again.with_context(crm_activity_fate_known=True).write(
            {"state": "outgoing", "failure_reason": False, "failure_type": False}
        )
        for activity in self:
            if mail := mails_by_message.get(activity.mail_message_id):
                mail.write(activity._prepare_mail_schedule_values())
        anew = self.filtered(lambda a: a.mail_message_id not in mails_by_message)
        reply_to = anew._get_reply_to()
        mails = self.env["mail.mail"].create(
            [activity._prepare_mail_values(reply_to[activity.id]) for activity in anew]
        )
        # Not tracked: spare the chatter looking for it in each write.
        for activity, mail in zip(anew.with_context(tracking_disable=True), mails, strict=True):
            activity.mail_message_id = mail.mail_message_id
        self.env["mail.notification"].create(
            [
                activity._prepare_notification_values(mail)
                for activity, mail in zip(anew, mails, strict=True)
            ]
        )
        return again | mails

    def _get_reply_to(self):
        """:return: ``{activity id: address that answers go to}``"""
        result = {}
        for user, activities in self.grouped("user_id").items():
            result |= activities._notify_get_reply_to(
                default=user.email_formatted, author_id=user.partner_id.id
            )
        return result

    def _prepare_mail_values(self, reply_to):
        self.ensure_one()
        recipient = self._get_recipient()
        is_partner = recipient._name == "res.partner"
        return {
            "model": self._name,
            "res_id": self.id,
            "record_company_id": self.company_id.id,
            "subject": self.name,
            "body": self.body,
            "body_html": self.env["mail.render.mixin"]._replace_local_links(self.body),
            "message_type": "email_outgoing",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "is_notification": True,
            "auto_delete": False,
            "author_id": self.user_id.partner_id.id,
            "email_from": self.user_id.email_formatted,
            "reply_to": reply_to,
            "recipient_ids": [fields.Command.set(recipient.ids if is_partner else [])],
            "email_to": False if is_partner else recipient._get_crm_activity_email(),
            "attachment_ids": [fields.Command.set(self.attachment_ids.ids)],
            **self._prepare_mail_schedule_values(),
        }

    def _prepare_mail_schedule_values(self):
        in_future = self.date > fields.Datetime.now()
        return {"scheduled_date": self.date if in_future else False}

    def _prepare_notification_values(self, mail):
        return {
            "mail_message_id": mail.mail_message_id.id,
            "mail_mail_id": mail.id,
            "author_id": mail.author_id.id,
            "res_partner_id": mail.recipient_ids.id,
            "mail_email_address": mail.email_to,
            "notification_type": "email",
            "notification_status": "ready",
            "is_read": True,
        }

    @api.model
    def _trigger_mail_queue(self, dates):
        """Let Odoo's queue run now and at the dates, not at its next hour."""
        now = fields.Datetime.now()
        # sudo: whoever queues a mail wakes the queue.
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
        for date in {date or now for date in dates}:
            cron._trigger(date)

    def _reschedule(self):
        """Let the mails in the outbox follow a new date of their activities."""
        # sudo: the outbox is not open to salespeople; they reach it by this way alone.
        queued = self.sudo().filtered(lambda activity: activity._is_in_outbox())
        for activity in queued:
            activity.mail_message_id.mail_ids.write(activity._prepare_mail_schedule_values())
        self._trigger_mail_queue(queued.mail_message_id.mail_ids.mapped("scheduled_date"))

    def _recall(self):
        """Take the mails of these, cancelled while queued, out of the outbox."""
        # sudo: the outbox is not open to salespeople; they reach it by this way alone.
        mails = self.sudo().mail_message_id.mail_ids
        mails.filtered(lambda mail: mail.state in ("outgoing", "exception")).with_context(
            crm_activity_fate_known=True
        ).cancel()

    def _report_fate(self, state, reason=False):
        """Record what became of the message.

        :param str state: the new status
        :param str reason: in words, why it was not delivered
        """
        # sudo: the queue speaks, whoever runs it; and the status of what was queued is
        # not for people to write.
        activities = self.sudo().with_context(crm_activity_fate_known=True)
        return activities.write({"state": state, "failure_reason": reason})

    def _message_receive_bounce(self, email, partner):
        """What was sent and came back was not delivered after all."""
        result = super()._message_receive_bounce(email, partner)
        sent = self.filtered(
            lambda a: a.channel in DELIVERED_CHANNELS and a.mail_message_id and a.state == "done"
        )
        sent._report_fate("failed", self.env._("The email came back from %(email)s.", email=email))
        return result
