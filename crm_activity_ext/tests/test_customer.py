# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestDefaultCustomer(CrmActivityCase):
    """Defaults, as the list of a customer's activities gives them, obey the same rules."""

    def _create(self, context, **values):
        return self.Activity.with_context(**context).create(
            {"name": "Visit", "activity_type_id": self.type_visit.id, **values}
        )

    def test_what_is_imported_from_a_customers_list_is_for_that_customer(self):
        result = self.Activity.with_context(default_partner_id=self.customer.id).load(
            ["name", "activity_type_id/.id"], [["Imported", str(self.type_visit.id)]]
        )
        self.assertFalse(result["messages"])
        imported = self.Activity.browse(result["ids"])
        self.assertEqual(imported.partner_id, self.customer)

    def test_a_default_contact_brings_its_customer(self):
        activity = self._create({"default_contact_id": self.contact.id})
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.contact_id, self.contact)

    def test_a_default_does_not_add_to_half_of_a_choice(self):
        activity = self._create(
            {"default_contact_id": self.other_contact.id}, partner_id=self.customer.id
        )
        self.assertEqual((activity.partner_id, activity.contact_id.id), (self.customer, False))
        activity = self._create(
            {"default_partner_id": self.other_customer.id}, contact_id=self.contact.id
        )
        self.assertEqual((activity.partner_id, activity.contact_id), (self.customer, self.contact))

    def test_defaults_that_do_not_fit_are_refused(self):
        with self.assertRaises(ValidationError):
            self._create(
                {
                    "default_partner_id": self.customer.id,
                    "default_contact_id": self.other_contact.id,
                }
            )


