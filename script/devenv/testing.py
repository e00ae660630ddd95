# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/test`: lint, then every test in the databases it is for, then the translations."""

import argparse
import contextlib
import json
import os
import tempfile
import time
from pathlib import Path

from . import bootstrap, lint, odoo_suites, paths, results, suites, templates, translations
from .console import Failure, say
from .processes import run_attached
from .results import Result

NOTHING_COLLECTED = 5


def main(arguments):
    options, passed_on = _parse(arguments)
    source = bootstrap.set_up()
    if options.odoo_suites is not None:
        return odoo_suites.run(options.odoo_suites, source)
    found = [] if options.no_lint else [lint.run(fix=options.fix)]
    if not options.lint_only:
        found += _run_suites(passed_on, source)
        # Who chooses tests wants those alone.
        found += [] if passed_on else [translations.check(source)]
    return results.report(found)


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/test",
        usage="%(prog)s [--no-lint | --lint-only] [--fix] [pytest arguments]\n"
        "       %(prog)s --odoo-suites [suite ...]",
        description="Lint, then run every test in the databases it is for. All other arguments "
        "go to pytest: -k gate, or the path of a test. " + (suites.__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    lint_options = parser.add_mutually_exclusive_group()
    lint_options.add_argument("--no-lint", action="store_true", help="only run the tests")
    lint_options.add_argument("--lint-only", action="store_true", help="only run the linters")
    parser.add_argument("--fix", action="store_true", help="let the linters mend what they can")
    parser.add_argument(
        "--odoo-suites",
        nargs="*",
        metavar="suite",
        help="run nothing of ours but Odoo's own tests, without and with our addons, and tell "
        f"what differs: {', '.join(odoo_suites.SUITES)}",
    )
    return parser.parse_known_args(arguments)


def _run_suites(arguments, source):
    suites.check_every_test_has_a_suite()
    chosen, options = suites.split_arguments(arguments)
    plan = suites.choose(chosen)
    found = [_run(suite, [*selected, *options], source) for suite, selected in plan]
    if not any(result.passed or result.failures for result in found):
        raise Failure("No test was run: these arguments select none.")
    return found


def _run(suite, arguments, source):
    with contextlib.ExitStack() as stack:
        # Also takes what browsers leave behind in the folder for temporary files.
        temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(temporary))
        report = folder / "report.json"
        command = [paths.VENV_PYTHON, "-m", "pytest", *arguments]
        if suite.database:
            clone = stack.enter_context(templates.cloned(suite.database, source))
            command += _database_options(clone)
        else:
            command += ["-p", "no:odoo"]
        say(f"==> Tests: {suite.name} …")
        start = time.monotonic()
        code = run_attached(command, cwd=paths.CHECKOUT, env=_environment(folder, report))
        outcomes = json.loads(report.read_text()) if report.exists() else {}
    result = Result(suite.name, seconds=time.monotonic() - start)
    for name, passed in outcomes.items():
        if passed:
            result.passed += 1
        else:
            result.failures.append(name)
    if code not in (0, NOTHING_COLLECTED) and not result.failures:
        result.failures.append(f"pytest ended with exit code {code}")
    return result


def _database_options(database):
    return [
        "--odoo-config",
        paths.ODOO_CONF,
        "--odoo-database",
        database,
        "--odoo-log-level",
        "info",
        "--odoo-http",
    ]


def _environment(folder, report):
    # The scripts of the environment can be imported by its own tests.
    folders = [str(paths.SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(folders),
        "TEST_REPORT": str(report),
        "TMPDIR": str(folder),
    }
