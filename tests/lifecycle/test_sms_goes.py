# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Uninstalling the SMS channel below activities that use it."""

ACTIVITIES = """
    SELECT to_jsonb(activity) - 'state' - 'failure_reason' - 'write_date' - 'write_uid'
    FROM crm_activity activity ORDER BY id
"""
MESSAGES = """
    SELECT id, res_id, body FROM mail_message
    WHERE model = 'crm.activity' AND message_type = 'sms' ORDER BY id
"""
STATES = "SELECT name, state, failure_reason FROM crm_activity ORDER BY id"


def test_activities_outlive_the_sms_channel_and_nothing_leaves_early(
    scratch_database, odoo, inside, sql
):
    database = scratch_database("crm")
    inside(database, "make_sms")
    before = [sql(database, query) for query in (ACTIVITIES, MESSAGES)]
    assert len(before[0]) == len(before[1]) == 2

    odoo("module", "uninstall", "-d", database, "crm_activity_ext_sms")
    assert [sql(database, query) for query in (ACTIVITIES, MESSAGES)] == before
    for line in sql(database, STATES):
        _name, state, reason = line.split("|")
        assert (state, "uninstalled" in reason) == ("cancelled", True)
    assert sql(database, "SELECT id FROM sms_sms WHERE state = 'outgoing'") == []
    assert inside(database, "broken_interface") == []
