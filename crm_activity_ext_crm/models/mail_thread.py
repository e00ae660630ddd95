# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models

from odoo.addons.crm_activity_ext.models.crm_activity_answer_mixin import is_automatic
from odoo.addons.crm_activity_ext.tools.calendar_reply import get_calendar_comment


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Let what somebody writes about the meeting of an activity be an answer to that.

        A calendar's bare *accepted* or *declined* is nobody's words: it stays with the event.
        """
        author = self.env["res.partner"].browse(message_dict.get("author_id") or ())
        is_from_outside = not author or author.partner_share
        is_bare = get_calendar_comment(message) == "" or is_automatic(message)
        if is_from_outside and not is_bare:
            routes = [self._get_crm_activity_route(*route) for route in routes or ()]
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _get_crm_activity_route(self, model, thread_id, *others):
        """:return: tuple, the route of a mail, or of one about an event that to its activity"""
        if model == "calendar.event" and thread_id:
            activity = self.env[model].browse(thread_id)._get_crm_activities()[:1]
            if activity:
                return (activity._name, activity.id, *others)
        return (model, thread_id, *others)
