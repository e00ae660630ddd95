# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    crm_record_meetings = fields.Boolean(
        string="Record Meetings",
        copy=False,
        help="When a meeting with a customer or on an opportunity is over, it becomes a CRM "
        "activity that is done, with everybody who was there. Colleagues can read it like any "
        "other. Private meetings are not recorded.",
    )
    crm_meetings_since = fields.Datetime(
        string="Meetings Recorded Since",
        compute="_compute_crm_meetings_since",
        store=True,
        copy=False,
        help="Meetings that were over before are not recorded.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["crm_record_meetings"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["crm_record_meetings"]

    @api.depends("crm_record_meetings")
    def _compute_crm_meetings_since(self):
        now = fields.Datetime.now()
        for user in self:
            user.crm_meetings_since = user.crm_record_meetings and (user.crm_meetings_since or now)

    @api.model
    def _systray_get_calendar_event_domain(self):
        """Remind once: the meeting of an activity is in the menu as the activity."""
        domain = Domain(super()._systray_get_calendar_event_domain())
        # sudo: theirs, and not everybody who has a calendar reads activities.
        theirs = (
            self.env["crm.activity"]
            .sudo()
            ._search([("user_id", "=", self.env.uid), ("calendar_event_id", "!=", False)])
        )
        return list(domain & Domain("id", "not in", theirs.subselect("calendar_event_id")))
