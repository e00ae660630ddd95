# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class MailBlacklist(models.Model):
    _name = "mail.blacklist"
    # The mixin first, around what Odoo itself does to make an entry.
    _inherit = ["crm.activity.sequence.blacklist.mixin", "mail.blacklist"]

    _crm_target_field = "email_normalized"
