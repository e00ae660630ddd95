# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models

from ..tools.values import check_default


class CrmActivityCopyMixin(models.AbstractModel):
    """Whoever has no part in sales copies Odoo's records without what only salespeople read.

    So does whoever may not read a field of another app. A model that is extended by this names it
    first, to be asked before Odoo's own methods.
    """

    _name = "crm.activity.copy.mixin"
    _description = "Copies Without Unreadable Fields"

    def copy_data(self, default=None):
        """Leave out what the user may not read, where Odoo refuses the whole copy."""
        default = check_default(self.env, default)
        unreadable = {
            name
            for name, field in self._fields.items()
            if field.copy and name not in default and not self._has_field_access(field, "read")
        }
        vals_list = super().copy_data({**dict.fromkeys(unreadable), **default})
        for vals in filter(None, vals_list):  # None for an id that was given twice
            for name in unreadable:
                del vals[name]
        return vals_list
