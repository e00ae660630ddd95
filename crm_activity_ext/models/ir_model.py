# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models


class IrModel(models.Model):
    _inherit = "ir.model"

    crm_record_done = fields.Boolean(
        string="Record Done Reminders",
        help="Reminders on these documents that are marked done are recorded as CRM activities of "
        "the document's customer.",
    )
