# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64
import io
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import accumulate
from unittest.mock import patch

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.base.models import ir_actions_report

from .common import CrmActivityCase

REPORT = "crm_activity_ext.report_crm_activity_letter"
# Sixty words.
PARAGRAPH = f"<p>{'chairs of oak and ash are what we make best here ' * 6}</p>"
WORDS = 6  # "chairs" in a paragraph
# How wkhtmltopdf scales what it draws.
SCALE = re.compile(rb"([\d.]+) 0 0 \1 0 0 cm")


def _make_picture(width=1600, height=900):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG")
    return file.getvalue()


class LetterCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._load_language("es_ES", ["base"])
        cls.type_letter = cls.env.ref("crm_activity_ext.mail_activity_type_letter")
        cls.type_fax = cls.env.ref("crm_activity_ext.mail_activity_type_fax")
        for company, name, city in (
            (cls.company_a, "Furniture & Co", "Sevilla"),
            (cls.company_b, "Carpets Inc", "Boston"),
        ):
            company.write(
                {
                    "name": name,
                    "street": "Sender Street 1",
                    "zip": "41001",
                    "city": city,
                    "country_id": cls.env.ref("base.es").id,
                    "paperformat_id": cls.env.ref("base.paperformat_euro").id,
                    "report_footer": f"<p>Registered: {name}</p>",
                    "company_details": f"<p>{name}<br/>Sender Street 1<br/>41001 {city}</p>",
                    "external_report_layout_id": cls.env.ref("web.external_layout_standard").id,
                }
            )
        cls.customer.write(
            {
                "street": "Oak Lane 7",
                "zip": "28001",
                "city": "Madrid",
                "country_id": cls.env.ref("base.es").id,
                "phone": "+34 955 000 111",
            }
        )
        (cls.contact | cls.customer).lang = "es_ES"
        (cls.contact_2 | cls.other_customer).lang = "en_US"
        cls.salesman.signature = "<p>Sam Own<br/>Head of Chairs</p>"

    @classmethod
    def _create_letter(cls, **values):
        return cls._create_activity(
            **{
                "name": "Our new chairs",
                "activity_type_id": cls.type_letter.id,
                "user_id": cls.salesman.id,
                "date": "2026-03-02 23:30:00",
                "body": "<p>They are made of <b>oak</b>.</p>",
                **values,
            }
        )

    def _render_html(self, activities, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.salesman_all)
        return report._render_qweb_html(REPORT, activities.ids)[0].decode()

    def _assert_once(self, text, page):
        self.assertEqual(page.count(text), 1, f"{text!r} in:\n{page}")


