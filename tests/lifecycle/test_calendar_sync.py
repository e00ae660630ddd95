# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where Odoo tells Google or Outlook of its events, a meeting that is given away goes along."""

import pytest

# Whose calendars are told elsewhere.
CASES = [["old"], ["new"], ["old", "new"], ["old", "planner"], ["planner"]]


@pytest.mark.parametrize("module", ["google_calendar", "microsoft_calendar"])
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
