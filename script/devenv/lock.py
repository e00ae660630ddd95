# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One process at a time."""

import contextlib
import fcntl

from . import paths
from .console import say


@contextlib.contextmanager
def only_one(name, doing):
    """Wait until no other process of this checkout holds the lock, and hold it.

    The lock goes with the process, however it ends.

    :param str doing: what the other process is busy with, for the message
    """
    paths.STATE.mkdir(parents=True, exist_ok=True)
    with (paths.STATE / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"==> Another process is {doing}: waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
