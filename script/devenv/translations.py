# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/i18n`: the terms of the addons, as Odoo itself finds them, and the files they are in."""

import argparse
import filecmp
import shutil
import tempfile
from pathlib import Path

from . import bootstrap, odoo_command, paths, templates
from .console import say, step
from .processes import run

# The kind of database with every addon of ours in it.
KIND = "everything"


def main(arguments):
    check_only = _parse(arguments)
    source = bootstrap.set_up()
    if check_only:
        return 0 if check(source) else 1
    _make(paths.CHECKOUT, source)


def check(source):
    """Check that the files are what `script/i18n` would make them.

    :param OdooSource source: the Odoo that finds the terms
    :return bool: whether they are; those that are not are on the terminal
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for addon in _translated_addons():
            shutil.copytree(addon / "i18n", folder / addon.name / "i18n")
            shutil.copy(addon / "__manifest__.py", folder / addon.name)
        _make(folder, source)
        made = [file.relative_to(folder) for file in sorted(folder.glob("*/i18n/*.po*"))]
        _same, differing, missing = filecmp.cmpfiles(paths.CHECKOUT, folder, made, shallow=False)
    for file in [*differing, *missing]:
        say(f"    {file}: out of step with the code: run script/i18n")
    return not differing and not missing


def _translated_addons():
    """:return list: folders; the tests across addons have nothing that anybody reads"""
    return [addon for addon in paths.addons() if (addon / "i18n").exists()]


def _make(folder, source):
    """Write the .pot of each addon in a folder, and bring the .po beside it in step."""
    with templates.cloned(KIND, source) as database, step("Collecting the terms to translate"):
        modules = ",".join(addon.name for addon in _translated_addons())
        command = odoo_command.contrib(
            *("makepot", "-d", database, "--addons-dir", folder, "--modules", modules),
            *("--msgmerge", "--no-fuzzy-matching", "--purge-old-translations"),
        )
        # msgmerge leaves no copies of what it changes.
        environment = {**odoo_command.environment(), "VERSION_CONTROL": "none"}
        run(command, "i18n.log", "Collecting the terms failed.", env=environment)


def _parse(arguments):
    """:return bool: whether only to check"""
    parser = argparse.ArgumentParser(
        prog="script/i18n",
        description="Write each addon's i18n/<addon>.pot anew and bring its translations in step "
        "with it: terms that are new are added without a translation, terms that are gone go.",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is out of step"
    )
    return parser.parse_args(arguments).check
