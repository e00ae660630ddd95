# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Installing and uninstalling CRM below our addon."""

from structure import assert_same, structure

REFUSAL = "Creating activities requires the CRM app."
MENUS = ["Activities", "All CRM Activities", "CRM Activities", "Outbox"]

BRIDGE_STATE = "SELECT state FROM ir_module_module WHERE name = 'crm_activity_ext_crm'"
# Whatever the bridge adds to them.
ROWS = (
    "SELECT to_jsonb(activity) - 'lead_id' - 'calendar_event_id' "
    "FROM crm_activity activity ORDER BY id"
)
MESSAGES = (
    "SELECT id, res_id, subject, body FROM mail_message WHERE model = 'crm.activity' ORDER BY id"
)
FOLLOWERS = (
    "SELECT id, res_id, partner_id FROM mail_followers WHERE res_model = 'crm.activity' ORDER BY id"
)
LEADS = "SELECT id, lead_id FROM crm_activity WHERE lead_id IS NOT NULL"
LEAD_COLUMN = (
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_name = 'crm_activity' AND column_name = 'lead_id'"
)


def test_activities_outlive_crm(scratch_database, odoo, inside, sql):
    database = scratch_database("core")

    # CRM comes: the bridge with it, and the same database as had CRM been there first.
    odoo("module", "install", "-d", database, "crm")
    assert sql(database, BRIDGE_STATE) == ["installed"]
    assert_same(structure(sql, database), structure(sql, scratch_database("crm")))
    made, *screens = inside(database, ["make_activities", "ways_in", "menu_names"])
    assert sql(database, LEADS) and set(made) == {"customer", "contact", "lead"}
    assert screens == [[1, 1, 1], MENUS]

    # CRM goes: what was done stays, to the letter, and nothing leads nowhere.
    before = [sql(database, query) for query in (ROWS, MESSAGES, FOLLOWERS)]
    assert len(before[0]) == 3
    odoo("module", "uninstall", "-d", database, "crm")
    assert sql(database, BRIDGE_STATE) == ["uninstalled"]
    assert [sql(database, query) for query in (ROWS, MESSAGES, FOLLOWERS)] == before
    assert sql(database, LEAD_COLUMN) == []
    refusals, *screens = inside(database, ["ways_in", "menu_names", "broken_interface"])
    assert len(refusals) == 3
    assert all(str(refusal).startswith(REFUSAL) for refusal in refusals), refusals
    assert screens == [[], []]
    assert [sql(database, query) for query in (ROWS, MESSAGES, FOLLOWERS)] == before

    # CRM comes back: the gate opens, on the same rows.
    odoo("module", "install", "-d", database, "crm")
    assert sql(database, BRIDGE_STATE) == ["installed"]
    assert [sql(database, query) for query in (ROWS, MESSAGES, FOLLOWERS)] == before
    assert sql(database, LEAD_COLUMN) and sql(database, LEADS) == []
    screens = inside(database, ["ways_in", "menu_names", "broken_interface"])
    assert screens == [[1, 1, 1], MENUS, []]
    assert_same(structure(sql, database), structure(sql, scratch_database("crm")))


def test_without_the_bridge_to_crm_activities_stay_and_with_it_again_all_is_as_before(
    scratch_database, odoo, inside, sql
):
    database = scratch_database("crm")
    made = inside(database, "make_activities")
    expected = structure(sql, database)
    before = [sql(database, query) for query in (ROWS, MESSAGES, FOLLOWERS)]
    assert set(made) == {"customer", "contact", "lead"}

    odoo("module", "uninstall", "-d", database, "crm_activity_ext_crm")
    assert sql(database, LEAD_COLUMN) == []
    assert [sql(database, query) for query in (ROWS, MESSAGES, FOLLOWERS)] == before
    assert inside(database, ["broken_interface", "ways_in"]) == [[], [1, 1, 1]]

    odoo("module", "install", "-d", database, "crm_activity_ext_crm")
    assert_same(structure(sql, database), expected)
    assert inside(database, ["menu_names", "broken_interface"]) == [MENUS, []]
