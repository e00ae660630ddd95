# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the benchmarks measure with, and the table they make. Run inside Odoo."""

import statistics
import time
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
