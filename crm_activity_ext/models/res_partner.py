# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "crm.activity.target.mixin"]

    def write(self, vals):
        result = super().write(vals)
        if {"parent_id", "is_company"} & vals.keys():
            # sudo: the activities of others move with the person as well.
            self.env["crm.activity"].sudo()._realign_customers(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        for field_name in ("partner_id", "contact_id"):
            self.env["crm.activity"]._check_unreferenced(field_name, self)
