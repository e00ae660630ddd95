# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What installed addons are made of in a database, as sets that can be compared."""

from pprint import pformat

import pytest

QUERIES = {
    "modules": "SELECT name || ' ' || state FROM ir_module_module WHERE state != 'uninstalled'",
    "columns": """
        SELECT table_name || '.' || column_name || ' ' || data_type
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "sequences": "SELECT sequencename FROM pg_sequences WHERE sequencename !~ '^ir_sequence_[0-9]'",
    # Not those of fields and of inheritance: each module that extends a mixin makes them for
    # every model on it, and Odoo leaves them behind when that model goes.
    # Nor those of modules: that one is on the addons path does not install it.
    # Odoo makes some names of database ids.
    "external ids": r"""
        SELECT model || ' ' || module || '.' || name FROM ir_model_data
        WHERE model NOT IN ('ir.model.fields', 'ir.model.inherit', 'ir.module.module')
        AND module NOT LIKE '\_\_%' AND name !~ '\d{2,}'
    """,
    "models": "SELECT model FROM ir_model",
    "fields": "SELECT model || '.' || name FROM ir_model_fields",
    "views": """
        SELECT concat_ws(' ', model, type, name, mode, active) FROM ir_ui_view
    """,
    "menus": "SELECT (name->>'en_US') || ' ' || coalesce(split_part(action, ',', 1), '') "
    "FROM ir_ui_menu",
    "actions": "SELECT type || ' ' || (name->>'en_US') FROM ir_actions",
    "access rules": "SELECT name FROM ir_rule UNION SELECT name FROM ir_model_access",
    "activity types": """
        SELECT concat_ws(' ', name->>'en_US', res_model, active) FROM mail_activity_type
    """,
}


def structure(sql, database):
    """Describe a database.

    :param sql: the fixture of that name
    :return dict: sets of names by what they are names of
    """
    return {
        kind: {row.strip() for row in sql(database, query)} - {""}
        for kind, query in QUERIES.items()
    }


def assert_same(found, expected):
    differences = {
        f"{what} {kind}": sorted(names)
        for kind in QUERIES
        for what, names in (
            ("missing", expected[kind] - found[kind]),
            ("unexpected", found[kind] - expected[kind]),
        )
        if names
    }
    if differences:
        pytest.fail(f"Not the same database:\n{pformat(differences)}")
