# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The steps from a fresh machine to a running environment, each skipped when done."""

import argparse

from . import apt, npm, odoo_conf, odoo_source, paths, postgres, venv
from .console import say
from .lock import only_one


def set_up():
    """Set up what is missing, and start PostgreSQL.

    :return OdooSource: the Odoo in use
    """
    with only_one("bootstrap", "setting up the environment"):
        for folder in (paths.LOGS, paths.DATA):
            folder.mkdir(parents=True, exist_ok=True)
        source = odoo_source.locate()
        apt.install_missing_packages()
        venv.make(paths.TOOLS)
        source = source or odoo_source.download()
        venv.make(paths.VENV)
        npm.make()
        venv.link_odoo(source)
        odoo_source.warn_of_missing_files(source)
        postgres.create_cluster()
        postgres.start()
        odoo_conf.write(source)
    return source


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/bootstrap",
        description="Set up what this machine lacks to run and test the addons, in .odoo/.",
        epilog="Environment: ODOO_SOURCE, a checkout or an installed Odoo 19.0 to use instead of "
        "downloading one; DEBIAN_MIRROR, where to download from.",
    )
    parser.add_argument("--stop", action="store_true", help="stop PostgreSQL, and do nothing else")
    return parser.parse_args(arguments)


def main(arguments):
    """`script/bootstrap`"""
    options = _parse(arguments)
    if options.stop:
        say("PostgreSQL is stopped." if postgres.stop() else "PostgreSQL was not running.")
        return
    source = set_up()
    say(f"All is there: Odoo {source.version} from {source.import_folder}.")
