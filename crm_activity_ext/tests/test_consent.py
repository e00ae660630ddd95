# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom not to contact: who does not want it, is left out of marketing, by every way in."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_distribution import DistributionCase

WISHES = {
    "call_out": "crm_refuses_call",
    "letter": "crm_refuses_post",
    "fax": "crm_refuses_post",
    "visit": "crm_refuses_visit",
}
# Nobody has said anything about these.
UNASKED = ("meeting", "call_in", "email_in", "other")


class ConsentCase(DistributionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].search([]).tz = "UTC"

    @classmethod
    def _create_reachable(cls, count, **values):
        """Customers whom every channel reaches, each by something of their own."""
        customers = cls._create_customers(count, **values)
        for number, customer in enumerate(customers):
            customer.write(
                {
                    "phone": f"+34 600 000 {number:03}",
                    "street": f"Calle Mayor {number}",
                    "zip": "41001",
                    "city": "Sevilla",
                    "country_id": cls.env.ref("base.es").id,
                }
            )
        return customers

    def _get_type(self, channel):
        return self.Activity._get_type_of_channel(channel)

    def _plan(self, partner, channel, **values):
        return self.Activity.with_user(self.salesman_all).create(
            {
                "activity_type_id": self._get_type(channel).id,
                "name": "Our new range",
                "partner_id": partner.id,
                **values,
            }
        )

    def _opt_out(self, partner, channel):
        """Somebody does not want a channel, by whatever says so for it."""
        if channel in WISHES:
            partner[WISHES[channel]] = True
        elif channel == "email_out":
            self.env["mail.blacklist"]._add(partner.email)
        else:
            self.env["phone.blacklist"]._add([partner.phone_sanitized])


