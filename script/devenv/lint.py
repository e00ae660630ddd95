# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""pre-commit with the hooks of .pre-commit-config.yaml, on all files."""

import os

from . import paths, venv
from .console import say
from .lock import only_one
from .processes import run_attached


def run(fix=False):
    """Run all linters. Those that can mend what they find always do.

    :param bool fix: what could be mended is no failure
    :return bool: whether all of them are content
    """
    say("==> Lint …")
    with only_one("bootstrap", "setting up the environment"):
        venv.make(paths.TOOLS)
    return _pass() or (fix and _pass())


def _pass():
    command = [paths.TOOLS / "bin" / "pre-commit", "run", "--all-files"]
    if os.environ.get("CI"):
        command.append("--show-diff-on-failure")
    return not run_attached(command, cwd=paths.CHECKOUT, env=venv.tools_variables())
