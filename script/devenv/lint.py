# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The linters, all pinned in script/requirements/tools.txt and script/node/package.json."""

import subprocess
from dataclasses import dataclass

from . import node, paths
from .console import say


@dataclass(frozen=True)
class Linter:
    """One tool.

    :ivar list check: its command line to check with
    :ivar list fix: its command line to mend with, where it can
    """

    name: str
    check: list
    fix: list = None


def linters():
    """:return list: the Linters, for what there is to check in this checkout"""
    tools = paths.TOOLS / "bin"
    addons = [str(addon.relative_to(paths.CHECKOUT)) for addon in paths.addons()]
    translations = [
        str(file.relative_to(paths.CHECKOUT))
        for addon in paths.addons()
        for file in sorted(addon.glob("i18n/*.po*"))
    ]
    found = [
        Linter("ruff", [tools / "ruff", "check"], [tools / "ruff", "check", "--fix"]),
        Linter("ruff format", [tools / "ruff", "format", "--diff"], [tools / "ruff", "format"]),
    ]
    if addons:
        pylint = [tools / "pylint", "--rcfile=.pylintrc-mandatory", "--jobs=2", *addons]
        found.append(Linter("pylint-odoo", pylint))
        found.append(Linter("oca-checks-odoo-module", [tools / "oca-checks-odoo-module", *addons]))
    if translations:
        found.append(
            Linter(
                "oca-checks-po", [tools / "oca-checks-po", "-d", "po-pretty-format", *translations]
            )
        )
    prettier = _node_tool("prettier/bin/prettier.cjs")
    kinds = "**/*.{js,mjs,json,scss,xml,yaml,yml}"
    found.append(
        Linter(
            "prettier",
            [*prettier, "--check", kinds],
            [*prettier, "--write", "--list-different", kinds],
        )
    )
    eslint = [*_node_tool("eslint/bin/eslint.js"), "--no-warn-ignored", "."]
    found.append(Linter("eslint", eslint, [*eslint, "--fix"]))
    return found


def _node_tool(program):
    return [node.node_folder() / "bin" / "node", paths.NODE_MODULES / program]


def run(fix=False):
    """Run all linters; what they complain of is shown, and they all get their turn.

    :param bool fix: let those that can mend what they find
    :return bool: whether all of them are content
    """
    say("==> Lint …")
    return all([_passes(linter, fix) for linter in linters()])


def _passes(linter, fix):
    if fix and linter.fix:
        _call(linter.fix)
    finished = _call(linter.check)
    verdict = "failed" if finished.returncode else "ok"
    say(f"    {linter.name}: {verdict}")
    if finished.returncode:
        say(finished.stdout.decode(errors="replace").rstrip())
        if linter.fix:
            say(f"    ({linter.name} can mend some or all of this: script/test --lint-only --fix)")
    return not finished.returncode


def _call(command):
    return subprocess.run(
        [str(part) for part in command],
        cwd=paths.CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=node.node_environment(),
        check=False,
    )
