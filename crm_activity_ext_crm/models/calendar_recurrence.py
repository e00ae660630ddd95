# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re
from contextlib import contextmanager

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES

# Where Google splits a series, it names the second part like the first one, and since when.
SPLIT_SINCE = re.compile(r"_R\d+(T\d+)?Z?$")


class CalendarRecurrence(models.Model):
    _inherit = "calendar.recurrence"

    @api.model
    def _sync_google2odoo(self, *args, **kwargs):
        """Let activities follow a series that is made anew in Google.

        By ``google_calendar``, which calls it, where it is installed.
        """
        with self._taking_activities_along():
            return super()._sync_google2odoo(*args, **kwargs)

    @api.model
    @contextmanager
    def _taking_activities_along(self):
        """Let planned activities go on with the occurrences that are made anew meanwhile.

        A calendar elsewhere deletes all of a series that is moved, and makes a second series of
        what is changed from a day on. What has no successor near its place was really taken out.
        """
        planned = self._get_synced_activities()
        if not planned:
            yield
            return
        Event = planned.env["calendar.event"]
        starts = {activity: activity.calendar_event_id.start for activity in planned}
        former = [
            (
                series._get_names_elsewhere(),
                {event: event.start for event in series.calendar_event_ids},
                {a: starts[a] for a in planned if a.calendar_event_id.recurrence_id == series},
            )
            for series in planned.calendar_event_id.recurrence_id
        ]
        newest = Event.with_context(active_test=False).search([], order="id desc", limit=1).id
        yield
        made = Event.search(Domain("id", ">", newest) & Domain("recurrence_id", "!=", False))
        events = Event.union(*(event for _names, events, _planned in former for event in events))
        left = events.exists().filtered(lambda event: event.active and event.recurrence_id)
        made_by_series = made.grouped("recurrence_id")
        for names, events, activities in former:
            gone = [start for event, start in events.items() if event not in left]
            successors = Event.union(
                *(e for s, e in made_by_series.items() if names & s._get_names_elsewhere())
            )
            if gone and successors:
                shift = min(successors.mapped("start")) - min(gone)
                successors._take_places(activities, shift)

    @api.model
    def _get_synced_activities(self):
        """:return: ``crm.activity``, as superuser, planned in series of whose calendar is synced"""
        # sudo: what is planned by colleagues follows the series as well.
        Activity = self.env["crm.activity"].sudo()
        in_series = Domain("recurrence_id", "!=", False) & Domain(
            "partner_ids", "in", self.env.user.partner_id.ids
        )
        planned = Activity.search(
            Domain("calendar_event_id", "any", in_series) & Domain("state", "in", OPEN_STATES)
        )
        return planned.filtered(lambda activity: activity._has_own_event())

    def _get_names_elsewhere(self):
        """:return: set of what tells that two series are one, which was split"""
        event = self.base_event_id
        names = {self.id, (event.user_id.id, event.name)}
        if "google_id" in self._fields and self.google_id:
            names.add(SPLIT_SINCE.sub("", self.google_id))
        return names
