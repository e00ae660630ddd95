# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What Odoo 20 no longer has, and Odoo 19 does as well without, is not in our addons.

The rest is in docs/odoo-20.md.
"""

import re

import pytest

from devenv import paths

SUFFIXES = {".csv", ".js", ".py", ".scss", ".xml"}
GONE = {
    "t-esc, t-raw": r"\bt-(esc|raw)\b",
    "chaining of types": r"\b(chaining_type|(triggered|suggested)_next_type_ids?)\b",
    "ranges of date filters": r"\b(start|end)_(month|year)=",
    "read_group": r"\.read_group\(",
    "content of attachments in base 64": r"[\"']datas[\"']\s*:|type=\"base64\"",
    "file of a report": r"\breport_file\b",
    "tracking by its old names": r"\b_track_(subtype|template|get_default_log_message)\b",
    "archiving by toggle_active": r"\btoggle_active\b",
    "access by its old names": r"\b(check_access_(rights|rule)|_filter_access_rules)\b",
    "modules": r"\bodoo\.(osv|tools\.(pycompat|query|populate))\b",
    "tests": r"\bSingleTransactionCase\b",
}


def test_the_patterns_find_what_they_are_for():
    found = {
        "chaining of types": '<field name="triggered_next_type_id" />',
        "content of attachments in base 64": "{'datas': content}",
        "ranges of date filters": '<filter name="date" date="date" start_month="-2" />',
        "t-esc, t-raw": '<t t-esc="name" />',
    }
    assert [name for name, line in found.items() if not re.search(GONE[name], line)] == []


@pytest.mark.parametrize("name", GONE)
def test_nothing_of_ours_needs_what_odoo_20_has_no_more(name):
    pattern = re.compile(GONE[name])
    found = [
        f"{file.relative_to(paths.CHECKOUT)}:{number}: {line.strip()}"
        for addon in paths.addons()
        for file in sorted(addon.rglob("*"))
        if file.suffix in SUFFIXES
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []
