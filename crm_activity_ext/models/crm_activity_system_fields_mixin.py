# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import AccessError

from ..tools.values import SystemValue


class CrmActivitySystemFieldsMixin(models.AbstractModel):
    """Fields that only the system writes: nobody else does, by no way in.

    ``readonly`` guards a form, and the external API takes the field all the same. A context
    key comes from anybody, and so does a default: what the system writes, it writes as
    superuser.
    """

    _name = "crm.activity.system.fields.mixin"
    _description = "System-Managed Fields"

    @api.model
    def _get_system_fields(self):
        """:return: set of the names of the fields that only the superuser writes"""
        return set()

    def _add_missing_default_values(self, values):
        """Take no default for what only the system writes, whoever has set one."""
        completed = super()._add_missing_default_values(values)
        if self.env.su:
            return completed
        defaults = self._get_system_fields() - values.keys()
        return {name: value for name, value in completed.items() if name not in defaults}

    def onchange(self, values, field_names, fields_spec):
        """Take no record that only the system refers to, as its name may not be the user's to read;
        and nothing that the system computes, as that can be anything.
        """
        if not self.env.su:
            names = {
                name
                for name in self._get_system_fields()
                if self._fields[name].type == "many2one" or self._fields[name].compute
            }
            values = {name: value for name, value in values.items() if name not in names}
            changed = [name for name in field_names if name not in names]
            if field_names and not changed:
                return {"value": {}}  # without a name, Odoo would give the defaults
            field_names = changed
        return super().onchange(values, field_names, fields_spec)

    @api.model_create_multi
    def create(self, vals_list):
        """Accept what the system writes where it is a :class:`SystemValue`."""
        names = self._get_system_fields() & set().union(*vals_list)
        if names:
            self._check_system_fields(
                {
                    name
                    for vals in vals_list
                    for name in names & vals.keys()
                    if not isinstance(vals[name], SystemValue)
                }
            )
            vals_list = [
                {
                    name: value.value if isinstance(value, SystemValue) else value
                    for name, value in vals.items()
                }
                for vals in vals_list
            ]
        return super().create(vals_list)

    def write(self, vals):
        self._check_system_fields(vals.keys())
        return super().write(vals)

    @api.model
    def _check_system_fields(self, names):
        """Refuse what is the system's to write.

        :param names: set of the names of the fields that somebody writes
        :raise AccessError: naming the fields that are not theirs
        """
        refused = set() if self.env.su else self._get_system_fields() & names
        if refused:
            raise AccessError(
                self.env._(
                    "You cannot set these fields of %(model)s, only the system can: %(fields)s",
                    model=self.env["ir.model"]._get(self._name).display_name,
                    fields=", ".join(sorted(refused)),
                )
            )
