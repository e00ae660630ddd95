# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, timedelta

from markupsafe import Markup
from pytz import timezone, utc

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import html2plaintext, plaintext2html

from odoo.addons.crm_activity_ext.models.crm_activity_responsible_mixin import OPEN_STATES

# What stands in a calendar once it has a duration.
MEETING_CHANNELS = ("meeting", "visit")
# What an event is told.
TOLD = {"contact_id", "date", "duration", "name", "participant_ids", "partner_id", "state"} | {
    "activity_type_id",
    "user_id",
}
PEOPLE = {"contact_id", "participant_ids", "partner_id"}
# A year: a calendar shows no more of what takes longer, and no date is beyond the year 9999.
MAX_HOURS = 366 * 24
MAX_YEAR = 9997
# An event is made for the responsible, whatever the screen it is asked from proposes.
KEPT_CONTEXT = ("allowed_company_ids", "lang", "tz")


class CrmActivityMeetingMixin(models.AbstractModel):
    """A meeting or visit that takes time stands in the calendar of its responsible.

    While it is planned the two are one: what is moved, renamed, reassigned or cancelled here is so
    there (:meth:`_tell_calendar`), and what is there is so here (:meth:`_follow_calendar`). Each
    compares before it writes, and so neither answers the other. What was done is not changed by
    a calendar any more.

    A to-do of Odoo's that was a meeting has an event already, which is not ours: what is recorded
    of it refers to that one, and neither changes the other (:meth:`_has_own_event`).
    """

    _name = "crm.activity.meeting.mixin"
    _description = "CRM Activity in the Calendar"

    calendar_event_id = fields.Many2one(
        "calendar.event",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The event in the responsible's calendar.",
    )

    @api.model
    def _prepare_todo_values(self, todo, target, feedback):
        values = super()._prepare_todo_values(todo, target, feedback)
        event = todo.calendar_event_id
        values["calendar_event_id"] = event.id
        if self._find_recorded_meeting(event, values):
            # The meeting is recorded already: what is new is what was said of it now.
            values["body"] = plaintext2html(feedback) if feedback else False
        return values

    @api.model
    def _find_recorded_meeting(self, event, values):
        """:return: the activity, as superuser, that the calendar has recorded of the meeting of a
        to-do, with the same customer or on the same lead
        """
        # sudo: as what is recorded of to-dos, whoever marks them done.
        recorded = event.sudo().crm_activity_ids.filtered(lambda a: a.origin == "calendar")
        people = recorded.env["res.partner"].browse(
            filter(None, [values.get("partner_id"), values.get("contact_id")])
        )
        lead_id, customers = values.get("lead_id"), recorded and people.commercial_partner_id
        return recorded.filtered(
            lambda a: (lead_id and a.lead_id.id == lead_id) or a.partner_id & customers
        )[:1]

    @api.model
    def _record_todos(self, values_by_todo, files_by_todo):
        """Let a meeting that the calendar has recorded stay one activity."""
        # sudo: as what is recorded of to-dos, whoever marks them done.
        Event = self.env["calendar.event"].sudo()
        ids = [id_ for values in values_by_todo.values() if (id_ := values["calendar_event_id"])]
        anew, known = {}, {}
        for todo, values in values_by_todo.items():
            event = Event.browse(values["calendar_event_id"] or ()).with_prefetch(ids)
            activity = self._find_recorded_meeting(event, values)._cascading()
            if not activity:
                anew[todo] = values
                continue
            known[todo] = activity
            if values["body"]:
                activity.body = Markup(activity.body or "") + values["body"]
        # Where the calendar records a meeting at this moment, PostgreSQL refuses one of the two.
        Event.browse(ids)._remember_recorded()
        activities = super()._record_todos(anew, files_by_todo) if anew else self.sudo().browse()
        self._copy_todo_files(known, files_by_todo)
        return activities.union(*known.values())

    def _has_own_event(self):
        """:return: whether this has an event, and it was made for this"""
        # sudo: the event is the responsible's, and private.
        event = self.sudo().calendar_event_id
        return (event.res_model, event.res_id) == (self._name, self.id)

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"calendar_event_id"}

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {"calendar_event_id"}

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._tell_calendar(TOLD)
        return activities

    def write(self, vals):
        described = {}
        if PEOPLE & vals.keys():
            described = {a: a._describe_for_calendar() for a in self if a.calendar_event_id}
        before = self._filter_cancelled() if "state" in vals else self.browse()
        result = super().write(vals)
        if told := TOLD & vals.keys():
            now = self._filter_cancelled() if "state" in vals else self.browse()
            self._tell_calendar(told, described, (before - now) | (now - before))
        return result

    def _filter_cancelled(self):
        return self.filtered(lambda activity: activity.state == "cancelled")

    def unlink(self):
        """What never happened goes from the calendar as well; what was done stays there."""
        # sudo: the event is the responsible's, and private.
        activities = self.sudo()
        events = activities.filtered(lambda a: not a.was_done).calendar_event_id
        (activities.calendar_event_id - events)._remember_recorded()
        result = super().unlink()
        events._telling_nobody().unlink()
        return result

    def _forget_content(self):
        """An event says of a person what its activity says."""
        # sudo: as the activities are anonymized, whoever is responsible for them.
        activities = self.sudo().filtered("calendar_event_id")
        own = activities.filtered(lambda a: a._has_own_event())
        if others := activities - own:
            others.calendar_event_id._remember_recorded()
            others.calendar_event_id = False
        planned = own.filtered(lambda a: a.state in OPEN_STATES)
        (own - planned).calendar_event_id._telling_nobody().unlink()
        events = planned.calendar_event_id._telling_nobody()
        events.write({"description": False, "location": False, "notes": False})
        events.message_ids.unlink()
        return super()._forget_content()

    @api.model
    def _forget_tracked(self, targets):
        """Nor are they invited any more to what stays planned with others."""
        super()._forget_tracked(targets)
        if targets._name != "res.partner":
            return
        events = self.env["calendar.event"].search(
            Domain("crm_activity_ids.anonymized_date", "!=", False)
            & Domain("partner_ids", "in", targets.ids)
        )
        leaving = [Command.unlink(id_) for id_ in targets.ids]
        events._telling_nobody().write({"partner_ids": leaving})

    def _tell_calendar(self, told, described=None, switched=()):
        """Bring the events in line with these: made for all at once, written where they differ.

        :param set told: names of the fields that may have changed
        :param dict described: ``{activity: description that its event was given}``, of those whose
            customer or contact may have changed
        :param switched: those of these that were cancelled, or are not cancelled any more
        """
        concerned = self.filtered(
            lambda a: a.channel in MEETING_CHANNELS or bool(a.calendar_event_id)
        )
        # sudo: the event is the responsible's, and private: whoever plans for a colleague could
        # not write it. It has nothing that the activity has not.
        context = {key: self.env.context[key] for key in KEPT_CONTEXT if key in self.env.context}
        concerned = concerned.with_env(self.env(context=context, su=True)).filtered(
            lambda a: not a.calendar_event_id or a._has_own_event()
        )
        former = concerned.filtered(lambda a: a.channel not in MEETING_CHANNELS)
        if former:
            events, former.calendar_event_id = former.calendar_event_id, False
            events._telling_nobody().unlink()
        standing = (concerned - former).filtered("calendar_event_id")
        (concerned - former - standing)._create_calendar_events()
        if "user_id" in told:
            given_away = standing.filtered(lambda a: a._is_in_calendar_of_another())
            given_away._move_between_calendars()
            standing -= given_away
        switched_ids = {activity.id for activity in switched}
        self._write_alike(
            [
                (a.calendar_event_id, a._get_event_changes(told, described, a.id in switched_ids))
                for a in standing
            ]
        )

    def _is_in_calendar_of_another(self):
        """:return: whether the event stands in somebody else's Google or Outlook calendar"""
        event = self.calendar_event_id
        return event.user_id != self.user_id and event._is_elsewhere()

    def _move_between_calendars(self):
        """Delete the events where they are, and make them for whose they are by now.

        No calendar elsewhere gives an event of its own to somebody else. What was done stays where
        it took place.
        """
        moving = self.filtered(lambda a: a.state in (*OPEN_STATES, "cancelled"))
        events = moving.calendar_event_id
        moving._create_calendar_events()
        # What has none now gets one as soon as it is planned, and takes time.
        moving.filtered(lambda a: a.calendar_event_id in events).calendar_event_id = False
        for user, theirs in events.grouped("user_id").items():
            # As whose calendar it is: nobody else can delete there. sudo: as the events are found.
            theirs.with_user(user).sudo()._telling_nobody().with_context(dont_notify=True).unlink()

    @api.model
    def _write_alike(self, changes):
        """Write the same values at once.

        :param list changes: of ``(event, values)``
        """
        alike = {}
        for event, vals in changes:
            if vals:
                # Who attends one of several events, Odoo adds to none of them.
                attendees = event.partner_ids if "partner_ids" in vals else None
                # Whether a calendar elsewhere is told depends on who writes.
                writer = event.user_id if event._is_elsewhere() and not event.recurrency else None
                key = (repr(sorted(vals.items())), attendees, writer)
                alike.setdefault(key, (vals, writer, []))[2].append(event)
        for vals, writer, events in alike.values():
            together = events[0].union(*events)
            if writer:
                # sudo: as they are; only the user is another one.
                together = together.with_user(writer).sudo()
            together._telling_only_guests(vals)

    def _create_calendar_events(self):
        planned = self.filtered(
            lambda a: a.state in OPEN_STATES and a.duration > 0 and a.date.year <= MAX_YEAR
        )
        if not planned:
            return
        events = self.env["calendar.event"]._telling_nobody()
        # Calendars elsewhere refuse what somebody makes for others, and are told of one event
        # after the other. All else is made at once, by nobody who has such a calendar. sudo: who
        # plans for a colleague need not have a right to their calendar.
        synced = planned.user_id.filtered(lambda user: user._has_any_active_synchronization())
        system = self.env["res.users"].browse(SUPERUSER_ID)
        for maker, activities in planned.grouped(
            lambda a: a.user_id if a.user_id in synced else system
        ).items():
            created = (
                events.with_user(maker)
                .sudo()
                .create([activity._prepare_calendar_event() for activity in activities])
                .with_env(self.env)
            )
            for activity, event in zip(
                activities.with_context(tracking_disable=True), created, strict=True
            ):
                activity.calendar_event_id = event

    def _prepare_calendar_event(self):
        """:return: values of an event that nobody but the responsible is told of, or can read"""
        person, former = self.user_id.partner_id, self.calendar_event_id
        guests = former.partner_ids - former.user_id.partner_id - person
        return {
            "name": self.name,
            **self._prepare_event_times(),
            "user_id": self.user_id.id,
            "partner_ids": [Command.set((person | guests).ids)],
            "attendee_ids": [
                Command.create({"partner_id": person.id, "state": "accepted"}),
                *(Command.create({"partner_id": guest.id}) for guest in guests),
            ],
            # Colleagues see that the time is taken: who may read the activity is for us to say.
            "privacy": "private",
            "description": self._describe_for_calendar(),
            **former._prepare_what_others_wrote(),
            **self._prepare_event_document(),
        }

    def _prepare_event_document(self):
        return {"res_model_id": self.env["ir.model"]._get_id(self._name), "res_id": self.id}

    def _prepare_event_times(self):
        # All three: Odoo computes one from another that is not computed itself yet.
        minutes = self._get_minutes()
        stop = self.date + timedelta(minutes=minutes)
        return {"start": self.date, "stop": stop, "duration": minutes / 60}

    def _get_minutes(self):
        """:return: the duration as calendars have it: a float is no third of an hour"""
        return round(min(self.duration, MAX_HOURS) * 60)

    def _describe_for_calendar(self):
        """:return: Markup of whom it is with, as a phone shows it on the way there"""
        # sudo: names that stand on the activity.
        activity = self.sudo()
        target = activity._get_recipient()
        names = filter(None, [activity.partner_id.name, activity.contact_id.name])
        lines = [
            ", ".join(names) or target.display_name,
            target and target._get_crm_activity_number(),
            ", ".join(activity.participant_ids.mapped("name")),
        ]
        return Markup("<br>").join(filter(None, lines))

    def _get_event_changes(self, told, described=None, is_switched=False):
        """:return: values in which the event of this activity differs from it, of what is told"""
        event, changes = self.calendar_event_id, {}
        if is_switched and event.active == (self.state == "cancelled"):
            changes["active"] = not event.active
        if "name" in told and event.name != self.name:
            changes["name"] = self.name
        if "user_id" in told and event.user_id != self.user_id:
            changes["user_id"] = self.user_id.id
            changes["partner_ids"] = [
                Command.unlink(event.user_id.partner_id.id),
                Command.link(self.user_id.partner_id.id),
            ]
        if {"date", "duration"} & told:
            changes |= self._get_event_times()
        if described and html2plaintext(event.description or "") == html2plaintext(
            described.get(self, "")
        ):
            changes["description"] = self._describe_for_calendar()
        return changes

    def _get_event_times(self):
        """:return: values of an event that is at another time; all day long, on another day"""
        event = self.calendar_event_id
        if not event.allday:
            times = self._prepare_event_times()
            is_there = (event.start, event.stop) == (times["start"], times["stop"])
            return {} if is_there else times
        day = self._get_local_date().date()
        if day == event.start_date:
            return {}
        return {"start_date": day, "stop_date": day + (event.stop_date - event.start_date)}

    def _get_local_date(self):
        """:return: datetime on the responsible's clock"""
        return utc.localize(self.date).astimezone(timezone(self.user_id.tz or "UTC"))

    def _follow_calendar(self, names):
        """Bring open and cancelled activities in line with their events.

        :param set names: of the fields of the event that were written
        """
        # It has happened in the calendar, where whoever did it may: nothing of it is refused.
        following = self._cascading().filtered(lambda a: a.state in (*OPEN_STATES, "cancelled"))
        user = self.env.user
        for activity in following:
            if changes := activity._get_changes_of_event(names, user):
                activity.write(changes)

    def _get_changes_of_event(self, names, user):
        """:return: values in which this activity differs from its event"""
        event = self.calendar_event_id
        if not event.active:
            was_archived = "active" in names and self.state in OPEN_STATES
            return {"state": "cancelled"} if was_archived else {}
        changes = {"state": "pending"} if self.state == "cancelled" else {}
        if event.name != self.name:
            changes["name"] = event.name
        changes |= self._get_times_of_event()
        if (
            "user_id" in names
            and event.user_id != self.user_id
            and user.has_group("sales_team.group_sale_salesman_all_leads")
            and self._can_be_responsible(event.user_id, self.company_id)
        ):
            # Who may make their own alone gives nothing to others, in a calendar either.
            changes["user_id"] = event.user_id.id
        if "partner_ids" in names and (guests := self._get_new_guests()):
            changes["participant_ids"] = [Command.link(guest.id) for guest in guests]
        return changes

    def _get_times_of_event(self):
        """:return: values of an activity whose event is at another time"""
        event = self.calendar_event_id
        if event.allday:
            local = self._get_local_date()
            if local.date() == event.start_date:
                return {}
            zone = timezone(self.user_id.tz or "UTC")
            moved = zone.localize(datetime.combine(event.start_date, local.time()))
            return {"date": moved.astimezone(utc).replace(tzinfo=None)}
        changes = {}
        if event.start != self.date:
            changes["date"] = event.start
        minutes = round((event.stop - event.start).total_seconds() / 60)
        if minutes and minutes != self._get_minutes():
            changes["duration"] = minutes / 60
        return changes

    def _get_new_guests(self):
        """:return: ``res.partner`` from outside who attend the event, and are not named here"""
        known = self.partner_id | self.contact_id | self.participant_ids
        guests = (self.calendar_event_id.partner_ids - known).filtered("partner_share")
        return guests.filtered(self._fits_company)

    def action_open_calendar_event(self):
        """Open the event in the responsible's calendar.

        :return: window action on ``calendar.event``
        :raise UserError: where there is none
        """
        self.check_access("read")
        return self._action_open(
            self.calendar_event_id,
            self.env._("Calendar Event"),
            self.env._("These activities are not in the calendar."),
        )

    def action_invite(self):
        """Invite the contact and the participants: Odoo mails them, now and when it moves.

        Nothing else of ours invites a customer.

        :return: client action, a notification that names them
        :raise UserError: where there is nobody left to invite, or no planned event
        """
        self.ensure_one().check_access("write")
        if not self._has_own_event() or self.state not in OPEN_STATES:
            raise UserError(self.env._("Only planned meetings in the calendar have invitations."))
        # sudo: the event is the responsible's, and private.
        activity = self.sudo()
        person = activity.contact_id or activity.partner_id.filtered(lambda p: not p.is_company)
        guests = (person | activity.participant_ids) - activity.calendar_event_id.partner_ids
        invited = guests.filtered("email")
        if not invited:
            raise UserError(self.env._("Everybody with an email address has been invited already."))
        activity.calendar_event_id.write({"partner_ids": [Command.link(p.id) for p in invited]})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Invited: %(names)s", names=", ".join(invited.mapped("name"))
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
