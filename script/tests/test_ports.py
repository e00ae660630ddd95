# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import os
import socket

import pytest

from devenv import ports
from devenv.console import Failure


@pytest.fixture
def busy_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_busy_port_is_told_with_its_process(busy_port):
    with pytest.raises(Failure, match=f"Port {busy_port} .*process {os.getpid()}"):
        ports.check_free(busy_port, "127.0.0.1")


def test_free_port_is_taken_without_a_word(busy_port):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    ports.check_free(free, "127.0.0.1")
    assert ports.find_listener(free) is None
