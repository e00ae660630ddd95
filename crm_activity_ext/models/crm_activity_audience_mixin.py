# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import time
from ast import literal_eval
from contextlib import contextmanager

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..domain_limits import check_domain_length, check_domain_size, statement_timeout
from .crm_activity_target_mixin import VIEWER

# Who is a customer, and who a person below one: see ``crm.activity``. Colleagues are neither.
CUSTOMERS = Domain("is_company", "=", True) | Domain("parent_id", "=", False)
CONTACTS = Domain(
    [("is_company", "=", False), ("parent_id", "!=", False), ("type", "=", "contact")]
)
EXTERNAL = Domain("partner_share", "=", True)
# With account: it adds the field.
HAVE_BOUGHT = Domain("customer_rank", ">", 0)
# Milliseconds that one statement may take to read an audience.
AUDIENCE_TIMEOUT = 5_000
# Seconds that the audiences of a list may take together.
LIST_TIMEOUT = 10


class CrmActivityAudienceMixin(models.AbstractModel):
    """Whom a campaign is for: its audience, who that is today, and how many.

    Everything is asked as the user who looks. What was done for them is not known here.
    """

    _name = "crm.activity.audience.mixin"
    _description = "Audience of CRM Activities"

    audience_domain = fields.Char(
        string="Audience",
        default="[]",
        groups="sales_team.group_sale_salesman",
        help="Target audience of the campaign: matching customers, customers with a matching "
        "contact, and all their contacts.",
    )
    audience_error = fields.Char(
        compute="_compute_audience",
        groups="sales_team.group_sale_salesman",
    )
    audience_customer_count = fields.Integer(
        string="Customers",
        compute="_compute_audience",
        groups="sales_team.group_sale_salesman",
    )
    audience_customer_summary = fields.Char(
        string="Customers Who Have Bought",
        compute="_compute_audience",
        groups="sales_team.group_sale_salesman",
        help="Number of customers in the audience. “4 of 10” means that only 4 of them have "
        "bought; this requires the Invoicing app.",
    )
    audience_contact_count = fields.Integer(
        string="Customer Contacts",
        compute="_compute_audience",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends("audience_domain")
    @api.depends_context("crm_audience_later", "lang", *VIEWER)
    def _compute_audience(self):
        end = self._get_audience_deadline()
        for campaigns in self.grouped("audience_domain").values():
            error, customers, contacts, bought = False, 0, 0, 0
            try:
                if self._is_audience_wanted():
                    customers, contacts, bought = campaigns[0]._count_audience(end)
            except UserError as unreadable:
                error = unreadable.args[0]
            campaigns.audience_error = error
            campaigns.audience_customer_count = customers
            campaigns.audience_customer_summary = (
                str(customers)
                if bought == customers
                else self.env._("%(bought)s of %(total)s", bought=bought, total=customers)
            )
            campaigns.audience_contact_count = contacts

    @api.model
    def _get_audience_deadline(self):
        """:return: when the audiences of a list have to be read, on the monotonic clock"""
        return time.monotonic() + LIST_TIMEOUT

    def _is_audience_wanted(self):
        """Whether to count: a list counts on demand, as each audience takes its time.

        Odoo reads the columns of a list also where they are hidden.
        """
        return len(self) == 1 or not self.env.context.get("crm_audience_later")

    @api.constrains("audience_domain")
    def _check_audience_domain(self):
        """Refuse an audience that cannot be read, saying why.

        :raise ValidationError: for what is no domain on ``res.partner``
        """
        for campaigns in self.grouped("audience_domain").values():
            try:
                campaigns[0]._count_audience()
            except UserError as error:
                raise ValidationError(error.args[0]) from error

    def _export_rows(self, *args, **kwargs):
        """A list counts on demand, a file has the numbers."""
        counted = self.with_context(crm_audience_later=False)
        return super(CrmActivityAudienceMixin, counted)._export_rows(*args, **kwargs)

    @contextmanager
    def _reading_audience(self, end=None):
        """Read what somebody wrote, for so long and no longer, and say what is wrong with it.

        :param float end: when it has to end, on the monotonic clock
        :raise UserError: if ``audience_domain`` is no domain on ``res.partner``, or asks for more
            than can be found in time
        """
        left = AUDIENCE_TIMEOUT if end is None else int((end - time.monotonic()) * 1000)
        try:
            if left <= 0:
                raise self._slow_audience()
            # Some mistakes only show when PostgreSQL compares.
            with statement_timeout(self.env.cr, min(left, AUDIENCE_TIMEOUT)):
                yield
        except psycopg2.errors.QueryCanceled as error:
            raise self._slow_audience() from error
        except (psycopg2.DataError, psycopg2.ProgrammingError) as error:
            raise self._unreadable_audience(error) from error

    def _count_audience(self, end=None):
        """:return: ``(customers, contacts, customers that have bought)``, how many; without
            accounting, which knows who has bought, all have
        :raise UserError: see :meth:`_reading_audience`
        """
        with self._reading_audience(end):
            domain = self._get_audience_customers()
            customers = bought = self._count_partners(domain)
            if customers and "customer_rank" in self.env["res.partner"]._fields:
                bought = self._count_partners(domain & HAVE_BOUGHT)
            return customers, self._count_partners(self._get_audience_contacts()), bought

    def _count_partners(self, domain):
        """:return: int, as ``search_count``, but a user's mistake is no error in the log"""
        query = self.env["res.partner"]._search(domain).select(SQL("COUNT(*)"))
        self.env.flush_query(query)
        self.env.cr.execute(query, log_exceptions=False)
        return self.env.cr.fetchone()[0]

    def _get_audience_customers(self):
        """The customers of the audience: those that match, and those with a contact that does.

        :return: Domain, on ``res.partner``
        :raise UserError: if ``audience_domain`` is no domain on ``res.partner``
        """
        customers = CUSTOMERS & EXTERNAL & Domain("id", "not in", self._get_own_companies())
        matching = self._get_matching_partners()
        if matching is None:
            return customers
        # With its table: other partners may be joined to it.
        customer = self.env["res.partner"]._field_to_sql(
            matching.table, "commercial_partner_id", matching
        )
        return customers & Domain("id", "in", matching.subselect(customer))

    def _get_audience_contacts(self):
        """The contacts of the audience: those that match, and those whose customer does.

        :return: Domain, on ``res.partner``
        :raise UserError: if ``audience_domain`` is no domain on ``res.partner``
        """
        own = Domain("commercial_partner_id", "in", self._get_own_companies())
        contacts = CONTACTS & EXTERNAL & ~own
        matching = self._get_matching_partners()
        if matching is None:
            return contacts
        return contacts & (
            Domain("id", "in", matching) | Domain("commercial_partner_id", "in", matching)
        )

    @api.model
    def _get_own_companies(self):
        """:return: SQL, the partners of this database's companies: no campaign is for them"""
        # sudo: also of companies that the user may not see.
        return self.env["res.company"].sudo()._search([]).subselect("partner_id")

    def _get_matching_partners(self):
        """:return: query of the partners that match ``audience_domain``; None for all"""
        self.ensure_one()
        # What is searched in a campaign has no meaning in an audience, nor has another audience.
        Partner = self.env["res.partner"].with_context(crm_campaign_id=False, crm_in_audience=True)
        text = self.audience_domain or "[]"
        check_domain_length(self.env, text)
        try:
            domain = literal_eval(text)
            check_domain_size(Partner, domain)
            domain = Domain(domain)
            domain.validate(Partner)
            return None if domain.is_true() else Partner._search(domain)
        except (KeyError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
            raise self._unreadable_audience(error) from error

    def _unreadable_audience(self, error):
        """:return: ``UserError`` that says what is wrong and what to do"""
        return UserError(
            self.env._(
                "The audience is not a valid domain. Define it again with the editor. (%(error)s)",
                error=str(error).partition("\n")[0],
            )
        )

    def _slow_audience(self):
        return UserError(
            self.env._("The audience takes too long to compute. Use fewer or simpler conditions.")
        )
