# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""People leave, move and are merged; their activities stay workable."""

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CrmActivityCase

SALES = "base.group_user,base.group_partner_manager,sales_team.group_sale_%s"


class PeopleCase(CrmActivityCase):
    def _merge(self, source, into):
        with mute_logger("odoo.models.unlink"):
            self.env["base.partner.merge.automatic.wizard"].create(
                {"partner_ids": (source | into).ids, "dst_partner_id": into.id}
            ).action_merge()
        self.env.invalidate_all()

    def _end_transaction(self):
        self.env.flush_all()
        self.cr.flush()

    def _last_note(self, activity):
        [message] = activity.message_ids[:1]
        return html.fromstring(message.body).text_content()

    def _messages_to(self, user):
        return self.env["mail.message"].search([("partner_ids", "=", user.partner_id.id)])


@tagged("post_install", "-at_install")
class TestContactWhoLeft(PeopleCase):
    def _each_way_to_leave(self):
        """:return: for each: what happened, an activity of Sam's, and its contact who has left"""
        elm = self.env["res.partner"].create({"name": "Elm Ltd", "is_company": True})
        for way, *changes in (
            ("moves", {"parent_id": self.other_customer.id}),
            ("moves twice", {"parent_id": elm.id}, {"parent_id": self.other_customer.id}),
            ("becomes private", {"parent_id": False}),
            ("becomes a company", {"is_company": True}),
        ):
            activity, contact = self._create_with_contact(way)
            for values in changes:
                contact.write(values)
            yield way, activity, contact
        for way, survivor in (
            ("is merged into a contact", self.other_contact.copy({"name": "Olga at Pine"})),
            ("is merged into a company", elm.copy({"name": "Olga Oak Consulting"})),
        ):
            activity, contact = self._create_with_contact(way)
            self._merge(contact, survivor)
            yield way, activity, survivor

    def _create_with_contact(self, way):
        contact = self.contact.copy({"name": f"Olga who {way}"})
        activity = self._create_activity(contact_id=contact.id, user_id=self.salesman.id)
        return activity.with_user(self.salesman), contact

    def test_writing_the_same_values_again_changes_nothing(self):
        for way, activity, contact in self._each_way_to_leave():
            for values in (
                {"partner_id": self.customer.id, "contact_id": contact.id},
                {"contact_id": contact.id, "name": "Other samples"},
                {"partner_id": self.customer.id},
            ):
                with self.subTest(way, values=list(values)):
                    activity.write(values)
                    self.assertEqual(activity.partner_id, self.customer)
                    self.assertEqual(activity.contact_id, contact)
                    self.assertEqual(activity.name, values.get("name", activity.name))

    def test_an_import_of_the_same_values_changes_the_others(self):
        for way, activity, contact in self._each_way_to_leave():
            with self.subTest(way):
                ids = [activity.id, self.customer.id, contact.id, self.salesman.id]
                result = activity.load(
                    [".id", "partner_id/.id", "contact_id/.id", "user_id/.id", "name"],
                    [[*map(str, ids), "Imported"]],
                )
                self.assertFalse(result["messages"])
                self.assertEqual(activity.name, "Imported")
                self.assertEqual(activity.contact_id, contact)

    def test_a_replica_is_without_the_contact_and_says_so(self):
        for way, activity, contact in self._each_way_to_leave():
            with self.subTest(way):
                action = activity.action_replicate()
                reason = f"{contact.display_name} is no longer a contact of Oak & Sons"
                self.assertEqual(action["tag"], "display_notification")
                self.assertIn(reason, action["params"]["message"])
                replica = self.Activity.browse(action["params"]["next"]["res_id"])
                self.assertEqual(replica.partner_id, self.customer)
                self.assertFalse(replica.contact_id)
                self.assertIn(reason, self._last_note(replica))

    def test_a_replica_with_another_contact_needs_no_excuse(self):
        activity = self._create_activity(contact_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        replica = activity.copy({"contact_id": self.contact_2.id})
        self.assertEqual(replica.contact_id, self.contact_2)
        self.assertFalse(replica.message_ids)

    def test_the_form_goes_on_working(self):
        activity = self._create_activity(contact_id=self.contact.id, user_id=self.salesman.id)
        self.contact.parent_id = self.other_customer
        with Form(activity.with_user(self.salesman)) as form:
            form.name = "Other samples"
        self.assertEqual(activity.contact_id, self.contact)
        with Form(activity.with_user(self.salesman)) as form:
            form.contact_id = self.contact_2
        self.assertEqual(activity.partner_id, self.customer)
        self.assertEqual(activity.contact_id, self.contact_2)

    def test_what_is_chosen_anew_is_validated(self):
        activity = self._create_activity(contact_id=self.contact_2.id)
        self.contact.parent_id = self.other_customer
        for record in (activity, activity.with_user(self.manager)):
            with self.assertRaisesRegex(ValidationError, "is not a contact of"):
                record.write({"partner_id": self.customer.id, "contact_id": self.contact.id})
        with self.assertRaisesRegex(ValidationError, "is not a contact of"):
            self._create_activity(contact_id=self.contact.id)

    def test_one_of_a_thousand_does_not_hold_the_others_back(self):
        activities = self.Activity.with_user(self.manager).create(
            [
                {
                    "name": f"Visit {number}",
                    "activity_type_id": self.type_visit.id,
                    "contact_id": (self.contact if number == 500 else self.contact_2).id,
                }
                for number in range(1000)
            ]
        )
        self.contact.parent_id = self.other_customer
        activities.write({"partner_id": self.customer.id, "duration": 2})
        self.assertEqual(set(activities.mapped("duration")), {2})
        self.assertEqual(activities[500].contact_id, self.contact)
        action = activities.action_replicate()
        self.assertIn("originals: 1.", action["params"]["message"])
        replicas = self.Activity.search(action["params"]["next"]["domain"]).sorted("id")
        self.assertEqual(len(replicas), 1000)
        self.assertEqual(replicas.filtered(lambda r: not r.contact_id), replicas[500])
        self.assertEqual(replicas.filtered("message_ids"), replicas[500])

    def test_a_written_contact_moves_those_that_have_another(self):
        has_one = self._create_activity(contact_id=self.contact.id)
        has_none = self._create_activity()
        self.contact.parent_id = self.other_customer
        (has_one | has_none).contact_id = self.contact
        self.assertEqual(has_one.partner_id, self.customer, "unchanged: where it happened")
        self.assertEqual(has_none.partner_id, self.other_customer)

    def test_archived_customers_and_contacts_stay(self):
        activity = self._create_activity(contact_id=self.contact.id, user_id=self.salesman.id)
        activity = activity.with_user(self.salesman)
        (self.customer | self.contact).active = False
        activity.write({"partner_id": self.customer.id, "contact_id": self.contact.id})
        with Form(activity) as form:
            form.name = "Other samples"
        self.assertEqual(activity.copy().contact_id, self.contact)

    def test_a_distribution_reaches_the_contact_where_it_is_now(self):
        self._create_activity(contact_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        wizard = self.env["crm.activity.distribute"].create(
            {
                "target_model": "res.partner",
                "target_ids": (self.contact | self.contact_2).ids,
                "activity_type_id": self.type_visit.id,
                "name": "Show the new samples",
            }
        )
        wizard.action_distribute()
        made = wizard.distribution_id.activity_ids.sorted("id")
        self.assertEqual(made.contact_id, self.contact | self.contact_2)
        self.assertEqual(made.partner_id, self.other_customer | self.customer)

    def test_a_type_that_is_not_offered_any_more_stays_with_its_channel(self):
        activity = self._create_activity(activity_type_id=self.type_call.id)
        self.type_call.crm_channel = False
        activity.write({"activity_type_id": self.type_call.id, "name": "Called"})
        self.assertEqual((activity.name, activity.channel), ("Called", "call_out"))
        with self.assertRaises(ValidationError):
            self._create_activity().activity_type_id = self.type_call

    def test_a_boolean_is_no_record_that_is_there_already(self):
        activity = self._create_activity()
        for name in ("partner_id", "contact_id"):
            with self.assertRaises(UserError):
                activity.write({name: True})


@tagged("post_install", "-at_install")
class TestResponsible(PeopleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver = new_test_user(cls.env, "lea.leaver", SALES % "salesman", name="Lea Leaver")
        cls.portal = new_test_user(cls.env, "pia.portal", "base.group_portal", name="Pia Portal")
        cls.archived = new_test_user(cls.env, "arno", SALES % "salesman", name="Arno Archived")
        cls.archived.active = False

    def test_who_is_archived_or_not_an_employee_cannot_be_responsible(self):
        activity = self._create_activity(user_id=self.manager.id).with_user(self.manager)
        values = {
            "name": "Visit",
            "activity_type_id": self.type_visit.id,
            "partner_id": self.customer.id,
        }
        ways = {
            "create": lambda user: activity.create({**values, "user_id": user.id}),
            "default": lambda user: activity.with_context(default_user_id=user.id).create(values),
            "write": lambda user: activity.write({"user_id": user.id}),
            "write as superuser": lambda user: activity.sudo().write({"user_id": user.id}),
            "copy": lambda user: activity.copy({"user_id": user.id}),
            "distribute": self._distribute,
        }
        for user in self.portal | self.archived:
            for way, give in ways.items():
                with (
                    self.subTest(way, user=user.name),
                    self.assertRaisesRegex(ValidationError, f"{user.name} cannot be responsible"),
                    self.env.cr.savepoint(),
                ):
                    give(user)
            result = activity.load(
                ["name", "activity_type_id/.id", "user_id/.id"],
                [["Visit", str(self.type_visit.id), str(user.id)]],
            )
            self.assertIn("cannot be responsible", result["messages"][0]["message"])

    def _distribute(self, user):
        wizard = self.env["crm.activity.distribute"].with_user(self.manager)
        return wizard.create(
            {
                "target_model": "res.partner",
                "target_ids": self.customer.ids,
                "activity_type_id": self.type_visit.id,
                "name": "Visit",
                "user_policy": "user",
                "user_id": user.id,
            }
        )

    def test_an_employee_can_be_responsible_whatever_the_sales_rights(self):
        employee = new_test_user(self.env, "erik", "base.group_user")
        self.assertEqual(self._create_activity(user_id=employee.id).user_id, employee)

    def test_what_an_archived_user_did_stays_editable(self):
        activity = self._create_activity(user_id=self.leaver.id).with_user(self.manager)
        self.leaver.active = False
        activity.write({"user_id": self.leaver.id, "name": "Shown"})
        with Form(activity) as form:
            form.duration = 1
        activity.action_done()
        self.assertEqual((activity.name, activity.user_id), ("Shown", self.leaver))

    def test_a_replica_is_for_who_replicates_where_the_responsible_cannot_be_it(self):
        def archive(user):
            user.active = False

        def make_portal(user):
            user.group_ids = [Command.set(self.env.ref("base.group_portal").ids)]

        def send_away(user):
            user.write({"company_id": self.company_b.id, "company_ids": self.company_b.ids})

        for number, leave in enumerate((archive, make_portal, send_away)):
            with self.subTest(leave.__name__):
                user = new_test_user(self.env, f"u{number}", SALES % "salesman", name=f"U{number}")
                stays = self._create_activity(user_id=self.salesman.id)
                activity = self._create_activity(user_id=user.id)
                leave(user)
                originals = (stays | activity).with_user(self.salesman_all)
                action = originals.action_replicate()
                replicas = self.Activity.search(action["params"]["next"]["domain"]).sorted("id")
                self.assertEqual(replicas.mapped("user_id"), self.salesman | self.salesman_all)
                self.assertIn(
                    f"U{number} can no longer be responsible and was replaced by Ada All.",
                    self._last_note(replicas[1]),
                )
                self.assertEqual(action["params"]["type"], "warning")

    def test_a_salesperson_is_asked_in_the_targets_company(self):
        self.customer.user_id = self.leaver
        self.leaver.write({"company_id": self.company_b.id, "company_ids": self.company_b.ids})
        wizard = self.env["crm.activity.distribute"].with_user(self.manager)
        wizard = wizard.create(
            {
                "target_model": "res.partner",
                "target_ids": self.customer.ids,
                "activity_type_id": self.type_visit.id,
                "name": "Visit",
                "user_policy": "salesperson",
            }
        )
        wizard.action_distribute()
        self.assertEqual(wizard.distribution_id.activity_ids.user_id, self.manager)

    def test_who_may_make_their_own_alone_gives_nothing_to_others(self):
        """One rule for creating and writing."""
        activity = self._create_activity(user_id=self.salesman.id).with_user(self.salesman)
        email = self._create_activity(
            user_id=self.salesman.id, activity_type_id=self.type_email.id, body="<p>Hello</p>"
        ).with_user(self.salesman)
        with self.assertRaises(AccessError):
            activity.create(
                {
                    "name": "Visit",
                    "activity_type_id": self.type_visit.id,
                    "user_id": self.manager.id,
                }
            )
        for record, values in (
            (activity, {}),
            (activity, {"name": "Yours"}),
            (email, {"state": "pending"}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                record.write({"user_id": self.manager.id, **values})
        self.assertEqual((activity | email).sudo().user_id, self.salesman)
        self.assertEqual(email.state, "draft", "nothing leaves in the name of somebody else")
        activity.with_user(self.salesman_all).user_id = self.manager
        self.assertEqual(activity.sudo().user_id, self.manager)


@tagged("post_install", "-at_install")
class TestCompanyMove(PeopleCase):
    """Sam and Cleo work in company A, Beth in B, the manager in both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        both = (cls.company_a | cls.company_b).ids
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": both})
        cls.manager.company_ids |= cls.company_b
        in_b = {"company_id": cls.company_b.id, "company_ids": cls.company_b.ids}
        cls.beth = new_test_user(cls.env, "beth", SALES % "salesman", name="Beth Beech", **in_b)
        cls.clerk = new_test_user(
            cls.env, "clerk", "base.group_user,base.group_partner_manager", name="Carl Clerk"
        )
        cls.clerk.company_ids |= cls.company_b
        cls.Activity = cls.Activity.with_env(cls.env)

    def _as(self, user, record):
        return record.with_env(self.env(user=user))

    def _create_sams(self, **values):
        return self._create_activity(user_id=self.salesman.id, **values)

    def test_open_work_goes_to_who_looks_after_the_customer_there(self):
        pending, draft = self._create_sams(), self._create_sams(state="draft")
        done, cancelled = self._create_sams(state="done"), self._create_sams(state="cancelled")
        of_manager = self._create_activity(user_id=self.manager.id)
        self.customer.user_id = self.beth
        told = self._messages_to(self.salesman), self._messages_to(self.beth)
        self._as(self.manager, self.customer).company_id = self.company_b
        self._end_transaction()
        everything = pending | draft | done | cancelled | of_manager
        self.assertEqual(everything.company_id, self.company_b)
        self.assertEqual((pending | draft).user_id, self.beth)
        self.assertEqual((done | cancelled).user_id, self.salesman)
        self.assertEqual(of_manager.user_id, self.manager)
        self.assertIn(
            "belongs to Company B. Sam Own has no access to this company, so Beth Beech is now "
            "responsible.",
            self._last_note(pending),
        )
        self.assertIn(self.beth.partner_id, pending.message_partner_ids)
        [to_sam] = self._messages_to(self.salesman) - told[0]
        self.assertIn("Company B", to_sam.subject)
        self.assertIn("now responsible: Beth Beech", html.fromstring(to_sam.body).text_content())
        [to_beth] = self._messages_to(self.beth) - told[1]
        self.assertIn("2 CRM activities", to_beth.subject)
        self._as(self.beth, pending).with_context(allowed_company_ids=None).action_done()
        self.assertEqual(pending.state, "done")

    def test_without_a_salesperson_there_it_goes_to_the_one_who_moved_the_customer(self):
        self.customer.user_id = self.salesman
        activity = self._create_sams()
        self._as(self.manager, self.customer).company_id = self.company_b
        self._end_transaction()
        self.assertEqual(activity.user_id, self.manager)

    def test_everybody_is_told_once_however_many_customers_move(self):
        customers = self.customer | self.other_customer
        customers.user_id = self.beth
        activities = self.Activity.union(
            *(
                self._create_sams(partner_id=customer.id, **values)
                for customer in customers
                for values in ({}, {"contact_id": customer.child_ids[0].id})
            )
        )
        before = {user: self._messages_to(user) for user in (self.salesman, self.beth)}
        self._as(self.manager, customers).write({"company_id": self.company_b.id})
        self._end_transaction()
        self.assertEqual(activities.user_id, self.beth)
        for user, messages in before.items():
            self.assertEqual(len(self._messages_to(user) - messages), 1, user.name)

    def test_else_it_stays_and_says_so(self):
        activity = self._create_sams()
        before = self._messages_to(self.salesman)
        self._as(self.clerk, self.customer).company_id = self.company_b
        self._end_transaction()
        self.assertEqual((activity.company_id, activity.user_id), (self.company_b, self.salesman))
        self.assertIn("Choose a new responsible", self._last_note(activity))
        [told] = self._messages_to(self.salesman) - before
        self.assertIn("no new responsible", told.body)
        activity.name = "Still editable"
        self.assertEqual(activity.copy().company_id, self.company_b)

    def test_every_way_into_another_company_hands_open_work_over(self):
        Partner = self.env["res.partner"]
        self.customer.user_id = self.beth
        in_b = Partner.create(
            {
                "name": "Birch Ltd",
                "is_company": True,
                "company_id": self.company_b.id,
                "user_id": self.beth.id,
            }
        )
        contact_in_b = Partner.create({"name": "Bea Birch", "parent_id": in_b.id})
        contact_in_b.company_id = self.company_b
        person = Partner.create({"name": "Petra Private"})
        ways = {
            "a person joins a customer there": (
                {"partner_id": person.id},
                lambda: person.write({"parent_id": in_b.id}),
            ),
            "a contact alone moves": (
                {"contact_id": self.contact.id},
                lambda: self.contact.write({"company_id": self.company_b.id}),
            ),
            "a customer is merged into one": (
                {"partner_id": self.other_customer.id, "contact_id": self.other_contact.id},
                lambda: self._merge(self.other_customer, in_b),
            ),
            "a person is merged into a contact": (
                {"partner_id": (private := Partner.create({"name": "Bea B."})).id},
                lambda: self._merge(private, contact_in_b),
            ),
            "a customer is merged into a contact": (
                {"partner_id": (company := Partner.create({"name": "B", "is_company": True})).id},
                lambda: self._merge(company, contact_in_b),
            ),
        }
        self.contact.user_id = self.beth
        for way, (values, move) in ways.items():
            with self.subTest(way):
                activity = self._create_sams(**values)
                move()
                self._end_transaction()
                self.env.invalidate_all()
                self.assertEqual(activity.company_id, self.company_b)
                self.assertEqual(activity.user_id, self.beth)
                self.assertEqual(activity.partner_id, activity.partner_id.commercial_partner_id)
                activity.copy()

    def test_a_contact_of_another_company_stops_nobody(self):
        """Odoo lets a contact and its customer belong to two companies."""
        person = self.env["res.partner"].create(
            {"name": "Petra Private", "company_id": self.company_a.id}
        )
        activity = self._create_sams(partner_id=person.id)
        other = self._create_sams(partner_id=self.other_customer.id)
        self.customer.company_id = self.company_b
        (person | self.other_contact).write({"parent_id": self.customer.id})
        self.assertEqual((activity.partner_id, activity.contact_id), (self.customer, person))
        activity.write({"partner_id": self.customer.id, "contact_id": person.id, "name": "Again"})
        activity.write({"company_id": activity.company_id.id})
        replicas = (activity | other).copy()
        self.assertEqual(replicas[0].partner_id, self.customer)
        self.assertFalse(replicas[0].contact_id)
        self.assertIn("belongs to another company", self._last_note(replicas[0]))

    def test_who_chooses_a_customer_elsewhere_chooses_who_is_responsible_there(self):
        self.other_customer.company_id = self.company_b
        activity = self._create_sams(contact_id=self.contact.id)
        for record in (activity, self._as(self.manager, activity)):
            with self.assertRaisesRegex(UserError, "company"), self.env.cr.savepoint():
                record.partner_id = self.other_customer
        self._as(self.manager, activity).write(
            {"partner_id": self.other_customer.id, "user_id": self.beth.id}
        )
        self.assertEqual((activity.company_id, activity.user_id), (self.company_b, self.beth))

    def test_a_queued_email_goes_along_and_is_not_queued_twice(self):
        self.customer.user_id = self.beth
        activity = self._create_sams(
            activity_type_id=self.type_email.id, body="<p>Hello</p>", state="pending"
        )
        mail = activity.mail_message_id.mail_ids
        self.assertTrue(mail)
        self._as(self.manager, self.customer).company_id = self.company_b
        self._end_transaction()
        self.assertEqual((activity.user_id, activity.state), (self.beth, "pending"))
        self.assertEqual(activity.mail_message_id.mail_ids, mail)

    def test_moving_customers_costs_no_queries_for_each_activity(self):
        def count(number):
            customer = self.customer.copy({"user_id": self.beth.id})
            self.Activity.create(
                [
                    {
                        "name": "Visit",
                        "activity_type_id": self.type_visit.id,
                        "partner_id": customer.id,
                        "user_id": self.salesman.id,
                    }
                    for _ in range(number)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            customer.company_id = self.company_b
            self._end_transaction()
            return self.cr.sql_log_count - before

        count(1)
        few, many = count(20), count(520)
        self.assertLess(many - few, 0.1 * 500)
