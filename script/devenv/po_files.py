# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Template and translations of an addon, kept in step. Runs on Odoo's Python, which has polib."""

import argparse
import re
import sys
from pathlib import Path

import polib

from . import paths
from .console import say

# What a translation's file has in its head, {language: {name: value}}; others are left as they are.
HEADS = {"es": {"Language": "es", "Plural-Forms": "nplurals=2; plural=(n != 1);"}}


# What a translation has as often as its term.
KEPT = {
    "placeholders": re.compile(r"%\(\w+\)s|%s|\{\{.*?\}\}"),
    "markup": re.compile(r"</?\w+"),
    "line breaks": re.compile(r"\n"),
}


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m devenv.po_files")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("exported", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    problems = [
        problem
        for exported in options.exported
        for problem in _keep_in_step(exported, write=not options.check)
    ]
    for problem in problems:
        say(problem)
    say(f"\n{len(problems)} to mend" if problems else "All translations are complete.")
    return 1 if problems else 0


def _keep_in_step(exported, write):
    """:param Path exported: the terms that the code has, in a file named after the addon
    :param bool write: bring the files in step first
    :return list: what is wrong with the addon's files
    """
    folder = paths.CHECKOUT / exported.stem / "i18n"
    template_file = folder / exported.name
    template = polib.pofile(str(exported))
    if write:
        _write_template(template, template_file)
    problems = []
    if not _has_the_terms_of(template_file, template):
        problems.append(f"{_shown(template_file)}: out of step with the code: run script/i18n")
    for file in sorted({folder / "es.po", *folder.glob("*.po")}):
        if write:
            _merge(template, file)
        if not _has_the_terms_of(file, template):
            problems.append(f"{_shown(file)}: out of step with the code: run script/i18n")
        problems += [
            f"{_shown(file)}:{entry.linenum}: {problem}: {entry.msgid}"
            for entry in (polib.pofile(str(file)) if file.exists() else ())
            for problem in _find_problems(entry)
        ]
    return problems


def _find_problems(entry):
    """:return list: what is wrong with a translation, whatever its language"""
    if not entry.translated():
        return ["no translation"]
    return [
        f"other {what}"
        for what, pattern in KEPT.items()
        if sorted(pattern.findall(entry.msgid)) != sorted(pattern.findall(entry.msgstr))
    ]


def _shown(file):
    return file.relative_to(paths.CHECKOUT)


def _terms(catalogue):
    """:return list: the terms and where they are used; not the dates in the head"""
    return sorted((e.msgid, e.comment, e.occurrences) for e in catalogue if not e.obsolete)


def _has_the_terms_of(file, template):
    return file.exists() and _terms(polib.pofile(str(file))) == _terms(template)


def _write_template(template, file):
    if not _has_the_terms_of(file, template):
        file.parent.mkdir(exist_ok=True)
        template.save(str(file))


def _merge(template, file):
    translation = polib.pofile(str(file)) if file.exists() else polib.POFile()
    before = str(translation)
    translation.merge(template)
    for entry in translation.obsolete_entries():
        translation.remove(entry)
    translation.sort(key=lambda entry: entry.msgid)
    if not translation.metadata:
        translation.header = template.header
        translation.metadata = {**template.metadata, **HEADS.get(file.stem, {})}
    if str(translation) != before:
        translation.save(str(file))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
