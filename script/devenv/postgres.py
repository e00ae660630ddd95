# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A PostgreSQL cluster of the checkout's own, reached by a unix socket only."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from . import paths
from .console import Failure, step
from .folders import building, fingerprint, is_complete
from .processes import run

ROLE = "odoo"
PORT = 5432
SOCKET = paths.SOCKETS / f".s.PGSQL.{PORT}"
FOLDER = paths.CLUSTER / "data"

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
# Fast, and not to be relied on after a power cut: this is for tests and a demo.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": str(paths.SOCKETS),
    "unix_socket_permissions": "0700",
    "port": PORT,
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": 1.1,
    **dict.fromkeys(DURABILITY, "off"),
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def find_binaries():
    """:return: the folder of PostgreSQL's programs, in the cluster's version where there is a
    cluster and else in the newest, or None
    """
    # Where there are clients alone, there is no initdb.
    programs = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = [program.parent for program in programs]
    found.sort(key=lambda folder: float(folder.parent.name))
    if not found and (on_path := shutil.which("initdb")):
        found = [Path(on_path).resolve().parent]
    version = FOLDER / "PG_VERSION"
    if version.exists():
        found.sort(key=lambda folder: folder.parent.name == version.read_text().strip())
    return found[-1] if found else None


def create_cluster():
    """Make the cluster, unless it is there."""
    mark = fingerprint("one cluster, two roles")
    if is_complete(paths.CLUSTER, mark):
        return
    with step("Creating a PostgreSQL cluster"), building(paths.CLUSTER, mark):
        arguments = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        data = _make_private_folder(FOLDER)
        _run_on(data, ["initdb", "-U", "postgres", *arguments], "initdb.log")


def _make_private_folder(folder):
    folder.mkdir(mode=0o700)
    if user := _server_user():
        shutil.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _server_user():
    """:return: the user to run the server as, or None for the current one"""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError as error:
        raise Failure(
            "PostgreSQL does not run as root, and this machine has no user `postgres` to run it "
            "as. Make one with `useradd --system postgres`, and run it again."
        ) from error


def _run_on(data, command, log):
    """Run one of PostgreSQL's programs on a data folder.

    As root it runs as another user, who may not be able to enter the folders above (a checkout
    below /root, say). So the program inherits the data folder opened by us.
    """
    program, *arguments = command
    user = _server_user()
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        run(
            [find_binaries() / program, "-D", f"/proc/self/fd/{descriptor}", *arguments],
            log,
            f"PostgreSQL's {program} failed. Where another version of PostgreSQL made "
            f"{paths.CLUSTER}, delete it with {paths.FILESTORE}: all databases are made anew.",
            pass_fds=[descriptor],
            cwd="/",
            **as_user,
        )
    finally:
        os.close(descriptor)


def start():
    """Start the server, unless it is running."""
    if is_running():
        return
    with step("Starting PostgreSQL"):
        _make_socket_folder()
        _start(FOLDER, SETTINGS, "postgres.log")
        # Odoo refuses to work as `postgres`, and needs no more than to create databases.
        if not sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):
            sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")


def _start(data, settings, log):
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _run_on(data, ["pg_ctl", "start", "-w", "-o", options], log)


@contextlib.contextmanager
def durable():
    """Let each commit wait for the disk, as it does in production.

    The server is started anew, twice: who else is connected to it is cut off.
    """
    _restart({**SETTINGS, **dict.fromkeys(DURABILITY, "on")})
    try:
        yield
    finally:
        _restart(SETTINGS)


def _restart(settings):
    _run_on(FOLDER, ["pg_ctl", "stop", "-m", "fast"], "postgres-stop.log")
    _start(FOLDER, settings, "postgres.log")


def is_running():
    return SOCKET.exists() and not subprocess.run([*client("pg_isready"), "-q"]).returncode


def _make_socket_folder():
    with contextlib.suppress(FileExistsError):
        _make_private_folder(paths.SOCKETS)
    user = _server_user()
    expected = user.pw_uid if user else os.geteuid()
    # Whose folder it is decides who can pretend to be our server.
    if paths.SOCKETS.lstat().st_uid != expected:
        raise Failure(
            f"{paths.SOCKETS} belongs to another user, and PostgreSQL's socket must go there. "
            "Have it deleted, and run it again."
        )


def stop():
    """Stop the server.

    :return bool: whether it was running
    """
    if not is_running():
        return False
    _run_on(FOLDER, ["pg_ctl", "stop", "-m", "fast"], "postgres-stop.log")
    with contextlib.suppress(OSError):
        paths.SOCKETS.rmdir()
    return True


@contextlib.contextmanager
def replica(folder, port, log):
    """A second server that follows the first one by streaming, and can be read.

    :param Path folder: an empty one, for a copy of all databases
    :param int port: names its socket, in the folder of the first one's
    :param str log: name of the log file that takes every statement it gets
    :return: context manager giving the id of its process
    """
    data = _make_private_folder(folder / "replica")
    copy = [*client("pg_basebackup", "postgres")[1:], "--write-recovery-conf", "--no-sync"]
    copy += ["--wal-method=stream", "--checkpoint=fast"]
    _run_on(data, ["pg_basebackup", *copy], "basebackup.log")
    _start(data, {**SETTINGS, "port": port, "log_statement": "all"}, log)
    process = int((data / "postmaster.pid").read_text().split()[0])
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGQUIT)


def sql(statement, database="postgres"):
    """:return str: what a statement, run as superuser, gives: a line for each row"""
    command = [*client("psql", "postgres"), "--no-psqlrc", "-qtAc", statement, database]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise Failure(f"PostgreSQL refused a statement.\n    {finished.stderr.strip()}")
    return finished.stdout.strip()


def client(program, role=ROLE):
    """:return list: the beginning of a command line of one of PostgreSQL's client programs"""
    return [find_binaries() / program, "-h", paths.SOCKETS, "-p", str(PORT), "-U", role]
