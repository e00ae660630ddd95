# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What Odoo's *Privacy Lookup* finds of a person, and what becomes of it."""


def test_a_persons_activities_are_found_and_the_person_is_forgotten(scratch_database, odoo, inside):
    database = scratch_database("crm")
    odoo("module", "install", "-d", database, "privacy_lookup")
    made = inside(database, "make_activities")
    found = inside(database, "look_up", "Olga Oak", "olga@example.com")
    assert ["crm.activity", made["contact"]] in found["records"]
    assert found["refusal"] == ""
    assert not found["is_there"]
    assert found["activities"] == [[made["contact"], "Anonymized", False]]
    assert f"#{made['contact']}" in found["log"]
