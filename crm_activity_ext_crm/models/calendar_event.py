# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES

# What Google and Outlook know an event by, where Odoo's modules are there that tell them.
ELSEWHERE_FIELDS = ("google_id", "microsoft_id")
# What an activity knows nothing of.
WRITTEN_BY_OTHERS = ("allday", "description", "location", "notes", "privacy", "show_as")
# How far from its place in a series that was changed an activity finds another one.
NEARBY = timedelta(days=7)
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
        kept, planned = self._get_kept_and_planned(vals)
        former_start, newest = kept.start, planned and self._search_series([]).id
        result = super().write(vals)
        for event, series in replaced.items():
            self._hand_over(event._get_planned_activities(), series.base_event_id - event)
        if planned:
            # Others add none that this transaction sees.
            series = self._search_series([("id", ">", newest)])
            series.calendar_event_ids._take_places(planned, kept.start - former_start)
        if names:
            self._get_crm_activities()._follow_calendar(names)
        return result

    def _get_kept_and_planned(self, vals):
        """Tell what becomes of a series: Odoo makes its occurrences anew, all but one.

        :return: ``(event that stays, {planned activity: when its event begins})``, both as
            superuser; none and nothing where no occurrences are made anew
        """
        # sudo: what is planned by colleagues follows the series as well.
        mode, event = vals.get("recurrence_update"), self.sudo()
        is_kept = mode not in ("all_events", "future_events") or vals.get("recurrency") is False
        if is_kept or len(event) != 1 or not event.recurrence_id:
            return event.browse(), {}
        series = event.recurrence_id
        planned = series.calendar_event_ids._get_planned_activities()
        starts = {activity: activity.calendar_event_id.start for activity in planned}
        if mode == "future_events":
            return event, starts
        # As Odoo chooses the one that stays.
        return series.base_event_id or series._get_first_event(include_outliers=False), starts

    def _search_series(self, domain):
        """:return: the newest ``calendar.recurrence`` that meets a domain, as superuser"""
        # sudo: whatever its rules, nothing of it is told.
        return self.env["calendar.recurrence"].sudo().search(domain, order="id desc", limit=1)

    def _take_places(self, planned, shift):
        """Let activities whose events are gone go on with the nearest ones of these.

        Where there is none nearby, the meeting is cancelled.

        :param dict planned: ``{activity: when its event began}``
        :param timedelta shift: by how much the series was moved
        """
        free = self.filtered(lambda e: not e.crm_activity_ids)
        for activity, start in planned.items():
            if activity.calendar_event_id.active or not free:
                continue
            nearest = min(free, key=lambda e, to=start + shift: abs(e.start - to))
            if abs(nearest.start - start - shift) < NEARBY:
                self._hand_over(activity, nearest)
                free -= nearest

    @api.model
    def _sync_microsoft2odoo(self, *args, **kwargs):
        """Let activities follow a series that is made anew in Outlook.

        By ``microsoft_calendar``, which calls it, where it is installed.
        """
        with self.env["calendar.recurrence"]._taking_activities_along():
            return super()._sync_microsoft2odoo(*args, **kwargs)

    def _get_replaced(self):
        """Find events that a new rule of their series leaves out: Odoo archives them.

        :return: ``{event: calendar.recurrence that was made of it, or none}``, as superuser, of
            events of planned activities
        """
        planned = self._get_planned_activities()
        left_out = planned.calendar_event_id.filtered(
            lambda e: e.recurrency and not e.recurrence_id
        )
        Series = left_out.env["calendar.recurrence"]
        series = Series.search(Domain("base_event_id", "in", left_out.ids)).grouped("base_event_id")
        return {event: series.get(event, Series) for event in left_out}

    def _hand_over(self, activities, event):
        """Let planned activities go on with another event.

        :param activities: ``crm.activity`` that were planned, as superuser
        :param event: ``calendar.event``, or none
        """
        activities.write({"calendar_event_id": event.id})
        if event and activities:
            # No calendar elsewhere is told of the document, and Outlook lets nobody here change
            # what recurs: by this key Odoo knows what is nothing to tell.
            untold = event._telling_nobody().with_context(dont_notify=True)
            untold.write(activities[0]._prepare_event_document())
            activities._follow_calendar({"start", "stop"})

    def _get_planned_activities(self):
        """:return: ``crm.activity`` that these were made for and that are open, as superuser"""
        return self._get_crm_activities().filtered(lambda a: a.state in OPEN_STATES)

    def _recreate_event_different_organizer(self, values, sender_user):
        """Go on with the event that Outlook's new organizer gets in place of this one.

        By ``microsoft_calendar``, which calls it, where it is installed.
        """
        planned = self._get_planned_activities()
        # sudo: the new event is its organizer's, and may be private.
        newest = self.sudo().search([], order="id desc", limit=1)
        result = super()._recreate_event_different_organizer(values, sender_user)
        if planned:
            made = self.sudo().search([("id", ">", newest.id)], order="id", limit=1)
            self._hand_over(planned, made)
            planned._follow_calendar({"user_id"})
        return result

    def _is_elsewhere(self):
        """:return: whether this stands in a Google or Outlook calendar as well"""
        return any(self[name] for name in ELSEWHERE_FIELDS if name in self._fields)

    def _prepare_what_others_wrote(self):
        """:return: values of this event, or none, for one that takes its place"""
        if not self:
            return {}
        values = {name: self[name] for name in WRITTEN_BY_OTHERS}
        values["alarm_ids"] = [Command.set(self.alarm_ids.ids)]
        if self.videocall_source == "custom":
            values["videocall_location"] = self.videocall_location
        if self.allday:
            times = ("start", "stop", "start_date", "stop_date")
            values |= {name: self[name] for name in times}
        return values

    def unlink(self):
        """What was planned is cancelled; what was done stays done."""
        activities = self._get_planned_activities()
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
