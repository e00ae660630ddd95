# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager
from datetime import timedelta
from zlib import crc32

from odoo import api, fields, models
from odoo.fields import Domain

from .mail_notification import INTERRUPTED

# Of the advisory locks of PostgreSQL, those on SMS of activities.
LOCK_CLASS = crc32(b"crm_activity_ext_sms.sms_sms") & 0x7FFFFFFF
# When to retry what another worker had locked.
PATIENCE = timedelta(minutes=1)


class SmsSms(models.Model):
    """The SMS of activities: not before their date, and each sent at most once.

    Odoo's queue sends a batch and then commits. A worker that dies in between leaves SMS
    that look unsent though the provider took them, and no provider promises to recognise
    them by their UUID. So ours have their own turn in the queue: a worker writes down that
    it begins, and commits, before it talks to the provider. Who finds such a mark without
    a living worker cannot know, and says so, instead of sending again.
    """

    _name = "sms.sms"
    _inherit = ["sms.sms", "crm.activity.system.fields.mixin"]

    crm_activity_id = fields.Many2one(
        "crm.activity", string="CRM Activity", readonly=True, copy=False, ondelete="cascade"
    )
    crm_activity_date = fields.Datetime(
        string="Not Before",
        readonly=True,
        copy=False,
        help="Due date of the SMS of a CRM activity. The queue does not send it before.",
    )
    crm_activity_sending = fields.Datetime(
        string="Being Sent Since",
        readonly=True,
        copy=False,
        help="Set while a worker hands this SMS over to the provider.",
    )

    _crm_activity_unique = models.UniqueIndex(
        "(crm_activity_id) WHERE crm_activity_id IS NOT NULL",
        "A CRM activity can only have one SMS.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {
            "crm_activity_date",
            "crm_activity_id",
            "crm_activity_sending",
        }

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Let Odoo's part of the queue see only what is Odoo's: see ``_process_queue``."""
        if self.env.context.get("crm_activity_sms_apart"):
            domain = Domain(domain) & Domain("crm_activity_id", "=", False)
        return super()._search(domain, *args, **kwargs)

    def write(self, vals):
        if "state" in vals:
            # sudo: a mark goes with the sending that it stands for.
            self.filtered("crm_activity_sending").sudo().crm_activity_sending = False
        result = super().write(vals)
        follows = {"outgoing": "pending", "canceled": "cancelled"}.get(vals.get("state"))
        if follows:
            # What was sent stays done, whatever becomes of its row here.
            activities = (
                (self.crm_activity_id - self.crm_activity_id._get_told())
                .sudo()
                .filtered(lambda activity: follows == "pending" or activity.state != "done")
            )
            activities._report_fate(follows)
            if follows == "pending":
                activities._reschedule()
        return result

    def _as_told(self):
        """:return: these, to be changed because their activities were, and not the reverse"""
        # Odoo would tell web clients of each message, at a query or more a record: whoever
        # changes an activity sees it anyway.
        told = self.crm_activity_id._as_told(self)
        return told.with_context(sms_skip_msg_notification=True)

    def unlink(self):
        queued = self.filtered(lambda sms: sms.crm_activity_id and sms.state == "outgoing")
        activities = queued.crm_activity_id.sudo()
        # sudo: as Odoo does it when one is cancelled.
        queued.sms_tracker_id.sudo()._action_update_from_sms_state("canceled")
        result = super().unlink()
        # What was sent stays done, whatever becomes of its row here.
        pending = activities.filtered(lambda activity: activity.state == "pending")
        pending._report_fate("cancelled", self.env._("The SMS was deleted from the queue."))
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
    def _trigger_crm_activity_queue(self, dates):
        """Let Odoo's queue run at the dates, not at its next day."""
        # sudo: whoever queues an SMS wakes the queue.
        cron = self.env.ref("sms.ir_cron_sms_scheduler_action").sudo()
        cron._trigger(set(dates))

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
        domain = is_due & Domain(
            [
                ("crm_activity_id", "!=", False),
                ("state", "=", "outgoing"),
                ("to_delete", "!=", True),
            ]
        )
        batch_size = self._get_send_batch_size()
        batch = self.search(domain, limit=batch_size, order="id")
        if not batch:
            return 0
        for sms_api, sms in batch._split_by_api():
            with sms._claim() as claimed:
                if claimed:
                    claimed.with_context(sms_api=sms_api)._send()
        left = 0
        if len(batch) == batch_size:
            left = self.search_count(domain & Domain("id", ">", batch[-1].id))
        self.env["ir.cron"]._commit_progress(len(batch), remaining=left)
        return left

    @contextmanager
    def _claim(self):
        """Make sure that no worker but this one sends these, now or ever.

        :return: context manager that gives those to send
        """
        cr = self.env.cr
        locked = self._lock_against_workers()
        try:
            try:
                claimed = locked._mark_as_being_sent()
                yield claimed
                # Answered, or else nobody knows.
                claimed.filtered("crm_activity_sending")._report_undecided()
                self.env.flush_all()
                # What the provider has taken must not be forgotten, whatever comes next.
                cr.commit()  # pylint: disable=invalid-commit
            except Exception:
                cr.rollback()
                locked.exists().filtered("crm_activity_sending")._report_undecided()
                raise
        finally:
            cr.execute(
                "SELECT pg_advisory_unlock(%s, id) FROM unnest(%s::int[]) AS id",
                (LOCK_CLASS, locked.ids),
            )

    def _lock_against_workers(self):
        """:return: those of these that no living worker has"""
        cr = self.env.cr
        cr.execute(
            "SELECT id, pg_try_advisory_lock(%s, id) FROM unnest(%s::int[]) AS id",
            (LOCK_CLASS, self.ids),
        )
        got = {sms_id for sms_id, is_locked in cr.fetchall() if is_locked}
        return self.filtered(lambda sms: sms.id in got)

    def _mark_as_being_sent(self):
        """Write down that sending begins, and keep everybody off until it has ended.

        :return: those of these to send
        """
        cr = self.env.cr
        # To see what others have committed since this transaction began: the queue has
        # nothing of its own open here.
        cr.commit()  # pylint: disable=invalid-commit
        queued = self._get_still_queued()
        undecided = queued.filtered("crm_activity_sending")
        undecided._report_undecided()
        queued -= undecided
        queued -= queued._hold_back()
        queued._follow_crm_activities()
        queued.crm_activity_sending = fields.Datetime.now()
        self.env.flush_all()
        # Must outlive this worker, whatever happens from here on.
        cr.commit()  # pylint: disable=invalid-commit
        # Whoever cancels or edits one now waits until its outcome is written; without these
        # locks their write would make ours fail, after the provider has answered.
        held = queued.try_lock_for_update(allow_referencing=True)._get_still_queued()
        activities = held.crm_activity_id.try_lock_for_update(allow_referencing=True)
        free = held.filtered(lambda sms: sms.crm_activity_id in activities)
        (held - free).crm_activity_sending = False
        if free != queued:
            self._trigger_crm_activity_queue([fields.Datetime.now() + PATIENCE])
        return free

    def _hold_back(self):
        """Make failed what may not leave any more, as much may have changed since it was queued.

        :return: those
        """
        due_dates = {sms.crm_activity_id: sms.crm_activity_date or sms.create_date for sms in self}
        # sudo: the queue sends for all.
        activities = self.crm_activity_id.sudo()
        reasons = activities._get_reasons_to_hold("sms", due_dates)
        held = self.filtered(lambda sms: sms.crm_activity_id in reasons)
        for reason, sms in held.grouped(lambda sms: reasons[sms.crm_activity_id]).items():
            sms._set_failed(reason)
            sms.crm_activity_id._report_fate("failed", reason)
        return held

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

    def _get_still_queued(self):
        self.invalidate_recordset()
        return self.exists().filtered(lambda sms: sms.state == "outgoing" and not sms.to_delete)

    def _report_undecided(self):
        """Say that nobody knows whether the provider took these, and commit."""
        if not self:
            return
        self._set_failed(INTERRUPTED)
        self.env.flush_all()
        # Whatever the queue does next, this is known.
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _set_failed(self, reason):
        self.write({"state": "error", "failure_type": "unknown"})
        self.sms_tracker_id._action_update_from_sms_state(
            "error", failure_type="unknown", failure_reason=reason
        )
