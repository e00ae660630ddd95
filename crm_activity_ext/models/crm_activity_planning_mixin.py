# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, timedelta

from pytz import utc

from odoo import fields, models
from odoo.tools import format_date

from .crm_activity_responsible_mixin import OPEN_STATES

SATURDAY = 5


class CrmActivityPlanningMixin(models.AbstractModel):
    """When an activity is done, by whom, and what comes next."""

    _name = "crm.activity.planning.mixin"
    _description = "CRM Activity Planning"

    def action_reschedule_tomorrow(self):
        """Move open activities to the next working day, at their hour.

        :return: notification, see :meth:`_change`
        :raise UserError: where none of them can be moved
        """
        return self._reschedule_to(self._get_next_working_day())

    def action_reschedule_next_week(self):
        """Move open activities to the Monday of next week, at their hour.

        :return: notification, see :meth:`_change`
        :raise UserError: where none of them can be moved
        """
        today = fields.Date.context_today(self)
        return self._reschedule_to(today + timedelta(days=7 - today.weekday()))

    def action_reschedule(self):
        """Ask for the day to move open activities to.

        :return: window action of a dialog
        """
        return self._ask_for("crm.activity.reschedule", self.env._("Reschedule"))

    def action_reassign(self):
        """Ask who is responsible from now on.

        :return: window action of a dialog
        """
        return self._ask_for("crm.activity.reassign", self.env._("Reassign"))

    def action_plan_next(self):
        """Ask for the next activity: one like this, at the same hour of the next working day.

        :return: window action of a dialog
        :raise UserError: where CRM is not installed
        :raise AccessError: for users who may not create activities
        """
        self.ensure_one()
        self._check_crm_installed()
        self.check_access("create")
        values = self._prepare_next().items()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan Next"),
            "res_model": self._name,
            "views": [(self.env.ref("crm_activity_ext.crm_activity_view_form_dialog").id, "form")],
            "target": "new",
            "context": {f"default_{name}": value for name, value in values},
        }

    def _prepare_next(self):
        """:return: values of the next activity: what a replica would take along of them"""
        names = {
            "activity_type_id",
            "campaign_id",
            "name",
            "user_id",
            *self._get_recipient_fields(),
        }
        values = self._convert_to_write({name: self[name] for name in names})
        changes = self._get_replica_changes({})
        values |= {name: changes[name][0] for name in changes.keys() & names}
        if not self.activity_type_id.filtered_domain(self._fields["activity_type_id"].domain):
            del values["activity_type_id"]  # no longer offered
        values["date"] = fields.Datetime.to_string(self._get_date_on(self._get_next_working_day()))
        return values

    def _get_plan_next_origin(self):
        """:return: this, where it is one that was done and the user may plan another one"""
        is_origin = len(self) == 1 and self.state == "done"
        is_open = is_origin and self._is_crm_installed() and self.has_access("create")
        return self if is_open else self.browse()

    def _ask_for(self, model_name, title):
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model_name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_activity_ids": self.ids, "dialog_size": "medium"},
        }

    def _reschedule_to(self, day):
        """Move open activities to a day of the current user, each at its hour.

        :param date day: the day
        :return: notification, see :meth:`_change`
        :raise UserError: where none of them can be moved
        """

        date = format_date(self.env, day)

        def describe(count):
            if count == 1:
                return self.env._("Activity rescheduled to %(date)s.", date=date)
            return self.env._(
                "%(count)s activities rescheduled to %(date)s.", count=count, date=date
            )

        closed = self.filtered(lambda activity: activity.state not in OPEN_STATES)
        reason = self.env._("Only draft and pending activities can be rescheduled.")
        return self._change(
            lambda activities: activities._move_to(day), describe, dict.fromkeys(closed, reason)
        )

    def _move_to(self, day):
        for date, activities in self.grouped(lambda one: one._get_date_on(day)).items():
            activities.write({"date": date})

    def _reassign_to(self, user):
        """Make a user responsible.

        :param user: ``res.users``
        :return: notification, see :meth:`_change`
        :raise UserError: where none of them can be given to the user
        """

        def describe(count):
            if count == 1:
                return self.env._("Activity assigned to %(user)s.", user=user.name)
            return self.env._(
                "%(count)s activities assigned to %(user)s.", count=count, user=user.name
            )

        return self._change(lambda activities: activities.write({"user_id": user.id}), describe)

    def _describe_without_next(self):
        """:return: in words, for whom of these nothing more is planned; nothing to say is an empty
        text
        """
        # Where nothing can be planned, nobody is missing it.
        targets = self._get_targets_without_next() if self._is_crm_installed() else []
        if not targets:
            return ""
        if len(targets) == 1:
            return self.env._("No next step for %(name)s.", name=targets[0].display_name)
        return self.env._("No next step for %(count)s customers or leads.", count=len(targets))

    def _get_targets_without_next(self):
        """:return: list of the customers of these, and leads without one, for whom the user sees
        nothing that is to be done
        """
        targets, rest = [], self
        for name in self._get_target_ref_fields():
            some = rest.filtered(name)
            rest -= some
            groups = some and self._read_group(
                [(name, "in", some[name].ids), ("state", "in", OPEN_STATES)], [name]
            )
            planned = {target.id for [target] in groups}
            # sudo: who may read an activity is told whom it is for.
            targets += [target for target in some[name].sudo() if target.id not in planned]
        return targets

    def _get_next_working_day(self):
        """:return: date, tomorrow or the Monday after, on the current user's clock"""
        day = fields.Date.context_today(self) + timedelta(days=1)
        return day + timedelta(days=7 - day.weekday()) if day.weekday() >= SATURDAY else day

    def _get_date_on(self, day):
        """:return: datetime in UTC: the hour of this activity on another day of the user's"""
        self.ensure_one()
        local = fields.Datetime.context_timestamp(self, self.date)
        moved = self.env.tz.localize(datetime.combine(day, local.time()))
        return moved.astimezone(utc).replace(tzinfo=None)
