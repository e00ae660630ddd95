# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Further people of one activity: it counts for each, is in the history of each, and is one."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import CrmActivityCase
from .test_erasure import SECRET, ErasureCase


@tagged("post_install", "-at_install")
class TestParticipants(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._create_activity(
            contact_id=cls.contact.id,
            campaign_id=cls.campaign.id,
            state="done",
            participant_ids=[Command.set((cls.contact_2 | cls.other_contact).ids)],
        )
        cls.people = cls.contact | cls.contact_2 | cls.other_contact

    def _get_counts(self, partners, **context):
        self.env.invalidate_all()
        partners = partners.with_context(crm_campaign_id=self.campaign.id, **context)
        return [partner.crm_campaign_activity_counts for partner in partners]

    def _read_history(self, target):
        action = target.action_view_crm_history()
        return self.env["crm.activity.history"].search_read(action["domain"], ["res_id", "name"])

    def test_it_counts_once_for_each(self):
        self.assertEqual(self.people.mapped("crm_activity_count"), [1, 1, 1])
        self.assertEqual(self.customer.crm_activity_count, 1)
        self.assertEqual(self.other_customer.crm_activity_count, 0)

    def test_who_is_contact_and_participant_counts_once(self):
        self.visit.participant_ids += self.contact
        self.env.invalidate_all()
        self.assertEqual(self.contact.crm_activity_count, 1)
        self.assertEqual(self._get_counts(self.contact), [{str(self.type_visit.id): 1}] * 1)

    def test_the_count_opens_what_it_counts(self):
        for person in self.people:
            action = person.action_view_crm_activities()
            self.assertEqual(self.Activity.search(action["domain"]), self.visit)

    def test_the_matrix_counts_it_in_each_row_and_the_campaign_once(self):
        one = {str(self.type_visit.id): 1}
        counts = self._get_counts(self.people, crm_campaign_field="contact_id")
        self.assertEqual([{str(key): n for key, n in c.items()} for c in counts], [one] * 3)
        self.assertEqual(self.campaign.crm_activity_count, 1)
        targets = self.contact_2.with_context(
            crm_campaign_id=self.campaign.id, crm_campaign_field="contact_id"
        )
        action = targets.action_view_crm_campaign_activities(self.type_visit.id)
        self.assertEqual(self.Activity.search(action["domain"]), self.visit)

    def test_the_matrix_filters_and_sorts_by_what_participants_did(self):
        Partner = self.people.with_context(
            crm_campaign_id=self.campaign.id, crm_campaign_field="contact_id"
        )
        self.visit.participant_ids -= self.contact_2
        domain = [("id", "in", self.people.ids)]
        reached = Partner.search([*domain, ("crm_campaign_state", "=", "done")])
        self.assertEqual(reached, self.contact | self.other_contact)
        ordered = Partner.search(domain, order="crm_campaign_last_date")
        self.assertEqual(ordered[0], self.contact_2)

    def test_the_matrix_asks_once(self):
        people = self.people.with_context(crm_campaign_id=self.campaign.id)
        people.mapped("crm_campaign_activity_counts")
        people.invalidate_recordset()
        with self.assertQueryCount(1):
            people.mapped("crm_campaign_activity_counts")

    def test_the_figures_of_a_campaign_count_them_as_its_matrix_does(self):
        person = self.env["res.partner"].create({"name": "Petra Person"})
        self.visit.participant_ids += person
        outside = self.env["res.partner"].create({"name": "Otto", "parent_id": self.customer.id})
        self.campaign.audience_domain = (
            f"[('id', 'in', {(self.people | self.customer | person | outside).ids})]"
        )
        self.env.flush_all()
        parts = {
            part["action"]: (part["reached"], part["total"])
            for part in self.campaign.crm_activity_progress["parts"]
        }
        context = {"crm_campaign_id": self.campaign.id}
        for action, field, reached in (
            ("action_view_crm_contacts", "contact_id", 3),
            ("action_view_crm_customers", "partner_id", 2),
        ):
            Partner = self.env["res.partner"].with_context(**context, crm_campaign_field=field)
            audience = getattr(self.campaign, action)()["domain"]
            rows = Partner.search([*audience, ("crm_campaign_state", "=", "done")])
            self.assertEqual(len(rows), reached, field)
            self.assertEqual(parts[action][0], reached, field)
        [kind] = self.campaign.crm_activity_progress["types"]
        self.assertEqual((kind["reached"], kind["states"]), (2, {"done": 1}))
        self.assertEqual(self.campaign.audience_customer_count, 3)
        self.assertAlmostEqual(self.campaign.audience_reached_share, 100 * 2 / 3)

    def test_who_took_part_has_one_already_where_others_get_one(self):
        wizard = self.env["crm.activity.distribute"].new(
            {
                "activity_type_id": self.type_visit.id,
                "campaign_id": self.campaign.id,
                "skip_existing": True,
                "state": "pending",
                "user_policy": "me",
            }
        )
        self.assertEqual(set(wizard._get_left_out(self.people)), set(self.people))
        self.visit.participant_ids -= self.other_contact
        self.assertEqual(
            set(wizard._get_left_out(self.people)), set(self.people - self.other_contact)
        )

    def test_it_is_in_the_history_of_each_and_of_their_companies(self):
        for target in self.people | self.customer | self.other_customer:
            rows = [row for row in self._read_history(target) if row["res_id"] == self.visit.id]
            self.assertEqual(len(rows), 1, target.name)

    def test_it_is_found_by_the_names_of_all(self):
        for words in ("Oscar Oak", "Paul Pine", "Olga Oak"):
            found = self.Activity.search([("words_search", "ilike", words)])
            self.assertEqual(found, self.visit, words)

    @users("sam.own.documents")
    def test_taking_part_lets_nobody_read_what_a_colleague_did(self):
        self.visit.user_id = self.salesman_all
        person = self.contact_2.with_user(self.env.user)
        self.env.invalidate_all()
        self.assertEqual(person.crm_activity_count, 0)
        domain = person._get_crm_activity_domain()
        self.assertFalse(self.env["crm.activity"].search_count(domain))
        rows = self.env["crm.activity.history"].search(person.action_view_crm_history()["domain"])
        self.assertFalse(rows)
        own = person.with_context(crm_campaign_id=self.campaign.id)
        self.assertFalse(own.crm_campaign_activity_counts)

    def test_people_of_another_company_do_not_take_part(self):
        self.other_contact.company_id = self.company_b
        with self.assertRaisesRegex(UserError, "Participants.*another company"):
            self._create_activity(
                company_id=self.company_a.id,
                participant_ids=[Command.link(self.other_contact.id)],
            )

    def test_merged_people_take_part_once(self):
        twin = self.contact_2.copy({"name": "Oscar Oak", "email": "oscar@example.com"})
        planned = self._create_activity(
            participant_ids=[Command.set((self.contact_2 | twin).ids)],
        )
        alone = self._create_activity(participant_ids=[Command.link(twin.id)])
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.contact_2 | twin).ids, self.contact_2
        )
        self.env.invalidate_all()
        self.assertFalse(twin.exists())
        self.assertEqual((planned | alone).mapped("participant_ids"), self.contact_2)

    def test_a_contact_who_is_merged_with_a_participant_is_one_person(self):
        for gone, survivor in (
            (self.contact_2, self.contact),
            (self.contact, self.contact_2),
        ):
            with self.subTest(survivor=survivor.name), self.cr.savepoint() as savepoint:
                merge = self.env["base.partner.merge.automatic.wizard"]
                merge._merge((gone | survivor).ids, survivor)
                self.env.invalidate_all()
                self.assertEqual(self.visit.contact_id, survivor)
                self.assertEqual(survivor.crm_activity_count, 1)
                self.assertEqual(self._get_counts(survivor), [{str(self.type_visit.id): 1}])
                rows = [r for r in self._read_history(survivor) if r["res_id"] == self.visit.id]
                self.assertEqual(len(rows), 1)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_took_part_holds_what_was_done(self):
        with self.assertRaisesRegex(UserError, "Paul Pine: 1 CRM activity"):
            self.other_contact.unlink()

    def test_a_plan_goes_on_without_a_participant_who_is_deleted(self):
        self.visit.participant_ids -= self.other_contact
        planned = self._create_activity(
            participant_ids=[Command.set((self.contact_2 | self.other_contact).ids)],
        )
        self.assertFalse(self.other_contact.get_crm_deletion_notice())
        self.other_contact.unlink()
        self.assertEqual(planned.exists().participant_ids, self.contact_2)

    def test_another_customer_leaves_the_people_of_the_former_one_behind(self):
        planned = self._create_activity(participant_ids=[Command.set(self.people.ids)])
        planned.partner_id = self.other_customer
        self.assertEqual(planned.participant_ids, self.other_contact)
        with Form(self._create_activity(participant_ids=self.contact_2.ids)) as form:
            form.partner_id = self.other_customer
            self.assertFalse(form.participant_ids[:])

    def test_a_replica_takes_them_along_and_one_for_somebody_else_does_not(self):
        self.assertEqual(self.visit.copy().participant_ids, self.visit.participant_ids)
        other = self.visit.copy({"partner_id": self.other_customer.id, "contact_id": False})
        self.assertFalse(other.participant_ids)
        action = self.visit.action_plan_next()
        following = self.Activity.with_context(**action["context"]).create({})
        self.assertEqual(following.participant_ids, self.visit.participant_ids)

    def test_who_took_part_is_not_rewritten_without_a_trace(self):
        self.cr.flush()
        self.visit.with_user(self.salesman_all).participant_ids -= self.contact_2
        self.env.flush_all()
        self.cr.flush()
        self.assertIn("Oscar Oak", self.visit.message_ids.tracking_value_ids.old_value_char)

    @mute_logger("odoo.sql_db")
    def test_a_hundred_cost_no_more_queries_than_one(self):
        vals = {
            "name": "Visit",
            "activity_type_id": self.type_visit.id,
            "partner_id": self.customer.id,
            "participant_ids": [Command.set(self.people.ids)],
        }

        def count(number):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.Activity.create([vals] * number)
            return self.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(100), count(1) + 2)


