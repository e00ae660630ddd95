# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytest

from devenv import suites
from devenv.console import Failure


@pytest.fixture
def checkout(tmp_path):
    for name in (
        "addon/tests/bare/test_gate.py",
        "addon/tests/crm/test_lead.py",
        "addon/tests/full/test_history.py",
        "tests/lifecycle/test_uninstall.py",
        ".odoo/source/addon/tests/test_hidden.py",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path


def plan(checkout, *chosen):
    paths = [str(checkout / path) for path in chosen]
    return {
        suite.name: [argument.removeprefix(f"{checkout}/") for argument in arguments]
        for suite, arguments in suites.choose(paths, checkout)
    }


def test_folder_says_in_which_databases_a_test_runs(checkout):
    assert plan(checkout) == {
        "bare": ["addon/tests/bare"],
        "crm": ["addon/tests/crm"],
        "full": ["addon/tests/crm", "addon/tests/full"],
        "lifecycle": ["tests/lifecycle"],
    }


def test_chosen_file_runs_only_where_it_belongs(checkout):
    file = "addon/tests/crm/test_lead.py"
    assert plan(checkout, file) == {"crm": [file], "full": [file]}
    test = "addon/tests/bare/test_gate.py::TestGate::test_create"
    assert plan(checkout, test) == {"bare": [test]}


def test_chosen_addon_runs_in_all_its_databases(checkout):
    assert set(plan(checkout, "addon")) == {"bare", "crm", "full"}


def test_chosen_path_without_tests_is_refused(checkout):
    (checkout / "addon/models").mkdir()
    with pytest.raises(Failure, match="addon/models"):
        plan(checkout, "addon/models")


@pytest.mark.parametrize(
    "lost", ["addon/tests/test_x.py", "addon/tests/bare/deep/test_x.py", "other/test_x.py"]
)
def test_test_in_no_suite_is_named(checkout, lost):
    suites.check_every_test_has_a_suite(checkout)
    (checkout / lost).parent.mkdir(parents=True, exist_ok=True)
    (checkout / lost).touch()
    with pytest.raises(Failure, match=lost):
        suites.check_every_test_has_a_suite(checkout)


def test_paths_are_told_from_other_arguments(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    arguments = ["-k", "addon", "--tb=short", "addon/tests/bare/test_gate.py::TestGate", "-x"]
    assert suites.split_arguments(arguments) == (
        ["addon/tests/bare/test_gate.py::TestGate"],
        ["-k", "addon", "--tb=short", "-x"],
    )
