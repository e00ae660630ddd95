# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class IrActionsActions(models.Model):
    _inherit = "ir.actions.actions"

    @api.model
    def get_bindings(self, model_name):
        """Offer no action that the gate would refuse: see ``_check_crm_installed``."""
        bindings = super().get_bindings(model_name)
        if model_name != "crm.activity" or self.env[model_name]._is_crm_installed():
            return bindings
        replicate = self.env.ref("crm_activity_ext.crm_activity_action_replicate")
        return {
            binding_type: [action for action in actions if action["id"] != replicate.id]
            for binding_type, actions in bindings.items()
        }
