# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Folders that are known to be complete, however the run that makes them ends.

A complete folder has a stamp: a file with the fingerprint of what it was made from.
"""

import contextlib
import hashlib
import shutil
from pathlib import Path

STAMP = ".complete"


def fingerprint(*parts):
    """:param parts: texts, or Paths of files whose content counts
    :return str: the same for the same parts
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def is_complete(folder, mark):
    """:return bool: whether the folder was made, to the end, from what `mark` stands for"""
    stamp = folder / STAMP
    return stamp.exists() and stamp.read_text() == mark


@contextlib.contextmanager
def building(folder, mark):
    """Build a folder anew; the stamp, written last, tells that it is complete.

    :return: context manager, inside of which the folder is there, and empty
    """
    if folder.exists():
        (folder / STAMP).unlink(missing_ok=True)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    yield
    (folder / STAMP).write_text(mark)
