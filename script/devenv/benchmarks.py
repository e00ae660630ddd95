# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/bench`: the benchmarks in `bench/`, each in Odoo, in a database of its own."""

import argparse
import ast
import contextlib
import datetime
import json
import os
import platform
import re
import subprocess

from . import bootstrap, odoo_command, paths, postgres, templates
from .console import say, step

FOLDER = paths.CHECKOUT / "bench"
RESULT = paths.CHECKOUT / "docs" / "performance.md"
NO_BENCHMARKS = {"harness", "locustfile", "seed"}
# What a benchmark can say of itself, by a line such as `DATABASE = "big"`:
SETTINGS = {
    "DATABASE": "crm",  # the kind of database that it is run in
    "GROWTH": True,  # whether it is also run at a tenth of the data, where it is run in *big*
    "DURABLE": False,  # whether each commit waits for the disk, as it does in production
}
# Odoo's shell writes more than the result.
BEGIN = "The result:"

INTRODUCTION = """\
# Performance

Written by `script/bench --write`: do not edit. Each row is ours beside a peer, or beside a limit
that nothing can be faster than, in one run on one machine: look at the ratios, below 1 is better
than the peer. Seconds differ from machine to machine.

The database *big* has 100,000 partners, 300,000 each of leads, orders, deliveries and invoices, and
1,000,000 activities with their followers, messages and emails; *crm* is empty. *Growth* is what
the same row costs there, divided by what it costs at a tenth of all that, ours and the peer's: 1 is
flat, 10 reads everything. *CPU* is what Odoo itself computes, without the database.
"""


def main(arguments):
    options = _parse(arguments)
    source = bootstrap.set_up()
    tables = [_describe(name, source) for name in options.benchmark]
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


def _settings(name):
    """:return dict: what the benchmark says of itself; it can only be run in Odoo"""
    found = dict(SETTINGS)
    for statement in ast.parse((FOLDER / f"{name}.py").read_text()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=key)], value=ast.Constant(value=value)):
                if key in found:
                    found[key] = value
    return found


def _describe(name, source):
    """:return str: the part of the page on this benchmark, in Markdown"""
    settings = _settings(name)
    kind = settings["DATABASE"]
    tenths, where = None, f"In the database *{kind}*"
    if kind == "big" and settings["GROWTH"]:
        tenths = json.loads(_measure(name, "tenth", settings, source, "harness.as_json(measures)"))
    if settings["DURABLE"]:
        where += ", where each commit waits for the disk"
    table = _measure(name, kind, settings, source, f"harness.table(measures, {tenths})")
    return f"## {name.capitalize().replace('_', ' ')}\n\n{where}.\n\n{table}\n"


def _measure(name, kind, settings, source, result):
    """:param str result: expression of what to print of the measures
    :return str: that
    """
    program = f"""{templates.scale(kind)}
import sys
sys.path[:0] = [{str(FOLDER)!r}, {str(paths.SCRIPTS)!r}]
import harness, {name}
measures = {name}.run(env)
print("{BEGIN}")
print({result})
"""
    durable = postgres.durable if settings["DURABLE"] else contextlib.nullcontext
    with (
        templates.cloned(kind, source) as database,
        durable(),
        step(f"Measuring {name}, in the database {kind}"),
    ):
        failure = f"The benchmark {name} failed."
        output = odoo_command.shell(database, program, f"bench-{name}.log", failure)
    _before, printed = output.split(BEGIN)
    return printed.strip()


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
