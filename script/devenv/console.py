# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the user sees: steps, how long they took, and failures in plain words."""

import contextlib
import errno
import os
import signal
import sys
import textwrap
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


def run_command(function, arguments):
    """Run a command's function and turn what it raises into a message and an exit code.

    :param function: takes the list of arguments, returns an exit code or None
    :return int: the exit code
    """
    signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        return function(arguments) or 0
    except Failure as failure:
        return _explain(str(failure))
    except Terminated:
        say("\nTerminated. Nothing is left half set up: run it again to go on.")
        return 128 + signal.SIGTERM
    except KeyboardInterrupt:
        say("\nInterrupted. Nothing is left half set up: run it again to go on.")
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        explanation = _system_error(error)
        if not explanation:
            raise
        return _explain(explanation)


def _raise_terminated(_signal, _frame):
    raise Terminated


def _explain(message):
    first, _newline, rest = message.partition("\n")
    print(textwrap.fill(f"error: {first}", 100, break_long_words=False), file=sys.stderr)
    if rest:
        print(rest, file=sys.stderr)
    return 1


def _system_error(error):
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}. Make room (about 4 GB are needed) and run it again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"No permission to write or read{where}. The checkout and its .odoo folder must "
            "belong to the user that runs this command; if another user (root?) made .odoo, "
            "have it deleted and run this again."
        )
    return None