@tagged("post_install", "-at_install")
class TestLetterPdf(LetterCase, HttpCase):
    """The PDF, as it comes from the printer."""

    def _print(self, activities, user=None):
        """:return: the text of each page"""
        reader = self._print_pdf(activities, user)
        pages = (reader.getPage(number) for number in range(reader.getNumPages()))
        return [" ".join(page.extractText().split()) for page in pages]

    def _print_pdf(self, activities, user=None):
        run = type(self.env["ir.actions.report"])._run_wkhtmltopdf

        def run_with_installed_font(report, bodies, **options):
            # Without patches it draws the letters of a web font, instead of writing them.
            style = "<style>* { font-family: 'DejaVu Sans' !important; }</style></head>"
            bodies = [str(body).replace("</head>", style) for body in bodies]
            return run(report, bodies, **options)

        self.env["ir.config_parameter"].set_param("report.url", self.base_url())
        self.env["ir.config_parameter"].set_param("report.print_delay", "0")
        report = self.env["ir.actions.report"].with_user(user or self.salesman_all)
        with patch.object(
            self.env.registry["ir.actions.report"], "_run_wkhtmltopdf", run_with_installed_font
        ):
            content, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
                REPORT, activities.ids
            )
        self.assertEqual(kind, "pdf")
        return PdfFileReader(io.BytesIO(content))

    def test_two_letters_each_in_the_language_of_its_recipient(self):
        spanish = self._create_letter(contact_id=self.contact.id)
        english = self._create_letter(contact_id=self.contact_2.id, name="Our old chairs")
        pages = self._print(spanish | english)
        self.assertEqual(len(pages), 2)
        for page, activity, date in zip(
            pages,
            (spanish, english),
            ("Sevilla, 3 de marzo de 2026", "Sevilla, March 3, 2026"),
            strict=True,
        ):
            for text in (
                "Sender Street 1",
                "Registered: Furniture & Co",
                "Oak & Sons",
                activity.contact_id.name,
                "Oak Lane 7",
                date,
                activity.name,
                "They are made of",
                "Head of Chairs",
            ):
                with self.subTest(activity=activity.name, text=text):
                    self._assert_once(text, page)
        self.assertIn("España", pages[0])
        self.assertIn("Spain", pages[1])

    def test_a_long_letter_continues_and_the_next_begins_on_a_page_of_its_own(self):
        text = "<h1>Chapter</h1><p>Oak, ash, pine and all the others.</p>"
        pages = self._print(
            self._create_letter(body=text * 40) | self._create_letter(name="The short one")
        )
        self.assertGreater(len(pages), 2)
        self._assert_once("The short one", "".join(pages))
        self._assert_once("The short one", pages[-1])
        self.assertNotIn("Chapter", pages[-1])
        self.assertEqual("".join(pages).count("Sender Street 1"), 2)

    def test_letters_of_every_length_begin_on_sheet_one_and_leave_none_empty(self):
        short = self._create_letter(name="The short one")
        lengths = {}
        for count in range(1, 31):
            letter = self._create_letter(name="Of this length", body=PARAGRAPH * count)
            with self.subTest(paragraphs=count):
                alone = self._print(letter)
                self._assert_letter(alone, count)
                first, *middle, last = self._print(short | letter | short.copy())
                self.assertEqual(middle, alone, "in a batch as alone")
                for page in (first, last):
                    self._assert_once("The short one", page)
                lengths[count] = len(alone)
        self.assertEqual((lengths[7], lengths[8], lengths[11], lengths[30]), (1, 2, 2, 3))
        self.assertEqual(list(lengths.values()), sorted(lengths.values()))

    def _assert_letter(self, pages, paragraphs):
        first, *others = pages
        for text in ("Sender Street 1", "Oak Lane 7", "Of this length"):
            self._assert_once(text, first)
        self.assertEqual("".join(pages).count("chairs"), paragraphs * WORDS)
        self._assert_once("Head of Chairs", pages[-1])
        self._assert_once("Registered: Furniture", pages[-1])
        # All but the last are full, save what moves on together with the signature.
        counts = list(accumulate(page.count("chairs") // WORDS for page in pages))
        for count, room in zip(counts[:-1], (8, 23), strict=False):
            self.assertGreaterEqual(count, room, counts)
        for page in others:
            self.assertNotIn("Oak Lane 7", page)

    def test_what_is_wider_than_the_page_does_not_shrink_the_letter(self):
        attachment = self._create_picture()
        image = f'<img src="/web/image/{attachment.id}"'
        words = "word " * 100
        expected = self._get_scale("<p>Nothing wide</p>")
        for html in (
            f"<p>{image}></p>",
            f'{image} width="1600" height="900">',
            f'{image} style="width: 1600px; height: 900px">',
            f"<ul><li>{image}></li></ul>",
            f"<table><tr><td>{image}></td><td>Oak</td></tr></table>",
            f'<table width="1600"><tr><td width="1600">{image} width="1600"></td></tr></table>',
            f'<div class="row"><div class="col-6">{image}></div></div>',
            f"<p>{'x' * 400}</p>",
            f"<table><tr><td>{'x' * 400}</td><td>Oak</td></tr></table>",
            f'<p style="white-space: nowrap">{words}</p>',
            f'<p class="text-nowrap">{words}</p>',
            f'<table><tr><td nowrap="nowrap">{words}</td></tr></table>',
            f"<pre>{words}</pre>",
            f"<table><tr>{'<td>column</td>' * 40}</tr></table>",
            '<div style="width: 3000px; min-width: 3000px !important">Oak</div>',
            '<div style="position: absolute; left: 3000px">Oak</div>',
        ):
            with self.subTest(html[:60]):
                self.assertEqual(self._get_scale(html), expected)

    def _get_scale(self, html):
        """:return: how large a letter with this is printed"""
        reader = self._print_pdf(self._create_letter(body=PARAGRAPH + html + PARAGRAPH))
        [*_others, scale] = sorted(SCALE.findall(reader.getPage(0).getContents().getData()))[:1]
        return scale

    def _create_picture(self, **values):
        values = {"name": "oak.png", "raw": _make_picture(), **values}
        values = {"res_model": "res.partner", "res_id": self.customer.id, **values}
        return self.env["ir.attachment"].create(values)

    def _count_pictures(self, letter, user=None):
        """:return: how many pictures the PDF has"""
        reader = self._print_pdf(letter, user)
        objects = reader.getPage(0)["/Resources"].get("/XObject", {})
        return sum(objects[name]["/Subtype"] == "/Image" for name in objects)

    def test_printing_asks_nobody_for_anything(self):
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        host = f"127.0.0.1:{server.server_port}"
        html = f"""
            <img src="http://{host}/img"><img src="//{host}/relative">
            <img srcset="http://{host}/srcset 1x"><img src="http://{host}/web/image/1">
            <img src="file:///usr/share/pixmaps/debian-logo.png">
            <p style="background: url(http://{host}/url)">Oak</p>
            <p style="background-image: u\\72l('http://{host}/escaped')">Oak</p>
            <p style="list-style-image: -webkit-image-set('http://{host}/set' 1x)">Oak</p>
            <table background="http://{host}/table">
            <tr><td background="//{host}/td"></td></tr></table>
            <link rel="stylesheet" href="http://{host}/link">
            <style>@import "http://{host}/import"; p {{ background: url(//{host}/style) }}</style>
            <iframe src="http://{host}/iframe"></iframe>
            <object data="http://{host}/object"></object>
            <video src="http://{host}/video" poster="http://{host}/poster"></video>
            <input type="image" src="http://{host}/input">
            <svg><image xlink:href="http://{host}/svg" href="http://{host}/svg2"/></svg>
            <script>new Image().src = "http://{host}/script"</script>
            <p>The last line</p><embed src="http://{host}/embed">"""
        letter = self._create_letter()
        # As another program may leave it: Odoo's own field takes out but some of it.
        self.env.flush_all()
        for table, column, record in (
            ("crm_activity", "body", letter),
            ("res_users", "signature", self.salesman),
        ):
            self.cr.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", (html, record.id))
        self.env.invalidate_all()
        pages = self._print(letter)
        self.assertEqual(asked, [])
        self.assertEqual("".join(pages).count("The last line"), 2)
        printed = self._render_html(letter)
        self.assertNotIn(host, printed)
        self.assertNotIn("file:", printed)

    def test_of_pictures_those_are_printed_that_the_user_may_read(self):
        without = self._count_pictures(self._create_letter())
        unbound = self._create_picture(res_model=False, res_id=0)
        of_colleague = self._create_activity(user_id=self.salesman_all.id)
        private = self._create_picture(res_model="crm.activity", res_id=of_colleague.id)
        with_token = self._create_picture(res_model="crm.activity", res_id=of_colleague.id)
        [token] = with_token.generate_access_token()
        svg = self._create_picture(name="oak.svg", raw=b'<svg xmlns="http://www.w3.org/2000/svg"/>')
        mine = self._create_picture()
        base_url = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        embedded = base64.b64encode(_make_picture(8, 8)).decode()
        for shown, source in (
            (True, f"/web/image/{mine.id}"),
            (True, f"/web/image/{mine.id}-ab12/oak.png"),
            (True, f"/web/content/{mine.id}?download=true"),
            (True, f"{base_url}/web/image/{mine.id}"),
            (True, f"/web/image/{with_token.id}?access_token={token}"),
            (True, f"data:image/png;base64,{embedded}"),
            (False, f"/web/image/{with_token.id}?access_token={'x' * len(token)}"),
            (False, f"/web/image/{with_token.id}"),
            (False, f"/web/image/{private.id}"),
            (False, f"/web/image/{unbound.id}"),
            (False, f"/web/image/{svg.id}"),
            (False, "/web/image/999999999"),
            (False, f"https://elsewhere.example.com/web/image/{mine.id}"),
            (False, "data:image/svg+xml;base64,PHN2Zy8+"),
        ):
            with self.subTest(source[:60]):
                letter = self._create_letter()
                self.env.flush_all()
                # As a program may leave it: what is written gets pictures of its own.
                self.cr.execute(
                    "UPDATE crm_activity SET body = %s WHERE id = %s",
                    (f'<p>Oak</p><img src="{source}">', letter.id),
                )
                self.env.invalidate_all()
                count = self._count_pictures(letter, self.salesman)
                self.assertEqual(count - without, int(shown))

    def test_a_letter_without_text_is_still_printed(self):
        [page] = self._print(self._create_letter(body=False, partner_id=False))
        self._assert_once("Our new chairs", page)
        self._assert_once("Head of Chairs", page)

    def test_a_text_with_a_header_of_its_own_stays_together(self):
        body = '<div class="header">Dear Olga</div><div class="footer">Yours</div>'
        pages = self._print(self._create_letter(body=body) | self._create_letter())
        self.assertEqual(len(pages), 2)
        self.assertRegex(pages[0], "Furniture.*Our new chairs.*Dear Olga.*Yours.*Registered")
        self.assertNotIn("Dear Olga", pages[1])

    def test_a_fax_has_a_head(self):
        fax = self._create_letter(activity_type_id=self.type_fax.id, contact_id=self.contact_2.id)
        [page] = self._print(fax)
        for text in (
            "Fax",
            "To Oak & Sons, Oscar Oak Number",
            "+34 955 000 111",
            "Our new chairs",
            "Head of Chairs",
        ):
            self._assert_once(text, page)

    def test_each_company_has_its_own_letterhead(self):
        self.salesman_all.company_ids = self.company_a | self.company_b
        letters = self._create_letter() | self._create_letter(
            company_id=self.company_b.id, user_id=self.salesman_all.id
        )
        report_user = self.salesman_all.with_context(
            allowed_company_ids=(self.company_a | self.company_b).ids
        )
        first, second = self._print(letters.with_user(report_user), report_user)
        self._assert_once("Registered: Furniture & Co", first)
        self._assert_once("Registered: Carpets Inc", second)
        self.assertNotIn("Furniture", second)
        self.assertIn("Boston, ", second)

    def test_every_layout_of_odoo_prints_one_page(self):
        letters = self._create_letter() | self._create_letter(contact_id=self.contact.id)
        for layout in self.env["report.layout"].search([]):
            with self.subTest(layout=layout.name):
                self.company_a.external_report_layout_id = layout.view_id
                pages = self._print(letters)
                self.assertEqual(len(pages), 2)
                for page in pages:
                    self._assert_once("Sender Street 1", page)
                    self._assert_once("Oak Lane 7", page)
                    self._assert_once("Our new chairs", page)


@tagged("post_install", "-at_install")
class TestLetter(LetterCase):
    def test_with_headers_of_their_own_letters_stay_as_odoo_prints_them(self):
        letters = self._create_letter() | self._create_letter(contact_id=self.contact.id)
        html = self._render_html(letters)
        report = self.env.ref("crm_activity_ext.crm_activity_letter_report")
        patched = ir_actions_report._wkhtml()._replace(is_patched_qt=True)
        with patch(
            "odoo.addons.crm_activity_ext.models.ir_actions_report._wkhtml", lambda: patched
        ):
            bodies, _ids, header, footer, _arguments = report._prepare_html(
                html.encode(), report_model="crm.activity"
            )
        self.assertEqual(len(bodies), 2)
        self.assertEqual(header.count("Sender Street 1"), 2)
        self.assertEqual(footer.count("Registered: Furniture"), 2)
        for body in bodies:
            self.assertNotIn("Sender Street 1", body)
            self._assert_once("Oak Lane 7", body)

    def test_only_letters_and_faxes_are_printed(self):
        letter = self._create_letter()
        visit = self._create_activity(body="<p>A difficult customer</p>")
        html = self._render_html(letter | visit)
        self.assertIn("Our new chairs", html)
        self.assertNotIn("difficult", html)
        with self.assertRaisesRegex(UserError, "Select at least one letter"):
            visit._get_letters()

    def test_print_is_offered_where_there_is_something_to_print(self):
        report = self.env.ref("crm_activity_ext.crm_activity_letter_report")
        bound = self.env["ir.actions.actions"].get_bindings("crm.activity")["report"]
        self.assertIn(report.id, [action["id"] for action in bound])
        letter, visit = self._create_letter(), self._create_activity()
        for activities, offered in ((letter, True), (visit, False), (letter | visit, True)):
            valid = report.get_valid_action_reports("crm.activity", activities.ids)
            self.assertEqual(bool(valid), offered)

    def test_whoever_may_read_may_print(self):
        letter = self._create_letter(user_id=self.salesman_all.id)
        outsider = new_test_user(self.env, "olaf.outsider", "base.group_user")
        for user, allowed in (
            (self.salesman_all, True),
            (self.manager, True),
            (self.salesman, False),
            (outsider, False),
        ):
            with self.subTest(user=user.login):
                if allowed:
                    self.assertIn("Our new chairs", self._render_html(letter, user))
                else:
                    with self.assertRaises(AccessError):
                        letter.with_user(user)._get_letters()
                    with self.assertRaises(AccessError):
                        self._render_html(letter, user)

    def test_a_user_without_signature_signs_with_name_and_job(self):
        self.salesman.write({"signature": False, "function": "Carpenter"})
        html = self._render_html(self._create_letter())
        self._assert_once("Sam Own", html)
        self._assert_once("Carpenter", html)

    def test_a_text_that_is_signed_is_not_signed_again(self):
        self.salesman.signature = False
        signed = "<p>They are made of oak.</p><p>Kind regards,<br/>Sam Own<br/>Chairs Ltd</p>"
        self._assert_once("Sam Own", self._render_html(self._create_letter(body=signed)))
        speaks = "<p>Sam Own will visit you.</p>" + "<p>They are made of oak.</p>" * 4
        html = self._render_html(self._create_letter(body=speaks))
        self.assertEqual(html.count("Sam Own"), 2)

    def test_our_template_for_a_letter_is_signed_once_and_speaks_of_no_email(self):
        self.salesman.signature = False
        letter = self.Activity.with_user(self.salesman).create(
            {
                "activity_type_id": self.type_letter.id,
                "partner_id": self.other_customer.id,
                "mail_template_id": self.env.ref("crm_activity_ext.mail_template_introduction").id,
            }
        )
        html = self._render_html(letter)
        self._assert_once("Sam Own", html)
        self.assertNotIn("this email", html)

    def test_a_fax_to_nobody_leaves_room_to_write(self):
        html = self._render_html(
            self._create_letter(activity_type_id=self.type_fax.id, partner_id=False)
        )
        self.assertIn("Number", html)
        self.assertNotIn("res.partner", html)

    def test_only_pending_letters_and_faxes_are_marked_done(self):
        letter = self._create_letter()
        fax = self._create_letter(activity_type_id=self.type_fax.id)
        visit = self._create_activity()
        cancelled = self._create_letter(state="cancelled")
        (letter | fax | visit | cancelled).action_letters_done()
        self.assertEqual(set((letter | fax).mapped("state")), {"done"})
        self.assertEqual(visit.state, "pending")
        self.assertEqual(cancelled.state, "cancelled")

    def test_many_letters_cost_no_query_each(self):
        users = self.salesman | self.salesman_all | self.manager
        countries = self.env["res.country"].search([], limit=5)

        def create(count):
            partners = self.env["res.partner"].create(
                [
                    {
                        "name": f"Company {number}",
                        "is_company": True,
                        "street": f"Street {number}",
                        "country_id": countries[number % len(countries)].id,
                        "lang": ("es_ES", "en_US")[number % 2],
                    }
                    for number in range(count)
                ]
            )
            contacts = self.env["res.partner"].create(
                [{"name": f"Contact {p.name}", "parent_id": p.id} for p in partners]
            )
            return self.Activity.browse(
                self._create_letter(
                    contact_id=contact.id,
                    partner_id=False,
                    user_id=users[contact.id % len(users)].id,
                ).id
                for contact in contacts
            )

        few, many = create(10), create(200)
        self._render_html(few)
        counts = []
        for letters in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._render_html(letters)
            counts.append(self.cr.sql_log_count - before)
        self.assertLess(counts[1] - counts[0], 0.1 * (len(many) - len(few)), counts)
