# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import Command, api, fields, models

from odoo.addons.crm_activity_ext.models.crm_activity_answer_mixin import RECORD_RECEIVED


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_recorded_model_ids = fields.Many2many(
        "ir.model",
        string="Documents",
        domain=lambda self: [
            ("model", "in", self.env["crm.activity"]._get_documents_with_customer())
        ],
        help="Reminders on these documents that are marked done are recorded as CRM activities "
        "of their customer.",
    )

    crm_record_received_messages = fields.Boolean(
        string="Record Incoming Messages",
        config_parameter=RECORD_RECEIVED,
    )

    @api.model
    def get_values(self):
        recorded = self.env["ir.model"].search([("crm_record_done", "=", True)])
        return {**super().get_values(), "crm_recorded_model_ids": [Command.set(recorded.ids)]}

    def set_values(self):
        result = super().set_values()
        chosen = self.crm_recorded_model_ids
        former = self.env["ir.model"].search([("crm_record_done", "=", True)])
        (former - chosen).crm_record_done = False
        (chosen - former).crm_record_done = True
        return result