@tagged("post_install", "-at_install")
class TestCustomer(CrmActivityCase):
    def assertTarget(self, activity, customer, contact):
        self.assertEqual((activity.partner_id, activity.contact_id), (customer, contact))

    def test_the_customer_follows_the_contact(self):
        activity = self._create_activity(partner_id=False, contact_id=self.contact.id)
        self.assertTarget(activity, self.customer, self.contact)

    def test_a_person_given_as_customer_becomes_the_contact(self):
        activity = self._create_activity(partner_id=self.contact.id)
        self.assertTarget(activity, self.customer, self.contact)

    def test_a_customer_given_as_contact_becomes_the_customer(self):
        activity = self._create_activity(partner_id=False, contact_id=self.customer.id)
        self.assertTarget(activity, self.customer, self.env["res.partner"])

    def test_a_private_person_is_its_own_customer(self):
        person = self.env["res.partner"].create({"name": "Petra Private"})
        activity = self._create_activity(partner_id=person.id)
        self.assertTarget(activity, person, self.env["res.partner"])

    def test_a_contact_of_another_customer_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "is not a contact of"):
            self._create_activity(contact_id=self.other_contact.id)
        activity = self._create_activity()
        with self.assertRaisesRegex(ValidationError, "is not a contact of"):
            activity.write({"partner_id": self.customer.id, "contact_id": self.other_contact.id})

    def test_another_customer_takes_the_contact_away_the_same_one_does_not(self):
        activity = self._create_activity(contact_id=self.contact.id)
        activity.partner_id = self.customer
        self.assertTarget(activity, self.customer, self.contact)
        activity.partner_id = self.other_customer
        self.assertTarget(activity, self.other_customer, self.env["res.partner"])

    def test_another_contact_brings_its_customer(self):
        activity = self._create_activity(contact_id=self.contact.id)
        activity.contact_id = self.other_contact
        self.assertTarget(activity, self.other_customer, self.other_contact)

    def test_taking_the_contact_away_leaves_the_customer(self):
        activity = self._create_activity(contact_id=self.contact.id)
        activity.contact_id = False
        self.assertTarget(activity, self.customer, self.env["res.partner"])

    def test_the_form_keeps_both_in_step(self):
        form = Form(self.Activity)
        form.activity_type_id = self.type_visit
        form.name = "Show the samples"
        form.contact_id = self.contact
        self.assertEqual(form.partner_id, self.customer)
        form.partner_id = self.other_customer
        self.assertFalse(form.contact_id)
        self.assertTarget(form.save(), self.other_customer, self.env["res.partner"])

    def test_a_person_who_joins_a_company_brings_the_activities_along(self):
        person = self.env["res.partner"].create({"name": "Petra Private"})
        activity = self._create_activity(partner_id=person.id)
        person.parent_id = self.customer
        self.assertTarget(activity, self.customer, person)
        self.assertEqual(person.crm_activity_count, 1)

    def test_a_contact_who_changes_company_leaves_the_activities_where_they_were(self):
        activity = self._create_activity(contact_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        self.assertTarget(activity, self.customer, self.contact)
        activity.name = "Still editable"
        self.assertEqual(self.contact.crm_activity_count, 1)
        self.assertEqual(self.customer.crm_activity_count, 1)

    def test_merging_two_customers_keeps_every_activity_on_the_surviving_one(self):
        activities = self._create_activity(contact_id=self.contact.id)
        activities |= self._create_activity(
            partner_id=self.other_customer.id, contact_id=self.other_contact.id
        )
        activities |= self._create_activity(partner_id=self.other_customer.id)
        contacts = activities.mapped("contact_id")
        self._merge(self.other_customer, into=self.customer)
        self.assertEqual(activities.exists(), activities)
        self.assertEqual(activities.partner_id, self.customer)
        self.assertEqual(activities.mapped("contact_id"), contacts)
        self.assertEqual(self.other_contact.commercial_partner_id, self.customer)
        self.assertEqual(self.customer.crm_activity_count, 3)

    def test_merging_two_contacts_keeps_every_activity(self):
        activity = self._create_activity(contact_id=self.contact_2.id)
        self._merge(self.contact_2, into=self.contact)
        self.assertTarget(activity, self.customer, self.contact)

    def test_merging_a_private_person_into_a_contact_gives_the_activity_to_the_customer(self):
        person = self.env["res.partner"].create({"name": "Olga O."})
        activity = self._create_activity(partner_id=person.id)
        self._merge(person, into=self.contact)
        self.assertTarget(activity, self.customer, self.contact)

    def test_a_company_counts_its_contacts_activities(self):
        self._create_activity()
        self._create_activity(contact_id=self.contact.id)
        self._create_activity(contact_id=self.contact.id, state="done")
        self._create_activity(partner_id=self.other_customer.id)
        partners = self.customer | self.contact | self.contact_2 | self.other_customer
        self.assertEqual(partners.mapped("crm_activity_count"), [3, 2, 0, 1])

    def test_the_count_opens_the_activities_it_counts(self):
        self._create_activity()
        self._create_activity(contact_id=self.contact.id, state="done")
        for partner in self.customer | self.contact:
            action = partner.action_view_crm_activities()
            self.assertEqual(
                self.Activity.search_count(action["domain"]), partner.crm_activity_count
            )

    def _new_for(self, target):
        action = target.with_user(self.salesman).action_new_crm_activity()
        self.assertEqual(action["res_model"], "crm.activity")
        form = Form(
            self.Activity.with_user(self.salesman).with_context(**action["context"]),
            view="crm_activity_ext.crm_activity_view_form_dialog",
        )
        form.activity_type_id = self.type_visit
        return form

    def test_new_on_one_customer_opens_the_form_without_the_customer(self):
        for partner in self.customer | self.contact:
            form = self._new_for(partner)
            self.assertTrue(form._get_modifier("partner_id", "invisible"))
            self.assertTarget(form.save(), self.customer, partner - self.customer)

    def test_new_on_a_company_asks_to_whom_one_talked(self):
        form = self._new_for(self.customer)
        self.assertFalse(form._get_modifier("contact_id", "invisible"))
        self.assertFalse(form._get_modifier("contact_id", "required"))
        form.contact_id = self.contact
        self.assertTarget(form.save(), self.customer, self.contact)

    def test_new_on_a_person_asks_for_no_other(self):
        person = self.env["res.partner"].create({"name": "Pia Private"})
        for partner in self.contact | person:
            form = self._new_for(partner)
            self.assertTrue(form._get_modifier("contact_id", "invisible"))

    def test_new_on_several_customers_asks_once_and_makes_one_for_each(self):
        partners = self.customer | self.contact | self.other_contact
        action = partners.with_user(self.salesman).action_new_crm_activity()
        self.assertEqual(action["res_model"], "crm.activity.distribute")
        form = Form(
            self.env["crm.activity.distribute"]
            .with_user(self.salesman)
            .with_context(**action["context"])
        )
        self.type_visit.summary = "Visit"
        form.activity_type_id = self.type_visit
        self.assertEqual(form.name, "Visit", "the type proposes here as well")
        self.assertEqual(form.state, "pending")
        form.name = "Spring visit"
        form.campaign_id = self.campaign
        form.body = "<p>Bring samples</p>"
        form.date = "2026-05-04 08:00:00"
        before = self.Activity.search([])
        form.save().action_distribute()
        made = (self.Activity.search([]) - before).sorted("id")
        self.assertEqual(
            [(a.partner_id, a.contact_id) for a in made],
            [
                (self.customer, self.env["res.partner"]),
                (self.customer, self.contact),
                (self.other_customer, self.other_contact),
            ],
        )
        self.assertEqual(set(made.mapped("name")), {"Spring visit"})
        self.assertEqual(made.campaign_id, self.campaign)
        self.assertEqual(made.user_id, self.salesman)
        self.assertEqual(set(made.mapped("state")), {"pending"})

    def test_the_dialog_for_several_is_titled_by_what_they_are(self):
        customers = self.customer | self.other_customer
        for partners, title in (
            (customers, "New Activity for 2 Customers"),
            (customers | self.contact, "New Activity for 3 Contacts"),
        ):
            self.assertEqual(partners.action_new_crm_activity()["name"], title)

    def test_an_email_for_several_starts_as_draft_unless_somebody_says_otherwise(self):
        action = (self.customer | self.other_customer).action_new_crm_activity()
        form = Form(self.env["crm.activity.distribute"].with_context(**action["context"]))
        form.activity_type_id = self.type_email
        self.assertEqual(form.state, "draft")

    def test_targets_that_are_gone_are_reported_and_nothing_is_made(self):
        gone = self.env["res.partner"].create({"name": "Gone"})
        wizard = self.env["crm.activity.distribute"].create(
            {
                "target_model": "res.partner",
                "target_ids": [self.customer.id, gone.id],
                "activity_type_id": self.type_visit.id,
                "name": "Visit",
            }
        )
        gone.unlink()
        count = self.Activity.search_count([])
        with self.assertRaisesRegex(UserError, "no longer exist"):
            wizard.action_distribute()
        self.assertEqual(self.Activity.search_count([]), count)

    def test_new_without_a_selection_says_so(self):
        with self.assertRaisesRegex(UserError, "Choose a customer or contact first"):
            self.env["res.partner"].action_new_crm_activity()

    def _merge(self, source, into):
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": (source | into).ids, "dst_partner_id": into.id}
        )
        wizard.action_merge()
        self.env.invalidate_all()
        self.assertFalse(source.exists())


