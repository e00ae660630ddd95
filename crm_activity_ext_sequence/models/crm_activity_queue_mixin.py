# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.fields import Domain


class CrmActivityQueueMixin(models.AbstractModel):
    _inherit = "crm.activity.queue.mixin"

    @api.model
    def _get_free_domain(self):
        """Leave out what waits for somebody to decide, perhaps for days."""
        lines = self.env["crm.activity.distribution"]._search_undecided_lines()
        if lines is None:
            return super()._get_free_domain()
        # sudo: the queue sends for all.
        activities = self.env["crm.activity"].sudo()
        waiting = activities._search(
            [("enrollment_id", "in", lines.subselect("res_id")), ("mail_message_id", "!=", False)]
        )
        is_free = Domain("mail_message_id", "not in", waiting.subselect("mail_message_id"))
        return super()._get_free_domain() & is_free

    def _hold(self):
        """Leave out what was stopped while somebody was at it: it is cancelled later; and what
        waits to be paused, stopped or changed with many others.

        Asked at the last moment, in the transaction that the message leaves in.
        """
        held = super()._hold()
        activity_of = held._get_crm_activity_by_message()
        enrollments = self._join_crm_activities(activity_of.values()).enrollment_id
        if not enrollments:
            return held
        settling = enrollments._get_settling()
        if settling:
            self._have_another_turn()
        return held.filtered(lambda message: activity_of[message].enrollment_id not in settling)
