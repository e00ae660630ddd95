# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..models import crm_activity_search_mixin
from .common import CrmActivityCase
from .test_distribution import DistributionCase

ROWS = 20_000
SPELLINGS = ["+34 600 11 22 33", "0034600112233", "600112233", "600-11-22-33", "(600) 11.22.33"]


@tagged("post_install", "-at_install")
class TestSearchByPhone(CrmActivityCase):
    def test_a_customer_and_a_contact_are_found_by_number_in_every_spelling(self):
        visits = {}
        for partner in (self.customer, self.contact):
            partner.phone = "+34600112233"
            visits[partner] = self._create_activity(
                contact_id=partner.id if partner == self.contact else False,
                user_id=self.salesman.id,
            )
        self._create_activity(partner_id=self.other_customer.id, user_id=self.salesman.id)
        self.env.flush_all()
        for model_name in ("crm.activity", "crm.activity.history"):
            model = self.env[model_name].with_user(self.salesman)
            for spelling in SPELLINGS:
                with self.subTest(model_name, spelling=spelling):
                    found = model.search([("phone_search", "ilike", spelling)])
                    ids = found.ids if model_name == "crm.activity" else found.mapped("res_id")
                    self.assertEqual(set(ids), {visit.id for visit in visits.values()})

    def test_every_spelling_is_found_as_it_was_typed(self):
        activity = self._create_activity(user_id=self.salesman.id)
        for stored in SPELLINGS:
            self.customer.phone = stored
            self.env.flush_all()
            for typed in (stored, "600 112 233"):
                with self.subTest(stored, typed=typed):
                    found = self.Activity.search([("phone_search", "ilike", typed)])
                    self.assertEqual(found, activity)

    def test_the_search_views_offer_the_number(self):
        for model_name in ("crm.activity", "crm.activity.history"):
            with self.subTest(model_name):
                view = self.env[model_name].with_user(self.salesman).get_view(view_type="search")
                [field] = etree.fromstring(view["arch"]).xpath("//field[@name='phone_search']")
                self.assertFalse(field.get("filter_domain"))

    def test_a_number_finds_no_activity_of_a_colleague(self):
        self.customer.phone = "+34600112233"
        self._create_activity(user_id=self.salesman_all.id)
        self.env.flush_all()
        for model_name in ("crm.activity", "crm.activity.history"):
            model = self.env[model_name].with_user(self.salesman)
            self.assertFalse(model.search([("phone_search", "ilike", "600112233")]))

    def test_a_part_of_a_number_that_is_too_short_is_refused_in_words(self):
        with self.assertRaisesRegex(UserError, "at least 3 characters"):
            self.Activity.search([("phone_search", "ilike", "60")])


