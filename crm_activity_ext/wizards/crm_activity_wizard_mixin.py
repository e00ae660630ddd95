# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.values import is_id_list


class CrmActivityWizardMixin(models.AbstractModel):
    """The records that a dialog was opened for."""

    _name = "crm.activity.wizard.mixin"
    _description = "Dialog for Targets of CRM Activities"
    _inherit = ["crm.activity.dialog.mixin"]

    target_model = fields.Selection(
        [("res.partner", "Customers and contacts")], required=True, readonly=True
    )
    target_ids = fields.Json(required=True, readonly=True)

    @api.constrains("target_ids")
    def _check_target_ids(self):
        for wizard in self:
            wizard._get_target_ids()

    def _get_target_ids(self):
        """:return: the ids of the targets, in their order, each once
        :raise ValidationError: for what is no list of ids
        """
        ids = self.target_ids or []
        if not is_id_list(ids):
            raise ValidationError(self.env._("“target_ids” must be a list of record IDs."))
        return list(dict.fromkeys(ids))
