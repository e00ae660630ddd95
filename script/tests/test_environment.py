# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
import socket
import subprocess
import sys

import pytest

from devenv import npm, odoo_source, paths, ports, postgres, templates
from devenv.console import Failure

SOCKET_PATH_LIMIT = 107


def test_socket_path_is_short_wherever_the_checkout_is():
    assert len(str(postgres.SOCKET)) < SOCKET_PATH_LIMIT


@pytest.mark.parametrize("file", sorted(paths.REQUIREMENTS.glob("*.txt")), ids=lambda f: f.name)
def test_every_requirement_is_pinned(file):
    lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
    assert not [line for line in lines if line and not re.match(r"[\w.-]+==[\w.]+( ;.*)?$", line)]


def test_every_linter_and_npm_package_is_pinned():
    hooks = (paths.CHECKOUT / ".pre-commit-config.yaml").read_text()
    linters = re.findall(r'"(\S+)"', "".join(re.findall(r"_dependencies:[^]]*\]", hooks)))
    packages = linters + odoo_source.NPM_PACKAGES + npm.TEST_PACKAGES
    assert len(packages) > 10
    assert not [name for name in packages if not re.match(r"@?[^@=]+(==|@)\d+(\.\d+)+$", name)]


def test_install_log_is_read_for_what_is_wrong():
    warning = "2026-01-01 00:00:00,000 12 WARNING db odoo.modules.loading: The model x has no rule"
    error = "2026-01-01 00:00:00,000 12 ERROR ? odoo.sql_db: bad query"
    of_odoo = "2026-01-01 00:00:00,000 12 WARNING db py.warnings: /elsewhere/x.py:1: Deprecated"
    ours = f"2026-01-01 00:00:00,000 12 WARNING db py.warnings: {paths.addons()[0]}/x.py:1: Old"
    fine = "2026-01-01 00:00:00,000 12 INFO db odoo.modules.loading: ERROR is but a word here"
    log = "\n".join([warning, error, of_odoo, ours, fine, "Running as user 'root' …"])
    assert templates.complaints(log) == [warning, error, ours]
    assert templates.errors(log) == [error]


@pytest.mark.parametrize("name", ["bootstrap", "odoo", "server", "test"])
def test_too_old_python_is_told_plainly(name):
    program = (
        "import runpy, sys; sys.version_info = (3, 9, 2); sys.path.insert(0, 'script');"
        f"sys.argv = ['script/{name}']; runpy.run_path('script/{name}')"
    )
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, cwd=paths.CHECKOUT, capture_output=True, text=True)
    assert finished.returncode == 1
    assert "Python 3.11" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_busy_port_is_told_and_a_free_one_is_taken_without_a_word():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy_port = listener.getsockname()[1]
        with pytest.raises(Failure, match=f"Port {busy_port} cannot be used"):
            ports.check_free(busy_port, "127.0.0.1")
    ports.check_free(ports.find_free(), "127.0.0.1")
