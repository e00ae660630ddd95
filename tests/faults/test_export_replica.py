# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The export reads from a replica where there is one, and goes on without it."""

import contextlib
import io
import os
import signal

import pytest
import requests
from openpyxl import load_workbook

from devenv import paths, postgres

PORT = postgres.PORT + 1
ADMIN = 2


@pytest.fixture
def replica(tmp_path):
    """A function that starts a PostgreSQL which follows the first one by streaming.

    It returns the id of its process, and the file with every statement that it got.
    """
    log = paths.LOGS / "replica.log"
    with contextlib.ExitStack() as stack:
        yield lambda: (stack.enter_context(postgres.replica(tmp_path, PORT, log.name)), log)


def test_the_export_reads_from_a_replica_and_goes_on_without_it(
    scratch_database, replica, server, sql, wait_until
):
    database = scratch_database("crm")
    process, log = replica()
    options = ["--db_replica_host", paths.SOCKETS, "--db_replica_port", PORT]
    running = server(database, *options, "--max-cron-threads", 0)
    [[visit]] = [sql(database, "SELECT id FROM mail_activity_type WHERE crm_channel = 'visit'")]

    def create(name):
        values = {"name": name, "activity_type_id": int(visit)}
        running.call(ADMIN, "admin", "crm.activity", "create", [values])

    create("Before")
    session = _log_in(running, database)
    # What was written arrives at the replica by streaming, a moment later.
    wait_until(lambda: _export(running, session) == ["Before"])
    create("After")
    wait_until(lambda: _export(running, session) == ["After", "Before"])
    assert sql("postgres", "SELECT state FROM pg_stat_replication") == ["streaming"]
    assert 'DECLARE "crm_activity_export"' in log.read_text()

    os.kill(process, signal.SIGKILL)
    create("Without replica")
    assert _export(running, session) == ["Without replica", "After", "Before"]


def _log_in(running, database):
    session = requests.Session()
    session.post(
        f"http://127.0.0.1:{running.port}/web/session/authenticate",
        json={"params": {"db": database, "login": "admin", "password": "admin"}},
        timeout=60,
    ).raise_for_status()
    return session


def _export(running, session):
    """:return: the subjects, in the order of the file"""
    address = f"http://127.0.0.1:{running.port}/crm_activity_ext/activities.xlsx"
    answer = session.get(address, params={"order": "id desc"}, timeout=60)
    answer.raise_for_status()
    header, *rows = load_workbook(io.BytesIO(answer.content))["Activities"].values
    return [row[header.index("Subject")] for row in rows if row[header.index("Subject")]]
