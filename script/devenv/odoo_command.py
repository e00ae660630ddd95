# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's own command line."""

import os

from . import bootstrap, console, paths, processes
from .processes import run


def environment():
    """:return dict: an environment in which any of Odoo's commands finds its configuration"""
    return processes.environment(ODOO_RC=str(paths.ODOO_CONF))


def command(*arguments):
    """:return list: the command line that runs Odoo with these arguments"""
    return [str(paths.VENV_PYTHON), str(paths.VENV / "bin" / "odoo"), *map(str, arguments)]


def contrib(name, *arguments):
    """:return list: the command line of one of click-odoo-contrib's programs"""
    return [str(paths.VENV_PYTHON), "-m", f"click_odoo_contrib.{name}", *map(str, arguments)]


def shell(database, program, log, failure):
    """Run a program that has an `env`.

    :param str program: its text
    :param str log: name of the log file that takes the output
    :param str failure: what to tell when the program fails
    :return str: the output
    """
    return run(
        command("shell", "-d", database, "--no-http", "--log-level", "error"),
        log,
        failure,
        input=program.encode(),
        env=environment(),
        cwd=paths.CHECKOUT,
    )


def main(arguments):
    """`script/odoo`: this process becomes Odoo's, so that signals and exit codes are Odoo's."""
    console.use_stderr()
    bootstrap.set_up()
    program = command(*arguments)
    os.execve(program[0], program, environment())
