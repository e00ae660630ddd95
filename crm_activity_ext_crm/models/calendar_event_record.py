# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import datetime, time, timedelta

from markupsafe import Markup
from pytz import timezone, utc

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, is_html_empty, split_every

from odoo.addons.crm_activity_ext.tools.apart import apart

from .crm_activity_meeting_mixin import MEETING_CHANNELS

# For so long a meeting that is over may still become an activity: other calendars come late, and
# people are added afterwards.
LATEST = timedelta(days=30)
# All day long is over when the day is, which no place on earth has more than a day later than UTC.
DAY = timedelta(days=1)
MEETINGS_AT_ONCE = 100


class CalendarEvent(models.Model):
    """A meeting with people of a customer becomes an activity once it is over: of those who want
    that (``res.users.crm_record_meetings``), and each only once.

    What says so is on the event, and is written by SQL: nothing of the event has changed that
    another calendar would have to be told.
    """

    _name = "calendar.event"
    _inherit = ["calendar.event", "crm.activity.system.fields.mixin"]

    crm_activity_recorded = fields.Boolean(
        string="Recorded as CRM Activity",
        readonly=True,
        copy=False,
        help="The meeting has become a CRM activity, or was one, and becomes no other.",
    )

    _crm_user_stop_idx = models.Index("(user_id, stop)")

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"crm_activity_recorded"}

    @api.model
    def _cron_record_meetings(self):
        """Make activities of the meetings that are over, and commit now and then."""
        events = self._find_meetings_to_record()
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=len(events))
        for ids in split_every(MEETINGS_AT_ONCE, events.ids):
            self.browse(ids)._record_meetings_apart()
            if not commit_progress(len(ids)):
                break

    @api.model
    def _find_meetings_to_record(self):
        """Find, by an index, what may be recorded; whether it is, is asked of each.

        :return: ``calendar.event``, as superuser
        """
        # sudo: the calendars of all who want it.
        events = self.sudo()
        users = events.env["res.users"].search([("crm_record_meetings", "=", True)])
        if not users or not events.env["crm.activity"]._is_crm_installed():
            return events.browse()
        now = fields.Datetime.now()
        earliest = max(now - LATEST, min(users.mapped("crm_meetings_since")))
        ended = Domain("stop", "<=", now) | Domain("allday", "=", True)
        base = (
            Domain("user_id", "in", users.ids)
            & Domain("stop", ">", earliest - DAY)
            & Domain("stop", "<=", now + DAY)
            & ended
            & Domain("privacy", "!=", "private")
            & Domain("crm_activity_recorded", "=", False)
        )
        guests = Domain("partner_id.partner_share", "=", True) & Domain("state", "!=", "declined")
        # Two searches: of an OR, PostgreSQL would read all attendees there ever were.
        with_guests = events.search(base & Domain("attendee_ids", "any", guests))
        return with_guests | events.search(base & Domain("opportunity_id", "!=", False))

    def _record_meetings_apart(self):
        """Record all of these, or one by one where that fails: none keeps the others from it."""
        is_recorded = False
        with apart(self.env.cr, f"No CRM activities were recorded of the meetings {self.ids}"):
            self._record_meetings()
            is_recorded = True
        if not is_recorded and len(self) > 1:
            for event in self:
                event._record_meetings_apart()

    def _record_meetings(self):
        """Make an activity of each of these that took place and is none yet.

        :return: ``crm.activity``, as superuser
        """
        # sudo: in the name of whose calendar it is, whoever runs this.
        took_place = self.sudo().filtered(lambda event: event._took_place())
        # They may have been planned as an activity, or recorded by a to-do.
        known = took_place.filtered("crm_activity_ids")
        prepared = (took_place - known)._prepare_crm_activities()
        claimed = (known | self.browse().union(*prepared))._remember_recorded()
        recorder = self.env["crm.activity"]._recording()
        return recorder.create(
            [vals for event, vals in prepared.items() if vals and event in claimed]
        )

    def _remember_recorded(self):
        """Let none of these become an activity any more.

        :return: those that still could; none that another transaction has taken: PostgreSQL
            refuses this one then
        """
        if not self:
            return self
        self.flush_recordset(["crm_activity_recorded"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE calendar_event SET crm_activity_recorded = TRUE
                WHERE id = ANY(%s) AND crm_activity_recorded IS NOT TRUE RETURNING id
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["crm_activity_recorded"], flush=False)
        return self.browse(event_id for (event_id,) in rows)

    def _took_place(self):
        """:return: whether whose meeting this is was there, and it is over, and no secret"""
        user, end = self.user_id, self._get_end()
        own = self.attendee_ids.filtered(lambda attendee: attendee.partner_id == user.partner_id)
        return (
            bool(own)
            and "declined" not in own.mapped("state")
            and user.crm_meetings_since < end <= fields.Datetime.now()
            and self.effective_privacy != "private"
            # A series that is changed is made anew by Odoo, with occurrences that never were.
            and not (self.recurrency and self.create_date > end)
        )

    def _get_end(self):
        """:return: datetime in UTC; all day long ends with the day where its user is"""
        if not self.allday:
            return self.stop
        return self._to_utc(datetime.combine(self.stop_date + DAY, time.min))

    def _to_utc(self, local):
        """:return: what is so late on the clock of the event's user"""
        zone = timezone(self.user_id.tz or "UTC")
        return zone.localize(local).astimezone(utc).replace(tzinfo=None)

    def _prepare_crm_activities(self):
        """Tell what becomes of these.

        :return: ``{event: values}``, without those that nobody of a customer was at; no values
            for those that are there already
        """
        # sudo: as these are.
        own_companies = self.env["res.company"].search([]).partner_id  # pylint: disable=no-search-all
        usual_type = self._get_usual_crm_activity_type()
        known = self._get_recorded_keys()
        prepared = {}
        for event in self:
            vals = event._prepare_crm_activity(own_companies, usual_type)
            if not vals:
                continue
            # A calendar elsewhere that was connected anew brings the same meetings once more. On
            # one day there may be several that take all of it.
            name = vals["name"] if event.allday else None
            key = (vals["user_id"], vals["date"], vals["partner_id"], vals["lead_id"], name)
            prepared[event] = {} if key in known else vals
            known.add(key)
        return prepared

    def _get_recorded_keys(self):
        """:return: set of ``(user, date, customer, lead, name)`` of what was recorded of these
        hours, each also without the name
        """
        Activity = self.env["crm.activity"]
        names = ("user_id", "date", "partner_id", "lead_id", "name")
        recorded = Activity.search_fetch(
            Domain("origin", "=", "calendar")
            & Domain("user_id", "in", self.user_id.ids)
            & Domain("date", "in", [event._get_beginning() for event in self]),
            names,
        )
        return {
            (a.user_id.id, a.date, a.partner_id.id, a.lead_id.id, name)
            for a in recorded
            for name in (a.name, None)
        }

    def _get_beginning(self):
        """:return: datetime in UTC"""
        return self._to_utc(self.start) if self.allday else self.start

    def _prepare_crm_activity(self, own_companies, usual_type):
        """:return: values of the activity that this was; nothing where it was for nobody"""
        Activity = self.env["crm.activity"]
        lead = self.opportunity_id.filtered(
            lambda lead: lead.company_id <= self.user_id.company_ids
        )
        values = {"campaign_id": False, "company_id": False}
        values |= dict.fromkeys(Activity._get_recipient_fields(), False)
        if lead:
            values |= Activity._prepare_target_values(lead)
        company = self.env["res.company"].browse(values["company_id"] or ())
        guests, company = self._get_guests_and_company(own_companies, company)
        customer = lead.partner_id.commercial_partner_id or guests[:1].commercial_partner_id
        todos = self.with_context(active_test=False).activity_ids
        activity_type = (
            todos.activity_type_id.filtered(lambda t: t.crm_channel in MEETING_CHANNELS)[:1]
            or usual_type
        )
        if not (customer or lead) or not activity_type:
            return {}
        persons = guests.filtered(lambda guest: not guest.is_company)
        contact = persons.filtered(lambda person: person.commercial_partner_id == customer)[:1]
        texts = [Markup(text) for text in (self.description, self.notes) if not is_html_empty(text)]
        return {
            **values,
            "activity_type_id": activity_type.id,
            "body": Markup("").join(texts) or False,
            "calendar_event_id": self.id,
            "company_id": company.id or self.user_id.company_id.id,
            "contact_id": (contact - customer).id,
            "date": self._get_beginning(),
            "duration": 0 if self.allday else (self.stop - self.start).total_seconds() / 3600,
            "name": self.name,
            "origin": "calendar",
            "participant_ids": [fields.Command.set((persons - contact - customer).ids)],
            "partner_id": customer.id,
            "state": "done",
            "user_id": self.user_id.id,
        }

    def _get_guests_and_company(self, own_companies, company):
        """Tell who of customers was there, of one company: its people, and those of no company.

        :param own_companies: ``res.partner`` that stand for companies of ours
        :param company: ``res.company``, or none: then that of the first who has one
        :return: ``(res.partner, res.company)``, who was invited first at first
        """
        # Those who were invited at once, Odoo stores in any order.
        invited = self.attendee_ids.sorted(lambda a: (a.create_date, a.partner_id.id))
        coming = invited.filtered(lambda attendee: attendee.state != "declined")
        guests = coming.partner_id.filtered(
            lambda partner: (
                partner.partner_share
                and partner.commercial_partner_id not in own_companies
                and partner.company_id <= self.user_id.company_ids
            )
        )
        company = company or guests.company_id[:1]
        return guests.filtered(lambda partner: partner.company_id <= company), company

    @api.model
    def _get_usual_crm_activity_type(self):
        """:return: the type of meetings: Odoo's, else the first of this channel, if there is one"""
        Type = self.env["mail.activity.type"]
        usual = self.env.ref("mail.mail_activity_data_meeting", raise_if_not_found=False) or Type
        usual = usual.filtered(lambda type_: type_.active and type_.crm_channel == "meeting")
        return usual or Type.search([("crm_channel", "=", "meeting")], limit=1)
