# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import UserError


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_sequences(self):
        """:raise UserError: naming the sequences that have steps of these types"""
        # sudo: a step needs its type, whoever deletes that.
        steps = self.env["crm.activity.sequence.step"].sudo()
        used = steps.search([("activity_type_id", "in", self.ids)])
        if used:
            raise UserError(
                self.env._(
                    "You cannot delete these activity types: they are used in the sequences "
                    "%(names)s.",
                    names=", ".join(used.sequence_id.mapped("name")),
                )
            )
