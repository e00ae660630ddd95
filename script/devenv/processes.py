# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Running other programs, their output in a log file that is shown when they fail."""

import contextlib
import os
import shutil
import signal
import subprocess

from . import paths
from .console import Failure, Terminated

SHOWN_LINES = 15
SECONDS_TO_END = 15


def environment(**variables):
    """The environment of programs in Python, which keep what they have compiled.

    Where it is kept from writing that down, as in many containers, each Odoo compiles all of its
    code anew, for seconds.

    :return dict: with these variables
    """
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONPYCACHEPREFIX": str(paths.BYTECODE), **variables}


def run(command, log, failure, **options):
    """Run a program to its end.

    :param list command: the program and its arguments
    :param str log: name of the log file (without folder) that takes the output
    :param str failure: what to tell when the program fails, and what to do about it
    :param options: handed on to `subprocess.run`
    :return str: the output
    :raise Failure: with the last lines of the output
    """
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log_file = paths.LOGS / log
    with log_file.open("wb") as output:
        finished = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **({} if "input" in options else {"stdin": subprocess.DEVNULL}),
            **options,
        )
    if finished.returncode:
        raise Failure(describe_failure(failure, log_file))
    return log_file.read_text(errors="replace")


def describe_failure(failure, log_file):
    """Put the reason that a program gave under what we say ourselves."""
    lines = log_file.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
    return "\n    ".join([failure, f"The end of {log_file}:", *lines])


def find_program(*names):
    """:return: the path of the first of these programs that is installed, or None"""
    return next(filter(None, map(shutil.which, names)), None)


def run_attached(command, **options):
    """:return int: the exit code of a program that runs as `attached` says"""
    with attached(command, **options) as program:
        return program.wait()


@contextlib.contextmanager
def attached(command, ending=signal.SIGINT, **options):
    """Run a program on our own terminal; it ends with us, or with the block.

    Ctrl-C in a terminal reaches the program as well as us: it gets time to clean up. Where
    only we were told to end, we pass it on.

    :param ending: the signal that tells the program to end, and to clean up
    :param options: handed on to `subprocess.Popen`
    :return: context manager giving the Popen
    """
    with subprocess.Popen([str(part) for part in command], **options) as program:
        try:
            yield program
        except KeyboardInterrupt as interruption:
            if isinstance(interruption, Terminated):
                program.send_signal(ending)
            _give_time(program)
            raise
        finally:
            program.terminate()
            _give_time(program)
            program.kill()


def end_together(programs, ending):
    """Tell programs to end, and give all of them the time to clean up.

    :param programs: each a Popen
    :param ending: the signal that tells them
    """
    for program in programs:
        program.send_signal(ending)
    for program in programs:
        _give_time(program)


def _give_time(program):
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(SECONDS_TO_END)
