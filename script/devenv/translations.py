# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/i18n`: the terms of the addons, as Odoo itself finds them, and their translations."""

import argparse
import os

from . import bootstrap, odoo_command, paths, templates
from .console import step
from .folders import scratch_folder
from .processes import run, run_attached

# The smallest kind of database with every addon of ours in it.
KIND = "crm"


def main(arguments):
    return _keep_in_step(_parse(arguments), bootstrap.set_up())


def check(source):
    """Check that the files are what `script/i18n` would make them, and that no term is missing.

    :param OdooSource source: the Odoo that finds the terms
    :return bool: whether they are; the differences are on the terminal
    """
    return not _keep_in_step(["--check"], source)


def _keep_in_step(options, source):
    with scratch_folder() as folder, templates.cloned(KIND, source) as database:
        with step("Collecting the terms to translate"):
            exported = [_export(database, addon.name, folder) for addon in paths.addons()]
        return run_attached(
            [paths.VENV_PYTHON, "-m", "devenv.po_files", *options, *exported],
            cwd=paths.CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(paths.SCRIPTS)},
        )


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/i18n",
        description="Write each addon's i18n/<addon>.pot anew and bring its translations in step "
        "with it: terms that are new are added without a translation, terms that are gone go. "
        "Then tell what lacks a translation.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail where a file is out of step or a translation is missing",
    )
    return ["--check"] if parser.parse_args(arguments).check else []


def _export(database, addon, folder):
    """:return Path: the addon's terms, in a file named after the addon"""
    target = folder / f"{addon}.pot"
    run(
        odoo_command.command("i18n", "export", "-d", database, addon, "-o", target),
        f"i18n-{addon}.log",
        f"Odoo failed to export the terms of {addon}.",
        env=odoo_command.environment(),
        cwd=paths.CHECKOUT,
    )
    return target
