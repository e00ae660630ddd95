# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The languages beside Spanish, which has tests of its own."""

import polib
from lxml import etree

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path

MODULES = [
    "crm_activity_ext",
    "crm_activity_ext_crm",
    "crm_activity_ext_gamification",
    "crm_activity_ext_privacy",
    "crm_activity_ext_sequence",
    "crm_activity_ext_sms",
]
LANGUAGES = {
    "ca": "ca_ES",
    "de": "de_DE",
    "eu": "eu_ES",
    "fr": "fr_FR",
    "gl": "gl_ES",
    "it": "it_IT",
    "pt": "pt_PT",
}


@tagged("post_install", "-at_install")
class TestLanguages(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in LANGUAGES.values():
            cls.env["res.lang"]._activate_lang(code)
        cls.env["ir.module.module"]._load_module_terms(MODULES, list(LANGUAGES.values()))

    def _read_catalogue(self, language):
        """:return: ``{term: translation}`` of all our addons"""
        return {
            entry.msgid: entry.msgstr
            for module in MODULES
            for entry in polib.pofile(file_path(f"{module}/i18n/{language}.po"))
        }

    def test_menus_fields_buttons_types_and_templates_are_translated(self):
        for language, code in LANGUAGES.items():
            catalogue = self._read_catalogue(language)
            env = self.env(context={"lang": code})
            form = etree.fromstring(env["crm.activity"].get_view(view_type="form")["arch"])
            shown = {
                "Outbox": env.ref("crm_activity_ext_crm.crm_activity_menu_outbox").name,
                "Done on": env["crm.activity"].fields_get(["date_done"])["date_done"]["string"],
                "Mark Done": form.xpath("//button[@name='action_mark_done']")[0].get("string"),
                "Visit": env.ref("crm_activity_ext.mail_activity_type_visit").name,
                "Thank you": env.ref("crm_activity_ext.mail_template_thank_you").subject,
            }
            for term, text in shown.items():
                with self.subTest(language=language, term=term):
                    self.assertEqual(text, catalogue[term])
                    self.assertNotEqual(text, term)

    def test_the_web_client_gets_them(self):
        for language, code in LANGUAGES.items():
            translations, _params = self.env["ir.http"]._get_translations_for_webclient(
                ["crm_activity_ext"], code
            )
            messages = {
                message["id"]: message["string"]
                for message in translations["crm_activity_ext"]["messages"]
            }
            self.assertEqual(
                messages["Customers Reached"], self._read_catalogue(language)["Customers Reached"]
            )
