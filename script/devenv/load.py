# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/load`: a real server with workers, and salespeople who work with it.

They work in a copy of the database *big*. Halfway PostgreSQL can be restarted below them. What they
were answered is compared with what is in the database, and with what the mail server received.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from . import bootstrap, odoo_command, paths, ports, postgres, processes, server, templates
from .console import say, step

SECONDS_FOR_MAILS = 120
# So long after PostgreSQL is back, a worker may still find its old connection dead.
GRACE = 5
LOG = paths.LOGS / "load.log"

PREPARE = """
import json
env["ir.mail_server"].create(
    {{"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": {port}, "sequence": 0}}
)
env.cr.commit()
Partner, Campaign = env["res.partner"], env["utm.campaign"]
companies = Partner.search(
    [
        ("is_company", "=", True),
        ("name", "in", ["Big Customer", *map("Company {{}}".format, range(2, 5000))]),
    ]
)
big_campaign = Campaign.search([("name", "=", "Big Campaign")])
print("world", json.dumps({{
    "customers": companies.filtered(lambda company: company.name != "Big Customer").ids,
    "big_customer": companies.filtered(lambda company: company.name == "Big Customer").id,
    "campaigns": (big_campaign | Campaign.search([("name", "like", "Campaign")])).ids,
    "visit_type": env.ref("crm_activity_ext.mail_activity_type_visit").id,
    "email_type": env.ref("mail.mail_activity_data_email").id,
}}))
"""


