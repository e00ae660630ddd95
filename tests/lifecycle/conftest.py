# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases and Odoo's command line, for tests that install and uninstall modules."""

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from devenv import bootstrap, odoo_command, paths, postgres, templates


@pytest.fixture
def scratch_database():
    """A function that gives a database of the test's own, dropped afterwards.

    `scratch_database("crm")` returns the name of a fresh copy of the kind of database that the
    tests in `<addon>/tests/crm` run in; so do "bare" and "full".
    """
    source = bootstrap.set_up()
    with contextlib.ExitStack() as stack:

        def make(kind):
            database = stack.enter_context(templates.cloned(kind, source))
            # Odoo refuses to install and uninstall while autovacuum is at work on this table.
            postgres.sql("ALTER TABLE ir_module_module SET (autovacuum_enabled = off)", database)
            return database

        yield make


@pytest.fixture
def odoo():
    """A function that runs Odoo's command line to its end and returns what it logged.

    `odoo("module", "uninstall", "-d", database, "crm")`. Odoo may log errors and still end
    well, so an exit code other than 0 and a logged WARNING, ERROR or CRITICAL both fail the test.
    """

    def run(*arguments, stdin=""):
        finished = subprocess.run(
            odoo_command.command(*arguments),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=paths.CHECKOUT,
            env=odoo_command.environment(),
            check=False,
            text=True,
        )
        assert not finished.returncode, finished.stdout
        complaints = templates.complaints(finished.stdout)
        assert not complaints, "\n".join(complaints)
        return finished.stdout

    return run


@pytest.fixture
def sql():
    """A function that runs a statement: `sql(database, "SELECT …")` returns a list of lines."""

    def run(database, statement):
        return postgres.sql(statement, database).splitlines()

    return run


@pytest.fixture
def inside(odoo):
    """A function that calls one of `inside_odoo.py` in a database, and returns what that returns.

    `inside(database, "make_activities")`. What is logged on the way fails the test: see `odoo`.
    """

    def call(database, function):
        folder = Path(__file__).parent
        output = odoo(
            "shell",
            "-d",
            database,
            "--no-http",
            stdin=f"""
import json, sys
sys.path.insert(0, {str(folder)!r})
import inside_odoo
print("returned", json.dumps(inside_odoo.{function}(env)))
""",
        )
        [returned] = [line for line in output.splitlines() if line.startswith("returned ")]
        return json.loads(returned.removeprefix("returned "))

    return call
