# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Make README.rst and static/description/index.html of each addon from its readme/*.md.

And CHANGELOG.md from what those say of all versions. A hook of pre-commit, with pandoc. It stands
in for `oca-gen-addon-readme`, which no package registry has, and takes the same fragments in the
same order.
"""

import ast
import sys
from pathlib import Path

import pypandoc

CHECKOUT = Path(__file__).resolve().parents[1]
# The fragments in their order, and the headings above them.
FRAGMENTS = {
    "DESCRIPTION": None,
    "CONTEXT": "Use Cases / Context",
    "INSTALL": "Installation",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "DEVELOP": "Development",
    "ROADMAP": "Known issues / Roadmap",
    "HISTORY": "Changelog",
    "CONTRIBUTORS": "Contributors",
    "CREDITS": "Credits",
}
NOTICE = "Made from readme/ by pre-commit: changes here will be overwritten."
# As on GitHub, without the anchors that pandoc makes up for headings; a picture has its caption.
MARKDOWN = "gfm+implicit_figures-raw_html-gfm_auto_identifiers"


def main():
    """:return int: 1 where a file was not what it should be, which it is now"""
    names = {
        manifest.parent: ast.literal_eval(manifest.read_text())["name"]
        for manifest in sorted(CHECKOUT.glob("*/__manifest__.py"))
    }
    texts = {file: text for addon, name in names.items() for file, text in _make(addon, name)}
    texts[CHECKOUT / "CHANGELOG.md"] = "\n".join(_changelog(names))
    written = [file for file, text in texts.items() if _write(file, text)]
    return 1 if written else 0


def _make(addon, name):
    """:return: iterator of an addon's files: ``(Path, text)``"""
    text = "\n\n".join(_sections(addon / "readme"))
    line = "=" * len(name)
    rst = _convert(text.replace("(../static/", "(static/"), "rst")
    yield addon / "README.rst", f"{line}\n{name}\n{line}\n\n.. {NOTICE}\n\n{rst}\n"
    # Odoo shows it inside its own page, and finds the pictures beside it.
    text = text.replace("(../static/description/", "(")
    html = _convert(text, "html5", "--shift-heading-level-by=1")
    html = html.replace("<img ", '<img class="img-fluid border rounded" ')
    html = f'<section class="oe_container">\n<h1>{name}</h1>\n{html}\n</section>'
    yield addon / "static" / "description" / "index.html", f"<!-- {NOTICE} -->\n{html}\n"


def _changelog(names):
    """:return: iterator of the parts of CHANGELOG.md, one for each addon with a history"""
    yield f"<!-- {NOTICE} -->\n\n# Changelog\n"
    for addon, name in names.items():
        history = addon / "readme" / "HISTORY.md"
        if history.exists():
            yield f"## {name}\n\n`{addon.name}`\n"
            yield history.read_text().replace("## ", "### ")


def _sections(folder):
    for fragment, heading in FRAGMENTS.items():
        file = folder / f"{fragment}.md"
        if file.exists():
            yield f"# {heading}\n\n{file.read_text()}" if heading else file.read_text()


def _convert(text, target, *options):
    converted = pypandoc.convert_text(
        text, target, format=MARKDOWN, extra_args=options, sandbox=True
    )
    return converted.strip()


def _write(file, text):
    """:return bool: whether there was something to write"""
    if file.exists() and file.read_text() == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return True


if __name__ == "__main__":
    sys.exit(main())
