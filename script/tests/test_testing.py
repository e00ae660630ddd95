# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How `script/test` runs several parts of the tests at a time; a program plays the parts."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from devenv import paths, testing

TEST = """
import signal, sys
from pathlib import Path
from devenv import console, paths, testing

# It is ignored where the tests themselves run in the background of a shell.
signal.signal(signal.SIGINT, signal.default_int_handler)
paths.SCRIPTS = paths.LOGS = Path(sys.argv[1])
testing._get_parts = lambda: sys.argv[2:]
testing._run_without_database = lambda arguments: testing.say(f"alone: {arguments}") or 0

def main(_arguments):
    failed = testing._run_parts()
    testing.say(f"failed: {failed}")
    return len(failed)

console.run_command(main)
"""
PART = """\
#!/usr/bin/env python3
import os, sys, time
from pathlib import Path

sys.path.insert(0, os.environ["PYTHONPATH"])
from devenv import console

folder, arguments = Path(__file__).parent, sys.argv[1:]
name = arguments[arguments.index("--run") + 1]

def say(text):
    print(f"{name}: {text}", flush=True)

def meet(other, place):
    (folder / f"{name} {place}").touch()
    while not (folder / f"{other} {place}").exists():
        time.sleep(0.01)

def one(_arguments):
    say(f"begins: {arguments}")
    os.write(int(arguments[-1].partition("=")[2]), b"==> Failed: it\\n")
    meet("two", "in the middle")
    say("ends")
    return 1

def two(_arguments):
    meet("one", "in the middle")
    say("begins")
    meet("three", "at the end")
    say("ends")

def three(_arguments):
    say("begins")
    meet("two", "at the end")
    say("ends")

def endless(_arguments):
    try:
        meet("nobody", "ever")
    finally:
        (folder / f"{name} cleaned up").touch()

def sociable(_arguments):
    try:
        meet("nobody", "ever")
    finally:
        meet("sociable_too" if name == "sociable" else "sociable", "at the end")
        (folder / f"{name} cleaned up").touch()

sociable_too = sociable
console.run_command(globals().get(name, endless))
"""


@pytest.fixture
def run_parts(tmp_path):
    """A function that starts the part of `script/test` that runs these parts."""

    with contextlib.ExitStack() as programs:

        def start(*parts):
            (tmp_path / "test").write_text(PART)
            (tmp_path / "test").chmod(0o755)
            program = subprocess.Popen(
                [sys.executable, "-c", TEST, tmp_path, *parts],
                env={**os.environ, "PYTHONPATH": str(paths.SCRIPTS)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
            programs.callback(_kill, program)
            return program

        yield start


def _kill(program):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.communicate()


def test_two_at_a_time_are_shown_whole_and_a_failure_at_once(run_parts):
    program = run_parts("one", "two", "three")
    output, _errors = program.communicate(timeout=60)
    assert program.returncode == 1
    order = ("==> Failed: it", "one: begins", "one: ends", "alone: ['-m', 'alone and ")
    places = [output.index(text) for text in order]
    assert places == sorted(places), output
    for name in ("two", "three"):
        assert f"{name}: begins\n{name}: ends\n" in output, "not mixed"
    assert "failed: ['one']" in output
    assert "'-m', 'not alone and " in output


@pytest.mark.parametrize("by_terminal", [True, False])
def test_whoever_ends_it_ends_all(run_parts, tmp_path, by_terminal):
    names = ("endless", "endless_too")
    program = run_parts(*names)
    for name in names:
        _wait_for(tmp_path / f"{name} ever")
    if by_terminal:
        os.killpg(program.pid, signal.SIGINT)
    else:
        program.terminate()
    output, _errors = program.communicate(timeout=60)
    assert program.returncode == 128 + (signal.SIGINT if by_terminal else signal.SIGTERM)
    assert all((tmp_path / f"{name} cleaned up").exists() for name in names)
    assert all(f"==> Of {name}:" in output for name in names)


def test_all_are_told_at_once_to_end(run_parts, tmp_path):
    names = ("sociable", "sociable_too")
    program = run_parts(*names)
    for name in names:
        _wait_for(tmp_path / f"{name} ever")
    program.terminate()
    program.communicate(timeout=60)
    assert all((tmp_path / f"{name} cleaned up").exists() for name in names)


def _wait_for(file):
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, file
        time.sleep(0.01)


def test_all_tests_are_in_one_of_the_parts():
    parts = testing._get_parts()
    assert len(parts) == len(set(parts))
    assert {part.partition(" ")[0] for part in parts} == set(testing.RUNS)
    folders = {paths.CHECKOUT / part.partition(" ")[2] for part in parts if " " in part}
    assert folders == {file.parent for file in paths.CHECKOUT.glob("*/tests/__init__.py")}
