# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What makes a test fail beyond its own assertions: a plugin of pytest, for `script/test`."""

import logging

import pytest


class _Recorder(logging.Handler):
    """Keeps the errors that are logged, in whichever thread."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages = []

    def emit(self, record):
        self.messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_errors():
    """Fail a test during which an error was logged.

    A test that expects one says so with `assertLogs` or `mute_logger`: both keep the record
    from this handler.
    """
    recorder = _Recorder()
    logging.getLogger().addHandler(recorder)
    yield
    logging.getLogger().removeHandler(recorder)
    if recorder.messages:
        messages = "\n".join(recorder.messages)
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
