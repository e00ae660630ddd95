# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models


class PhoneBlacklist(models.Model):
    _name = "phone.blacklist"
    # The mixin first, around what Odoo itself does to make an entry.
    _inherit = ["crm.activity.sequence.blacklist.mixin", "phone.blacklist"]

    _crm_target_field = "phone_sanitized"