@tagged("post_install", "-at_install")
class TestSearchByWords(CrmActivityCase):
    """What is typed into the search and confirmed with Enter."""

    def _find(self, words, user=None):
        Activity = self.Activity.with_user(user or self.manager)
        return Activity.search([("words_search", "ilike", words)])

    def test_it_is_what_enter_searches(self):
        for model_name in ("crm.activity", "crm.activity.history"):
            with self.subTest(model_name):
                view = self.env[model_name].with_user(self.salesman).get_view(view_type="search")
                [first, *_others] = etree.fromstring(view["arch"]).xpath("//field")
                self.assertEqual(first.get("name"), "words_search")

    def test_subject_text_customer_and_contact_find_an_activity(self):
        activity = self._create_activity(
            name="Zebra skins", body="<p>He likes <b>quokkas</b></p>", contact_id=self.contact.id
        )
        self._create_activity(name="Other", partner_id=self.other_customer.id)
        for words in ("zebra", "quokka", "oak & s", "olga"):
            with self.subTest(words):
                self.assertEqual(self._find(words), activity)
        self.assertFalse(self._find("nobody of this name"))

    def test_archived_customers_are_found_by_name(self):
        activity = self._create_activity()
        self.customer.child_ids.active = False
        self.customer.active = False
        self.assertEqual(self._find("oak & s"), activity)

    def test_customer_or_contact_finds_by_their_names_alone(self):
        activity = self._create_activity(name="Zebra skins", contact_id=self.contact.id)
        mine = self._create_activity(contact_id=self.contact.id, user_id=self.salesman.id)
        self._create_activity(partner_id=self.other_customer.id)
        self.customer.child_ids.active = False
        for words, found in (
            ("oak & s", activity | mine),
            ("olga", activity | mine),
            ("zebra", []),
        ):
            with self.subTest(words):
                domain = [("customer_search", "ilike", words)]
                self.assertEqual(self.Activity.with_user(self.manager).search(domain) or [], found)
                own = self.Activity.with_user(self.salesman).search(domain)
                self.assertEqual(own or [], found and mine)

    def test_a_name_finds_no_activity_of_a_colleague(self):
        self._create_activity(user_id=self.salesman_all.id)
        self.assertFalse(self._find("oak", self.salesman))

    def test_an_address_finds_who_it_belongs_to(self):
        activity = self._create_activity(user_id=self.salesman.id)
        self._create_activity(partner_id=self.other_customer.id, user_id=self.salesman.id)
        for model_name in ("crm.activity", "crm.activity.history"):
            rows = self.env[model_name].with_user(self.salesman)
            found = rows.search([("email_search", "ilike", "oak@example")])
            ids = found.ids if model_name == "crm.activity" else found.mapped("res_id")
            self.assertEqual(ids, activity.ids)

    def test_the_history_is_found_by_words_and_names(self):
        activity = self._create_activity(name="Zebra skins", contact_id=self.contact.id)
        self._create_activity(partner_id=self.other_customer.id)
        History = self.env["crm.activity.history"].with_user(self.manager)
        for words in ("zebra", "oak & s", "olga"):
            with self.subTest(words):
                rows = History.search([("words_search", "ilike", words), ("kind", "=", "activity")])
                self.assertEqual(rows.mapped("res_id"), activity.ids)

    def test_a_name_that_thousands_share_finds_as_well(self):
        """Beyond some number it is a query of them and not their ids."""
        made_for = self._create_activity(contact_id=self.contact.id)
        took_part = self._create_activity(
            partner_id=False, participant_ids=(self.contact | self.contact_2).ids
        )
        self._create_activity(partner_id=self.other_customer.id)
        self.startPatcher(patch.object(crm_activity_search_mixin, "MAX_TARGETS", 1))
        for model_name in ("crm.activity", "crm.activity.history"):
            model = self.env[model_name].with_user(self.manager)
            for field_name in ("words_search", "customer_search"):
                if field_name not in model._fields:
                    continue
                with self.subTest(model_name, field_name=field_name):
                    found = model.search([(field_name, "ilike", "oak")])
                    ids = found.ids if model_name == "crm.activity" else found.mapped("res_id")
                    self.assertEqual(set(ids), {made_for.id, took_part.id})

    def test_a_page_and_its_number_look_for_names_once(self):
        for _number in range(2):
            self._create_activity(contact_id=self.contact.id)
        Partner = type(self.env["res.partner"])
        search, searched = Partner.search, []

        def count(partners, domain, *args, **options):
            searched.append(domain)
            return search(partners, domain, *args, **options)

        Activity = self.Activity.with_user(self.manager)
        domain = [("customer_search", "ilike", "olga")]
        with patch.object(Partner, "search", count):
            page = Activity.web_search_read(domain, {"name": {}}, limit=1)
        self.assertEqual((len(page["records"]), page["length"]), (1, 2))
        self.assertEqual(len(searched), 1)
        # Not longer: they may be called otherwise by then.
        self.contact.name = "Renata"
        self.assertFalse(Activity.web_search_read(domain, {"name": {}}, limit=1)["length"])

    def test_names_and_answers_are_looked_up_once_whatever_there_is(self):
        self._create_activity(name="Zebra skins")
        self._find("zebra")  # warm
        models = len(self.Activity._get_target_fields())
        with self.assertQueryCount(models + 2):
            self._find("zebra")