@tagged("post_install", "-at_install")
class TestErasureOfParticipants(ErasureCase):
    def test_who_took_part_is_forgotten_in_what_was_done(self):
        done = self._create_done(contact_id=self.contact_2.id, participant_ids=self.contact.ids)
        self._anonymize(self.contact)
        self.assertEqual(done.name, "Anonymized")
        self.assertForgotten()
        self.assertEqual(done.participant_ids, self.contact)
        self.contact.unlink()
        self.assertFalse(done.participant_ids)
        self.assertEqual(done.contact_id, self.contact_2)

    def test_what_is_planned_with_others_stays_planned(self):
        planned = self._create_done(
            contact_id=self.contact_2.id, participant_ids=self.contact.ids, state="pending"
        )
        wizard = self._open(self.contact)
        self.assertEqual((wizard.kept_count, wizard.deleted_count), (1, 0))
        self._anonymize(self.contact)
        self.assertEqual((planned.name, planned.state), ("Anonymized", "pending"))
        self.assertForgotten()

    def test_the_chatter_does_not_name_who_took_part_before(self):
        self.contact.name = f"Olga {SECRET}"
        done = self._create_done(
            name="Visit", body=False, contact_id=self.contact_2.id, participant_ids=self.contact.ids
        )
        self.env.flush_all()
        self.cr.flush()
        done.participant_ids = False
        self.env.flush_all()
        self.cr.flush()
        self._anonymize(self.contact)
        self.assertForgotten()
