# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models
from odoo.fields import Domain

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

    def write(self, vals):
        """Let the activities of these events follow: what is cancelled here is cancelled there."""
        names = FOLLOWED & vals.keys()  # before Odoo takes out what it writes elsewhere
        result = super().write(vals)
        if names:
            activities = self._get_crm_activities()
            if "active" not in names:
                # Another rule for a recurring event archives it, and makes others.
                rewritten = activities.filtered(lambda a: not a.calendar_event_id.active)
                activities -= rewritten.filtered(lambda a: a.state != "cancelled")
            activities._follow_calendar(names)
        return result

    def unlink(self):
        """What was planned is cancelled; what was done stays done."""
        activities = self._get_crm_activities().filtered(lambda a: a.state in ("draft", "pending"))
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
        # sudo: an activity follows its event, whoever may read it.
        Activity = self.env["crm.activity"].sudo()
        return Activity.search(Domain("calendar_event_id", "in", self.ids))

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
