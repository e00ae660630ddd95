# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Upgrading our addons where people have worked with them."""

import io
import json
import subprocess
import tarfile

import pytest
from structure import assert_same, structure

from devenv import bootstrap, paths

# The last commit of a version that companies may have.
FIRST_VERSION = "29e590927824f732af1e7467f5c450804836690d"
VERSION_5 = "5029c0fdc36bf50c1e97d13df55af8d0acae178b"
# What an activity says, in each of these versions.
FACTS = """
    SELECT json_build_object('id', id, 'name', name, 'state', state, 'channel', channel,
        'type', activity_type_id, 'user', user_id, 'company', company_id, 'date', date,
        'done', date_done, 'duration', duration, 'customer', partner_id, 'contact', contact_id,
        'lead', lead_id, 'campaign', campaign_id, 'body', body, 'message', mail_message_id)
    FROM crm_activity ORDER BY id
"""

ROWS = "SELECT to_jsonb(activity) FROM crm_activity activity ORDER BY id"
VIEW = """
    SELECT view.arch_db->>'en_US' FROM ir_ui_view view JOIN ir_model_data data
    ON data.model = 'ir.ui.view' AND data.res_id = view.id
    WHERE data.module || '.' || data.name = 'crm_activity_ext.crm_activity_view_list'
"""


def test_an_upgrade_renews_our_views_and_leaves_alone_what_is_theirs(
    scratch_database, odoo, inside, sql
):
    database = scratch_database("crm")
    odoo("i18n", "loadlang", "-d", database, "-l", "es")
    view = sql(database, VIEW)
    _used, theirs = inside(database, ["use_everything", "make_it_theirs"])
    rows = sql(database, ROWS)
    assert theirs["shown"] and theirs["names"] == ["Store visit", "Visita a tienda"]
    assert sql(database, VIEW) != view
    before = structure(sql, database)

    addons = ",".join(addon.name for addon in paths.addons())
    odoo("-d", database, "-u", addons, "--stop-after-init", "--no-http")
    assert sql(database, VIEW) == view
    assert sql(database, ROWS) == rows
    assert_same(structure(sql, database), before)
    screens = inside(database, ["what_is_theirs", "broken_interface", "ways_in"])
    assert screens == [theirs, [], [1, 1, 1]]


