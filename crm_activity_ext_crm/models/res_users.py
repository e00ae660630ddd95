# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

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
