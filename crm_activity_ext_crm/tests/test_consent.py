# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom not to contact: leads, and what becomes of their wish."""

from base64 import b64encode
from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestLeadConsent(CrmActivityCase):
    def _create_leads(self, count, **values):
        return self.env["crm.lead"].create(
            [
                {"name": f"Desks {i}", "phone": f"+34 600 000 {i:03}", "type": "lead", **values}
                for i in range(count)
            ]
        )

    def _distribute_calls(self, leads):
        wizard = (
            self.env["crm.activity.distribute"]
            .with_user(self.manager)
            .create(
                {
                    "target_model": "crm.lead",
                    "target_ids": leads.ids,
                    "activity_type_id": self.type_call.id,
                    "campaign_id": self.campaign.id,
                }
            )
        )
        wizard.action_distribute()
        return wizard.distribution_id

    def test_a_lead_has_a_wish_of_its_own(self):
        [lead] = self._create_leads(1)
        with Form(lead.with_user(self.manager)) as form:
            form.crm_refuses_call = True
        self.assertEqual(lead.crm_refuses_call_since, date.today())
        self.assertEqual(lead.crm_refusal_user_id, self.manager)
        with self.assertRaisesRegex(UserError, "Desks 0 does not want calls"):
            self._create_activity(
                partner_id=False,
                lead_id=lead.id,
                activity_type_id=self.type_call.id,
                campaign_id=self.campaign.id,
            )

    def test_its_wish_and_that_of_its_customer_hold(self):
        ok, own, of_customer = leads = self._create_leads(3)
        own.crm_refuses_call = True
        of_customer.partner_id = self.contact
        self.contact.phone = "+34 954 000 000"
        self.customer.crm_refuses_call = True
        distribution = self._distribute_calls(leads)
        self.assertEqual(distribution.activity_ids.lead_id, ok)
        self.assertEqual(
            {line.res_id: line.kind for line in distribution.line_ids},
            {own.id: "opted_out", of_customer.id: "opted_out"},
        )

    def test_a_lead_without_a_wish_does_not_undo_that_of_its_customer(self):
        [lead] = self._create_leads(1, partner_id=self.customer.id)
        self.customer.crm_refuses_visit = True
        with self.assertRaisesRegex(UserError, "Oak & Sons does not want visits"):
            self._create_activity(partner_id=False, lead_id=lead.id, campaign_id=self.campaign.id)

    def test_the_customer_that_is_made_of_a_lead_has_its_wish(self):
        [lead] = self._create_leads(1, contact_name="Lea", partner_name="Lamps & Co")
        lead.write(
            {
                "crm_refuses_call_since": "2026-03-03",
                "crm_refusal_reason": "On the phone",
                "crm_refusal_user_id": self.salesman.id,
            }
        )
        lead._handle_partner_assignment(create_missing=True)
        self.assertRecordValues(
            lead.partner_id,
            [
                {
                    "name": "Lea",
                    "crm_refuses_call_since": date(2026, 3, 3),
                    "crm_refuses_post": False,
                    "crm_refusal_reason": "On the phone",
                    "crm_refusal_user_id": self.salesman.id,
                }
            ],
        )

        self.assertFalse(lead.partner_id.commercial_partner_id.crm_refuses_call)

    def test_a_customer_who_is_there_already_gets_the_wish_of_the_lead(self):
        self.customer.crm_refuses_post_since = "2025-01-01"
        [lead] = self._create_leads(1)
        lead.write({"crm_refuses_call_since": "2026-03-03", "crm_refuses_post_since": "2026-03-03"})
        lead.with_user(self.manager).convert_opportunity(self.customer)
        self.assertRecordValues(
            self.customer,
            [
                {
                    "crm_refuses_call_since": date(2026, 3, 3),
                    "crm_refuses_post_since": date(2025, 1, 1),
                }
            ],
        )

    def test_a_wish_of_a_lead_that_has_a_customer_is_that_of_the_customer_at_once(self):
        values = {"crm_refuses_call_since": "2026-03-03", "crm_refusal_reason": "On the phone"}
        noted, imported = self._create_leads(2)
        noted.partner_id = self.customer
        noted.with_user(self.manager).write(values)
        [made] = self._create_leads(1, partner_id=self.other_customer.id, **values)
        for lead in (noted, made):
            self.assertRecordValues(
                lead.partner_id,
                [
                    {
                        "crm_refuses_call_since": date(2026, 3, 3),
                        "crm_refusal_reason": "On the phone",
                        "crm_refusal_user_id": lead.crm_refusal_user_id.id,
                    }
                ],
            )
        Lead = self.env["crm.lead"].with_user(self.manager).with_context(import_file=True)
        result = Lead.load(
            ["name", "partner_id/.id", "crm_refuses_visit"],
            [["Chairs", str(self.contact.id), "True"]],
        )
        self.assertFalse(result["messages"])
        self.assertTrue(self.contact.crm_refuses_visit)
        imported.partner_id = self.contact
        with Form(imported.with_user(self.manager)) as form:
            form.crm_refuses_post = True
        self.assertTrue(self.contact.crm_refuses_post)

    def test_the_wish_of_a_merged_lead_is_that_of_the_customer_of_the_other(self):
        survivor, gone = self._create_leads(2)
        survivor.write({"partner_id": self.customer.id, "type": "opportunity"})
        gone.crm_refuses_call_since = "2026-03-03"
        self.assertEqual((survivor | gone).merge_opportunity(), survivor)
        self.assertEqual(self.customer.crm_refuses_call_since, date(2026, 3, 3))

    def test_of_two_days_of_merged_leads_the_first_stays_with_its_reason(self):
        for days in (("2026-03-03", "2025-01-01"), ("2025-01-01", "2026-03-03")):
            with self.subTest(days):
                leads = self._create_leads(2)
                for lead, day in zip(leads, days, strict=True):
                    lead.write({"crm_refuses_call_since": day, "crm_refusal_reason": day})
                survivor = leads.merge_opportunity()
                self.assertEqual(survivor.crm_refuses_call_since, date(2025, 1, 1))
                self.assertEqual(survivor.crm_refusal_reason, "2025-01-01")

    def test_of_merged_leads_the_strictest_wish_stays(self):
        leads = self._create_leads(3)
        leads[1].crm_refuses_call_since = "2026-03-03"
        leads[2].write({"crm_refuses_visit_since": "2025-01-01", "crm_refusal_reason": "By mail"})
        survivor = leads.merge_opportunity()
        self.assertRecordValues(
            survivor,
            [
                {
                    "crm_refuses_call_since": date(2026, 3, 3),
                    "crm_refuses_visit_since": date(2025, 1, 1),
                    "crm_refusal_reason": "By mail",
                }
            ],
        )

    def test_who_may_be_called_is_found(self):
        ok, none, own, of_customer, of_callable, black = leads = self._create_leads(6)
        none.phone = False
        own.crm_refuses_call = True
        self.customer.write({"phone": "+34 954 000 000", "crm_refuses_call": True})
        self.other_customer.phone = "+34 955 000 000"
        of_customer.partner_id = self.contact
        of_callable.partner_id = self.other_contact
        self.env["phone.blacklist"]._add([black.phone_sanitized])
        expected = ok | of_callable
        search = self.env["crm.lead"].search
        these = ("id", "in", leads.ids)
        self.assertEqual(search([these, ("crm_may_be_called", "=", True)]), expected)
        self.assertEqual(search([these, ("crm_may_be_called", "!=", True)]), leads - expected)
        self.assertEqual(leads.filtered("crm_may_be_called"), expected)
        self.assertEqual(search([these, ("crm_refuses_call", "=", True)]), own)

    def test_what_a_list_notes_of_a_lead_is_noted_on_its_customer_and_taken_back_there_too(self):
        leads = self._create_leads(3)
        leads[0].partner_id = self.customer
        leads[1].partner_id = self.other_customer
        leads[:2].phone = "+34 600 000 000"
        self.other_customer.crm_refuses_call_since = "2020-01-01"
        self.env["crm.activity.opt.out.list"].with_user(self.manager).create(
            {"file": b64encode(b"Phone\n+34600000000\n"), "refuses_post": False}
        ).action_apply()
        self.assertEqual(leads.filtered("crm_refuses_call"), leads[:2])
        self.assertTrue(self.customer.crm_refuses_call)
        imported = self.env["crm.activity.opt.out.import"].search([], limit=1)
        imported.with_user(self.manager).action_undo()
        self.assertFalse(leads.filtered("crm_refuses_call"))
        self.assertFalse(self.customer.crm_refuses_call)
        self.assertEqual(self.other_customer.crm_refuses_call_since, date(2020, 1, 1))

    def test_a_lead_that_is_merged_while_a_list_is_noted_is_still_on_it(self):
        survivor, merged = self._create_leads(2)
        survivor.type = "opportunity"
        path = "odoo.addons.crm_activity_ext.models.crm_activity_opt_out_import.IMMEDIATE_LIMIT"
        with patch(path, 0):
            self.env["crm.activity.opt.out.list"].with_user(self.manager).create(
                {"file": b64encode(b"Phone\n+34600000001\n")}
            ).action_apply()
        self.assertFalse(merged.crm_refuses_call)
        self.assertEqual((survivor | merged).merge_opportunity(), survivor)
        self.env["crm.activity.opt.out.import"].search([], limit=1).part_ids._work_off()
        self.assertTrue(survivor.crm_refuses_call)

    def _import_list(self, content):
        """:return: the list that was imported"""
        self.env["crm.activity.opt.out.list"].with_user(self.manager).create(
            {"file": b64encode(content)}
        ).action_apply()
        return self.env["crm.activity.opt.out.import"].search([], limit=1).with_user(self.manager)

    def test_a_customer_whose_lead_is_on_another_list_keeps_the_wish(self):
        [lead] = self._create_leads(1, partner_id=self.customer.id)
        self.customer.email = "oak@example.com"
        lead.write({"contact_name": "Lea", "street": "Calle Mayor 1", "zip": "41001"})
        lead.email_from = False
        of_customer = self._import_list(b"Email\noak@example.com\n")
        self.customer.invalidate_recordset()
        self.assertFalse(lead.crm_refuses_call)
        of_lead = self._import_list(b"Name,Street,ZIP\nLea,Calle Mayor 1,41001\n")
        self.assertEqual((of_customer.found_count, of_lead.found_count), (1, 1))
        self.assertTrue(lead.crm_refuses_call)
        of_customer.action_undo()
        self.assertTrue(self.customer.crm_refuses_call)

    def test_a_lead_is_still_on_the_list_of_one_that_was_merged_into_it(self):
        survivor, merged = self._create_leads(2)
        survivor.type = "opportunity"
        first = self._import_list(b"Phone\n+34600000000\n")
        self._import_list(b"Phone\n+34600000001\n")
        self.assertEqual((survivor | merged).merge_opportunity(), survivor)
        first.action_undo()
        self.assertTrue(survivor.crm_refuses_call)

    def test_the_wishes_of_many_leads_are_passed_on_in_a_number_of_queries_that_does_not_grow(self):
        def count(number):
            customers = self.env["res.partner"].create(
                [{"name": f"Grower {i}"} for i in range(number)]
            )
            leads = self._create_leads(2 * number)
            for lead, customer in zip(leads, [*customers, *customers], strict=True):
                lead.partner_id = customer
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            leads.write({"crm_refuses_call_since": "2026-03-03"})
            self.env.flush_all()
            count = self.cr.sql_log_count - before
            self.assertEqual(set(customers.mapped("crm_refuses_call_since")), {date(2026, 3, 3)})
            return count

        count(1)
        self.assertLessEqual(count(40), count(4) + 2)

    def test_what_two_leads_of_one_customer_do_not_want_it_does_not_want(self):
        leads = self._create_leads(2, partner_id=False)
        leads[0].write({"crm_refuses_call_since": "2026-03-03", "crm_refusal_reason": "Calls"})
        leads[1].write({"crm_refuses_visit_since": "2025-01-01", "crm_refusal_reason": "Visits"})
        leads.write({"partner_id": self.customer.id})
        self.assertRecordValues(
            self.customer,
            [
                {
                    "crm_refuses_call_since": date(2026, 3, 3),
                    "crm_refuses_visit_since": date(2025, 1, 1),
                }
            ],
        )
