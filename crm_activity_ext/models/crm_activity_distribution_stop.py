# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivityDistributionStop(models.Model):
    """Somebody wants a distribution to stop, while a worker has it.

    A row of its own: the distribution's is locked by the worker, who looks here before each chunk.
    """

    _name = "crm.activity.distribution.stop"
    _description = "Stop of a CRM Activity Distribution"
    _inherit = ["crm.activity.system.fields.mixin"]

    distribution_id = fields.Many2one(
        "crm.activity.distribution", required=True, index=True, ondelete="cascade"
    )

    @api.model
    def _get_system_fields(self):
        """All of it: see the distribution."""
        return {name for name, field in self._fields.items() if field.store}
