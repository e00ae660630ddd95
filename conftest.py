# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What makes a test fail beyond its own assertions, and the report that script/test reads."""

import inspect
import json
import logging
import os
import unittest

import pytest
from hypothesis import settings

# Chosen by --hypothesis-profile=long: see test_bad_input.py.
settings.register_profile("long")

OUTCOMES = pytest.StashKey[dict]()


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


@pytest.fixture(scope="session", autouse=True)
def web_client_assets(request):
    """Bundle the web client's scripts and styles once, before the first browser test.

    A test bundles what is missing by itself, and rolls that back: each of them would have to
    do it again, which takes seconds.
    """
    classes = {item.cls for item in request.session.items if getattr(item, "cls", None)}
    if not any("start_tour(" in inspect.getsource(test_class) for test_class in classes):
        return
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tests.common import get_db_name

    _be_patient_with_the_browser()
    request.getfixturevalue("load_registry")
    with Registry(get_db_name()).cursor() as cursor:
        qweb = api.Environment(cursor, SUPERUSER_ID, {})["ir.qweb"]
        for bundle in ("web.assets_web", "web.assets_web_print"):
            qweb._get_asset_bundle(bundle, css=True, js=False).css()
        for bundle in ("web.assets_web", "web.assets_tests"):
            qweb._get_asset_bundle(bundle, css=False, js=True).js()


def _be_patient_with_the_browser():
    """Give Chromium half a minute to start, twice.

    Odoo waits for ten seconds and then skips the test. On a busy machine, and right after it was
    installed, Chromium now and then takes longer, or hangs.
    """
    from odoo.tests import common

    common.CHECK_BROWSER_ITERATIONS = 300
    spawn = common.ChromeBrowser._spawn_chrome

    def spawn_or_try_again(browser, command):
        try:
            return spawn(browser, command)
        except unittest.SkipTest:
            os.makedirs(browser.user_data_dir, exist_ok=True)  # it was cleaned up
            return spawn(browser, command)

    common.ChromeBrowser._spawn_chrome = spawn_or_try_again


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


def pytest_configure(config):
    config.stash[OUTCOMES] = {}
    config.pluginmanager.register(_Reporter(config.stash[OUTCOMES]))


class _Reporter:
    """Notes for each test whether all of it passed."""

    def __init__(self, outcomes):
        self.outcomes = outcomes

    def pytest_runtest_logreport(self, report):
        self._note(report.nodeid, report.passed)

    def pytest_collectreport(self, report):
        if report.failed:
            self._note(report.nodeid, False)

    def _note(self, name, passed):
        self.outcomes[name] = passed and self.outcomes.get(name, True)


def pytest_sessionfinish(session):
    target = os.environ.get("TEST_REPORT")
    if target:
        with open(target, "w") as file:
            json.dump(session.config.stash[OUTCOMES], file)
