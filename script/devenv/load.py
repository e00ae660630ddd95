# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/load`: a real server with workers, and salespeople who work with it.

Locust plays the salespeople (`bench/locustfile.py`), in a copy of the database *big*. Halfway
PostgreSQL can be restarted below them. What they were answered is compared with what is in the
database, and with what the mail server received.
"""

import argparse
import contextlib
import json
import mailbox
import os
import tempfile
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from . import bootstrap, odoo_command, paths, ports, postgres, server, templates, venv
from .console import Failure, say, step
from .processes import attached

LOCUSTFILE = paths.CHECKOUT / "bench" / "locustfile.py"
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
names = list(map("Company {{}}".format, range(2, 5000)))
companies = Partner.search([("is_company", "=", True), ("name", "in", names)])
big_campaign = Campaign.search([("name", "=", "Big Campaign")])
print(json.dumps({{
    "customers": companies.ids,
    "big_customer": Partner.search([("name", "=", "Big Customer"), ("is_company", "=", True)]).id,
    "campaigns": (big_campaign | Campaign.search([("name", "like", "Campaign")])).ids,
    "visit_type": env.ref("crm_activity_ext.mail_activity_type_visit").id,
    "email_type": env.ref("mail.mail_activity_data_email").id,
}}))
"""


def main(arguments):
    options = _parse(arguments)
    source = bootstrap.set_up()
    venv.make(paths.LOAD)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(templates.cloned("big", source))
        port = stack.enter_context(_mail_server(folder / "mails"))
        with step("Preparing the database"):
            world = _prepare(database, port)
        with step(f"Starting Odoo with {options.workers} workers"):
            workers = ("--workers", options.workers, "--max-cron-threads", 1)
            websockets = ("--gevent-port", ports.find_free())
            running = server.running(database, LOG, *workers, *websockets)
            address, _odoo = stack.enter_context(running)
        world.update(address=address, database=database, think=options.think)
        journal, away = _work(options, folder, world)
        with step("Waiting for the last emails"):
            _wait_for_mails(database)
        received = Counter(_subjects(folder / "mails"))
        problems = _compare(database, journal, received) + _logged(away)
    return _report(journal, received, away, problems)


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


@contextlib.contextmanager
def _mail_server(folder):
    """:return: context manager giving the port of an SMTP server that writes into a maildir"""
    port = ports.find_free()
    command = [paths.VENV_PYTHON, "-m", "aiosmtpd", "--nosetuid", "--listen", f"127.0.0.1:{port}"]
    command += ["--class", "aiosmtpd.handlers.Mailbox", folder]
    with attached(command):
        yield port


def _prepare(database, port):
    """:return dict: what the salespeople find to work with"""
    program = PREPARE.format(port=port)
    output = odoo_command.shell(database, program, "load-prepare.log", "Preparing it failed.")
    return json.loads(output.splitlines()[-1])


def _work(options, folder, world):
    """Let the salespeople work.

    :return tuple: (journal, away): as in LOCUSTFILE, and from when to when the database was away
    """
    (folder / "world.json").write_text(json.dumps(world))
    people, seconds = str(options.salespeople), int(options.minutes * 60)
    command = [paths.LOAD / "bin" / "locust", "--locustfile", LOCUSTFILE, "--headless"]
    command += ["--users", people, "--spawn-rate", people, "--run-time", f"{seconds}s"]
    command += ["--stop-timeout", "300", "--only-summary", "--exit-code-on-error", "0"]
    away = ()
    with attached(command, env={**os.environ, "LOAD_FOLDER": str(folder)}) as locust:
        if options.restart_postgres:
            time.sleep(seconds / 2)
            away = _restart_postgres()
        if locust.wait():
            raise Failure("Locust ended before its time.")
    return json.loads((folder / "journal.json").read_text()), away


def _restart_postgres():
    """:return tuple: from when to when the database was away, by `time.time()`"""
    start = time.time()
    postgres.stop()
    postgres.start()
    return start, time.time() + GRACE


def _wait_for_mails(database):
    waiting = (
        "SELECT id FROM mail_mail WHERE state = 'outgoing' AND create_date > "
        "now() AT TIME ZONE 'UTC' - interval '1 hour' LIMIT 1"
    )
    deadline = time.monotonic() + SECONDS_FOR_MAILS
    while postgres.sql(waiting, database) and time.monotonic() < deadline:
        time.sleep(1)


def _compare(database, journal, received):
    """Compare what was answered with what there is.

    :return list: what differs, in words
    """

    def rows(query):
        return [line.split("|") for line in postgres.sql(query, database).splitlines()]

    wrong = {
        "activity {} is not done": f"""
            SELECT answered FROM unnest(ARRAY{journal["done"]}::int[]) answered
            WHERE NOT EXISTS (SELECT FROM crm_activity
                WHERE id = answered AND state = 'done' AND date_done IS NOT NULL)""",
        "activity {} is done, nobody knows when": """
            SELECT id FROM crm_activity WHERE state = 'done' AND date_done IS NULL""",
        "a transaction is left open: {}": """
            SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'
            AND state_change < now() - interval '10 seconds'""",
    }
    problems = [text.format(*row) for text, query in wrong.items() for row in rows(query)]
    ours = "FROM crm_activity WHERE name LIKE 'Load %'"
    made = dict(rows(f"SELECT name, count(*) {ours} GROUP BY name"))
    for subject, planned in journal["planned"].items():
        found = int(made.pop(subject, 0))
        if found != planned and (found or subject in journal["confirmed"]):
            problems.append(f"{subject}: {found} activities instead of {planned}")
    problems += [f"{subject}: nobody asked for it" for subject in made]
    states = dict(rows(f"SELECT name, state {ours} AND channel = 'email_out'"))
    # Odoo sends some of its own as well.
    problems += [f"{subject}: received {n} times" for subject, n in received.items() if n > 1]
    problems += [f"{subject}: not of ours" for subject in received.keys() - states.keys()]
    for subject, state in states.items():
        if (state == "done") != (subject in received):
            problems.append(f"{subject}: {state}, received: {subject in received}")
        if subject in journal["sent"] and state not in ("done", "failed"):
            problems.append(f"{subject}: was set to pending, and is {state}")
    return problems


def _subjects(folder):
    """:return list: the subjects of the emails that salespeople wrote"""
    subjects = (message["Subject"] or "" for message in mailbox.Maildir(folder))
    return [subject for subject in subjects if subject.startswith("Load ")]


def _logged(away):
    """:return list: the errors in the server's log, save while the database was away"""
    found = []
    for line in templates.errors(LOG.read_text(errors="replace")):
        moment = datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        if not away or not away[0] - 1 <= moment.timestamp() <= away[1]:
            found.append(f"logged: {line}")
    return found


def _report(journal, received, away, problems):
    """Print what is wrong.

    :return int: the exit code
    """
    excused, failed = 0, set()
    for operation, start, end, error in journal["failures"]:
        if away and start <= away[1] and end >= away[0]:
            excused += 1
        else:
            failed.add(f"{operation}: {error}")
    problems += sorted(failed)
    say(f"\n{len(journal['planned'])} orders, {received.total()} emails received")
    if away:
        seconds = away[1] - away[0] - GRACE
        say(f"The database was away for {seconds:.1f} s; of this failed {excused} calls.")
    for problem in problems:
        say(f"wrong: {problem}")
    say(f"{len(problems)} problems")
    return 1 if problems else 0
