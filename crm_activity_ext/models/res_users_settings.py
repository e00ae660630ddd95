# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class ResUsersSettings(models.Model):
    """What a user has left as they want it. The web client writes it."""

    _inherit = "res.users.settings"

    crm_history_hide_emails = fields.Boolean(string="Hide Emails in the History")
