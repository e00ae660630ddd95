# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class IrFilters(models.Model):
    """The favorites that came with us have their names in the language of who looks.

    To Odoo the name of a favorite is what a user has typed, the same for everybody.
    """

    _inherit = "ir.filters"

    @api.model
    def get_filters(self, model, *args, **kwargs):
        """Translate the names of ours; one that somebody has changed stays."""
        filters = super().get_filters(model, *args, **kwargs)
        if model == "crm.activity":
            names = self._get_crm_activity_names()
            for favorite in filters:
                favorite["name"] = names.get(favorite["name"], favorite["name"])
        return filters

    @api.model
    def _get_crm_activity_names(self):
        """:return: ``{name as it is stored: in the user's language}``"""
        return {
            "Done by Person, Type and Week": self.env._("Done by Person, Type and Week"),
            "Outcomes by Campaign": self.env._("Outcomes by Campaign"),
        }
