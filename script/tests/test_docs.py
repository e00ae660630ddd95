# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the documentation points at is there."""

import re
import subprocess

import polib
import pytest

from devenv import paths

GUIDE = paths.CHECKOUT / "docs" / "user-guide"
CAPABILITIES = 20
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
# Where GitHub shows a README, this leads to what its workflows tell.
WORKFLOWS = "../../actions/workflows/"
SOURCE = re.compile(r'(?:src|href)="([^"]+)"')
# Names of Odoo's own, and what stands out without being a name.
ODOOS = set("Aplicaciones|Configuración|CRM|Eliminar|Informes|Nuevo".split("|"))
ODOOS.add("Usuario: todos los documentos")
EMPHASIS = {
    "Conviene saber",
    "Doble clic",
    "Instalado de nuevo",
    "Para varios a la vez",
    "Si CRM se desinstala más tarde",
    "Sin CRM",
}
LABEL = re.compile(r"(?<!\*)(\*\*?)([^*\n]+)\1(?!\*)")


def _files(pattern):
    """:return list: the files of the project of this pattern"""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    listed = subprocess.check_output(command, cwd=paths.CHECKOUT, text=True)
    return [paths.CHECKOUT / name for name in listed.split()]


def test_every_link_and_picture_is_there():
    targets = [(file, LINK.findall(file.read_text())) for file in _files("*.md")]
    targets += [(file, SOURCE.findall(file.read_text())) for file in _files("*index.html")]
    assert sum(len(found) for _file, found in targets) > 100
    missing = [
        f"{file.relative_to(paths.CHECKOUT)}: {target}"
        for file, found in targets
        for target in found
        if "://" not in target and not target.startswith(WORKFLOWS)
        if not (file.parent / target).exists()
    ]
    assert missing == []


def test_every_picture_is_shown_somewhere():
    texts = "".join(file.read_text() for file in _files("*.md"))
    unused = [
        file.name
        for file in (paths.CHECKOUT / "docs" / "images").glob("*.png")
        if f"images/{file.name}" not in texts
    ]
    assert unused == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_guide_has_an_illustrated_page_for_everything(language):
    pages = sorted((GUIDE / language).glob("[0-9]*.md"))
    assert len(pages) == CAPABILITIES
    index = (GUIDE / language / "README.md").read_text()
    assert [page.name for page in pages if f"({page.name})" not in index] == []
    assert [page.name for page in pages if "![" not in page.read_text()] == []


def test_the_guides_have_the_same_pages():
    english, spanish = ({page.name for page in (GUIDE / lang).iterdir()} for lang in ("en", "es"))
    assert english == spanish


def test_what_the_spanish_guide_calls_by_name_has_this_name_on_the_screen():
    terms = {
        term.msgstr
        for file in paths.CHECKOUT.glob("*/i18n/es.po")
        for term in polib.pofile(str(file))
    }
    unknown = set()
    for page in GUIDE.glob("es/[0-9]*.md"):
        for _stars, label in LABEL.findall(page.read_text()):
            unknown |= {part for part in label.split(" ▸ ") if part not in terms}
    assert unknown == ODOOS | EMPHASIS
