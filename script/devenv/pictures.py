# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/pictures`: takes the pictures of the documentation from a real browser.

What is on them is in `docs/pictures.py`. `excel.png` and `letter.png` are not taken here: they
show LibreOffice and a PDF.
"""

import argparse
import contextlib

from . import bootstrap, paths, processes, server, templates, venv
from .console import step

DATABASE = "pictures"


def main(arguments):
    options = _parse(arguments)
    bootstrap.set_up()
    venv.make(paths.PICTURES)
    with contextlib.ExitStack() as stack:
        with templates.lock():
            server.prepare_database(DATABASE, options.fresh)
            # A copy: what is clicked for a picture is not in the next one.
            copy = stack.enter_context(templates.copied(DATABASE))
        with step("Starting Odoo"):
            log_file = paths.LOGS / "pictures.log"
            running = server.running(copy, log_file, "--max-cron-threads", 0)
            address, _odoo = stack.enter_context(running)
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
