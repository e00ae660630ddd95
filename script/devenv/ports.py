# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""TCP ports."""

import socket

from .console import Failure


def check_free(port, host):
    """:raise Failure: where another program is in the way"""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise Failure(
            f"Port {port} cannot be used: {error.strerror}. Stop the program that uses it "
            f"(`ss -ltnp` names it), or choose another port: script/server --port {port + 1}"
        ) from error


def find_free():
    """:return int: a port that nobody listens on"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
