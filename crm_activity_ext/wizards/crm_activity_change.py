# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_activity_delivery_mixin import NAMED_COUNT


class CrmActivityChange(models.TransientModel):
    """What an action has done to a selection of activities, kept for a while to be undone.

    Written by the system alone, so that undoing gives back what there was and nothing else. An
    addon whose action does more, such as making a next activity, stores it here by fields of its
    own and takes it back in :meth:`_undo`.
    """

    _name = "crm.activity.change"
    _description = "Change of CRM Activities"
    _inherit = ["crm.activity.system.fields.mixin"]

    # {id of the activity: {field: value before}}
    former_values = fields.Json(readonly=True)
    # {id of the activity: when it was written last}: who writes later changes it.
    stamps = fields.Json(readonly=True)
    # {id of the activity: [id of the one that was planned after it, when that was written last]}
    planned = fields.Json(readonly=True)
    # {id of an activity that was logged: when it was written last}
    logged = fields.Json(readonly=True)

    @api.model
    def _get_system_fields(self):
        return {name for name, field in self._fields.items() if field.store}

    @api.model
    def _record(self, activities, former, planned=None):
        """Keep what there was before a change.

        :param activities: those that were changed
        :param dict former: ``{activity: {field: value before}}``
        :param dict planned: ``{activity: the one that was planned after it, by the change}``
        :return: the change, or none where nothing of it can be undone
        """
        undoable = activities.filtered(
            lambda activity: (
                former[activity]["state"] in {activity.state, *activity._get_possible_states()}
            )
        )
        if not undoable:
            return self.browse()
        undoable.flush_recordset()
        # sudo: what can be undone is for the system to say.
        change = self.sudo().create(
            {
                "former_values": {
                    activity.id: {
                        name: fields.Datetime.to_string(value) if hasattr(value, "year") else value
                        for name, value in former[activity].items()
                    }
                    for activity in undoable
                },
                "stamps": {activity.id: self._get_stamp(activity) for activity in undoable},
                "planned": self._prepare_planned(planned),
            }
        )
        return change.sudo(False)

    @api.model
    def _record_logged(self, activities, planned):
        """Keep what was logged just now.

        :param dict planned: see :meth:`_record`
        :return: the change
        """
        activities.flush_recordset()
        stamps = {activity.id: self._get_stamp(activity) for activity in activities}
        # sudo: what can be undone is for the system to say.
        change = self.sudo().create(
            {
                "former_values": {},
                "stamps": {},
                "logged": stamps,
                "planned": self._prepare_planned(planned),
            }
        )
        return change.sudo(False)

    @api.model
    def _prepare_planned(self, planned):
        planned = planned or {}
        self.env["crm.activity"].union(*planned.values()).flush_recordset()
        return {
            activity.id: [following.id, self._get_stamp(following)]
            for activity, following in planned.items()
        }

    @api.model
    def _get_stamp(self, activity):
        return activity.write_date.isoformat()

    def action_undo(self):
        """Give the activities back what they had before, as far as nobody has changed them since.

        :return: client action, a notification that names those that were changed since
        :raise AccessError: for the change of somebody else
        :raise UserError: where nothing can be undone any more
        """
        if not self.exists():
            raise UserError(self.env._("This can no longer be undone."))
        self.check_access("read")
        self.ensure_one()
        if self.logged:
            return self._undo_logged()
        # Those that are no longer the user's to see are not named either.
        activities = self._get_activities()._filtered_access("write")
        stamps = self.stamps  # Odoo copies the value of such a field whenever it is read
        changed_since = activities.filtered(
            lambda activity: stamps[str(activity.id)] != self._get_stamp(activity)
        )
        refused = dict.fromkeys(changed_since, self._name_changed_since(changed_since))
        kept = activities.browse()

        def undo(some):
            nonlocal kept
            self._undo(some)
            kept |= self._take_back_planned(some)

        results = activities._change(
            undo, lambda count: self._describe_undone(count, kept), refused=refused, undoable=False
        )
        # sudo: what was undone is not undone again.
        self.sudo().unlink()
        return results

    def _undo_logged(self):
        """Delete what was logged, and what was planned with it, unless somebody has changed it.

        :return: see :meth:`action_undo`
        """
        stamps = self.logged
        logged = self.env["crm.activity"].browse(int(id_) for id_ in stamps).exists()
        logged = logged._filtered_access("write")
        unchanged = logged.filtered(lambda one: self._get_stamp(one) == stamps[str(one.id)])
        changed = logged - unchanged
        reasons = dict.fromkeys(changed, self._name_changed_since(changed))
        if not unchanged:
            raise UserError(
                logged._join_reasons(reasons) or self.env._("This can no longer be undone.")
            )
        message = self._describe_undone(1, self._take_back_planned(unchanged))
        # sudo: nobody deletes what was done, but who logged it a moment ago takes it back.
        unchanged.sudo().unlink()
        self.sudo().unlink()  # what was undone is not undone again
        return logged._notify_changed(message, reasons)

    def _get_activities(self):
        ids = [int(id_) for id_ in self.former_values]
        return self.env["crm.activity"].browse(ids).exists()

    def _name_changed_since(self, activities):
        return self.env._(
            "Changed meanwhile: %(subjects)s",
            subjects=", ".join(activities[:NAMED_COUNT].mapped("name")),
        )

    def _describe_undone(self, count, kept):
        message = self.env._("Undone.")
        if count != 1:
            message = self.env._("Undone: %(count)s activities are as they were.", count=count)
        if not kept:
            return message
        stays = self.env._(
            "Next activities that were changed meanwhile stay: %(count)s.", count=len(kept)
        )
        return f"{message} {stays}"

    def _take_back_planned(self, activities):
        """Delete what was planned after these, unless it has moved on.

        :return: what has, and stays
        """
        # Odoo copies the value of such a field whenever it is read.
        planned = self.planned or {}
        stamps = dict(planned[str(id_)] for id_ in activities.ids if str(id_) in planned)
        # sudo: nobody deletes what is pending, but who planned it a moment ago takes it back.
        following = self.env["crm.activity"].sudo().browse(stamps).exists()
        unchanged = following.filtered(lambda one: self._get_stamp(one) == stamps[one.id])
        return (following - unchanged) | unchanged._take_back()

    def _undo(self, activities):
        """:raise UserError: for what cannot be as it was any more"""
        system_fields = activities._get_system_fields()
        former = self.former_values
        by_values = activities.grouped(
            lambda activity: self._get_changes(activity, former[str(activity.id)])
        )
        for values, alike in by_values.items():
            values = dict(values)
            alike.write({name: values[name] for name in values.keys() - system_fields})
            # sudo: what the system had written before.
            alike.sudo().write({name: values[name] for name in values.keys() & system_fields})

    @api.model
    def _get_changes(self, activity, former):
        """:return: tuple of the ``(field, value)`` that differ from what there is now"""
        return tuple(
            (name, value)
            for name, value in sorted(former.items())
            if activity._would_change(activity._fields[name], value)
        )
