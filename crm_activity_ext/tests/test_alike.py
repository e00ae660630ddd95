# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import itertools
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from .common import CrmActivityCase

# What is another one for each.
OWN = {"id"}


class AlikeCase(CrmActivityCase):
    """Activities that are made together are what each of them would be alone, whoever asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls.env.user | cls.manager | cls.salesman_all
        cls.users.company_ids |= cls.company_a | cls.company_b

    def _read(self, activities):
        names = [n for n, field in activities._fields.items() if field.column_type and field.store]
        rows = activities.read([*names, "participant_ids"], load=None)
        return [{n: value for n, value in row.items() if n not in OWN} for row in rows]

    def assertAlike(self, vals_list, user):
        """Made by this user, together or one by one, activities are the same."""
        companies = (self.company_a | self.company_b).ids
        Activity = self.Activity.with_user(user).with_context(allowed_company_ids=companies)
        alone = Activity.union(*(Activity.create(dict(vals)) for vals in vals_list))
        together = Activity.create(vals_list)
        self.assertEqual(len(together), len(vals_list))
        self.assertEqual(self._read(together.sudo()), self._read(alone.sudo()))


@tagged("post_install", "-at_install")
class TestAlike(AlikeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"].create(
            [
                {"name": f"Customer {number}", "is_company": True, "company_id": company.id}
                for number, company in enumerate([cls.company_a, cls.company_b, cls.company_a] * 3)
            ]
        )
        contacts = cls.env["res.partner"].create(
            [{"name": f"Contact of {one.name}", "parent_id": one.id} for one in partners]
        )
        cls.targets = [
            *({"partner_id": partner.id} for partner in partners | cls.customer),
            *({"contact_id": contact.id} for contact in contacts | cls.contact),
            {},
        ]

    def test_what_is_made_together_is_what_each_would_be_alone(self):
        definitions = [
            {"activity_type_id": self.type_call.id},
            {"activity_type_id": self.type_visit.id, "name": "Visit", "state": "done"},
            {"activity_type_id": self.type_call.id, "company_id": self.company_a.id},
            {"activity_type_id": self.type_call.id, "user_id": self.manager.id, "body": "<p>A</p>"},
            {
                "activity_type_id": self.type_call.id,
                "participant_ids": [Command.link(self.other_customer.id)],
            },
        ]
        for user, definition in itertools.product(self.users, definitions):
            moment = {"date": "2026-01-07 09:00:00"}
            vals_list = [{**moment, **definition, **target} for target in self.targets]
            if "company_id" in definition:
                vals_list = [vals for vals in vals_list if self._fits(vals)]
            with self.subTest(user.login, definition=definition):
                self.assertAlike(vals_list, user)

    def _fits(self, vals):
        partner = self.env["res.partner"].browse(vals.get("contact_id") or vals.get("partner_id"))
        return partner.commercial_partner_id.company_id <= self.company_a

    def _create_many(self, **values):
        return self.Activity.create(
            [
                {"activity_type_id": self.type_call.id, "partner_id": vals["partner_id"], **values}
                for vals in self.targets
                if "partner_id" in vals
            ]
        )

    def test_what_follows_from_whom_it_is_for_is_asked_of_each(self):
        """As of a field that another app adds, whatever the first ones have in common."""
        same = {"name": "Elm", "email": "elm@example.com"}
        partners = self.env["res.partner"].create([same, same, {"name": "Ash"}, same])
        self.targets = [{"partner_id": partner.id} for partner in partners]
        field = self.Activity._fields["name"]

        def compute_name(activities):
            for activity in activities:
                activity.name = f"Call {activity.partner_id.name}"

        # By a field of the customer, and by one of the activity that comes from there.
        for path in ("partner_id.name", "recipient_email"):
            with (
                self.subTest(path),
                patch.dict(self.registry.field_depends, {field: (path,)}),
                patch.object(self.registry["crm.activity"], "_compute_name", compute_name),
            ):
                activities = self._create_many()
                names = ["Call Elm", "Call Elm", "Call Ash", "Call Elm"]
                self.assertEqual(activities.mapped("name"), names)

    def test_a_default_that_is_another_one_each_time_is_asked_for_each(self):
        numbers = itertools.count(1)
        field = self.Activity._fields["name"]
        with patch.object(field, "default", lambda _model: f"Call {next(numbers)}"):
            activities = self._create_many()
        self.assertEqual(len(set(activities.mapped("name"))), len(activities))

    def test_what_all_have_in_common_is_not_asked_of_each(self):
        asked = []
        new = type(self.Activity).new

        def note_new(model, *args, **kwargs):
            asked.append(model)
            return new(model, *args, **kwargs)

        partners = self.env["res.partner"].create([{"name": f"P {n}"} for n in range(50)])
        with patch.object(self.registry["crm.activity"], "new", note_new):
            activities = self.Activity.create(
                [
                    {
                        "activity_type_id": self.type_call.id,
                        "partner_id": partner.id,
                        "name": f"Call {partner.name}",
                        "body": f"<p>Ask for {partner.name}.</p>",
                    }
                    for partner in partners
                ]
            )
        self.assertEqual(activities.partner_id, partners)
        self.assertEqual(activities.mapped("name"), [f"Call {p.name}" for p in partners])
        self.assertEqual(activities.mapped("body"), [f"<p>Ask for {p.name}.</p>" for p in partners])
        self.assertLessEqual(len(asked), 2)
