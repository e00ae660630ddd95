# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the project says of itself, it says in one way."""

import ast
import re

from devenv import paths

README = paths.CHECKOUT / "README.md"


def _manifests():
    return [ast.literal_eval((addon / "__manifest__.py").read_text()) for addon in paths.addons()]


def test_all_addons_tell_the_same_website_author_and_license():
    told = {(m.get("website"), m["author"], m["license"]) for m in _manifests()}
    assert len(told) == 1 and all(told.pop())


def test_the_issue_forms_lead_to_the_website_of_the_manifests():
    config = (paths.CHECKOUT / ".github" / "ISSUE_TEMPLATE" / "config.yml").read_text()
    [website] = {manifest["website"] for manifest in _manifests()}
    assert re.findall(r"url: (.*)/security/policy", config) == [website]


def test_every_badge_is_of_something_that_is_there():
    workflows = re.findall(r"actions/workflows/([\w.]+)/badge\.svg", README.read_text())
    assert workflows
    for name in workflows:
        assert (paths.CHECKOUT / ".github" / "workflows" / name).exists()
