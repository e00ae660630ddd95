# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import tracemalloc
import zipfile
from datetime import datetime, timedelta
from unittest import skipUnless
from unittest.mock import patch
from urllib.parse import unquote, urlencode

import pytz
from openpyxl import load_workbook

from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..report import activity_workbook
from ..report.activity_workbook import ActivityWorkbook, Column, excel_format
from ..tools.html_text import html_to_text
from .common import CrmActivityCase
from .made_up import made_up

URL = "/crm_activity_ext/activities.xlsx"
TEXTS = {"cut": " […]", "empty": "Nothing"}
BROKEN_HTML = "<p> </p> <br> <li> </li> <b> <script> </script> <!-- -->".split()
# What a spreadsheet, XML or HTML could take for something else than text.
NASTY = [
    "=1+1",
    '=HYPERLINK("http://example.com")',
    "+34 600 000 000",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "'=1+1",
    "<r><t>rich</t></r>",
    "</t></is></c></row>",
    "<b>bold</b> & &amp; &lt;",
    "]]> <!-- --> <?xml?>",
    "_x0041_ and _x005F_x0041_",
    "007",
    "1E5",
    "TRUE",
    "#REF!",
    "2026-01-02",
    "two\nlines",
    "  spaces  ",
    "مرحبا بالعالم",
    "\u202eright to left",
    "Zoë 😀 naïve",
    "http://example.com/?a=1&b=2",
    "x" * 100_000,
    "😀" * 20_000,
    "[]:*?/\\",
]


def _write(columns, rows, count=None, **options):
    """:return: the file of a workbook with a sheet of these rows"""
    file = io.BytesIO()
    book = ActivityWorkbook(file, TEXTS, "%d/%m/%Y %H:%M")
    book.add_sheet("Sheet", columns, rows, len(rows) if count is None else count, **options)
    book.close()
    file.seek(0)
    return file


def _read(file):
    """:return: ``{sheet: list of rows}``, as openpyxl reads them"""
    book = load_workbook(file)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"a formula: {cell.value}"
    return {
        sheet.title: [[_unescape(value) for value in row] for row in sheet.values] for sheet in book
    }


def _unescape(value):
    """What Excel and LibreOffice do with _x005F_, and openpyxl does not."""
    return value.replace("_x005F_", "_") if isinstance(value, str) else value


def _expected(text):
    """:return: what a cell holds of a text"""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "\ufffd", text)
    return text or None


