# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each activity's message goes out once, by either queue: none twice, whatever dies, none lost."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from xmlrpc.client import Fault

import pytest
from queues import MailQueue, SmsQueue

from devenv import ports

PENDING = "SELECT count(*) FROM crm_activity WHERE state = 'pending'"
STATES = "SELECT DISTINCT state FROM crm_activity"


class Story:
    """Activities whose messages wait in a queue, in a database of their own.

    :ivar queue: which
    :ivar Receiver receiver: the server that takes the messages
    """

    def __init__(self, queue, receiver, place, database, inside, sql):
        self.queue = queue
        self.receiver = receiver
        self.database = database
        self._place = place
        self._inside = inside
        self._sql = sql

    def make(self, count, state="pending"):
        """:return dict: the user's id and the ids of the activities"""
        queue = self.queue
        return self._inside(
            self.database,
            "make_messages",
            *(queue.channel, self._place, count, state, queue.batch_size),
        )

    def sql(self, statement):
        return self._sql(self.database, statement)

    def is_over(self):
        return self.sql(PENDING) == ["0"]

    def outcomes(self):
        """:return dict: `{address: (state, reason)}`"""
        lines = self.sql(
            f"SELECT partner.{self.queue.address_column}, state, coalesce(failure_reason, '') "
            "FROM crm_activity JOIN res_partner partner ON partner.id = partner_id"
        )
        return {address: (state, reason) for address, state, reason in map(_split, lines)}

    def assert_once(self, count, undecided):
        """:param range undecided: how many may be that nobody knows of"""
        received = Counter(self.receiver.received)
        assert set(received.values()) == {1}, "nobody gets two"
        outcomes = self.outcomes()
        assert len(outcomes) == count
        done = {address for address, (state, _reason) in outcomes.items() if state == "done"}
        assert done <= set(received), "what is done was sent"
        failed = {
            address: reason for address, (state, reason) in outcomes.items() if state == "failed"
        }
        assert len(done) + len(failed) == count, "none is lost"
        assert len(failed) in undecided, "what a worker had in its hands, and nothing else"
        assert all("interrupted" in reason for reason in failed.values())


def _split(line):
    return line.split("|", 2)


@pytest.fixture(params=[MailQueue(), SmsQueue()], ids=lambda queue: queue.channel)
def story(request, scratch_database, inside, sql):
    with request.param.open() as (receiver, place):
        yield Story(request.param, receiver, place, scratch_database("crm"), inside, sql)
        receiver.release()


def test_a_killed_worker_sends_nothing_twice_and_loses_nothing(story, server, wait_until):
    """At any moment, and at the worst: the server has taken it and has not answered."""
    count, batch_size = story.queue.count, story.queue.batch_size
    receiver = story.receiver
    story.make(count)
    for part, is_worst in ((1 / 3, False), (2 / 3, True)):
        if is_worst:
            receiver.hold_at = count * part
        worker = server(story.database)
        worker.run_queues()
        wait_until(lambda part=part: len(receiver.received) >= count * part)
        worker.kill()
        assert len(receiver.received) < count, "killed in the middle"
    receiver.release()
    server(story.database).run_queues()
    wait_until(story.is_over)
    story.assert_once(count, undecided=range(batch_size, 2 * batch_size + 1))


@pytest.mark.alone
def test_postgresql_restarted_below_a_server_costs_no_message_and_doubles_none(
    story, server, wait_until, without_postgres
):
    count, batch_size = story.queue.count, story.queue.batch_size
    story.make(count)
    story.receiver.hold_at = count / 2
    # With workers, as in production: the threads of a server without never come back.
    odoo = server(story.database, "--workers", 1, "--gevent-port", ports.find_free())
    odoo.run_queues()
    wait_until(lambda: len(story.receiver.received) >= count / 2)
    with without_postgres():
        story.receiver.release()

    def is_over():
        odoo.run_queues()
        return story.is_over()

    wait_until(is_over)
    story.assert_once(count, undecided=range(batch_size, batch_size + 1))


def test_two_workers_at_once_share_the_messages(story, start_worker):
    story.make(60)
    workers = [start_worker(story.database, story.queue.work) for _number in range(2)]
    for worker in workers:
        worker.wait(timeout=120)
    story.assert_once(60, undecided=range(1))


