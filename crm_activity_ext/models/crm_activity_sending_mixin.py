# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_split_tuples

# What was logged longer ago is not taken back as if it had never been.
LOG_DAYS = 1
# What is dated this long ago was not meant to be sent now: clocks differ, and requests wait.
LATE = timedelta(hours=1)
# What people may make of what has a message: its queue says the rest.
QUEUED_CHOICES = {
    "pending": {"cancelled"},
    "failed": {"pending", "cancelled"},
    "cancelled": {"pending"},
}


class CrmActivitySendingMixin(models.AbstractModel):
    """What people do with an activity that Odoo delivers: send it, or say that they have.

    Such an activity becomes done by the queue alone, which sends it: *done* means that Odoo has
    sent it. What left by another way is logged as sent elsewhere, a mark that goes as soon as
    the activity is no longer done.
    """

    _name = "crm.activity.sending.mixin"
    _description = "Sending of CRM Activities"
    _inherit = ["crm.activity.recipient.mixin"]

    # Whatever makes such an activity done without the queue: it follows, and cannot be forgotten.
    sent_elsewhere = fields.Boolean(
        compute="_compute_sent_elsewhere",
        store=True,
        precompute=True,
        copy=False,
        help="The message is logged as sent, but it was not sent by Odoo.",
    )
    is_scheduled = fields.Boolean(
        compute="_compute_is_scheduled", exportable=False, help="The date is still to come."
    )
    # Whom it comes from and goes to as of now, for as long as that may change.
    sender_address = fields.Char(string="From", compute="_compute_envelope", exportable=False)
    recipient_address = fields.Char(string="To", compute="_compute_envelope", exportable=False)
    delivery_problem = fields.Text(compute="_compute_envelope", exportable=False)
    status_choices = fields.Json(
        compute="_compute_status_choices",
        exportable=False,
        help="The statuses that a click in the form can choose.",
    )

    @api.depends("channel", "has_left", "state")
    def _compute_sent_elsewhere(self):
        delivered = self._get_delivered_channels()

        def is_sent_elsewhere(activity):
            return (
                activity.state == "done" and activity.channel in delivered and not activity.has_left
            )

        for sent_elsewhere, activities in self.grouped(is_sent_elsewhere).items():
            activities.sent_elsewhere = sent_elsewhere

    @api.depends(
        lambda self: ["channel", "has_left", "user_id", *sorted(self._get_recipient_fields())]
    )
    @api.depends_context("lang", "uid")
    def _compute_envelope(self):
        """Ask what delivery itself will ask, so that a form shows what becomes of it."""
        self.sender_address = self.recipient_address = self.delivery_problem = False
        unsent = self.filtered(lambda a: a.has_delivered_channel and not a.has_left)
        for channel, activities in unsent.grouped("channel").items():
            activities._fill_envelope(channel)

    def _fill_envelope(self, channel):
        recipients = {activity: activity._get_recipient() for activity in self}
        # An address is told to nobody who may not read whose it is.
        readable = self.filtered(lambda a: recipients[a] and recipients[a].has_access("read"))
        addresses = self._get_channel_addresses(channel, [recipients[a] for a in readable])
        problems = readable._get_undeliverable_reasons(channel)
        for activity in self:
            activity.sender_address = activity._get_channel_sender(channel)
        for activity in readable:
            recipient = recipients[activity]
            reached, left_out = addresses[recipient]
            activity.recipient_address = (
                f"{recipient.display_name} <{', '.join(reached)}>"
                if reached
                else recipient.display_name
            )
            activity.delivery_problem = problems.get(activity) or (
                bool(left_out) and self.env._("Left out, as blacklisted: %s", ", ".join(left_out))
            )

    def _get_channel_sender(self, channel):
        """Who a message comes from, as its recipient sees it.

        A channel answers by a method of its own, ``_get_channel_sender_<channel>``.

        :return: the address with its name, or the responsible where the channel has none
        """
        self.ensure_one()
        get_sender = getattr(self, f"_get_channel_sender_{channel}", None)
        return get_sender() if get_sender else self.user_id.name

    def _get_channel_sender_email_out(self):
        senders = email_split_tuples(self._prepare_message_author()["email_from"])
        return ", ".join(f"{name} <{address}>" for name, address in senders)

    @api.model
    def _get_channel_addresses(self, channel, recipients):
        """To which addresses of each recipient a message goes.

        A channel that knows several of one has a method ``_get_channel_addresses_<channel>``.

        :param list recipients: see :meth:`_get_unreachable`
        :return: ``{recipient: ([address, …], [address that is left out, …])}``
        """
        get_addresses = getattr(self, f"_get_channel_addresses_{channel}", None)
        if get_addresses:
            return get_addresses(recipients)
        addresses = {r: self._get_channel_address(channel, r) for r in recipients}
        return {r: ([address] if address else [], []) for r, address in addresses.items()}

    @api.model
    def _get_channel_addresses_email_out(self, recipients):
        emails = {recipient: self._get_emails(recipient) for recipient in recipients}
        refused = self._get_refused_emails(set().union(*emails.values()))
        return {r: (sorted(own - refused), sorted(own & refused)) for r, own in emails.items()}

    def _check_not_late(self):
        """Refuse to send what a program creates with a date in the past, unless it says so.

        Whoever brings in what was written long ago would send it once more.

        :raise UserError: saying what to do instead
        """
        # A context key comes from anybody: what it says is that this is meant.
        if self.env.context.get("crm_activity_send_late"):
            return
        limit = fields.Datetime.now() - LATE
        late = self.filtered(
            lambda activity: (
                activity.state == "pending"
                and activity.origin == "manual"
                and activity.date < limit
                and activity.has_delivered_channel
            )
        )
        if late:
            raise UserError(
                self.env._(
                    "“%(subject)s” is dated in the past and would be sent now. To record what was "
                    "sent elsewhere, create it as done. To send it all the same, create a draft "
                    "and call action_pending.",
                    subject=late[0].name,
                )
            )

    def web_save(self, vals, specification, next_id=None):
        """A form shows its date, and is saved by somebody who sees it; see the web client's."""
        meant = self.with_context(crm_activity_send_late=True)
        return super(CrmActivitySendingMixin, meant).web_save(vals, specification, next_id)

    @api.depends("date")
    def _compute_is_scheduled(self):
        now = fields.Datetime.now()
        for activity in self:
            activity.is_scheduled = bool(activity.date) and activity.date > now

    @api.depends("channel", "mail_message_id", "state")
    def _compute_status_choices(self):
        delivered = self._get_delivered_channels()
        for activity in self:
            choices = activity._get_possible_states() - {activity.state}
            if activity.channel in delivered:
                choices.discard("pending")  # nothing is sent by a click on a status
            activity.status_choices = sorted(choices)

    def _get_possible_states(self):
        """:return: set of the statuses that people may write, next to the current one"""
        self.ensure_one()
        if self._get_own_message():
            return set(QUEUED_CHOICES.get(self.state, ()))
        states = set(self._fields["state"].get_values(self.env))
        return states - {"done"} if self.channel in self._get_delivered_channels() else states

    def _check_queued_state(self, state):
        """The queue decides on done and failed; people may only stop and retry."""
        if refused := self.filtered(
            lambda activity: state not in (activity.state, *activity._get_possible_states())
        ):
            raise UserError(refused[0]._get_status_refusal())

    def _check_not_marked_done(self):
        """Refuse that people mark done what the queue has not sent.

        :raise UserError: saying what to do instead
        """
        if self.env.su:  # the queue itself, and who logs what was sent elsewhere
            return
        if marked := self.filtered("sent_elsewhere"):
            raise UserError(marked[0]._get_unsent_reason())

    def _get_unsent_reason(self):
        """:return: why a message that Odoo has not sent cannot be marked done"""
        return self.env._(
            "“%(subject)s” has not been sent. Send it, or choose “Log as Sent Elsewhere”.",
            subject=self.name,
        )

    def get_sending_notice(self):
        """Tell what leaves once these are pending, for a client to ask before it happens.

        :return: ``{"count": messages that leave, "title": …, "message": …, "label": of the button
            that sends, "preview": window action on the activities}``
        :rtype: dict
        """
        self.check_access("read")
        leaving = self.filtered(
            lambda activity: (
                activity.has_delivered_channel
                and "pending" in activity._get_possible_states() - {activity.state}
            )
        )
        later = leaving.filtered("is_scheduled")
        lines = [self.env._("A message that has left cannot be taken back.")]
        if later:
            lines.insert(0, self.env._("At a later date: %s", len(later)))
        if leaving - later:
            lines.insert(0, self.env._("Now: %s", len(leaving - later)))
        return {
            "count": len(leaving),
            "title": self.env._("Send %(messages)s?", messages=leaving._count_in_words()),
            "message": "\n".join(lines),
            "label": self.env._("Send"),
            "preview": leaving._preview(),
        }

    def _count_in_words(self):
        """:return: how many messages these are: “3 emails”"""
        channels = set(self.mapped("channel"))
        count = len(self)
        if channels == {"email_out"}:
            one, many = self.env._("1 email"), self.env._("%(count)s emails", count=count)
        elif channels == {"sms"}:
            one, many = self.env._("1 SMS"), self.env._("%(count)s SMS", count=count)
        else:
            one, many = self.env._("1 message"), self.env._("%(count)s messages", count=count)
        return one if count == 1 else many

    def _preview(self):
        """:return: window action on these, nothing of which is sent by looking at it"""
        if len(self) == 1:
            return self._get_records_action(name=self.env._("Preview"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("To Be Sent"),
            "res_model": self._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", self.ids)],
        }

    def action_send(self):
        """Send emails, SMS and whatever else Odoo delivers: each at its date, or now.

        :return: client action, a notification that says so and names those that cannot be sent
        :raise UserError: where none of them can be
        """

        def describe(count):
            failed = len(self.filtered(lambda activity: activity.state == "failed"))
            queued = count - failed
            if not queued:
                return self.env._("Not sent. Failed: %(count)s.", count=failed)
            message = self.env._("The message is in the outbox.")
            if queued > 1:
                message = self.env._("%(count)s messages are in the outbox.", count=queued)
            if not failed:
                return message
            failures = self.env._("Failed: %(count)s.", count=failed)
            return f"{message} {failures}"

        return self._change(lambda activities: activities._send(), describe)

    def _send(self):
        """:raise UserError: for what Odoo does not send, or cannot as it is"""
        self._check_delivered()
        self.write({"state": "pending"})

    def _check_delivered(self):
        """:raise UserError: naming an activity that Odoo does not send"""
        if others := self.filtered(lambda activity: not activity.has_delivered_channel):
            raise UserError(
                self.env._(
                    "“%(subject)s” is not a message that Odoo sends.", subject=others[0].name
                )
            )

    def action_log_as_sent_elsewhere(self):
        """Record that messages were sent by another way than Odoo.

        :return: client action, a notification that says so and names those that cannot be
        :raise UserError: where none of them can be
        """

        def describe(count):
            if count == 1:
                return self.env._("Message logged as sent elsewhere.")
            return self.env._("%(count)s messages logged as sent elsewhere.", count=count)

        return self._change(lambda activities: activities._log_as_sent_elsewhere(), describe)

    def _log_as_sent_elsewhere(self):
        """:raise UserError: for what Odoo sends, or does not send at all"""
        self.check_access("write")
        self._check_delivered()
        if final := self.filtered(lambda activity: activity.is_final or activity.has_left):
            raise UserError(
                self.env._(
                    "“%(subject)s” is in the outbox or has been sent by Odoo.",
                    subject=final[0].name,
                )
            )
        # sudo: done is not for people to write; who may write these was asked above.
        activities = self.sudo()
        activities._drop_unsent_messages()
        activities.write({"state": "done"})

    def _drop_unsent_messages(self):
        """Delete messages that wait for a retry: nobody is to send them after all."""
        messages = self._get_own_messages()
        self.filtered("mail_message_id").mail_message_id = False
        messages.unlink()

    def _is_fresh_log(self):
        """:return: whether it was logged as sent elsewhere just now: what is older is history"""
        self.ensure_one()
        oldest = fields.Datetime.now() - timedelta(days=LOG_DAYS)
        return self.sent_elsewhere and bool(self.date_done) and self.date_done >= oldest

    def _take_back_log(self):
        """Forget of what is not done any more that it was: somebody said so, and takes it back."""
        # sudo: what has never been done is for the system to say.
        self.filtered(lambda activity: activity.state != "done").sudo().was_done = False

    def action_reopen(self):
        """Take back that activities were done or cancelled.

        They are pending again; drafts, where Odoo sends them, as nothing leaves unasked.

        :return: client action, a notification that says so and names those that cannot be
        :raise UserError: where none of them can be
        """

        def describe(count):
            if count == 1:
                return self.env._("Activity reopened.")
            return self.env._("%(count)s activities reopened.", count=count)

        return self._change(lambda activities: activities._reopen(), describe)

    def _reopen(self):
        for is_delivered, activities in self.grouped("has_delivered_channel").items():
            activities.write({"state": "draft" if is_delivered else "pending"})
