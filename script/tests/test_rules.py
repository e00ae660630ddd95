# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What `script/test` makes of tests that do not do their job."""

import os
import subprocess
import sys

import pytest

from devenv import paths

FINE = "def test_it(): pass"
SKIPPED = "import pytest\n@pytest.mark.skip('later')\ndef test_it(): pass"
SKIPPED_IN_CLASS = """\
import unittest
class TestIt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("no browser")
    def test_it(self):
        pass
"""
SKIPPED_FILE = "import pytest\npytest.skip('no', allow_module_level=True)\ndef test_it(): pass"
SKIPPED_SUBTEST = """\
import unittest
class TestIt(unittest.TestCase):
    def test_it(self):
        with self.subTest("part"):
            self.skipTest("not this one")
"""
EXPECTED_TO_FAIL = "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False"
UNEXPECTEDLY_PASSED = "import pytest\n@pytest.mark.xfail\ndef test_it(): pass"
LOGS_ERROR = "import logging\ndef test_it(): logging.getLogger('odoo.x').error('oh')"
LOGS_EXPECTED_ERROR = """\
import logging, unittest
class TestIt(unittest.TestCase):
    def test_it(self):
        with self.assertLogs("odoo.x", "ERROR"):
            logging.getLogger("odoo.x").error("oh")
"""
LOGS_WARNING = "import logging\ndef test_it(): logging.getLogger('odoo.x').warning('hm')"


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        pytest.param(FINE, True, id="fine"),
        pytest.param(SKIPPED, False, id="skipped"),
        pytest.param(SKIPPED_IN_CLASS, False, id="skipped in class"),
        pytest.param(SKIPPED_FILE, False, id="skipped file"),
        pytest.param(SKIPPED_SUBTEST, False, id="skipped subtest"),
        pytest.param(EXPECTED_TO_FAIL, False, id="expected to fail"),
        pytest.param(UNEXPECTEDLY_PASSED, False, id="unexpectedly passed"),
        pytest.param(LOGS_ERROR, False, id="logs error"),
        pytest.param(LOGS_EXPECTED_ERROR, True, id="logs expected error"),
        pytest.param(LOGS_WARNING, True, id="logs warning"),
    ],
)
def test_every_test_runs_to_its_end_without_errors(tmp_path, code, passes):
    (tmp_path / "test_sample.py").write_text(code)
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:odoo", "-p", "devenv.strict", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(paths.SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode == 0) is passes, finished.stdout
    assert "skipped" not in finished.stdout.splitlines()[-1]
