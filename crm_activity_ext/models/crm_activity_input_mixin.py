# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
import re
from contextlib import contextmanager
from datetime import date
from math import isfinite

from psycopg2.errors import ForeignKeyViolation

from odoo import api, models
from odoo.exceptions import UserError

from ..tools.values import SystemValue

_logger = logging.getLogger(__name__)

# What the values of a field may be, by its type; not every text is one. Odoo takes much else for
# something that nobody has meant: a list for no record, a number for a failure.
ACCEPTED = {
    "date": (str, date),
    "datetime": (str, date),
    "float": (str, int, float),
    "integer": (str, int, float),
    "many2many": (list, tuple, models.BaseModel),
    "many2one": (int, tuple, models.BaseModel),
    "monetary": (str, int, float),
    "selection": (str,),
}
# What PostgreSQL says of a reference to nothing, in any language; of what is still referred to it
# names the column "id".
MISSING = re.compile(r"\((?!id\))(\w+)\)=\((\d+)\)")


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
        self._check_names(vals)
        for name, value in vals.items():
            field = self._fields[name]
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
    def _check_names(self, names):
        """:raise UserError: for the name of a field that is none"""
        for name in names:
            if name not in self._fields:
                raise UserError(self.env._("There is no field “%(name)s”.", name=name))

    @api.model
    def _can_be(self, field, value):
        """:return: whether a field can have this value, as far as one can tell by looking at it"""
        if isinstance(value, SystemValue):
            return True
        if field.type not in ACCEPTED or value is None or value is False or value == "":
            return True
        if not isinstance(value, ACCEPTED[field.type]) or value is True:
            return False
        if field.relational:
            return True
        if field.type == "selection":
            return value in field.get_values(self.env)  # Odoo takes any where a function gives them
        try:
            read = field.convert_to_cache(value, self)
        except (OverflowError, TypeError, ValueError):
            return False
        return not isinstance(read, float) or isfinite(read)

    @api.model
    def _sql_error_to_message(self, exc):
        """Say that a record is missing, where Odoo takes each such error for a deletion."""
        if isinstance(exc, ForeignKeyViolation) and exc.diag.table_name == self._table:
            missing = MISSING.search(exc.diag.message_detail or "")
            if missing and (field := self._fields.get(missing[1])):
                return self.env._(
                    "“%(field)s” (%(name)s): there is no record with the ID %(id)s.",
                    field=field._description_string(self.env),
                    name=field.name,
                    id=missing[2],
                )
        return super()._sql_error_to_message(exc)

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        with self._refusing_wrong_searches():
            return super()._search(domain, offset, limit, order, **options)

    @api.model
    def _read_group(self, domain, *args, **options):
        with self._refusing_wrong_searches():
            return super()._read_group(domain, *args, **options)

    def _determine_fields_to_fetch(self, field_names=None, ignore_when_in_cache=False):
        self._check_names(field_names or ())
        return super()._determine_fields_to_fetch(field_names, ignore_when_in_cache)

    @contextmanager
    def _refusing_wrong_searches(self):
        """:return: context manager: a domain or an order that makes no sense is a ``UserError``"""
        try:
            yield
        except ValueError as error:
            # It may well be a mistake of ours.
            _logger.info("A search was refused", exc_info=True)
            message = self.env._("This cannot be searched for: %(reason)s", reason=error)
            raise UserError(message) from error


class CrmActivityDialogMixin(models.AbstractModel):
    """What a program tells a dialog, or a list of ours, wrongly is refused in words."""

    _name = "crm.activity.dialog.mixin"
    _description = "Input of Dialogs for CRM Activities"
    _inherit = ["crm.activity.input.mixin"]

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: for values of fields that cannot be what they say"""
        for vals in vals_list:
            self._check_input(vals)
        return super().create(vals_list)

    def write(self, vals):
        """:raise UserError: see :meth:`create`"""
        self._check_input(vals)
        return super().write(vals)