def test_of_two_senders_one_is_killed_and_the_other_goes_on(story, start_worker, wait_until):
    count, batch_size = story.queue.count, story.queue.batch_size
    story.make(count)
    work = (story.queue.work, story.queue.further_work)
    killed, other = [start_worker(story.database, code) for code in work]
    wait_until(lambda: len(story.receiver.received) >= count / 3)
    killed.kill()
    other.wait(timeout=120)
    # What the killed one had claimed, and not begun.
    start_worker(story.database, story.queue.work).wait(timeout=120)
    story.assert_once(count, undecided=range(batch_size + 1))


def test_a_connection_that_breaks_before_the_answer_is_not_tried_again(story, start_worker):
    story.receiver.breaks = True
    story.make(2)
    for _run in range(3):
        start_worker(story.database, story.queue.work).wait(timeout=120)
    assert len(story.receiver.received) == 2, "one for each, though nobody knows"
    outcomes = set(story.outcomes().values())
    assert {state for state, _reason in outcomes} == {"failed"}
    assert all("not have accepted" in reason for _state, reason in outcomes)


def test_what_changes_while_the_queue_is_busy_counts_for_what_has_not_left(
    story, server, wait_until
):
    count = story.queue.count
    story.make(count)
    story.receiver.hold_at = count / 3
    server(story.database).run_queues()
    wait_until(lambda: len(story.receiver.received) >= count / 3)
    last = max(story.outcomes().keys() - set(story.receiver.received))
    story.sql(story.queue.blacklist % last)
    story.receiver.release()
    wait_until(story.is_over)
    assert len(story.receiver.received) == count - 1
    state, reason = story.outcomes()[last]
    assert state == "failed" and "blacklist" in reason


def test_whoever_edits_an_activity_while_its_message_leaves_waits_and_both_hold(
    story, server, wait_until
):
    story.receiver.hold_at = 1
    made = story.make(1)
    worker = server(story.database)
    worker.run_queues()
    wait_until(lambda: story.receiver.received)
    with ThreadPoolExecutor(1) as somebody:
        arguments = ("crm.activity", "write", made["activities"], {"duration": 0.5})
        edit = somebody.submit(worker.call, made["user"], "sam.sales", *arguments)
        time.sleep(2)
        assert not edit.done(), "it waits for the message"
        story.receiver.release()
        assert edit.result(60)
    wait_until(story.is_over)
    assert story.sql("SELECT state, duration FROM crm_activity") == ["done|0.5"]
    assert len(story.receiver.received) == 1


def test_cancelling_while_the_server_is_asked_comes_too_late_and_is_told(story, server, wait_until):
    story.receiver.hold_at = 1
    made = story.make(1)
    worker = server(story.database)
    worker.run_queues()
    wait_until(lambda: story.receiver.received)

    def cancel():
        with pytest.raises(Fault) as refusal:
            worker.call(
                made["user"], "sam.sales", "crm.activity", "action_cancel", made["activities"]
            )
        return refusal.value.faultString

    with ThreadPoolExecutor(1) as session:
        cancelling = session.submit(cancel)
        time.sleep(1)
        assert not cancelling.done(), "it waits for the server"
        story.receiver.release()
        assert "was already sent" in cancelling.result(timeout=60)
    assert story.sql(STATES) == ["done"]
    assert len(story.receiver.received) == 1


def test_eight_sessions_that_press_pending_at_once_queue_one_message(story, server, wait_until):
    made = story.make(3, "draft")
    worker = server(story.database)

    def press(_session):
        try:
            worker.call(
                made["user"], "sam.sales", "crm.activity", "action_pending", made["activities"]
            )
        except Fault as fault:
            return fault.faultString
        return ""

    with ThreadPoolExecutor(8) as sessions:
        answers = set(sessions.map(press, range(8)))
    # Who comes when the queue has sent it already is told so.
    assert all("was already sent" in answer for answer in answers - {""}), answers
    kind = story.queue.message_type
    # Odoo sends others at times: digests to its users.
    messages = (
        "SELECT count(*) FROM mail_message "
        f"WHERE message_type = '{kind}' AND model = 'crm.activity'"
    )
    assert story.sql(messages) == ["3"]
    worker.run_queues()
    wait_until(lambda: story.sql(STATES) == ["done"])
    story.assert_once(3, undecided=range(1))
