# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the project says of itself, it says in one way."""

import ast
import re

from devenv import paths

README = paths.CHECKOUT / "README.md"


def _manifests():
    return [ast.literal_eval((addon / "__manifest__.py").read_text()) for addon in paths.addons()]


def test_all_addons_tell_the_same_of_who_makes_them():
    keys = ("author", "development_status", "license", "support", "website")
    told = {tuple(manifest[key] for key in keys) for manifest in _manifests()}
    assert len(told) == 1 and all(told.pop())
    assert len({tuple(manifest["maintainers"]) for manifest in _manifests()}) == 1


def test_who_is_to_be_written_to_is_the_same_everywhere():
    [support] = {manifest["support"] for manifest in _manifests()}
    assert f"<{support}>" in (paths.CHECKOUT / "SECURITY.md").read_text()


def test_the_issue_forms_lead_to_the_website_of_the_manifests():
    config = (paths.CHECKOUT / ".github" / "ISSUE_TEMPLATE" / "config.yml").read_text()
    [website] = {manifest["website"] for manifest in _manifests()}
    assert re.findall(r"url: (.*)/security/policy", config) == [website]


def test_every_badge_is_of_something_that_is_there():
    workflows = re.findall(r"actions/workflows/([\w.]+)/badge\.svg", README.read_text())
    assert workflows
    for name in workflows:
        assert (paths.CHECKOUT / ".github" / "workflows" / name).exists()


def test_odoo_runs_all_tests_of_the_addons():
    """Odoo's own runner knows those that are imported; ours finds all files."""
    for init in paths.CHECKOUT.glob("*/tests/__init__.py"):
        imports = ast.walk(ast.parse(init.read_text()))
        names = {name.name for node in imports if hasattr(node, "names") for name in node.names}
        missing = {file.stem for file in init.parent.glob("test_*.py")} - names
        assert not missing, (init, missing)
