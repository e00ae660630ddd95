# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""docs/api.md says how programs use the API: they are run here, and print what it says."""

import contextlib
import io
import re

from devenv import paths

PAGE = paths.CHECKOUT / "docs" / "api.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r'^(URL|DATABASE|KEY|LOGIN|PASSWORD) = "[^"]*"$', re.MULTILINE)


def _read_page():
    """:return: list of ``(program, what it prints)``"""
    programs = []
    for kind, text in BLOCK.findall(PAGE.read_text()):
        if kind == "python":
            programs.append((text, ""))
        else:
            programs[-1] = (programs[-1][0], text)
    return programs


def test_the_programs_of_the_page_print_what_it_says(scratch_database, inside, server):
    database = scratch_database("crm")
    settings = inside(database, "make_program")
    settings |= {"URL": f"http://localhost:{server(database).port}", "DATABASE": database}
    names = {}
    for program, expected in _read_page():
        program = SETTING.sub(lambda match: f"{match[1]} = {settings[match[1]]!r}", program)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(program, str(PAGE), "exec"), names)
        assert printed.getvalue() == expected
