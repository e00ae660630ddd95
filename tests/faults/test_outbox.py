# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each activity's mail goes out once: not twice, whatever dies, and none is lost."""

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from xmlrpc.client import Fault

import pytest
from aiosmtpd.controller import Controller

from devenv import odoo_command, paths, ports, postgres

# The mail server that the addon's own tests use; imported as a file, since importing the
# addon would need a database.
sys.path.insert(0, str(paths.CHECKOUT / "crm_activity_ext" / "tests"))
import smtp  # noqa: E402


class SlowMailbox(smtp.Mailbox):
    """Takes its time, so that there is a middle to be killed in."""

    async def handle_DATA(self, server, session, envelope):
        time.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def mailbox():
    with _listening(SlowMailbox()) as mailbox:
        yield mailbox


@contextmanager
def _listening(mailbox):
    mailbox.port = smtp.find_free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


def test_a_killed_worker_sends_nothing_twice_and_loses_nothing(
    scratch_database, inside, sql, server, mailbox, wait_until
):
    count = 500
    database = scratch_database("crm")
    inside(database, "make_emails", mailbox.port, count, "pending")
    kills = (120, 300)
    for received in kills:
        worker = server(database)
        worker.run_queues()
        wait_until(lambda received=received: len(mailbox.messages) >= received)
        worker.kill()
        assert len(mailbox.messages) < count, "killed in the middle"
    worker = server(database)
    worker.run_queues()
    pending = "SELECT count(*) FROM crm_activity WHERE state = 'pending'"
    wait_until(lambda: sql(database, pending) == ["0"])

    received = Counter(str(message["Subject"]) for message in mailbox.messages)
    assert set(received.values()) == {1}, "nobody gets two"
    message_ids = [message["Message-Id"] for message in mailbox.messages]
    assert len(set(message_ids)) == len(message_ids)
    states = "SELECT name, state, coalesce(failure_reason, '') FROM crm_activity"
    activities = [line.split("|") for line in sql(database, states)]
    assert len(activities) == count
    done = {name for name, state, _reason in activities if state == "done"}
    undecided = {name: reason for name, state, reason in activities if state == "failed"}
    assert done <= set(received), "what is done was sent"
    assert len(done) + len(undecided) == count, "none is lost"
    assert len(undecided) <= len(kills), "only what a killed worker had in its hands"
    assert all("interrupted" in reason for reason in undecided.values())


def test_postgresql_restarted_below_a_server_costs_no_mail_and_doubles_none(
    scratch_database, inside, sql, server, mailbox, wait_until
):
    count = 200
    pending = "SELECT count(*) FROM crm_activity WHERE state = 'pending'"
    database = scratch_database("crm")
    inside(database, "make_emails", mailbox.port, count, "pending")
    # With workers, as in production: the threads of a server without never come back.
    odoo = server(database, "--workers", 1, "--gevent-port", ports.find_free())
    odoo.run_queues()
    wait_until(lambda: len(mailbox.messages) >= 50)
    postgres.stop()
    assert len(mailbox.messages) < count, "restarted in the middle"
    postgres.start()

    def is_over():
        odoo.run_queues()
        return sql(database, pending) == ["0"]

    wait_until(is_over)
    received = Counter(str(message["Subject"]) for message in mailbox.messages)
    assert set(received.values()) == {1}, "nobody gets two"
    states = "SELECT name, state FROM crm_activity"
    activities = dict(line.split("|") for line in sql(database, states))
    done = {name for name, state in activities.items() if state == "done"}
    assert done <= set(received), "what is done was sent"
    assert len(activities) == count and set(activities.values()) <= {"done", "failed"}
    assert count - len(done) <= 1, "only what was in the hands of the queue is undecided"


