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

ACTIVE = Domain("active", "=", True)
# Named, so that no search adds that they have to be active.
ACTIVE_OR_NOT = Domain("active", "in", [True, False])
# Who is a customer, and who a person below one: see ``crm.activity``. Colleagues are neither.
CUSTOMERS = Domain("is_company", "=", True) | Domain("parent_id", "=", False)
CONTACTS = Domain(
    [("is_company", "=", False), ("parent_id", "!=", False), ("type", "=", "contact")]
)
EXTERNAL = Domain("partner_share", "=", True)
# What an audience depends on.
AUDIENCE_FIELDS = (
    "audience_domain",
    "audience_mode",
    "audience_excluded_ids",
    "audience_frozen_ids",
    "audience_included_ids",
)
# Milliseconds that one statement may take to read an audience.
AUDIENCE_TIMEOUT = 5_000
# Milliseconds that it may take to store one: 100,000 members take seconds to be written.
FREEZE_TIMEOUT = 60_000
# Seconds that all audiences of one call may take together: those of a file, or over the API.
LIST_TIMEOUT = 30


class UtmCampaign(models.Model):
    """Whom a campaign is for: its audience, who that is today, and how many.

    Everything is asked as the user who looks. What was done for them is not known here, and
    neither is how its members are stored.
    """

    _name = "utm.campaign"
    _inherit = "utm.campaign"

    audience_mode = fields.Selection(
        [("live", "Live"), ("frozen", "Frozen"), ("list", "Hand-Picked")],
        string="Audience Type",
        default="live",
        required=True,
        groups="sales_team.group_sale_salesman",
        help="Live: who matches the rule now.\n"
        "Frozen: who matched it on a certain day.\n"
        "Hand-Picked: only who was added to the campaign.",
    )
    audience_domain = fields.Char(
        string="Rule",
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
    audience_contact_count = fields.Integer(
        string="Customer Contacts",
        compute="_compute_audience",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends(*AUDIENCE_FIELDS)
    @api.depends_context("lang", *VIEWER)
    def _compute_audience(self):
        end = self._get_audience_deadline()
        for campaigns in self._group_by_audience():
            error, customers, contacts = False, 0, 0
            try:
                customers, contacts = campaigns[0]._count_audience(end)
            except UserError as unreadable:
                error = unreadable.args[0]
            campaigns.audience_error = error
            campaigns.audience_customer_count = customers
            campaigns.audience_contact_count = contacts

    def _group_by_audience(self):
        """:return: list of recordsets: campaigns of the same audience, which is counted once"""
        common = self.filtered(lambda c: c._is_audience_live() and not c.audience_has_members)
        return [*common.grouped("audience_domain").values(), *(self - common)]

    @api.model
    def _get_audience_deadline(self):
        """:return: when the audiences of one call have to be read, on the monotonic clock"""
        return time.monotonic() + LIST_TIMEOUT

    @api.constrains("audience_domain")
    def _check_audience_domain(self):
        """Refuse an audience that cannot be read, saying why.

        :raise ValidationError: for what is no domain on ``res.partner``
        """
        for campaigns in self.grouped("audience_domain").values():
            campaign = campaigns[0]
            try:
                with campaign._reading_audience(is_live=True):
                    matching = campaign._get_matching_partners()
                    campaign._count_partners(campaign._get_customers_of(matching))
            except UserError as error:
                raise ValidationError(error.args[0]) from error

    @contextmanager
    def _reading_audience(self, end=None, is_live=None, timeout=None):
        """Read what somebody wrote, for so long and no longer, and say what is wrong with it.

        :param float end: when it has to end, on the monotonic clock
        :param bool is_live: whether it is read at all; else as the campaign is
        :param int timeout: milliseconds for each statement, else AUDIENCE_TIMEOUT
        :raise UserError: if ``audience_domain`` is no domain on ``res.partner``, or asks for more
            than can be found in time
        """
        if not (self._is_audience_live() if is_live is None else is_live):
            yield  # members that are stored are found in no time
            return
        timeout = timeout or AUDIENCE_TIMEOUT
        left = timeout if end is None else int((end - time.monotonic()) * 1000)
        try:
            if left <= 0:
                raise self._slow_audience()
            # Some mistakes only show when PostgreSQL compares.
            with statement_timeout(self.env.cr, min(left, timeout)):
                yield
        except psycopg2.errors.QueryCanceled as error:
            raise self._slow_audience() from error
        except (psycopg2.DataError, psycopg2.ProgrammingError) as error:
            raise self._unreadable_audience(error) from error

    def _count_audience(self, end=None):
        """:return: ``(customers, contacts)``, how many
        :raise UserError: see :meth:`_reading_audience`
        """
        with self._reading_audience(end):
            return self._count_partners(
                self._get_audience_customers(), self._get_audience_contacts()
            )

    def _count_partners(self, *domains):
        """:return: tuple of ints, as ``search_count`` of each, but in one statement, and a user's
        mistake is no error in the log
        """
        Partner = self.env["res.partner"]
        counts = [Partner._search(domain).subselect(SQL("COUNT(*)")) for domain in domains]
        query = SQL("SELECT %s", SQL(", ").join(counts))
        self.env.flush_query(query)
        self.env.cr.execute(query, log_exceptions=False)
        return self.env.cr.fetchone()

    def _is_audience_live(self):
        """:return: whether the rule is asked anew each time"""
        self.ensure_one()
        # What a form only says to be frozen is frozen when it is saved.
        is_frozen = self.audience_mode == "frozen" and self.audience_frozen_date
        return self.audience_mode != "list" and not is_frozen

    def _get_audience_customers(self):
        """The customers of the audience: by the rule or added by hand, and not left out.

        :return: Domain, on ``res.partner``
        :raise UserError: if ``audience_domain`` is no domain on ``res.partner``
        """
        if self._is_audience_live():
            found = self._get_customers_of(self._get_matching_partners(), self._get_added())
        else:
            found = ACTIVE_OR_NOT & CUSTOMERS & self._get_stored()
        return found & self._get_not_left_out()

    def _get_audience_contacts(self):
        """The contacts of the audience: by the rule or added by hand, and not left out.

        :return: Domain, on ``res.partner``
        :raise UserError: if ``audience_domain`` is no domain on ``res.partner``
        """
        if self._is_audience_live():
            found = self._get_contacts_of(self._get_matching_partners(), self._get_added())
        else:
            found = ACTIVE_OR_NOT & ~CUSTOMERS & self._get_stored()
        return found & self._get_not_left_out()

    @api.model
    def _get_customers_of(self, matching, added=None):
        """:return: Domain, the customers among these partners, and those with a contact there

        :param Query matching: partners; None for all
        :param SQL added: a query of more of them
        """
        customers = (
            ACTIVE & CUSTOMERS & EXTERNAL & Domain("id", "not in", self._get_own_companies())
        )
        if matching is None:
            return customers
        # With its table: other partners may be joined to it.
        customer = self.env["res.partner"]._field_to_sql(
            matching.table, "commercial_partner_id", matching
        )
        # One subquery: PostgreSQL joins that, and would look at all partners for two.
        ids = [matching.subselect(customer), *([added] if added else [])]
        return customers & Domain("id", "in", SQL("(%s)", SQL(" UNION ALL ").join(ids)))

    @api.model
    def _get_contacts_of(self, matching, added=None):
        """:return: Domain, the contacts among these partners, and those whose customer is there

        :param Query matching: partners; None for all
        :param SQL added: a query of more of them
        """
        own = Domain("commercial_partner_id", "in", self._get_own_companies())
        contacts = ACTIVE & CONTACTS & EXTERNAL & ~own
        if matching is None:
            return contacts
        found = Domain("id", "in", matching) | Domain("commercial_partner_id", "in", matching)
        if added:
            found |= Domain("id", "in", SQL("(%s)", added))
        return contacts & found

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
                "The rule of the audience cannot be read. Define it again. (%(error)s)",
                error=str(error).partition("\n")[0],
            )
        )

    def _slow_audience(self):
        return UserError(
            self.env._("The audience takes too long to compute. Use fewer or simpler conditions.")
        )