@tagged("post_install", "-at_install")
class TestWorkbook(BaseCase):
    """The file itself, read again by openpyxl and by LibreOffice."""

    def test_what_looks_like_something_else_stays_text(self):
        rows = _read(_write([Column("a", "A")], [[text] for text in NASTY]))["Sheet"][1:]
        for text, [cell] in zip(NASTY, rows, strict=True):
            with self.subTest(text=text[:30]):
                if len(text) < 10_000:
                    self.assertEqual(cell, text)
                else:
                    self.assertTrue(cell.endswith(TEXTS["cut"]))
                    self.assertTrue(text.startswith(cell.removesuffix(TEXTS["cut"])))
                    # As many as fit, and never half of a character.
                    self.assertIn(len(cell.encode("utf-16-le")) // 2, (32_766, 32_767))

    def test_what_begins_like_a_formula_stays_text_when_it_is_edited(self):
        sheet = load_workbook(_write([Column("a", "A")], [["=1+1"], ["plain"]])).active
        self.assertEqual(sheet["A2"].number_format, "@")
        self.assertEqual(sheet["A3"].number_format, "General")

    @made_up(
        lambda st: [
            st.lists(
                st.tuples(
                    st.text(st.characters(), max_size=200),
                    st.text("=<>&\"'_x0041r/t\x00\x0b\r\n\ud800\ufffe ", max_size=40),
                    st.none() | st.floats(),
                ),
                min_size=1,
                max_size=30,
            )
        ],
        max_examples=60,
    )
    def test_any_text_comes_back(self, rows):
        columns = [Column("n", "N", "number"), Column("a", "A"), Column("b", "B")]
        columns.append(Column("c", "C", "number"))
        numbered = [(place, *row) for place, row in enumerate(rows)]
        _header, *found = _read(_write(columns, numbered))["Sheet"]
        for (_place, first, second, number), cells in zip(numbered, found, strict=True):
            self.assertEqual(cells[1], _expected(first))
            self.assertEqual(cells[2], _expected(second))
            if number is None or number - number:
                self.assertIsNone(cells[3])
            else:
                self.assertEqual(float(cells[3]), number)

    @made_up(
        lambda st: [
            st.lists(
                st.sampled_from(BROKEN_HTML) | st.text("<>!/-&;amp lt a\n=\"'", max_size=10),
                max_size=40,
            )
        ],
        max_examples=200,
    )
    def test_no_html_is_too_broken(self, pieces):
        self.assertIsInstance(html_to_text("".join(pieces)), str)

    def test_html_becomes_plain_text_with_its_lines(self):
        for html, text in {
            "<p>One</p><p>Two</p>": "One\nTwo",
            "<p>One<br>Two<br/>Three</p>": "One\nTwo\nThree",
            "<p>One</p><p><br></p><p>Two</p>": "One\n\nTwo",
            "<p>a &lt; b &amp;amp; c&nbsp;d</p>": "a < b &amp; c\xa0d",
            "<ul><li>One</li><li>Two</li></ul>": "- One\n- Two",
            "<h1>Title</h1>Text": "Title\nText",
            "<div><div>One</div>\n  <div>Two</div></div>": "One\nTwo",
            "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>": "1\t2\t\n3",
            "<p>One</p><script>alert('<p>1</p>')</script><style>p {}</style>Two": "One\nTwo",
            "<p>a<!-- <p>hidden</p> -->b</p>": "ab",
            '<p><img src="data:image/png;base64,AAAA" alt="x"/>After</p>': "After",
            '<p>See <a href="https://example.com">our page</a>.</p>': "See our page.",
            "<pre>one\n  two</pre>": "one\n  two",
            "no markup, 1 < 2 > 0": "no markup, 1 < 2 > 0",
            "": "",
        }.items():
            with self.subTest(html):
                self.assertEqual(html_to_text(html), text)

    def test_html_to_text_is_linear(self):
        """Text that is made to be slow takes no longer than its size."""
        for piece in ("<", "<!--", "<script>", "<a href='", "&", "<p", "</"):
            with self.subTest(piece):
                begin = time.process_time()
                html_to_text(piece * (1_000_000 // len(piece)))
                self.assertLess(time.process_time() - begin, 5)

    def test_dates_are_real_and_what_excel_does_not_know_is_text(self):
        epoch = datetime(1899, 12, 30)
        dates = [datetime(1900, 3, 1, 10, 30), datetime(2026, 11, 23, 23, 59, 59)]
        rows = [[(date - epoch) / timedelta(days=1)] for date in dates]
        rows += [[-500.25], [60.5], [2_958_466.125]]
        found = _read(_write([Column("a", "A", "datetime")], rows))["Sheet"][1:]
        self.assertEqual([cell for [cell] in found[:2]], dates)
        self.assertEqual(
            [cell for [cell] in found[2:]],
            ["1898-08-16 18:00:00", "1900-02-28 12:00:00", "10000-01-01 03:00:00"],
        )

    def test_formats_of_dates_become_excels(self):
        self.assertEqual(excel_format("%d/%m/%Y %H:%M"), r"dd\/mm\/yyyy\ hh\:mm")
        self.assertEqual(excel_format("%m/%d/%Y %I:%M %p"), r"mm\/dd\/yyyy\ hh\:mm\ AM/PM")

    def test_an_empty_export_has_headers_and_says_so(self):
        columns = [Column("a", "A"), Column("b", "B")]
        self.assertEqual(_read(_write(columns, []))["Sheet"], [["A", "B"], ["Nothing", None]])

    def test_names_of_sheets_are_ones_excel_accepts(self):
        file = io.BytesIO()
        book = ActivityWorkbook(file, TEXTS, "%Y")
        for name in ("Act[iv]it:ie*s?/\\", "act iv it ie s", "'", "x" * 40, "x" * 40):
            book.add_sheet(name, [Column("a", "A")], [["1"]], 1)
        book.close()
        names = load_workbook(file).sheetnames
        self.assertEqual(len({name.lower() for name in names}), 5)
        for name in names:
            self.assertRegex(name, r"^[^\[\]:*?/\\']{1,31}$")

    def test_more_rows_than_a_sheet_has_go_on_in_the_next(self):
        count = activity_workbook.SHEET_ROWS + 5
        rows = ([f"row {number}"] for number in range(count))
        with tempfile.TemporaryFile() as file:
            book = ActivityWorkbook(file, TEXTS, "%Y")
            book.add_sheet("Activities", [Column("a", "A")], rows, count)
            book.close()
            with zipfile.ZipFile(file) as archive:
                self.assertIn(b'name="Activities 2"', archive.read("xl/workbook.xml"))
                with archive.open("xl/worksheets/sheet1.xml") as sheet:
                    found = sum(chunk.count(b"<row ") for chunk in sheet_lines(sheet))
                self.assertEqual(found, activity_workbook.SHEET_ROWS)
                last = archive.read("xl/worksheets/sheet2.xml")
        self.assertEqual(last.count(b"<row "), 7)
        self.assertIn(f"row {count - 1}<".encode(), last)
        self.assertIn(b'<autoFilter ref="A1:A7"/>', last)

    def test_memory_does_not_grow_with_the_rows(self):
        peaks = []
        for count in (1_000, 50_000):
            rows = ([f"row {number}", "x" * 200] for number in range(count))
            with tempfile.TemporaryFile() as file:
                tracemalloc.start()
                book = ActivityWorkbook(file, TEXTS, "%Y")
                book.add_sheet("Activities", [Column("a", "A"), Column("b", "B")], rows, count)
                book.close()
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
        self.assertLess(peaks[1] - peaks[0], 200_000)

    def test_a_failure_in_the_middle_is_told_and_leaves_nothing_behind(self):
        def rows():
            yield ["one"]
            raise ZeroDivisionError

        with tempfile.TemporaryDirectory() as folder, patch.object(tempfile, "tempdir", folder):
            with self.assertRaises(ZeroDivisionError):
                _write([Column("a", "A")], rows(), 2)
            self.assertEqual(os.listdir(folder), [])

    def test_rows_are_as_high_as_their_text_up_to_a_limit(self):
        texts = ["short", "two\nlines", "word " * 20, "word " * 2_000]
        sheet = load_workbook(_write([Column("a", "A", width=20)], [[t] for t in texts])).active
        heights = [sheet.row_dimensions[number].height for number in range(2, 6)]
        self.assertEqual(heights, [None, 30, 75, 180])

    def test_the_table_is_frozen_filtered_and_prints_well(self):
        rows = [["one", 1], ["Total", 1]]
        columns = [Column("a", "A"), Column("b", "B", "number")]
        sheet = load_workbook(_write(columns, rows, has_total=True)).active
        self.assertEqual(sheet.freeze_panes, "A2")
        self.assertEqual(sheet.auto_filter.ref, "A1:B2")
        self.assertEqual(sheet.print_title_rows, "$1:$1")
        self.assertEqual(sheet.page_setup.orientation, "landscape")
        self.assertTrue(sheet["A1"].font.bold)
        self.assertTrue(sheet["A3"].font.bold)
        self.assertFalse(sheet["A2"].font.bold)

    @skipUnless(shutil.which("soffice"), "LibreOffice is not installed")
    def test_libreoffice_reads_the_same(self):
        texts = [text for text in NASTY if len(text) < 10_000]
        texts += [f"https://example.com/{number}" for number in range(70_000)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "nasty.xlsx")
            with open(path, "wb") as file:
                file.write(_write([Column("a", "A")], [[text] for text in texts]).read())
            # Comma, quotes, UTF-8, from the first line, all texts quoted: one is as it stands.
            target = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false"
            result = subprocess.run(
                ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
                + ["--convert-to", target, "--outdir", f"{folder}/out", path],
                capture_output=True,
                text=True,
                check=True,
                timeout=300,
            )
            self.assertIn("convert ", result.stdout)
            with open(f"{folder}/out/nasty.csv", encoding="utf-8", newline="") as file:
                found = [cell for [cell] in csv.reader(file)]
        self.assertEqual(found[1:], texts)


def sheet_lines(sheet):
    """:return: iterator of pieces of a file, none of which ends in the middle of a tag"""
    rest = b""
    while chunk := sheet.read(1 << 20):
        whole, bracket, rest_of_chunk = (rest + chunk).rpartition(b">")
        yield whole + bracket
        rest = rest_of_chunk
    yield rest


class ExportCase(CrmActivityCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        export = cls.env.ref("base.group_allow_export")
        (cls.salesman | cls.salesman_all | cls.manager).write({"group_ids": [(4, export.id)]})

    def _get(self, user=None, **params):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(f"{URL}?{urlencode(params)}", allow_redirects=False)

    def _export(self, user=None, **params):
        """:return: ``{sheet: list of rows}``"""
        response = self._get(user or self.salesman_all, **params)
        self.assertEqual(response.status_code, 200, response.text[:500])
        return _read(io.BytesIO(response.content))

    def _subjects(self, user=None, **params):
        header, *rows = self._export(user, **params)["Activities"]
        place = header.index("Subject")
        return [row[place] for row in rows if row[place]]


@tagged("post_install", "-at_install")
class TestExport(ExportCase):
    """The download, as a browser or a program asks for it."""

    @mute_logger("odoo.addons.rpc.controllers.xmlrpc")  # it warns of its own end
    def test_every_cell_is_what_the_api_reads(self):
        self._load_language("es_ES", ["mail"])
        self.company_b.partner_id.name = "Company B"
        self.salesman_all.write(
            {
                "group_ids": [(4, self.env.ref("base.group_multi_company").id)],
                "company_ids": [(4, self.company_b.id)],
            }
        )
        types = self.env["mail.activity.type"].search([("crm_channel", "!=", False)])
        for number, kind in enumerate(types):
            self._create_activity(
                name=NASTY[number],
                activity_type_id=kind.id,
                contact_id=(self.contact | self.contact_2)[number % 2].id if number % 3 else False,
                participant_ids=(self.contact_2 | self.other_contact)[: number % 3].ids,
                campaign_id=self.campaign.id if number % 2 else False,
                user_id=(self.salesman | self.salesman_all)[number % 2].id,
                date=f"2026-0{number % 9 + 1}-28 2{number % 4}:59:5{number % 10}",
                duration=number / 4,
                state=["done", "cancelled", "draft", "failed"][number % 4],
                body=f"<p>One {number}</p><p>Two &amp; three</p>" if number % 3 else False,
                company_id=self.company_b.id if number == 5 else self.company_a.id,
            )
        for lang, tz in (("es_ES", "Europe/Madrid"), ("en_US", "Pacific/Kiritimati")):
            with self.subTest(lang):
                self.salesman_all.write({"lang": lang, "tz": tz})
                self._compare_with_api(lang, tz)

    def _compare_with_api(self, lang, tz):
        def call(model, method, *arguments, **options):
            options["context"] = {"lang": lang, "tz": tz}
            return self.xmlrpc_object.execute_kw(
                self.env.cr.dbname, user.id, user.login, model, method, arguments, options
            )

        user = self.salesman_all
        labels = call("crm.activity", "fields_get", [], ["string", "selection"])
        names = ["date", "activity_type_id", "channel", "name", "state", "outcome_id", "user_id"]
        names += [
            "partner_id",
            "contact_id",
            "participant_ids",
            "lead_id",
            "campaign_id",
            "duration",
            "date_done",
            "body",
        ]
        names += ["company_id"]
        names = [name for name in names if name in labels]  # leads are CRM's
        header, *rows = next(iter(self._export(domain="[]", order="id desc").values()))
        # The last one is hidden, and there for imports.
        self.assertEqual(header[:-1], [labels[name]["string"] for name in names])
        records = call("crm.activity", "search_read", [], names, order="id desc")
        self.assertEqual(len(records), len(rows))
        self.assertGreater(len(rows), 9)
        for record, row in zip(records, rows, strict=True):
            self.assertIn(f"crm_activity_{record['id']}_", row[-1])
            for name, cell in zip(names, row[:-1], strict=True):
                self.assertEqual(cell, self._cell(record[name], name, labels, tz), name)

    def _cell(self, value, name, labels, tz):
        """:return: what stands in a cell for what the API reads"""
        if not value:
            return None
        if name == "participant_ids":
            return "; ".join(sorted(self.env["res.partner"].browse(value).mapped("complete_name")))
        if name in ("date", "date_done"):
            moment = pytz.utc.localize(datetime.fromisoformat(value))
            return moment.astimezone(pytz.timezone(tz)).replace(tzinfo=None)
        if name == "duration":
            return timedelta(hours=value)
        if name in ("state", "channel"):
            return dict(labels[name]["selection"])[value]
        if name == "body":
            return re.sub("<.*?>", "", value.replace("</p><p>", "\n")).replace("&amp;", "&")
        return value[1] if isinstance(value, list) else value

    def test_campaigns_are_counted_by_type(self):
        other = self.env["utm.campaign"].create({"title": "Autumn"})
        for campaign, kind, state, count in (
            (self.campaign, self.type_call, "done", 2),
            (self.campaign, self.type_visit, "pending", 1),
            (other, self.type_visit, "cancelled", 3),
            (self.env["utm.campaign"], self.type_call, "pending", 4),
        ):
            for _number in range(count):
                self._create_activity(
                    campaign_id=campaign.id, activity_type_id=kind.id, state=state
                )
        self.type_visit.name = "=Visit:[x]"
        self.assertEqual(
            self._export(domain=f"[('partner_id', '=', {self.customer.id})]")["Campaigns"],
            [
                [
                    *["Campaign", "Call", "=Visit:[x]", "Done", "Pending", "Total"],
                    *["Reached", "Responded", "Response Rate"],
                ],
                ["Autumn", 0, 3, 0, 0, 3, 0, 0, 0],
                ["Spring", 2, 1, 2, 1, 3, 1, 0, 0],
                ["No campaign", 4, 0, 0, 4, 4, 0, 0, 0],
                ["Total", 6, 4, 2, 5, 10, 1, 0, 0],
            ],
        )

    def test_the_sheet_about_says_who_and_what(self):
        self._create_activity()
        book = self._export(domain="[('name', '=', 'Show the samples')]", filters='["Mine: <b>"]')
        about = dict(book["About"])
        self.assertEqual(about["Exported by"], "Ada All")
        self.assertEqual(about["Database"], self.env.cr.dbname)
        self.assertEqual(about["Activities"], 1)
        self.assertEqual(about["Filters"], "Mine: <b>")
        self.assertIn("(UTC)", about["Exported on"])

    def test_the_name_of_the_file_tells_the_day_and_the_campaign(self):
        def name(**params):
            disposition = self._get(self.salesman_all, **params).headers["Content-Disposition"]
            return unquote(disposition.partition("filename*=UTF-8''")[2])

        domain = f"[('partner_id', '=', {self.customer.id})]"
        self.salesman_all.tz = "Pacific/Kiritimati"
        today = datetime.now(pytz.timezone("Pacific/Kiritimati")).date()
        self.campaign.title = 'Feria "Ñandú" ../ 50%'
        self._create_activity(campaign_id=self.campaign.id)
        self.assertEqual(name(domain=domain), f"activities-Feria-Ñandú-..-50-{today}.xlsx")
        self._create_activity()
        self.assertEqual(name(domain=domain), f"activities-{today}.xlsx")

    def test_a_campaign_exports_its_activities(self):
        self._create_activity(name="Of the campaign", campaign_id=self.campaign.id)
        self._create_activity()
        domain = self.campaign.with_user(self.salesman_all).action_view_crm_activities()["domain"]
        response = self._get(self.salesman_all, domain=json.dumps(list(domain)))
        self.assertIn("activities-Spring-", response.headers["Content-Disposition"])
        [_header, row] = _read(io.BytesIO(response.content))["Activities"]
        self.assertIn("Of the campaign", row)

    def test_domain_selection_and_order(self):
        first, second, third = (
            self._create_activity(name=name, date=date)
            for name, date in (("B", "2026-01-02"), ("A", "2026-01-01"), ("C", "2026-01-03"))
        )
        domain = json.dumps([["partner_id", "=", self.customer.id]])
        self.assertEqual(self._subjects(domain=domain), ["C", "B", "A"])
        self.assertEqual(self._subjects(domain=domain, order="name asc, id"), ["A", "B", "C"])
        ids = json.dumps([first.id, third.id])
        self.assertEqual(self._subjects(domain=domain, ids=ids), ["C", "B"])
        self.assertEqual(
            self._subjects(domain="[('id', '=', 0)]", ids=str([second.id])), [], "both hold"
        )

    def test_nothing_found_is_said(self):
        for domain in ("[('id', '=', 0)]", "[('id', 'in', [])]", "[(0, '=', 1)]"):
            with self.subTest(domain):
                rows = self._export(domain=domain)["Activities"]
                self.assertEqual(len(rows), 2)
                self.assertEqual(rows[1][0], "No activities found.")

    def test_thousands_of_selected_rows_are_posted(self):
        activity = self._create_activity()
        self.authenticate(self.salesman_all.login, self.salesman_all.login)
        data = {
            "ids": json.dumps([*range(10**7, 10**7 + 20_000), activity.id]),
            "csrf_token": http.Request.csrf_token(self),
        }
        response = self.url_open(URL, data=data)
        rows = _read(io.BytesIO(response.content))["Activities"]
        self.assertEqual(len(rows), 2)

    def test_the_number_of_queries_does_not_grow_with_the_rows(self):
        counts = []
        # The first time also fills the caches.
        for more in (5, 5, 500):
            self.Activity.create(
                [
                    {
                        "name": "A",
                        "activity_type_id": self.type_call.id,
                        "partner_id": self.customer.id,
                        "contact_id": (self.contact | self.contact_2)[number % 2].id,
                    }
                    for number in range(more)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            rows = self.Activity._iter_export_rows([], None)
            self.Activity._export_workbook(io.BytesIO(), rows, [], [])
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])


@tagged("post_install", "-at_install")
class TestExportAccess(ExportCase):
    def test_everybody_gets_what_their_rules_let_them_read(self):
        self._create_activity(name="Mine", user_id=self.salesman.id)
        self._create_activity(name="Another's", user_id=self.salesman_all.id)
        self._create_activity(name="Elsewhere", partner_id=False, company_id=self.company_b.id)
        domain = "[('name', 'in', ['Mine', \"Another's\", 'Elsewhere'])]"
        self.assertEqual(self._subjects(self.salesman, domain=domain), ["Mine"])
        self.assertEqual(
            set(self._subjects(self.salesman_all, domain=domain)), {"Mine", "Another's"}
        )
        self.manager.company_ids |= self.company_b
        companies = json.dumps([self.company_b.id])
        self.assertEqual(
            self._subjects(self.manager, domain=domain, company_ids=companies), ["Elsewhere"]
        )
        refused = self._get(self.salesman_all, domain=domain, company_ids=companies)
        self.assertEqual(refused.status_code, 403)

    def test_counts_obey_the_rules_as_well(self):
        for user in (self.salesman, self.salesman_all, self.salesman_all):
            self._create_activity(user_id=user.id)
        book = self._export(self.salesman, domain=f"[('partner_id', '=', {self.customer.id})]")
        self.assertEqual(book["Campaigns"][-1], ["Total", 1, 0, 1, 1, 0, 0, 0])
        self.assertEqual(dict(book["About"])["Activities"], 1)

    def test_who_may_not_export_is_refused(self):
        self.salesman.group_ids -= self.env.ref("base.group_allow_export")
        portal = new_test_user(self.env, "portal.user", "base.group_portal")
        nobody = new_test_user(self.env, "no.sales", "base.group_user,base.group_allow_export")
        for user in (self.salesman, portal, nobody):
            with self.subTest(user=user.login):
                response = self._get(user)
                self.assertEqual(response.status_code, 403)
                self.assertTrue(response.json()["message"])

    def test_who_is_not_logged_in_comes_to_the_login_page(self):
        response = self._get()
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])

    def test_a_post_without_token_is_refused(self):
        self.authenticate(self.salesman_all.login, self.salesman_all.login)
        with self.assertLogs("odoo.http", "WARNING"):
            response = self.url_open(URL, data={"domain": "[]"})
        self.assertEqual(response.status_code, 400)

    def test_what_is_wrong_here_is_logged_and_no_fault_of_the_callers(self):
        """As an add-on may break what makes the file."""
        self._create_activity()
        Activity = self.env.registry["crm.activity"]
        for method in ("_get_export_columns", "_get_export_sql", "_export_workbook"):
            for mistake in (TypeError, KeyError, AttributeError, ValueError, UserError):
                with (
                    self.subTest(method, mistake=mistake),
                    patch.object(Activity, method, side_effect=mistake("A mistake")),
                    self.assertLogs("odoo.addons.crm_activity_ext.controllers", "ERROR") as logs,
                ):
                    response = self._get(self.salesman_all)
                    self.assertEqual(response.status_code, 500)
                    self.assertIn("A mistake", response.json()["message"])
                    self.assertIn("A mistake", logs.output[0])

    def test_a_mistake_in_the_search_is_no_fault_of_the_callers(self):
        """As an add-on may break what is searched, or what decides who may."""
        self._create_activity()
        Activity = self.env.registry["crm.activity"]
        for method, params in (
            ("_search", {}),
            ("_search_phone_search", {"domain": "[('phone_search', 'ilike', '600112233')]"}),
            ("check_access", {}),
        ):
            for mistake in (TypeError, KeyError, AttributeError, NotImplementedError):

                def fail(*_args, mistake=mistake, **_kwargs):
                    raise mistake("A mistake")

                with (
                    self.subTest(method, mistake=mistake),
                    patch.object(Activity, method, fail),
                    self.assertLogs("odoo.addons.crm_activity_ext.controllers", "ERROR") as logs,
                ):
                    response = self._get(self.salesman_all, **params)
                    self.assertEqual(response.status_code, 500)
                    self.assertIn("A mistake", response.json()["message"])
                    self.assertIn("A mistake", logs.output[0])

    def test_wrong_sql_of_an_addon_is_no_fault_of_the_callers(self):
        self._create_activity()
        Activity = self.env.registry["crm.activity"]
        for condition in ("no_such_column = 1", "SELECT FROM", "id IN (SELECT id FROM no_table)"):
            with (
                self.subTest(condition),
                patch.object(
                    Activity,
                    "_search_phone_search",
                    lambda *_args, sql=condition: Domain.custom(to_sql=lambda *_a: SQL(sql)),
                ),
                self.assertLogs("odoo.http", "ERROR"),
            ):
                response = self._get(self.salesman_all, domain="[('phone_search', '=', '600')]")
                self.assertEqual(response.status_code, 500)

    def test_parameters_that_make_no_sense_are_refused(self):
        self._create_activity()
        for params in (
            {"domain": "[('name', '=', open('/etc/passwd'))]"},
            {"domain": "uid"},
            {"domain": "{}"},
            {"domain": "[["},
            {"domain": "[" * 5_000},
            {"domain": "-" * 5_000 + "1"},
            {"domain": "['&']"},
            {"domain": "[5]"},
            {"domain": "[('name', '=')]"},
            {"domain": "[('no_such_field', '=', 1)]"},
            {"domain": "[('partner_id.no_such_field', '=', 1)]"},
            {"domain": "[('name', 'no such operator', 1)]"},
            {"domain": "[('id', '=', 'x')]"},
            {"domain": "[('name', '=', {'a': 1})]"},
            {"domain": "[('name', 'in', [[1], {}])]"},
            {"domain": "[('name', '=', 'a\\0b')]"},
            {"domain": "[(5, '=', 5)]"},
            {"domain": "[('name', 5, 5)]"},
            {"domain": "[[['name'], '=', 5]]"},
            {"domain": "[('id', '>', 'x')]"},
            {"domain": "[('id', '>', 10**9)]"},
            {"domain": "[('duration', '>', 'long')]"},
            {"domain": "[('partner_id', 'any', 5)]"},
            {"domain": "[('partner_id', 'any', [('no_such_field', '=', 1)])]"},
            {"domain": "[('partner_id', 'child_of', {})]"},
            {"domain": "[('partner_id', '=', {})]"},
            {"domain": "[('partner_id', '>', 'x')]"},
            {"domain": "[('phone_search', 'ilike', '60')]"},
            {"domain": "[('is_overdue', '=', 'x')]"},
            {"domain": "[('date.no_such_part', '=', 1)]"},
            {"domain": "[('date.year_number', '=', 'x')]"},
            {"domain": "[('attachment_ids', '=', 'x'), '|']"},
            {"domain": "[('date', '>', 'never')]"},
            {"domain": "[('date', '>', [])]"},
            {"domain": "[('date', '=', {})]"},
            {"order": "name, , id"},
            {"order": "name foo"},
            {"order": "body.x"},
            {"order": "is_overdue"},
            {"ids": "[null]"},
            {"ids": "[1e400]"},
            {"ids": "[{}]"},
            {"company_ids": "[[]]"},
            {"company_ids": "5"},
            {"order": "no_such_field"},
            {"order": "name; DROP TABLE crm_activity"},
            {"ids": "['x']"},
            {"ids": "5"},
            {"filters": "x"},
            {"company_ids": "['x']"},
        ):
            with self.subTest(str(params)[:60]), self.assertNoLogs(None, "WARNING"):
                response = self._get(self.salesman_all, **params)
                self.assertEqual(response.status_code, 400, response.text[:300])
                self.assertTrue(response.json()["data"]["message"])

    def test_fields_that_are_not_the_users_to_read_are_refused(self):
        for field, status in (("user_id.password", 400), ("partner_id.signup_type", 403)):
            with self.subTest(field):
                response = self._get(self.salesman_all, domain=f"[('{field}', '!=', False)]")
                self.assertEqual(response.status_code, status)

    def test_a_megabyte_is_too_long(self):
        self.authenticate(self.salesman_all.login, self.salesman_all.login)
        data = {
            "domain": str([("name", "=", "x" * 1_000_000)]),
            "csrf_token": http.Request.csrf_token(self),
        }
        with self.assertNoLogs(None, "WARNING"):
            response = self.url_open(URL, data=data)
        self.assertEqual(response.status_code, 400)
        self.assertIn("too long", response.json()["message"])
