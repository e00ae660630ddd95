# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A backup that is restored under another name, as a copy to try things in."""

import pytest
from structure import QUERIES, structure

from devenv import templates

ROWS = "SELECT to_jsonb(activity) FROM crm_activity activity ORDER BY id"
# Neutralizing switches a view, and PostgreSQL spells what it restores in its own way.
SAME = QUERIES.keys() - {"views", "constraints", "indexes"}
EMAIL = {"state": "pending", "file": "42 chairs", "mail": "Our offer"}


@pytest.fixture
def copy_name():
    """The name of a database to restore into, dropped afterwards."""
    name = "restored_copy"
    templates.drop(name)
    yield name
    templates.drop(name)


def test_a_backup_restored_elsewhere_is_the_same_and_a_neutralized_one_sends_nothing(
    scratch_database, odoo, inside, sql, copy_name, tmp_path
):
    database = scratch_database("crm")
    inside(database, ["use_everything", "make_post"])
    backup = tmp_path / "backup.zip"
    odoo("db", "dump", database, backup)

    odoo("db", "load", "--neutralize", copy_name, backup)
    assert sql(copy_name, ROWS) == sql(database, ROWS) != []
    copied, original = structure(sql, copy_name), structure(sql, database)
    assert {kind: copied[kind] for kind in SAME} == {kind: original[kind] for kind in SAME}
    assert inside(database, "post") == {**EMAIL, "servers": ["127.0.0.1"]}
    # Odoo's own way to send nothing: a server that is none.
    screens = inside(copy_name, ["broken_interface", "ways_in", "post"])
    assert screens == [[], [1, 1, 1], {**EMAIL, "servers": ["invalid"]}]
