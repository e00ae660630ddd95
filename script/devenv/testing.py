# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/test`: lint, then every test in the databases it is for, then the translations.

Each addon is tested in each of two databases that has it: *core*, with crm_activity_ext and what
installs itself beside it, and *everything*. The tests in script/tests and tests/ make databases of
their own. Two parts of all this run at a time.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import bootstrap, lint, odoo_suites, paths, postgres, templates, translations
from .console import Failure, Terminated, say
from .processes import attached, end_together, environment, run_attached

RUNS = ("without", "core", "everything")
# As many as there are cores where this was written.
AT_ONCE = 2
ALONE = "alone"
NOT_ON_DEMAND = "not long and not neighbours"
NOT_ALONE = f"not {ALONE} and {NOT_ON_DEMAND}"
WITHOUT_DATABASE = [paths.CHECKOUT / "script" / "tests", paths.CHECKOUT / "tests"]
NEIGHBOURS = f"tests{os.sep}lifecycle{os.sep}test_neighbours.py"
NOTHING_COLLECTED = 5


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
        # Who chooses tests wants those alone, watches them, and may be asked by a debugger.
        if options.run or passed_on:
            failed += _run_one_by_one(options.run or RUNS, passed_on, source)
        else:
            failed += _run_parts()
            failed += [] if translations.check(source) else ["translations"]
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
        "--run",
        action="append",
        choices=RUNS,
        help="run the tests of this alone: those that are without a database, or those in one of "
        "these databases; several times for several",
    )
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


def _run_one_by_one(names, arguments, source):
    """:return list: the names of the runs that failed"""
    codes = {name: _run(name, arguments, source) for name in names}
    if set(codes.values()) == {NOTHING_COLLECTED}:
        raise Failure("No test was run: these arguments select none.")
    return [name for name, code in codes.items() if code not in (0, NOTHING_COLLECTED)]


def _run_parts():
    """Run all tests, some parts of them at a time, and last those that need to be alone.

    What a part says is shown when it has ended, and which of its tests fails at once.

    :return list: the names of the parts that failed
    """
    waiting, running, failed = _get_parts(), {}, []
    terminal = os.dup(sys.stdout.fileno())
    try:
        with contextlib.ExitStack() as programs, _ending_together(running):
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    part = waiting.pop(0)
                    running[part] = programs.enter_context(_started(part, terminal))
                time.sleep(0.1)
                ended = [part for part, program in running.items() if program.poll() is not None]
                for part in ended:
                    failed += [part] if running.pop(part).returncode else []
                    _show(part)
    finally:
        os.close(terminal)
        for part in running:
            _show(part)
    failed += [ALONE] if _run_without_database(["-m", f"{ALONE} and {NOT_ON_DEMAND}"]) else []
    return failed


@contextlib.contextmanager
def _ending_together(running):
    """Where we are told to end, tell all parts at once: each takes its time to clean up."""
    try:
        yield
    except Terminated:
        end_together(running.values(), signal.SIGTERM)
        raise


def _get_parts():
    """:return list: runs, or runs and the folder whose tests are run; the longest first"""
    addons = [addon for addon in paths.addons() if (addon / "tests").exists()]
    addons.sort(key=lambda addon: -sum(file.stat().st_size for file in addon.rglob("test_*.py")))
    largest, *others = [f"everything {addon.name}{os.sep}tests" for addon in addons]
    return ["without", largest, "core", *others]


@contextlib.contextmanager
def _started(part, terminal):
    """:return: context manager giving the Popen of `script/test` for a part"""
    log = _log_of(part)
    say(f"==> Tests: {part} … (in {log})")
    run, *folder = part.split()
    command = [paths.SCRIPTS / "test", "--no-lint", "--run", run, *folder, "-m", NOT_ALONE]
    command.append(f"--tell-failures={terminal}")
    options = {"cwd": paths.CHECKOUT, "stderr": subprocess.STDOUT, "pass_fds": [terminal]}
    with (
        log.open("wb") as output,
        attached(command, ending=signal.SIGTERM, stdout=output, **options) as program,
    ):
        yield program


def _show(part):
    say(f"==> Of {part}:\n{_log_of(part).read_text(errors='replace')}")


def _log_of(part):
    return paths.LOGS / f"tests-{part.replace(' ', '-').replace(os.sep, '-')}.log"


def _run(name, arguments, source):
    """:return int: pytest's exit code for what is chosen of a run"""
    if name == "without":
        return _run_without_database(arguments)
    return _run_in_database(name, arguments, source)


def _run_without_database(arguments):
    return _run_folders("without a database", WITHOUT_DATABASE, ["-p", "no:odoo"], arguments)


def _run_in_database(kind, arguments, source):
    with templates.cloned(kind, source) as database:
        installed = postgres.sql(
            "SELECT name FROM ir_module_module WHERE state = 'installed'", database
        ).splitlines()
        folders = [addon / "tests" for addon in paths.addons() if addon.name in installed]
        options = ["--odoo-config", paths.ODOO_CONF, "--odoo-database", database]
        options += ["--odoo-log-level", "info", "--odoo-http"]
        return _run_folders(kind, folders, options, arguments)


def _run_folders(name, folders, options, arguments):
    """Run what is chosen of the tests in some folders.

    :return int: pytest's exit code
    """
    chosen = _choose(folders, arguments)
    if not chosen:
        return NOTHING_COLLECTED
    say(f"==> Tests: {name} …")
    # Also takes what browsers leave behind in the folder for temporary files.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [paths.VENV_PYTHON, "-m", "pytest", "-p", "devenv.strict", *options, *chosen]
        variables = environment(
            # The scripts of the environment can be imported by its own tests.
            PYTHONPATH=str(paths.SCRIPTS),
            TMPDIR=folder,
            AXE_CORE=str(paths.AXE_CORE),
        )
        # Also gets the descriptor that it is to tell failures by, where there is one.
        return run_attached(command, cwd=paths.CHECKOUT, env=variables, close_fds=False)


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
