# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

CALLS = Domain("channel", "in", ["call_out", "call_in"])
VISITS = Domain("channel", "=", "visit")


class DigestDigest(models.Model):
    """What was done, in Odoo's digest: a salesperson's own, for a sales manager everybody's."""

    _inherit = "digest.digest"

    kpi_crm_activity_calls = fields.Boolean(string="Calls")
    kpi_crm_activity_calls_value = fields.Integer(compute="_compute_kpi_crm_activity_calls_value")
    kpi_crm_activity_visits = fields.Boolean(string="Visits")
    kpi_crm_activity_visits_value = fields.Integer(compute="_compute_kpi_crm_activity_visits_value")
    kpi_crm_activity_customers = fields.Boolean(string="Customers Reached")
    kpi_crm_activity_customers_value = fields.Integer(
        compute="_compute_kpi_crm_activity_customers_value"
    )

    def _compute_kpi_crm_activity_calls_value(self):
        self.kpi_crm_activity_calls_value = self._measure_crm_activities(CALLS, "__count")

    def _compute_kpi_crm_activity_visits_value(self):
        self.kpi_crm_activity_visits_value = self._measure_crm_activities(VISITS, "__count")

    def _compute_kpi_crm_activity_customers_value(self):
        self.kpi_crm_activity_customers_value = self._measure_crm_activities(
            self.env["crm.activity"]._get_reached_domain(), "partner_id:count_distinct"
        )

    def _measure_crm_activities(self, domain, aggregate):
        """:return int: the aggregate of what was done in the time that the digest is about

        :raise AccessError: for who reads no activities; the digest then leaves the figure out
        """
        user = self.env.user
        if not user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(self.env._("You cannot read activities."))
        start, end, companies = self._get_kpi_compute_parameters()
        domain &= Domain(
            [
                ("state", "=", "done"),
                ("date_done", ">=", start),
                ("date_done", "<", end),
                ("company_id", "in", [False, *companies.ids]),
            ]
        )
        if not user.has_group("sales_team.group_sale_manager"):
            domain &= Domain("user_id", "=", user.id)
        [[measured]] = self.env["crm.activity"]._read_group(domain, aggregates=[aggregate])
        return measured

    def _compute_kpis_actions(self, company, user):
        action = "crm_activity_ext.crm_activity_action_analysis"
        menu = self.env.ref("crm.crm_menu_root").id
        return super()._compute_kpis_actions(company, user) | dict.fromkeys(
            ["kpi_crm_activity_calls", "kpi_crm_activity_visits", "kpi_crm_activity_customers"],
            f"{action}?menu_id={menu}",
        )
