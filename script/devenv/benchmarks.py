# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/bench`: the benchmarks in `bench/`, each in Odoo, in a database of its own."""

import argparse
import datetime
import os
import platform
import re
import subprocess

from . import bootstrap, odoo_command, paths, postgres, templates
from .console import say, step

FOLDER = paths.CHECKOUT / "bench"
RESULT = paths.CHECKOUT / "docs" / "performance.md"
NO_BENCHMARKS = {"harness", "locustfile", "seed"}
# The kind of database of a benchmark that names none.
KIND = "crm"
# Odoo's shell writes more than the table.
BEGIN = "The table:"

INTRODUCTION = """\
# Performance

Written by `script/bench --write`: do not edit. Each row is ours beside a peer, or beside a limit
that nothing can be faster than, in one run on one machine: look at the ratios, below 1 is better
than the peer. Seconds differ from machine to machine.

The database *big* has 100,000 partners, 300,000 each of leads, orders, deliveries and invoices, and
1,000,000 activities; *crm* is empty.
"""


def main(arguments):
    options = _parse(arguments)
    source = bootstrap.set_up()
    tables = []
    for name in options.benchmark:
        with templates.cloned(_kind(name), source) as database, step(f"Measuring {name}"):
            title = name.capitalize().replace("_", " ")
            tables.append(
                f"## {title}\n\nIn the database *{_kind(name)}*.\n\n{_measure(database, name)}\n"
            )
    print("\n" + "\n".join(tables))
    if options.write:
        RESULT.write_text("\n".join([INTRODUCTION, _describe_machine(source), *tables]))
        say(f"Written: {RESULT.relative_to(paths.CHECKOUT)}")
    return 0


def _parse(arguments):
    names = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in NO_BENCHMARKS)
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measure our speed beside a peer's or a limit, in one run: look at the ratios, "
        "seconds differ from machine to machine.",
    )
    parser.add_argument("benchmark", nargs="*", help=f"only these, of: {', '.join(names)}")
    parser.add_argument(
        "--write", action="store_true", help="write what all of them give to docs/performance.md"
    )
    options = parser.parse_args(arguments)
    if options.write and options.benchmark:
        parser.error("--write is for all benchmarks, not for some")
    options.benchmark = options.benchmark or names
    if unknown := set(options.benchmark) - set(names):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    return options


def _kind(name):
    """:return str: what the benchmark's ``DATABASE = "…"`` says; it can only be run in Odoo"""
    found = re.search(r'^DATABASE = "(\w+)"', (FOLDER / f"{name}.py").read_text(), re.MULTILINE)
    return found[1] if found else KIND


def _measure(database, name):
    """:return str: the benchmark's table, in Markdown"""
    script = f"""
import sys
sys.path[:0] = [{str(FOLDER)!r}, {str(paths.SCRIPTS)!r}]
import harness, {name}
table = harness.table({name}.run(env))
print("{BEGIN}")
print(table)
"""
    failure = f"The benchmark {name} failed."
    output = odoo_command.shell(database, script, f"bench-{name}.log", failure)
    _before, table = output.split(BEGIN)
    return table.strip()


def _describe_machine(source):
    """:return str: what the figures were measured on and with"""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = subprocess.check_output([paths.VENV_PYTHON, "--version"], text=True).strip()
    processor = re.search(r"Model name:\s*(.*)", subprocess.check_output(["lscpu"], text=True))
    return (
        f"Measured on {datetime.date.today()}: {os.cpu_count()} cores "
        f"({processor[1] if processor else platform.machine()}), {memory:.0f} GB of memory, "
        f"{platform.system()}; Odoo {source.version}, {python}, PostgreSQL "
        f"{postgres.sql('SHOW server_version').split()[0]}, all on this machine.\n"
    )
