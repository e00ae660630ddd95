# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _get_crm_activities(self):
        """:return: the activities that have these, their own, in the outbox or have sent them"""
        messages = self.filtered(lambda message: message.model == "crm.activity")
        # sudo: fate does not depend on who looks.
        Activity = self.env["crm.activity"].sudo()
        if not messages:
            return Activity
        found = Activity.search([("mail_message_id", "in", messages.ids)])
        return found.filtered(lambda activity: activity._get_own_message())

    def _get_sent_crm_activity(self):
        """:return: the activity that has sent this message as an email, or none"""
        return self.filtered(lambda m: m.message_type == "email_outgoing")._get_crm_activities()
