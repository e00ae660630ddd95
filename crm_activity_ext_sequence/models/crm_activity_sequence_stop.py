# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivitySequenceStop(models.Model):
    """Something has stopped a sequence while another transaction was at it, or at its activities.

    A row of its own, as nobody else writes it: the queue looks here before anything leaves.
    """

    _name = "crm.activity.sequence.stop"
    _description = "Stop of a CRM Activity Sequence"
    _inherit = ["crm.activity.system.fields.mixin"]

    enrollment_id = fields.Many2one(
        "crm.activity.sequence.enrollment", required=True, index=True, ondelete="cascade"
    )
    # As ``stop_reason`` of the enrollment; none where that was written, and the rest has to follow.
    reason = fields.Char()

    @api.model
    def _get_system_fields(self):
        """All of it: see the enrollment."""
        return {name for name, field in self._fields.items() if field.store}
