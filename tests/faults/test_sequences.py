# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who has answered gets no further email of a sequence, also where the queue is at it."""

from collections import Counter

import pytest
from queues import MailQueue, MailServer, listening

COUNT = 60
REASONS = """
    SELECT DISTINCT stop_reason FROM crm_activity_sequence_enrollment WHERE stop_reason IS NOT NULL
"""
PENDING = "SELECT count(*) FROM crm_activity WHERE state = 'pending'"
STATES = """
    SELECT partner.email, activity.state
    FROM crm_activity activity
    JOIN crm_activity_sequence_step step ON step.id = activity.step_id AND delay_days = 7
    JOIN res_partner partner ON partner.id = activity.partner_id
"""


RECORDED = "SELECT count(*) FROM crm_activity WHERE origin = 'answer'"
MARKS = "SELECT count(*) FROM crm_activity_sequence_stop"


class Story:
    """Sequences whose second email is due, in a database of their own."""

    def __init__(self, server, database, inside, sql):
        self.server = server
        self.database = database
        self._inside = inside
        self._sql = sql
        self.customers = inside(database, "start_sequences", server.port, COUNT)

    def answer(self, customers):
        self._inside(self.database, "answer", customers)

    def answer_in_conflict(self, customers, is_committed):
        self._inside(self.database, "answer_in_conflict", customers, is_committed)

    def settle(self):
        self._inside(self.database, "settle_sequences")

    def sql(self, statement):
        return self._sql(self.database, statement)

    def get_address(self, customer):
        return f"customer{self.customers.index(customer)}@example.com"

    def get_states(self):
        return dict(line.split("|") for line in self.sql(STATES))

    def get_unsent(self):
        """:return list: customers for whom the server has not got anything yet"""
        received = set(self.server.received)
        return [c for c in self.customers if self.get_address(c) not in received]


@pytest.fixture
def story(scratch_database, inside, sql):
    with listening(MailServer()) as server:
        yield Story(server, scratch_database("everything"), inside, sql)
        server.release()


def test_who_answers_while_the_queue_sends_gets_nothing_more(story, start_worker, wait_until):
    story.server.hold_at = COUNT / 3
    worker = start_worker(story.database, MailQueue.work)
    wait_until(lambda: len(story.server.received) >= COUNT / 3)
    unsent = story.get_unsent()
    # The worker has claimed some of these, and has made what they say.
    answering = unsent[::2]
    story.answer(answering)
    story.server.release()
    worker.wait(timeout=120)
    start_worker(story.database, MailQueue.work).wait(timeout=120)
    received = Counter(story.server.received)
    assert set(received.values()) == {1}, "nobody gets two"
    answered = {story.get_address(customer) for customer in answering}
    assert not answered & set(received), "an answer is the last word"
    assert len(received) == COUNT - len(answering), "all others get theirs"
    story.settle()
    assert story.sql(PENDING) == ["0"]
    assert {story.get_states()[address] for address in answered} == {"cancelled"}
    assert story.sql(REASONS) == ["answer"]


def test_an_answer_does_not_wait_for_its_own_email_that_is_leaving(story, start_worker, wait_until):
    story.server.hold_at = COUNT / 3
    worker = start_worker(story.database, MailQueue.work)
    wait_until(lambda: len(story.server.received) >= COUNT / 3)
    leaving = story.server.received[-1]
    [customer] = [c for c in story.customers if story.get_address(c) == leaving]
    story.answer([customer])  # while the mail server has not answered yet
    story.server.release()
    worker.wait(timeout=120)
    story.settle()
    assert story.get_states()[leaving] == "done", "it has left, and says so"
    assert story.server.received.count(leaving) == 1
    assert len(story.server.received) == COUNT
    assert story.sql(REASONS) == ["answer"]


def test_a_killed_worker_sends_nothing_to_who_has_answered(story, server, wait_until):
    story.server.hold_at = COUNT / 3
    worker = server(story.database)
    worker.run_queues()
    wait_until(lambda: len(story.server.received) >= COUNT / 3)
    answering = story.get_unsent()[::2]
    story.answer(answering)
    worker.kill()
    story.server.release()
    server(story.database).run_queues()
    wait_until(lambda: story.sql(PENDING) == ["0"])
    received = Counter(story.server.received)
    assert set(received.values()) == {1}, "nobody gets two"
    assert not {story.get_address(customer) for customer in answering} & set(received)
    states = Counter(story.get_states().values())
    assert states["cancelled"] == len(answering)
    assert states["failed"] in (0, 1), "what the worker had in its hands, and nothing else"
    assert states["done"] == COUNT - len(answering) - states["failed"]


def test_an_answer_that_meets_another_transaction_is_not_lost(story, start_worker):
    """Odoo's fetching of mail has deleted it on the server, and tries once."""
    answering = story.customers[:10]
    story.answer_in_conflict(answering[:5], False)
    story.answer_in_conflict(answering[5:], True)
    assert story.sql(RECORDED) == ["10"]
    assert story.sql(MARKS) == ["10"], "nothing could be stopped at once"
    start_worker(story.database, MailQueue.work).wait(timeout=120)
    received = Counter(story.server.received)
    answered = {story.get_address(customer) for customer in answering}
    assert not answered & set(received), "an answer is the last word"
    assert len(received) == COUNT - len(answering), "all others get theirs"
    story.settle()
    assert story.sql(MARKS) == ["0"]
    assert {story.get_states()[address] for address in answered} == {"cancelled"}
    assert story.sql(REASONS) == ["answer"]
