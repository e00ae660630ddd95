# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/pictures`: takes the pictures of the documentation from a real browser.

What is on them is in `docs/pictures.py`. `excel.png` and `letter.png` are not taken here: they
show LibreOffice and a PDF.
"""

import argparse
import contextlib
import socket
import subprocess
import time

from . import bootstrap, odoo_command, paths, processes, server, templates, venv
from .console import Failure, step

DATABASE = "pictures"
SECONDS_TO_START = 120


def main(arguments):
    options = _parse(arguments)
    bootstrap.set_up()
    venv.make_pictures_environment()
    with contextlib.ExitStack() as stack:
        with templates.lock():
            server.prepare_database(DATABASE, options.fresh)
            # A copy: what is clicked for a picture is not in the next one.
            copy = stack.enter_context(templates.copied(DATABASE))
        with step("Starting Odoo"):
            address = stack.enter_context(_served(copy))
        browser = processes.find_program("chromium", "google-chrome", "chromium-browser")
        program = [paths.PICTURES / "bin" / "python", paths.CHECKOUT / "docs" / "pictures.py"]
        return processes.run_attached([*program, address, browser, *options.names])


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/pictures",
        description="Take the pictures of the documentation from a browser: docs/images in "
        "English, docs/images/es in Spanish.",
    )
    parser.add_argument("names", nargs="*", help="pictures to take, without .png (default: all)")
    parser.add_argument(
        "--fresh",
        action="store_true",
        help=f"make the database {DATABASE} anew first: its dates are those of the day it was made",
    )
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _served(database):
    """:return: context manager giving the address of a server on the database"""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log = paths.LOGS / "pictures.log"
    address = f"http://127.0.0.1:{port}"
    command = odoo_command.command(
        *("--database", database, "--db-filter", f"^{database}$"),
        *("--http-port", port, "--max-cron-threads", 0, "--logfile", log),
    )
    with processes.attached(
        command, env=odoo_command.environment(), cwd=paths.CHECKOUT, stdout=subprocess.DEVNULL
    ) as odoo:
        deadline = time.monotonic() + SECONDS_TO_START
        while not server.answers(f"{address}/web/health"):
            if odoo.poll() is not None or time.monotonic() > deadline:
                raise Failure(processes.describe_failure("Odoo does not start.", log))
            time.sleep(0.2)
        yield address
        odoo.terminate()
