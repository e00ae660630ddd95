# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A salesperson's day: what is to be done now, and working through it."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged, users

from .common import CrmActivityCase

# At this moment it is Tuesday in Madrid and still Monday in New York.
NOW = "2050-03-07 23:30:00"


@tagged("post_install", "-at_install")
class TestDay(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(NOW):
            cls.days = {
                name: cls._create_activity(name=name, date=date, user_id=cls.salesman.id)
                for name, date in {
                    "long ago": "2049-12-24 10:00:00",
                    "Monday": "2050-03-07 22:59:00",
                    "Tuesday": "2050-03-07 23:00:00",
                    "Wednesday": "2050-03-08 23:00:00",
                    "Thursday": "2050-03-09 23:00:00",
                    "next year": "2051-01-01 10:00:00",
                }.items()
            }
            cls.done = cls._create_activity(
                name="done", date="2050-03-01 10:00:00", state="done", user_id=cls.salesman.id
            )
        cls.mine = cls.Activity.union(*cls.days.values(), cls.done)

    def _get_groups(self, activities):
        rows = activities._read_group([("id", "in", self.mine.ids)], ["due"], ["__count"])
        return [(due, count) for due, count in rows]

    @freeze_time(NOW)
    @users("sam.own.documents")
    def test_groups_follow_the_day_of_the_user_in_their_order(self):
        self.assertEqual(
            self._get_groups(self.env["crm.activity"]),
            [("overdue", 2), ("today", 1), ("tomorrow", 1), ("later", 2), (False, 1)],
        )
        # There it is still Monday, and Tuesday since noon.
        for zone in ("America/New_York", "Pacific/Kiritimati"):
            self.assertEqual(
                self._get_groups(self.env["crm.activity"].with_context(tz=zone)),
                [("overdue", 1), ("today", 2), ("tomorrow", 1), ("later", 2), (False, 1)],
            )

    @freeze_time(NOW)
    @users("sam.own.documents")
    def test_value_search_and_groups_are_of_one_mind(self):
        mine = self.mine.with_user(self.env.user)
        groups = mine.formatted_read_group([("id", "in", mine.ids)], ["due"], ["__count"])
        for group in groups:
            found = mine.search([("id", "in", mine.ids), *group["__extra_domain"]])
            self.assertEqual(len(found), group["__count"])
            self.assertEqual(set(found.mapped("due")), {group["due"]})
            self.assertEqual(found, mine.filtered_domain([("due", "=", group["due"])]))
        to_do = mine.search([("id", "in", mine.ids), ("due", "in", ["overdue", "today"])])
        self.assertEqual(set(to_do.mapped("name")), {"long ago", "Monday", "Tuesday"})
        closed = mine.search([("id", "in", mine.ids), ("due", "=", False)])
        self.assertEqual(closed.name, "done")
        self.assertNotIn(self.done, mine.search([("id", "in", mine.ids), ("due", "!=", False)]))

    @freeze_time(NOW)
    @users("sam.own.documents")
    def test_a_day_that_clocks_change_is_a_day(self):
        with freeze_time("2026-03-28 12:00:00"):  # the night after, Madrid changes its clocks
            limits = self.env["crm.activity"]._get_due_limits()
        self.assertEqual(
            [str(limit) for limit in limits],
            ["2026-03-27 23:00:00", "2026-03-28 23:00:00", "2026-03-29 22:00:00"],
        )

    def test_groups_take_one_query(self):
        self.env.flush_all()
        self.Activity._read_group([], ["due"], ["__count"])  # whose day it is
        with self.assertQueryCount(1):
            self.Activity._read_group([], ["due", "state"], ["__count"])

    def test_people_are_offered_to_group_by_it(self):
        self.assertTrue(self.Activity.fields_get(["due"])["due"]["groupable"])

    def test_salespeople_see_their_own_and_administrators_the_team(self):
        action = self.env.ref("crm_activity_ext.crm_activity_action_day")
        for user, name in ((self.salesman, "My Day"), (self.manager, "Team's Day")):
            result = action.with_user(user).run()
            self.assertEqual((result["name"], result["res_model"]), (name, "crm.activity"))
            is_mine = "search_default_filter_activities_my" in result["context"]
            self.assertEqual(is_mine, user == self.salesman)
            self.assertIn("Nothing to do today", result["help"])
            self.assertEqual(result["views"][0][1], "list")

    @users("sam.own.documents")
    def test_the_filters_of_my_day_find_what_its_groups_have(self):
        now = fields.Datetime.now()
        dates = {"yesterday": -1, "now": 0, "tomorrow": 1, "in a week": 7}
        mine = self.env["crm.activity"].create(
            [
                {
                    "name": name,
                    "activity_type_id": self.type_visit.id,
                    "date": now + timedelta(days=days),
                }
                for name, days in dates.items()
            ]
        )
        self.assertEqual(mine.mapped("due"), ["overdue", "today", "tomorrow", "later"])


class WorkCase(CrmActivityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.phone = "+34 600 000 001"
        cls.first = cls._create_call(name="First", contact_id=cls.contact.id)
        cls.second = cls._create_call(name="Second", partner_id=cls.other_customer.id)
        cls.same_customer = cls._create_call(name="Same customer")
        cls.for_nobody = cls._create_call(name="For nobody", partner_id=False)
        cls.calls = cls.first + cls.second + cls.same_customer + cls.for_nobody
        cls.bob = new_test_user(
            cls.env,
            "bob.all.documents",
            "base.group_user,sales_team.group_sale_salesman_all_leads",
            name="Bob All",
            tz="UTC",
        )
        cls.no_answer = cls.env.ref("crm_activity_ext.crm_activity_outcome_no_answer")

    @classmethod
    def _create_call(cls, **values):
        return cls._create_activity(
            activity_type_id=cls.type_call.id, user_id=cls.salesman_all.id, **values
        )

    def _as(self, user, activities=None):
        return (self.Activity if activities is None else activities).with_user(user)

    def _next(self, user, ids=None, **kwargs):
        ids = self.calls.ids if ids is None else ids
        return self._as(user).work_on_next(ids, **kwargs)

    def _get_id(self, result):
        return result["step"] and result["step"]["id"]


@tagged("post_install", "-at_install")
class TestWork(WorkCase):
    def test_the_button_works_through_the_selection_in_its_order(self):
        action = self._as(self.salesman_all, self.second + self.first).action_work_through()
        self.assertEqual(action["params"]["ids"], (self.second + self.first).ids)

    def test_what_is_not_to_be_done_by_people_is_left_out_with_a_word(self):
        mail = self._create_activity(
            activity_type_id=self.type_email.id, body="<p>Hi</p>", user_id=self.salesman_all.id
        )
        done = self._create_call(state="done")
        gone = self._create_call()
        gone_id = gone.id
        gone.unlink()
        ids = [gone_id, *mail.ids, *self.calls.ids, *done.ids, *self.first.ids]
        result = self._as(self.salesman_all).get_work_list(ids)
        self.assertEqual(result["ids"], self.calls.ids)
        self.assertEqual(
            result["left_out"],
            "Left out: Emails and other messages that Odoo sends: 1. Not to be done any more: 1. "
            "Not available to you: 1.",
        )
        self.assertFalse(self._as(self.salesman_all).get_work_list(self.calls.ids)["left_out"])

    def test_a_step_has_all_that_its_screen_shows(self):
        self._create_activity(
            name="Asked for prices", body="<p>Twenty of them</p>", state="done", date="2024-01-01"
        )
        self._create_call(
            name="Called", state="done", outcome_id=self.no_answer.id, date="2024-01-02"
        )
        step = self._next(self.salesman_all)["step"]
        self.assertEqual(
            (step["name"], step["partner_id"]["display_name"], step["contact_id"]["id"]),
            ("First", "Oak & Sons", self.contact.id),
        )
        self.assertEqual(step["activity_type_id"]["display_name"], "Call")
        self.assertIn(self.no_answer.id, [outcome["id"] for outcome in step["outcomes"]])
        self.assertIn(
            ("Asked for prices", "Twenty of them", "Done", "Visit"),
            [(row["name"], row["text"], row["state"], row["type"]) for row in step["history"]],
        )
        self.assertIn(
            ("Called", "No Answer"), [(row["name"], row["state"]) for row in step["history"]]
        )
        self.assertNotIn("First", [row["name"] for row in step["history"]])

    def test_outcomes_are_offered_as_they_are_called_now(self):
        def get_names(**context):
            call = self._as(self.salesman_all, self.first).with_context(**context)
            step = call.work_on_next(self.first.ids)["step"]
            return {one["id"]: one["display_name"] for one in step["outcomes"]}

        self.env["res.lang"]._activate_lang("es_ES")
        self.assertEqual(get_names()[self.no_answer.id], "No Answer")
        self.no_answer.update_field_translations("name", {"es_ES": "Nadie contesta"})
        self.assertEqual(get_names(lang="es_ES")[self.no_answer.id], "Nadie contesta")
        self.no_answer.name = "Nobody There"
        self.assertEqual(get_names()[self.no_answer.id], "Nobody There")
        self.no_answer.active = False
        self.assertNotIn(self.no_answer.id, get_names())

    def _get_then(self, activity):
        """:return: ``{outcome: what is proposed then}``"""
        step = self._next(self.salesman_all, activity.ids)["step"]
        Outcome = self.env["crm.activity.outcome"]
        return {Outcome.browse(one["id"]): one["then"] for one in step["outcomes"]}

    @freeze_time("2026-03-12 12:00:00")
    def test_a_step_has_what_the_dialog_proposes_for_each_outcome(self):
        interested = self.env["crm.activity.outcome"].create(
            {"name": "Visit", "next_type_id": self.type_visit.id, "next_days": 40}
        )
        later = self.env["crm.activity.outcome"].create({"name": "Later", "next_days": 1})
        nothing = self.env["crm.activity.outcome"].create({"name": "Nothing comes of it"})
        for user in (self.salesman_all, self.bob):
            call = self._create_call(date="2026-03-12 09:30:00", name="Ask")
            call.user_id = user
            then = self._get_then(call)
            self.assertFalse(then[nothing])
            self.assertEqual(
                then[later],
                {
                    "next_type_id": {"id": self.type_call.id, "display_name": "Call"},
                    "next_date": "2026-03-13 09:30:00",
                    "next_user_id": {"id": user.id, "display_name": user.name},
                    "next_name": "Ask",
                },
            )
            dialog = self._as(self.salesman_all, self.env["crm.activity.done"])
            specification = {
                name: {"fields": {"display_name": {}}} if name.endswith("_id") else {}
                for name in then[later]
            }
            for outcome in (interested, later, self.no_answer):
                values = {"activity_ids": call.ids, "outcome_id": outcome.id}
                asked = dialog.onchange(values, ["outcome_id"], specification)["value"]
                asked["next_date"] = fields.Datetime.to_string(asked["next_date"])
                self.assertEqual(then[outcome], asked)

    def test_nothing_is_proposed_that_could_not_be_planned(self):
        type_ = self.type_visit.copy({"name": "Never"})
        outcome = self.env["crm.activity.outcome"].create(
            {"name": "Never", "next_type_id": type_.id}
        )
        self.assertTrue(self._get_then(self.first)[outcome])
        type_.active = False
        self.assertFalse(self._get_then(self.first)[outcome])
        outcome.write({"next_type_id": False, "next_days": 3})
        then = self._get_then(self.first)[outcome]
        self.assertEqual(then["next_type_id"]["id"], self.type_call.id)

    def test_done_takes_outcome_note_and_what_comes_next_and_goes_on(self):
        call = self._as(self.salesman_all, self.first)
        call.date = fields.Datetime.now()
        result = call.work_done(
            {"outcome_id": self.no_answer.id, "note": "Try mornings"}, self.calls[1:].ids
        )
        self.assertEqual((call.state, call.outcome_id), ("done", self.no_answer))
        self.assertIn("Try mornings", call.body)
        following = self.Activity.search([("name", "=", "First"), ("state", "=", "pending")])
        self.assertEqual(following.contact_id, self.contact)
        self.assertGreater(following.date, fields.Datetime.now())
        self.assertEqual(self._get_id(result), self.second.id)
        self.assertTrue(result["notification"]["change_id"])
        self.env["crm.activity.change"].browse(result["notification"]["change_id"]).with_user(
            self.salesman_all
        ).action_undo()
        self.assertEqual(call.state, "pending")
        self.assertFalse(following.exists())

    def test_what_comes_next_can_be_another_or_nothing(self):
        values = {"outcome_id": self.no_answer.id, "next_type_id": False}
        self._as(self.salesman_all, self.first).work_done(values, [])
        self.assertFalse(self.Activity.search([("name", "=", "First"), ("state", "=", "pending")]))
        values = {
            "next_type_id": self.type_visit.id,
            "next_date": "2050-01-01 10:00:00",
            "next_name": "Show it",
            "next_user_id": self.bob.id,
        }
        self._as(self.salesman_all, self.second).work_done(values, [])
        visit = self.Activity.search([("name", "=", "Show it")])
        self.assertEqual(
            (visit.user_id, visit.partner_id, str(visit.date)),
            (self.bob, self.other_customer, "2050-01-01 10:00:00"),
        )

    def test_what_a_colleague_did_meanwhile_is_skipped_with_a_word(self):
        self._as(self.bob, self.first).action_done()
        self._as(self.bob, self.second).action_cancel()
        result = self._next(self.salesman_all)
        self.assertEqual(self._get_id(result), self.same_customer.id)
        reasons = [skip["reason"] for skip in result["skipped"]]
        self.assertIn("“First”: done by Bob All,", reasons[0])
        self.assertIn("ago", reasons[0])
        self.assertIn("“Second”: cancelled by Bob All,", reasons[1])
        for method, value in (("work_done", {}), ("work_later", "tomorrow")):
            with self.assertRaisesRegex(UserError, "done by Bob All"):
                getattr(self._as(self.salesman_all, self.first), method)(value, [])

    def test_what_somebody_may_not_see_is_skipped_and_not_claimed(self):
        own = self._create_activity(
            activity_type_id=self.type_call.id, name="Own", user_id=self.salesman.id
        )
        ids = [*self.calls.ids, *own.ids, 999_999_999]
        self.assertEqual(self._as(self.salesman).get_work_list(ids)["ids"], own.ids)
        result = self._next(self.salesman, ids)
        self.assertEqual(self._get_id(result), own.id)
        self.assertEqual(
            [skip["reason"] for skip in result["skipped"]], ["Not available to you."] * 4
        )
        self.second.invalidate_recordset()
        self.assertFalse(self.second.work_user_id)
        with self.assertRaises(AccessError):
            self._as(self.salesman, self.second).work_done({}, [])
        with self.assertRaises(AccessError):
            self._as(self.salesman, self.second).work_later("tomorrow", [])

    def test_somebody_may_work_in_dozens_of_companies(self):
        companies = self.env["res.company"].create([{"name": f"Company {n}"} for n in range(25)])
        self.salesman_all.company_ids += companies
        context = {"allowed_company_ids": (self.company_a + companies).ids}
        call = self._as(self.salesman_all, self.first).with_context(**context)
        result = call.work_done({"outcome_id": self.no_answer.id}, self.second.ids)
        self.assertEqual(self._get_id(result), self.second.id)

    def test_another_company_is_left_out(self):
        self.salesman_all.company_ids += self.company_b
        theirs = self._create_call(partner_id=False, company_id=self.company_b.id)
        here = self._as(self.salesman_all).with_context(allowed_company_ids=self.company_a.ids)
        self.assertFalse(here.work_on_next(theirs.ids)["step"])
        both = self._as(self.salesman_all).with_context(
            allowed_company_ids=(self.company_a + self.company_b).ids
        )
        self.assertEqual(self._get_id(both.work_on_next(theirs.ids)), theirs.id)

    def test_who_has_no_part_in_sales_gets_nothing(self):
        user = new_test_user(self.env, "no.sales", "base.group_user")
        for method, args in (
            ("get_work_list", [self.calls.ids]),
            ("work_on_next", [self.calls.ids]),
        ):
            with self.assertRaises(AccessError):
                getattr(self._as(user), method)(*args)

    def test_bad_arguments_are_refused_in_words(self):
        Activity, call = self._as(self.salesman_all), self._as(self.salesman_all, self.first)
        for refused in (
            lambda: Activity.get_work_list("1"),
            lambda: Activity.work_on_next(["1"]),
            lambda: Activity.work_on_next([], left_id="x"),
            lambda: Activity.work_stop(None),
            lambda: call.work_later("never", []),
            lambda: call.work_later({}, []),
            lambda: call.work_done({"state": "cancelled"}, []),
            lambda: call.work_done([], []),
        ):
            with self.assertRaises(UserError):
                refused()
        self.assertEqual(call.state, "pending")

    @freeze_time("2050-03-11 16:34:56")  # a Friday in Madrid, and Saturday on Kiritimati
    def test_later_is_a_time_of_the_user(self):
        expected = {
            "Europe/Madrid": {
                "two_hours": "2050-03-11 18:34:00",
                "tomorrow": "2050-03-12 08:00:00",
                "monday": "2050-03-14 08:00:00",
            },
            "Pacific/Kiritimati": {
                "two_hours": "2050-03-11 18:34:00",
                "tomorrow": "2050-03-12 19:00:00",
                "monday": "2050-03-13 19:00:00",
            },
        }
        call = self._as(self.salesman_all, self.first)
        for zone, dates in expected.items():
            for when, date in dates.items():
                result = call.with_context(tz=zone).work_later(when, self.second.ids)
                self.assertEqual(str(call.date), date)
                self.assertEqual(self._get_id(result), self.second.id)
                self.assertIn("rescheduled to", result["notification"]["message"])

    def test_a_long_list_is_looked_at_in_parts(self):
        done = self.Activity.create(
            [
                {"name": f"Call {n}", "activity_type_id": self.type_call.id, "state": "done"}
                for n in range(100)
            ]
        )
        result = self._next(self.manager, [*done.ids, *self.first.ids])
        self.assertFalse(result["step"])
        self.assertEqual(len(result["skipped"]), 100)

    def test_targets_of_a_campaign_are_worked_through_in_their_order(self):
        spring = {"campaign_id": self.campaign.id}
        pine = self._create_call(
            partner_id=self.other_customer.id, contact_id=self.other_contact.id, **spring
        )
        oak = self._create_call(**spring)
        self._create_call(state="done", **spring)
        customers = (self.other_customer + self.customer).with_user(self.salesman_all)
        matrix = customers.with_context(
            crm_campaign_id=self.campaign.id, crm_campaign_field="partner_id"
        )
        action = matrix.action_work_through_crm_activities()
        self.assertEqual(action["params"]["ids"], (pine + oak).ids)
        contacts = self.other_contact.with_user(self.salesman_all).with_context(
            crm_campaign_id=self.campaign.id, crm_campaign_field="contact_id"
        )
        action = contacts.action_work_through_crm_activities()
        self.assertEqual(action["params"]["ids"], pine.ids)

    def _create_campaign_calls(self, count):
        """:return: calls with the contacts of so many customers, with whom there was something
        before: an email and a visit
        """
        Partner = self.env["res.partner"].with_context(tracking_disable=True)
        calls = self.Activity
        for number in range(count):
            company = Partner.create({"name": f"Company {number}", "is_company": True})
            values = {"parent_id": company.id, "phone": f"+34 600 00 01 {number:02}"}
            contact = Partner.create({**values, "name": f"Person {number}"})
            self._create_activity(
                name="Before", state="done", date="2024-01-01", partner_id=company.id
            )
            company.message_post(
                author_id=contact.id,
                body="Twenty of them",
                email_from="person@example.com",
                message_type="email",
                subtype_xmlid="mail.mt_comment",
            )
            calls |= self._create_call(
                name=f"Call {number}",
                campaign_id=self.campaign.id,
                contact_id=contact.id,
                partner_id=company.id,
            )
        return calls

    def test_a_step_takes_few_queries(self):
        """Every step but the first of its kind: what is kept between requests is there."""
        self.company_a.alias_domain_id = self.env["mail.alias.domain"].create({"name": "a.test"})
        then = {
            "outcome_id": self.no_answer.id,
            "next_type_id": self.type_call.id,
            "next_date": "2050-03-10 10:00:00",
            "next_user_id": self.salesman_all.id,
            "next_name": "Call again",
            "note": "Try mornings",
        }
        proposed = {"outcome_id": self.no_answer.id}
        # With the commit, which tells the chatter and the bell.
        steps = {
            "next": (9, lambda call, ahead: call.work_on_next(ahead.ids, call.id)),
            # Marked done, with the next one on the screen.
            "done": (14, lambda call, ahead: call.work_done({}, ahead.ids)),
            # And with another call in two working days, as it was proposed.
            "then": (14, lambda call, ahead: call.work_done(then, ahead.ids)),
            # And as a program says, which leaves what comes next to the outcome.
            "proposed": (14, lambda call, ahead: call.work_done(proposed, ahead.ids)),
        }
        calls = self._create_campaign_calls(2 * len(steps) + 1)
        # As the web client says.
        calls = calls.with_user(self.salesman_all).with_context(
            lang=self.salesman_all.lang, tz=self.salesman_all.tz
        )
        for number, name in enumerate([*steps, *steps]):
            count, step = steps[name]
            self.env.flush_all()
            self.env.cr.flush()
            self.env.invalidate_all()
            if number < len(steps):
                step(calls[number], calls[number + 1 :])
                continue
            with self.subTest(name), self.assertQueryCount(count):
                result = step(calls[number], calls[number + 1 :])
                self.env.flush_all()
            self.assertEqual(len(result["step"]["history"]), 2)
            self.assertEqual(result["step"]["campaign_id"]["id"], self.campaign.id)
            self.assertTrue(any(outcome["then"] for outcome in result["step"]["outcomes"]))

    def test_marking_done_takes_few_queries(self):
        self.company_a.alias_domain_id = self.env["mail.alias.domain"].create({"name": "a.test"})
        calls = self._create_campaign_calls(6).with_user(self.salesman_all)
        calls = calls.with_context(lang=self.salesman_all.lang)
        Dialog = calls.env["crm.activity.done"]
        offered = {"offered_outcome_ids": {"fields": {"display_name": {}}}, "outcome_id": {}}
        for is_warm in (False, True):
            *asked, answered = calls[:3] if is_warm else calls[3:]
            saved = Dialog.create({"activity_ids": answered.ids, "outcome_id": self.no_answer.id})
            steps = {
                "the dialog opens": (
                    2,
                    lambda call=asked[0]: Dialog.onchange({"activity_ids": call.ids}, [], offered),
                ),
                "done without it": (12, asked[1].action_done),
                "done, and the next one planned": (17, saved.action_done),
            }
            for name, (count, step) in steps.items():
                self.env.flush_all()
                self.env.cr.flush()
                self.env.invalidate_all()
                if not is_warm:
                    step()
                    continue
                with self.subTest(name), self.assertQueryCount(count):
                    step()

    def test_who_takes_part_and_does_not_want_it_is_named(self):
        self.other_contact.crm_refuses_call = True
        call = self._create_call(participant_ids=[Command.link(self.other_contact.id)])
        warning = self._next(self.salesman_all, call.ids)["step"]["opt_out_warning"]
        self.assertIn("Paul Pine", warning)

    def test_the_number_of_a_company_that_is_hidden_is_not_shown(self):
        self.customer.phone = "900 11 22 33"
        call = self._create_call(contact_id=self.contact.id)
        self.assertTrue(self._next(self.salesman_all, call.ids)["step"]["recipient_phone"])
        self.env["ir.rule"].create(
            {
                "name": "Not the company",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": [("id", "not in", self.customer.ids)],
            }
        )
        self.env.invalidate_all()
        self.assertFalse(self._next(self.salesman_all, call.ids)["step"]["recipient_phone"])

    def test_of_what_comes_later_no_text_is_read(self):
        self._next(self.salesman_all)
        self.env.flush_all()
        self.env.invalidate_all()
        result = self._next(self.salesman_all, self.calls.ids)
        self.assertEqual(self._get_id(result), self.first.id)
        body = type(self.env["crm.activity"]).body
        read = set(body._get_cache(self._as(self.salesman_all).env))
        self.assertIn(self.first.id, read)
        self.assertNotIn(self.second.id, read)