def test_what_was_sent_with_an_older_version_stays_final(scratch_database, odoo, sql):
    database = scratch_database("crm")
    sql(
        database,
        """
        INSERT INTO mail_message (model, message_type) VALUES ('crm.activity', 'email_outgoing');
        INSERT INTO crm_activity (
            name, state, channel, mail_message_id, activity_type_id, user_id, company_id, date
        )
        SELECT state, state, 'email_out', (SELECT max(id) FROM mail_message WHERE has_message),
               (SELECT id FROM mail_activity_type WHERE crm_channel = 'email_out'), 2, 1, now()
          FROM unnest(ARRAY['done', 'failed', 'cancelled', 'pending']) AS state,
               unnest(ARRAY[TRUE, FALSE]) AS has_message;
        UPDATE crm_activity SET has_left = NULL;
        ALTER TABLE crm_activity DROP COLUMN was_done, DROP COLUMN sent_elsewhere;
        UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name = 'crm_activity_ext';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    left = (
        "SELECT state, mail_message_id IS NOT NULL FROM crm_activity WHERE has_left ORDER BY state"
    )
    assert sql(database, left) == ["done|t", "failed|t"]
    assert sql(database, "SELECT DISTINCT state FROM crm_activity WHERE was_done") == ["done"]
    elsewhere = "SELECT state, mail_message_id IS NOT NULL FROM crm_activity WHERE sent_elsewhere"
    assert sql(database, elsewhere) == ["done|f"]


def test_campaigns_of_an_older_version_keep_their_rules(scratch_database, odoo, sql):
    """Archived ones too: nobody can say who was in them on the day when they were."""
    database = scratch_database("crm")
    sql(
        database,
        """
        INSERT INTO utm_campaign (
            name, title, user_id, stage_id, audience_mode, audience_domain, active
        )
        SELECT state, jsonb_build_object('en_US', state), 2, (SELECT min(id) FROM utm_stage),
               'live', '[("id", "=", 1)]', state = 'active'
          FROM unnest(ARRAY['active', 'archived']) AS state;
        ALTER TABLE utm_campaign DROP COLUMN audience_mode;
        ALTER TABLE utm_campaign DROP COLUMN audience_frozen_date;
        DROP TABLE crm_campaign_frozen_partner_rel, crm_campaign_included_partner_rel,
                   crm_campaign_excluded_partner_rel;
        UPDATE ir_module_module SET latest_version = '19.0.2.0.0' WHERE name = 'crm_activity_ext';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    audiences = (
        "SELECT name, audience_mode, audience_domain FROM utm_campaign "
        "WHERE name IN ('active', 'archived') ORDER BY name"
    )
    assert sql(database, audiences) == [
        'active|live|[("id", "=", 1)]',
        'archived|live|[("id", "=", 1)]',
    ]


def test_activities_of_an_older_version_say_where_they_came_from(scratch_database, odoo, sql):
    database = scratch_database("crm")
    sql(
        database,
        """
        INSERT INTO crm_activity_distribution (
            activity_type_id, company_id, state, user_policy, target_model, run_state, date
        )
        SELECT id, 1, 'done', 'me', 'res.partner', 'done', now()
          FROM mail_activity_type WHERE crm_channel = 'sms';
        INSERT INTO crm_activity (
            name, state, channel, activity_type_id, user_id, company_id, date, distribution_id
        )
        SELECT subject, 'done', 'sms', id, 2, 1, now(), CASE subject WHEN 'Spread' THEN
               (SELECT max(id) FROM crm_activity_distribution) END
          FROM mail_activity_type, unnest(ARRAY['Spread', 'Typed']) AS subject
         WHERE crm_channel = 'sms';
        ALTER TABLE crm_activity DROP COLUMN origin;
        ALTER TABLE mail_activity_type DROP COLUMN crm_record_done;
        UPDATE ir_module_module SET latest_version = '19.0.3.0.0' WHERE name = 'crm_activity_ext';
        UPDATE ir_module_module SET latest_version = '19.0.1.2.0'
         WHERE name = 'crm_activity_ext_sms';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    origins = "SELECT name, origin FROM crm_activity WHERE name IN ('Spread', 'Typed') ORDER BY 1"
    assert sql(database, origins) == ["Spread|distribution", "Typed|manual"]
    recorded = (
        "SELECT DISTINCT crm_record_done FROM mail_activity_type WHERE crm_channel %s "
        "('sms', 'email_out')"
    )
    assert sql(database, recorded % "IN") == ["f"]
    assert sql(database, recorded % "NOT IN") == ["t"]


def test_an_older_version_gets_the_outcomes_with_their_types(scratch_database, odoo, sql):
    database = scratch_database("crm")
    sql(
        database,
        """
        DELETE FROM ir_model_data WHERE model = 'crm.activity.outcome';
        ALTER TABLE crm_activity DROP COLUMN outcome_id;
        DROP TABLE crm_activity_outcome_type_rel, crm_activity_outcome CASCADE;
        UPDATE ir_module_module SET latest_version = '19.0.4.0.0' WHERE name = 'crm_activity_ext';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    starters = (
        "SELECT outcome.name->>'en_US', string_agg(type.crm_channel, ' ' ORDER BY crm_channel) "
        "FROM crm_activity_outcome outcome "
        "LEFT JOIN crm_activity_outcome_type_rel rel ON rel.outcome_id = outcome.id "
        "LEFT JOIN mail_activity_type type ON type.id = rel.activity_type_id "
        "WHERE outcome.name->>'en_US' IN ('No Answer', 'Held', 'Interested') "
        "GROUP BY outcome.id ORDER BY 1"
    )
    assert sql(database, starters) == [
        "Held|meeting visit",
        "Interested|",
        "No Answer|call_in call_out",
    ]
    assert sql(database, "SELECT count(*) FROM crm_activity_outcome WHERE next_type_id > 0") == [
        "2"
    ]


def test_an_older_version_gets_the_bridges_that_came_after_it(scratch_database, odoo, sql):
    """Odoo installs them with what they bridge, and not by an upgrade of it."""
    database = scratch_database("crm")
    odoo("module", "uninstall", "-d", database, "crm_activity_ext_privacy")
    bridges = (
        "SELECT name FROM ir_module_module WHERE state = 'installed' "
        "AND name IN ('crm_activity_ext_gamification', 'crm_activity_ext_privacy')"
    )
    assert sql(database, bridges) == []
    sql(
        database,
        """
        UPDATE ir_module_module SET latest_version = '19.0.5.0.0' WHERE name = 'crm_activity_ext';
        UPDATE ir_act_server SET name = '{"en_US": "CRM Activities: work off distributions"}'
         WHERE name->>'en_US' = 'CRM Activities: Process Distributions';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    assert sql(database, bridges) == ["crm_activity_ext_privacy"]
    names = "SELECT name->>'en_US' FROM ir_act_server WHERE name->>'en_US' LIKE 'CRM Act%Distrib%'"
    assert sql(database, names) == ["CRM Activities: Process Distributions"]


def test_the_challenge_of_an_older_version_can_be_started(scratch_database, odoo, sql):
    database = scratch_database("crm")
    odoo("module", "install", "-d", database, "gamification")
    sql(
        database,
        """
        UPDATE gamification_challenge SET reward_realtime = TRUE;
        UPDATE ir_module_module SET latest_version = '19.0.1.1.0'
         WHERE name = 'crm_activity_ext_gamification';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext_gamification", "--stop-after-init", "--no-http")
    not_at_once = (
        "SELECT data.name FROM gamification_challenge challenge "
        "JOIN ir_model_data data ON data.model = 'gamification.challenge' "
        "AND data.res_id = challenge.id WHERE NOT challenge.reward_realtime"
    )
    assert sql(database, not_at_once) == ["challenge_calls_and_visits"]


def test_what_an_opt_out_list_of_an_older_version_has_noted_is_taken_back(
    scratch_database, odoo, inside, sql
):
    database = scratch_database("core")
    columns = """
        SELECT table_name, column_name, data_type FROM information_schema.columns
         WHERE table_name LIKE 'crm_activity_opt_out_%' ORDER BY 1, 2
    """
    before = sql(database, columns)
    sql(
        database,
        """
        INSERT INTO res_partner (name, complete_name, active, type,
                                 crm_refuses_call_since, crm_refusal_reason, crm_refusal_user_id)
        SELECT name, name, TRUE, 'contact', '2026-03-03', 'Robinson list', 2
          FROM unnest(ARRAY['On both', 'On the first']) AS name;
        ALTER TABLE crm_activity_opt_out_import
          ADD COLUMN listed jsonb, ADD COLUMN changes jsonb, ADD COLUMN noted_count int;
        WITH one AS (SELECT id FROM res_partner WHERE name = 'On both'),
             two AS (SELECT id FROM res_partner WHERE name = 'On the first'),
             wish AS (SELECT '["crm_refuses_call_since"]'::jsonb AS fields)
        INSERT INTO crm_activity_opt_out_import (create_uid, create_date, file_name, since, reason,
                                                 found_count, noted_count, listed, changes)
        SELECT 2, now(), 'first', '2026-03-03'::date, 'Robinson list', 2, 2,
               jsonb_build_array(jsonb_build_object('model', 'res.partner', 'fields', fields,
                   'ids', jsonb_build_array(one.id, two.id))),
               jsonb_build_array(jsonb_build_object('model', 'res.partner', 'user_id', FALSE,
                   'fields', fields || '["crm_refusal_reason"]'::jsonb,
                   'ids', jsonb_build_array(one.id, two.id)))
          FROM one, two, wish
        UNION ALL
        SELECT 2, now(), 'second', '2026-03-03'::date, 'Robinson list', 1, 0,
               jsonb_build_array(jsonb_build_object('model', 'res.partner', 'fields', fields,
                   'ids', jsonb_build_array(one.id))), '[]'::jsonb
          FROM one, wish;
        DROP TABLE crm_activity_opt_out_part;
        UPDATE ir_module_module SET latest_version = '19.0.6.0.0' WHERE name = 'crm_activity_ext';
        """,
    )
    odoo("-d", database, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    assert sql(database, columns) == before
    assert inside(database, "undo_opt_out_list", "first") == {
        "noted": 2,
        "message": "Undone. Kept as they are: 1.",
    }
    refusing = "SELECT name FROM res_partner WHERE crm_refuses_call_since IS NOT NULL"
    assert sql(database, refusing) == ["On both"]


@pytest.fixture
def old_database(scratch_database, odoo, inside, tmp_path):
    """A function that gives a database in which a team has worked with the addons of a commit."""

    def make(commit):
        command = ["git", "archive", commit, "--", ":(glob)crm_activity_ext*/**"]
        archive = subprocess.run(command, cwd=paths.CHECKOUT, capture_output=True, check=False)
        assert not archive.returncode, "Get the whole history: git fetch --unshallow"
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(tmp_path, filter="data")
        options = ["--addons-path", f"{bootstrap.set_up().addons_folder},{tmp_path}"]
        database = scratch_database("crm", with_us=False)
        arguments = ["-i", "crm_activity_ext", "--stop-after-init", "--no-http"]
        odoo("-d", database, *options, *arguments)
        inside(database, "work_for_a_while", options=options)
        return database

    return make


@pytest.mark.long
@pytest.mark.parametrize("commit", [FIRST_VERSION, VERSION_5], ids=["first", "5"])
def test_what_a_team_did_with_an_old_version_is_there_in_the_new_one(
    commit, old_database, scratch_database, odoo, inside, sql
):
    database = old_database(commit)
    before = {fact["id"]: fact for fact in map(json.loads, sql(database, FACTS))}
    assert {fact["state"] for fact in before.values()} >= {"draft", "pending", "done", "cancelled"}

    # What was made with today's, in the same way, and upgraded as well.
    fresh = scratch_database("crm")
    inside(fresh, "work_for_a_while")
    for upgraded in (database, fresh):
        odoo("-d", upgraded, "-u", "crm_activity_ext", "--stop-after-init", "--no-http")
    after = {fact["id"]: fact for fact in map(json.loads, sql(database, FACTS))}
    assert after == before
    flags = "SELECT name FROM crm_activity WHERE %s ORDER BY name"
    assert sql(database, flags % "has_left") == ["Sent by Odoo"]
    assert sql(database, flags % "sent_elsewhere") == ["Sent from a phone", "Told by SMS"]
    assert not sql(database, flags % "was_done != (state = 'done')")
    assert not sql(database, flags % "(origin = 'distribution') != (distribution_id > 0)")
    assert inside(database, "post")["file"] == "42 chairs"
    assert inside(database, "broken_interface") == []
    assert inside(database, "ways_in") == [1, 1, 1]
    assert_same(structure(sql, database), structure(sql, fresh))
