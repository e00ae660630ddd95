# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An addon that has changed has another version, and says what has changed."""

import subprocess

import pytest

from devenv import paths, versions

FIRST = {
    "__manifest__.py": '{"version": "19.0.1.0.0"}',
    "readme/HISTORY.md": "## 19.0.1.0.0 (2026-01-01)\n\n- First version.\n",
    "models/thing.py": "# a model",
}
UNTOLD = {"__manifest__.py": '{"version": "19.0.1.0.1"}'}
NEXT = {
    **UNTOLD,
    "readme/HISTORY.md": "## 19.0.1.0.1\n\n- Mended.\n\n## 19.0.1.0.0 (2026-01-01)\n\n- First.\n",
}
CHANGE = {"models/thing.py": "# a better model"}


@pytest.fixture
def change(tmp_path):
    """A function that writes files of an addon that is released; commits them if told to."""

    def write(files, commit=False):
        for name, text in files.items():
            file = tmp_path / "addon" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        if commit:
            git("add", ".")
            git("commit", "--quiet", "--message", "Change")
        return versions.complaints(tmp_path)

    def git(*arguments):
        who = ["-c", "user.name=Us", "-c", "user.email=us@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True)

    git("init", "--quiet")
    assert write(FIRST, commit=True) == []
    return write


def test_our_addons_have_the_versions_that_they_should_have():
    assert versions.complaints(paths.CHECKOUT) == []


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("name", ["models/thing.py", "static/src/a.js", "i18n/es.po", "data/ñ.csv"])
def test_a_released_version_does_not_change(change, name, commit):
    [complaint] = change({name: "another"}, commit)
    assert complaint == f"addon 19.0.1.0.0 is released, and has changed: {name}."


@pytest.mark.parametrize(
    "name",
    ["tests/test_a.py", "readme/USAGE.md", "static/tests/a.js", "README.rst", "i18n/addon.pot"],
)
def test_what_reaches_no_user_may_change(change, name):
    assert change({name: "another"}) == []


def test_the_next_version_changes_until_it_is_released(change):
    assert change({**NEXT, **CHANGE}, commit=True) == []
    assert change({"models/thing.py": "# the best model"}, commit=True) == []
    dated = NEXT["readme/HISTORY.md"].replace("1.0.1\n", "1.0.1 (2026-02-01)\n")
    assert change({"readme/HISTORY.md": dated}) == []
    assert change({"readme/HISTORY.md": dated}, commit=True) == []
    assert change(CHANGE)


def test_every_version_says_what_has_changed(change):
    [complaint] = change(UNTOLD)
    assert complaint.endswith("by its manifest, and readme/HISTORY.md begins with 19.0.1.0.0.")


@pytest.mark.parametrize("addon", paths.addons(), ids=lambda addon: addon.name)
def test_a_wheel_has_the_version_of_the_manifest_with_git_and_without(addon):
    settings = (addon / "pyproject.toml").read_text()
    assert settings.endswith('\npost_version_strategy_override = "none"\n')
