# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase

REPORT = "crm_activity_ext.report_crm_activity_letter"


@tagged("post_install", "-at_install")
class TestLeadLetter(CrmActivityCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._load_language("es_ES", ["base"])
        cls.company_a.city = "Sevilla"
        cls.type_letter = cls.env.ref("crm_activity_ext.mail_activity_type_letter")
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Forty desks",
                "type": "lead",
                "partner_name": "Elm Offices",
                "contact_name": "Elena Elm",
                "street": "Elm Road 3",
                "zip": "41002",
                "city": "Sevilla",
                "country_id": cls.env.ref("base.es").id,
                "phone": "+34 955 222 333",
                "lang_id": cls.env["res.lang"]._get_data(code="es_ES").id,
            }
        )

    def _create_letter(self, **values):
        return self._create_activity(
            activity_type_id=self.type_letter.id, user_id=self.salesman.id, **values
        )

    def test_a_letter_goes_to_the_address_of_a_lead(self):
        letter = self._create_letter(
            partner_id=False, lead_id=self.lead.id, date="2026-03-02 12:00:00"
        )
        report = self.env["ir.actions.report"].with_user(self.salesman)
        html, _type = report._render_qweb_html(REPORT, letter.ids)
        html = html.decode()
        for text in (
            "Elm Offices",
            "Elena Elm",
            "Elm Road 3",
            "España",
            "Sevilla, 2 de marzo de 2026",
        ):
            self.assertEqual(html.count(text), 1, text)
        self.assertNotIn("Forty desks", html)
        self.assertEqual(letter._get_letter_number(), "+34 955 222 333")

    def test_the_address_of_the_customer_goes_before_that_of_the_lead(self):
        letter = self._create_letter(lead_id=self.lead.id)
        self.assertEqual(letter._get_letter_address()[0], self.customer.name)

    def test_printing_offers_to_mark_done(self):
        letters = self._create_letter() | self._create_letter(name="Show the colours")
        visit = self._create_activity(user_id=self.salesman.id)
        self.start_tour("/odoo", "crm_activity_print", login=self.salesman.login)
        self.assertEqual(set(letters.mapped("state")), {"done"})
        self.assertEqual(visit.state, "pending")

    def test_printing_from_the_form(self):
        letter = self._create_letter()
        self.start_tour(
            f"/odoo/crm-activities/{letter.id}",
            "crm_activity_print_from_form",
            login=self.salesman.login,
        )
        self.assertEqual(letter.state, "done")
