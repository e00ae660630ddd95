# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Beside what a company has besides: each app puts something of its own into our screens."""

from collections import Counter

import pytest

pytestmark = pytest.mark.long


def test_who_sells_reads_every_field_of_every_screen(scratch_database, inside):
    database = scratch_database("neighbours")
    inside(database, "make_activities")
    inside(database, "make_mailings")
    found = inside(database, "read_screens", "sam", "max")
    print_table(found["read"])
    assert found["problems"] == []
    assert inside(database, "broken_interface") == []


def print_table(read):
    """Print how much each user has read: screens, fields and records."""
    screens, fields, rows = Counter(), Counter(), Counter()
    for login, _screen, field_count, row_count in read:
        screens[login] += 1
        fields[login] += field_count
        rows[login] += row_count
    print(f"\n{'':<12}{'screens':>10}{'fields':>10}{'records':>10}")
    for login in screens:
        print(f"{login:<12}{screens[login]:>10}{fields[login]:>10}{rows[login]:>10}")
