# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivityDistributionLine(models.Model):
    _inherit = "crm.activity.distribution.line"

    kind = fields.Selection(
        selection_add=[
            ("enrolled", "Already in this sequence"),
            ("won", "Won"),
            ("unchanged", "Not changed"),
        ],
        ondelete={"enrolled": "cascade", "won": "cascade", "unchanged": "cascade"},
    )

    @api.model
    def _forget(self, records):
        """What forgets records forgets them in sequences as well."""
        self.env["crm.activity.sequence.enrollment"]._forget(records)
        return super()._forget(records)

    @api.model
    def _follow_merge(self, sources, survivor):
        """What follows a merge of records is followed by sequences as well."""
        self.env["crm.activity.sequence.enrollment"]._follow_merge(sources, survivor)
        return super()._follow_merge(sources, survivor)
