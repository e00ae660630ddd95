# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The databases that the tests and benchmarks are run in copies of.

click-odoo-initdb makes those with Odoo's own modules (minutes), and keeps them in its cache until
there is another Odoo. Our addons come on top (seconds), again whenever a file of theirs changes
that reaches the database. All attachments of these databases are in their tables: a copy needs
no files.
"""

import contextlib
import itertools
import os
import re
import shutil

from . import odoo_command, paths, postgres
from .console import Failure, step
from .folders import fingerprint
from .lock import only_one
from .processes import run

ADDON = "crm_activity_ext"
SEED = paths.CHECKOUT / "bench" / "seed.py"

# Kinds of databases, and Odoo's own modules in each.
KINDS = {
    "core": ("contacts", "sales_team", "utm"),
    "crm": ("contacts", "crm"),
    "everything": ("contacts", "crm", "sale_management", "stock", "account"),
    "odoo": ("contacts", "crm", "test_mail", "test_lint"),
    # What a company has beside CRM, and what puts something of its own into our screens.
    "neighbours": (
        *("contacts", "crm_livechat", "event_crm", "hr", "marketing_card", "mass_mailing"),
        *("mass_mailing_crm", "mass_mailing_sms", "project", "sale_crm", "spreadsheet_dashboard"),
        *("survey", "website_crm"),
    ),
}
# These are everything, filled by `bench/seed.py`, at this scale.
SEEDED = {"big": 1, "tenth": 0.1}

# Folders of an addon with nothing that is written to the database.
NOT_IN_DATABASE = {"__pycache__", "readme", "static", "tests"}

CACHE, TEMPLATE, SCRATCH = "odoo19", "template_", "run_"

_numbers = itertools.count(1)

LOG_LINE = re.compile(r"^[\d-]+ [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)")


@contextlib.contextmanager
def cloned(kind, source, with_us=True):
    """Copy a template database, which is built first if it is missing or out of date.

    :param str kind: of KINDS or SEEDED
    :param OdooSource source: the Odoo to build it with
    :param bool with_us: whether our addons are in it
    :return: context manager giving the name of the copy, which is dropped afterwards
    """
    with contextlib.ExitStack() as stack:
        with lock():
            _drop_leftovers()
            if with_us:
                clone = stack.enter_context(copied(_ensure(kind, source)))
            else:
                clone = stack.enter_context(_scratch())
                _make_without_us(clone, kind, source)
                _use_filestore(clone)
        yield clone


@contextlib.contextmanager
def copied(database):
    """:return: context manager giving the name of a copy, which is dropped afterwards"""
    with _scratch() as copy:
        _copy(database, copy)
        yield copy


@contextlib.contextmanager
def _scratch():
    """:return: context manager giving the name of a database to make, dropped afterwards"""
    name = f"{SCRATCH}{os.getpid()}_{next(_numbers)}"
    try:
        yield name
    finally:
        drop(name)


def names(prefix):
    """:return list: the databases whose names begin with this"""
    query = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{prefix}')"
    return postgres.sql(query).splitlines()


def drop(name):
    """Drop a database, whether it is there or not, and whoever is connected to it."""
    # As superuser: connections of other roles have to be ended.
    postgres.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(paths.FILESTORE / name, ignore_errors=True)


def _copy(database, copy):
    postgres.sql(f'CREATE DATABASE "{copy}" TEMPLATE "{database}" OWNER {postgres.ROLE}')


def _drop_leftovers():
    for name in names(SCRATCH):
        if not os.path.exists(f"/proc/{name.split('_')[1]}"):
            drop(name)


def lock():
    """:return: context manager for whoever builds databases"""
    return only_one("databases", "building a database")


@contextlib.contextmanager
def building(name):
    """Build a database under another name, and rename it when it is complete.

    Only for the one who holds the lock.

    :return: context manager giving the name of the unfinished database, which is to be made
    """
    with _scratch() as unfinished:
        yield unfinished
        drop(name)
        postgres.sql(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def _ensure(kind, source):
    """:return str: the name of the template database"""
    if kind in SEEDED:
        below = _ensure("everything", source)
        mark = fingerprint(below, SEED)
    else:
        mark = fingerprint(source.mark, addons_mark(), *KINDS[kind])
    template = f"{TEMPLATE}{kind}_{mark}"
    if template in names(template):
        return template
    for outdated in names(f"{TEMPLATE}{kind}_"):
        drop(outdated)
    with building(template) as database:
        if kind in SEEDED:
            _seed(database, below, kind)
        else:
            _make_with_us(database, kind, source)
    return template


def _make_with_us(database, kind, source):
    _make_without_us(database, kind, source)
    ours = [addon.name for addon in paths.addons()] if kind == "everything" else [ADDON]
    with step(f"Installing our addons in the database: {kind}"):
        arguments = ["--init", ",".join(ours), "--no-http", "--stop-after-init"]
        run_odoo(odoo_command.command("-d", database, *arguments), complaints)
    _use_filestore(database)


def _make_without_us(database, kind, source):
    """Make a database whose attachments are in its tables, and those that are still to come."""
    modules = ",".join(KINDS[kind])
    with step(f"Making a database with Odoo's own modules: {modules}"):
        # Only Odoo's addons are to be found: a change of ours is none of its cache's business.
        initdb = odoo_command.contrib(
            *("initdb", "-n", database, "--modules", modules, "--no-demo"),
            *("--attachments-in-db-persistent", "--cache-prefix", CACHE),
            *("--addons-path", source.addons_folder),
        )
        run_odoo(initdb, errors)


def _use_filestore(database):
    statement = "DELETE FROM ir_config_parameter WHERE key = 'ir_attachment.location'"
    postgres.sql(statement, database)


def _seed(database, below, kind):
    with step(f"Filling the database: {kind} (some minutes)"):
        _copy(below, database)
        program = f"{scale(kind)}{SEED.read_text()}\nfill(env)\n"
        odoo_command.shell(database, program, "seed.log", f"Filling {database} failed.")
        # As autovacuum would in time: without it no index answers alone.
        postgres.sql("VACUUM ANALYZE", database)


def scale(kind):
    """:return str: the beginning of a program that uses `bench/seed.py` for this kind"""
    return f"import os\nos.environ['SEED_SCALE'] = '{SEEDED.get(kind, 1)}'\n"


def run_odoo(command, find_problems, advice="", log="odoo-build.log", **options):
    """Let Odoo do something with a database.

    :param find_problems: takes what was logged, returns the lines to fail for
    :param str advice: what the user can do about a failure
    :param str log: name of the log file; this one is of who holds the lock
    :param options: handed on to `subprocess.run`
    :return str: what was logged
    :raise Failure: for these lines, or an exit code
    """
    failure = f"Odoo failed on a database. {advice}"
    options |= {"env": odoo_command.environment(), "cwd": paths.CHECKOUT}
    output = run(command, log, failure, **options)
    if problems := find_problems(output):
        where = f"Odoo complained about a database. {advice}\nAll of it: {paths.LOGS / log}"
        raise Failure("\n    ".join([where, *problems]))
    return output


def errors(log):
    return _lines(log, ("ERROR", "CRITICAL"))


def complaints(log):
    return _lines(log, ("WARNING", "ERROR", "CRITICAL"))


def _lines(log, levels):
    """:return list: the lines of these levels, without what Odoo's code has itself warned of"""
    ours = tuple(f"{addon}{os.sep}" for addon in paths.addons())
    return [
        match.string
        for match in map(LOG_LINE.match, log.splitlines())
        if match
        and match["level"] in levels
        and (match["logger"] != "py.warnings" or match["text"].startswith(ours))
    ]


def addons_mark():
    """:return str: another one when a file of our addons changed that reaches the database"""
    parts = []
    for addon in paths.addons():
        for file in sorted(addon.rglob("*")):
            inside = file.relative_to(paths.CHECKOUT)
            if file.is_file() and not NOT_IN_DATABASE.intersection(inside.parts):
                parts += [str(inside), file]
    return fingerprint(*parts)
