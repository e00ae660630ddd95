# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import itertools
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase
from odoo.addons.crm_activity_ext.tests.smtp import smtp_server
from odoo.addons.crm_activity_ext.tests.test_alike import AlikeCase


@tagged("post_install", "-at_install")
class TestLead(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead, cls.lead_2 = cls.env["crm.lead"].create(
            [
                {"name": "Forty desks", "type": "lead", "contact_name": "Lea Lead"},
                {"name": "Forty desks again", "type": "lead", "email_from": "lea@example.com"},
            ]
        )
        cls.opportunity = cls.env["crm.lead"].create(
            {
                "name": "Oak line",
                "type": "opportunity",
                "partner_id": cls.contact.id,
            }
        )

    def _create_lead_activity(self, lead, **values):
        return self._create_activity(partner_id=False, lead_id=lead.id, **values)

    def test_an_activity_for_an_opportunity_is_for_its_customer_too(self):
        activity = self._create_lead_activity(self.opportunity)
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.contact_id, self.contact)
        self.assertFalse(self._create_lead_activity(self.lead).partner_id)

    def test_the_same_file_once_more_leaves_a_lead_its_customer_and_takes_no_query_a_row(self):
        names = ["id", "name", "activity_type_id", "lead_id", "partner_id", "date"]
        Activity = self.Activity.with_context(import_file=True)

        def load(leads, subject):
            rows = [
                [f"lead_{lead.id}", subject, self.type_call.name, lead.name, "", "2026-01-02"]
                for lead in leads
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            ids = Activity.load(names, rows)["ids"]
            self.env.flush_all()
            return self.Activity.browse(ids), self.cr.sql_log_count - before

        few = self.opportunity
        many = few.create(
            [{"name": f"Desks {n}", "partner_id": self.contact.id} for n in range(20)]
        )
        counts = []
        for leads in (few, many):
            activities, _queries = load(leads, "Call")
            self.assertEqual(activities.contact_id, self.contact)
            self.cr.execute("UPDATE crm_activity SET write_date = '2026-01-01'")
            _same, queries = load(leads, "Call")
            self.assertEqual({str(one.write_date)[:10] for one in activities}, {"2026-01-01"})
            counts.append(queries)
        # Each name is looked up once.
        self.assertLessEqual(counts[1], counts[0] + len(many))
        activities, _queries = load(many, "Call again")
        self.assertEqual(activities.mapped("name"), ["Call again"] * len(many))
        self.assertEqual([one.contact_id for one in activities], [self.contact] * len(many))

    def _load(self, names, row):
        """:return: the activity of a row of a file"""
        return self.Activity.browse(
            self.Activity.with_context(import_file=True).load(names, [row])["ids"]
        )

    def test_the_same_file_once_more_leaves_the_customer_that_there_is(self):
        for empty in (["partner_id"], ["contact_id"], ["partner_id", "contact_id"]):
            with self.subTest(empty):
                lead = self.opportunity.copy({"name": f"Oak line {empty}"})
                names = ["id", "name", "activity_type_id", "lead_id", "date", *empty]
                row = [f"of_{lead.id}", "Call", self.type_call.name, lead.name, "2026-01-02"]
                row += [""] * len(empty)
                activity = self._load(names, row)
                self.assertEqual(activity.partner_id, self.customer)
                activity.partner_id = self.other_customer
                lead.partner_id = self.contact_2
                row[1] = "Call again"
                self._load(names, row)
                self.assertEqual(
                    (activity.name, activity.partner_id), ("Call again", self.other_customer)
                )
                row[3] = self.opportunity.name
                self._load(names, row)
                self.assertEqual(activity.lead_id, self.opportunity)
                self.assertEqual(activity.contact_id, self.contact)

    def test_a_lead_that_has_become_a_colleagues_stays_where_the_file_names_it(self):
        lead = self.opportunity.copy({"user_id": self.salesman.id})
        self.env["ir.model.data"].create(
            {"module": "__import__", "name": "moved_lead", "model": lead._name, "res_id": lead.id}
        )
        Activity = self.Activity.with_user(self.salesman).with_context(import_file=True)
        names = ["id", "name", "activity_type_id", "lead_id/id", "partner_id", "date"]
        row = ["moved", "Call", self.type_call.name, "__import__.moved_lead", "", "2026-01-02"]
        activity = self.Activity.browse(Activity.load(names, [row])["ids"])
        lead.user_id = self.manager
        self.env.flush_all()
        self.env.invalidate_all()
        row[1] = "Call again"
        self.assertEqual(Activity.load(names, [row])["ids"], activity.ids)
        self.assertEqual((activity.name, activity.lead_id), ("Call again", lead))
        row[0] = "another"
        self.assertFalse(Activity.load(names, [row])["ids"], "nothing new for a colleague's")

    def test_another_lead_on_what_was_done_is_in_the_chatter(self):
        activity = self._create_lead_activity(self.lead, state="done")
        self.env.flush_all()
        self.cr.flush()
        activity.lead_id = self.lead_2
        self.env.flush_all()
        self.cr.flush()
        tracked = activity.message_ids.sudo().tracking_value_ids
        self.assertEqual(tracked.field_id.name, "lead_id")
        self.assertEqual(tracked.old_value_char, self.lead.name)

    def test_activities_of_many_leads_are_of_their_companies_and_worked_out_once(self):
        self.env.user.company_ids |= self.company_a | self.company_b
        companies = [self.company_a, self.company_b, self.company_a.browse()] * 10
        leads = self.env["crm.lead"].create(
            [{"name": "Desks", "company_id": company.id} for company in companies]
        )
        asked = []
        new = type(self.Activity).new

        def note_new(model, *args, **kwargs):
            asked.append(model)
            return new(model, *args, **kwargs)

        with patch.object(self.registry["crm.activity"], "new", note_new):
            activities = self.Activity.create(
                [
                    {"name": "Call", "activity_type_id": self.type_call.id, "lead_id": lead.id}
                    for lead in leads
                ]
            )
        self.assertEqual(activities.lead_id, leads)
        for lead, activity in zip(leads, activities, strict=True):
            self.assertEqual(activity.company_id, lead.company_id or self.env.company)
        self.assertLessEqual(len(asked), 2 * 3)

    def test_a_customer_that_was_given_stays(self):
        activity = self._create_activity(
            lead_id=self.opportunity.id, partner_id=self.other_customer.id
        )
        self.assertEqual(activity.partner_id, self.other_customer)

    def test_new_on_one_lead_opens_the_form_without_targets(self):
        action = self.opportunity.with_user(self.manager).action_new_crm_activity()
        form = Form(
            self.Activity.with_user(self.manager).with_context(**action["context"]),
            view="crm_activity_ext.crm_activity_view_form_dialog",
        )
        for field_name in ("partner_id", "contact_id", "lead_id"):
            self.assertTrue(form._get_modifier(field_name, "invisible"), field_name)
        form.activity_type_id = self.type_call
        form.name = "Still interested?"
        activity = form.save()
        self.assertEqual(activity.lead_id, self.opportunity)
        self.assertEqual(activity.contact_id, self.contact)

    def test_new_on_a_companys_lead_asks_to_whom_one_talked(self):
        self.opportunity.partner_id = self.customer
        action = self.opportunity.action_new_crm_activity()
        self.assertEqual(action["context"]["crm_activity_hide"], ["lead_id", "partner_id"])

    def test_new_on_a_customer_offers_its_leads_and_opportunities(self):
        for partner in self.customer | self.contact:
            action = partner.with_user(self.manager).action_new_crm_activity()
            form = Form(
                self.Activity.with_user(self.manager).with_context(**action["context"]),
                view="crm_activity_ext.crm_activity_view_form_dialog",
            )
            self.assertFalse(form._get_modifier("lead_id", "invisible"))
            form.activity_type_id = self.type_call
            form.lead_id = self.opportunity
            activity = form.save()
            self.assertEqual(activity.lead_id, self.opportunity)
            self.assertEqual(activity.contact_id, partner - self.customer)

    def test_new_on_several_leads_makes_one_for_each(self):
        leads = self.lead | self.opportunity
        self.lead.phone, self.opportunity.phone = "+34 600 000 001", "+34 600 000 002"
        action = leads.with_user(self.manager).action_new_crm_activity()
        form = Form(
            self.env["crm.activity.distribute"]
            .with_user(self.manager)
            .with_context(**action["context"])
        )
        form.activity_type_id = self.type_call
        form.name = "Still interested?"
        form.save().action_distribute()
        made = self.Activity.search([("lead_id", "in", leads.ids)])
        self.assertEqual(made.lead_id, leads)
        self.assertEqual(len(made), 2)

    def test_the_dialog_for_several_is_titled_by_what_they_are(self):
        lead, opportunity = self.lead.copy(), self.opportunity.copy()
        for leads, title in (
            (self.lead | lead, "New Activity for 2 Leads"),
            (self.opportunity | opportunity, "New Activity for 2 Opportunities"),
            (self.lead | opportunity, "New Activity for 2 Leads/Opportunities"),
        ):
            self.assertEqual(leads.action_new_crm_activity()["name"], title)

    def test_new_without_a_selection_says_so(self):
        with self.assertRaisesRegex(UserError, "Choose a lead or opportunity first"):
            self.env["crm.lead"].action_new_crm_activity()

    def test_leads_count_and_open_their_activities(self):
        self._create_lead_activity(self.lead)
        self._create_lead_activity(self.lead, state="done")
        leads = self.lead | self.lead_2
        self.assertEqual(leads.mapped("crm_activity_count"), [2, 0])
        action = self.lead.action_view_crm_activities()
        self.assertEqual(self.Activity.search_count(action["domain"]), 2)
        self.assertEqual(action["context"]["default_lead_id"], self.lead.id)

    def test_converting_a_lead_carries_its_activities_to_the_customer(self):
        activity = self._create_lead_activity(self.lead)
        self.env["crm.lead2opportunity.partner"].with_context(
            active_model="crm.lead", active_id=self.lead.id, active_ids=self.lead.ids
        ).create({"name": "convert", "action": "create"}).action_apply()
        self.assertEqual(self.lead.type, "opportunity")
        customer = self.lead.partner_id.commercial_partner_id
        self.assertTrue(customer)
        self.assertEqual(activity.lead_id, self.lead)
        self.assertEqual(activity.partner_id, customer)
        self.assertEqual(activity.contact_id, self.lead.partner_id - customer)
        self.assertEqual(customer.crm_activity_count, 1)

    def test_another_customer_on_the_lead_does_not_rewrite_what_was_done(self):
        activity = self._create_lead_activity(self.opportunity)
        self.opportunity.partner_id = self.other_customer
        self.assertEqual(activity.partner_id, self.customer)

    def test_merging_leads_carries_all_activities_along(self):
        activities = self._create_lead_activity(self.lead)
        activities |= self._create_lead_activity(self.lead_2)
        # seen by nobody who merges: the merge keeps them all the same
        activities |= self._create_lead_activity(self.lead_2, user_id=self.manager.id)
        (self.lead | self.lead_2).user_id = self.salesman
        result = (self.lead | self.lead_2).with_user(self.salesman).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual(activities.exists(), activities)
        self.assertEqual(activities.lead_id, result.sudo())
        self.assertEqual(result.sudo().crm_activity_count, 3)

    def test_merging_with_an_opportunity_that_has_a_customer_gives_it_to_all(self):
        activity = self._create_lead_activity(self.lead)
        result = (self.lead | self.opportunity).merge_opportunity()
        self.assertEqual(activity.lead_id, result)
        self.assertEqual(activity.partner_id, self.customer)

    def test_what_was_done_holds_a_lead(self):
        self._create_lead_activity(self.lead, state="done")
        self._create_lead_activity(self.opportunity, state="done")
        for lead, name in ((self.lead, "Forty desks"), (self.opportunity, "Oak line")):
            with self.assertRaisesRegex(UserError, f"delete {name}: 1 CRM activity refers to it"):
                lead.unlink()

    def test_what_never_happened_goes_with_a_lead(self):
        activities = self._create_lead_activity(self.lead)
        activities |= self._create_lead_activity(self.lead, state="cancelled")
        activities |= self._create_lead_activity(self.opportunity, user_id=self.salesman_all.id)
        leads = (self.lead | self.opportunity).with_user(self.manager)
        self.assertIn("3 CRM activities that never", leads.get_crm_deletion_notice())
        leads.unlink()
        self.assertFalse(activities.exists())

    def test_a_lead_is_forgotten_and_can_be_deleted_then(self):
        done = self._create_lead_activity(
            self.lead_2, state="done", name="Call Lea", campaign_id=self.campaign.id
        )
        draft = self._create_lead_activity(self.lead_2)
        system = new_test_user(
            self.env, "sys.admin", "base.group_system,sales_team.group_sale_manager"
        )
        action = self.lead_2.with_user(system).action_anonymize_crm_activities()
        wizard = (
            self.env[action["res_model"]].with_user(system).with_context(**action["context"])
        ).create({})
        self.assertEqual((wizard.kept_count, wizard.deleted_count), (1, 1))
        wizard.action_anonymize()
        self.assertEqual((done.name, done.lead_id), ("Anonymized", self.lead_2))
        self.assertFalse(draft.exists())
        self.lead_2.unlink()
        self.assertFalse(done.lead_id)
        self.assertEqual(self.campaign.crm_activity_count, 1)

    def test_go_to_contact_opens_the_potential_contact(self):
        activity = self._create_lead_activity(self.lead)
        action = activity.action_open_contact()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.lead.id))
        with_contact = self._create_lead_activity(self.opportunity)
        self.assertEqual(with_contact.action_open_contact()["res_id"], self.contact.id)

    def test_an_email_to_a_lead_goes_to_the_leads_address(self):
        self._load_language("es_ES")
        self.lead_2.lang_id = self.env["res.lang"]._lang_get("es_ES")
        self.env.user.email = "me@example.com"
        template = self.env.ref("crm_activity_ext.mail_template_thank_you").copy(
            {"model_id": self.env["ir.model"]._get_id("crm.lead"), "lang": False}
        )
        activity = self._create_lead_activity(
            self.lead_2,
            activity_type_id=self.type_email.id,
            mail_template_id=template.id,
            state="pending",
        )
        self.assertEqual(activity.name, "Gracias")
        mail = self.env["mail.mail"].search([("mail_message_id", "=", activity.mail_message_id.id)])
        self.assertEqual((mail.email_to, mail.state), ("lea@example.com", "outgoing"))
        self.env["mail.mail"].search([("id", "!=", mail.id)]).cancel()
        with smtp_server(self.env) as mailbox:
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(mailbox.recipients, ["lea@example.com"])
        self.assertEqual(activity.state, "done")
        nowhere = self._create_lead_activity(
            self.lead, activity_type_id=self.type_email.id, body="<p>x</p>", state="pending"
        )
        self.assertIn("has no email address", nowhere.failure_reason)

    def test_a_replica_is_for_the_same_lead(self):
        activity = self._create_lead_activity(self.lead)
        self.assertEqual(activity.copy().lead_id, self.lead)

    def test_the_activities_of_a_lead_move_with_it_to_another_company(self):
        self.env.user.company_ids |= self.company_b
        leads = self.lead | self.lead.copy()
        activities = self.Activity.union(*(self._create_lead_activity(lead) for lead in leads))
        self.assertEqual(activities.company_id, self.company_a)
        activities.user_id.company_ids |= self.company_b
        leads.write({"company_id": self.company_b.id})
        self.assertEqual(activities.company_id, self.company_b)

    def _end_transaction(self):
        self.env.flush_all()
        self.cr.flush()

    def _work_in_two_companies(self):
        """:return: a salesperson of company B alone, with the superuser in both companies"""
        self.env.user.company_ids |= self.company_b
        return new_test_user(
            self.env,
            "beth",
            "base.group_user,sales_team.group_sale_salesman",
            company_id=self.company_b.id,
            company_ids=self.company_b.ids,
        )

    def test_open_work_on_a_lead_goes_to_its_salesperson_in_the_other_company(self):
        beth = self._work_in_two_companies()
        leads = self.lead | self.lead_2
        pending = self.Activity.union(
            *(self._create_lead_activity(lead, user_id=self.salesman.id) for lead in leads)
        )
        done = self._create_lead_activity(self.lead, user_id=self.salesman.id, state="done")
        leads.write({"company_id": self.company_b.id, "user_id": beth.id})
        self._end_transaction()
        self.assertEqual((pending | done).company_id, self.company_b)
        self.assertEqual(pending.user_id, beth)
        self.assertEqual(done.user_id, self.salesman)
        self.assertIn("Sam Own has no access to this company", pending[0].message_ids[0].body)

    def test_a_customer_of_another_company_takes_the_activities_of_the_lead_there(self):
        beth = self._work_in_two_companies()
        lead = self.lead
        lead.write({"user_id": False, "team_id": False, "company_id": False})
        activity = self._create_lead_activity(lead, user_id=self.salesman.id)
        self.other_customer.write({"company_id": self.company_b.id, "user_id": beth.id})
        lead.partner_id = self.other_customer
        self._end_transaction()
        self.assertEqual(activity.partner_id, self.other_customer)
        self.assertEqual((activity.company_id, activity.user_id), (self.company_b, beth))

    def test_leads_of_two_companies_and_customers_are_merged(self):
        beth = self._work_in_two_companies()
        self.customer.company_id = self.company_a
        leads = self.lead | self.lead_2 | self.opportunity
        activities = self.Activity.union(
            *(self._create_lead_activity(lead, user_id=self.salesman.id) for lead in leads)
        )
        # The survivor is the one that has come furthest.
        head = self.env["crm.lead"].create(
            {
                "name": "Birch line",
                "type": "opportunity",
                "partner_id": self.other_customer.id,
                "user_id": beth.id,
                "company_id": self.company_b.id,
                "probability": 90,
            }
        )
        result = (leads | head).merge_opportunity()
        self._end_transaction()
        self.env.invalidate_all()
        self.assertEqual(result, head)
        self.assertEqual(activities.lead_id, head)
        self.assertEqual(activities[:2].user_id, beth)
        self.assertEqual(activities.mapped("partner_id.name"), ["Pine Ltd", "Oak & Sons"])
        of_oak = activities[2]
        self.assertEqual((of_oak.partner_id, of_oak.company_id), (self.customer, self.company_a))
        of_oak.write({"lead_id": head.id, "partner_id": self.customer.id, "name": "Again"})
        replica = of_oak.copy()
        self.assertFalse(replica.lead_id)
        self.assertIn("belongs to another company", replica.message_ids[0].body)

    def test_assigning_leads_does_not_look_for_activities_one_by_one(self):
        leads = self.lead.union(*(self.lead.copy() for _ in range(5)))
        leads.flush_recordset()
        queries = []
        execute = type(self.env.cr).execute

        def spy(cursor, query, *args, **kwargs):
            queries.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        for lead in leads:
            lead.user_id = self.manager
            lead.flush_recordset()
        self.assertTrue(queries)
        self.assertFalse([query for query in queries if "crm_activity" in query])

    def test_a_lead_of_another_company_is_refused(self):
        self.lead.company_id = self.company_b
        with self.assertRaises(UserError):
            self._create_lead_activity(self.lead, company_id=self.company_a.id)
        self.env.user.company_ids |= self.company_b
        activity = self._create_lead_activity(self.lead)
        self.assertEqual(activity.company_id, self.company_b)

    def test_the_form_proposes_the_leads_customer(self):
        form = Form(self.Activity)
        form.activity_type_id = self.type_call
        form.name = "Still interested?"
        form.lead_id = self.opportunity
        self.assertEqual(form.partner_id, self.customer)
        self.assertEqual(form.contact_id, self.contact)

    def test_a_lead_that_is_not_the_users_to_read_takes_no_activity_of_theirs(self):
        """Its name would be told by the activity."""
        secret = self.env["crm.lead"].create({"name": "Secret", "user_id": self.manager.id})
        Activity = self.Activity.with_user(self.salesman)
        values = {"name": "Mine", "activity_type_id": self.type_visit.id}
        with self.assertRaises(AccessError):
            Activity.create({**values, "partner_id": self.customer.id, "lead_id": secret.id})
        activity = Activity.create(values)
        with self.assertRaises(AccessError):
            activity.write({"lead_id": secret.id})
        with self.assertRaises(AccessError):
            Activity.with_context(default_lead_id=secret.id).create(values)
        self.env["ir.default"].with_user(self.salesman).set(
            "crm.activity", "lead_id", secret.id, user_id=True
        )
        with self.assertRaises(AccessError):
            Activity.create(values)

    def test_a_lead_that_has_become_a_colleagues_stops_nothing(self):
        lead = self.env["crm.lead"].create({"name": "Ours", "user_id": self.salesman.id})
        activity = self._create_lead_activity(lead, user_id=self.salesman.id)
        lead.user_id = self.manager
        mine = activity.with_user(self.salesman)
        mine.write({"lead_id": lead.id, "name": "Another subject"})
        self.assertEqual(mine.name, "Another subject")
        action = mine.action_replicate()
        replica = self.Activity.browse(action["params"]["next"]["res_id"])
        self.assertFalse(replica.lead_id)
        self.assertIn("no longer have access", action["params"]["message"])
        self.assertNotIn("Ours", action["params"]["message"])


@tagged("post_install", "-at_install")
class TestAlikeLeads(AlikeCase):
    def test_what_is_made_for_leads_of_two_companies_together_is_what_each_would_be_alone(self):
        companies = [self.company_a, self.company_b, self.env["res.company"]] * 3
        partners = [self.env["res.partner"], self.contact, self.other_customer]
        leads = self.env["crm.lead"].create(
            [
                {"name": f"Desks {n}", "company_id": company.id, "partner_id": partner.id}
                for n, (company, partner) in enumerate(itertools.product(companies, partners))
            ]
        )
        vals = {"activity_type_id": self.type_call.id, "date": "2026-01-07 09:00:00"}
        for user in self.users:
            with self.subTest(user.login):
                self.assertAlike([{**vals, "lead_id": lead.id} for lead in leads], user)
