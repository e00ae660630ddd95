# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rows to .xlsx: knows Excel, and nothing of HTTP or of the database.

xlsxwriter makes the workbook; the rows are written by :class:`StreamedSheet` in the moment they
are read, straight into the sheet's file. Its own ``write_…`` methods keep or copy every cell, take
several times as long, and read some texts as something else than text (``<r>…</r>``).
"""

import re
from datetime import datetime, timedelta
from itertools import count as count_from
from itertools import islice
from math import ceil
from tempfile import TemporaryDirectory
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

# Excel's limits: rows of a sheet, the header's included; UTF-16 units in a cell.
SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767
SHEET_NAME_LENGTH = 31
SHEET_NAME_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
A4 = 9

# Days since 1899-12-30. Excel has a 29th of February 1900 and nothing before 1900: what is
# earlier than March, or beyond the year 9999, is written as text.
EPOCH = datetime(1899, 12, 30)
FIRST_DAY, LAST_DAY = 61, 2_958_466
DAYS_IN_400_YEARS = 146_097

# What cannot stand in XML as it is: markup, characters that no XML may have, carriage returns,
# and what Excel would read as an escaped character.
SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
ESCAPE_LOOKALIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# A spreadsheet would begin a formula with these, as soon as somebody edits the cell.
FORMULA_BEGINNINGS = frozenset("=+-@\t")

# Odoo's formats of dates and times in Excel's.
STRFTIME = {
    "%a": "ddd",
    "%A": "dddd",
    "%b": "mmm",
    "%B": "mmmm",
    "%d": "dd",
    "%-d": "d",
    "%H": "hh",
    "%-H": "h",
    "%I": "hh",
    "%-I": "h",
    "%m": "mm",
    "%-m": "m",
    "%M": "mm",
    "%p": "AM/PM",
    "%S": "ss",
    "%y": "yy",
    "%Y": "yyyy",
}

STRFTIME_CODE = re.compile(r"(%-?.)")

WIDTHS = {"datetime": 18, "duration": 10, "number": 11, "percent": 11, "text": 16}
# Rows are as high as their text, up to a limit: LibreOffice does not find out by itself.
LINE_HEIGHT = 15
MOST_LINES = 12
CENTERED = {"number", "duration", "percent"}
HEADER_COLOR = "#714B67"
LINE_COLOR = "#D8DADD"


class Column(NamedTuple):
    """A column of a sheet.

    :ivar str name: tells it from the others
    :ivar str label: its header
    :ivar str kind: ``text``; ``number``; ``percent``: a part of one; ``duration``: a part of a
        day; ``datetime``: days since 1899-12-30 in the reader's time zone
    :ivar float width: in characters, None for what is usual for the kind
    :ivar str path: for who reads the rows: the field, ``partner_id.name``
    :ivar bool is_hidden: whether it is there for programs alone
    """

    name: str
    label: str
    kind: str = "text"
    width: float | None = None
    path: str = ""
    is_hidden: bool = False


class StreamedSheet(Worksheet):
    """A sheet that takes its rows while the file is being written, and keeps none."""

    def stream(self, columns, rows, count, styles, cut_mark, has_total=False):
        """Say what the sheet is to have: a header, and these rows below it.

        :param list columns: of :class:`Column`
        :param rows: iterator of sequences of ``str``, numbers or None: read once, at the end
        :param int count: how many rows there will be
        :param dict styles: ``{name: Format}``: see ``ActivityWorkbook._make_styles``
        :param str cut_mark: what ends a text that is too long for a cell
        :param bool has_total: whether the last row is a total
        """
        self._columns = columns
        self._rows = rows
        self._count = count
        self._cut_mark = cut_mark
        self._has_total = has_total
        # Before xlsxwriter numbers the formats that are in use.
        self._indexes = {name: style._get_xf_index() for name, style in styles.items()}
        self.dim_rowmin, self.dim_rowmax = 0, count
        self.dim_colmin, self.dim_colmax = 0, len(columns) - 1
        for number, column in enumerate(columns):
            width = column.width or WIDTHS[column.kind]
            self.set_column(number, number, width, None, {"hidden": column.is_hidden})

    def _write_sheet_data(self):
        """What xlsxwriter calls when it comes to the rows."""
        self._xml_start_tag("sheetData")
        labels = [column.label for column in self._columns]
        self.fh.write(self._row_xml(1, labels, self._layout("header_")))
        layout = self._layout()
        rows = enumerate(self._rows, start=2)
        for number, row in islice(rows, self._count - self._has_total):
            self.fh.write(self._row_xml(number, row, layout))
        for number, row in rows:
            self.fh.write(self._row_xml(number, row, self._layout("total_")))
        self._xml_end_tag("sheetData")

    def _layout(self, look=""):
        """:return: list of ``(letters, width, style, style of what looks like a formula)``"""
        layout = []
        for number, column in enumerate(self._columns):
            style = self._indexes[look + column.kind]
            guarded = self._indexes.get(f"{look}{column.kind}_guarded", style)
            width = column.width or WIDTHS[column.kind]
            layout.append((xl_col_to_name(number), width, style, guarded))
        return layout

    def _row_xml(self, number, row, layout):
        cells = []
        lines = 1
        for (letters, width, style, guarded), value in zip(layout, row, strict=True):
            if value is None or value == "":
                cells.append(f'<c r="{letters}{number}" s="{style}"/>')
            elif isinstance(value, str):
                if value[0] in FORMULA_BEGINNINGS:
                    style = guarded
                if len(value) > width or "\n" in value:
                    lines = max(lines, _count_lines(value, width))
                if len(value) > CELL_LENGTH // 2 or SPECIAL.search(value):
                    value = self._escape(self._cut(value))
                cells.append(
                    f'<c r="{letters}{number}" s="{style}" t="inlineStr">'
                    f'<is><t xml:space="preserve">{value}</t></is></c>'
                )
            # Infinity and "not a number" would break the file: their difference is not 0.
            elif not value - value:
                cells.append(f'<c r="{letters}{number}" s="{style}"><v>{value!r}</v></c>')
        height = f' ht="{LINE_HEIGHT * lines}" customHeight="1"' if lines > 1 else ""
        return f'<row r="{number}"{height}>{"".join(cells)}</row>'

    def _cut(self, text):
        """:return: str, what fits into a cell, and a mark where that is not all"""
        if _length(text) <= CELL_LENGTH:
            return text
        units = (CELL_LENGTH - _length(self._cut_mark)) * 2
        # Never half of a character that takes two units.
        kept = _utf16(text)[:units].decode("utf-16-le", "ignore")
        return kept + self._cut_mark

    def _escape(self, text):
        """:return: str, the text as XML that is read back as that text"""
        text = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
        text = ESCAPE_LOOKALIKE.sub("_x005F_", text)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _count_lines(text, width):
    """:return: int, about how many lines a cell shows of a text, not counting above the most"""
    # A width is in digits; letters are narrower on the whole.
    width *= 1.1
    beginning = text[: int(width * MOST_LINES)]
    lines = sum(ceil(len(line) / width) or 1 for line in beginning.split("\n"))
    return min(lines, MOST_LINES)


def _utf16(text):
    return text.encode("utf-16-le", "surrogatepass")


def _length(text):
    """:return: int, of a text, as Excel counts"""
    return len(_utf16(text)) // 2


class ActivityWorkbook:
    """The workbook of an export: sheets *Activities*, *Campaigns* and *About*.

    :param file: seekable file, open for writing
    :param dict texts: ``{"cut": …, "empty": …}``, in the reader's language
    :param str date_format: how the reader's language writes date and time, as for ``strftime``
    :param bool right_to_left: whether it is written that way
    """

    def __init__(self, file, texts, date_format, right_to_left=False):
        self._book = xlsxwriter.Workbook(file, {"use_zip64": True})
        self._texts = texts
        self._right_to_left = right_to_left
        self._styles = self._make_styles(excel_format(date_format))

    def _make_styles(self, date_format):
        line = {"valign": "top", "bottom": 4, "bottom_color": LINE_COLOR}
        kinds = {
            "text": {"text_wrap": True, "align": "left"},
            "number": {"num_format": "#,##0", "align": "center"},
            "percent": {"num_format": "0%", "align": "center"},
            "duration": {"num_format": "[h]:mm", "align": "center"},
            "datetime": {"num_format": date_format, "align": "left"},
        }
        header = {"bold": True, "text_wrap": True, "valign": "vcenter"}
        header |= {"font_color": "white", "bg_color": HEADER_COLOR}
        styles = {}
        for kind, look in kinds.items():
            styles[kind] = {**line, **look}
            styles[f"total_{kind}"] = {**look, "bold": True, "top": 1}
            styles[f"header_{kind}"] = header | ({"align": "center"} if kind in CENTERED else {})
        # Excel's format "Text" keeps text what begins like a formula, edited or not.
        styles["text_guarded"] = {**styles["text"], "num_format": "@"}
        return {name: self._book.add_format(look) for name, look in styles.items()}

    def add_sheet(self, name, columns, rows, count, has_total=False, is_table=True):
        """Add a sheet, or as many as the rows need: *Activities*, *Activities 2* …

        :param str name: of the sheet, in the reader's language
        :param list columns: of :class:`Column`
        :param rows: iterable of sequences, a text, number or None for each column: read once, when
            the workbook is closed
        :param int count: how many rows it will give
        :param bool has_total: whether the last one is a total
        :param bool is_table: whether there is something to filter
        """
        if not count:
            rows, count = [[self._texts["empty"], *[None] * (len(columns) - 1)]], 1
        rows = self._with_old_dates_as_text(rows, columns)
        room = SHEET_ROWS - 1
        for number, begin in enumerate(range(0, count, room), start=1):
            here = min(count - begin, room)
            is_last = begin + here == count
            sheet = self._book.add_worksheet(
                self._free_name(name, number), worksheet_class=StreamedSheet
            )
            sheet.stream(
                columns,
                rows if is_last else islice(rows, here),
                here,
                self._styles,
                self._texts["cut"],
                has_total=has_total and is_last,
            )
            self._lay_out(sheet)
            if is_table:
                sheet.autofilter(0, 0, here - (has_total and is_last), len(columns) - 1)

    def _free_name(self, name, number):
        """:return: str, the name of a sheet that Excel accepts and that is not taken"""
        name = SHEET_NAME_FORBIDDEN.sub(" ", name).strip(" '") or "-"
        taken = {sheet.get_name().lower() for sheet in self._book.worksheets()}
        for place in count_from(number):
            suffix = f" {place}" if place > 1 else ""
            free = name[: SHEET_NAME_LENGTH - len(suffix)] + suffix
            if free.lower() not in taken:
                return free

    def _lay_out(self, sheet):
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&A&R&P / &N")
        if self._right_to_left:
            sheet.right_to_left()

    def _with_old_dates_as_text(self, rows, columns):
        places = [place for place, column in enumerate(columns) if column.kind == "datetime"]
        for row in rows:
            for place in places:
                if isinstance(row[place], float) and not FIRST_DAY <= row[place] < LAST_DAY:
                    row = [*row[:place], self._date_text(row[place]), *row[place + 1 :]]
            yield row

    def _date_text(self, days):
        """:return: str, a date that Excel does not know: its numbers only, year first"""
        # Python knows less than PostgreSQL beyond the year 9999; 400 years repeat themselves.
        is_late = days >= LAST_DAY
        date = EPOCH + timedelta(days - DAYS_IN_400_YEARS * is_late, milliseconds=1)
        return f"{date.year + 400 * is_late:04}-{date:%m-%d %H:%M:%S}"

    def close(self):
        """Write the file: now the rows are read."""
        # xlsxwriter leaves its files behind where something fails.
        with TemporaryDirectory() as folder:
            self._book.tmpdir = folder
            self._book.close()


def excel_format(date_format):
    """:param str date_format: as for ``strftime``
    :return: str, the same for a cell
    """
    parts = STRFTIME_CODE.split(date_format)
    return "".join(
        STRFTIME.get(part, "") if part.startswith("%") else _literally(part) for part in parts
    )


def _literally(text):
    return "".join(f"\\{character}" for character in text)
