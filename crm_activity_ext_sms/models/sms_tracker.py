# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _update_sms_notifications(self, *args, **kwargs):
        """Every outcome passes here, the answer to sending and later reports: follow it."""
        before = {n: n.notification_status for n in self.mail_notification_id}
        result = super()._update_sms_notifications(*args, **kwargs)
        changed = self.mail_notification_id.filtered(lambda n: n.notification_status != before[n])
        changed._report_crm_activity_delivery()
        return result
