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
FAILS = "def test_it(): assert False"
LOGS_WARNING = "import logging\ndef test_it(): logging.getLogger('odoo.x').warning('hm')"


@pytest.mark.parametrize(
    "code",
    [
        SKIPPED,
        SKIPPED_IN_CLASS,
        SKIPPED_FILE,
        SKIPPED_SUBTEST,
        EXPECTED_TO_FAIL,
        UNEXPECTEDLY_PASSED,
        LOGS_ERROR,
    ],
)
def test_what_is_left_out_or_logs_an_error_fails(tmp_path, code):
    failed = {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
    assert _run(tmp_path, code) in failed


@pytest.mark.parametrize("code", [FINE, LOGS_EXPECTED_ERROR, LOGS_WARNING])
def test_what_runs_to_its_end_without_errors_passes(tmp_path, code):
    assert _run(tmp_path, code) == pytest.ExitCode.OK


@pytest.mark.parametrize(("code", "told"), [(FAILS, "test_sample.py::test_it"), (FINE, "")])
def test_what_fails_is_named_where_somebody_looks(tmp_path, code, told):
    reading, writing = os.pipe()
    _run(tmp_path, code, f"--tell-failures={writing}", pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read().strip() == (told and f"==> Failed: {told}")


def _run(folder, code, *arguments, **options):
    """:return int: pytest's exit code"""
    (folder / "test_sample.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:odoo", "-p", "devenv.strict", "."]
    options["env"] = {**os.environ, "PYTHONPATH": str(paths.SCRIPTS)}
    return subprocess.run([*command, *arguments], cwd=folder, check=False, **options).returncode
