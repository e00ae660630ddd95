# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import io
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.base.models import ir_actions_report

from ..common import CrmActivityCase

REPORT = "crm_activity_ext.report_crm_activity_letter"


class LetterCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("es_ES")
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
        run = type(self.env["ir.actions.report"])._run_wkhtmltopdf

        def run_with_installed_font(report, bodies, **options):
            # Without patches it draws the letters of a web font, instead of writing them.
            style = "<style>* { font-family: 'DejaVu Sans' !important; }</style></head>"
            bodies = [str(body).replace("</head>", style) for body in bodies]
            return run(report, bodies, **options)

        self.env["ir.config_parameter"].set_param("report.url", self.base_url())
        self.env["ir.config_parameter"].set_param("report.print_delay", "0")
        report = self.env["ir.actions.report"].with_user(user or self.salesman_all)
        with (
            self.allow_pdf_render(),
            patch.object(
                self.env.registry["ir.actions.report"], "_run_wkhtmltopdf", run_with_installed_font
            ),
        ):
            content, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
                REPORT, activities.ids
            )
        self.assertEqual(kind, "pdf")
        reader = PdfFileReader(io.BytesIO(content))
        pages = (reader.getPage(number) for number in range(reader.getNumPages()))
        return [" ".join(page.extractText().split()) for page in pages]

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
        with self.assertRaisesRegex(UserError, "Select a letter or a fax"):
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
