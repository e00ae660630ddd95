# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class IrFilters(models.Model):
    """The favorites that came with us have their names in the language of who looks.

    To Odoo the name of a favorite is what a user has typed, the same for everybody.
    """

    _inherit = "ir.filters"

    @api.model
    def get_filters(self, *args, **kwargs):
        """Translate the names of ours; one that somebody has changed stays."""
        filters = super().get_filters(*args, **kwargs)
        names = self._get_crm_activity_names()
        for favorite in filters:
            stored, translated = names.get(favorite["id"], (None, None))
            if favorite["name"] == stored:
                favorite["name"] = translated
        return filters

    @api.model
    def _get_crm_activity_names(self):
        """:return: ``{id: (name as it is stored, in the user's language)}``"""
        names = {
            "done_by_person": (
                "Done by Person, Type and Week",
                self.env._("Done by Person, Type and Week"),
            ),
            "outcomes_by_campaign": ("Outcomes by Campaign", self.env._("Outcomes by Campaign")),
        }
        to_id = self.env["ir.model.data"]._xmlid_to_res_id
        return {to_id(f"crm_activity_ext.ir_filters_{key}"): pair for key, pair in names.items()}
