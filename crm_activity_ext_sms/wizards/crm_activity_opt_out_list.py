# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivityOptOutList(models.TransientModel):
    _inherit = "crm.activity.opt.out.list"

    refuses_sms = fields.Boolean(
        string="SMS",
        help="The numbers of who is found go on Odoo's blacklist. "
        "Campaigns do not call them either.",
    )

    @api.model
    def _get_blacklists(self):
        return {
            **super()._get_blacklists(),
            "refuses_sms": ("phone.blacklist", "number", "phone_sanitized"),
        }
