# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def message_post(self, *args, message_type="notification", **kwargs):
        """Record the SMS that a provider's add-on has received, and posts here.

        Odoo itself receives none. Add-ons of providers do, by a request without a user, and so
        as superuser: nobody else makes an activity by saying that a customer has written.
        """
        message = super().message_post(*args, message_type=message_type, **kwargs)
        if message_type == "sms" and self.env.su:
            self.env["crm.activity"]._record_received_sms(message)
        return message
