# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .crm_activity_queue_mixin import PATIENCE

# Activities that are taken back in one transaction, the first of them while the user waits.
CHUNK_SIZE = 500
# What these have made and has not left is on hold: it is about to be taken back, or cannot be.
HELD = ("undoing", "stuck")
# Nobody is at these for more than a moment.
OVER = ("done", "undone", "stuck")

_logger = logging.getLogger(__name__)


class CrmActivityDistributionUndoMixin(models.AbstractModel):
    """How a distribution is stopped, continued and undone, by whoever sees it.

    That is who started it, and the sales administrators of its company.
    """

    _name = "crm.activity.distribution.undo.mixin"
    _description = "Stopping and Undoing of CRM Activity Distributions"

    stop_ids = fields.One2many(
        "crm.activity.distribution.stop", "distribution_id", readonly=True, groups=fields.NO_ACCESS
    )
    # How far the pass through what is to be taken back is: {last_id, busy, stuck: how many}.
    undo_pass = fields.Json(readonly=True)

    def action_stop(self):
        """Create no more activities: at once, or after the batch that a worker is at.

        :return: client action, a notification that says which of the two
        :raise UserError: for what is not waiting or running
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: nobody writes a distribution by hand; who may do this was asked above.
        distribution = self.sudo()
        if distribution.run_state not in self._get_running_states():
            raise UserError(self.env._("This distribution is not running."))
        if distribution.try_lock_for_update(allow_referencing=True):
            distribution._stop("user")
            message = self.env._("The distribution has been stopped.")
        else:
            distribution.env["crm.activity.distribution.stop"].create(
                {"distribution_id": distribution.id}
            )
            message = self.env._("The distribution stops after the current batch.")
        return self._notify(message)

    def action_continue(self):
        """Go on with what its owner or a sales administrator has stopped.

        :return: True
        :raise UserError: for what was not
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: nobody writes a distribution by hand; who may do this was asked above.
        distribution = self.sudo().try_lock_for_update(allow_referencing=True)
        if not distribution or distribution.stop_reason != "user":
            raise UserError(self.env._("This distribution was not stopped by a user."))
        distribution.write({"run_state": "pending", "stop_reason": False})
        distribution._trigger_cron()
        return True

    def action_ask_undo(self):
        """Tell what undoing would delete, and ask.

        :return: window action of a dialog
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Undo Distribution"),
            "res_model": "crm.activity.distribution.undo",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_distribution_id": self.id, "dialog_size": "medium"},
        }

    def action_undo(self):
        """Delete what this has made, whoever is responsible for it by now: the first chunk at once,
        the rest in the background.

        What was sent or done has happened, and stays. Nothing else leaves from now on. Where
        somebody is at it already, nothing is done but to tell how far it is. What could not be
        deleted is tried once more.

        :return: client action, a notification that tells how many were deleted, stay, and are left
        :raise UserError: while it waits or runs
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: who made them all may take them back; who may do this was asked above.
        distribution = self.sudo()
        is_free = bool(distribution.try_lock_for_update(allow_referencing=True))
        if not is_free and distribution.run_state in OVER:
            is_free = distribution._wait_for_lock()
        running = self._get_running_states()
        # What was stopped and is in use is being continued.
        if distribution.run_state in (running if is_free else (*running, "stopped")):
            raise UserError(self.env._("Stop the distribution before you undo it."))
        before = distribution._count_to_take_back()
        if is_free:
            if distribution.run_state != "undoing":
                distribution._drop_waiting()
                distribution.write(
                    {"run_state": "undoing", "stop_reason": False, "undo_pass": False}
                )
            distribution._undo_chunk()
        count = before - distribution._count_to_take_back()
        is_stuck = distribution.run_state == "stuck"
        return self._notify(distribution._describe_undone(count), is_warning=is_stuck)

    def _wait_for_lock(self):
        """Wait for who is at what is over: it is a moment. What they change is a conflict, after
        which the request is repeated.

        :return: True
        """
        self.env.execute_query(
            SQL(
                "SELECT FROM crm_activity_distribution WHERE id = ANY(%s) FOR NO KEY UPDATE",
                self.ids,
            )
        )
        return True

    def _describe_undone(self, count):
        """:param int count: how many were deleted just now
        :return: str, that, and what becomes of the others
        """
        left = self._count_to_take_back()
        happened = self._count_activities() - left
        messages = [self.env._("Activities deleted: %(count)s.", count=count)]
        if happened:
            messages.append(self.env._("Sent or done, and kept: %(count)s.", count=happened))
        if left and self.run_state == "undoing":
            messages.append(self.env._("To be deleted in the background: %(count)s.", count=left))
        elif left:
            messages.append(self.env._("Could not be deleted: %(count)s.", count=left))
        if self.run_state == "stuck":
            messages.append(self._describe_stuck())
        return " ".join(messages)

    def _describe_stuck(self):
        """:return: str, what somebody has to know of what could leave, and does not"""
        return self.env._(
            "Some activities can be neither deleted nor cancelled. They are on hold and are not "
            "sent. Once they can be cancelled, choose Undo again."
        )

    def _drop_waiting(self):
        """Forget what is still to be made: by one statement, however many."""
        lines = self.env["crm.activity.distribution.line"]
        lines.flush_model(["distribution_id", "kind"])
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_activity_distribution_line"
                " WHERE distribution_id = ANY(%s) AND kind IS NULL",
                self.ids,
            )
        )
        lines.invalidate_model()
        self.invalidate_recordset(["line_ids"])

    def _get_to_take_back_domain(self):
        """:return: Domain of what these have made and has not happened; it may be about to"""
        never = Domain("was_done", "=", False) & Domain("has_left", "=", False)
        return Domain("distribution_id", "in", self.ids) & never

    def _count_to_take_back(self):
        return self.env["crm.activity"].search_count(self._get_to_take_back_domain())

    def _undo_chunk(self, size=None):
        """Take back the next activities, and go on from these with the next chunk.

        What cannot be deleted keeps no other from it. Where somebody was at some of them, another
        pass follows in a minute.

        :param int size: number of activities
        :return: how many were looked at, at least one as long as there is anything to go on with at
            once; none where it is over, or all that is left is in use
        """
        size = size or CHUNK_SIZE
        undo_pass = {"last_id": 0, "busy": 0, "stuck": 0, **(self.undo_pass or {})}
        is_next = Domain("id", ">", undo_pass["last_id"])
        domain = self._get_to_take_back_domain() & is_next
        activities = self.env["crm.activity"].search(domain, order="id", limit=size)
        undo_pass["last_id"] = max(activities.ids, default=undo_pass["last_id"])
        for key, count in self._take_back(activities).items():
            undo_pass[key] += count
        goes_on = len(activities) == size or self._take_back_rest(size)
        self.undo_pass = goes_on and undo_pass
        if goes_on:
            self._trigger_cron()
        elif undo_pass["busy"]:
            self._trigger_cron(fields.Datetime.now() + PATIENCE)
        else:
            self._end_undo(is_stuck=undo_pass["stuck"])
        self.made_count = self._count_made()
        return max(len(activities), 1) if goes_on else 0

    def _end_undo(self, is_stuck):
        """What cannot be cancelled stays on hold, and somebody is told: what has failed would most
        often fail again, however often it is tried.
        """
        self.run_state = "stuck" if is_stuck else "undone"
        if is_stuck:
            self._notify_stuck()

    def _notify_stuck(self):
        """Tell its owner, or the sales managers where that one has left."""
        users = self.owner_id if self.owner_id.active else self._search_managers()
        for lang, colleagues in users.grouped("lang").items():
            told = self.with_context(lang=lang)
            subject = told.env._("Undo not finished: %(name)s", name=told.display_name)
            told._notify_users(colleagues, subject, told._describe_stuck())

    def _take_back(self, activities):
        """Delete what never happened. First nothing of it can leave any more, whatever keeps it
        from being deleted. What is kept from it is cancelled: nobody calls, or sends a draft.

        :return: ``{busy, stuck: how many}``: that somebody is at; and that can be neither deleted
            nor cancelled
        """
        free = self._do_where_possible(self._withdraw, activities)
        stuck = (activities - free)._lock_never_happened()
        busy = activities - free - stuck
        kept = free - self._do_where_possible(self._delete, free)
        stuck |= kept - self._do_where_possible(self._cancel, kept)
        return {"busy": len(busy), "stuck": len(stuck)}

    def _withdraw(self, activities):
        """Let none of these leave; to be extended by what else would bring them back.

        :return: those that nobody is at
        """
        return activities._withdraw()

    def _take_back_rest(self, size):
        """Delete what was made beside activities, once these are gone; to be extended by it.

        :param int size: number of records at most
        :return: whether there may be more
        """
        return False

    @api.model
    def _delete(self, records):
        records.unlink()
        return records

    @api.model
    def _cancel(self, activities):
        held = activities.filtered(lambda activity: activity.state != "cancelled")
        held.with_context(tracking_disable=True).write({"state": "cancelled"})
        return activities

    @api.model
    def _do_where_possible(self, method, records):
        """All together, or one by one where that fails: none keeps the others from it.

        :param method: function of records that returns those of them that it has done it with
        :return: these
        """
        done = self._try_to_do(method, records)
        if done is None:
            each = [self._try_to_do(method, record) for record in records]
            done = records.browse().union(*filter(None, each))
        return done

    @api.model
    def _try_to_do(self, method, records):
        """:return: what the method does, or None where it fails"""
        try:
            with self.env.cr.savepoint():
                return method(records)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.info("%r cannot be taken back.", records, exc_info=True)
        return None

    def _count_made(self):
        """:return: how many of what this has made there still are"""
        return self._count_activities()

    @api.model
    def _search_held(self):
        """:return: those of which nothing leaves any more"""
        # sudo: the queue asks, for all, and whoever plans for the same targets again.
        return self.sudo().search([("run_state", "in", HELD)])

    @api.model
    def _get_being_undone_domain(self):
        """:return: Domain of activities that are to be deleted, or on hold as they cannot be. What
        happened stays, and so does what a worker has begun to send
        """
        held = self._search_held()
        if not held:
            return Domain.FALSE
        being_sent = held._search_being_sent()
        return held._get_to_take_back_domain() & Domain("id", "not in", being_sent.ids)

    @api.model
    def _filter_held(self, activities):
        """:return: those of the activities that are to be taken back: none of them leaves"""
        # sudo: the queue asks, for all, and whoever sends one.
        return activities.filtered(
            lambda activity: (
                not (activity.was_done or activity.has_left)
                and activity.sudo().distribution_id.run_state in HELD
            )
        )

    @api.model
    def _search_held_messages(self):
        """:return: Query of activities with messages that are to be taken back; None where there
        are none
        """
        held = self._search_held()
        domain = held._get_to_take_back_domain() & Domain("mail_message_id", "!=", False)
        # sudo: the queue asks, for all.
        return self.env["crm.activity"].sudo()._search(domain) if held else None

    @api.ondelete(at_uninstall=False)
    def _unlink_except_held(self):
        """Nobody could tell any more what is left of it, and it would leave."""
        # sudo: those of colleagues count too.
        held = self.sudo().filtered(lambda distribution: distribution.run_state in HELD)
        if held and held._count_to_take_back():
            raise UserError(
                self.env._("You cannot delete a distribution before it is completely undone.")
            )

    def _count_taken_back(self):
        """:return: ``(how many undoing would delete, how many it would keep)``"""
        self.check_access("read")
        # sudo: those of colleagues count too; no more than their number is told.
        distributions = self.sudo()
        being_sent = distributions._search_being_sent()
        count = distributions._count_to_take_back() - len(being_sent)
        return count, distributions._count_activities() - count

    def _search_being_sent(self):
        """:return: those that undoing would delete, had no worker begun to send them"""
        activities = self.env["crm.activity"]
        for name in self.env.registry.descendants(["crm.activity.queue.mixin"], "_inherit"):
            if self.env[name]._crm_activity_cron:
                begun = self.env[name].search([("crm_activity_sending", "!=", False)])
                activities = activities.union(*begun._get_crm_activity_by_message().values())
        own = self._get_to_take_back_domain() & Domain("id", "in", activities.ids)
        return activities.search(own)._get_being_sent()

    def _count_activities(self):
        return self.env["crm.activity"].search_count([("distribution_id", "in", self.ids)])

    def _notify(self, message, is_warning=False):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if is_warning else "success",
                "sticky": is_warning,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
