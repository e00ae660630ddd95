# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models


class CrmActivityRememberedMixin(models.AbstractModel):
    """Few records that change rarely: what is asked of them again and again is remembered between
    requests (``ormcache``), until one of them changes.
    """

    _name = "crm.activity.remembered.mixin"
    _description = "Remembered Between Requests"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _update_field_translations(self, *args, **options):
        result = super()._update_field_translations(*args, **options)
        self.env.registry.clear_cache()
        return result
