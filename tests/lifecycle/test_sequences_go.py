# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Uninstalling sequences below activities that they have made."""

STATES = "SELECT channel, state, origin FROM crm_activity ORDER BY channel, state"
OUTGOING = """
    SELECT mail.id FROM mail_mail mail
    JOIN mail_message message ON message.id = mail.mail_message_id
    WHERE mail.state = 'outgoing' AND message.model = 'crm.activity'
"""
COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE column_name IN
        ('enrollment_action', 'enrollment_id', 'sequence_id', 'step_id', 'stops_sequence')
    AND table_name LIKE 'crm_activity%'
"""
TARGETS = "SELECT DISTINCT target_model FROM crm_activity_distribution"


def test_activities_outlive_their_sequences_and_no_message_leaves_that_nothing_would_stop(
    scratch_database, odoo, inside, sql
):
    database = scratch_database("everything")
    # Its own tests are of the addons that it is made for.
    odoo("module", "uninstall", "-d", database, "test_crm_activity_ext")
    inside(database, "start_sequence")
    paused = ["call_out|cancelled|sequence", "call_out|pending|sequence"]
    paused += ["email_out|cancelled|sequence", "email_out|pending|sequence"]
    assert sql(database, STATES) == paused
    odoo("module", "uninstall", "-d", database, "crm_activity_ext_sequence")
    calls, emails = ["call_out|pending|sequence"] * 2, ["email_out|cancelled|sequence"] * 2
    assert sql(database, STATES) == calls + emails
    assert sql(database, OUTGOING) == []
    assert sql(database, COLUMNS) == []
    assert sql(database, TARGETS) == ["res.partner"], "nothing waits for enrollments"
    assert inside(database, "broken_interface") == []
    odoo("module", "install", "-d", database, "crm_activity_ext_sequence")
    assert inside(database, "broken_interface") == []