@tagged("post_install", "-at_install")
class TestSearchPlan(CrmActivityCase):
    """PostgreSQL finds what people look for all day by indexes, however much there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activity = cls._create_activity(contact_id=cls.contact.id, body="<p>Twelve chairs</p>")
        cls.env.flush_all()
        own = {"id", "name", "user_id", "partner_id", "contact_id", "date", "state"}
        fields = cls.Activity._fields.items()
        names = [name for name, field in fields if field.store and field.column_type]
        columns = [SQL.identifier(name) for name in names if name not in own]
        users = [cls.salesman.id, cls.salesman_all.id, cls.manager.id]
        cls.env.cr.execute(
            SQL(
                "INSERT INTO crm_activity (name, user_id, partner_id, date, state, %(columns)s)"
                " SELECT 'Subject ' || n, (%(users)s::integer[])[1 + n %% 3], %(partner)s,"
                " date - n * interval '1 hour',"
                " (ARRAY['pending', 'done', 'failed'])[1 + n / 3 %% 3], %(columns)s"
                " FROM crm_activity, generate_series(1, %(rows)s) n WHERE id = %(id)s",
                columns=SQL(", ").join(columns),
                users=users,
                partner=cls.other_customer.id,
                rows=ROWS,
                id=activity.id,
            )
        )
        cls.env.cr.execute("ANALYZE crm_activity")

    def _explain(self, domain, **options):
        query = self.Activity.with_user(self.salesman_all)._search(domain, **options)
        return self._explain_query(query.select())

    def test_words_and_names_are_found_by_indexes(self):
        plan = self._explain([("words_search", "ilike", self.contact.name)])
        for index in ("_name_index", "own_text_idx", "partner_date_idx", "_contact_id_index"):
            self.assertIn(index, plan)
        self.assertNotIn("Seq Scan", plan)

    def test_customers_and_contacts_are_found_by_indexes(self):
        plan = self._explain([("customer_search", "ilike", self.contact.name)])
        for index in ("partner_date_idx", "_contact_id_index"):
            self.assertIn(index, plan)
        self.assertNotIn("Seq Scan", plan)

    def test_what_is_mine_is_found_by_one_index_in_its_order_whatever_its_status(self):
        mine = [("user_id", "=", self.salesman_all.id)]
        for domain in (mine, [*mine, ("state", "=", "done")], [*mine, ("state", "=", "failed")]):
            with self.subTest(domain):
                plan = self._explain(domain, order=self.Activity._order, limit=80)
                self.assertIn("user_date_idx", plan)
                self.assertNotIn("Sort", plan)

    def test_a_page_is_found_by_an_index_alone_and_then_read(self):
        Activity = self.Activity.with_user(self.salesman_all)
        for state in ("done", "failed"):
            domain = [("user_id", "=", self.salesman_all.id), ("state", "=", state)]
            page = {"domain": domain, "field_names": ["name", "body"], "offset": 3, "limit": 80}
            with self.subTest(state):
                [query] = self._note_queries(lambda p=page: Activity.search_fetch(**p))
                self.assertRegex(self._explain_query(query), r"Index Only Scan[\w ]+user_date_idx")
                found = Activity.search_fetch(**page)
                self.assertEqual(found, Activity.search(domain)[3:83])

    def test_what_is_in_a_month_of_the_calendar_is_found_by_indexes(self):
        # Neither the first nor the last one that there is something in.
        end = self.Activity.search([], order="date", limit=1).date + timedelta(days=400)
        month = [("date", "<=", end), ("date_end_search", ">=", end - timedelta(days=31))]
        for domain in (month, [*month, ("user_id", "=", self.salesman_all.id)]):
            with self.subTest(domain):
                plan = self._explain(domain)
                self.assertIn("long_date_idx", plan)
                self.assertNotIn("Seq Scan", plan)


@tagged("post_install", "-at_install")
class TestSearchInDistributions(DistributionCase):
    def test_a_text_written_for_many_is_found_by_its_subject(self):
        text = "<p>Twelve walnut chairs</p>"
        mine = self._create_activity(name="Visit", body=text)
        self._distribute(self.customer, name="Spring offer", body=text)
        self.assertEqual(self.Activity.search([("words_search", "ilike", "walnut")]), mine)
        found = self.Activity.search([("words_search", "ilike", "spring")])
        self.assertEqual(found.partner_id, self.customer)
