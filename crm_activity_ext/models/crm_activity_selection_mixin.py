# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import UserError

# Reasons listed for skipped activities.
GIVEN_REASONS = 3


class CrmActivitySelectionMixin(models.AbstractModel):
    """Actions on a selection apply to all activities that allow them, and list the others.

    What they did is said, and can be undone: see ``crm.activity.change``.
    """

    _name = "crm.activity.selection.mixin"
    _description = "CRM Activity Batch Actions"

    @api.model
    def _get_undone_fields(self):
        """To be extended by what an action on a selection changes beside these.

        :return: set of the names of the fields that undoing gives back their former values
        """
        return {
            "date",
            "date_done",
            "failure_detail",
            "failure_reason",
            "state",
            "user_id",
            "was_done",
        }

    def _change(self, change, describe, refused=None, undoable=True, also=(), planned=None):
        """Do something to these, as far as each allows it, say so, and offer to undo it.

        :param change: function of activities that raises ``UserError`` for what it refuses
        :param describe: function of a number that says that it was done to so many
        :param dict refused: ``{activity: why}`` of those that are known to refuse it
        :param bool undoable: whether to offer to undo it
        :param also: names of fields that this change, and not every one, gives another value
        :param dict planned: ``{activity: the next one}`` that ``change`` has planned
        :return: client action, a notification: what was done, who was left out and why
        :raise UserError: where that is all of them
        """
        reasons = dict(refused or {})
        possible = self - self.browse().union(*reasons)
        if reasons and not possible:
            raise UserError(self._join_reasons(reasons))
        names = possible._get_undone_fields().union(also)
        former = possible._get_undone_values(names)
        _results, more_reasons = possible._do_where_possible(change)
        current = possible._get_undone_values(names)
        changed = possible.filtered(lambda activity: current[activity] != former[activity])
        message = describe(len(changed)) if changed else self.env._("There was nothing to change.")
        return self._notify_changed(
            message,
            reasons | more_reasons,
            change=undoable and self.env["crm.activity.change"]._record(changed, former, planned),
            planned_from=not planned and changed._get_plan_next_origin(),
        )

    def _notify_skipped(self, reasons, next_action):
        """:param dict reasons: ``{activity: why nothing was done to it}``
        :param dict next_action: what to open
        :return: client action, a notification
        """
        message = self.env._(
            "%(done)s of %(total)s activities processed.",
            done=len(self) - len(reasons),
            total=len(self),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": f"{message} {self._join_reasons(reasons, ' ')}",
                "next": next_action,
            },
        }

    def _get_undone_values(self, names):
        """:return: ``{activity: {field: value as it is written}}``"""
        names = sorted(names)
        return {
            activity: activity._convert_to_write({name: activity[name] for name in names})
            for activity in self
        }

    def _change_status(self, state, describe):
        """Give these a status, as far as each can have it: see :meth:`_change`."""
        return self._change(lambda activities: activities.write({"state": state}), describe)

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
            raise UserError(self._join_reasons(reasons))
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

    @api.model
    def _join_reasons(self, reasons, separator="\n"):
        """:return: each of the reasons once, the first few of them"""
        messages = list(dict.fromkeys(reasons.values()))
        if len(messages) > GIVEN_REASONS:
            messages = [*messages[:GIVEN_REASONS], "…"]
        return separator.join(messages)

    def _notify_changed(self, message, reasons, change=None, planned_from=None):
        """:param str message: what was done
        :param dict reasons: ``{activity: why nothing was done to it}``
        :param change: ``crm.activity.change`` that undoes it, if that is possible
        :param planned_from: activity that a next one can be planned from
        :return: client action, a notification after which the view is read again
        """
        if reasons:
            skipped = self.env._(
                "Skipped: %(count)s of %(total)s.", count=len(reasons), total=len(self)
            )
            message = f"{message} {skipped} {self._join_reasons(reasons, ' ')}"
        return {
            "type": "ir.actions.client",
            "tag": "crm_activity_changed",
            "params": {
                "type": "warning" if reasons else "success",
                "sticky": bool(reasons),
                "message": message,
                "change_id": change.id if change else False,
                "plan_next_id": planned_from.id if planned_from else False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
