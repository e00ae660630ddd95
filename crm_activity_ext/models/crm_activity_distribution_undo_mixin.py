# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models
from odoo.exceptions import UserError


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
        """Delete what this has made, whoever is responsible for it by now.

        What was sent or done has happened, and stays.

        :return: client action, a notification that tells both numbers
        :raise UserError: while it waits or runs
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: who made them all may take them back; who may do this was asked above.
        distribution = self.sudo().try_lock_for_update(allow_referencing=True)
        if not distribution or distribution.run_state in self._get_running_states():
            raise UserError(self.env._("Stop the distribution before you undo it."))
        activities = distribution.activity_ids
        count = len(activities)
        kept = activities._take_back()
        distribution.line_ids.filtered(lambda line: not line.kind).unlink()
        # What somebody is saving, or a worker is sending: it may still go back to the outbox.
        busy = kept.filtered(lambda activity: not (activity.was_done or activity.has_left))
        done = {} if busy else {"run_state": "undone", "stop_reason": False}
        distribution.write({**done, "made_count": len(kept)})
        messages = [self.env._("Activities deleted: %(count)s.", count=count - len(kept))]
        if happened := len(kept - busy):
            messages.append(self.env._("Sent or done, and kept: %(count)s.", count=happened))
        if busy:
            messages.append(
                self.env._("In use right now: %(count)s. Undo again in a moment.", count=len(busy))
            )
        return self._notify(" ".join(messages))

    def _count_taken_back(self):
        """:return: ``(how many undoing would delete, how many it would keep)``"""
        self.check_access("read")
        # sudo: those of colleagues count too; no more than their number is told.
        activities = self.sudo().activity_ids
        happened = len(activities._get_happened())
        return len(activities) - happened, happened

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
