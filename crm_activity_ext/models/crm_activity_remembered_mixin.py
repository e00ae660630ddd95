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
        records._get_remembered()._forget()
        return records

    def write(self, vals):
        remembered = self._get_remembered()
        result = super().write(vals)
        (remembered | self._get_remembered())._forget()
        return result

    def unlink(self):
        remembered = self._get_remembered()
        result = super().unlink()
        remembered._forget()
        return result

    def _update_field_translations(self, *args, **options):
        result = super()._update_field_translations(*args, **options)
        self._get_remembered()._forget()
        return result

    def _get_remembered(self):
        """:return: those of them of which something is remembered"""
        return self

    def _forget(self):
        if self:
            self.env.registry.clear_cache()
