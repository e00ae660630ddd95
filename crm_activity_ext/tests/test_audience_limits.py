# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What somebody writes as a domain costs the database so much and no more."""

from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form, tagged
from odoo.tools import SQL

from ..domain_limits import MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, MAX_SUBQUERIES
from ..models import utm_campaign_audience
from .test_campaign import CampaignCase
from .test_export import ExportCase


def _nested(operator, depth):
    domain = [("name", "=", "x")]
    for _level in range(depth):
        domain = [("child_ids", operator, domain)]
    return domain


def _beside(condition, count):
    return ["|"] * (count - 1) + [condition] * count


TOO_MUCH = {
    "any within any": _nested("any", 80),
    "not any within not any": _nested("not any", 80),
    "a long path": [(".".join(["parent_id"] * 80 + ["name"]), "=", "x")],
    "subqueries": _beside(("child_ids", "any", [("name", "=", "x")]), 400),
    "paths": _beside(("parent_id.name", "=", "x"), 400),
    "to-many fields": _beside(("category_id", "in", [1]), 400),
    "hierarchies": _beside(("parent_id", "child_of", 1), 400),
    "names of others": _beside(("parent_id", "ilike", "x"), 400),
    "conditions": _beside(("name", "=", "x"), 400),
    "conditions within": [("child_ids", "any", _beside(("name", "=", "x"), 400))],
    "ids": [("id", "in", list(range(MAX_LENGTH // 5)))],
}
ENOUGH = {
    "depth": _nested("any", MAX_DEPTH),
    "path": [("parent_id.parent_id.category_id.name", "ilike", "x")],
    "subqueries": _beside(("category_id", "in", [1]), MAX_SUBQUERIES),
    "conditions": _beside(("name", "=", "x"), MAX_CONDITIONS),
    "ids": [("id", "in", list(range(10_000)))],
    "part of a date": [("create_date.year_number", "=", 2026)],
}


@tagged("post_install", "-at_install")
class TestAudienceSize(CampaignCase):
    def _write_by_sql(self, domain):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE utm_campaign SET audience_domain = %s WHERE id = %s",
                str(domain),
                self.campaign.id,
            )
        )
        self.campaign.invalidate_recordset()

    def test_what_is_too_much_is_refused_before_the_database_is_asked(self):
        campaign = self.campaign.with_user(self.salesman)
        for name, domain in TOO_MUCH.items():
            with self.subTest(name):
                with (
                    self.assertRaisesRegex(ValidationError, "maximum: "),
                    self.env.cr.savepoint(),
                ):
                    campaign.audience_domain = str(domain)
                before = self.env.cr.sql_log_count
                checked = campaign.new({"audience_domain": str(domain)})
                with self.assertRaisesRegex(UserError, "maximum: "):
                    checked._get_matching_partners()
                self.assertEqual(self.env.cr.sql_log_count, before)

    def test_what_people_choose_is_not(self):
        for name, domain in ENOUGH.items():
            with self.subTest(name):
                self.campaign.with_user(self.salesman).audience_domain = str(domain)
                self.assertFalse(self.campaign.audience_error)

    def test_what_was_stored_before_is_not_searched(self):
        for name, domain in TOO_MUCH.items():
            with self.subTest(name):
                self._write_by_sql(domain)
                campaign = self.campaign.with_user(self.salesman)
                values = campaign.read(
                    ["audience_error", "audience_reached_share", "crm_activity_progress"]
                )[0]
                self.assertIn("maximum: ", values["audience_error"])
                for method in ("action_view_crm_customers", "action_view_crm_contacts"):
                    with self.assertRaisesRegex(UserError, "maximum: "):
                        getattr(campaign, method)()
                partners = self.env["res.partner"].with_user(self.salesman)
                for field in ("crm_customer_of_campaign_id", "crm_contact_of_campaign_id"):
                    with self.assertRaisesRegex(UserError, "maximum: "):
                        partners.search_count([(field, "=", campaign.id)])


@tagged("post_install", "-at_install")
class TestAudienceTime(CampaignCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()
        cls.env.cr.execute(
            """INSERT INTO res_partner
            SELECT (jsonb_populate_record(partner, jsonb_build_object(
                'id', nextval('res_partner_id_seq'),
                'name', 'Slow ' || n,
                'complete_name', 'Slow ' || n
            ))).*
            FROM res_partner partner, generate_series(1, 20000) AS n
            WHERE partner.id = %s""",
            (cls.other_customer.id,),
        )
        cls.env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE name LIKE 'Slow %'"
        )

    def _timeout(self):
        self.env.cr.execute("SHOW statement_timeout")
        return self.env.cr.fetchone()[0]

    def test_a_slow_one_says_so_and_leaves_the_form_usable(self):
        slow = "[('name', 'ilike', 'no such name')]"
        self.campaign.audience_domain = slow
        before = self._timeout()
        campaign = self.campaign.with_user(self.salesman)
        self.assertFalse(campaign.audience_error)
        self.env.invalidate_all()
        with patch.object(utm_campaign_audience, "AUDIENCE_TIMEOUT", 2):
            [figures] = campaign.get_crm_figures(["audience_error"])
            self.assertIn("takes too long", figures["audience_error"])
            [figures] = campaign.get_crm_figures(["audience_error"], {"audience_domain": slow})
            self.assertIn("takes too long", figures["audience_error"])
            Form(campaign).save()
            with self.assertRaisesRegex(UserError, "takes too long"):
                campaign.action_view_crm_customers()
            self.assertEqual(self._timeout(), before, "after an error")
        self.env.invalidate_all()
        self.assertFalse(campaign.audience_error)
        self.assertEqual(self._timeout(), before, "after success")

    def test_a_list_of_slow_ones_ends_in_time(self):
        campaigns = self.env["utm.campaign"].create(
            [
                {"title": f"Slow {i}", "audience_domain": f"[('name', 'ilike', 'no such {i}')]"}
                for i in range(5)
            ]
        )
        self.env.invalidate_all()
        with patch.object(utm_campaign_audience, "LIST_TIMEOUT", 0):
            campaigns.read(["audience_customer_count", "audience_error", "audience_reached_share"])
            self.assertTrue(all("takes too long" in c.audience_error for c in campaigns))

    def test_a_slow_one_in_a_list_leaves_the_others_their_numbers(self):
        domains = [
            "[('name', '=', 'Slow 1')]",
            "[('name', 'ilike', 'no such')]",
            "[('id', '=', 0)]",
        ]
        campaigns = self.env["utm.campaign"].create(
            [{"title": f"Campaign {i}", "audience_domain": text} for i, text in enumerate(domains)]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        count_partners = type(campaigns)._count_partners

        def count_slowly(campaign, *domains):
            if campaign == campaigns[1]:
                campaign.env.cr.execute(
                    "SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", log_exceptions=False
                )
            return count_partners(campaign, *domains)

        with patch.object(type(campaigns), "_count_partners", count_slowly):
            names = ["audience_customer_count", "audience_reached_share", "audience_error"]
            rows = campaigns.read(names)
        self.assertEqual([row["audience_customer_count"] for row in rows], [1, 0, 0])
        self.assertEqual([bool(row["audience_error"]) for row in rows], [False, True, False])


@tagged("post_install", "-at_install")
class TestExportSize(ExportCase):
    def test_the_download_takes_no_such_domain(self):
        inside = _nested("any", 80)
        for domain in (
            [("partner_id", "any", inside)],
            _beside(("partner_id.name", "=", "x"), 400),
            list(Domain.OR([Domain("name", "=", str(number)) for number in range(400)])),
        ):
            response = self._get(self.salesman_all, domain=str(domain))
            self.assertEqual(response.status_code, 400)
            self.assertIn("maximum: ", response.text)
        self.assertTrue(self._create_activity(user_id=self.salesman_all.id))
        self.assertEqual(
            self._subjects(domain="[('partner_id.name', 'ilike', 'oak')]"), ["Show the samples"]
        )
