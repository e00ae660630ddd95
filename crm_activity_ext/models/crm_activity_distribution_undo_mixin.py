# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

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

        What was sent or done has happened, and stays. Nothing else leaves from now on.

        :return: client action, a notification that tells how many were deleted, stay, and are left
        :raise UserError: while it waits or runs
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: who made them all may take them back; who may do this was asked above.
        distribution = self.sudo().try_lock_for_update(allow_referencing=True)
        if not distribution or distribution.run_state in self._get_running_states():
            raise UserError(self.env._("Stop the distribution before you undo it."))
        if distribution.run_state != "undoing":
            distribution._drop_waiting()
            distribution.write({"run_state": "undoing", "stop_reason": False})
        activities = distribution._search_to_take_back(CHUNK_SIZE)
        # Who waits is told what holds one.
        distribution._take_back(activities)
        count = distribution._follow_taken_back(activities)
        return self._notify(distribution._describe_undone(count))

    def _describe_undone(self, count):
        """:param int count: how many were deleted just now
        :return: str, that, and what becomes of the others
        """
        left, happened = self._count_taken_back()
        messages = [self.env._("Activities deleted: %(count)s.", count=count)]
        if happened:
            messages.append(self.env._("Sent or done, and kept: %(count)s.", count=happened))
        if left:
            messages.append(self.env._("To be deleted in the background: %(count)s.", count=left))
        return " ".join(messages)

    def _drop_waiting(self):
        """Forget what is still to be made."""
        lines = self.env["crm.activity.distribution.line"]
        lines.search([("distribution_id", "in", self.ids), ("kind", "=", False)]).unlink()

    def _get_to_take_back_domain(self):
        """:return: Domain of what these have made and has not happened; it may be about to"""
        never = Domain("was_done", "=", False) & Domain("has_left", "=", False)
        return Domain("distribution_id", "in", self.ids) & never

    def _count_to_take_back(self):
        return self.env["crm.activity"].search_count(self._get_to_take_back_domain())

    def _search_to_take_back(self, size):
        """:return: the next so many activities to take back"""
        domain = self._get_to_take_back_domain()
        return self.env["crm.activity"].search(domain, order="id", limit=size)

    def _take_back(self, activities):
        """Delete what never happened; to be extended by what was made beside activities."""
        activities._take_back()

    def _undo_chunk(self, size=None):
        """Take back the next activities: all together, or one by one where that fails, as none
        keeps the others from it.

        :param int size: number of activities
        :return: how many are gone; none where somebody is at all that is left, or it is over
        """
        activities = self._search_to_take_back(size or CHUNK_SIZE)
        held = activities.browse()
        if not self._try_to_take_back(activities):
            held = activities.filtered(lambda activity: not self._try_to_take_back(activity))
        return self._follow_taken_back(activities, held)

    def _try_to_take_back(self, activities):
        try:
            with self.env.cr.savepoint():
                self._take_back(activities)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.info("%r: %r cannot be taken back.", self, activities, exc_info=True)
            return False
        return True

    def _follow_taken_back(self, activities, held=None):
        """Write down what is left after some were taken back; what is in use has another turn.

        :param held: those of the activities that cannot be deleted, and stay
        :return: how many of the activities are gone
        """
        left = activities.exists()
        taken_count = len(activities) - len(left)
        is_held = not taken_count and left == (held or left.browse())
        if is_held or not self._count_to_take_back():
            self._finish_undo()
        else:
            self._trigger_cron(None if taken_count else fields.Datetime.now() + PATIENCE)
        self.made_count = self._count_made()
        return taken_count

    def _finish_undo(self):
        """To be extended by what was made beside activities."""
        self.run_state = "undone"

    def _count_made(self):
        """:return: how many of what this has made there still are"""
        return self.env["crm.activity"].search_count([("distribution_id", "=", self.id)])

    @api.model
    def _search_being_undone(self, activities):
        """:return: those of the activities that are about to be taken back: none of them leaves"""
        # sudo: the queue asks, for all.
        undoing = self.sudo().search(
            [("id", "in", activities.distribution_id.ids), ("run_state", "=", "undoing")]
        )
        return activities.filtered(lambda activity: activity.distribution_id in undoing)

    def _count_taken_back(self):
        """:return: ``(how many undoing would delete, how many it would keep)``"""
        self.check_access("read")
        # sudo: those of colleagues count too; no more than their number is told.
        Activity = self.sudo().env["crm.activity"]
        left = Activity.search(self._get_to_take_back_domain())
        count = len(left - left._get_being_sent())
        return count, Activity.search_count([("distribution_id", "in", self.ids)]) - count

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
