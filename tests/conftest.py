# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases, Odoo's command line and servers, for tests with processes of their own."""

import contextlib
import json
import time
import xmlrpc.client

import psutil
import pytest

from devenv import bootstrap, odoo_command, paths, ports, postgres, templates
from devenv.server import running as run_server


@pytest.fixture
def scratch_database():
    """A function that gives a database of the test's own, dropped afterwards.

    `scratch_database("crm")` returns the name of a fresh copy of one with CRM, the core and its
    bridges; for "core" and "everything" see `templates.KINDS`. With `with_us=False` it is what our
    addons were installed in.
    """
    source = bootstrap.set_up()
    with contextlib.ExitStack() as stack:

        def make(kind, with_us=True):
            database = stack.enter_context(templates.cloned(kind, source, with_us))
            # Odoo refuses to install and uninstall while autovacuum is at work on this table.
            postgres.sql("ALTER TABLE ir_module_module SET (autovacuum_enabled = off)", database)
            return database

        yield make


@pytest.fixture(scope="session")
def odoo():
    """A function that runs Odoo's command line to its end and returns what it logged.

    `odoo("module", "uninstall", "-d", database, "crm")`. Odoo may log errors and still end
    well, so an exit code other than 0 and a logged WARNING, ERROR or CRITICAL both fail the test.
    """

    def run(*arguments, **options):
        command = odoo_command.command(*arguments)
        return templates.run_odoo(command, templates.complaints, log="odoo.log", **options)

    return run


@pytest.fixture
def sql():
    """A function that runs a statement: `sql(database, "SELECT …")` returns a list of lines."""

    def run(database, statement):
        return postgres.sql(statement, database).splitlines()

    return run


@pytest.fixture
def inside(odoo, request):
    """A function that calls one of the folder's `inside_odoo.py`, and returns what that returns.

    `inside(database, "make_activities")`; further arguments are handed on. What is logged on the
    way fails the test: see `odoo`. `options` are of Odoo's command line. Of several functions,
    `inside(database, ["menu_names", "broken_interface"])`, a list: an Odoo takes seconds to start.
    """

    def call(database, function, *arguments, options=()):
        if isinstance(function, list):
            calls = [(name, ()) for name in function]
            return run(database, calls, options)
        [returned] = run(database, [(function, arguments)], options)
        return returned

    def run(database, calls, options):
        program = f"""
import json, sys
sys.path.insert(0, {str(request.path.parent)!r})
import inside_odoo
for name, arguments in {calls!r}:
    print("returned", json.dumps(getattr(inside_odoo, name)(env, *arguments)))
    env.cr.rollback()
    env.invalidate_all()

"""
        output = odoo("shell", "-d", database, "--no-http", *options, input=program.encode())
        lines = [line for line in output.splitlines() if line.startswith("returned ")]
        assert len(lines) == len(calls)
        return [json.loads(line.removeprefix("returned ")) for line in lines]

    return call


@pytest.fixture
def wait_until():
    """A function that waits for something to happen: `wait_until(lambda: …)`."""

    def wait(condition, seconds=120):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "It did not happen in time."
            time.sleep(0.02)

    return wait


@pytest.fixture
def without_postgres(request):
    """A function that stops PostgreSQL: `with without_postgres(): …`; afterwards it runs again.

    For tests with the mark `alone`: there is one PostgreSQL for all that run.
    """
    assert request.node.get_closest_marker("alone"), "others need it meanwhile"

    @contextlib.contextmanager
    def stopped():
        postgres.stop()
        try:
            yield
        finally:
            postgres.start()

    return stopped


@pytest.fixture
def server():
    """A function that starts a real Odoo server on a database, its queues included.

    `server(database)` gives a `Server`; what else is given are options of Odoo's. What still runs
    at the end of the test is killed.
    """
    with contextlib.ExitStack() as stack:

        def start(database, *options):
            port = ports.find_free()
            running = run_server(database, paths.LOGS / "tested.log", *options, port=port)
            _address, process = stack.enter_context(running)
            started = Server(database, port, process)
            stack.callback(started.kill)
            return started

        yield start


class Server:
    """An Odoo server process.

    :ivar int port: where it answers HTTP
    """

    def __init__(self, database, port, process):
        self.database = database
        self.port = port
        self._process = process

    def run_queues(self):
        """Wake the cron thread now: it sleeps for up to a minute."""
        postgres.sql(f"SELECT pg_notify('cron_trigger', '{self.database}')")

    def kill(self):
        """End it as a power cut would: SIGKILL, and its workers as well."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            for part in [process, *process.children(recursive=True)]:
                part.kill()
        self._process.wait()

    def call(self, user, password, model, method, *arguments):
        """Call over XML-RPC, as a program of somebody else's."""
        proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.port}/xmlrpc/2/object")
        return proxy.execute_kw(self.database, user, password, model, method, arguments)
