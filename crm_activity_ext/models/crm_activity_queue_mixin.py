# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from contextlib import contextmanager
from datetime import timedelta
from zlib import crc32

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.modules import module
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.bell import KEY as TOLD_LATER
from ..tools.bell import BellChanges
from ..tools.session import is_aborted, keeps_session

_logger = logging.getLogger(__name__)

# When to retry what somebody else had locked.
PATIENCE = timedelta(minutes=1)


class CrmActivityQueueMixin(models.AbstractModel):
    """A queue of messages of activities, each of which is sent at most once.

    A server and the database cannot commit together: a worker that dies after the server
    took a message, and before that is written down, leaves one that looks unsent. So a
    worker writes down that it begins, and commits, before it talks to the server. Who
    finds such a mark without a living worker cannot know, and says so, instead of sending
    again. The queue's cron does it like this::

        with messages._claim() as queued:
            with queued._make_ready()._sending() as held:
                …  # send them, and write what became of each

    The ``state`` of a message is ``outgoing`` while it waits. A queue says by attributes of
    its class which channel it is of, which cron works it off, and which field has the time
    that its messages are due at.
    """

    _name = "crm.activity.queue.mixin"
    _description = "Queue of Messages of CRM Activities"
    _inherit = ["crm.activity.system.fields.mixin"]

    _crm_activity_channel = None
    _crm_activity_cron = None
    _crm_activity_date_field = "crm_activity_date"

    crm_activity_sending = fields.Datetime(
        string="Being Sent Since",
        readonly=True,
        copy=False,
        help="Set while a worker hands this message over to the server.",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"crm_activity_sending"}

    def _get_crm_activity_by_message(self):
        """:return: ``{message: its activity}``, whoever asks"""
        # sudo: the queue sends for all.
        return {message: message.crm_activity_id.sudo() for message in self}

    @api.model
    def _join_crm_activities(self, activities):
        """:return: the activities as one recordset, whoever asks"""
        # sudo: the queue sends for all.
        return self.env["crm.activity"].sudo().union(*activities)

    def _is_to_be_sent(self):
        """:return: whether the message still waits, and is due"""
        self.ensure_one()
        due = self[self._crm_activity_date_field]
        return self.state == "outgoing" and (not due or due <= fields.Datetime.now())

    def _set_failed(self, reason):
        """Write into the queue that these are not sent; to be extended by what else it keeps.

        :param str reason: in words
        """
        self.write({"state": "error"})

    def _note_begun(self):
        """Note that these, which are recalled, may have left: a worker had begun and died."""
        begun = self.filtered("crm_activity_sending")._get_crm_activity_by_message()
        self._join_crm_activities(begun.values()).has_left = True

    @api.model
    def _get_fetch_domain(self):
        """:return: Domain of what a run may take up: not what waits for long, as a run takes up so
        many, and would find nothing else. What a worker died with never waits: it is only told
        """
        return self._get_free_domain() | Domain("crm_activity_sending", "!=", False)

    @api.model
    def _get_free_domain(self):
        """:return: Domain of what does not wait for long; extended by who makes messages wait"""
        held = self.env["crm.activity.distribution"]._search_held_messages()
        if held is None:
            return Domain.TRUE
        return Domain("mail_message_id", "not in", held.subselect("mail_message_id"))

    @api.model
    def _trigger_crm_activity_queue(self, dates):
        """Let the queue run at the dates, and not only when it would anyway."""
        if dates:
            # sudo: whoever queues a message wakes the queue.
            self.env.ref(self._crm_activity_cron).sudo()._trigger(set(dates))

    def _follow_due_dates(self):
        """Let these, which wait, be due when their activities are now, and the queue run then."""
        for message, activity in self._get_crm_activity_by_message().items():
            message[self._crm_activity_date_field] = activity._get_due_date()
        self._trigger_crm_activity_queue(self.mapped(self._crm_activity_date_field))

    @contextmanager
    def _claim(self):
        """Make sure that no worker but this one sends these.

        Web clients are told at the end what has become of all of them, and not of each; also
        where an error ends it.

        :return: context manager that gives those that are still to be sent. What was done
            with them is committed at its end
        """
        locked = self._lock_against_workers().with_context(**{TOLD_LATER: BellChanges()})
        activities = self._join_crm_activities(())
        try:
            locked._commit()  # to see what others have committed since this transaction began
            queued = locked._lock_to_be_sent()
            activities |= self._join_crm_activities(queued._get_crm_activity_by_message().values())
            yield queued._take_out_undecided()
            locked._commit()
            locked._tell_web_clients(activities)
        except Exception:
            locked._rollback()  # else there would be no unlocking
            locked._try_to_tell_web_clients(activities)
            raise
        finally:
            locked._unlock_for_workers()

    @api.model
    def _tell_web_clients(self, activities):
        """Tell what has become of the activities of a claim, as far as it is committed."""
        activities = activities.exists()
        activities._ring(BellChanges.of(self.env).committed)
        activities._refresh_screens()
        self._commit()

    @api.model
    def _try_to_tell_web_clients(self, activities):
        try:
            self._tell_web_clients(activities)
        except Exception:
            # Who reloads sees it; what has led here is the one to be raised.
            _logger.warning("Web clients are not told what was sent.", exc_info=True)
            self._rollback()

    def _take_out_undecided(self):
        """Say of those that a worker died with that nobody knows.

        :return: the others
        """
        undecided = self.filtered("crm_activity_sending")
        if not undecided:
            return self
        undecided._put_off_busy()._report_undecided()
        return (self - undecided)._lock_to_be_sent()  # the above has committed

    def _make_ready(self):
        """Let these be as their activities are now, as much may have changed since they were
        queued, and let fail what may not leave any more.

        :return: the others
        """
        reasons = self._get_reasons_to_hold(self._get_crm_activity_by_message())
        held_back = self.filtered(lambda message: message in reasons)
        ready = self - held_back
        ready._follow_crm_activities()
        # These commit, and so come last: up to here nobody else changes any of them.
        for reason, messages in held_back._put_off_busy().grouped(reasons.get).items():
            messages._report_failed(reason)
        return ready

    def _follow_crm_activities(self):
        """Let sender and recipient be those of the activities as they are now."""

    def _lock_against_workers(self):
        """:return: those of these that no living worker has. None where no lock can be relied on"""
        if not self._has_locks():
            return self.browse()
        # Of the session, so that they outlive commits, and go with the worker.
        self.env.cr.execute(
            "SELECT id, pg_try_advisory_lock(%s, id) FROM unnest(%s::int[]) AS id",
            (self._get_lock_class(), self.ids),
        )
        locked = {message_id for message_id, is_locked in self.env.cr.fetchall() if is_locked}
        return self.filtered(lambda message: message.id in locked)

    def _filter_untaken(self):
        """Leave out what other workers have sent, or have claimed, and say of those that one
        died with that nobody knows. This commits.

        :return: those of these that wait for whoever comes first
        """
        self._settle()
        unlocked = self._filter_unlocked()
        undecided = unlocked.exists().filtered("crm_activity_sending")
        if undecided:
            with undecided._claim():
                pass  # claiming them says so
        return unlocked.exists().filtered(
            lambda message: message._is_to_be_sent() and not message.crm_activity_sending
        )

    def _filter_unlocked(self):
        """:return: those of these that no other worker has right now. None where no lock can be
        relied on
        """
        if not self._has_locks():
            return self.browse()
        # Only looked at: there may be more of them than PostgreSQL can lock.
        locks = SQL(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid::bigint = %s AND pid <> pg_backend_pid()",
            self._get_lock_class(),
        )
        taken = {message_id for [message_id] in self.env.execute_query(locks)}
        return self.filtered(lambda message: message.id not in taken)

    @api.model
    def _has_locks(self):
        """:return: whether locks of the session outlive a commit. Else everything has to wait"""
        return not self._has_own_transaction() or keeps_session(self.env.cr, self._commit)

    def _unlock_for_workers(self):
        self.env.cr.execute(
            "SELECT pg_advisory_unlock(%s, id) FROM unnest(%s::int[]) AS id",
            (self._get_lock_class(), self.ids),
        )

    @api.model
    def _get_lock_class(self):
        """:return: of the advisory locks of PostgreSQL, those on messages of this queue"""
        return crc32(f"crm_activity_ext.{self._table}".encode()) & 0x7FFFFFFF

    @contextmanager
    def _sending(self, may_have_left=lambda: True):
        """Leave a mark on these while nobody knows what becomes of them.

        Whose outcome was not written by the end is undecided.

        :param may_have_left: function that tells, after an error, whether the server may
            have got them; if not, they stay in the queue
        :return: context manager that gives those that nobody else is busy with
        """
        begun = self._begin()
        held = self.browse()
        try:
            held = begun._hold()
            yield held
            held._get_marked()._report_undecided()
            # What the server has taken must not be forgotten, whatever comes next. On the disk
            # it is with the next mark, or the end of the claim; until then the mark is there.
            self._commit(is_durable=False)
        except Exception:
            self._rollback()
            left = held if may_have_left() else self.browse()
            left._get_marked()._report_undecided()
            (begun - left)._unmark()
            raise
        (begun - held)._unmark()

    def _begin(self):
        """Write down that sending these begins.

        :return: those of these that nobody is changing
        """
        free = SQL(
            "SELECT id FROM %s WHERE id IN %s FOR NO KEY UPDATE SKIP LOCKED",
            SQL.identifier(self._table),
            self._ids or (0,),
        )
        mark = SQL(
            "UPDATE %s SET crm_activity_sending = now() AT TIME ZONE 'UTC' "
            "WHERE id IN (%s) RETURNING id",
            SQL.identifier(self._table),
            free,
        )
        marked = {message_id for [message_id] in self.env.execute_query(mark)}
        # Must outlive this worker, whatever happens from here on.
        self._commit()
        begun = self.filtered(lambda message: message.id in marked)
        if begun != self:
            self._have_another_turn()
        return begun

    def _get_marked(self):
        """:return: those of these whose outcome is not written. A queue may delete what it has
        sent
        """
        # Reading leaves out what is not there any more, and asks nothing that is known.
        marks = self.read(["crm_activity_sending"])
        return self.browse(mark["id"] for mark in marks if mark["crm_activity_sending"])

    def _hold(self):
        """Keep everybody off these and their activities until the outcome is written.

        Whoever edits or cancels waits. Else their write would make ours fail, after the
        server has answered.

        :return: those that nobody is busy with already, and that are not about to be taken back
        """
        held = self._lock_to_be_sent()._put_off_busy()
        activity_of = held._get_crm_activity_by_message()
        activities = self._join_crm_activities(activity_of.values())
        undone = self.env["crm.activity.distribution"]._filter_held(activities)
        if undone:
            self._have_another_turn()
        return held.filtered(lambda message: activity_of[message] not in undone)

    def _lock_to_be_sent(self):
        """:return: those of these that are still to be sent. What somebody is changing has
        another turn
        """
        locked = self.try_lock_for_update(allow_referencing=True)
        if locked != self and self.exists() - locked:
            self._have_another_turn()
        return locked.filtered(lambda message: message._is_to_be_sent())

    def _put_off_busy(self):
        """Lock the activities of these, as their status is to be written.

        :return: those of these whose activities nobody is changing; the others have another turn
        """
        activity_of = self._get_crm_activity_by_message()
        activities = self._join_crm_activities(activity_of.values())
        free = activities.try_lock_for_update(allow_referencing=True)
        if free != activities:
            self._have_another_turn()
        return self.filtered(lambda message: activity_of[message] in free)

    @api.model
    def _have_another_turn(self):
        self._trigger_crm_activity_queue([fields.Datetime.now() + PATIENCE])

    def _unmark(self):
        """Take the marks away where nothing was sent, after whoever is changing these."""
        for is_last in (False, False, True) if self else ():
            try:
                self.exists().crm_activity_sending = False
                return self._commit()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self._rollback()
                if is_last:
                    raise

    def _get_reasons_to_hold(self, activity_of):
        """Ask at once for all of these whether they may still leave.

        :param dict activity_of: see :meth:`_get_crm_activity_by_message`
        :return: ``{message: why it is not sent}`` for those that may not
        """
        activities = self._join_crm_activities(activity_of.values())
        due_dates = {
            activity_of[message]: message[self._crm_activity_date_field] or message.create_date
            for message in self
        }
        reasons = activities._get_reasons_to_hold(self._crm_activity_channel, due_dates)
        return {
            message: reasons[activity]
            for message, activity in activity_of.items()
            if activity in reasons
        }

    def _report_sent(self):
        """Let the activities of these be done: the server has taken the messages."""
        self.crm_activity_sending = False
        activities = self._join_crm_activities(self._get_crm_activity_by_message().values())
        activities._report_delivery_status("done")

    def _report_undecided(self):
        """Say that nobody knows whether the server took these, and commit."""
        activity_of = self._get_crm_activity_by_message()
        for lang, messages in self.grouped(lambda m: activity_of[m].user_id.lang).items():
            reason = self.with_context(lang=lang).env._(
                "Sending was interrupted. The server may or may not have accepted the message. "
                "Check with the recipient before you retry."
            )
            messages._report_failed(reason, may_have_left=True)

    def _report_failed(self, reason, may_have_left=False):
        """Say why these are not sent, and commit: whatever the queue does next, this is known.

        :param str reason: in words
        :param bool may_have_left: whether the server may have taken them all the same
        """
        self._set_failed(reason)
        self.crm_activity_sending = False
        activities = self._join_crm_activities(self._get_crm_activity_by_message().values())
        activities._report_delivery_status("failed", reason, may_have_left)
        self._commit()

    @api.model
    def _commit(self, is_durable=True):
        """Commit, and see from here on what others have committed meanwhile.

        :param bool is_durable: whether to wait until it is on the disk, with all before it.
            Else a power cut may still undo it; a worker that dies never does
        """
        if self._has_own_transaction():
            if not is_durable:
                self.env.cr.execute("SET LOCAL synchronous_commit TO off")
            # The queue has nothing of its own open here.
            self.env.cr.commit()  # pylint: disable=invalid-commit
        else:
            self.env.invalidate_all()
        if told_later := BellChanges.of(self.env):
            told_later.commit()

    @api.model
    def _rollback(self):
        if self._has_own_transaction():
            self.env.cr.rollback()
        if told_later := BellChanges.of(self.env):
            told_later.rollback()

    @api.model
    def _settle(self):
        """Commit what Odoo's own queue has left, which goes on after an error of the database.

        What contradicts others who were faster is rolled back: it waits for another turn.
        """
        try:
            if not is_aborted(self.env.cr):
                return self._commit()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _logger.info("Others were faster, another turn follows.", exc_info=True)
        self._rollback()
        return self._have_another_turn()

    @api.model
    def _has_own_transaction(self):
        """:return: whether it is not that of a test, which ends it itself"""
        return self.env.cr is not getattr(module.current_test, "cr", None)
