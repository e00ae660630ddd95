# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which tests run in which database: the folder's name says it.

| folder | runs in |
|---|---|
| `<addon>/tests/bare` | a database with crm_activity_ext and without crm |
| `<addon>/tests/crm` | a database with crm and the bridges, and once more in the next one |
| `<addon>/tests/full` | a database with crm, sale_management, stock, account and the bridges |
| `tests/lifecycle`, `tests/faults` | none: they make their own, by `scratch_database` |
| `script/tests` | none |
"""

from dataclasses import dataclass
from pathlib import Path

from . import paths
from .console import Failure

# Options of pytest whose value is the next argument, and never a path to collect.
OPTIONS_WITH_VALUE = {"-k", "-m", "-p", "-c", "-o", "-n", "-r", "-W"}


@dataclass(frozen=True)
class Suite:
    """The tests of one pytest process.

    :ivar tuple folders: where they are: patterns below the checkout
    :ivar str database: the kind of database they run in, empty for none
    """

    name: str
    folders: tuple
    database: str = ""

    def existing_folders(self, checkout):
        return sorted(
            folder
            for pattern in self.folders
            for folder in checkout.glob(pattern)
            if folder.is_dir()
        )

    def selected(self, chosen, checkout):
        """:param list chosen: paths to restrict the suite to, none for all
        :return list: the arguments that make pytest collect what is chosen of this suite
        """
        folders = self.existing_folders(checkout)
        if not chosen:
            return [str(folder) for folder in folders]
        found = []
        for argument in chosen:
            path = _file_of(argument)
            if any(path.is_relative_to(folder) for folder in folders):
                found.append(argument)
            found += [str(folder) for folder in folders if folder.is_relative_to(path)]
        return list(dict.fromkeys(found))


SUITES = (
    Suite("script", ("script/tests",)),
    Suite("bare", ("*/tests/bare",), database="bare"),
    Suite("crm", ("*/tests/crm",), database="crm"),
    Suite("full", ("*/tests/crm", "*/tests/full"), database="full"),
    Suite("lifecycle", ("tests/lifecycle",)),
    Suite("faults", ("tests/faults",)),
)


def _file_of(argument):
    """:return Path: of the file or folder in an argument like `file.py::Class::test`"""
    return Path(argument.partition("::")[0]).resolve()


def split_arguments(arguments):
    """Tell the paths from the other arguments for pytest.

    :return tuple: (paths, others)
    """
    chosen, others = [], []
    previous = ""
    for argument in arguments:
        is_option = argument.startswith("-") or previous in OPTIONS_WITH_VALUE
        if not is_option and _file_of(argument).exists():
            chosen.append(argument)
        else:
            others.append(argument)
        previous = argument
    return chosen, others


def check_every_test_has_a_suite(checkout=paths.CHECKOUT):
    """:raise Failure: naming the test files that no suite would ever run"""
    folders = [folder for suite in SUITES for folder in suite.existing_folders(checkout)]
    lost = [
        file
        for file in sorted(checkout.rglob("test_*.py"))
        if file.parent not in folders and not _is_hidden(file.relative_to(checkout))
    ]
    if lost:
        names = "\n".join(f"    {file.relative_to(checkout)}" for file in lost)
        raise Failure(
            "These tests run in no database. A test's folder says where it runs: "
            "<addon>/tests/bare, <addon>/tests/crm, <addon>/tests/full, tests/lifecycle, "
            f"tests/faults or script/tests.\n{names}"
        )


def _is_hidden(path):
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)


def choose(chosen, checkout=paths.CHECKOUT):
    """:param list chosen: paths given by the user
    :return list: (Suite, arguments for pytest) for each suite with something to collect
    :raise Failure: where a path belongs to no suite
    """
    plan = [(suite, suite.selected(chosen, checkout)) for suite in SUITES]
    planned = {argument for _suite, arguments in plan for argument in arguments}
    for path in chosen:
        below = any(_file_of(argument).is_relative_to(_file_of(path)) for argument in planned)
        if path not in planned and not below:
            raise Failure(
                f"{path} is in none of the folders with tests: <addon>/tests/bare, "
                "<addon>/tests/crm, <addon>/tests/full, tests/lifecycle, tests/faults, "
                "script/tests."
            )
    return [(suite, arguments) for suite, arguments in plan if arguments]
