# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class CrmActivityWizardMixin(models.AbstractModel):
    _inherit = "crm.activity.wizard.mixin"

    target_model = fields.Selection(
        selection_add=[("crm.lead", "Leads and opportunities")],
        ondelete={"crm.lead": "cascade"},
    )
