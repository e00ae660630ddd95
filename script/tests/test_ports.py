# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import socket

import pytest

from devenv import ports
from devenv.console import Failure


def test_busy_port_is_told_and_a_free_one_is_taken_without_a_word():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        busy_port = listener.getsockname()[1]
        with pytest.raises(Failure, match=f"Port {busy_port} cannot be used"):
            ports.check_free(busy_port, "127.0.0.1")
    ports.check_free(ports.find_free(), "127.0.0.1")
