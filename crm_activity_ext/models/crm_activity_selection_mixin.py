# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models
from odoo.exceptions import UserError

# Reasons listed for skipped activities.
GIVEN_REASONS = 3


class CrmActivitySelectionMixin(models.AbstractModel):
    """Actions on a selection apply to all activities that allow them, and list the others."""

    _name = "crm.activity.selection.mixin"
    _description = "CRM Activity Batch Actions"

    def _change_status(self, state):
        """Give these a status, as far as each can have it.

        :param str state: the new status
        :return: True, or a notification that names those that stay as they are
        :raise UserError: where that is all of them
        """
        _results, reasons = self._do_where_possible(
            lambda activities: activities.write({"state": state})
        )
        return self._notify_skipped(reasons) if reasons else True

    def _do_where_possible(self, change):
        """Do something to all of these at once; where that is refused, to each half of them.

        :param change: function of activities that raises ``UserError`` for what it refuses
        :return: ``([what it returned, …], {activity: why it was refused})``
        :raise UserError: where every one is refused
        """
        if len(self) <= 1:
            return [change(self)], {}
        results, reasons = self._do_or_halve(change)
        if len(reasons) == len(self):
            raise UserError("\n".join(dict.fromkeys(reasons.values())))
        return results, reasons

    def _do_or_halve(self, change):
        try:
            with self.env.cr.savepoint():
                return [change(self)], {}
        except UserError as refusal:
            if len(self) == 1:
                return [], {self: refusal.args[0]}
        results, reasons = [], {}
        middle = len(self) // 2
        for half in (self[:middle], self[middle:]):
            some_results, some_reasons = half._do_or_halve(change)
            results += some_results
            reasons |= some_reasons
        return results, reasons

    def _notify_skipped(self, reasons, next_action=None):
        """:param dict reasons: ``{activity: why nothing was done to it}``
        :param dict next_action: what to open; by default the view is read again
        :return: client action, a notification
        """
        messages = list(dict.fromkeys(reasons.values()))
        if len(messages) > GIVEN_REASONS:
            messages = [*messages[:GIVEN_REASONS], "…"]
        message = self.env._(
            "%(done)s of %(total)s activities processed. Skipped: %(reasons)s",
            done=len(self) - len(reasons),
            total=len(self),
            reasons=" ".join(messages),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": message,
                "next": next_action or {"type": "ir.actions.act_window_close"},
            },
        }
