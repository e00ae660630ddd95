# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a run went: the table and the closing line of `script/test`."""

from dataclasses import dataclass, field

from .console import say


@dataclass
class Result:
    """What came out of the lint, or of the tests in one database.

    :ivar list failures: names of what failed
    """

    name: str
    passed: int = 0
    failures: list = field(default_factory=list)
    seconds: float = 0.0


def report(results):
    """Print a row for each Result and the closing line.

    :return int: the exit code: 0 where nothing failed
    """
    say(f"\n{'':<12}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for result in results:
        counts = f"{result.passed:>8}{len(result.failures):>8}{result.seconds:>9.1f}"
        say(f"{result.name:<12}{counts}")
    failures = [f"{result.name}: {name}" for result in results for name in result.failures]
    if failures:
        say("\nFailed:")
        for failure in failures:
            say(f"    {failure}")
    passed = sum(result.passed for result in results)
    say(f"\n{passed} passed, {len(failures)} failed")
    return 1 if failures else 0
