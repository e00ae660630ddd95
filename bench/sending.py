# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Emails of activities on their way through a mail server on loopback that answers at once, beside
plain ones of Odoo's to the same customers; and what queueing a thousand takes.

Run inside Odoo by `script/bench`.
"""

import contextlib
import statistics
import subprocess
import sys

from distribution import _compose, _create_template, _distribute
from harness import Cost, Measure, compared

from devenv import odoo_command, paths

# What sends waits for the disk.
DURABLE = True
MAILS = 400
WARM_UP = 40
ROUNDS = 3
BULK, BULK_RUNS = 1_000, 7
# The senders wait for this advisory lock, so that all begin at once.
START = 7_001

MAIL_SERVER = f"""
import sys, time
sys.path.insert(0, {str(paths.CHECKOUT / "crm_activity_ext" / "tests")!r})
import smtp
class Mailbox(smtp.Mailbox):
    async def handle_DATA(self, server, session, envelope):
        return "250 Message accepted"
port = smtp.find_free_port()
smtp.Controller(Mailbox(), hostname="127.0.0.1", port=port).start()
print(port, flush=True)
time.sleep(3600)
"""

QUEUE = "env['mail.mail'].process_email_queue()\nenv.cr.commit()\n"
# As the second scheduled action does.
FURTHER = (
    "while env['mail.mail']._count_waiting_of_crm_activities(limit=1):\n"
    "    env['mail.mail']._process_crm_activity_queue()\n\n"
)
SENDER = """
import logging, time
logging.disable(logging.WARNING)
{work}
env.cr.execute("SELECT pg_advisory_lock_shared({start})")
env.cr.commit()
begin = time.time()
{work}
print("Sent:", begin, time.time(), flush=True)
"""


def run(env):
    """:return: list of :class:`harness.Measure`"""
    env["mail.mail"].search([]).unlink()
    with _mail_server() as port:
        env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": port}
        )
        kinds = {
            "plain": (_queue_plain, [QUEUE]),
            "one": (_queue_ours, [QUEUE]),
            "two": (_queue_ours, [QUEUE, FURTHER]),
        }
        seconds = {kind: [] for kind in kinds}
        for _round in range(ROUNDS):
            for kind, (queue, work) in kinds.items():
                seconds[kind].append(_send(env, queue, work))
        costs = {kind: Cost(statistics.median(values)) for kind, values in seconds.items()}
    queued, composed = _measure_bulk(env)
    return [
        Measure(f"{MAILS} emails sent", costs["one"], "plain emails of Odoo's", costs["plain"]),
        Measure(
            f"{MAILS} emails sent, two senders",
            costs["two"],
            "plain emails of Odoo's, which has one",
            costs["plain"],
        ),
        Measure(
            f"{BULK:,} emails distributed, from a template, queued",
            queued,
            "Odoo's composer, mass mode",
            composed,
            BULK,
        ),
    ]


@contextlib.contextmanager
def _mail_server():
    """In a process of its own, so that it takes no turn of ours.

    :return: context manager giving the port
    """
    command = [sys.executable, "-c", MAIL_SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def _send(env, queue, work):
    """Let as many processes send as there are programs.

    :param queue: function that makes so many mails
    :return float: seconds from the first one's begin to the last one's end
    """
    env.cr.execute("SELECT pg_advisory_lock(%s)", (START,))
    queue(env, WARM_UP)
    env.cr.commit()
    senders = [_start(env, program) for program in work]
    _wait(env, len(senders))
    queue(env, MAILS)
    env.cr.commit()
    env.cr.execute("SELECT pg_advisory_unlock(%s)", (START,))
    env.cr.commit()  # to see what the senders commit
    times = []
    for sender in senders:
        output, _none = sender.communicate()
        [line] = [line for line in output.splitlines() if line.startswith("Sent:")]
        times.append([float(moment) for moment in line.split()[1:]])
    env.invalidate_all()
    assert not env["mail.mail"].search_count([("state", "!=", "sent")])
    begins, ends = zip(*times, strict=True)
    return max(ends) - min(begins)


def _start(env, program):
    sender = subprocess.Popen(
        odoo_command.command("shell", "-d", env.cr.dbname, "--no-http"),
        cwd=paths.CHECKOUT,
        env=odoo_command.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    sender.stdin.write(SENDER.format(work=program, start=START))
    sender.stdin.close()
    sender.stdin = None
    return sender


def _wait(env, count):
    """Wait until so many senders wait for the start."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while True:
        env.cr.execute(waiting)
        if env.cr.fetchone()[0] >= count:
            return
        env.cr.execute("SELECT pg_sleep(0.1)")
        env.cr.commit()


def _create_partners(env, count):
    return env["res.partner"].create(
        [
            {"name": f"Customer {i}", "email": f"customer{i}@example.com", "is_company": True}
            for i in range(count)
        ]
    )


TEXT = f"<p>{'Our offer for the coming season. ' * 40}</p>"


def _queue_ours(env, count):
    email = env.ref("mail.mail_activity_data_email")
    env["crm.activity"].create(
        [
            {
                "name": "Our offer",
                "activity_type_id": email.id,
                "partner_id": partner.id,
                "body": TEXT,
                "state": "pending",
            }
            for partner in _create_partners(env, count)
        ]
    )


def _queue_plain(env, count):
    """As composing to them one by one does, without what `message_post` takes."""
    mails = env["mail.mail"].create(
        [
            {
                "model": "res.partner",
                "res_id": partner.id,
                "subject": "Our offer",
                "body": TEXT,
                "body_html": TEXT,
                "recipient_ids": partner.ids,
                "is_notification": True,
            }
            for partner in _create_partners(env, count)
        ]
    )
    env["mail.notification"].create(
        [
            {
                "mail_message_id": mail.mail_message_id.id,
                "mail_mail_id": mail.id,
                "res_partner_id": mail.recipient_ids.id,
                "notification_type": "email",
                "notification_status": "ready",
                "is_read": True,
            }
            for mail in mails
        ]
    )


def _measure_bulk(env):
    """:return: list of what it takes to queue so many, and what it takes Odoo's composer"""
    partners = _create_partners(env, BULK)
    template = _create_template(env)
    env.flush_all()
    warm_up = partners[:10]
    _distribute(env, warm_up, template, "pending")
    _compose(env, warm_up, template)
    return compared(
        env,
        [
            lambda: _distribute(env, partners, template, "pending"),
            lambda: _compose(env, partners, template),
        ],
        BULK_RUNS,
        cpu=True,
    )
