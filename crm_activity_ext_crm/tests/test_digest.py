# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import re

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import html2plaintext

from odoo.addons.crm_activity_ext.tests.common import CrmActivityCase


@tagged("post_install", "-at_install")
class TestDigest(CrmActivityCase):
    """Odoo's digest email says what was done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env, "accountant", name="Ann Accountant", email="ann@x.test"
        )
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Our day",
                "user_ids": (cls.salesman | cls.manager | cls.accountant).ids,
                "kpi_crm_activity_calls": True,
                "kpi_crm_activity_visits": True,
                "kpi_crm_activity_customers": True,
            }
        )
        now = fields.Datetime.now()
        cls.recent, old = (
            fields.Datetime.subtract(now, **ago) for ago in ({"hours": 1}, {"days": 3})
        )
        own = {"user_id": cls.salesman.id, "date": cls.recent}
        for values in [
            {"activity_type_id": cls.type_call.id},
            {"activity_type_id": cls.type_call.id},
            {"activity_type_id": cls.type_visit.id},
        ]:
            cls._create_activity(state="done", **own, **values)
        cls._create_activity(activity_type_id=cls.type_call.id, **own)
        cls._create_activity(
            activity_type_id=cls.type_call.id,
            state="done",
            date=cls.recent,
            user_id=cls.manager.id,
            partner_id=cls.other_customer.id,
        )
        cls._create_activity(
            activity_type_id=cls.type_visit.id, state="done", date=old, user_id=cls.manager.id
        )

    def _send(self):
        """:return: ``{user: {label: [figure of a day, of a week, of a month]}}``, of the emails"""
        self.env["mail.mail"].search([]).unlink()
        self.digest.action_send_manual()
        return {
            user: self._read(mail.body_html)
            for user in self.digest.user_ids
            for mail in self.env["mail.mail"].search([("email_to", "ilike", user.email)])
        }

    def _read(self, body):
        text = html2plaintext(body)
        return {
            label: [int(figure) for figure in re.findall(r"^\W*(\d+)\W*$", part, re.MULTILINE)][:3]
            for label in ("Calls", "Visits", "Customers Reached")
            for part in text.split(label)[1:2]
        }

    def test_each_figure_opens_the_analysis_of_what_was_done(self):
        self.env["mail.mail"].search([]).unlink()
        self.digest.action_send_manual()
        emails = self.env["mail.mail"].search([("email_to", "ilike", self.salesman.email)])
        reports = re.findall(r"action-(crm_activity_ext\.\w+)", emails.body_html)
        self.assertEqual(reports, ["crm_activity_ext.crm_activity_action_analysis"] * 3)

    def test_a_salesperson_is_told_of_their_own_work_and_a_manager_of_the_teams(self):
        told = self._send()
        self.assertEqual(
            told[self.salesman],
            {"Calls": [2, 2, 2], "Visits": [1, 1, 1], "Customers Reached": [1, 1, 1]},
        )
        self.assertEqual(
            told[self.manager],
            {"Calls": [3, 3, 3], "Visits": [1, 2, 2], "Customers Reached": [2, 2, 2]},
        )

    def test_who_reads_no_activities_gets_the_email_without_these_figures(self):
        self.assertEqual(self._send()[self.accountant], {})

    def test_figures_are_of_the_recipients_company(self):
        self.manager.company_ids += self.company_b
        self._create_activity(
            activity_type_id=self.type_call.id,
            user_id=self.manager.id,
            state="done",
            date=self.recent,
            company_id=self.company_b.id,
        )
        self.assertEqual(self._send()[self.manager]["Calls"][0], 3)
