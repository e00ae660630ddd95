# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases, each with its folder in the filestore."""

import os
import shutil

from . import paths, postgres
from .processes import run


def names(prefix):
    """:return list: the databases whose names begin with this"""
    found = postgres.sql("SELECT datname FROM pg_database ORDER BY datname").splitlines()
    return [name for name in found if name.startswith(prefix)]


def exists(name):
    return name in names(name)


def clone(source, target):
    """Copy a database. The files are linked, not copied: Odoo never changes one."""
    run(
        [*postgres.client("createdb"), "--template", source, target],
        "createdb.log",
        f"Copying the database {source} failed. A program that is connected to it is in the way.",
    )
    files = paths.FILESTORE / source
    if files.exists():
        shutil.rmtree(paths.FILESTORE / target, ignore_errors=True)
        shutil.copytree(files, paths.FILESTORE / target, copy_function=os.link)


def drop(name):
    """Drop a database, whether it is there or not, and whoever is connected to it."""
    # As superuser: connections of other roles have to be ended.
    command = [*postgres.client("dropdb", role="postgres"), "--force", "--if-exists", name]
    run(command, "dropdb.log", f"Dropping the database {name} failed.")
    shutil.rmtree(paths.FILESTORE / name, ignore_errors=True)


def rename(source, target):
    """Give a database its final name, in place of one that has it."""
    drop(target)
    if (paths.FILESTORE / source).exists():
        (paths.FILESTORE / source).rename(paths.FILESTORE / target)
    command = [*postgres.client("psql"), "--no-psqlrc", "-qc"]
    command += [f'ALTER DATABASE "{source}" RENAME TO "{target}"', "postgres"]
    run(command, "rename.log", f"Renaming the database {source} failed.")


def note(name):
    """:return str: what `set_note` has noted about the database, empty for nothing"""
    return postgres.sql(
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
    )


def set_note(name, text):
    postgres.sql(f"COMMENT ON DATABASE \"{name}\" IS '{text}'")
