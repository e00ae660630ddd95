# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is in the addons' .po files; `script/i18n --check` tells whether they are all there is."""

import re

import polib
import pytest

from devenv import paths

FILES = sorted(paths.CHECKOUT.glob("*/i18n/*.po"))
LANGUAGES = {"ca", "de", "es", "eu", "fr", "gl", "it", "pt"}
# What a translation has as often as its term.
KEPT = re.compile(r"%\(\w+\)s|%s|\{\{.*?\}\}|</?\w+|\n")


def test_every_addon_speaks_every_language():
    templates = list(paths.CHECKOUT.glob("*/i18n/*.pot"))
    assert len(templates) > 1
    for template in templates:
        assert {file.stem for file in FILES if file.parent == template.parent} == LANGUAGES


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(paths.CHECKOUT)))
def test_every_term_has_a_translation_that_keeps_placeholders_markup_and_lines(file):
    terms = [entry for entry in polib.pofile(str(file)) if not entry.obsolete]
    assert terms
    assert [entry.msgid for entry in terms if not entry.translated()] == []
    changed = {
        entry.msgid: entry.msgstr
        for entry in terms
        if sorted(KEPT.findall(entry.msgid)) != sorted(KEPT.findall(entry.msgstr))
    }
    assert changed == {}
