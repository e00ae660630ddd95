# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The databases that the tests are run in copies of.

They are built in two layers. The lower one has Odoo's own modules (minutes to build, and only
to be built again for another Odoo), the upper one our addons on top (seconds, and to be built
again whenever a file of theirs changes that reaches the database).
"""

import contextlib
import itertools
import os
import re
from dataclasses import dataclass

from . import databases, odoo_command, paths, postgres
from .console import Failure, step
from .folders import fingerprint
from .lock import only_one
from .processes import run

ADDON = "crm_activity_ext"
SEED = paths.CHECKOUT / "bench" / "seed.py"

# Folders of an addon with nothing that is written to the database.
NOT_IN_DATABASE = {"__pycache__", "readme", "static", "tests"}

UNFINISHED = "unfinished_"

_numbers = itertools.count(1)

LOG_LINE = re.compile(r"^[\d-]+ [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)")


@dataclass(frozen=True)
class Kind:
    """One kind of database.

    :ivar tuple modules: Odoo's modules that are in it
    :ivar str below: the kind whose Odoo modules it is built upon
    :ivar str ours: the addon of ours to install; bridges come by themselves
    :ivar bool is_seeded: whether `bench/seed.py` fills the database after our addons came
    """

    name: str
    modules: tuple
    below: str = ""
    ours: str = ADDON
    is_seeded: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind("core", ("contacts", "sales_team", "utm")),
        Kind("crm", ("crm",), below="core"),
        Kind(
            "everything",
            ("sale_management", "stock", "account"),
            below="crm",
            ours="test_crm_activity_ext",
        ),
        Kind("big", (), below="everything", is_seeded=True),
        Kind("odoo", ("contacts", "crm", "test_mail", "test_lint")),
    )
}


@contextlib.contextmanager
def cloned(name, source, with_us=True):
    """Copy a template database, which is built first if it is missing or out of date.

    :param str name: of a kind
    :param OdooSource source: the Odoo to build it with
    :param bool with_us: whether our addons are in it
    :return: context manager giving the name of the copy, which is dropped afterwards
    """
    with contextlib.ExitStack() as stack:
        with lock():
            _drop_clones_of_dead_runs()
            ensure = _ensure if with_us else _ensure_without_us
            clone = stack.enter_context(copied(ensure(name, source)))
        yield clone


@contextlib.contextmanager
def copied(database):
    """:return: context manager giving the name of a copy, which is dropped afterwards"""
    clone = f"run_{os.getpid()}_{next(_numbers)}"
    try:
        databases.clone(database, clone)
        yield clone
    finally:
        databases.drop(clone)


def _drop_clones_of_dead_runs():
    for clone in databases.names("run_"):
        process = clone.split("_")[1]
        if not os.path.exists(f"/proc/{process}"):
            databases.drop(clone)


def _ensure_without_us(name, source):
    return _ensure_base(KINDS[name], source)


def _ensure(name, source):
    kind = KINDS[name]
    if kind.is_seeded:
        return _ensure_seeded(kind, _ensure(kind.below, source))
    base = _ensure_base(kind, source)
    template = f"template_{name}_{fingerprint(base, addons_mark())}"
    if not databases.exists(template):
        _drop_outdated(f"template_{name}_")
        with step(f"Building the template database: {name}"):
            build(template, base, lambda made: run_odoo(made, ["--init", kind.ours], complaints))
    return template


def _ensure_seeded(kind, below):
    template = f"template_{kind.name}_{fingerprint(below, SEED)}"
    if not databases.exists(template):
        _drop_outdated(f"template_{kind.name}_")
        with step(f"Filling the template database: {kind.name} (some minutes)"):
            build(template, below, _seed)
    return template


def _seed(database):
    run(
        odoo_command.command("shell", "-d", database, "--no-http", "--log-level", "error"),
        "seed.log",
        f"Filling the database {database} failed.",
        input=SEED.read_bytes() + b"\nfill(env)\n",
        env=odoo_command.environment(),
        cwd=paths.CHECKOUT,
    )
    # As autovacuum would in time: without it no index answers alone.
    postgres.sql("VACUUM ANALYZE", database)


def lock():
    """:return: context manager for whoever builds databases"""
    return only_one("databases", "building a database")


def _ensure_base(kind, source):
    below = _ensure_base(KINDS[kind.below], source) if kind.below else None
    mark = fingerprint(below, source.mark, *kind.modules)
    base = f"base_{kind.name}_{mark}"
    if not databases.exists(base):
        _drop_outdated(f"base_{kind.name}_")
        with step(f"Building a database with Odoo's own modules: {', '.join(kind.modules)}"):
            arguments = ["--init", ",".join(kind.modules)]
            build(base, below, lambda made: run_odoo(made, arguments, errors))
    return base


def _drop_outdated(prefix):
    for name in databases.names(prefix):
        databases.drop(name)


def build(name, below, fill):
    """Build a database under another name, and rename it when it is complete.

    Only for the one who holds the lock.

    :param str below: the database to start from a copy of, None for an empty one
    :param fill: takes the name of the unfinished database, and does with it what is to be done
    """
    for killed in databases.names(UNFINISHED):
        databases.drop(killed)
    unfinished = UNFINISHED + name
    try:
        if below:
            databases.clone(below, unfinished)
        fill(unfinished)
        databases.rename(unfinished, name)
    except (Failure, KeyboardInterrupt):
        databases.drop(unfinished)
        raise


def run_odoo(database, arguments, find_problems):
    """Run Odoo on a database to its end.

    :param list arguments: what to have Odoo do with it
    :param find_problems: takes Odoo's log, returns the lines to fail for
    """
    log = "odoo-build.log"
    run(
        odoo_command.command("-d", database, *arguments, "--no-http", "--stop-after-init"),
        log,
        f"Odoo failed on the database {database}.",
        env=odoo_command.environment(),
        cwd=paths.CHECKOUT,
    )
    problems = find_problems((paths.LOGS / log).read_text(errors="replace"))
    if problems:
        shown = "\n".join(f"    {line}" for line in problems)
        raise Failure(
            f"Odoo complained about the database {database}. All of it: {paths.LOGS / log}\n{shown}"
        )


def errors(log):
    return _lines(log, ("ERROR", "CRITICAL"))


def complaints(log):
    return _lines(log, ("WARNING", "ERROR", "CRITICAL"))


def _lines(log, levels):
    """:return list: the lines of these levels, without what Odoo's code has itself warned of"""
    found = []
    for line in log.splitlines():
        match = LOG_LINE.match(line)
        if not match or match["level"] not in levels:
            continue
        if match["logger"] == "py.warnings" and not _is_ours(match["text"]):
            continue
        found.append(line)
    return found


def _is_ours(text):
    return any(text.startswith(f"{addon}{os.sep}") for addon in paths.addons())


def addons_mark():
    """:return str: another one when a file of our addons changed that reaches the database"""
    parts = []
    for addon in paths.addons():
        for file in sorted(addon.rglob("*")):
            inside = file.relative_to(addon)
            if file.is_file() and not NOT_IN_DATABASE.intersection(inside.parts):
                parts += [str(file.relative_to(paths.CHECKOUT)), file]
    return fingerprint(*parts)
