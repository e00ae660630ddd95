# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A distribution that is interrupted goes on where it stopped, and makes no doubles."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from xmlrpc.client import Fault

COUNT, FEW = 3000, 150
MADE = "SELECT count(*), count(DISTINCT partner_id) FROM crm_activity"


def test_a_killed_worker_makes_nothing_twice_and_forgets_nobody(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("crm")
    inside(database, "start_distribution", COUNT)

    def made():
        [number] = sql(database, "SELECT count(*) FROM crm_activity")
        return int(number)

    worker = server(database)
    worker.run_queues()
    wait_until(lambda: made() > 0)
    worker.kill()
    assert 0 < made() < COUNT, "killed in the middle"

    worker = server(database)
    worker.run_queues()
    finished = "SELECT run_state FROM crm_activity_distribution"
    wait_until(lambda: sql(database, finished) == ["done"])
    assert made() == COUNT
    assert sql(database, "SELECT count(DISTINCT partner_id) FROM crm_activity") == [str(COUNT)]
    assert sql(database, "SELECT count(*) FROM crm_activity_distribution_line") == ["0"]


def test_six_clicks_at_once_make_each_activity_once(scratch_database, inside, sql, server, at_once):
    database = scratch_database("crm")
    wizard = inside(database, "open_distribution_dialog", FEW)
    odoo = server(database)
    salesman = (wizard["user"], "sam.sales")

    def click():
        try:
            odoo.call(*salesman, "crm.activity.distribute", "action_distribute", wizard["id"])
        except Fault as fault:
            return fault.faultString
        return "done"

    answers = Counter(at_once(database, "crm_activity", [click] * 6))

    assert answers["done"] == 1, answers
    refused = [answer for answer in answers if answer != "done"]
    assert all("already being created" in answer for answer in refused), answers
    assert sql(database, "SELECT count(*) FROM crm_activity_distribution") == ["1"]
    assert sql(database, MADE) == [f"{FEW}|{FEW}"]


class Story:
    """A salesperson who has many visits made in the background, and a real server."""

    def __init__(self, database, server, sql, wizard):
        self.database = database
        self.start = server
        self.server = server(database)
        self._sql = sql
        self._user = (wizard["user"], "sam.sales")
        self.call("crm.activity.distribute", "action_distribute", wizard["id"])
        self.distribution = int(self.sql("SELECT id FROM crm_activity_distribution")[0])

    def sql(self, statement):
        return self._sql(self.database, statement)

    def call(self, *arguments):
        return self.server.call(*self._user, *arguments)

    def act(self, method):
        """:return: the message that is told"""
        try:
            answer = self.call("crm.activity.distribution", method, self.distribution)
        except Fault as fault:
            return fault.faultString
        return answer["params"]["message"] if isinstance(answer, dict) else answer

    def made(self):
        return int(self.sql("SELECT count(*) FROM crm_activity")[0])

    def has_become(self, state):
        return self.sql("SELECT run_state FROM crm_activity_distribution") == [state]

    def restart(self):
        """As after a power cut."""
        self.server.kill()
        self.server = self.start(self.database)


def test_two_who_stop_it_meet_a_worker_and_what_is_left_goes_on_later(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("crm")
    story = Story(database, server, sql, inside(database, "open_distribution_dialog", COUNT))
    story.server.run_queues()
    wait_until(lambda: story.made() > 0)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(story.act, ["action_stop"] * 2))
    assert any("stop" in answer for answer in answers), answers
    assert all("stop" in answer or "is not running" in answer for answer in answers), answers
    wait_until(lambda: story.has_become("stopped"))
    waiting = "SELECT count(*) FROM crm_activity_distribution_line"
    assert 0 < story.made() < COUNT, "stopped in the middle"
    assert story.sql(waiting) == [str(COUNT - story.made())]

    assert story.act("action_continue") is True
    story.server.run_queues()
    wait_until(lambda: story.has_become("done"))
    assert story.sql(MADE) == [f"{COUNT}|{COUNT}"]


def test_a_killed_worker_takes_back_the_rest_later_and_nothing_that_happened(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("crm")
    story = Story(database, server, sql, inside(database, "open_distribution_dialog", COUNT))
    story.server.run_queues()
    wait_until(lambda: story.has_become("done"))
    ids = story.sql("SELECT id FROM crm_activity ORDER BY id")
    # Of the first chunk, in the middle, and the last one.
    done = [int(ids[place]) for place in (0, COUNT // 2, -1)]
    story.call("crm.activity", "action_done", done)

    message = story.act("action_undo")
    assert "Sent or done, and kept: 3. To be deleted in the background:" in message
    left = story.made()
    assert 0 < left < COUNT, "the first chunk while the user waits"
    story.server.run_queues()
    wait_until(lambda: story.made() < left)
    story.restart()
    assert len(done) < story.made() < left, "killed in the middle"
    assert story.has_become("undoing")
    story.server.run_queues()
    wait_until(lambda: story.has_become("undone"))
    kept = story.sql("SELECT id, state FROM crm_activity ORDER BY id")
    assert kept == [f"{id_}|done" for id_ in done]


def test_two_who_undo_at_once_take_each_back_once_and_both_are_told(
    scratch_database, inside, sql, server, at_once
):
    database = scratch_database("crm")
    story = Story(database, server, sql, inside(database, "open_distribution_dialog", FEW))
    assert story.made() == FEW
    undo = partial(story.act, "action_undo")
    answers = Counter(at_once(database, "crm_activity", [undo] * 2))
    assert answers == {f"Activities deleted: {FEW}.": 1, "Activities deleted: 0.": 1}
    assert story.has_become("undone")
    assert story.made() == 0
