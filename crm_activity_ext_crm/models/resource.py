# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What decides on which days somebody works: they are remembered until it changes."""

from odoo import models


class ResourceResource(models.Model):
    _name = "resource.resource"
    _inherit = ["resource.resource", "crm.activity.remembered.mixin"]


class ResourceCalendar(models.Model):
    _name = "resource.calendar"
    _inherit = ["resource.calendar", "crm.activity.remembered.mixin"]


class ResourceCalendarAttendance(models.Model):
    _name = "resource.calendar.attendance"
    _inherit = ["resource.calendar.attendance", "crm.activity.remembered.mixin"]


class ResourceCalendarLeaves(models.Model):
    _name = "resource.calendar.leaves"
    _inherit = ["resource.calendar.leaves", "crm.activity.remembered.mixin"]

    def _get_remembered(self):
        """Machines are booked here all day long, and nobody asks on which days they work."""
        # sudo: whoever books something need not know for whom it is.
        return self.filtered(
            lambda leave: not leave.resource_id or leave.sudo().resource_id.user_id
        )
