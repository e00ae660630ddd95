# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/test --neighbours`: our addons beside OCA's, and beside twelve apps of Odoo's."""

import contextlib
import os
from unittest.mock import patch

from . import paths
from .console import step
from .processes import run

ADDONS = (
    "auditlog",
    "base_user_role",
    "crm_phonecall",
    "mail_activity_board",
    "mail_post_defer",
    "mail_tracking",
    "partner_firstname",
    "queue_job",
    "web_responsive",
)
# What those need beside Odoo, which is there already: nothing is installed for its sake.
LIBRARIES = ("openupgradelib",)
FOLDER = paths.STATE / "neighbours"
CONF = FOLDER / "odoo.conf"


@contextlib.contextmanager
def installed():
    """:return: context manager: Odoo finds OCA's addons, the newest of the package registry"""
    with step(f"Getting OCA's addons: {', '.join(ADDONS)}"):
        packages = [f"odoo-addon-{name.replace('_', '-')}==19.0.*" for name in ADDONS]
        for folder, names in (("addons", packages), ("libraries", LIBRARIES)):
            command = [paths.VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--upgrade"]
            command += ["--target", FOLDER / folder, *names]
            run(command, "neighbours.log", "The package registry has not all of them.")
    more = f",{FOLDER / 'addons' / 'odoo' / 'addons'}"
    lines = paths.ODOO_CONF.read_text().splitlines()
    CONF.write_text(
        "\n".join(line + more * line.startswith("addons_path") for line in lines) + "\n"
    )
    libraries = os.pathsep.join([str(FOLDER / "libraries"), os.environ.get("PYTHONPATH", "")])
    with (
        patch.object(paths, "ODOO_CONF", CONF),
        patch.dict(os.environ, {"PYTHONPATH": libraries}),
    ):
        yield
