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

    def _get_crm_activity_number(self):
        return self.phone or self.commercial_partner_id.phone

    def _get_crm_activity_names(self):
        names = dict.fromkeys([self.commercial_company_name, self.name])
        return [name for name in names if name]

    def _get_crm_activity_address(self):
        lines = self._display_address(without_company=True).splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _get_crm_activity_salesperson(self):
        return self.user_id or self.commercial_partner_id.user_id

    def _fetch_for_crm_activities(self):
        names = ["active", "commercial_partner_id", "complete_name", "email", "user_id"]
        self.fetch(names)
        self.commercial_partner_id.fetch(["user_id"])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        for field_name in ("partner_id", "contact_id"):
            self.env["crm.activity"]._check_unreferenced(field_name, self)
