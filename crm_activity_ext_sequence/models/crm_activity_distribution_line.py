# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models

ADDED_KINDS = ("busy", "enrolled", "unchanged", "won")


class CrmActivityDistributionLine(models.Model):
    _inherit = "crm.activity.distribution.line"

    kind = fields.Selection(
        selection_add=[
            ("enrolled", "Already in this sequence"),
            ("won", "Won"),
            ("unchanged", "Not changed"),
            ("busy", "Being sent or changed right now"),
        ],
        ondelete=dict.fromkeys(ADDED_KINDS, "cascade"),
    )

    @api.model
    def _forget(self, records):
        """What forgets records forgets them in sequences as well, and what was done with those."""
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        enrollments = Enrollment._search_of(records)
        enrollments._forget()
        super()._forget(enrollments)
        return super()._forget(records)

    @api.model
    def _follow_merge(self, sources, survivor):
        """What follows a merge of records is followed by sequences as well."""
        self.env["crm.activity.sequence.enrollment"]._follow_merge(sources, survivor)
        return super()._follow_merge(sources, survivor)
