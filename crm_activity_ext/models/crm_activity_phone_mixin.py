# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain


class CrmActivityPhoneMixin(models.AbstractModel):
    """What is found by the phone number of those it is for."""

    _name = "crm.activity.phone.mixin"
    _description = "Search by Phone Number"

    phone_search = fields.Char(
        string="Phone Number", store=False, exportable=False, search="_search_phone_search"
    )

    @api.model
    def _search_phone_search(self, operator, value):
        """Find by number, however it is spelled, as contacts are found.

        :param str operator: one that is not negative
        :param value: a number, or part of it; a collection of numbers
        :raise UserError: for fewer than three characters
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        found = Domain.FALSE
        for name in self._get_phone_fields():
            Target = self.env[self._fields[name].comodel_name].with_context(active_test=False)
            # Odoo's own search, where the addon that has it is installed.
            number = "phone_mobile_search" if "phone_mobile_search" in Target._fields else "phone"
            # The ids, and not a join: the history reads all documents for one.
            found |= Domain(name, "in", Target.search([(number, operator, value)]).ids)
        return found

    @api.model
    def _get_phone_fields(self):
        """:return: list of the fields that hold who has a number"""
        targets = self.env["crm.activity"]._get_target_fields().values()
        return [name for names in targets for name in names if name in self._fields]
