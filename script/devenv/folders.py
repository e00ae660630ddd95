# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Folders that are complete or not there at all, however a run ends.

A complete folder has a stamp: a file with the fingerprint of what it was made from.
"""

import contextlib
import hashlib
import shutil
import uuid
from pathlib import Path

from . import paths

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
    try:
        return (folder / STAMP).read_text() == mark
    except (FileNotFoundError, NotADirectoryError):
        return False


@contextlib.contextmanager
def building(folder, mark):
    """Build a folder elsewhere, and put it in its place once it is complete.

    :return: context manager giving the empty folder to build in
    """
    with scratch_folder() as scratch:
        yield scratch
        (scratch / STAMP).write_text(mark)
        remove(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch.rename(folder)


@contextlib.contextmanager
def building_in_place(folder, mark):
    """Build a folder that cannot be moved: the stamp, written last, tells that it is complete."""
    remove(folder)
    folder.mkdir(parents=True)
    yield folder
    (folder / STAMP).write_text(mark)


@contextlib.contextmanager
def scratch_folder():
    """:return: context manager giving an empty folder that is gone afterwards"""
    scratch = paths.TEMPORARY / uuid.uuid4().hex
    scratch.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def remove(folder):
    """Delete a folder; at no moment is half of it in its place."""
    if folder.exists():
        trash = paths.TEMPORARY / uuid.uuid4().hex
        trash.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)


def remove_leftovers():
    """Delete what a killed run left behind. Only for the one who holds the lock."""
    if paths.TEMPORARY.exists():
        shutil.rmtree(paths.TEMPORARY, ignore_errors=True)
