# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import Form, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestActivityType(CrmActivityCase):
    """One list of types, for reminders and for CRM activities."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Type = cls.env["mail.activity.type"]
        cls.called = cls.Type.create({"name": "Ring", "crm_channel": "call_out"})
        cls.types = cls.called | cls.Type.create({"name": "Stand", "crm_channel": "other"})
        (cls.Type.search([]) - cls.types).active = False

    def _find(self, name, operator="ilike"):
        return self.Type.browse(id_ for id_, _name in self.Type.name_search(name, [], operator))

    def test_a_type_is_found_by_its_name_and_by_what_its_channel_is_called(self):
        for name in ("Ring", "ring", "Outgoing call", "outgoing"):
            with self.subTest(name):
                self.assertEqual(self._find(name), self.called)
        for name in ("Ring", "Outgoing call"):
            with self.subTest(name, exactly=True):
                self.assertEqual(self._find(name, "="), self.called)
        self.assertFalse(self._find("Outgoing", "="))
        self.assertFalse(self._find("Incoming call"))

    def test_a_type_of_this_very_name_is_meant_before_one_of_this_channel(self):
        own = self.Type.create({"name": "Outgoing Call", "crm_channel": "other"})
        self.assertEqual(self._find("Outgoing Call", "="), own)
        self.assertEqual(self._find("Outgoing call"), own | self.called)

    def test_a_whole_name_is_found_in_any_language(self):
        self._load_language("es_ES")
        self.called.update_field_translations("name", {"es_ES": "Telefonazo"})
        names = {"en_US": ("Telefonazo", "Llamada saliente"), "es_ES": ("Ring", "Outgoing call")}
        for lang, others in names.items():
            for name in others:
                with self.subTest(name, lang=lang):
                    found = self.Type.with_context(lang=lang).name_search(name, [], "=")
                    self.assertEqual([id_ for id_, _name in found], self.called.ids)
        # What is being typed is in one's own.
        self.assertFalse(self._find("Telefonazo"))

    def test_other_searches_mean_the_name_alone(self):
        self.assertEqual(self._find("", "ilike"), self.types)
        self.assertEqual(self.Type.search([("display_name", "not ilike", "outgoing")]), self.types)
        self.assertEqual(self.Type.search([("display_name", "=", False)]), self.Type)

    def test_an_import_finds_a_type_by_its_channel(self):
        result = self.Activity.load(["name", "activity_type_id"], [["Hello", "Outgoing call"]])
        self.assertFalse(result["messages"])
        self.assertEqual(self.Activity.browse(result["ids"]).activity_type_id, self.called)

    def test_a_type_of_other_reminders_that_gets_a_channel_is_for_all_records(self):
        form = Form(self.Type.with_context(default_res_model="res.partner"))
        form.name = "Trial"
        form.crm_channel = "visit"
        trial = form.save()
        self.assertFalse(trial.res_model)
        self.assertTrue(self._create_activity(activity_type_id=trial.id))

    def test_a_type_of_crm_activities_alone_stays_theirs(self):
        form = Form(self.Type.with_context(default_res_model="crm.activity"))
        form.name = "Trial"
        form.crm_channel = "visit"
        self.assertEqual(form.save().res_model, "crm.activity")
