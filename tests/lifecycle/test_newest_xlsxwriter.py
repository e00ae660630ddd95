# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The export leans on names that XlsxWriter promises to nobody: its next version may lack them."""

import os
import subprocess

from devenv import paths
from devenv.processes import run

TESTS = paths.CHECKOUT / "crm_activity_ext" / "tests" / "test_export.py"


def test_the_export_works_with_the_newest_xlsxwriter(scratch_database, tmp_path):
    """All other runs have the version that Odoo pins."""
    options = ["--no-input", "--no-deps", "--target", tmp_path]
    command = [paths.VENV_PYTHON, "-m", "pip", "install", *options, "xlsxwriter"]
    run(command, "pip-newest.log", "PyPI gives no XlsxWriter.")
    path = os.pathsep.join(map(str, (tmp_path, paths.SCRIPTS)))
    options = {"cwd": paths.CHECKOUT, "env": {**os.environ, "PYTHONPATH": path}}
    used = [paths.VENV_PYTHON, "-c", "import xlsxwriter; print(xlsxwriter.__file__)"]
    assert subprocess.check_output(used, text=True, **options).startswith(f"{tmp_path}/")

    database = scratch_database("core")
    command = [paths.VENV_PYTHON, "-m", "pytest", "-p", "devenv.strict", TESTS]
    command += ["--odoo-config", paths.ODOO_CONF, "--odoo-database", database, "--odoo-http"]
    run(command, "newest-xlsxwriter.log", "The export fails with it.", **options)
