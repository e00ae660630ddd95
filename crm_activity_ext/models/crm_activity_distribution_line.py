# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivityDistributionLine(models.Model):
    """A target that still waits for its activity, or that was left out.

    It goes away in the transaction that makes the activity: what there is to do is never
    forgotten and never done twice.
    """

    _name = "crm.activity.distribution.line"
    _description = "Target of a CRM Activity Distribution"
    _inherit = ["crm.activity.system.fields.mixin"]
    _order = "id"

    distribution_id = fields.Many2one(
        "crm.activity.distribution", required=True, index=True, ondelete="cascade"
    )
    res_id = fields.Integer(string="ID of the Target", required=True)
    name = fields.Char(string="Target")
    kind = fields.Selection(
        [
            ("existing", "Has one of this type in this campaign"),
            ("archived", "Archived"),
            ("no_address", "No valid address"),
            ("opted_out", "Opted out"),
            ("same_address", "Same address as another"),
            ("not_mine", "Would be somebody else's"),
            ("gone", "Deleted, or no longer open to you"),
            ("error", "Cannot be created"),
        ],
        string="Why",
    )
    reason = fields.Char()

    _waiting_idx = models.Index("(distribution_id, id) WHERE kind IS NULL")

    @api.model
    def _get_system_fields(self):
        """All of it: see the distribution."""
        return {name for name, field in self._fields.items() if field.store}

    def action_open_target(self):
        """Open what no activity was made for.

        :return: window action on the target
        """
        line = self._origin.ensure_one()
        return self.env[line.distribution_id.target_model].browse(line.res_id)._get_records_action()

    @api.model
    def _forget(self, records):
        """Remove what the lines of these targets say of them.

        :param records: targets, of one model
        """
        # sudo: whoever forgets a person forgets them in the distributions of others as well.
        self.sudo().search(
            [
                ("distribution_id.target_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("kind", "!=", False),
            ]
        ).write({"name": False, "reason": False})
