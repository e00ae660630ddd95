# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's own test of uninstalling and installing again, on our addons and on the apps they read."""

import subprocess

import pytest

from devenv import bootstrap, odoo_command, paths, templates

pytestmark = pytest.mark.long

# Each with what is installed upon it, so that Odoo takes that away as well.
MODULES = (
    "crm_activity_ext_gamification",
    "crm_activity_ext_privacy",
    "crm_activity_ext_sequence",
    "crm_activity_ext_sms",
    "crm_activity_ext_crm",
    "stock",
    "sale_management",
    "account",
)
MODULES += ("crm", "crm_activity_ext")
OURS = """
    SELECT name FROM ir_module_module
    WHERE name LIKE 'crm_activity_ext%' AND state = 'installed' ORDER BY name
"""


def test_odoos_own_cycle_of_uninstalling_and_installing_again(scratch_database, inside, sql):
    database = scratch_database("everything")
    script = bootstrap.set_up().addons_folder.parent / "tests" / "test_module_operations.py"
    for module in MODULES:
        finished = subprocess.run(
            [paths.VENV_PYTHON, script, "-d", database, "uninstall", module],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=odoo_command.environment(),
            check=False,
            text=True,
        )
        assert not finished.returncode, finished.stdout
        assert f"{module} installed" in finished.stdout
        assert templates.complaints(finished.stdout) == []
        assert inside(database, "broken_interface") == []
    assert sql(database, OURS) == [
        "crm_activity_ext",
        "crm_activity_ext_crm",
        "crm_activity_ext_gamification",
        "crm_activity_ext_privacy",
        "crm_activity_ext_sequence",
        "crm_activity_ext_sms",
    ]
