# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import UserError


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_sequences(self):
        """:raise UserError: naming the sequences with steps that would have nothing to say"""
        # sudo: a step needs its template, whoever deletes that.
        steps = self.env["crm.activity.sequence.step"].sudo()
        used = steps.search([("mail_template_id", "in", self.ids)])
        if used:
            raise UserError(
                self.env._(
                    "You cannot delete these templates: they are used in the sequences %(names)s.",
                    names=", ".join(used.sequence_id.mapped("name")),
                )
            )
