# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from io import BytesIO

import polib
from lxml import etree

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

MODULES = [
    "crm_activity_ext",
    "crm_activity_ext_crm",
    "crm_activity_ext_gamification",
    "crm_activity_ext_privacy",
    "crm_activity_ext_sequence",
    "crm_activity_ext_sms",
]
# What Spanish, or Odoo's Spanish, writes as English does.
SAME_IN_SPANISH = {
    *("%(count)s SMS", "%(type)s: %(count)s", "1 SMS", "Excel", "Fax", "ID", "Lead"),
    "%(model)s: %(count)s (%(names)s)",
    *("Color", "LinkedIn", "Manual", "SMS", "Total", "WhatsApp"),
}
SHOWN_ATTRIBUTES = {"aria-label", "confirm", "help", "placeholder", "string", "sum", "title"}
SCREENS = {
    "crm.activity": ["list", "form", "kanban", "calendar", "pivot", "graph", "search"],
    "crm.activity.distribute": ["form"],
    "crm.activity.distribution": ["list", "form"],
    "crm.activity.distribution.line": ["list", "search"],
    "crm.lead": ["list", "form"],
    "mail.activity.type": ["list", "form", "search"],
    "res.partner": ["list", "form"],
    "utm.campaign": ["form", "kanban"],
}


@tagged("post_install", "-at_install")
class TestSpanish(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("es_ES")
        # Our screens show Odoo's terms as well.
        installed = list(cls.env["ir.module.module"]._installed())
        cls.env["ir.module.module"]._load_module_terms(installed, ["es_ES"])
        cls.spanish = cls._export_terms()
        cls.english = {term for term, translation in cls.spanish.items() if translation}
        cls.env = cls.env(context={"lang": "es_ES"})

    @classmethod
    def _export_terms(cls):
        """:return: ``{English: Spanish}``, empty where that is missing or the same"""
        buffer = BytesIO()
        trans_export("es_ES", MODULES, buffer, "po", cls.env)
        return {entry.msgid: entry.msgstr for entry in polib.pofile(buffer.getvalue().decode())}

    def assertSpanish(self, texts):
        shown = {text.strip() for text in texts if text}
        self.assertTrue(shown)
        self.assertFalse(shown & self.english, "English is left")

    def test_every_term_has_a_spanish_translation(self):
        missing = {term for term, translation in self.spanish.items() if not translation}
        missing -= set(self.env["utm.campaign"].search([]).mapped("title"))  # of the demo data
        self.assertEqual(missing, SAME_IN_SPANISH)

    def test_no_english_is_left_on_the_screens(self):
        for model_name, view_types in SCREENS.items():
            for view_type in view_types:
                with self.subTest(model=model_name, view=view_type):
                    self.assertSpanish(self._texts_of_view(model_name, view_type))

    def test_no_english_is_left_in_the_dialogs(self):
        for xmlid in (
            "crm_activity_ext.crm_activity_view_form_dialog",
            "mail.mail_activity_type_view_tree",
        ):
            view = self.env.ref(xmlid)
            with self.subTest(xmlid):
                self.assertSpanish(self._texts_of_view(view.model, view.type, view.id))

    def _texts_of_view(self, model_name, view_type, view_id=None):
        arch = etree.fromstring(self.env[model_name].get_view(view_id, view_type)["arch"])
        fields = self.env[model_name].fields_get(attributes=["string", "help", "selection"])
        for node in arch.iter(etree.Element):
            yield from (node.get(name) for name in SHOWN_ATTRIBUTES.intersection(node.attrib))
            yield from (node.text, node.tail)
            if node.tag == "field" and node.get("name") in fields:
                field = fields[node.get("name")]
                yield from (field["string"], field.get("help"))
                yield from (label for _value, label in field.get("selection", ()))

    def test_no_english_is_left_in_menus_and_actions(self):
        data = self.env["ir.model.data"].search(
            [
                ("module", "in", MODULES),
                ("model", "in", ["ir.ui.menu", "ir.actions.act_window", "ir.actions.server"]),
            ]
        )
        self.assertSpanish(self.env[record.model].browse(record.res_id).name for record in data)

    def test_words_of_the_manual(self):
        fields = self.env["crm.activity"].fields_get(attributes=["string", "selection"])
        labels = {
            "activity_type_id": "Tipo",
            "body": "Texto",
            "campaign_id": "Campaña",
            "contact_id": "Contacto",
            "date": "Fecha y hora",
            "lead_id": "Contacto potencial",
            "name": "Asunto",
            "partner_id": "Cliente",
            "state": "Estado",
            "user_id": "Responsable",
        }
        self.assertEqual({name: fields[name]["string"] for name in labels}, labels)
        self.assertEqual(
            [label for _state, label in fields["state"]["selection"]],
            ["Borrador", "Pendiente", "Realizada", "Fallida", "Cancelada"],
        )
        options = {
            "replicate": "Replicar actividad",
            "open_contact": "Ir a contacto",
            "open_customer": "Ir a cliente",
        }
        for name, label in options.items():
            action = self.env.ref(f"crm_activity_ext.crm_activity_action_{name}")
            self.assertEqual(action.name, label)

    def test_types_are_found_by_the_manuals_names(self):
        for name, channel in {
            "E-mail saliente": "email_out",
            "E-mail entrante": "email_in",
            "Llamada saliente": "call_out",
            "Llamada entrante": "call_in",
            "Visita": "visit",
            "Reunión": "meeting",
            "SMS": "sms",
            "Carta": "letter",
            "Fax": "fax",
            "Otro": "other",
        }.items():
            with self.subTest(name):
                found = self.env["mail.activity.type"].name_search(name, [], "=")
                types = self.env["mail.activity.type"].browse(id_ for id_, _name in found)
                self.assertEqual(types.mapped("crm_channel"), [channel])

    def test_adding_activities_is_an_option_under_the_manuals_name(self):
        for model, xmlid in {
            "res.partner": "crm_activity_ext_crm.res_partner_action_new_crm_activity",
            "crm.lead": "crm_activity_ext_crm.crm_lead_action_new_crm_activity",
        }.items():
            options = self.env["ir.actions.actions"].get_bindings(model)["action"]
            self.assertIn(self.env.ref(xmlid).id, [option["id"] for option in options])
            self.assertEqual(self.env.ref(xmlid).name, "Actividades")

    def test_channels_in_the_words_of_the_manual(self):
        channels = self.env["crm.activity"].fields_get(["channel"])["channel"]["selection"]
        self.assertGreaterEqual(
            dict(channels).items(),
            {
                "call_out": "Llamada saliente",
                "call_in": "Llamada entrante",
                "visit": "Visita",
                "meeting": "Reunión",
                "email_out": "E-mail saliente",
                "email_in": "E-mail entrante",
                "sms": "SMS",
                "letter": "Carta",
                "fax": "Fax",
                "other": "Otro",
            }.items(),
            "other addons may have further ones",
        )
