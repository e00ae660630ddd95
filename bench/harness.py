# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the benchmarks measure with, and the table they make. Run inside Odoo."""

import contextlib
import re
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import requests

from devenv import paths, server


class Cost(NamedTuple):
    """What something took; None for what was not measured.

    :ivar float seconds: of wall time, the database's included
    :ivar int queries: sent to the database
    :ivar int peak: bytes of memory, above what the process had at rest
    :ivar float first_byte: seconds until the answer began
    """

    seconds: float | None = None
    queries: int | None = None
    peak: int | None = None
    first_byte: float | None = None


class Measure(NamedTuple):
    """Ours beside a peer or a limit, in one run: one row of the table for each of the costs.

    :ivar str name: what was done
    :ivar Cost ours: what ours took
    :ivar str peer_name: what it is compared with, empty for nothing
    :ivar Cost peer: what that took, None for nothing
    :ivar int records: for how many; None where a query for each makes no sense
    """

    name: str
    ours: Cost
    peer_name: str = ""
    peer: Cost | None = None
    records: int | None = None


def measured(env, function, runs=1):
    """Run a function on a cold cache, and undo what it did.

    :param int runs: how often; the median of the times counts
    :return Cost: what it took, up to the last write
    """
    seconds = []
    for _run in range(runs):
        env.flush_all()
        env.invalidate_all()
        queries = env.cr.sql_log_count
        with env.cr.savepoint() as savepoint:
            begin = time.perf_counter()
            function()
            env.flush_all()
            seconds.append(time.perf_counter() - begin)
            queries = env.cr.sql_log_count - queries
            savepoint.rollback()
    env.invalidate_all()
    return Cost(statistics.median(seconds), queries)


@contextlib.contextmanager
def serving(env, user):
    """Serve the benchmark's database; what is not committed, the server does not see.

    :param str user: login and password of who uses it
    :return: context manager giving the :class:`Browser` of this user
    """
    log = paths.LOGS / "bench-server.log"
    options = ("--max-cron-threads", 0, "--log-level", "error")
    with server.running(env.cr.dbname, log, *options) as (address, process):
        session = requests.Session()
        call = {"db": env.cr.dbname, "login": user, "password": user}
        session.post(f"{address}/web/session/authenticate", json={"params": call})
        page = session.get(f"{address}/odoo").text
        token = re.search(r'csrf_token: "(\w+)"', page)[1]
        yield Browser(address, session, token, Path(f"/proc/{process.pid}"))


class Browser(NamedTuple):
    """One that is logged in to the server that `process`, a folder of /proc, is of."""

    address: str
    session: requests.Session
    token: str
    process: Path

    def download(self, path, **data):
        """Post a form, and read the answer.

        :return Cost: seconds, first byte, and the peak of the server's memory above what it had
        """
        data.update(csrf_token=self.token, token="x")
        (self.process / "clear_refs").write_text("5")  # the peak begins anew
        rest = self._peak()
        begin = time.perf_counter()
        with self.session.post(self.address + path, data, stream=True) as answer:
            answer.raise_for_status()
            answer.raw.read(1)
            first_byte = time.perf_counter() - begin
            while answer.raw.read(1 << 20):
                pass
        seconds = time.perf_counter() - begin
        return Cost(seconds, None, self._peak() - rest, first_byte)

    def _peak(self):
        status = (self.process / "status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def table(measures):
    """:return str: the measures as a Markdown table, ratios first"""
    rows = [
        "| ours : peer | measure | cost | ours | peer | the peer |",
        "|---:|---|---|---:|---:|---|",
    ]
    for measure in measures:
        rows += [f"| {' | '.join(cells)} |" for cells in _rows(measure)]
    return "\n".join(rows)


def _rows(measure):
    formats = {
        "seconds": ("time", _seconds),
        "first_byte": ("first byte", _seconds),
        "queries": ("queries", lambda value: _queries(value, measure.records)),
        "peak": ("peak memory above rest", lambda value: f"{value / 2**20:,.0f} MB"),
    }
    name = measure.name
    for cost, (title, text) in formats.items():
        ours, peers = getattr(measure.ours, cost), getattr(measure.peer, cost, None)
        if ours is None:
            continue
        beside = ["", ""] if peers is None else [text(peers), measure.peer_name]
        yield [f"{ours / peers:.2f}" if peers else "", name, title, text(ours), *beside]
        # Only the first row of a measure repeats what it is about.
        name = ""


def _seconds(value):
    return f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.1f} s"


def _queries(value, records):
    return f"{value / records:.2f} a record" if records else f"{value:,}"
