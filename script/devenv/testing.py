# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/test`: lint, then every test in the databases it is for, then the translations.

Each addon is tested in each of two databases that has it: *core*, with crm_activity_ext and what
installs itself beside it, and *everything*. The tests in script/tests and tests/ make databases of
their own.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import bootstrap, lint, odoo_suites, paths, postgres, templates, translations
from .console import Failure, say
from .processes import attached

DATABASES = ("core", "everything")
WITHOUT_DATABASE = [paths.CHECKOUT / "script" / "tests", paths.CHECKOUT / "tests"]
NEIGHBOURS = f"tests{os.sep}lifecycle{os.sep}test_neighbours.py"
NOTHING_COLLECTED = 5
LOG = "tests-without-database.log"


def main(arguments):
    options, passed_on = _parse(arguments)
    if options.odoo_suites is not None:
        return odoo_suites.run(options.odoo_suites, bootstrap.set_up())
    if options.neighbours:
        bootstrap.set_up()
        return _run_without_database([NEIGHBOURS, "-m", "neighbours", "-s", *passed_on])
    failed = [] if options.no_lint or lint.run(fix=options.fix) else ["lint"]
    if not options.lint_only:
        source = bootstrap.set_up()
        failed += _run_tests(passed_on, source)
        # Who chooses tests wants those alone.
        failed += [] if passed_on or translations.check(source) else ["translations"]
    say(f"\nFailed: {', '.join(failed)}" if failed else "\nAll passed.")
    return 1 if failed else 0


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/test",
        usage="%(prog)s [--no-lint | --lint-only] [--fix] [pytest arguments]\n"
        "       %(prog)s --odoo-suites [suite ...]\n"
        "       %(prog)s --neighbours",
        description=f"{__doc__}\nAll other arguments go to pytest: -k gate, or the path of a test.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    lint_options = parser.add_mutually_exclusive_group()
    lint_options.add_argument("--no-lint", action="store_true", help="only run the tests")
    lint_options.add_argument("--lint-only", action="store_true", help="only run the linters")
    parser.add_argument("--fix", action="store_true", help="no failure where the linters mended it")
    parser.add_argument(
        "--odoo-suites",
        nargs="*",
        metavar="suite",
        help="run nothing of ours but Odoo's own tests, without and with our addons, and tell "
        f"what differs: {', '.join(odoo_suites.SUITES)}",
    )
    parser.add_argument(
        "--neighbours",
        action="store_true",
        help="run nothing but a test of our addons beside twelve apps of Odoo's and nine addons of "
        "OCA's, from the package registry",
    )
    return parser.parse_known_args(arguments)


def _run_tests(arguments, source):
    """:return list: the names of the runs that failed"""
    # Who chooses tests wants to watch them, or to be asked by a debugger.
    codes = _run_one_by_one(arguments, source) if arguments else _run_two_at_once(source)
    if set(codes.values()) == {NOTHING_COLLECTED}:
        raise Failure("No test was run: these arguments select none.")
    return [name for name, code in codes.items() if code not in (0, NOTHING_COLLECTED)]


def _run_one_by_one(arguments, source):
    """:return dict: name of a run → exit code of pytest"""
    codes = {"without a database": _run_without_database(arguments)}
    return codes | {kind: _run_in_database(kind, arguments, source) for kind in DATABASES}


def _run_two_at_once(source):
    """Run everything in half the time: what needs no database beside what does.

    :return dict: name of a run → exit code of pytest
    """
    # Before, as those that need none of these make databases as well, and log to the same file.
    templates.prepare(DATABASES, source)
    log = paths.LOGS / LOG
    with log.open("wb") as output, _without_database([], output) as beside:
        codes = {kind: _run_in_database(kind, [], source) for kind in DATABASES}
        codes["without a database"] = beside.wait()
    say("==> What was run without a database meanwhile:")
    with log.open("rb") as output:
        shutil.copyfileobj(output, sys.stdout.buffer)
    return codes


def _run_without_database(arguments):
    with _without_database(arguments) as program:
        return program.wait() if program else NOTHING_COLLECTED


def _without_database(arguments, output=None):
    name = "without a database" + (f" (in {LOG})" if output else "")
    return _started(name, WITHOUT_DATABASE, ["-p", "no:odoo"], arguments, output)


def _run_in_database(kind, arguments, source):
    with templates.cloned(kind, source) as database:
        installed = postgres.sql(
            "SELECT name FROM ir_module_module WHERE state = 'installed'", database
        ).splitlines()
        folders = [addon / "tests" for addon in paths.addons() if addon.name in installed]
        options = ["--odoo-config", paths.ODOO_CONF, "--odoo-database", database]
        options += ["--odoo-log-level", "info", "--odoo-http"]
        with _started(kind, folders, options, arguments) as program:
            return program.wait() if program else NOTHING_COLLECTED


@contextlib.contextmanager
def _started(name, folders, options, arguments, output=None):
    """Start what is chosen of the tests in some folders.

    :param output: a file for what pytest says, the terminal where there is none
    :return: context manager giving the Popen of pytest, None where nothing is chosen
    """
    if not (chosen := _choose(folders, arguments)):
        yield None
        return
    say(f"==> Tests: {name} …")
    # Also takes what browsers leave behind in the folder for temporary files.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [paths.VENV_PYTHON, "-m", "pytest", "-p", "devenv.strict", *options, *chosen]
        environment = {
            **os.environ,
            # The scripts of the environment can be imported by its own tests.
            "PYTHONPATH": str(paths.SCRIPTS),
            "TMPDIR": folder,
            "AXE_CORE": str(paths.AXE_CORE),
        }
        streams = {"stdout": output, "stderr": output and subprocess.STDOUT}
        with attached(command, cwd=paths.CHECKOUT, env=environment, **streams) as program:
            yield program


def _choose(folders, arguments):
    """:return list: arguments for pytest, none where all the paths among them are elsewhere"""
    chosen = [argument for argument in arguments if _is_path(argument)]
    others = [argument for argument in arguments if argument not in chosen]
    if not chosen:
        return [*folders, *others]
    found = []
    for argument in chosen:
        path = _path_of(argument)
        found += [argument] * any(path.is_relative_to(folder) for folder in folders)
        found += [folder for folder in folders if folder != path and folder.is_relative_to(path)]
    return found and [*found, *others]


def _is_path(argument):
    return os.sep in argument and _path_of(argument).exists()


def _path_of(argument):
    """:return Path: of the file or folder in an argument like `folder/file.py::Class::test`"""
    return Path(argument.partition("::")[0]).resolve()
