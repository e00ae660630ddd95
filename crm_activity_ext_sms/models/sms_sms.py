# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain


class SmsSms(models.Model):
    """Odoo's queue of SMS: those of activities leave not before their date, and at most once.

    Odoo sends a batch and then commits; no provider promises to recognise by their UUID
    what comes again. So those of activities have their own turn in the queue.
    """

    _name = "sms.sms"
    _inherit = ["sms.sms", "crm.activity.queue.mixin"]

    _crm_activity_channel = "sms"
    _crm_activity_cron = "sms.ir_cron_sms_scheduler_action"

    crm_activity_id = fields.Many2one(
        "crm.activity", string="CRM Activity", readonly=True, copy=False, ondelete="cascade"
    )
    crm_activity_date = fields.Datetime(
        string="Not Before",
        readonly=True,
        copy=False,
        help="Due date of the SMS of a CRM activity. The queue does not send it before.",
    )
    # The mixin's, named again so that the column goes with this addon.
    crm_activity_sending = fields.Datetime()

    _crm_activity_unique = models.UniqueIndex(
        "(crm_activity_id) WHERE crm_activity_id IS NOT NULL",
        "A CRM activity can only have one SMS.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"crm_activity_date", "crm_activity_id"}

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Let Odoo's part of the queue see only what is Odoo's: see ``_process_queue``."""
        if self.env.context.get("crm_activity_sms_apart"):
            domain = Domain(domain) & Domain("crm_activity_id", "=", False)
        return super()._search(domain, *args, **kwargs)

    def write(self, vals):
        if vals.get("state", "outgoing") not in ("outgoing", "canceled"):
            # sudo: a mark goes once it is known what became of the sending that it stands for.
            self.filtered("crm_activity_sending").sudo().crm_activity_sending = False
        result = super().write(vals)
        follows = {"outgoing": "pending", "canceled": "cancelled"}.get(vals.get("state"))
        if follows:
            # What was sent stays done, whatever becomes of its row here.
            activities = (
                (self.crm_activity_id - self.crm_activity_id._get_sync_skipped())
                .sudo()
                .filtered(lambda activity: follows == "pending" or activity.state != "done")
            )
            activities._report_delivery_status(follows)
            if follows == "pending":
                activities._reschedule()
        return result

    def _skip_sync(self):
        """:return: these, to be changed because their activities were, and not the reverse"""
        # Odoo would tell web clients of each message, at a query or more a record: whoever
        # changes an activity sees it anyway.
        followers = self.crm_activity_id._skip_sync(self)
        return followers.with_context(sms_skip_msg_notification=True)

    def unlink(self):
        queued = self.filtered(lambda sms: sms.crm_activity_id and sms.state == "outgoing")
        activities = queued.crm_activity_id.sudo()
        # sudo: as Odoo does it when one is cancelled.
        queued.sms_tracker_id.sudo()._action_update_from_sms_state("canceled")
        result = super().unlink()
        # What was sent stays done, whatever becomes of its row here.
        pending = activities.filtered(lambda activity: activity.state == "pending")
        pending._report_delivery_status(
            "cancelled", self.env._("The SMS was deleted from the queue.")
        )
        return result

    def send(self, *args, **kwargs):
        """Leave SMS of activities to the queue, which commits before and after sending.

        A request that sends them itself might be repeated after a conflict, and send
        them again.
        """
        left_to_queue = self.filtered("crm_activity_id")
        if left_to_queue:
            # sudo: when an SMS is due is the system's to say; whoever sends it says now.
            left_to_queue.sudo().crm_activity_date = fields.Datetime.now()
            self._trigger_crm_activity_queue([fields.Datetime.now()])
        return super(SmsSms, self - left_to_queue).send(*args, **kwargs)

    @api.model
    def _process_queue(self, *args, **kwargs):
        left = self._process_crm_activity_queue()
        others = self.with_context(crm_activity_sms_apart=True)
        result = super(SmsSms, others)._process_queue(*args, **kwargs)
        if left:  # the above has told how many are left of its own
            self.env["ir.cron"]._commit_progress(remaining=left)
        return result

    @api.model
    def _process_crm_activity_queue(self):
        """Send a batch of what is due.

        :return: how many are left
        """
        is_due = Domain("crm_activity_date", "=", False) | Domain(
            "crm_activity_date", "<=", fields.Datetime.now()
        )
        domain = is_due & self._get_fetch_domain()
        domain &= Domain(
            [
                ("crm_activity_id", "!=", False),
                ("state", "=", "outgoing"),
                ("to_delete", "!=", True),
            ]
        )
        batch_size = self._get_send_batch_size()
        # sudo: what each says, and what became of it, is written whoever may send these and does:
        # their messages and activities are not theirs to write.
        batch = self.search(domain, limit=batch_size, order="id").sudo()
        if not batch or not self._has_locks():
            return 0
        for sms_api, sms in batch._split_by_api():
            with sms._claim() as queued:
                with queued._make_ready()._sending() as ready:
                    if ready:
                        ready.with_context(sms_api=sms_api)._send()
        left = 0
        if len(batch) == batch_size:
            left = self.search_count(domain & Domain("id", ">", batch[-1].id))
        self.env["ir.cron"]._commit_progress(len(batch), remaining=left)
        return left

    def _is_to_be_sent(self):
        return super()._is_to_be_sent() and not self.to_delete

    def _follow_crm_activities(self):
        """Let number, recipient and author be those of the activities as they are now."""
        write_changes = self.env["crm.activity"]._write_changes
        for sms in self:
            activity = sms.crm_activity_id.sudo()
            write_changes(sms.mail_message_id, activity._prepare_sms_message_envelope())
            write_changes(sms, activity._prepare_sms_envelope())
            for notification in sms.mail_message_id.notification_ids:
                values = {
                    "author_id": sms.mail_message_id.author_id.id,
                    "res_partner_id": sms.partner_id.id,
                    "sms_number": sms.number,
                }
                write_changes(notification, values)

    def _set_failed(self, reason):
        self.write({"state": "error", "failure_type": "unknown"})
        self.sms_tracker_id._action_update_from_sms_state(
            "error", failure_type="unknown", failure_reason=reason
        )