def _start_worker(database):
    """Start a process that works off the queue as the cron does, once."""
    worker = subprocess.Popen(
        odoo_command.command("shell", "-d", database, "--no-http"),
        cwd=paths.CHECKOUT,
        env=odoo_command.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    worker.stdin.write(b"env['mail.mail'].process_email_queue()\nenv.cr.commit()\n")
    worker.stdin.close()
    return worker


def test_two_workers_at_once_share_the_mails(scratch_database, inside, sql, mailbox):
    database = scratch_database("crm")
    inside(database, "make_emails", mailbox.port, 60, "pending")
    workers = [_start_worker(database) for _number in range(2)]
    for worker in workers:
        worker.wait(timeout=120)
    received = Counter(str(message["Subject"]) for message in mailbox.messages)
    assert len(received) == 60
    assert set(received.values()) == {1}
    assert sql(database, "SELECT DISTINCT state FROM crm_activity") == ["done"]


class BreakingMailbox(smtp.Mailbox):
    """Takes each mail, and breaks the connection before it says so."""

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return answer


def test_a_connection_that_breaks_before_the_answer_is_not_tried_again(
    scratch_database, inside, sql
):
    with _listening(BreakingMailbox()) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_emails", mailbox.port, 3, "pending")
        for _run in range(4):
            _start_worker(database).wait(timeout=120)
        assert len(mailbox.messages) == 3, "one for each, though nobody knows"
    states = "SELECT DISTINCT state, failure_reason LIKE '%interrupted%' FROM crm_activity"
    assert sql(database, states) == ["failed|t"]


class EndingMailbox(smtp.Mailbox):
    """Ends each session after some messages, each time in another way, before the data."""

    WAYS = ("closing at sender", "cut at sender", "too many at sender", "refusal at sender") + (
        "closing at recipient",
        "cut at recipient",
    )
    ANSWERS = {
        "closing": "421 4.7.0 Too many messages, closing",
        "cut": "250 OK",
        "too": "452 4.5.3 Too many messages",
        "refusal": "550 5.7.1 Too many messages",
    }

    def __init__(self, patience):
        super().__init__()
        self.patience = patience
        self.ended = Counter()

    def _end(self, server, place):
        """:return: what to answer where the session ends here, else None"""
        if not hasattr(server, "way"):
            server.taken, server.way = 0, self.WAYS[len(self.ended) % len(self.WAYS)]
        if server.taken < self.patience or not server.way.endswith(place):
            return None
        self.ended[server.way] += 1
        if server.way.startswith("cut"):
            server.transport.abort()
        return self.ANSWERS[server.way.split()[0]]

    async def handle_MAIL(self, server, session, envelope, address, options):
        if answer := self._end(server, "sender"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self._end(server, "recipient")
        return answer or await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):
        server.taken += 1
        return await super().handle_DATA(server, session, envelope)


def test_a_server_that_ends_each_session_after_three_messages_gets_all_of_them(
    scratch_database, inside, sql
):
    with _listening(EndingMailbox(patience=3)) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_emails", mailbox.port, 24, "pending")
        _start_worker(database).wait(timeout=120)
        received = Counter(str(message["Subject"]) for message in mailbox.messages)
        assert len(received) == 24 and set(received.values()) == {1}, "once each, in one run"
        assert set(mailbox.ended) == set(mailbox.WAYS), "in each of these ways"
    assert sql(database, "SELECT DISTINCT state FROM crm_activity") == ["done"]


class SilentMailbox(smtp.Mailbox):
    """Cuts the connection where it hears of some recipients, and counts its sessions."""

    def __init__(self, unheard):
        super().__init__()
        self.unheard = unheard
        self.sessions = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.unheard:
            server.transport.abort()
        return await super().handle_RCPT(server, session, envelope, address, options)


def test_one_mail_that_the_server_does_not_listen_to_waits_and_the_others_leave(
    scratch_database, inside, sql
):
    states = "SELECT state, count(*) FROM crm_activity GROUP BY 1 ORDER BY 1"
    with _listening(SilentMailbox({"customer1@example.com", "customer3@example.com"})) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_emails", mailbox.port, 6, "pending")
        _start_worker(database).wait(timeout=120)
        assert sql(database, states) == ["done|4", "pending|2"], "nothing is undecided"
        assert len(mailbox.messages) == 4
        mailbox.unheard.clear()
        _start_worker(database).wait(timeout=120)
    received = Counter(str(message["To"]) for message in mailbox.messages)
    assert len(received) == 6 and set(received.values()) == {1}
    assert sql(database, states) == ["done|6"]


def test_a_server_that_listens_to_nobody_is_not_asked_for_each_mail(scratch_database, inside, sql):
    unheard = {f"customer{i}@example.com" for i in range(60)}
    with _listening(SilentMailbox(unheard)) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_emails", mailbox.port, 60, "pending")
        _start_worker(database).wait(timeout=120)
        assert mailbox.sessions <= 15
    assert sql(database, "SELECT DISTINCT state FROM crm_activity") == ["pending"]


def test_what_changes_while_the_queue_is_busy_counts_for_what_has_not_left(
    scratch_database, inside, sql, server, mailbox, wait_until
):
    count = 200
    database = scratch_database("crm")
    inside(database, "make_emails", mailbox.port, count, "pending")
    worker = server(database)
    worker.run_queues()
    wait_until(lambda: len(mailbox.messages) >= 20)
    last = f"customer{count - 1}@example.com"
    sql(database, f"INSERT INTO mail_blacklist (email, active) VALUES ('{last}', true)")
    pending = "SELECT count(*) FROM crm_activity WHERE state = 'pending'"
    wait_until(lambda: sql(database, pending) == ["0"])
    assert len(mailbox.messages) == count - 1
    failed = "SELECT failure_reason FROM crm_activity WHERE state = 'failed'"
    [reason] = sql(database, failed)
    assert "is blacklisted" in reason


class WaitingMailbox(smtp.Mailbox):
    """Takes no mail before it is told to."""

    def __init__(self):
        super().__init__()
        self.asked = threading.Event()
        self.told = threading.Event()

    async def handle_DATA(self, server, session, envelope):
        self.asked.set()
        await asyncio.to_thread(self.told.wait, 60)
        return await super().handle_DATA(server, session, envelope)


def test_whoever_edits_an_activity_while_its_mail_leaves_waits_and_both_hold(
    scratch_database, inside, sql, server, wait_until
):
    with _listening(WaitingMailbox()) as mailbox:
        database = scratch_database("crm")
        made = inside(database, "make_emails", mailbox.port, 1, "pending")
        worker = server(database)
        worker.run_queues()
        assert mailbox.asked.wait(60)
        with ThreadPoolExecutor(1) as somebody:
            arguments = ("crm.activity", "write", made["activities"], {"duration": 0.5})
            edit = somebody.submit(worker.call, made["user"], "sam.sales", *arguments)
            time.sleep(2)
            assert not edit.done(), "it waits for the mail"
            mailbox.told.set()
            assert edit.result(60)
        wait_until(lambda: sql(database, "SELECT state FROM crm_activity") != ["pending"])
    assert sql(database, "SELECT state, duration FROM crm_activity") == ["done|0.5"]
    subjects = [str(message["Subject"]) for message in mailbox.messages]
    assert len([subject for subject in subjects if subject.startswith("Offer")]) == 1, subjects


def test_eight_sessions_that_press_pending_at_once_queue_one_mail(
    scratch_database, inside, sql, server, mailbox, wait_until
):
    database = scratch_database("crm")
    made = inside(database, "make_emails", mailbox.port, 3, "draft")
    worker = server(database)

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
    assert all("in the outbox or has been sent" in answer for answer in answers - {""}), answers
    mails = "SELECT count(*) FROM mail_message WHERE message_type = 'email_outgoing'"
    assert sql(database, mails) == ["3"]
    worker.run_queues()
    wait_until(lambda: sql(database, "SELECT DISTINCT state FROM crm_activity") == ["done"])
    received = Counter(str(message["Subject"]) for message in mailbox.messages)
    offers = {subject: n for subject, n in received.items() if subject.startswith("Offer")}
    assert len(offers) == 3, received
    assert set(offers.values()) == {1}, "nobody gets two"
