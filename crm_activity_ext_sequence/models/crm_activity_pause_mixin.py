# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict
from functools import cache

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES


class CrmActivitySequencePauseMixin(models.AbstractModel):
    """How an enrollment is paused: its activities are cancelled meanwhile.

    So nothing leaves and nobody is reminded of anything, whatever queue or list asks.
    """

    _name = "crm.activity.sequence.pause.mixin"
    _description = "Pausing of CRM Activity Sequences"

    pause_date = fields.Date(string="Paused on")
    # How much later than at the start all that is left was planned; no pause is forgotten.
    paused_days = fields.Integer(string="Days")
    # {id of an activity: its status before}; what somebody cancels meanwhile stays cancelled.
    paused_states = fields.Json()

    def action_pause(self):
        """Take what is left of these out of the outbox and out of everybody's day.

        Waits for a worker that is sending something of it.

        :return: client action, a notification that says so; for many a window action on the
            distribution that works through them in the background
        :raise UserError: where none of these runs
        """
        running = self._check_open()._filter_for_action("pause")
        if not running:
            raise UserError(self.env._("These are not running."))
        if running._are_many():
            return running._do_in_background("pause")
        running._do_action("pause")
        return self._notify(self.env._("Paused: %(count)s.", count=len(running)))

    def _pause(self):
        left = self.activity_ids.filtered(lambda activity: activity.state in OPEN_STATES)
        states = defaultdict(dict)
        for activity in left:
            states[activity.enrollment_id][str(activity.id)] = activity.state
        # Before they are cancelled: nothing of it is over.
        self.write({"state": "paused", "pause_date": fields.Date.context_today(self)})
        for enrollment in self:
            enrollment.paused_states = states[enrollment]
        left.write({"state": "cancelled"})

    def action_resume(self):
        """Go on with these: each of their activities as many days later as they were paused.

        Who has opted out meanwhile is stopped instead.

        :return: as :meth:`action_pause`
        :raise UserError: where none of these is paused
        """
        paused = self._check_open()._filter_for_action("resume")
        if not paused:
            raise UserError(self.env._("These are not paused."))
        if paused._are_many():
            return paused._do_in_background("resume")
        refusing = paused._do_action("resume")
        message = self.env._("Resumed: %(count)s.", count=len(paused - refusing))
        if refusing:
            stopped = self.env._("Stopped: %(count)s.", count=len(refusing))
            message = f"{message} {stopped}"
        return self._notify(message, is_warning=bool(refusing))

    def _resume_wanted(self):
        """Go on with these, as far as nobody has opted out meanwhile.

        :return: the others, which were stopped
        """
        refusing = self._filter_opted_out()
        refusing._stop("opted_out")
        (self - refusing)._resume()
        return refusing

    def _get_paused_ids(self):
        """:return: list of the ids of the activities that wait for these to be resumed"""
        return [int(id_) for enrollment in self for id_ in enrollment.paused_states or {}]

    def _resume(self):
        today = fields.Date.context_today(self)
        # One look into the calendar for all that have the same date.
        find_date = cache(self.env["crm.activity.sequence.step"]._get_working_date)
        ids = defaultdict(list)
        self.activity_ids.fetch(["company_id", "date", "state", "user_id"])
        for enrollment in self:
            days = max((today - enrollment.pause_date).days, 0)
            states = enrollment.paused_states or {}
            waiting = enrollment.activity_ids.filtered(
                lambda a, states=states: a.state == "cancelled" and str(a.id) in states
            )
            for activity, date in waiting._get_later_dates(days, find_date).items():
                ids[date, states[str(activity.id)]].append(activity.id)
            enrollment.paused_days += days
        self.write({"state": "running", "pause_date": False, "paused_states": False})
        for (date, state), same_ids in ids.items():
            self.env["crm.activity"].browse(same_ids).write({"date": date, "state": state})
        self._finish_over()