@tagged("post_install", "-at_install")
class TestWish(ConsentCase):
    """What is noted about somebody."""

    def test_a_wish_is_noted_with_its_day_and_by_whom(self):
        with Form(self.customer.with_user(self.salesman)) as form:
            form.crm_refuses_call = True
            self.assertEqual(form.crm_refuses_call_since, date.today())
            form.crm_refuses_call_since = date(2026, 3, 3)
            form.crm_refusal_reason = "Said so on the phone"
        self.assertRecordValues(
            self.customer,
            [
                {
                    "crm_refuses_call": True,
                    "crm_refuses_call_since": date(2026, 3, 3),
                    "crm_refuses_post": False,
                    "crm_refuses_post_since": False,
                    "crm_refusal_user_id": self.salesman.id,
                }
            ],
        )

    def test_what_is_said_of_one_channel_leaves_the_others(self):
        self.customer.write({"crm_refuses_call_since": "2026-03-03", "crm_refuses_post": True})
        self.assertEqual(self.customer.crm_refuses_call_since, date(2026, 3, 3))
        self.assertTrue(self.customer.crm_refuses_call)
        self.customer.write({"crm_refuses_call_since": False, "crm_refuses_post": True})
        self.assertFalse(self.customer.crm_refuses_call)

    def test_it_is_taken_back_with_its_day(self):
        self.customer.write({"crm_refuses_call": True, "crm_refuses_visit": True})
        self.customer.with_user(self.manager).crm_refuses_call = False
        self.assertFalse(self.customer.crm_refuses_call_since)
        self.assertTrue(self.customer.crm_refuses_visit_since)
        self.assertEqual(self.customer.crm_refusal_user_id, self.manager)

    def test_saying_it_again_changes_neither_the_day_nor_who_has_noted_it(self):
        self.customer.with_user(self.salesman).crm_refuses_call_since = "2026-03-03"
        again = {"crm_refuses_call": True, "crm_refuses_call_since": "2026-03-03"}
        self.customer.with_user(self.manager).write(again)
        self.customer.with_user(self.manager).crm_refuses_call = True
        self.assertEqual(self.customer.crm_refuses_call_since, date(2026, 3, 3))
        self.assertEqual(self.customer.crm_refusal_user_id, self.salesman)

    def test_the_chatter_tells_of_it(self):
        self.customer.with_context(tracking_disable=False).crm_refuses_post = True
        self.env.flush_all()
        self.cr.precommit.run()
        tracked = self.customer.message_ids.tracking_value_ids.field_id.mapped("name")
        self.assertIn("crm_refuses_post_since", tracked)

    def test_it_is_found_by_filters(self):
        self.customer.crm_refuses_call = True
        ours = self.customer | self.other_customer
        found = ours.filtered_domain([("crm_refuses_call", "=", True)])
        self.assertEqual(found, self.customer)
        search = self.env["res.partner"].search
        these = ("id", "in", ours.ids)
        self.assertEqual(search([these, ("crm_refuses_call", "=", True)]), self.customer)
        self.assertEqual(search([these, ("crm_refuses_call", "!=", True)]), self.other_customer)
        self.assertFalse(search([these, ("crm_refuses_visit", "=", True)]))

    def test_it_is_imported_with_the_day_of_a_list(self):
        Partner = self.env["res.partner"].with_user(self.manager).with_context(import_file=True)
        names = ["name", "crm_refuses_call_since", "crm_refuses_post", "crm_refusal_reason"]
        result = Partner.load(names, [["Ana", "2025-01-31", "True", "Robinson list"]])
        self.assertFalse(result["messages"])
        self.assertRecordValues(
            Partner.browse(result["ids"]),
            [
                {
                    "crm_refuses_call": True,
                    "crm_refuses_call_since": date(2025, 1, 31),
                    "crm_refuses_post_since": date.today(),
                    "crm_refusal_user_id": self.manager.id,
                }
            ],
        )

    def test_who_may_not_edit_a_customer_notes_nothing(self):
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        for name in ("crm_refuses_call", "crm_refuses_visit_since", "crm_refusal_reason"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.customer.with_user(clerk).write({name: "2026-03-03"})
        portal = new_test_user(self.env, "portal", "base.group_portal")
        own = portal.partner_id
        own.crm_refuses_call = True
        for name in self.customer._get_crm_consent_fields():
            with self.subTest(name), self.assertRaises(AccessError):
                own.with_user(portal).read([name])
            with self.subTest(name), self.assertRaises(AccessError):
                own.with_user(portal).write({name: False})

    def test_nobody_says_that_somebody_else_has_noted_it(self):
        wish = {
            "crm_refuses_call_since": "2026-03-03",
            "crm_refusal_user_id": self.salesman.id,
            "name": "Oak Sisters",
        }
        Partner = self.env["res.partner"].with_user(self.manager)
        customer = Partner.create(wish)
        self.assertEqual(customer.crm_refusal_user_id, self.manager)
        customer.crm_refusal_user_id = self.salesman
        customer.write({**wish, "crm_refuses_call_since": "2026-03-04"})
        self.assertEqual(customer.crm_refusal_user_id, self.manager)
        rows = [["Oak Brothers", "2026-03-03", str(self.salesman.id)]]
        fields = ["name", "crm_refuses_call_since", "crm_refusal_user_id/.id"]
        imported = Partner.browse(Partner.load(fields, rows)["ids"])
        self.assertEqual(imported.crm_refusal_user_id, self.manager)

    def test_a_copy_does_not_want_it_either(self):
        self.customer.write(
            {"crm_refuses_call_since": "2026-03-03", "crm_refusal_reason": "Said so"}
        )
        self.assertRecordValues(
            self.customer.copy(),
            [{"crm_refuses_call_since": date(2026, 3, 3), "crm_refusal_reason": "Said so"}],
        )

    def test_of_merged_customers_the_strictest_wish_stays(self):
        kept, gone, also_gone = self._create_reachable(3)
        gone.write({"crm_refuses_call_since": "2026-03-03", "crm_refusal_reason": "On the phone"})
        also_gone.crm_refuses_visit_since = "2025-01-01"
        kept.crm_refuses_post_since = "2024-01-01"
        self.env["base.partner.merge.automatic.wizard"]._merge((kept | gone | also_gone).ids, kept)
        self.assertRecordValues(
            kept,
            [
                {
                    "crm_refuses_call_since": date(2026, 3, 3),
                    "crm_refuses_visit_since": date(2025, 1, 1),
                    "crm_refuses_post_since": date(2024, 1, 1),
                    "crm_refusal_reason": "On the phone",
                }
            ],
        )

    def test_of_two_days_of_merged_customers_the_first_stays_with_its_reason(self):
        for days in (("2026-03-03", "2025-01-01"), ("2025-01-01", "2026-03-03")):
            with self.subTest(days):
                kept, gone = customers = self._create_reachable(2)
                for customer, day in zip(customers, days, strict=True):
                    user = self.manager if day == "2025-01-01" else self.salesman
                    customer.with_user(user).write(
                        {"crm_refuses_call_since": day, "crm_refusal_reason": day}
                    )
                self.env["base.partner.merge.automatic.wizard"]._merge((kept | gone).ids, kept)
                self.assertRecordValues(
                    kept,
                    [
                        {
                            "crm_refuses_call_since": date(2025, 1, 1),
                            "crm_refusal_reason": "2025-01-01",
                            "crm_refusal_user_id": self.manager.id,
                        }
                    ],
                )

    def test_what_a_company_does_not_want_nobody_there_is_asked_for(self):
        self.customer.crm_refuses_call_since = "2026-03-03"
        reason = self.contact._get_crm_refusal("call_out")
        self.assertEqual(reason, "Oak & Sons does not want calls (since March 3, 2026).")
        self.assertFalse(self.contact._get_crm_refusal("letter"))

    def test_what_a_person_does_not_want_holds_for_nobody_else(self):
        self.contact.crm_refuses_call = True
        self.assertFalse(self.customer._get_crm_refusal("call_out"))
        self.assertFalse(self.contact_2._get_crm_refusal("call_out"))


class WaysInCase(ConsentCase):
    """A partner who may opt out, one who has not, and the ways in which marketing is planned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner, cls.reachable = cls._create_reachable(2)

    def _get_planned(self):
        return self.Activity.search(
            [
                ("partner_id", "=", self.partner.id),
                ("campaign_id", "=", self.campaign.id),
                ("state", "in", ["draft", "pending"]),
            ]
        )

    def _get_ways(self):
        """:return: ``{name: function(partner, channel)}`` that plan marketing"""
        return {
            "create": self._by_create,
            "form": self._by_form,
            "a personal one gets the campaign": self._by_campaign,
            "the campaign gets a personal one": self._by_list_of_the_campaign,
            "another customer": self._by_customer,
            "another type": self._by_type,
            "import": self._by_import,
            "replicate": self._by_replicate,
            "reopen": self._by_reopening,
            "add to what was done": self._by_plan_next,
        }

    def _by_create(self, partner, channel):
        self._plan(partner, channel, campaign_id=self.campaign.id, body="<p>x</p>")

    def _by_form(self, partner, channel):
        with Form(self.Activity.with_user(self.salesman_all)) as form:
            form.activity_type_id = self._get_type(channel)
            form.name = "Our new range"
            form.partner_id = partner
            form.campaign_id = self.campaign

    def _by_campaign(self, partner, channel):
        self._plan(partner, channel).campaign_id = self.campaign

    def _by_list_of_the_campaign(self, partner, channel):
        activity = self._plan(partner, channel)
        self.campaign.with_user(self.manager).crm_activity_ids = [(4, activity.id)]

    def _by_customer(self, partner, channel):
        activity = self._plan(self.reachable, channel, campaign_id=self.campaign.id)
        activity.partner_id = partner

    def _by_type(self, partner, channel):
        activity = self._plan(partner, "other", campaign_id=self.campaign.id)
        activity.activity_type_id = self._get_type(channel)

    def _by_import(self, partner, channel):
        result = (
            self.Activity.with_user(self.salesman_all)
            .with_context(import_file=True)
            .load(
                ["name", "activity_type_id/.id", "partner_id/.id", "campaign_id/.id"],
                [
                    [
                        "Our new range",
                        str(self._get_type(channel).id),
                        str(partner.id),
                        str(self.campaign.id),
                    ]
                ],
            )
        )
        if result["messages"]:
            raise UserError(result["messages"][0]["message"])

    def _get_done(self, partner, channel):
        return self._plan(partner, channel, campaign_id=self.campaign.id, state="done")

    def _by_replicate(self, partner, channel):
        self._get_done(partner, channel).action_replicate()

    def _by_reopening(self, partner, channel):
        self._get_done(partner, channel).state = "draft"

    def _by_plan_next(self, partner, channel):
        done = self._get_done(partner, channel)
        action = done.action_plan_next()
        Activity = self.Activity.with_user(self.salesman_all).with_context(**action["context"])
        with Form(Activity) as form:
            form.activity_type_id = self._get_type(channel)


@tagged("post_install", "-at_install")
class TestWaysIn(WaysInCase):
    """No marketing for who has opted out, by whatever way it is asked for."""

    def test_no_way_in_plans_marketing_for_who_has_opted_out(self):
        for channel in (*WISHES, "email_out", "blacklisted number"):
            for name, way in self._get_ways().items():
                with self.subTest(channel=channel, way=name):
                    with self.env.cr.savepoint() as savepoint:
                        self._opt_out(self.partner, channel)
                        asked = "call_out" if channel == "blacklisted number" else channel
                        with self.assertRaisesRegex(UserError, "does not want|is blacklisted"):
                            with self.env.cr.savepoint():
                                way(self.partner, asked)
                        self.env.invalidate_all()
                        self.assertFalse(self._get_planned())
                        savepoint.rollback()
                    self.env.invalidate_all()

    def test_every_way_in_plans_marketing_for_who_has_not(self):
        for channel in (*WISHES, "email_out", *UNASKED):
            for name, way in self._get_ways().items():
                with self.subTest(channel=channel, way=name):
                    with self.env.cr.savepoint() as savepoint:
                        way(self.partner, channel)
                        self.assertTrue(self._get_planned())
                        savepoint.rollback()
                    self.env.invalidate_all()

    def test_a_distribution_leaves_out_who_has_opted_out_and_says_why(self):
        for channel in (*WISHES, "email_out", "blacklisted number"):
            with self.subTest(channel):
                a, b = customers = self._create_reachable(2)
                self._opt_out(a, channel)
                asked = "call_out" if channel == "blacklisted number" else channel
                type_ = self._get_type(asked)
                values = {"activity_type_id": type_.id, "body": "<p>New</p>"}
                wizard = self._prepare_wizard(customers, campaign_id=self.campaign.id, **values)
                self.assertEqual((wizard.make_count, wizard.left_out_count), (1, 1))
                self.assertIn("Opted out", wizard.left_out)
                wizard.action_distribute()
                line = wizard.distribution_id.line_ids
                self.assertEqual((line.res_id, line.kind), (a.id, "opted_out"))
                self.assertRegex(line.reason, "does not want|is blacklisted")
                self.assertEqual(self._made(wizard.distribution_id).partner_id, b)

    def test_who_opts_out_while_it_runs_is_left_out(self):
        customers = self._create_reachable(3)
        distribution = self._start_in_background(
            customers, activity_type_id=self.type_call.id, campaign_id=self.campaign.id
        ).sudo()
        distribution._process_chunk(1)
        customers[1].crm_refuses_call = True
        while distribution.run_state != "done":
            distribution._process_chunk(1)
        self.assertEqual(self._made(distribution).partner_id, customers[0] | customers[2])
        self.assertEqual(distribution.line_ids.kind, "opted_out")

    def test_what_has_happened_is_recorded_whatever_was_wanted(self):
        self.partner.write(dict.fromkeys(WISHES.values(), True))
        in_campaign = {"campaign_id": self.campaign.id}
        for channel in (*WISHES, *UNASKED):
            with self.subTest(channel):
                done = self._plan(self.partner, channel, state="done", **in_campaign)
                self.assertEqual(done.state, "done")
        distribution = self._distribute(
            self.partner, activity_type_id=self.type_call.id, state="done", **in_campaign
        )
        self.assertEqual(distribution.made_count, 1)

    def test_what_is_personal_is_planned_and_warned_of(self):
        self.partner.write(dict.fromkeys(WISHES.values(), "2026-03-03"))
        for channel in WISHES:
            with self.subTest(channel):
                activity = self._plan(self.partner, channel)
                self.assertEqual(activity.state, "pending")
                self.assertIn("(since", activity.opt_out_warning)
                activity.state = "done"
                self.assertFalse(activity.opt_out_warning)

    def test_a_blacklisted_number_is_warned_of_too(self):
        self.env["phone.blacklist"]._add([self.partner.phone_sanitized])
        activity = self._plan(self.partner, "call_out")
        self.assertEqual(activity.opt_out_warning, "+34600000000 is blacklisted.")

    def test_what_was_planned_before_somebody_opted_out_can_still_be_edited_and_closed(self):
        call, visit = (
            self._plan(self.partner, channel, campaign_id=self.campaign.id)
            for channel in ("call_out", "visit")
        )
        self.partner.write({"crm_refuses_call": True, "crm_refuses_visit": True})
        self.assertIn("does not want calls", call.opt_out_warning)
        call.write({"name": "Something else", "state": "pending", "campaign_id": self.campaign.id})
        call.action_cancel()
        visit.action_done()
        self.assertEqual((call.state, visit.state), ("cancelled", "done"))
        with self.assertRaisesRegex(UserError, "does not want calls"):
            call.action_pending()

    def test_what_was_cancelled_is_not_planned_again_by_undo_for_who_has_opted_out_since(self):
        activity = self._plan(self.partner, "call_out", campaign_id=self.campaign.id)
        change_id = activity.action_cancel()["params"]["change_id"]
        self._opt_out(self.partner, "call_out")
        change = self.env["crm.activity.change"].with_user(self.salesman_all).browse(change_id)
        with self.assertRaisesRegex(UserError, "does not want calls"), self.env.cr.savepoint():
            change.action_undo()
        self.env.invalidate_all()
        self.assertFalse(self._get_planned())

    def test_what_the_system_writes_of_what_happened_elsewhere_is_never_held_up(self):
        call = self._plan(self.partner, "call_out", campaign_id=self.campaign.id)
        call.action_cancel()
        self.partner.crm_refuses_call = True
        call.sudo().state = "pending"
        self.assertEqual(call.state, "pending")

    def test_who_takes_part_in_a_visit_is_asked_as_well(self):
        self.partner.crm_refuses_visit = True
        campaign = {"campaign_id": self.campaign.id}
        with self.assertRaisesRegex(UserError, "Customer 0 does not want visits"):
            self._plan(self.reachable, "visit", participant_ids=self.partner.ids, **campaign)
        visit = self._plan(self.reachable, "visit", **campaign)
        with self.assertRaisesRegex(UserError, "Customer 0 does not want visits"):
            visit.participant_ids = self.partner
        personal = self._plan(self.reachable, "visit", participant_ids=self.partner.ids)
        self.assertIn("Customer 0 does not want visits", personal.opt_out_warning)

    def test_who_opts_out_can_be_taken_off_a_visit(self):
        visit = self._plan(
            self.reachable,
            "visit",
            participant_ids=self.partner.ids,
            campaign_id=self.campaign.id,
        )
        (self.partner | self.reachable).crm_refuses_visit = True
        visit.participant_ids -= self.partner
        self.assertFalse(visit.participant_ids)

    def test_a_company_that_opts_out_covers_who_works_there(self):
        self.customer.crm_refuses_visit = True
        with self.assertRaisesRegex(UserError, "Oak & Sons does not want visits"):
            self._plan(self.contact, "visit", campaign_id=self.campaign.id)

    def test_many_are_asked_in_a_number_of_queries_that_does_not_grow(self):
        def count(customers):
            values = [
                {
                    "activity_type_id": self.type_call.id,
                    "partner_id": customer.id,
                    "campaign_id": self.campaign.id,
                }
                for customer in customers
            ]
            activities = self.Activity.create(values)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            activities._check_wanted()
            return self.cr.sql_log_count - before

        customers = self._create_reachable(60)
        count(customers[:1])
        self.assertLessEqual(count(customers[10:]), count(customers[:10]))


@tagged("post_install", "-at_install")
class TestOptedOutSince(ConsentCase):
    """Who opts out once something is planned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner, cls.other = cls._create_reachable(2)

    def _plan_for_both(self, channel, **values):
        activities = self.Activity.browse()
        for partner in (self.partner, self.other):
            activities += self._plan(partner, channel, body="<p>News</p>", **values)
        self._opt_out(self.partner, channel)
        return activities

    def test_working_through_leaves_out_marketing_and_says_why(self):
        unwanted, wanted = calls = self._plan_for_both("call_out", campaign_id=self.campaign.id)
        Activity = self.Activity.with_user(self.salesman_all)
        work_list = Activity.get_work_list(calls.ids)
        self.assertEqual(work_list["ids"], wanted.ids)
        self.assertIn("does not want it: 1.", work_list["left_out"])
        answer = Activity.work_on_next(calls.ids)
        self.assertEqual(answer["step"]["id"], wanted.id)
        [skipped] = answer["skipped"]
        self.assertEqual((skipped["id"], skipped["is_claimed"]), (unwanted.id, False))
        self.assertIn("Customer 0 does not want calls", skipped["reason"])
        self.assertEqual(unwanted.state, "pending")

    def test_working_through_warns_of_what_is_personal(self):
        unwanted, _wanted = calls = self._plan_for_both("call_out")
        Activity = self.Activity.with_user(self.salesman_all)
        self.assertFalse(Activity.get_work_list(calls.ids)["left_out"])
        step = Activity.work_on_next(calls.ids)["step"]
        self.assertEqual(step["id"], unwanted.id)
        self.assertIn("does not want calls", step["opt_out_warning"])

    def test_marking_done_plans_nothing_more_of_a_campaign_for_them(self):
        calls = self._plan_for_both("call_out", campaign_id=self.campaign.id)
        wizard = (
            self.env["crm.activity.done"]
            .with_user(self.salesman_all)
            .create(
                {
                    "activity_ids": calls.ids,
                    "next_type_id": self.type_call.id,
                    "next_date": "2030-01-07 10:00:00",
                }
            )
        )
        message = wizard.action_done()["params"]["message"]
        self.assertIn("Customer 0 does not want calls", message)
        self.assertEqual(set(calls.mapped("state")), {"done"})
        planned = self.Activity.search(
            [("campaign_id", "=", self.campaign.id), ("state", "=", "pending")]
        )
        self.assertEqual(planned.partner_id, self.other)

    def test_letters_that_are_not_wanted_are_not_printed_and_not_done(self):
        unwanted, wanted = letters = self._plan_for_both("letter", campaign_id=self.campaign.id)
        self.assertEqual([letter.id for letter in letters._get_letters()], wanted.ids)
        notice = letters.get_letters_left_out()
        self.assertRegex(notice, r"Not printed: 1\. Customer 0 does not want post")
        letters.action_letters_done()
        self.assertEqual(letters.mapped("state"), ["pending", "done"])
        self.assertFalse(wanted.get_letters_left_out())
        with self.assertRaisesRegex(UserError, "does not want post"):
            unwanted._get_letters()

    def test_personal_letters_are_printed(self):
        letters = self._plan_for_both("letter")
        self.assertEqual(len(letters._get_letters()), 2)
        self.assertFalse(letters.get_letters_left_out())

    def test_an_email_that_waits_does_not_leave(self):
        emails = self._plan_for_both("email_out", campaign_id=self.campaign.id)
        emails.action_send()
        self.assertEqual(emails.mapped("state"), ["failed", "pending"])
        self.assertEqual(emails[0].failure_reason, "customer0@example.com is blacklisted.")


@tagged("post_install", "-at_install")
class TestReach(ConsentCase):
    """Who can be reached at all, and who would be twice."""

    def _get_kinds(self, customers, channel, **values):
        type_ = self._get_type(channel)
        return self._kinds(self._distribute(customers, activity_type_id=type_.id, **values))

    def test_a_call_or_a_fax_needs_a_number(self):
        for channel in ("call_out", "fax"):
            with self.subTest(channel):
                _ok, none, *_of_two_companies = customers = self._create_reachable(4)
                none.phone = False
                customers[2].phone = customers[3].phone = "ext. 12"  # somebody can dial it
                self.assertEqual(self._get_kinds(customers, channel), {none: "no_address"})

    def test_who_cannot_be_reached_is_left_out_also_where_their_wish_would_not(self):
        for channel, missing in (("call_out", "phone"), ("letter", "street")):
            for campaign in (self.campaign.browse(), self.campaign):
                with self.subTest(channel, campaign=campaign):
                    _ok, neither = customers = self._create_reachable(2)
                    neither.write({missing: False, WISHES[channel]: True})
                    kinds = self._get_kinds(customers, channel, campaign_id=campaign.id)
                    self.assertEqual(kinds, {neither: "no_address"})

    def test_a_reason_names_nobody_and_no_number_that_the_user_may_not_read(self):
        self.customer.write({"phone": "+34 954 000 000", "country_id": self.env.ref("base.es").id})
        self._opt_out(self.customer, "blacklisted number")
        self.customer.crm_refuses_visit_since = "2026-03-03"
        asked = {}
        for is_hidden in (False, True):
            if is_hidden:
                self.env["ir.rule"].create(
                    {
                        "name": "Hidden",
                        "model_id": self.env["ir.model"]._get_id("res.partner"),
                        "domain_force": [("id", "!=", self.customer.id)],
                    }
                )
            contacts = (self.contact | self.contact_2).with_user(self.salesman_all)
            Activity = self.Activity.with_user(self.salesman_all)
            definition = self.env["crm.activity.distribute"].with_user(self.salesman_all)
            definition = definition.new({"activity_type_id": self.type_call.id, "state": "pending"})
            left_out = {}
            definition._leave_out_unreachable("call_out", contacts, left_out)
            asked[is_hidden] = [
                Activity._get_refusals("visit", [self.contact.with_user(self.salesman_all)]),
                Activity._get_unreachable("call_out", [self.contact.with_user(self.salesman_all)]),
                left_out,
            ]
            asked[is_hidden] = [
                [reason for _kind, reason in told.values()] for told in asked[is_hidden]
            ]
        name = self.contact.display_name
        self.assertEqual(
            asked,
            {
                False: [
                    ["Oak & Sons does not want visits (since March 3, 2026)."],
                    ["+34954000000 is blacklisted."],
                    ["+34954000000 is also the address of another selected record."],
                ],
                True: [
                    [f"{name} does not want visits (since March 3, 2026)."],
                    [f"{name} is blacklisted."],
                    [
                        f"{self.contact_2.display_name} has the same address as another selected "
                        "record."
                    ],
                ],
            },
        )

    def test_a_contact_is_called_at_the_company(self):
        self.customer.phone = "+34 954 000 000"
        self.assertEqual(self._get_kinds(self.contact, "call_out"), {})

    def test_a_letter_needs_a_complete_postal_address(self):
        for missing in ("street", "zip", "city"):
            with self.subTest(missing):
                _ok, partial = customers = self._create_reachable(2)
                partial[missing] = False
                self.assertEqual(self._get_kinds(customers, "letter"), {partial: "no_address"})

    def test_where_a_country_has_no_postal_codes_none_is_needed(self):
        country = self.env["res.country"].create(
            {"name": "Nocodia", "code": "XN", "zip_required": False}
        )
        customer = self._create_reachable(1)
        customer.write({"zip": False, "country_id": country.id})
        self.assertEqual(self._get_kinds(customer, "letter"), {})

    def test_a_visit_needs_nothing(self):
        self.assertEqual(self._get_kinds(self._create_customers(2), "visit"), {})

    def test_one_number_is_called_once_and_one_address_written_to_once(self):
        first, second, _other = customers = self._create_reachable(3)
        second.write({"phone": "0034600000000", "street": " calle  MAYOR, 0 "})
        for channel in ("call_out", "fax", "letter"):
            with self.subTest(channel):
                self.assertEqual(self._get_kinds(customers, channel), {second: "same_address"})
        self.assertEqual(self._get_kinds(customers, "visit"), {})
        self.assertTrue(first)

    def test_each_refusal_stands_on_its_line_with_its_reason(self):
        """One distribution of calls, and of letters, with everybody who can be refused."""
        ok, wish, black, none, same, archived = customers = self._create_reachable(6)
        wish.write(
            dict.fromkeys(("crm_refuses_call_since", "crm_refuses_post_since"), "2026-03-03")
        )
        self._opt_out(black, "blacklisted number")
        none.write({"phone": False, "street": False})
        same.write({"phone": ok.phone, "street": ok.street})
        archived.active = False
        expected = {
            "call_out": {
                wish: ("opted_out", "Customer 1 does not want calls (since March 3, 2026)."),
                black: ("opted_out", "+34600000002 is blacklisted."),
                none: ("no_address", "Customer 3 has no phone number."),
                same: (
                    "same_address",
                    "+34600000000 is also the address of another selected record.",
                ),
                archived: ("archived", "Customer 5 is archived."),
            },
            "letter": {
                wish: ("opted_out", "Customer 1 does not want post (since March 3, 2026)."),
                none: ("no_address", "Customer 3 has no complete postal address."),
                archived: ("archived", "Customer 5 is archived."),
            },
        }
        for channel, lines in expected.items():
            with self.subTest(channel):
                distribution = self._distribute(
                    customers,
                    activity_type_id=self._get_type(channel).id,
                    campaign_id=self.campaign.id,
                )
                told = {
                    self.env["res.partner"].browse(line.res_id): (line.kind, line.reason)
                    for line in distribution.line_ids
                }
                if channel == "letter":
                    self.assertEqual(told.pop(same)[0], "same_address")
                self.assertEqual(told, lines)
                self.assertEqual(
                    self._made(distribution).partner_id,
                    ok if channel == "call_out" else ok | black,
                )

    def test_what_has_happened_needs_no_number(self):
        customers = self._create_customers(2)
        self.assertEqual(self._get_kinds(customers, "call_out", state="done"), {})

    def test_what_is_personal_goes_to_who_has_opted_out_and_the_dialog_says_so(self):
        a, b = customers = self._create_reachable(2)
        a.crm_refuses_call_since = "2026-03-03"
        wizard = self._prepare_wizard(customers, activity_type_id=self.type_call.id)
        self.assertEqual(wizard.make_count, 2)
        self.assertIn("Customer 0", wizard.opt_out_notice)
        self.assertNotIn("Customer 1", wizard.opt_out_notice)
        wizard.campaign_id = self.campaign
        self.assertEqual(wizard.make_count, 1)
        self.assertFalse(wizard.opt_out_notice)
        self.assertTrue(b)

    def test_distributing_calls_takes_as_many_queries_as_distributing_visits(self):
        def count(channel, customers):
            type_ = self._get_type(channel)
            wizard = self._prepare_wizard(
                customers, activity_type_id=type_.id, campaign_id=self.campaign.id
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            wizard.action_distribute()
            return self.cr.sql_log_count - before

        count("visit", self._create_reachable(2))
        visits = count("visit", self._create_reachable(150))
        calls = count("call_out", self._create_reachable(150))
        self.assertLessEqual(calls, 1.05 * visits + 5)


@tagged("post_install", "-at_install")
class TestWhoMayBeCalled(ConsentCase):
    """The filter of a campaign's lists."""

    def test_who_has_a_number_and_has_not_opted_out(self):
        ok, none, wish, black = customers = self._create_reachable(4)
        none.phone = False
        wish.crm_refuses_call = True
        self._opt_out(black, "blacklisted number")
        self.assertEqual(customers.filtered("crm_may_be_called"), ok)
        search = self.env["res.partner"].search
        these = ("id", "in", customers.ids)
        self.assertEqual(search([these, ("crm_may_be_called", "=", True)]), ok)
        self.assertEqual(search([these, ("crm_may_be_called", "!=", True)]), customers - ok)

    def test_a_contact_may_be_called_at_the_company_unless_that_has_opted_out(self):
        search = self.env["res.partner"].search
        domain = [("id", "in", self.contact.ids), ("crm_may_be_called", "=", True)]
        self.assertFalse(search(domain))
        self.customer.phone = "+34 954 000 000"
        self.assertEqual(search(domain), self.contact)
        self.assertTrue(self.contact.crm_may_be_called)
        self.customer.crm_refuses_call = True
        self.assertFalse(search(domain))
        self.env.invalidate_all()
        self.assertFalse(self.contact.crm_may_be_called)
        self.customer.crm_refuses_call = False
        self._opt_out(self.customer, "blacklisted number")
        self.assertFalse(search(domain))
        self.env.invalidate_all()
        self.assertFalse(self.contact.crm_may_be_called)

    def test_the_company_that_somebody_has_just_got_is_asked(self):
        company, refusing = self._create_reachable(2)
        refusing.crm_refuses_call = True
        contact = self.env["res.partner"].create({"name": "New here"})
        domain = [("id", "in", contact.ids), ("crm_may_be_called", "=", True)]
        self.env.flush_all()
        for parent, found in ((company, contact), (refusing, contact.browse())):
            # As an addon that computes it leaves it: Odoo flushes where a person writes it.
            contact._write_multi([{"parent_id": parent.id}])
            contact.invalidate_recordset(["parent_id"], flush=False)
            self.env.add_to_compute(contact._fields["commercial_partner_id"], contact)
            self.assertEqual(self.env["res.partner"].search(domain), found)

    def test_the_mark_says_what_is_not_wanted(self):
        self.customer.write({"crm_refuses_call": True, "crm_refuses_visit": True})
        self.assertEqual(self.contact.crm_refusal_summary, "Calls, Visits")
        self.assertFalse(self.other_contact.crm_refusal_summary)
