# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class CrmActivityQueueMixin(models.AbstractModel):
    _inherit = "crm.activity.queue.mixin"

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
