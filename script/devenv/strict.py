# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What makes a test fail beyond its own assertions: a plugin of pytest, for `script/test`."""

import logging
import os

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--tell-failures",
        type=int,
        metavar="descriptor",
        help="of the file in which to name what fails as soon as it does",
    )


def pytest_configure(config):
    if (descriptor := config.getoption("--tell-failures")) is not None:
        config.pluginmanager.register(Teller(descriptor))


class Teller:
    """Names what fails at once, where pytest's own output is only shown at the end."""

    def __init__(self, descriptor):
        self._descriptor = descriptor

    def pytest_runtest_logreport(self, report):
        if report.failed:
            os.write(self._descriptor, f"==> Failed: {report.nodeid}\n".encode())

    pytest_collectreport = pytest_runtest_logreport


@pytest.fixture(autouse=True)
def no_unexpected_errors(caplog):
    """Fail a test during which an error was logged, in whichever thread.

    A test that expects one says so with `assertLogs` or `mute_logger`: both keep the record
    from pytest.
    """
    yield
    records = caplog.get_records("call") + caplog.get_records("teardown")
    errors = [record for record in records if record.levelno >= logging.ERROR]
    if errors:
        messages = "\n".join(f"{error.name}: {error.getMessage()}" for error in errors)
        pytest.fail(f"errors were logged during this test:\n{messages}", pytrace=False)


# No test is skipped, and none is expected to fail: a test that does not run tests nothing.
_left_out = []


def pytest_runtest_logreport(report):
    if report.skipped or hasattr(report, "wasxfail"):
        _left_out.append(report.nodeid)


pytest_collectreport = pytest_runtest_logreport


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    if _left_out:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    for test in _left_out:
        terminalreporter.write_line(f"{test} may not be left out", red=True)
