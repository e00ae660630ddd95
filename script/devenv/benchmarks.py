# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""`script/bench`: the benchmarks in `bench/`, each in Odoo, in a database of its own."""

import argparse

from . import bootstrap, odoo_command, paths, templates
from .console import Failure, step
from .processes import run

FOLDER = paths.CHECKOUT / "bench"
KIND = "crm"
# Odoo's shell writes more than the table.
BEGIN = "The table:"


def main(arguments):
    chosen = _parse(arguments)
    source = bootstrap.set_up()
    tables = []
    for name in chosen:
        with templates.cloned(KIND, source) as database, step(f"Measuring {name}"):
            tables.append(_measure(database, name))
    print("\n" + "\n\n".join(tables))
    return 0


def _parse(arguments):
    names = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem != "harness")
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measure our speed beside a peer's or a limit, in one run: look at the ratios, "
        "seconds differ from machine to machine.",
    )
    parser.add_argument("benchmark", nargs="*", help=f"only these, of: {', '.join(names)}")
    chosen = parser.parse_args(arguments).benchmark or names
    if unknown := set(chosen) - set(names):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    return chosen


def _measure(database, name):
    """:return str: the benchmark's table, in Markdown"""
    log = f"bench-{name}.log"
    script = f"""
import sys
sys.path.insert(0, {str(FOLDER)!r})
import harness, {name}
print("{BEGIN}")
print(harness.table({name}.run(env)))
"""
    run(
        odoo_command.command("shell", "-d", database, "--no-http", "--log-level", "error"),
        log,
        f"The benchmark {name} failed.",
        input=script.encode(),
        env=odoo_command.environment(),
        cwd=paths.CHECKOUT,
    )
    _before, found, table = (paths.LOGS / log).read_text().partition(f"{BEGIN}\n")
    if not found:
        raise Failure(f"The benchmark {name} failed: see {paths.LOGS / log}")
    return table.strip()
