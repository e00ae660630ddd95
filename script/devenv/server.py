# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/server`: Odoo with demo data and our addons, to be looked at in a browser."""

import argparse
import contextlib
import re
import subprocess
import time
import urllib.request

from . import bootstrap, odoo_command, paths, ports, postgres, templates
from .console import Failure, say, step
from .processes import attached, describe_failure

MODULES = f"crm,sale_management,stock,account,{templates.ADDON},{templates.ADDON}_sequence"
LANGUAGE = "es"
SECONDS_TO_START = 120
RESERVED_PREFIXES = (f"{templates.CACHE}-", templates.TEMPLATE, templates.SCRATCH)


def main(arguments):
    options = _parse(arguments)
    ports.check_free(options.port, options.host)
    bootstrap.set_up()
    with templates.lock():
        prepare_database(options.database, options.fresh)
    # Ctrl-C is how one stops a server: nothing is wrong then.
    with contextlib.suppress(KeyboardInterrupt):
        return _serve(options)
    say("\nStopped.")
    return 0


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="Serve Odoo with demo data and the addons of this checkout. The first time "
        "makes a database, which takes a minute or two; from then on it starts in seconds, and "
        "upgrades the addons where their files have changed.",
    )
    parser.add_argument("--port", type=int, default=8069, help="(default: %(default)s)")
    parser.add_argument(
        "--host",
        default="localhost",
        help="address to listen on; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument("--database", default="demo", type=_database_name, help="(default: demo)")
    parser.add_argument(
        "--fresh", action="store_true", help="drop the database and make it anew first"
    )
    return parser.parse_args(arguments)


def _database_name(text):
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", text) or text.startswith(RESERVED_PREFIXES):
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be the name: small letters, digits, - and _, at most 40, and not "
            "one of the names the tests use"
        )
    return text


def prepare_database(name, fresh):
    if fresh or name not in templates.names(name):
        _create(name)
    else:
        _upgrade(name)


def _create(name):
    options = ("--modules", MODULES, "--demo", "--no-cache", "--attachments-in-db")
    contrib = odoo_command.contrib
    with step(f"Making the database {name}, with demo data (a minute or two)"):
        with templates.building(name) as database:
            templates.run_odoo(contrib("initdb", "-n", database, *options), templates.errors)
            loading = odoo_command.command("i18n", "loadlang", "-d", database, "-l", LANGUAGE)
            templates.run_odoo(loading, templates.complaints)
            # The files of its language count from now on.
            hashing = contrib("update", "-d", database, "--only-compute-hashes")
            templates.run_odoo(hashing, templates.errors)


def _upgrade(name):
    with step(f"Upgrading the addons whose files have changed in the database {name}"):
        update = odoo_command.contrib("update", "-d", name, "--ignore-core-addons")
        failure = "Mend the addons, or make the database anew with script/server --fresh."
        templates.run_odoo(update, templates.errors, failure)


def _serve(options):
    log_file = paths.LOGS / "server.log"
    say(f"==> Starting Odoo (its log: {log_file}) …")
    where = {"host": options.host, "port": options.port}
    with running(options.database, log_file, **where) as (address, odoo):
        say(f"\n    {address.replace('0.0.0.0', 'localhost')}\n    login admin, password admin")
        if postgres.sql("SELECT 1 FROM res_users WHERE login = 'demo'", options.database):
            say("    login demo, password demo (a salesperson)")
        say("\nCtrl-C stops it.")
        if odoo.wait() > 0:
            raise Failure(describe_failure("Odoo ended by itself.", log_file))
    return 0


@contextlib.contextmanager
def running(database, log_file, *options, host="localhost", port=None):
    """Run a server on a database.

    :param Path log_file: takes Odoo's log, from its beginning
    :param options: further ones of Odoo's
    :param int port: None for any
    :return: context manager giving its address, once it answers, and its Popen
    """
    port = port or ports.find_free()
    command = odoo_command.command(
        *("--database", database, "--db-filter", f"^{database}$"),
        *("--http-interface", host, "--http-port", port, *options),
    )
    address = f"http://{host}:{port}"
    where = {"env": odoo_command.environment(), "cwd": paths.CHECKOUT}
    with (
        log_file.open("wb") as log,
        attached(command, stdout=log, stderr=subprocess.STDOUT, **where) as odoo,
    ):
        deadline = time.monotonic() + SECONDS_TO_START
        # A page that wants the database to be loaded.
        while not _answers(f"{address}/web/login"):
            if odoo.poll() is not None or time.monotonic() > deadline:
                raise Failure(describe_failure("Odoo does not start.", log_file))
            time.sleep(0.2)
        yield address, odoo


def _answers(address):
    try:
        return urllib.request.urlopen(address, timeout=20).status == 200
    except OSError:
        return False
