# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What came of an activity, and what counts as a contact."""

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import CrmActivityCase


class OutcomeCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Outcome = cls.env["crm.activity.outcome"]
        for name in ("answered", "no_answer", "held", "interested"):
            outcome = cls.env.ref(f"crm_activity_ext.crm_activity_outcome_{name}")
            setattr(cls, name, outcome)

    @classmethod
    def _call(cls, **values):
        return cls._create_activity(activity_type_id=cls.type_call.id, **values)


@tagged("post_install", "-at_install")
class TestOutcome(OutcomeCase):
    def test_the_starter_set_is_for_the_types_that_it_fits(self):
        self.assertIn(self.type_call, self.no_answer.activity_type_ids)
        self.assertIn(self.type_visit, self.held.activity_type_ids)
        self.assertNotIn(self.type_call, self.held.activity_type_ids)
        self.assertFalse(self.interested.activity_type_ids)
        self.assertEqual(
            (self.no_answer.next_type_id, self.no_answer.next_days), (self.type_call, 2)
        )
        self.assertFalse(self.no_answer.is_contact)
        self.assertTrue(self.interested.is_response)

    def test_salespeople_read_outcomes_and_managers_maintain_them(self):
        for user in (self.salesman, self.salesman_all):
            outcome = self.answered.with_user(user)
            self.assertEqual(outcome.name, "Answered")
            for change in (
                lambda outcome: outcome.write({"is_contact": False}),
                lambda outcome: outcome.create({"name": "Mine"}),
                lambda outcome: outcome.unlink(),
            ):
                with self.assertRaises(AccessError):
                    change(outcome)
        self.Outcome.with_user(self.manager).create({"name": "Moved away"}).active = False
        with self.assertRaises(AccessError):
            self.env["crm.activity.outcome"].with_user(self.env.ref("base.public_user")).search([])

    def test_a_used_outcome_is_archived_and_not_deleted(self):
        call = self._call(state="done", outcome_id=self.no_answer.id)
        with self.assertRaisesRegex(UserError, "“?No Answer.*1 CRM activity.*Archive it instead"):
            self.no_answer.with_user(self.manager).unlink()
        self.no_answer.active = False
        self.assertEqual(call.outcome_id, self.no_answer)
        self.assertFalse(call.is_reached)

    def test_an_outcome_fits_the_type_and_is_of_what_was_done(self):
        call = self._call(state="done")
        with self.assertRaisesRegex(ValidationError, "“Held” is not an outcome of the type Call"):
            call.outcome_id = self.held
        call.outcome_id = self.interested
        planned = self._call()
        for write in (
            lambda: planned.write({"outcome_id": self.answered.id}),
            lambda: self._call(outcome_id=self.answered.id),
            lambda: call.write({"state": "pending", "outcome_id": self.answered.id}),
        ):
            with self.assertRaisesRegex(ValidationError, "Only a done activity has an outcome"):
                write()
        planned.write({"state": "done", "outcome_id": self.answered.id})
        self.assertEqual(planned.outcome_id, self.answered)

    def test_what_an_outcome_is_for_counts_at_once(self):
        held = self.env.ref("crm_activity_ext.crm_activity_outcome_held")
        done = self._create_activity(activity_type_id=self.type_call.id, state="done")
        with self.assertRaises(ValidationError):
            done.outcome_id = held
        held.activity_type_ids += self.type_call
        done.outcome_id = held
        self.assertEqual(done.outcome_id, held)

    def test_what_an_outcome_was_for_before_is_not_asked_again(self):
        call = self._call(state="done", outcome_id=self.no_answer.id)
        self.no_answer.activity_type_ids = self.type_visit
        call.write({"outcome_id": self.no_answer.id, "state": "done", "name": "Imported again"})
        self.assertEqual(call.outcome_id, self.no_answer)

    def test_reopening_takes_the_outcome_away_and_undo_brings_it_back(self):
        call = self._call(state="done", outcome_id=self.no_answer.id)
        self.env.flush_all()
        action = call.action_reopen()
        self.assertFalse(call.outcome_id)
        self.env["crm.activity.change"].browse(action["params"]["change_id"]).action_undo()
        self.assertEqual((call.state, call.outcome_id), ("done", self.no_answer))

    def test_another_type_takes_an_outcome_away_that_it_does_not_have(self):
        calls = self._call(state="done", outcome_id=self.no_answer.id)
        calls |= self._call(state="done", outcome_id=self.interested.id)
        calls.write({"activity_type_id": self.type_visit.id})
        self.assertEqual(calls.mapped("outcome_id"), self.interested)
        with Form(calls[1]) as form:
            form.outcome_id = self.held
            form.activity_type_id = self.type_call
            self.assertFalse(form.outcome_id)

    def test_a_message_that_is_still_to_be_sent_has_no_outcome(self):
        form = Form(
            self.Activity.with_context(default_activity_type_id=self.type_call.id),
            view="crm_activity_ext.crm_activity_view_form_dialog",
        )
        form.partner_id = self.customer
        form.outcome_id = self.interested
        form.activity_type_id = self.type_visit
        self.assertEqual(form.outcome_id, self.interested)
        form.activity_type_id = self.type_email
        self.assertFalse(form.outcome_id)
        self.assertEqual(form.save().state, "draft")

    def test_a_new_activity_with_an_outcome_is_done(self):
        for view in ("crm_activity_view_form", "crm_activity_view_form_dialog"):
            form = Form(
                self.Activity.with_context(default_activity_type_id=self.type_call.id),
                view=f"crm_activity_ext.{view}",
            )
            form.partner_id = self.customer
            form.outcome_id = self.interested
            self.assertEqual(form.state, "done")
            form.outcome_id = self.Outcome
            self.assertEqual(form.state, "pending")
            form.outcome_id = self.interested
            form.state = "pending"
            self.assertFalse(form.outcome_id)
            form.outcome_id = self.interested
            self.assertEqual(form.save().state, "done")

    def test_nobody_asks_for_the_outcome_of_what_is_for_later(self):
        form = Form(
            self.Activity.with_context(default_activity_type_id=self.type_call.id),
            view="crm_activity_ext.crm_activity_view_form",
        )
        form.date = fields.Datetime.add(fields.Datetime.now(), days=2)
        with self.assertRaisesRegex(AssertionError, "invisible"):
            form.outcome_id = self.interested

    def test_what_was_done_before_stays_done_without_its_outcome(self):
        call = self._call(state="done", outcome_id=self.interested.id)
        with Form(call) as form:
            form.outcome_id = self.Outcome
            self.assertEqual(form.state, "done")

    def test_deleting_the_only_type_of_an_outcome_makes_it_none_for_all(self):
        own_type = self.env["mail.activity.type"].create(
            {"name": "Demo", "crm_channel": "visit", "res_model": "crm.activity"}
        )
        outcome = self.Outcome.create({"name": "Impressed", "activity_type_ids": own_type.ids})
        shared = self.Outcome.create(
            {"name": "Bored", "activity_type_ids": (own_type | self.type_visit).ids}
        )
        own_type.unlink()
        self.assertFalse(outcome.active)
        self.assertTrue(shared.active)

    def test_the_next_activity_is_proposed_within_a_year(self):
        self.no_answer.next_days = 365
        for days in (-1, 366):
            with (
                self.subTest(days),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.no_answer.next_days = days
                self.env.flush_all()

    def test_an_import_finds_it_by_its_name_in_any_language(self):
        self._load_language("es_ES")
        self.no_answer.with_context(lang="es_ES").name = "Nadie responde"
        rows = [
            ["A", "Call", "done", "Nadie responde"],
            ["B", "Call", "done", "No Answer"],
        ]
        columns = ["name", "activity_type_id", "state", "outcome_id"]
        for lang in ("en_US", "es_ES"):
            result = self.Activity.with_context(lang=lang).load(
                [*columns[:1], "activity_type_id/.id", *columns[2:]],
                [[row[0], str(self.type_call.id), *row[2:]] for row in rows],
            )
            self.assertFalse(result["messages"])
            imported = self.Activity.browse(result["ids"])
            self.assertEqual(imported.outcome_id, self.no_answer)

    def test_reached_is_what_was_done_and_missed_nobody(self):
        calls = {state: self._call(state=state) for state in ("pending", "done", "cancelled")} | {
            outcome: self._call(state="done", outcome_id=outcome.id)
            for outcome in (self.answered, self.no_answer, self.interested)
        }
        everything = self.Activity.union(*calls.values())
        reached = calls["done"] | calls[self.answered] | calls[self.interested]
        domain = [("id", "in", everything.ids)]
        self.assertEqual(
            self.Activity.search([*domain, ("is_reached", "=", True)]), reached.sorted()
        )
        self.assertEqual(
            self.Activity.search([*domain, ("is_reached", "=", False)]),
            (everything - reached).sorted(),
        )
        self.assertEqual(everything.filtered("is_reached"), reached)
        # What an outcome means counts for all that have it.
        self.no_answer.is_contact = True
        self.assertIn(calls[self.no_answer], self.Activity.search([("is_reached", "=", True)]))

    def test_the_history_and_the_file_have_the_outcome(self):
        call = self._call(state="done", outcome_id=self.no_answer.id)
        row = self.env["crm.activity.history"].search(
            [("res_model", "=", "crm.activity"), ("res_id", "=", call.id)]
        )
        self.assertEqual(row.outcome_id, self.no_answer)
        found = self.env["crm.activity.history"].search(
            [("outcome_id", "=", self.no_answer.id), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(found, row)
        names = [column.name for column in self.Activity._get_export_columns()]
        [values] = self.Activity._iter_export_rows([("id", "=", call.id)], "id")
        self.assertEqual(values[names.index("outcome_id")], "No Answer")


@tagged("post_install", "-at_install")
class TestReachedInCampaign(OutcomeCase):
    """Of ten customers six did not answer, whatever is looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {i}", "is_company": True, "ref": "ten"} for i in range(10)]
        )
        cls.campaign.audience_domain = "[('ref', '=', 'ten')]"
        for place, customer in enumerate(cls.customers):
            cls._call(
                partner_id=customer.id,
                campaign_id=cls.campaign.id,
                state="done",
                outcome_id=(cls.answered if place < 4 else cls.no_answer).id,
                date=f"2026-03-{10 + place} 10:00:00",
            )
        cls.Partner = cls.env["res.partner"].with_context(
            crm_campaign_id=cls.campaign.id, crm_campaign_field="partner_id"
        )

    def test_forty_percent_are_reached_everywhere(self):
        self.assertEqual(self.campaign.audience_reached_share, 40)
        progress = self.campaign.crm_activity_progress
        parts = {part["label"]: (part["reached"], part["total"]) for part in progress["parts"]}
        self.assertEqual(parts["Customers"], (4, 10))
        self.assertEqual([row["reached"] for row in progress["types"]], [4])
        reached, ten = self.customers[:4], [("id", "in", self.customers.ids)]
        others = self.customers - reached
        for operator, value, expected in (
            ("=", True, reached),
            ("!=", True, others),
            ("=", False, others),
            ("!=", False, reached),
            ("in", [True, False], self.customers),
        ):
            with self.subTest(operator=operator, value=value):
                found = self.Partner.search([*ten, ("crm_campaign_reached", operator, value)])
                self.assertEqual(found, expected)
        self.assertEqual(
            self.Partner.search(ten, order="crm_campaign_last_date desc, id")[:4], reached[::-1]
        )
        last_dates = self.Partner.browse(self.customers.ids).mapped("crm_campaign_last_date")
        self.assertEqual([bool(date) for date in last_dates], [True] * 4 + [False] * 6)
        [figures] = self.campaign.get_crm_figures(["audience_reached_share"])
        self.assertEqual(figures["audience_reached_share"], 40)

    def test_the_others_are_found_without_a_list_of_who_was_reached(self):
        """Which PostgreSQL would read to its end for a page as well."""
        others = [("crm_campaign_reached", "=", False)]
        queries = self._note_queries(lambda: self.Partner.search(others, limit=80))
        self.assertTrue(queries)
        for query in queries:
            plan = self._explain_query(query)
            self.assertIn("Anti Join", plan)
            self.assertNotIn("SubPlan", plan)

    def _make_many_without_campaign(self, rows=10_000):
        """Everybody has so many others: what is chosen does not hang on what is known of few."""
        self.env.flush_all()
        fields = self.Activity._fields.items()
        columns = {name for name, field in fields if field.store and field.column_type}
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_activity (user_id, %(columns)s) SELECT login, %(columns)s"
                " FROM crm_activity, unnest(%(users)s) login, generate_series(1, %(rows)s)"
                " WHERE id = %(id)s",
                columns=SQL(", ").join(
                    map(SQL.identifier, columns - {"id", "campaign_id", "user_id"})
                ),
                users=[self.salesman.id, self.salesman_all.id, self.env.ref("base.user_root").id],
                rows=rows,
                id=self.Activity.search([("campaign_id", "=", self.campaign.id)], limit=1).id,
            )
        )
        self.env.cr.execute("ANALYZE crm_activity")

    def test_the_matrix_is_found_by_indexes_of_the_campaign(self):
        self._make_many_without_campaign()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for user in (self.salesman, self.salesman_all, self.env.ref("base.user_root")):
            customers = self.Partner.with_user(user).browse(self.customers.ids)
            for name, ask in {
                "numbers": lambda c=customers: c.mapped("crm_campaign_activity_counts"),
                "responded": lambda c=customers: c.mapped("crm_campaign_responded"),
                "order": lambda c=customers: c.search([], limit=80, order="crm_campaign_last_date"),
                "state": lambda c=customers: c.search([("crm_campaign_state", "=", "done")]),
            }.items():
                with self.subTest(user=user.login, asked=name):
                    queries = self._note_queries(ask)
                    self.assertTrue(queries)
                    for query in queries:
                        plan = self._explain_query(query)
                        self.assertRegex(
                            plan, r"(using|Bitmap Index Scan on) crm_activity_\w*campaign"
                        )
                        self.assertNotRegex(plan, r"Seq Scan on crm_activity\b")

    def test_progress_by_outcome(self):
        self._call(partner_id=self.customers[0].id, campaign_id=self.campaign.id, state="done")
        self._call(partner_id=self.customers[0].id, campaign_id=self.campaign.id)
        self.campaign.invalidate_recordset()
        outcomes = self.campaign.crm_activity_progress["outcomes"]
        self.assertEqual(
            [(one["name"], one["count"]) for one in outcomes],
            [("Answered", 4), ("No Answer", 6), ("No outcome", 1)],
        )

    def test_an_outcome_can_be_a_response(self):
        self._call(
            partner_id=self.customers[9].id,
            campaign_id=self.campaign.id,
            state="done",
            outcome_id=self.interested.id,
        )
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.crm_responded_count, 1)
        found = self.Partner.search([("crm_campaign_responded", "=", True)])
        self.assertEqual(found, self.customers[9])
        self.interested.is_response = False
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.crm_responded_count, 0)

    def test_the_pivot_has_outcomes_of_each_customer(self):
        groups = self.Activity.formatted_read_group(
            [("campaign_id", "=", self.campaign.id)], ["target_ref", "outcome_id"], ["__count"]
        )
        self.assertEqual(len(groups), 10)
        self.assertEqual([group["outcome_id"][1] for group in groups].count("No Answer"), 6)
