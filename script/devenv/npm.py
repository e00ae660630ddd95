# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Packages from npm, by the npm that comes with the tools."""

from . import paths, venv
from .console import step
from .folders import building, fingerprint, is_complete
from .processes import run

# What the tests look at screens with.
TEST_PACKAGES = ["axe-core@4.14.1"]


def make():
    """Install what the tests need, unless it is there."""
    mark = fingerprint(*TEST_PACKAGES)
    if not is_complete(paths.NPM, mark):
        with step(f"Installing {', '.join(TEST_PACKAGES)} from npm"), building(paths.NPM, mark):
            install(paths.NPM, TEST_PACKAGES)


def install(folder, packages):
    """Install packages below `node_modules` in a folder.

    :param folder: path of the folder
    :param list packages: each with its version
    """
    program = paths.TOOLS / "bin" / "npm"
    run(
        [program, "install", "--ignore-scripts", "--no-audit", "--prefix", folder, *packages],
        "npm.log",
        "Installing the npm packages failed. See that the machine reaches the npm registry "
        "(`npm config get registry`, proxy settings), and run it again.",
        cwd=folder,
        env=venv.tools_variables(),
    )
