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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    _refuse_to_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _refuse_to_skip(report)
    return report


def _refuse_to_skip(report):
    """No test is skipped, and none is expected to fail: a test that does not run tests nothing."""
    excuse = getattr(report, "wasxfail", None)
    if not report.skipped and excuse is None:
        return
    if excuse is None:
        # (file, line, "Skipped: reason")
        excuse = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
    else:
        excuse = f"expected to fail: {excuse}"
        del report.wasxfail
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} may not be left out ({excuse})"
