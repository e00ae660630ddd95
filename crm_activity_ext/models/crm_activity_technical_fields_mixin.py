# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models

# What makes the web client offer a field to group by, to filter by and to export.
OFFERS = ("exportable", "groupable", "searchable")


class CrmActivityTechnicalFieldsMixin(models.AbstractModel):
    """Fields that are there for programs: people are not asked to group, filter or export by them.

    They stay readable and searchable for whoever names them: views, filters, the external API.
    """

    _name = "crm.activity.technical.fields.mixin"
    _description = "Technical Fields"

    @api.model
    def _get_technical_fields(self):
        """:return: set of the names of the fields that nobody is offered"""
        return set()

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Describe the fields; no technical one says that it can be offered."""
        descriptions = super().fields_get(allfields, attributes)
        for name in self._get_technical_fields() & descriptions.keys():
            description = descriptions[name]
            description.update(dict.fromkeys(description.keys() & OFFERS, False))
        return descriptions
