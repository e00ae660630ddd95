# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the benchmarks measure with, and the table they make. Run inside Odoo."""

import contextlib
import http.cookiejar
import json
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import NamedTuple


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
    costs = [_measured_once(env, function) for _run in range(runs)]
    return Cost(statistics.median(cost.seconds for cost in costs), costs[-1].queries)


def _measured_once(env, function):
    env.flush_all()
    env.invalidate_all()
    queries = env.cr.sql_log_count
    with env.cr.savepoint() as savepoint:
        begin = time.perf_counter()
        function()
        env.flush_all()
        cost = Cost(time.perf_counter() - begin, env.cr.sql_log_count - queries)
        savepoint.rollback()
    env.invalidate_all()
    return cost


class Server:
    """An Odoo server of its own on the benchmark's database, and a browser that is logged in.

    Use it as a context manager. What the benchmark has not committed, the server does not see.
    """

    def __init__(self, env, user):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}"
        self._database = env.cr.dbname
        self._user = user
        self._command = [sys.executable, "-m", "odoo", "-d", env.cr.dbname, "--http-port", port]
        self._command += ["--max-cron-threads", 0, "--log-level", "error"]
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._browser = urllib.request.build_opener(cookies)

    def __enter__(self):
        self._process = subprocess.Popen(
            list(map(str, self._command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()
        call = {"db": self._database, "login": self._user, "password": self._user}
        self._browser.open(
            urllib.request.Request(
                f"{self._address}/web/session/authenticate",
                json.dumps({"params": call}).encode(),
                {"Content-Type": "application/json"},
            )
        ).read()
        page = self._browser.open(f"{self._address}/odoo").read().decode()
        self._token = re.search(r'csrf_token: "(\w+)"', page)[1]
        return self

    def __exit__(self, *_error):
        self._process.kill()
        self._process.wait()

    def _wait(self):
        for _attempt in range(600):
            with contextlib.suppress(OSError):
                return self._browser.open(f"{self._address}/web/login").read()
            time.sleep(0.1)
        raise AssertionError("The server does not answer.")

    def download(self, path, **data):
        """Post a form, and read the answer.

        :return Cost: seconds, first byte, and the peak of the server's memory above what it had
        """
        body = urllib.parse.urlencode({**data, "csrf_token": self._token, "token": "x"}).encode()
        process = Path(f"/proc/{self._process.pid}")
        (process / "clear_refs").write_text("5")  # the peak begins anew
        rest = self._memory("VmRSS")
        begin = time.perf_counter()
        with self._browser.open(self._address + path, body, timeout=3600) as answer:
            answer.read(1)
            first_byte = time.perf_counter() - begin
            while answer.read(1 << 20):
                pass
        seconds = time.perf_counter() - begin
        return Cost(seconds, None, self._memory("VmHWM") - rest, first_byte)

    def _memory(self, name):
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024


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
    name, peer_name = measure.name, measure.peer_name
    for cost, text in (
        ("seconds", _seconds),
        ("first_byte", _seconds),
        ("queries", lambda value: _queries(value, measure.records)),
        ("peak", lambda value: f"{value / 2**20:,.0f} MB"),
    ):
        ours = getattr(measure.ours, cost)
        peers = getattr(measure.peer, cost) if measure.peer else None
        if ours is None:
            continue
        ratio = f"{ours / peers:.2f}" if peers else ""
        yield [
            ratio,
            name,
            COST_NAMES[cost],
            text(ours),
            "" if peers is None else text(peers),
            "" if peers is None else peer_name,
        ]
        # Only the first row of a measure repeats what it is about.
        name = ""


COST_NAMES = {
    "seconds": "time",
    "first_byte": "first byte",
    "queries": "queries",
    "peak": "peak memory above rest",
}


def _seconds(value):
    return f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.1f} s"


def _queries(value, records):
    return f"{value / records:.2f} a record" if records else f"{value:,}"