@tagged("post_install", "-at_install")
class TestCompany(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": [cls.company_a.id, cls.company_b.id],
            }
        )
        cls.env.user.company_ids |= cls.company_b
        cls.Activity = cls.Activity.with_env(cls.env)
        cls.customer_b = cls.env["res.partner"].create(
            {"name": "Only B", "is_company": True, "company_id": cls.company_b.id}
        )

    def test_an_activity_belongs_to_its_customers_company(self):
        activity = self._create_activity(partner_id=self.customer_b.id)
        self.assertEqual(activity.company_id, self.company_b)

    def test_without_a_company_of_the_customer_it_belongs_to_the_current_one(self):
        self.assertEqual(self._create_activity().company_id, self.company_a)

    def test_two_companies_are_refused(self):
        with self.assertRaises(UserError):
            self._create_activity(partner_id=self.customer_b.id, company_id=self.company_a.id)
        activity = self._create_activity(partner_id=self.customer_b.id)
        with self.assertRaises(UserError):
            activity.company_id = self.company_a

    def test_the_activity_moves_with_another_customer_or_a_customers_move(self):
        activity = self._create_activity()
        activity.partner_id = self.customer_b
        self.assertEqual(activity.company_id, self.company_b)
        mover = self._create_activity(partner_id=self.other_customer.id)
        self.other_customer.company_id = self.company_b
        self.assertEqual(mover.company_id, self.company_b)

    def test_merging_into_a_customer_of_another_company_moves_the_activities(self):
        activity = self._create_activity(partner_id=self.other_customer.id)
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "partner_ids": (self.other_customer | self.customer_b).ids,
                "dst_partner_id": self.customer_b.id,
            }
        ).action_merge()
        self.env.invalidate_all()
        self.assertEqual(activity.partner_id, self.customer_b)
        self.assertEqual(activity.company_id, self.company_b)

    def test_the_responsible_works_in_the_activitys_company(self):
        with self.assertRaises(UserError):
            self._create_activity(partner_id=self.customer_b.id, user_id=self.salesman.id)
