# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES

# What an activity follows.
FOLLOWED = {
    "active",
    "allday",
    "duration",
    "name",
    "partner_ids",
    "start",
    "start_date",
    "stop",
    "stop_date",
    "user_id",
}


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    crm_activity_ids = fields.One2many(
        "crm.activity", "calendar_event_id", string="CRM Activities", readonly=True, copy=False
    )

    def write(self, vals):
        """Let the activities of these events follow: what is cancelled here is cancelled there."""
        names = FOLLOWED & vals.keys()  # before Odoo takes out what it writes elsewhere
        replaced = self._get_replaced() if vals.get("active") is False else {}
        result = super().write(vals)
        for event, series in replaced.items():
            event._hand_over_crm_activities(series.base_event_id - event)
        if names:
            self._get_crm_activities()._follow_calendar(names)
        return result

    def _get_replaced(self):
        """Find events that a new rule of their series leaves out: Odoo archives them.

        :return: ``{event: calendar.recurrence that was made of it, or none}``, as superuser, of
            events of planned activities
        """
        planned = self._get_crm_activities().filtered(lambda a: a.state in OPEN_STATES)
        left_out = planned.calendar_event_id.filtered(
            lambda e: e.recurrency and not e.recurrence_id
        )
        Series = left_out.env["calendar.recurrence"]
        series = Series.search(Domain("base_event_id", "in", left_out.ids)).grouped("base_event_id")
        return {event: series.get(event, Series) for event in left_out}

    def _hand_over_crm_activities(self, event):
        """Let the planned activities of this event go on with another one.

        :param event: ``calendar.event``, or none
        """
        activities = self._get_crm_activities().filtered(lambda a: a.state in OPEN_STATES)
        activities.write({"calendar_event_id": event.id})
        if event:
            event._telling_nobody().write(activities[0]._prepare_event_document())
            activities._follow_calendar({"start", "stop"})

    def unlink(self):
        """What was planned is cancelled; what was done stays done."""
        activities = self._get_crm_activities().filtered(lambda a: a.state in OPEN_STATES)
        result = super().unlink()
        if activities:
            activities._cascading().write({"state": "cancelled"})
        return result

    def copy_data(self, default=None):
        """A copy, or another occurrence, is no event of the activity."""
        vals_list = super().copy_data(default)
        for event, vals in zip(self, vals_list, strict=True):
            if event.res_model == "crm.activity":
                vals.update(res_model_id=False, res_id=False)
        return vals_list

    def _get_crm_activities(self):
        """:return: ``crm.activity`` that these events were made for, as superuser"""
        # sudo: an activity follows its event, whoever may read it.
        Activity = self.env["crm.activity"].sudo()
        activities = Activity.search(Domain("calendar_event_id", "in", self.ids))
        return activities.filtered(lambda activity: activity._has_own_event())

    def _telling_nobody(self):
        """:return: these, to write into them what Odoo mails to nobody"""
        return self.with_context(
            no_mail_to_attendees=True,
            mail_create_nosubscribe=True,
            skip_contact_description=True,
            tracking_disable=True,
        )

    def _telling_only_guests(self, vals):
        """Write values; only who was invited from outside, or by hand, is told by Odoo."""
        alone = self.filtered(lambda event: event.partner_ids <= event.user_id.partner_id)
        for events in (alone._telling_nobody(), self - alone):
            if events:
                events.write(dict(vals))
