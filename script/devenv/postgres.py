# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A PostgreSQL cluster of the checkout's own, reached by a unix socket only."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import paths
from .console import Failure, step
from .folders import building, fingerprint, is_complete
from .processes import describe_failure, output_of, run

OLDEST_VERSION = 13
ROLE = "odoo"
PORT = 5432
START_SECONDS = 60
SOCKET = paths.SOCKETS / f".s.PGSQL.{PORT}"

# Fast, and not to be relied on after a power cut: this is for tests and a demo.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": str(paths.SOCKETS),
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": 100,
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": 1.1,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def find_binaries():
    """:return: the folder of the newest PostgreSQL server on this machine, or None"""
    installed = {}
    for program in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        version = program.parts[-3]
        if version.isdigit() and int(version) >= OLDEST_VERSION:
            installed[int(version)] = program.parent
    if installed:
        return installed.get(_cluster_version()) or installed[max(installed)]
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _cluster_version():
    with contextlib.suppress(OSError, ValueError):
        return int((paths.CLUSTER / "data" / "PG_VERSION").read_text())
    return None


def create_cluster():
    """Make the cluster, unless it is there."""
    mark = fingerprint("one cluster, two roles")
    if is_complete(paths.CLUSTER, mark):
        _check_version()
        return
    with step("Creating a PostgreSQL cluster"), building(paths.CLUSTER, mark) as folder:
        data = folder / "data"
        data.mkdir(mode=0o700)
        user = _server_user()
        if user:
            shutil.chown(data, user.pw_uid, user.pw_gid)
        with _as_server(data) as (folder_name, options):
            command = [find_binaries() / "initdb", "-D", folder_name, "-U", "postgres"]
            command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
            run(command, "initdb.log", "Creating a PostgreSQL cluster failed.", **options)


def _check_version():
    binaries = find_binaries()
    found = re.search(r"\d+", output_of([binaries / "postgres", "--version"]))
    if not found or int(found[0]) != _cluster_version():
        raise Failure(
            f"The databases in {paths.CLUSTER} were made by PostgreSQL {_cluster_version()}, which "
            f"is no longer installed. Delete {paths.CLUSTER} and {paths.FILESTORE} (tests and demo "
            "are made anew), or install that version, and run it again."
        )


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


@contextlib.contextmanager
def _as_server(data):
    """How to run a PostgreSQL server program in a data folder.

    As root the program runs as another user, who may not be able to enter the folders above
    (a checkout below /root, say). So the program inherits the data folder opened by us.

    :return: context manager giving the name the program is to use for the folder, and
        options for `subprocess`
    """
    user = _server_user()
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    options = {"pass_fds": [descriptor], "cwd": "/"}
    if user:
        options.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    try:
        yield f"/proc/self/fd/{descriptor}", options
    finally:
        os.close(descriptor)


def start():
    """Start the server, unless it is running."""
    if is_running():
        return
    with step("Starting PostgreSQL"):
        _make_socket_folder()
        _start_server()


def is_running():
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(SOCKET))
        except OSError:
            return False
    return True


def _make_socket_folder():
    user = _server_user()
    owner = user.pw_uid if user else os.geteuid()
    paths.SOCKETS.mkdir(mode=0o700, exist_ok=True)
    if user and paths.SOCKETS.stat().st_uid == 0:
        shutil.chown(paths.SOCKETS, user.pw_uid, user.pw_gid)
    if paths.SOCKETS.is_symlink() or paths.SOCKETS.stat().st_uid != owner:
        raise Failure(
            f"{paths.SOCKETS} belongs to another user, and PostgreSQL's socket must go there. "
            "Have it deleted, and run it again."
        )


def _start_server():
    log_file = paths.LOGS / "postgres.log"
    _run_server(paths.CLUSTER / "data", log_file, SETTINGS)
    _create_role()


def _run_server(data, log_file, settings):
    """:return: the server's process, once it answers"""
    arguments = [part for item in settings.items() for part in ("-c", "{}={}".format(*item))]
    with _as_server(data) as (folder_name, options), log_file.open("ab") as log:
        # A session of its own, and no output of ours held open: it outlives this command, and
        # Ctrl-C in this terminal is not meant for it.
        server = subprocess.Popen(
            [find_binaries() / "postgres", "-D", folder_name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **options,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(settings["port"]):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise Failure(describe_failure("PostgreSQL did not start.", log_file))
        time.sleep(0.1)
    return server


def _answers(port):
    return output_of(_statement("SELECT 1", "postgres", port)).strip() == "1"


@contextlib.contextmanager
def replica(folder, port, log_file):
    """A second server that follows the first one by streaming, and can be read.

    :param Path folder: an empty one, for a copy of all databases
    :param int port: names its socket, in the folder of the first one's
    :param Path log_file: takes every statement that it gets
    :return: context manager giving the process
    """
    data = folder / "replica"
    data.mkdir(mode=0o700)
    if user := _server_user():
        shutil.chown(data, user.pw_uid, user.pw_gid)
    with _as_server(data) as (folder_name, options):
        command = [*client("pg_basebackup", "postgres"), "-D", folder_name, "--write-recovery-conf"]
        command += ["--wal-method=stream", "--checkpoint=fast", "--no-sync"]
        run(command, "basebackup.log", "Copying the PostgreSQL cluster failed.", **options)
    server = _run_server(data, log_file, {**SETTINGS, "port": port, "log_statement": "all"})
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _create_role():
    """Odoo refuses to work as `postgres`, and needs no more than to create databases."""
    if not sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):
        sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")


def sql(statement, database="postgres"):
    """:return str: what a statement, run as superuser, gives: a line for each row"""
    finished = subprocess.run(
        list(map(str, _statement(statement, database))), capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise Failure(f"PostgreSQL refused a statement.\n    {finished.stderr.strip()}")
    return finished.stdout.strip()


def _statement(statement, database, port=PORT):
    return [*client("psql", "postgres", port), "--no-psqlrc", "-qtAc", statement, database]


def client(program, role=ROLE, port=PORT):
    """:return list: the beginning of a command line of one of PostgreSQL's client programs"""
    return [find_binaries() / program, "-h", paths.SOCKETS, "-p", str(port), "-U", role]


def stop():
    """Stop the server.

    :return bool: whether it was running
    """
    try:
        process = int((paths.CLUSTER / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGINT)
    except (FileNotFoundError, ProcessLookupError):
        return False
    while is_running():
        time.sleep(0.05)
    with contextlib.suppress(OSError):
        paths.SOCKETS.rmdir()
    return True
