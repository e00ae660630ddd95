# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import contextlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from devenv import odoo_command, paths, postgres

# Those who wait for a session, and those who wait for these: nobody else who waits meanwhile.
WAITING = """
    WITH RECURSIVE waiting (pid) AS (
        VALUES (%s)
        UNION
        SELECT session.pid FROM pg_stat_activity session
        JOIN waiting ON waiting.pid = ANY (pg_blocking_pids(session.pid))
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    )
    SELECT count(*) - 1 FROM waiting
"""


@pytest.fixture
def start_worker():
    """A function that starts a process which works off a queue as the cron does.

    `start_worker(database, code)` gives the `Popen` of an Odoo shell that runs the code, and ends.
    """

    def start(database, code):
        worker = subprocess.Popen(
            odoo_command.command("shell", "-d", database, "--no-http"),
            cwd=paths.CHECKOUT,
            env=odoo_command.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        worker.stdin.write(code.encode())
        worker.stdin.close()
        return worker

    return start


@pytest.fixture
def at_once(sql, wait_until):
    """A function that lets people do something at the same time, and returns what each is told.

    `at_once(database, table, calls)`: nothing in this table can be changed before each of the
    calls has been answered, or has come as far as it can.
    """

    def call(database, table, calls):
        with ThreadPoolExecutor(len(calls)) as pool, _locked(database, table) as locking:
            answers = [pool.submit(one) for one in calls]

            def have_come():
                waiting = int(sql(database, WAITING % locking)[0])
                return waiting + sum(answer.done() for answer in answers) == len(calls)

            wait_until(have_come)
        return [answer.result() for answer in answers]

    return call


@contextlib.contextmanager
def _locked(database, table):
    """:return: context manager giving the process ID of the session that locks it"""
    server = {"host": str(paths.SOCKETS), "port": postgres.PORT, "user": postgres.ROLE}
    connection = psycopg2.connect(dbname=database, **server)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield connection.info.backend_pid
