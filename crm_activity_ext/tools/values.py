# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from functools import lru_cache

from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize_all


class SystemValue:
    """What the system itself says of a record that it makes with somebody else's rights.

    No request can hold one: see ``crm.activity.system.fields.mixin``.
    """

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def check_default(env, default):
    """Whatever a program gives to ``copy``.

    :return dict: values of fields
    :raise UserError: if it is none
    """
    if not isinstance(default or {}, dict):
        raise UserError(env._("“default” must be a dictionary of field values."))
    return default or {}


def is_id(value):
    """:return: whether a value may be the id of a record: a boolean is an int to Python, too"""
    return type(value) is int


def is_id_list(values):
    """:return: whether a value is a list, of ids alone"""
    return isinstance(values, list) and all(map(is_id, values))


def get_selection(records, field_name):
    """:return: list of the ``(value, label)`` of a selection, in the user's language"""
    return records._fields[field_name]._description_selection(records.env)


def write_each(name, values):
    """Write a field that has another value in each record, and that nothing else follows from.

    Past ``write``, which would do for each what it does for many: who may has been asked before.

    :param str name: of the field
    :param dict values: ``{record: value}``, the records of one model
    """
    if not values:
        return
    first = next(iter(values))
    records = first.union(*values)
    with first.env.protecting([first._fields[name]], records):
        for record, value in values.items():
            record[name] = value
    records.modified([name])


@lru_cache(maxsize=4096)
def normalize_emails(text):
    """:return: frozenset of the addresses in a text, in normal form; asked again and again while
    the same few hundred are written to
    """
    return frozenset(email_normalize_all(text))
