# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the user sees: steps, how long they took, and failures in plain words."""

import contextlib
import os
import signal
import sys
import time


class Failure(Exception):
    """Something that was to be expected went wrong; the message says what to do."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM), which is Ctrl-C without a keyboard."""


_stream = sys.stdout


def use_stderr():
    """Leave the standard output to the program that the command is going to run."""
    global _stream
    _stream = sys.stderr


def say(message):
    print(message, file=_stream, flush=True)


@contextlib.contextmanager
def step(title):
    """Announce a step, and tell afterwards how long it took."""
    say(f"==> {title} …")
    start = time.monotonic()
    yield
    say(f"    done in {time.monotonic() - start:.1f} s")


def run_command(function):
    """Run a command's function, and end with its exit code, or with a message of what it raises.

    :param function: takes the list of arguments, returns an exit code or None
    """
    signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        sys.exit(function(sys.argv[1:]))
    except KeyboardInterrupt as interruption:
        say("\nInterrupted. Nothing is left half set up: run it again to go on.")
        is_terminated = isinstance(interruption, Terminated)
        sys.exit(128 + (signal.SIGTERM if is_terminated else signal.SIGINT))
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (Failure, OSError) as error:
        # Of the system: the disk is full, or a file belongs to another user.
        sys.exit(f"error: {error}")


def _raise_terminated(_signal, _frame):
    raise Terminated
