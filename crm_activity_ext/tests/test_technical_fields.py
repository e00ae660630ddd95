# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import tagged

from .common import CrmActivityCase

OFFERS = ["exportable", "groupable", "searchable"]


@tagged("post_install", "-at_install")
class TestTechnicalFields(CrmActivityCase):
    """What is there for programs is not offered to people, and stays open to programs."""

    def test_nobody_is_offered_to_group_filter_or_export_by_them(self):
        for model, names in {
            "crm.activity": ["channel", "mail_message_id", "template_digest", "activity_type_icon"],
            "crm.activity.history": ["icon", "res_id", "res_model"],
            "crm.activity.distribution": ["run_context", "target_model"],
            "res.partner": ["crm_campaign_state", "crm_campaign_activity_counts"],
        }.items():
            fields = self.env[model].fields_get(names, OFFERS)
            for name in names:
                with self.subTest(model=model, field=name):
                    self.assertEqual(fields[name], dict.fromkeys(OFFERS, False))

    def test_what_the_system_writes_is_technical_or_tells_people_something(self):
        telling = {
            "anonymized_date",
            "answer_ids",
            "answer_to_id",
            "distribution_id",
            "failure_reason",
            "origin",
            "sent_elsewhere",
        }
        system, technical = (
            self.Activity._get_system_fields(),
            self.Activity._get_technical_fields(),
        )
        of_sequences = {"enrollment_id", "step_id"}  # where they are installed
        self.assertEqual(system - technical - of_sequences, telling)

    def test_what_people_fill_in_is_offered(self):
        names = ["name", "activity_type_id", "partner_id", "state", "date", "campaign_id"]
        fields = self.Activity.fields_get(names, OFFERS)
        self.assertEqual(fields, {name: dict.fromkeys(OFFERS, True) for name in names})

    def test_programs_read_search_and_group_by_them(self):
        Activity = self.Activity.with_user(self.salesman)
        call = self._create_activity(user_id=self.salesman.id, activity_type_id=self.type_call.id)
        self._create_activity(user_id=self.salesman.id, activity_type_id=self.type_visit.id)
        calls = Activity.search([("channel", "=", "call_out")])
        self.assertEqual(calls, call)
        self.assertEqual(calls.read(["channel"])[0]["channel"], "call_out")
        groups = Activity.formatted_read_group([], ["channel"], ["__count"])
        self.assertEqual({group["channel"] for group in groups}, {"call_out", "visit"})
        self.assertEqual(Activity.fields_get(["channel"])["channel"]["type"], "selection")

    def test_no_filter_of_the_search_groups_by_one(self):
        arch = self.Activity.get_view(view_type="search")["arch"]
        for name in self.Activity._get_technical_fields():
            self.assertNotIn(f"'group_by': '{name}'", arch)
            self.assertNotIn(f'<field name="{name}"', arch)
