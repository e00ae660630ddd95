# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, no_retry, tagged

from odoo.addons.web.tests import test_js


@tagged("post_install", "-at_install")
class TestUnitJs(HttpCase):
    """Our unit tests in JavaScript, in Odoo's own runner."""

    @no_retry
    def test_unit_tests_in_javascript(self):
        suite = test_js.HOOTCommon._generate_hash(self, "@crm_activity_ext")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=test_js.unit_test_error_checker,
        )