def main(arguments):
    options = _parse(arguments)
    source = bootstrap.set_up()
    if Path(sys.prefix) != paths.VENV:
        # The salespeople need packages that the system's Python may lack.
        return processes.run_attached([paths.VENV_PYTHON, paths.SCRIPTS / "load", *arguments])
    return _run(options, source)


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/load",
        description="Let salespeople work with a real server, and tell how long they waited.",
    )
    parser.add_argument("--salespeople", type=int, default=20, help="(default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=10, help="(default: %(default)s)")
    parser.add_argument("--workers", type=int, default=4, help="of Odoo (default: %(default)s)")
    parser.add_argument(
        "--think", type=float, default=2, help="seconds between two clicks (default: %(default)s)"
    )
    parser.add_argument(
        "--restart-postgres", action="store_true", help="restart PostgreSQL halfway"
    )
    return parser.parse_args(arguments)


def _run(options, source):
    from .salespeople import Journal, Salesperson, World  # noqa: PLC0415 see main

    with contextlib.ExitStack() as stack:
        database = stack.enter_context(templates.cloned("big", source))
        mailbox, port = stack.enter_context(_mail_server())
        with step("Preparing the database"):
            prepared = _prepare(database, port)
        with step(f"Starting Odoo with {options.workers} workers"):
            workers = ("--workers", options.workers, "--max-cron-threads", 1)
            websockets = ("--gevent-port", ports.find_free())
            address = stack.enter_context(server.running(database, LOG, *workers, *websockets))
        world = World(address=address, database=database, **prepared)
        journal = Journal()
        until = time.time() + options.minutes * 60
        people = [
            Salesperson(number, world, journal, options.think, until)
            for number in range(1, options.salespeople + 1)
        ]
        away = ()
        with step(f"{options.salespeople} salespeople at work for {options.minutes:g} minutes"):
            for person in people:
                person.start()
            if options.restart_postgres:
                time.sleep(options.minutes * 30)
                away = _restart_postgres()
            for person in people:
                person.join()
        with step("Waiting for the last emails"):
            _wait_for_mails(database)
        problems = _compare(database, journal, mailbox, away)
    return _report(journal, mailbox, away, problems)


@contextlib.contextmanager
def _mail_server():
    """:return: context manager giving the mailbox and port of an SMTP server on loopback"""
    sys.path.insert(0, str(paths.CHECKOUT / templates.ADDON / "tests"))
    from aiosmtpd.controller import Controller  # noqa: PLC0415 see main
    from smtp import Mailbox, find_free_port  # noqa: PLC0415 see main

    mailbox, port = Mailbox(), find_free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def _prepare(database, port):
    """:return dict: what the salespeople find to work with"""
    output = subprocess.run(
        odoo_command.command("shell", "-d", database, "--no-http", "--log-level", "error"),
        input=PREPARE.format(port=port),
        stdout=subprocess.PIPE,
        env=odoo_command.environment(),
        check=True,
        text=True,
    ).stdout
    [line] = [line for line in output.splitlines() if line.startswith("world ")]
    return json.loads(line.removeprefix("world "))


def _restart_postgres():
    """:return tuple: from when to when the database was away, by `time.time()`"""
    start = time.time()
    postgres.stop()
    postgres.start()
    return start, time.time() + GRACE


def _wait_for_mails(database):
    deadline = time.monotonic() + SECONDS_FOR_MAILS
    while time.monotonic() < deadline:
        waiting = postgres.sql(
            "SELECT count(*) FROM mail_mail WHERE state = 'outgoing' AND create_date > "
            "now() AT TIME ZONE 'UTC' - interval '1 hour'",
            database,
        )
        if waiting.strip() == "0":
            return
        time.sleep(1)


def _compare(database, journal, mailbox, away):
    """Compare what was answered with what there is.

    :return list: what differs, in words
    """

    def rows(query):
        return [line.split("|") for line in postgres.sql(query, database).splitlines()]

    problems = []
    made = {
        name: int(count)
        for name, count in rows(
            "SELECT name, count(*) FROM crm_activity WHERE name LIKE 'Load %' GROUP BY name"
        )
    }
    for subject, planned in journal.planned.items():
        found = made.pop(subject, 0)
        possible = {planned} if subject in journal.confirmed else {0, planned}
        if found not in possible:
            problems.append(f"{subject}: {found} activities instead of {planned}")
    problems += [f"{subject}: nobody asked for it" for subject in made]
    done = {
        int(activity_id)
        for (activity_id,) in rows(
            "SELECT id FROM crm_activity WHERE state = 'done' AND date_done IS NOT NULL"
        )
    }
    problems += [f"activity {lost} is not done" for lost in journal.done - done]
    [[undated]] = rows(
        "SELECT count(*) FROM crm_activity WHERE state = 'done' AND date_done IS NULL"
    )
    if undated != "0":
        problems.append(f"{undated} activities are done, nobody knows when")
    states = dict(
        rows(
            "SELECT name, state FROM crm_activity "
            "WHERE name LIKE 'Load %' AND channel = 'email_out'"
        )
    )
    # Odoo sends some of its own as well.
    received = Counter(_subjects(mailbox))
    problems += [f"{subject}: received {n} times" for subject, n in received.items() if n > 1]
    problems += [f"{subject}: not of ours" for subject in received.keys() - states.keys()]
    for subject, state in states.items():
        if (state == "done") != (subject in received):
            problems.append(f"{subject}: {state}, received: {subject in received}")
        if subject in journal.sent and state not in ("done", "failed"):
            problems.append(f"{subject}: was set to pending, and is {state}")
    problems += [
        f"a transaction is left open: {query}"
        for (query,) in rows(
            "SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' "
            "AND state_change < now() - interval '10 seconds'"
        )
    ]
    return problems + _logged(away)


def _subjects(mailbox):
    """:return list: the subjects of the emails that salespeople wrote"""
    subjects = (str(message["Subject"]) for message in mailbox.messages)
    return [subject for subject in subjects if subject.startswith("Load ")]


def _logged(away):
    """:return list: the errors in the server's log, save while the database was away"""
    found = []
    for line in templates.errors(LOG.read_text(errors="replace")):
        moment = datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S")
        if not _is_away(moment.replace(tzinfo=timezone.utc).timestamp(), away):
            found.append(f"logged: {line}")
    return found


def _is_away(moment, away):
    return bool(away) and away[0] - 1 <= moment <= away[1]


def _report(journal, mailbox, away, problems):
    """Print the tables and what is wrong.

    :return int: the exit code
    """
    from .salespeople import summarize  # noqa: PLC0415 see main

    hit, calls = [], []
    for call in journal.calls:
        overlaps = away and call.start <= away[1] and call.end >= away[0]
        (hit if overlaps else calls).append(call)
    say(f"\n{'seconds':<40}{'calls':>7}{'p50':>8}{'p95':>8}{'max':>8}{'errors':>8}")
    for operation, count, middle, most, longest, errors in summarize(calls):
        say(f"{operation:<40}{count:>7}{middle:>8.2f}{most:>8.2f}{longest:>8.2f}{errors:>8}")
    problems += sorted({f"{call.operation}: {call.error}" for call in calls if call.error})
    asked, received = len(journal.planned), len(_subjects(mailbox))
    say(f"\n{len(calls)} calls, {asked} orders, {received} emails received")
    if away:
        failed = [call for call in hit if call.error]
        say(
            f"The database was away for {away[1] - away[0] - GRACE:.1f} s: {len(hit)} calls met "
            f"that, {len(failed)} of them failed."
        )
        for text, number in Counter(call.error[:100] for call in failed).most_common():
            say(f"    {number} × {text}")
    for problem in problems:
        say(f"wrong: {problem}")
    say(f"{len(problems)} problems")
    return 1 if problems else 0
