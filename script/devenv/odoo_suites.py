# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/test --odoo-suites`: Odoo's own tests, without our addons and with them.

Some of them fail on any machine (no internet, no program they want). What counts is the
difference: a test that passes without us has to pass with us.
"""

import contextlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import console, odoo_command, paths, ports, templates
from .console import Failure, say
from .processes import run_attached

# What to run, as Odoo's --test-tags: a folder or a file of tests. The * takes those, too, that
# Odoo does not run by itself.
SUITES = {
    "crm": ["/crm"],
    "utm": ["/utm"],
    "sales_team": ["/sales_team"],
    "contacts": ["/contacts"],
    "mail": [
        f"/{addon}/tests/test_mail_{subject}.py"
        for addon in ("mail", "test_mail")
        for subject in ("activity", "composer", "mail", "template")
    ],
    "base": ["/base/tests/test_views.py", "/test_mail/tests/test_res_partner_merge.py"],
    "web": ["*/web/tests/test_click_everywhere.py"],
    # Odoo takes support, maintainers and development_status in a manifest for mistakes. To OCA
    # they are keys as others, and its pylint looks at ours.
    "lint": ["/test_lint", "-/test_lint:ManifestLinter"],
}

# Modules whose tests Odoo runs: it tests what it updates.
UPDATED = "base,mail,web,utm,sales_team,contacts,crm,test_mail,test_lint"

# Odoo's last word on its tests.
COMPLETE = "tests when loading database"

LINE = re.compile(
    r"^\S+ \S+ \d+ \w+ \S+ odoo\.addons\.(?P<module>\w+)\.tests\.\S+: "
    r"(?P<what>Starting|FAIL:|ERROR:) (?:Subtest )?(?P<test>(?:setUpClass \()?[\w.]+)"
)


class Outcome(NamedTuple):
    """What Odoo's log tells of a run.

    :ivar set started: ``module: Class.method`` of what was run
    :ivar set failed: the same, of what failed
    """

    started: set
    failed: set


def run(names, source):
    """Run suites twice, and say what differs.

    :param list names: of SUITES, none for all
    :param OdooSource source: the Odoo whose tests they are
    :return int: the exit code: 1 where something fails with us alone
    :raise Failure: for names that are none
    """
    if unknown := set(names) - SUITES.keys():
        raise Failure(f"There is no suite {', '.join(sorted(unknown))}: {', '.join(SUITES)}.")
    tags = [tag for name in names or SUITES for tag in SUITES[name]]
    without = _run_odoo(tags, source, with_us=False)
    with_us = _run_odoo(tags, source, with_us=True)
    return report(without, with_us)


def _run_odoo(tags, source, with_us):
    title = "with our addons" if with_us else "without our addons"
    log = paths.LOGS / f"odoo-suites-{'with' if with_us else 'without'}.log"
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(templates.cloned("odoo", source, with_us=with_us))
        command = odoo_command.command(
            *("-d", database, "-u", UPDATED, "--test-tags", ",".join(tags), "--stop-after-init"),
            *("--http-port", ports.find_free(), "--logfile", log, "--max-cron-threads", 0),
        )
        folders = [source.addons_folder]
        if with_us:
            # Alone in a folder: Odoo's lint reads all that lies beside addons.
            folders.append(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            for addon in paths.addons():
                shutil.copytree(addon, folders[-1] / addon.name)
        command += ["--addons-path", ",".join(map(str, folders))]
        log.unlink(missing_ok=True)
        with console.step(f"Odoo's own tests {title}: {log}"):
            run_attached(command, env=odoo_command.environment(), cwd=paths.CHECKOUT)
    text = log.read_text(errors="replace")
    if COMPLETE not in text:
        raise Failure(f"Odoo did not come to the end of the tests. Its log says why: {log}")
    return read_log(text)


def read_log(text):
    """:return Outcome: of the run that wrote this log of Odoo's"""
    outcome = Outcome(set(), set())
    for line in text.splitlines():
        if match := LINE.match(line):
            name = f"{match['module']}: {match['test'].removeprefix('setUpClass (')}"
            found = outcome.started if match["what"] == "Starting" else outcome.failed
            found.add(name)
    return outcome


def report(without, with_us):
    """Print what was run, and the difference.

    :return int: 1 where something fails with us alone, or is not run with us
    """
    say(f"\n{'':<20}{'run':>8}{'failed':>8}")
    for title, outcome in (("without our addons", without), ("with our addons", with_us)):
        say(f"{title:<20}{len(outcome.started):>8}{len(outcome.failed):>8}")
    ours = with_us.failed - without.failed
    missing = without.started - with_us.started
    _list("Fail with our addons alone", ours)
    _list("Are not run with our addons", missing)
    _list("Fail without our addons alone", without.failed - with_us.failed)
    _list("Fail either way", without.failed & with_us.failed)
    return 1 if ours or missing else 0


def _list(title, names):
    if names:
        say("\n    ".join([f"\n{title}:", *sorted(names)]))
