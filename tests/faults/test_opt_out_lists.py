# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An opt-out list that is interrupted goes on where it stopped; two at once note and undo once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from xmlrpc.client import Fault

LIST, IMPORT = "crm.activity.opt.out.list", "crm.activity.opt.out.import"
MANY, FEW = 1800, 150
NOTED = "SELECT count(*) FROM res_partner WHERE crm_refuses_call_since IS NOT NULL"
# Each change of a day is noted in the chatter: what is done twice is there twice.
TOLD = """
    SELECT count(*), count(DISTINCT message.res_id) FROM mail_tracking_value value
    JOIN ir_model_fields field ON field.id = value.field_id AND field.name = %s
    JOIN mail_message message ON message.id = value.mail_message_id
""".replace("%s", "'crm_refuses_call_since'")
COUNTS = """
    SELECT noted_count, known_count FROM crm_activity_opt_out_part ORDER BY noted_count
"""
OPEN = "SELECT count(*) FROM crm_activity_opt_out_part WHERE state = '%s'"
# Somebody saves a change of one of them, some time after it began.
EDIT = """
    BEGIN;
    UPDATE res_partner SET function = 'Buyer' WHERE name = 'Customer 7';
    SELECT pg_sleep(8);
    COMMIT;
"""
IS_EDITED = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'
"""


class Story:
    """Sales administrators with a list, each in a dialog of their own."""

    def __init__(self, database, server, sql, dialogs):
        self.database = database
        self.start = server
        self.server = server(database)
        self._sql = sql
        self._user = (dialogs["user"], "sam.sales")
        self.dialogs = dialogs["ids"]

    def sql(self, statement):
        return self._sql(self.database, statement)

    def count(self, statement):
        return int(self.sql(statement)[0])

    def call(self, model, method, record_id):
        """:return: the message that is told"""
        try:
            answer = self.server.call(*self._user, model, method, record_id)
        except Fault as fault:
            return fault.faultString
        return answer["params"]["message"]

    def call_at_once(self, at_once, model, method, ids):
        """:return: Counter of the messages that are told"""
        calls = [partial(self.call, model, method, one) for one in ids]
        return Counter(at_once(self.database, "res_partner", calls))

    def restart(self):
        """As after a power cut."""
        self.server.kill()
        self.server = self.start(self.database)

    def get_imports(self):
        return [int(one) for one in self.sql("SELECT id FROM crm_activity_opt_out_import")]


def test_a_killed_worker_notes_and_undoes_the_rest_later_and_nothing_twice(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("core")
    story = Story(database, server, sql, inside(database, "open_opt_out_lists", MANY, 1))
    assert "in the background" in story.call(LIST, "action_apply", story.dialogs[0])
    assert story.count(NOTED) == 0
    story.server.run_queues()
    wait_until(lambda: story.count(NOTED) > 0)
    story.restart()
    assert 0 < story.count(NOTED) < MANY, "killed in the middle"
    story.server.run_queues()
    wait_until(lambda: story.count(OPEN % "waiting") == 0)
    assert story.count(NOTED) == MANY
    assert story.sql(TOLD) == [f"{MANY}|{MANY}"]

    [imported] = story.get_imports()
    assert "in the background" in story.call(IMPORT, "action_undo", imported)
    story.server.run_queues()
    wait_until(lambda: story.count(NOTED) < MANY)
    story.restart()
    assert 0 < story.count(NOTED) < MANY, "killed in the middle"
    story.server.run_queues()
    wait_until(lambda: story.count(OPEN % "noted") == 0)
    assert story.count(NOTED) == 0
    assert story.sql(TOLD) == [f"{2 * MANY}|{MANY}"]


def test_who_undoes_a_list_that_is_being_noted_has_it_end_and_taken_back(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("core")
    story = Story(database, server, sql, inside(database, "open_opt_out_lists", MANY, 1))
    story.call(LIST, "action_apply", story.dialogs[0])
    story.server.run_queues()
    wait_until(lambda: story.count(NOTED) > 0)
    [imported] = story.get_imports()
    assert "in the background" in story.call(IMPORT, "action_undo", imported)
    story.server.run_queues()
    wait_until(lambda: story.count(OPEN % "noted") == 0)
    assert story.count(NOTED) == 0
    wait_until(lambda: story.count(OPEN % "waiting") == 0)
    told, _who = story.sql(TOLD)[0].split("|")
    assert int(told) < 2 * MANY, "what was not noted yet never is"


def test_who_edits_one_of_them_meanwhile_keeps_nobody_off_the_list(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("core")
    story = Story(database, server, sql, inside(database, "open_opt_out_lists", MANY, 1))
    story.call(LIST, "action_apply", story.dialogs[0])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(story.sql, EDIT)
        wait_until(lambda: story.sql(IS_EDITED) == ["1"])
        story.server.run_queues()
    wait_until(lambda: story.count(OPEN % "waiting") == 0)
    assert story.count(NOTED) == MANY
    assert story.sql(TOLD) == [f"{MANY}|{MANY}"]


def test_two_who_undo_a_list_at_once_undo_it_once_and_the_second_is_told(
    scratch_database, inside, sql, server, at_once
):
    database = scratch_database("core")
    story = Story(database, server, sql, inside(database, "open_opt_out_lists", FEW, 1))
    story.call(LIST, "action_apply", story.dialogs[0])
    assert story.count(NOTED) == FEW
    answers = story.call_at_once(at_once, IMPORT, "action_undo", story.get_imports() * 2)
    assert answers.pop("Undone.") == 1, answers
    [refused] = answers
    assert "can no longer be undone" in refused
    assert story.count(NOTED) == 0
    assert story.sql(TOLD) == [f"{2 * FEW}|{FEW}"]


def test_two_who_import_a_list_at_once_note_it_once_and_the_second_is_told(
    scratch_database, inside, sql, server, at_once, wait_until
):
    database = scratch_database("core")
    story = Story(database, server, sql, inside(database, "open_opt_out_lists", FEW, 2))
    answers = story.call_at_once(at_once, LIST, "action_apply", story.dialogs)
    assert answers == {
        f"Noted: {FEW}. Already known: 0.": 1,
        "This continues in the background: see Opt-Out Lists.": 1,
    }
    story.server.run_queues()
    wait_until(lambda: story.count(OPEN % "waiting") == 0)
    assert story.sql(COUNTS) == [f"0|{FEW}", f"{FEW}|0"]
    assert story.sql(TOLD) == [f"{FEW}|{FEW}"]
