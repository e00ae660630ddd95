# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the benchmarks measure with, and the table they make. Run inside Odoo."""

import time
from typing import NamedTuple


class Cost(NamedTuple):
    """What something took.

    :ivar float seconds: of wall time, the database's included
    :ivar int queries: sent to the database
    """

    seconds: float
    queries: int


class Measure(NamedTuple):
    """A row of the table: ours beside a peer or a limit, in one run."""

    name: str
    ours: Cost
    peer_name: str
    peer: Cost
    records: int


def measured(env, function):
    """Run a function on a cold cache, and undo what it did.

    :return Cost: what it took, up to the last write
    """
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
        "| measure | ours : peer | ours | queries a record "
        "| peer | its time | its queries a record |",
        "|---|---:|---:|---:|---|---:|---:|",
    ]
    for name, ours, peer_name, peer, records in measures:
        rows.append(
            f"| {name} | {ours.seconds / peer.seconds:.2f} | {ours.seconds:.1f} s "
            f"| {ours.queries / records:.2f} | {peer_name} | {peer.seconds:.1f} s "
            f"| {peer.queries / records:.2f} |"
        )
    return "\n".join(rows)
