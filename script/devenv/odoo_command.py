# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's own command line."""

import os

from . import bootstrap, console, paths


def environment():
    """:return dict: an environment in which any of Odoo's commands finds its configuration"""
    return {**os.environ, "ODOO_RC": str(paths.ODOO_CONF)}


def command(*arguments):
    """:return list: the command line that runs Odoo with these arguments"""
    return [str(paths.VENV_PYTHON), str(paths.VENV / "bin" / "odoo"), *map(str, arguments)]


def main(arguments):
    """`script/odoo`: this process becomes Odoo's, so that signals and exit codes are Odoo's."""
    console.use_stderr()
    bootstrap.set_up()
    program = command(*arguments)
    os.execve(program[0], program, environment())
