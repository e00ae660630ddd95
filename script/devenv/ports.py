# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""TCP ports, and who listens on them."""

import socket
from pathlib import Path

from .console import Failure

LISTEN = "0A"  # the state, in /proc/net/tcp


def check_free(port, host):
    """:raise Failure: saying which program is in the way"""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise Failure(
                f"Port {port} cannot be used: {error.strerror}{_describe(find_listener(port))}. "
                "Stop that program, or choose another port: script/server --port 8070"
            ) from error


def _describe(process):
    return f" (process {process[0]}: {process[1]})" if process else ""


def find_listener(port):
    """:return: (process id, command line) of the program that listens on a port, or None.

    None also where that program is another user's: the system does not tell.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in sockets:
                process = descriptor.parts[2]
                words = Path("/proc", process, "cmdline").read_bytes().split(b"\0")
                return int(process), b" ".join(words).decode(errors="replace").strip()[:80]
        except OSError:
            continue  # it has ended since, or is not ours to look at
    return None


def _listening_inodes(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def find_free():
    """:return int: a port that nobody listens on"""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
