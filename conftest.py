# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Patience with the browser, for whoever runs the tests by pytest."""

import contextlib
import inspect
import os
import unittest

import pytest

# What the web client loads, at once or when it first shows a calendar, a graph or emojis.
STYLES = ("web.assets_web", "web.assets_web_print", "web.assets_backend_lazy")
SCRIPTS = ("web.assets_web", "web.assets_tests", "web.assets_backend_lazy", "web.assets_emoji")
SCRIPTS += ("web.chartjs_lib", "web.fullcalendar_lib", "bus.websocket_worker_assets")

with contextlib.suppress(ImportError):
    from hypothesis import settings

    # Chosen by --hypothesis-profile=long: see odd_values.py.
    settings.register_profile("long")


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
        for bundle in STYLES:
            qweb._get_asset_bundle(bundle, css=True, js=False).css()
        for bundle in SCRIPTS:
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
