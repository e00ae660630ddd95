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
    # How far the pass through what is to be taken back is: {last_id, taken, busy, stuck: how many}.
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
        somebody is at it already, nothing is done but to tell how far it is.

        :return: client action, a notification that tells how many were deleted, stay, and are left
        :raise UserError: while it waits or runs
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: who made them all may take them back; who may do this was asked above.
        distribution = self.sudo()
        is_free = bool(distribution.try_lock_for_update(allow_referencing=True))
        if not is_free and distribution.run_state in ("done", "undone"):
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
        return self._notify(distribution._describe_undone(count))

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
        if left and self.run_state == "undone":
            messages.append(self.env._("Could not be deleted: %(count)s.", count=left))
        elif left:
            messages.append(self.env._("To be deleted in the background: %(count)s.", count=left))
        return " ".join(messages)

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

        What somebody is at, or cannot be deleted, keeps no other from it: it has its turn in
        another pass. The first pass in which nothing is taken back, and nothing could still leave,
        is the last.

        :param int size: number of activities
        :return: how many were looked at, at least one as long as there is anything to go on with at
            once; none where it is over, or all that is left is in use
        """
        size = size or CHUNK_SIZE
        undo_pass = {"last_id": 0, "taken": 0, "busy": 0, "stuck": 0, **(self.undo_pass or {})}
        is_next = Domain("id", ">", undo_pass["last_id"])
        domain = self._get_to_take_back_domain() & is_next
        activities = self.env["crm.activity"].search(domain, order="id", limit=size)
        for key, count in self._take_back(activities).items():
            undo_pass[key] += count
        goes_on = len(activities) == size
        if goes_on:
            self.undo_pass = {**undo_pass, "last_id": activities[-1].id}
            self._trigger_cron()
        else:
            goes_on = self._end_undo_pass(undo_pass, size)
        self.made_count = self._count_made()
        return max(len(activities), 1) if goes_on else 0

    def _end_undo_pass(self, undo_pass, size):
        """:return: whether there is anything to go on with at once"""
        self.undo_pass = False
        is_any_left = bool(self._count_to_take_back())
        if is_any_left and not undo_pass["taken"] and (undo_pass["busy"] or undo_pass["stuck"]):
            # What fails would leave if this ended; a minute later it would fail again.
            if undo_pass["busy"]:
                self._trigger_cron(fields.Datetime.now() + PATIENCE)
            return False
        if (is_any_left and undo_pass["taken"]) or self._take_back_rest(size):
            self._trigger_cron()
            return True
        self.run_state = "undone"
        return False

    def _take_back(self, activities):
        """Delete what never happened. First nothing of it can leave any more, whatever keeps it
        from being deleted. What is kept from it is cancelled: nobody calls, or sends a draft.

        :return: ``{taken, busy, stuck: how many}``: that are gone; that somebody is at; and that
            could still leave, as something fails
        """
        free = self._do_where_possible(self._withdraw, activities)
        stuck = (activities - free)._lock_never_happened()
        gone = self._do_where_possible(self._delete, free)
        self._do_where_possible(self._cancel, free - gone)
        busy = activities - free - stuck
        return {"taken": len(gone), "busy": len(busy), "stuck": len(stuck)}

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
    def _search_undoing(self):
        """:return: those of which all that is left is about to be taken back"""
        # sudo: the queue asks, for all, and whoever plans for the same targets again.
        return self.sudo().search([("run_state", "=", "undoing")])

    @api.model
    def _get_being_undone_domain(self):
        """:return: Domain of activities that are about to be deleted. What happened stays, and so
        does what a worker has begun to send
        """
        undoing = self._search_undoing()
        if not undoing:
            return Domain.FALSE
        being_sent = undoing._search_being_sent()
        return undoing._get_to_take_back_domain() & Domain("id", "not in", being_sent.ids)

    @api.model
    def _search_being_undone(self, activities):
        """:return: those of the activities that are about to be taken back: none of them leaves"""
        undoing = self._search_undoing()
        return activities.filtered(lambda activity: activity.distribution_id in undoing)

    @api.model
    def _search_messages_being_undone(self):
        """:return: Query of activities with messages that wait to be taken back; None where there
        are none
        """
        undoing = self._search_undoing()
        domain = [("distribution_id", "in", undoing.ids), ("mail_message_id", "!=", False)]
        # sudo: the queue asks, for all.
        return self.env["crm.activity"].sudo()._search(domain) if undoing else None

    @api.ondelete(at_uninstall=False)
    def _unlink_except_undoing(self):
        """Nobody could tell any more what is left of it, and it would leave."""
        if "undoing" in self.mapped("run_state"):
            raise UserError(
                self.env._("You cannot delete a distribution while it is being undone.")
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

    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
