# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Let activities that the merge moved by SQL follow the surviving partner."""
        wishes = (src_partners | dst_partner)._get_strictest_crm_wishes()
        result = super()._update_values(src_partners, dst_partner)
        if any(wishes[since] for since in src_partners._get_crm_refusal_fields().values()):
            dst_partner.write(wishes)
        self.env["crm.activity"]._merge_participants(src_partners)
        self.env["crm.activity"]._realign_customers(dst_partner)
        self.env["crm.activity.distribution.line"]._follow_merge(src_partners, dst_partner)
        self.env["crm.activity.opt.out.part"]._follow_merge(src_partners, dst_partner)
        return result
