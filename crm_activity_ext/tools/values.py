# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def is_id(value):
    """:return: whether a value may be the id of a record: a boolean is an int to Python, too"""
    return type(value) is int


def is_id_list(values):
    """:return: whether a value is a list, of ids alone"""
    return isinstance(values, list) and all(map(is_id, values))


def get_selection(records, field_name):
    """:return: list of the ``(value, label)`` of a selection, in the user's language"""
    return records._fields[field_name]._description_selection(records.env)
