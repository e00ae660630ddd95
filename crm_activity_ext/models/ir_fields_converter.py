# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class ImportNames(dict):
    """What names of a file were found to mean: of a class that no context from outside is."""


class IrFieldsConverter(models.AbstractModel):
    """Names in an import of activities are looked up once each.

    Thousands of rows name the same types and people, and Odoo looks up each name of each row:
    nine tenths of the time that an import took.
    """

    _inherit = "ir.fields.converter"

    @api.model
    def db_id_for(self, model, field, subfield, value, savepoint):
        names = self.env.context.get("crm_activity_import_names")
        if not isinstance(names, ImportNames) or subfield is not None:
            return super().db_id_for(model, field, subfield, value, savepoint)
        key = (model._name, field.name, value)
        if key in names:
            return names[key]
        found = super().db_id_for(model, field, subfield, value, savepoint)
        if found[0]:  # what is nobody's yet may be created by a later row
            names[key] = found
        return found
