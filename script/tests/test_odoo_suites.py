# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from devenv import odoo_suites

HEAD = "2026-01-01 10:00:00,000 4711"
LOG = f"""\
{HEAD} INFO db odoo.addons.crm.tests.test_crm_lead: Starting TestCRMLead.test_one ...
{HEAD} INFO db odoo.addons.crm.tests.test_crm_lead: Starting TestCRMLead.test_two ...
{HEAD} ERROR db odoo.addons.crm.tests.test_crm_lead: FAIL: Subtest TestCRMLead.test_two (x=1)
Traceback (most recent call last):
{HEAD} INFO db odoo.addons.utm.tests.test_utm: Starting TestUtm.test_three ...
{HEAD} ERROR db odoo.addons.utm.tests.test_utm: ERROR: setUpClass (TestUtmRights)
{HEAD} ERROR db odoo.sql_db: bad query: FAIL: TestUtm.test_three
"""


def test_the_log_of_odoo_tells_what_was_run_and_what_failed():
    outcome = odoo_suites.read_log(LOG)
    assert outcome.started == {
        "crm: TestCRMLead.test_one",
        "crm: TestCRMLead.test_two",
        "utm: TestUtm.test_three",
    }
    assert outcome.failed == {"crm: TestCRMLead.test_two", "utm: TestUtmRights"}


def test_only_what_fails_with_us_alone_counts():
    run = {"crm: A.a", "crm: A.b"}
    clean, failing = odoo_suites.Outcome(run, set()), odoo_suites.Outcome(run, {"crm: A.a"})
    assert odoo_suites.report(failing, failing) == 0
    assert odoo_suites.report(failing, clean) == 0
    assert odoo_suites.report(clean, failing) == 1


def test_what_is_not_run_with_us_counts_as_well():
    run = odoo_suites.Outcome({"crm: A.a", "crm: A.b"}, set())
    assert odoo_suites.report(run, odoo_suites.Outcome({"crm: A.a"}, set())) == 1
