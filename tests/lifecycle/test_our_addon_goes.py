# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Uninstalling our own addon, and installing it where it has been before."""

from structure import QUERIES, assert_same, structure

# What a record of ours brings into Odoo's own tables.
REMAINS = {
    "external ids": "SELECT name FROM ir_model_data WHERE module LIKE 'crm_activity_ext%'",
    "types": "SELECT name FROM mail_activity_type WHERE res_model = 'crm.activity'",
    "messages": "SELECT id FROM mail_message WHERE model = 'crm.activity'",
    "followers": "SELECT id FROM mail_followers WHERE res_model = 'crm.activity'",
    "files": "SELECT name FROM ir_attachment WHERE res_model = 'crm.activity'",
    "events": "SELECT id FROM calendar_event WHERE res_model = 'crm.activity'",
}

CHANNELS = set("call_out call_in visit meeting email_out email_in sms letter fax other".split())

ODOO_TYPES = ["Call", "Document", "Email", "Meeting", "To-Do"]
# What stands in a calendar stays there.
MEETINGS = "SELECT id, active FROM calendar_event"
# What the user made for all documents is the user's.
KEPT_TYPE = "Factory tour"


def test_our_addon_leaves_nothing_behind_and_comes_back(scratch_database, odoo, inside, sql):
    database = scratch_database("crm")
    odoo("i18n", "loadlang", "-d", database, "-l", "es")
    before = sql(database, QUERIES["activity types"])
    assert inside(database, "use_everything") == ["Trade fair", KEPT_TYPE]
    assert len(before) + 2 == len(sql(database, QUERIES["activity types"]))
    # A query with a mistake in it would find nothing before either.
    assert all(sql(database, query) for query in REMAINS.values())

    meetings = sql(database, MEETINGS)
    odoo("module", "uninstall", "-d", database, "crm_activity_ext")
    assert sql(database, MEETINGS) == meetings
    assert {name: sql(database, query) for name, query in REMAINS.items()} == {
        name: [] for name in REMAINS
    }
    expected = structure(sql, scratch_database("crm", with_us=False))
    expected["activity types"].add(f"{KEPT_TYPE} t")
    assert_same(structure(sql, database), expected)
    # Back again, where Odoo's types are no longer what they were.
    problems, types, _none = inside(
        database, ["broken_interface", "make_lead_and_todo", "drop_types"]
    )
    assert problems == []
    assert types == sorted([*ODOO_TYPES, KEPT_TYPE])
    odoo("module", "install", "-d", database, "crm_activity_ext")
    channels, ways_in, problems = inside(database, ["channels", "ways_in", "broken_interface"])
    assert {channel for channel, names in channels.items() if len(names) == 1} == CHANNELS
    assert channels["call_out"][0][0] == "Call"
    assert channels["email_out"] == [["Outgoing email", "E-mail saliente"]]
    assert channels["meeting"] == [["Meeting", "Reunión"]]
    assert ways_in[0] == 1
    assert problems == []
