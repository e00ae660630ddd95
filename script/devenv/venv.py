# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The virtual environments: one for Odoo and the tests, and those of what would disturb them."""

import os
import sys

from . import paths
from .console import step
from .folders import building, fingerprint, is_complete
from .processes import run

# What is in which environment.
REQUIREMENTS = {
    paths.VENV: ("odoo.txt", "test.txt"),
    paths.TOOLS: ("tools.txt",),
    # Locust needs other versions of what Odoo needs.
    paths.LOAD: ("load.txt",),
    paths.PICTURES: ("pictures.txt",),
}

ODOO_PROGRAM = """\
import odoo.cli

odoo.cli.main()
"""


def tools_variables():
    """:return dict: the environment for programs that use the tools, pre-commit or Node.js"""
    return {
        **os.environ,
        "PATH": f"{paths.TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(paths.PRE_COMMIT),
        # As the system's own programs do, trust whom the machine's administrator trusts.
        "NODE_USE_SYSTEM_CA": "1",
    }


def make(folder):
    """Make one of these environments, unless it is there.

    :param Path folder: of REQUIREMENTS
    """
    requirements = [paths.REQUIREMENTS / name for name in REQUIREMENTS[folder]]
    mark = fingerprint(str(folder), *requirements)
    python = folder / "bin" / "python"
    # The interpreter is a link at one of the system's, which may have been removed since.
    if is_complete(folder, mark) and python.exists():
        return
    title = f"Installing what is in {' and '.join(REQUIREMENTS[folder])} from PyPI"
    with step(title), building(folder, mark):
        run(
            [sys.executable, "-m", "venv", folder],
            f"venv-{folder.name}.log",
            "Making a virtual environment failed. On Debian and Ubuntu the package python3-venv "
            "must be installed.",
        )
        arguments = [part for file in requirements for part in ("--requirement", file)]
        run(
            [python, "-m", "pip", "install", "--no-input", *arguments],
            f"pip-{folder.name}.log",
            "Installing packages from PyPI failed. See that the machine reaches its package index "
            "(`pip config list`, proxy settings), and run it again.",
        )


def link_odoo(source):
    """Make `import odoo` work, and make a program `odoo`.

    :param OdooSource source: the Odoo to use
    """
    site_packages = next(paths.VENV.glob("lib/python3.*/site-packages"))
    link = site_packages / "odoo.pth"
    content = f"{source.import_folder}\n"
    if link.exists() and link.read_text() == content:
        return
    program = paths.VENV / "bin" / "odoo"
    program.write_text(f"#!{paths.VENV_PYTHON}\n{ODOO_PROGRAM}")
    program.chmod(0o755)
    link.write_text(content)
