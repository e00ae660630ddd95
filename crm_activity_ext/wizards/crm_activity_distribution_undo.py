# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivityDistributionUndo(models.TransientModel):
    """The question whether to take back what a distribution has made."""

    _name = "crm.activity.distribution.undo"
    _description = "Undo a CRM Activity Distribution"
    _inherit = ["crm.activity.dialog.mixin"]

    distribution_id = fields.Many2one(
        "crm.activity.distribution", required=True, readonly=True, ondelete="cascade"
    )
    deleted_count = fields.Integer(compute="_compute_counts")
    kept_count = fields.Integer(compute="_compute_counts")

    @api.depends("distribution_id")
    def _compute_counts(self):
        for wizard in self:
            counts = wizard.distribution_id._count_taken_back()
            wizard.deleted_count, wizard.kept_count = counts

    def action_undo(self):
        """Undo the distribution.

        :return: client action, a notification that tells what was deleted and what stays
        :raise UserError: while it waits or runs
        """
        return self.distribution_id.action_undo()
