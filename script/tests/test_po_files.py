# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import polib
import pytest

from devenv import paths, po_files


@pytest.fixture
def addon(tmp_path, monkeypatch):
    """An addon without translations; gives its i18n folder."""
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path)
    folder = tmp_path / "some_addon" / "i18n"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def shown(monkeypatch):
    """What the user is told, line by line."""
    lines = []
    monkeypatch.setattr(po_files, "say", lines.append)
    return lines


@pytest.fixture
def exported(tmp_path):
    """A function that stands for Odoo's export of these terms."""
    file = tmp_path / "exported" / "some_addon.pot"
    file.parent.mkdir()

    def export(*terms):
        catalogue = polib.POFile()
        catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
        catalogue.extend(
            polib.POEntry(msgid=term, comment="module: some_addon", occurrences=[("code:a.py", 0)])
            for term in terms
        )
        catalogue.save(str(file))
        return str(file)

    return export


def translate(file, **translations):
    catalogue = polib.pofile(str(file))
    for entry in catalogue:
        entry.msgstr = translations.get(entry.msgid, entry.msgstr)
    catalogue.save(str(file))


def test_an_addon_without_files_gets_them_and_lacks_every_translation(addon, exported, shown):
    assert po_files.main([exported("Save", "Visit")]) == 1
    assert any(line.endswith("no translation: Visit") for line in shown)
    assert [entry.msgid for entry in polib.pofile(str(addon / "some_addon.pot"))] == [
        "Save",
        "Visit",
    ]
    assert polib.pofile(str(addon / "es.po")).metadata["Language"] == "es"


def test_complete_translations_pass_and_are_left_alone(addon, exported):
    po_files.main([exported("Save", "Visit")])
    translate(addon / "es.po", Save="Guardar", Visit="Visita")
    before = {file.name: file.read_bytes() for file in addon.iterdir()}
    assert po_files.main([exported("Save", "Visit")]) == 0
    assert po_files.main(["--check", exported("Save", "Visit")]) == 0
    assert {file.name: file.read_bytes() for file in addon.iterdir()} == before


def test_new_terms_come_and_gone_terms_go_and_the_rest_is_kept(addon, exported):
    po_files.main([exported("Save", "Visit")])
    translate(addon / "es.po", Save="Guardar", Visit="Visita")
    assert po_files.main([exported("Letter", "Visit")]) == 1
    spanish = {entry.msgid: entry.msgstr for entry in polib.pofile(str(addon / "es.po"))}
    assert spanish == {"Letter": "", "Visit": "Visita"}


def test_the_check_writes_nothing_and_finds_what_is_out_of_step(addon, exported, shown):
    po_files.main([exported("Visit")])
    translate(addon / "es.po", Visit="Visita")
    before = {file.name: file.read_bytes() for file in addon.iterdir()}
    assert po_files.main(["--check", exported("Letter", "Visit")]) == 1
    for file in ("some_addon.pot", "es.po"):
        assert f"some_addon/i18n/{file}: out of step with the code: run script/i18n" in shown
    assert {file.name: file.read_bytes() for file in addon.iterdir()} == before


def test_a_fuzzy_translation_does_not_count(addon, exported):
    po_files.main([exported("Visit")])
    catalogue = polib.pofile(str(addon / "es.po"))
    catalogue[0].msgstr = "Visita"
    catalogue[0].flags.append("fuzzy")
    catalogue.save(str(addon / "es.po"))
    assert po_files.main(["--check", exported("Visit")]) == 1


@pytest.mark.parametrize(
    ("term", "translation", "problem"),
    [
        ("%(count)s activities", "%(cuenta)s actividades", "other placeholders"),
        ("<b>Save</b>", "Guardar", "other markup"),
        ("One\nTwo", "Uno dos", "other line breaks"),
    ],
)
def test_a_translation_keeps_placeholders_markup_and_lines(
    addon, exported, shown, term, translation, problem
):
    po_files.main([exported(term)])
    catalogue = polib.pofile(str(addon / "es.po"))
    catalogue[0].msgstr = translation
    catalogue.save(str(addon / "es.po"))
    assert po_files.main(["--check", exported(term)]) == 1
    assert any(problem in line for line in shown)
