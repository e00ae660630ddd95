# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import subprocess

import pytest

from devenv import odoo_command, paths


@pytest.fixture
def start_worker():
    """A function that starts a process which works off a queue as the cron does.

    `start_worker(database, code)` gives the `Popen` of an Odoo shell that runs the code, and ends.
    """

    def start(database, code):
        worker = subprocess.Popen(
            odoo_command.command("shell", "-d", database, "--no-http"),
            cwd=paths.CHECKOUT,
            env=odoo_command.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        worker.stdin.write(code.encode())
        worker.stdin.close()
        return worker

    return start
