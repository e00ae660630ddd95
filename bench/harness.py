# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the benchmarks measure with, and the table they make. Run inside Odoo."""

import contextlib
import json
import re
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import requests

from devenv import paths, postgres, server

# Tables whose rows Odoo deletes by itself within a day, beside those of transient models.
PASSING = {"bus_bus", "ir_cron_progress", "ir_cron_trigger"}


class Cost(NamedTuple):
    """What something took; None for what was not measured.

    :ivar float seconds: of wall time, the database's included
    :ivar int queries: sent to the database
    :ivar int peak: bytes of memory, above what the process had at rest
    :ivar float first_byte: seconds until the answer began
    :ivar float cpu: seconds that Odoo itself computed, without the database
    :ivar int disk: bytes that the database keeps
    :ivar int wal: bytes of its write-ahead log: what a replica and a backup get as well
    """

    seconds: float | None = None
    queries: int | None = None
    peak: int | None = None
    first_byte: float | None = None
    cpu: float | None = None
    disk: int | None = None
    wal: int | None = None


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


def measured(env, function, runs=1, cpu=False):
    """Run a function on a cold cache, and undo what it did.

    :param int runs: how often; the median of the times counts
    :param bool cpu: whether the time that Odoo computes is told as well: of work on many records,
        it differs less from run to run
    :return Cost: what it took, up to the last write
    """
    seconds, computed = [], []
    for _run in range(runs):
        env.flush_all()
        env.invalidate_all()
        queries = env.cr.sql_log_count
        with env.cr.savepoint() as savepoint:
            begin, begin_cpu = time.perf_counter(), time.process_time()
            function()
            env.flush_all()
            seconds.append(time.perf_counter() - begin)
            computed.append(time.process_time() - begin_cpu)
            queries = env.cr.sql_log_count - queries
            savepoint.rollback()
    env.invalidate_all()
    return Cost(
        statistics.median(seconds), queries, cpu=statistics.median(computed) if cpu else None
    )


def compared(env, functions, runs, cpu=False):
    """Run functions in turn, each as :func:`measured` does: a machine that others slow down for a
    while slows all of them down.

    :return: list of :class:`Cost`, each the median of its runs
    """
    rounds = [[measured(env, one, cpu=cpu) for one in functions] for _round in range(runs)]
    return [_median(costs) for costs in zip(*rounds, strict=True)]


def _median(costs):
    """:return Cost: the middle of each"""
    return Cost(
        *(
            None if None in values else statistics.median(values)
            for values in zip(*costs, strict=True)
        )
    )


def weighed(env, function):
    """Run a function and commit: what it did stays.

    :return Cost: what the database keeps of it, without former versions of rows and free space,
        and all that was written to the log meanwhile, of the whole server
    """
    env.cr.commit()
    before = _sizes(env)
    log = postgres.sql("SELECT pg_current_wal_insert_lsn()")
    function()
    env.cr.commit()
    wal = int(postgres.sql(f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{log}')::bigint"))
    changed = [table for table, size in _sizes(env).items() if size != before.get(table)]
    disk = _compact(env, changed) - sum(before.get(table, 0) for table in changed)
    return Cost(disk=disk, wal=wal)


def compact(env):
    """Let no table have free space, so that :func:`weighed` sees whatever comes."""
    _compact(env, _sizes(env))


def _compact(env, tables):
    """:return int: bytes that the tables need"""
    names = ", ".join(f'"{table}"' for table in tables)
    postgres.sql(f"VACUUM (FULL, ANALYZE) {names}", env.cr.dbname)
    sizes = _sizes(env)
    return sum(sizes[table] for table in tables)


def _sizes(env):
    env.cr.execute(
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    sizes = dict(env.cr.fetchall())
    env.cr.commit()
    passing = PASSING | {model._table for model in env.values() if model._transient}
    return {table: size for table, size in sizes.items() if table not in passing}


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


def as_json(measures):
    """:return str: the costs, ours and the peer's, as :func:`table` takes those of a tenth"""
    return json.dumps([[measure.ours, measure.peer] for measure in measures])


def table(measures, tenths=None):
    """:param list tenths: what :func:`as_json` gave for the same measures at a tenth of the data
    :return str: the measures as a Markdown table, ratios first
    """
    growth = " growth |" if tenths is not None else ""
    rows = [
        f"| ours : peer | measure | cost | ours | peer |{growth} the peer |",
        f"|---:|---|---|---:|---:|{growth and '---:|'}---|",
    ]
    if tenths is None:
        tenths = [None] * len(measures)
    # By their order: what a measure is called may tell how many records there were.
    for measure, tenth in zip(measures, tenths, strict=True):
        rows += [f"| {' | '.join(cells)} |" for cells in _rows(measure, tenth)]
    return "\n".join(rows)


def _rows(measure, tenth):
    """:param tenth: pair of the costs of ours and of the peer, None where there are none"""
    formats = {
        "seconds": ("time", _seconds),
        "cpu": ("CPU", _seconds),
        "first_byte": ("first byte", _seconds),
        "queries": ("queries", lambda value: _queries(value, measure.records)),
        "peak": ("peak memory above rest", lambda value: f"{value / 2**20:,.0f} MB"),
        "disk": ("on disk", lambda value: _bytes(value, measure.records)),
        "wal": ("written to the log", lambda value: _bytes(value, measure.records)),
    }
    name = measure.name
    tenth = tenth and [cost and Cost(*cost) for cost in tenth]
    for cost, (title, text) in formats.items():
        ours, peers = getattr(measure.ours, cost), getattr(measure.peer, cost, None)
        if ours is None:
            continue
        beside = ["", ""] if peers is None else [text(peers), measure.peer_name]
        if tenth:
            growth = [_growth(ours, tenth[0], cost), _growth(peers, tenth[1], cost)]
            beside.insert(1, " : ".join(filter(None, growth)))
        yield [f"{ours / peers:.2f}" if peers else "", name, title, text(ours), *beside]
        # Only the first row of a measure repeats what it is about.
        name = ""


def _growth(whole, tenth, cost):
    before = getattr(tenth, cost, None)
    return f"{whole / before:.1f}" if whole and before else ""


def _seconds(value):
    return f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.1f} s"


def _queries(value, records):
    return f"{value / records:.2f} a record" if records else f"{value:,}"


def _bytes(value, records):
    return f"{value / (records or 1):,.0f} bytes{' a record' if records else ''}"
