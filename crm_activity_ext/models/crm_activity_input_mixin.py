# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

# Types of fields whose values come as text over the API, and not every text is one.
READ_FROM_TEXT = {"date", "datetime", "float", "integer", "many2one", "monetary"}


class CrmActivityInputMixin(models.AbstractModel):
    """What programs write wrongly is refused in words, as what people do wrongly is.

    Odoo gives a ``ValueError``: over JSON-2 an internal error of the server (500), and an error in
    its log. A ``UserError`` is an answer (422), and a fault with a text over XML-RPC.
    """

    _name = "crm.activity.input.mixin"
    _description = "Input of CRM Activities"

    @api.model
    def _check_input(self, vals):
        """:raise UserError: for values of fields that cannot be what they say"""
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None:
                raise UserError(self.env._("There is no field “%(name)s”.", name=name))
            if not self._can_be(field, value):
                raise UserError(
                    self.env._(
                        "“%(value)s” cannot be the value of “%(field)s” (%(name)s).",
                        value=value,
                        field=field._description_string(self.env),
                        name=name,
                    )
                )

    @api.model
    def _can_be(self, field, value):
        """:return: whether a field can have this value, as far as one can tell by looking at it"""
        is_text = isinstance(value, str)
        if not value or not (
            field.type == "selection" or (is_text and field.type in READ_FROM_TEXT)
        ):
            return True
        if field.type == "many2one":
            return False
        try:
            field.convert_to_cache(value, self)
        except (TypeError, ValueError):
            return False
        return True

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        with self._refusing_wrong_searches():
            return super()._search(domain, offset, limit, order, **options)

    @contextmanager
    def _refusing_wrong_searches(self):
        """:return: context manager: a domain or an order that makes no sense is a ``UserError``"""
        try:
            yield
        except ValueError as error:
            message = self.env._("This cannot be searched for: %(reason)s", reason=error)
            raise UserError(message) from error
