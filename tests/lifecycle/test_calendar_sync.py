# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where Odoo tells Google or Outlook of its events, a meeting that is given away goes along."""

import pytest

MODULES = ["google_calendar", "microsoft_calendar"]
# Whose calendars are told elsewhere.
CASES = [["old"], ["new"], ["old", "new"], ["old", "planner"], ["planner"]]


@pytest.mark.parametrize("module", MODULES)
def test_a_reassigned_meeting_ends_in_the_other_calendar_and_in_none_twice(
    scratch_database, odoo, inside, module
):
    database = scratch_database("crm")
    odoo("module", "install", "-d", database, module)
    for synced, result in zip(
        CASES, inside(database, "reassign_synced", module, CASES), strict=True
    ):
        assert result["events"] == 1, synced
        assert (result["organizer"], result["state"]) == ("new", "pending"), synced
        assert result["mails"] == 0, synced
        told = {(user, action) for user, action in result["told"]}
        assert (("old", "insert") in told) == ("old" in synced), synced
        assert (("old", "delete") in told) == ("old" in synced), synced
        assert not any(user == "planner" for user, _action in told), synced
        if "old" in synced and "new" in synced:
            assert ("new", "insert") in told


def test_an_organizer_who_is_changed_for_outlook_takes_the_activity_along(
    scratch_database, odoo, inside
):
    database = scratch_database("crm")
    odoo("module", "install", "-d", database, "microsoft_calendar")
    result = inside(database, "change_organizer_in_outlook")
    assert result == {"events": 1, "organizer": "new", "responsible": "new", "state": "pending"}


@pytest.mark.parametrize("module", MODULES)
def test_whatever_is_done_to_a_series_elsewhere_its_activity_goes_along(
    scratch_database, odoo, inside, module
):
    database = scratch_database("crm")
    odoo("module", "install", "-d", database, module)
    planned, gone = "pending", "cancelled"
    first = {"count": 2}
    # A part that was split off and renamed: Outlook says of nothing where it comes from.
    renamed, moved = (planned, 2) if module == "google_calendar" else (gone, 0)
    # status before, what is told there, status after, by how many hours it has moved
    table = [
        (planned, [{"name": "Other"}], planned, 0),
        (planned, [{"hours": 1}], planned, 1),
        (planned, [{"days": 4}], planned, 96),
        (planned, [{"days": -1, "hours": -2}], planned, -26),
        (planned, [first, {"since": 2, "count": 3, "name": "Other"}], renamed, 0),
        (planned, [first, {"since": 2, "count": 3, "hours": 2, "name": "Other"}], renamed, moved),
        (planned, [first, {"since": 2, "count": 3, "hours": 2}], planned, 2),
        (planned, [{"count": 1}, {"since": 1, "count": 4, "days": 4}], planned, 96),
        (planned, [first], gone, 0),
        (planned, [{"status": "cancelled"}], gone, 0),
        ("done", [{"hours": 1}], "done", 0),
        ("done", [{"status": "cancelled"}], "done", 0),
    ]
    results = inside(database, "follow_series", module, [case[:2] for case in table])
    for (_before, told, state, hours), result in zip(table, results, strict=True):
        assert (result["state"], result["hours"]) == (state, hours), told
        if state == planned:
            assert (result["at"], result["events"]) == (0, 1), told
            assert result["name"] == told[-1].get("name", "Series"), told
