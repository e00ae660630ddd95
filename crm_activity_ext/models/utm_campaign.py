# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import time
from ast import literal_eval
from collections import Counter, defaultdict
from contextlib import contextmanager

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

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
# Milliseconds that a statement may take that reads an audience.
AUDIENCE_TIMEOUT = 5_000
# Seconds that the audiences of a list may take together.
LIST_TIMEOUT = 10


class UtmCampaign(models.Model):
    _inherit = "utm.campaign"

    crm_activity_ids = fields.One2many(
        "crm.activity",
        "campaign_id",
        string="CRM Activities",
        groups="sales_team.group_sale_salesman",
    )
    crm_activity_count = fields.Integer(
        string="Activities",
        compute="_compute_crm_activity_count",
        groups="sales_team.group_sale_salesman",
    )
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
    audience_reached_share = fields.Float(
        string="Reached",
        compute="_compute_audience_reached_share",
        groups="sales_team.group_sale_salesman",
        help="Percentage of the audience's customers with at least one done activity in this "
        "campaign.",
    )
    crm_activity_progress = fields.Json(
        string="Progress",
        compute="_compute_crm_activity_progress",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends_context(*VIEWER)
    def _compute_crm_activity_count(self):
        counts = dict(
            self.env["crm.activity"]._read_group(
                [("campaign_id", "in", self.ids)], ["campaign_id"], ["__count"]
            )
        )
        for campaign in self:
            campaign.crm_activity_count = counts.get(campaign._origin, 0)

    @api.depends("audience_domain")
    @api.depends_context("crm_audience_later", "lang", *VIEWER)
    def _compute_audience(self):
        end = time.monotonic() + LIST_TIMEOUT
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

    def _is_audience_wanted(self):
        """Whether to count: a list counts on demand, as each audience takes its time.

        Odoo reads the columns of a list also where they are hidden.
        """
        return len(self) == 1 or not self.env.context.get("crm_audience_later")

    @api.depends("audience_domain")
    @api.depends_context("crm_audience_later", *VIEWER)
    def _compute_audience_reached_share(self):
        end = time.monotonic() + LIST_TIMEOUT
        for campaigns in self.grouped("audience_domain").values():
            total = self._is_audience_wanted() and campaigns[0].audience_customer_count
            reached = campaigns._read_reached_customers(end) if total else {}
            for campaign in campaigns:
                share = 100 * reached.get(campaign._origin, 0) / total if total else 0
                campaign.audience_reached_share = share

    @api.depends("audience_domain")
    @api.depends_context("lang", *VIEWER)
    def _compute_crm_activity_progress(self):
        """Totals by type and status, and how much of the audience was reached by what.

        ``{"parts": [{"label", "action", "reached", "total"}], "states": [[state, label]],
        "types": [{"id", "name", "icon", "states": {state: count}, "reached"}]}``
        """
        totals = self._read_totals_by_type()
        states = self.env["crm.activity"]._fields["state"]._description_selection(self.env)
        for campaign in self:
            parts, reached = campaign._measure_audience()
            campaign.crm_activity_progress = {
                "parts": parts,
                "states": states,
                "types": [
                    {
                        **description,
                        "states": totals[campaign._origin.id][description["id"]],
                        "reached": reached.get(description["id"], 0),
                    }
                    for description in campaign._origin.get_crm_activity_types()
                    if totals[campaign._origin.id][description["id"]]
                ],
            }

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

    def unlink(self):
        """What never happened goes on without the campaign; what was done or sent holds it.

        :raise UserError: saying how many activities hold it
        """
        self.check_access("unlink")
        self.env["crm.activity"]._search_never_happened(["campaign_id"], self).campaign_id = False
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_crm_activities(self):
        self.env["crm.activity"]._check_unreferenced("campaign_id", self)
        self.env["crm.activity.distribution"]._check_unneeded("campaign_id", self)

    def _export_rows(self, *args, **kwargs):
        """A list counts on demand, a file has the numbers."""
        counted = self.with_context(crm_audience_later=False)
        return super(UtmCampaign, counted)._export_rows(*args, **kwargs)

    def action_view_crm_activities(self):
        """Show the activities of these campaigns: targets by types, as a pivot first.

        :return: window action on ``crm.activity``
        """
        action = self._prepare_action("crm_activity_ext.crm_activity_action_campaign")
        if len(self) != 1:
            action["context"] = {}
        return {**action, "domain": [("campaign_id", "in", self.ids)]}

    def action_view_crm_customers(self):
        """Show the customers of the audience, with what was done for each.

        :return: window action on ``res.partner``
        :raise UserError: for several campaigns, or an audience that cannot be read
        """
        return self._action_view_partners("crm_activity_ext.res_partner_action_campaign_customers")

    def action_view_crm_contacts(self):
        """Show the contacts of the audience, with what was done for each.

        :return: window action on ``res.partner``
        :raise UserError: for several campaigns, or an audience that cannot be read
        """
        return self._action_view_partners("crm_activity_ext.res_partner_action_campaign_contacts")

    @api.readonly
    def get_crm_activity_types(self):
        """The columns of the matrix: types to choose from, and others this campaign has.

        :return: ``[{"id": 1, "name": "Call", "icon": "fa-phone"}]`` in the order of the types
        """
        Activity = self.env["crm.activity"]
        Activity.check_access("read")
        used = Activity._read_group(
            [("campaign_id", "in", self.ids)], [], ["activity_type_id:recordset"]
        )[0][0]
        Type = self.env["mail.activity.type"].with_context(active_test=False)
        offered = Domain(Activity._fields["activity_type_id"].domain) & Domain("active", "=", True)
        types = Type.search(offered | Domain("id", "in", used.ids))
        return [
            {"id": type_.id, "name": type_.name, "icon": type_.icon or "fa-tasks"}
            for type_ in types
        ]

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

    def _get_parts(self):
        """What a campaign has to reach.

        :return: list of ``(label, model name, domain, field of crm.activity, method that opens
            them)``
        """
        if self.audience_error:
            return []
        return [
            (
                self.env._("Customers"),
                "res.partner",
                self._get_audience_customers(),
                "partner_id",
                "action_view_crm_customers",
            ),
            (
                self.env._("Customer Contacts"),
                "res.partner",
                self._get_audience_contacts(),
                "contact_id",
                "action_view_crm_contacts",
            ),
        ]

    def _measure_part(self, label, model_name, domain, field_name, action):
        reached = dict(self._read_reached(field_name, domain))
        return {
            "label": label,
            "action": action,
            "reached": reached.get(self._origin, 0),
            "total": self.env[model_name].search_count(domain),
        }

    def _measure_audience(self):
        """:return: what there is to reach, part by part; and ``{type id: reached customers}``;
        nothing of an audience that cannot be read
        """
        try:
            with self._reading_audience():
                parts = [self._measure_part(*part) for part in self._get_parts()]
                return parts, self._read_reached_by_type()
        except UserError:
            return [], {}

    def _read_reached_customers(self, end):
        """:return: ``{campaign: customers reached}``, of campaigns with the same audience; nothing
        for an audience that cannot be read
        """
        try:
            with self._reading_audience(end):
                return dict(self._read_reached("partner_id", self[0]._get_audience_customers()))
        except UserError:
            return {}

    def _read_reached_by_type(self):
        """:return: ``{type id: customers of the audience that were reached by it}``"""
        if self.audience_error:
            return {}
        customers = self._get_audience_customers()
        return {
            type_id: count
            for _campaign, type_id, count in self._read_reached(
                "partner_id", customers, ["activity_type_id"]
            )
        }

    def _read_reached(self, field_name, domain, groupby=()):
        """Count who has an activity of these campaigns that is done.

        :param str field_name: field of ``crm.activity`` that holds the target
        :param Domain domain: on the targets that count
        :param groupby: further fields of ``crm.activity``, many2one
        :return: list of ``(campaign, id of each further group…, count)``
        """
        Activity = self.env["crm.activity"]
        Target = self.env[Activity._fields[field_name].comodel_name]
        groups = Activity._read_group(
            Domain("campaign_id", "in", self.ids)
            & Domain("state", "=", "done")
            & Domain(field_name, "in", Target._search(domain)),
            ["campaign_id", *groupby],
            [f"{field_name}:count_distinct"],
        )
        return [(campaign, *(g.id for g in more), count) for campaign, *more, count in groups]

    def _read_totals_by_type(self):
        """:return: ``{campaign id: {type id: {state: count}}}``, with nothing for the rest"""
        totals = defaultdict(lambda: defaultdict(Counter))
        for campaign, activity_type, state, count in self.env["crm.activity"]._read_group(
            [("campaign_id", "in", self.ids)],
            ["campaign_id", "activity_type_id", "state"],
            ["__count"],
        ):
            totals[campaign.id][activity_type.id][state] = count
        return totals

    def _action_view_partners(self, action_name):
        self._check_one()
        self._count_audience()  # what is wrong is better said here than by the list
        return self._prepare_action(action_name)

    def _check_one(self):
        """:raise UserError: for several campaigns: the numbers of a matrix are those of one"""
        self.env["crm.activity"].check_access("read")
        if len(self) != 1:
            raise UserError(self.env._("Select a single campaign."))

    def _prepare_action(self, name):
        """:return: the window action of this name, as Odoo would open it from a campaign"""
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        active = {"active_id": self[:1].id, "active_ids": self.ids}
        names = {**active, "uid": self.env.uid, "allowed_company_ids": self.env.companies.ids}
        return {
            **action,
            "domain": safe_eval(action["domain"] or "[]", names),
            "context": {**safe_eval(action["context"] or "{}", names), **active},
        }
