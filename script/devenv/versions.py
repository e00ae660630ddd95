# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a company has is told by a version, and another version is told by its changes.

The first heading of an addon's `readme/HISTORY.md` is the version of its manifest. With a date it
is released: from the commit on that wrote this heading, what reaches a user changes only together
with the version.
"""

import ast
import re
import subprocess

HISTORY = "readme/HISTORY.md"
HEADING = re.compile(r"^## (\S+)(?: \((\d{4}-\d\d-\d\d)\))?$", re.MULTILINE)
# Of an addon, what nobody's Odoo is another one by.
FOR_DEVELOPERS = re.compile(
    r"(readme|tests|static/tests|static/description)/|README\.rst$|pyproject\.toml$|.*\.pot$"
)


def complaints(repository):
    """Look at the versions of all addons of a git repository, as they are in its work tree.

    Addons named `test_…` are for nobody's use, and have no history.

    :param Path repository: the folder that the addons are in
    :return list: what is wrong, in words
    """
    manifests = sorted(repository.glob("*/__manifest__.py"))
    return [
        complaint
        for manifest in manifests
        if not manifest.parent.name.startswith("test_")
        for complaint in _complaints_of(manifest.parent)
    ]


def _complaints_of(addon):
    version = ast.literal_eval((addon / "__manifest__.py").read_text())["version"]
    history = addon / HISTORY
    heading = HEADING.search(history.read_text()) if history.exists() else None
    told, is_released = heading.groups() if heading else ("nothing", None)
    if told != version:
        yield f"{addon.name} is {version} by its manifest, and {HISTORY} begins with {told}."
    elif is_released and (changed := _changed_since(addon, heading[0])):
        yield f"{addon.name} {version} is released, and has changed: {', '.join(changed)}."


def _changed_since(addon, heading):
    """:return list: files that reach a user and are others than when the heading was written"""
    [commit] = _git(addon, "log", "-1", "--format=%H", f"-S{heading}", "--", HISTORY) or [None]
    if not commit:
        return []  # it is being released
    changed = _git(addon, "diff", "--name-only", "--relative", commit, "--", ".")
    changed += _git(addon, "ls-files", "--others", "--exclude-standard")
    return sorted(name for name in changed if not FOR_DEVELOPERS.match(name))


def _git(folder, *arguments):
    """:return list: the lines that git answers with"""
    command = ["git", "-c", "core.quotePath=off", *arguments]
    return subprocess.check_output(command, cwd=folder, text=True).splitlines()
