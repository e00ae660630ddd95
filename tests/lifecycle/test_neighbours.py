# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Beside what a company has besides: each app puts something of its own into our screens."""

from collections import Counter

import pytest

from devenv import neighbours

REMAINS = "SELECT name FROM ir_model_data WHERE module LIKE 'crm_activity_ext%'"


@pytest.mark.long
def test_who_sells_reads_every_field_of_every_screen(scratch_database, inside):
    read_all(scratch_database("neighbours"), inside)


@pytest.mark.neighbours
def test_beside_addons_of_oca_we_come_work_and_go(scratch_database, odoo, inside, sql):
    database = scratch_database("neighbours", with_us=False)
    with neighbours.installed():
        odoo("module", "install", "-d", database, *neighbours.ADDONS)
        odoo("module", "install", "-d", database, "crm_activity_ext")
        read_all(database, inside)
        done = inside(database, "send_and_export")
        assert (done["to"], done["state"]) == (["Ash <ash@example.com>"], "done")
        assert done["size"]
        odoo("module", "uninstall", "-d", database, "crm_activity_ext")
        assert inside(database, "broken_interface") == []
    assert sql(database, REMAINS) == []


def read_all(database, inside):
    """Let a salesperson and a sales manager read all there is, and print how much that was.

    All features are on: their groups are everybody's then, and no longer say who may read what.
    """
    inside(database, "make_activities")
    inside(database, "make_mailings")
    assert inside(database, "switch_on_features")
    found = inside(database, "read_screens", "sam", "max")
    assert found["problems"] == []
    assert inside(database, "broken_interface") == []
    screens, fields, rows = Counter(), Counter(), Counter()
    for login, _screen, field_count, row_count in found["read"]:
        screens[login] += 1
        fields[login] += field_count
        rows[login] += row_count
    print(f"\n{'':<12}{'screens':>10}{'fields':>10}{'records':>10}")
    for login in screens:
        print(f"{login:<12}{screens[login]:>10}{fields[login]:>10}{rows[login]:>10}")
