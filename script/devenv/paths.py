# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where everything is. Nothing outside these folders is written to."""

import hashlib
import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPTS = CHECKOUT / "script"
REQUIREMENTS = SCRIPTS / "requirements"

STATE = CHECKOUT / ".odoo"
LOGS = STATE / "log"
BYTECODE = STATE / "bytecode"
TOOLS = STATE / "tools"
PRE_COMMIT = STATE / "pre-commit"
PICTURES = STATE / "pictures"
LOAD = STATE / "load"
NPM = STATE / "npm"
AXE_CORE = NPM / "node_modules" / "axe-core" / "axe.min.js"
DOWNLOADED_ODOO = STATE / "source"
VENV = STATE / "venv"
VENV_PYTHON = VENV / "bin" / "python"
CLUSTER = STATE / "postgres"
DATA = STATE / "data"
FILESTORE = DATA / "filestore"
ODOO_CONF = STATE / "odoo.conf"

# The path of a unix socket may not be longer than 107 bytes, a checkout's may: so the
# socket, and only the socket, is in the system's folder for temporary files, under a
# name that tells the checkouts of this machine apart.
SOCKETS = Path("/tmp") / (
    "crm_activity_ext-" + hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:12]
)


def addons():
    """:return list: the folders of this project's addons"""
    return sorted(manifest.parent for manifest in CHECKOUT.glob("*/__manifest__.py"))
