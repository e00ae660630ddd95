# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mail servers end sessions when they please; what holds for each queue is in test_exactly_once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from queues import MailQueue, MailServer, listening, smtp

# A sender that reaches no mail server, and hears of it when another has sent everything.
UNCONNECTED = """
import pathlib, time
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.sql_db import db_connect

def is_waiting():
    with db_connect(env.cr.dbname).cursor() as cr:
        cr.execute("SELECT 1 FROM crm_activity WHERE state = 'pending'")
        return cr.fetchone()

def refuse(*_arguments, **_options):
    pathlib.Path({path!r}).touch()
    while is_waiting():
        time.sleep(0.1)
    raise OSError("421 Too many connections")

IrMail_Server._connect__ = refuse
env["mail.mail"]._process_crm_activity_queue()
"""


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
    scratch_database, inside, sql, start_worker
):
    with listening(EndingMailbox(patience=3)) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_messages", "email_out", mailbox.port, 24, "pending")
        start_worker(database, MailQueue.work).wait(timeout=120)
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
    scratch_database, inside, sql, start_worker
):
    states = "SELECT state, count(*) FROM crm_activity GROUP BY 1 ORDER BY 1"
    with listening(SilentMailbox({"customer1@example.com", "customer3@example.com"})) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_messages", "email_out", mailbox.port, 6, "pending")
        start_worker(database, MailQueue.work).wait(timeout=120)
        assert sql(database, states) == ["done|4", "pending|2"], "nothing is undecided"
        assert len(mailbox.messages) == 4
        mailbox.unheard.clear()
        start_worker(database, MailQueue.work).wait(timeout=120)
    received = Counter(str(message["To"]) for message in mailbox.messages)
    assert len(received) == 6 and set(received.values()) == {1}
    assert sql(database, states) == ["done|6"]


def test_a_server_that_listens_to_nobody_is_not_asked_for_each_mail(
    scratch_database, inside, sql, start_worker
):
    unheard = {f"customer{i}@example.com" for i in range(60)}
    with listening(SilentMailbox(unheard)) as mailbox:
        database = scratch_database("crm")
        inside(database, "make_messages", "email_out", mailbox.port, 60, "pending")
        start_worker(database, MailQueue.work).wait(timeout=120)
        assert mailbox.sessions <= 15
    assert sql(database, "SELECT DISTINCT state FROM crm_activity") == ["pending"]


def test_who_cannot_connect_does_not_contradict_who_can(
    scratch_database, inside, sql, start_worker, wait_until, tmp_path
):
    with listening(MailServer()) as server:
        database = scratch_database("crm")
        inside(database, "make_messages", "email_out", server.port, 6, "pending")
        path = tmp_path / "connecting"
        unconnected = start_worker(database, UNCONNECTED.format(path=str(path)))
        wait_until(path.exists)
        start_worker(database, MailQueue.work).wait(timeout=120)
        assert unconnected.wait(timeout=120) == 0, "it goes on after the conflict"
        assert len(server.received) == 6
    assert sql(database, "SELECT DISTINCT state FROM crm_activity") == ["done"]
    assert sql(database, "SELECT DISTINCT state FROM mail_mail") == ["sent"]


BOUNCE = """From: MAILER-DAEMON@example.com
To: bounce@example.com
Subject: Undelivered Mail Returned to Sender
Message-Id: <bounce-1@example.com>
References: {sent}
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

No such user.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.com

Final-Recipient: rfc822; customer0@example.com
Action: failed
Status: 5.1.1
--b
Content-Type: message/rfc822

Message-Id: {sent}
To: customer0@example.com

x
--b--
"""


def test_a_bounce_that_comes_before_the_sender_has_written_what_it_sent_is_not_lost(
    scratch_database, inside, sql, server, wait_until
):
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with listening(MailServer()) as mailbox:
        mailbox.hold_at = 1
        database = scratch_database("crm")
        made = inside(database, "make_messages", "email_out", mailbox.port, 1, "pending")
        odoo = server(database)
        odoo.run_queues()
        wait_until(lambda: mailbox.received)
        [sent] = sql(database, "SELECT message_id FROM mail_message WHERE model = 'crm.activity'")
        arguments = ("mail.thread", "message_process", False, BOUNCE.format(sent=sent))
        with ThreadPoolExecutor(1) as gateway:
            bounce = gateway.submit(odoo.call, made["user"], "sam.sales", *arguments)
            here = f"{waiting} AND datname = '{database}'"
            wait_until(lambda: bounce.done() or sql(database, here) == ["1"])
            mailbox.release()
            bounce.result(60)
        wait_until(lambda: sql(database, "SELECT state FROM crm_activity") != ["pending"])
    assert sql(database, "SELECT state FROM crm_activity") == ["failed"]
    assert sql(database, "SELECT notification_status FROM mail_notification") == ["bounce"]
