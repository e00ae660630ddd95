# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import time
from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from ..tools.values import get_selection
from .crm_activity_target_mixin import VIEWER
from .utm_campaign_audience import AUDIENCE_FIELDS

# Seconds after which the figures that are counted by then are handed out.
FIGURES_TIME = 1
# What a form may ask figures for before it is saved.
RULE_FIELDS = ("audience_domain", "audience_mode")


class UtmCampaign(models.Model):
    """The numbers of a campaign: what was done, and how much of the audience it has reached."""

    _name = "utm.campaign"
    _inherit = ["utm.campaign", "crm.activity.count.mixin"]

    crm_activity_ids = fields.One2many(
        "crm.activity",
        "campaign_id",
        string="CRM Activities",
        groups="sales_team.group_sale_salesman",
    )
    crm_activity_count = fields.Integer(
        string="Activities",
        compute="_compute_crm_activity_count",
        search="_search_crm_activity_count",
        groups="sales_team.group_sale_salesman",
    )
    audience_reached_share = fields.Float(
        string="Reached",
        compute="_compute_audience_reached_share",
        groups="sales_team.group_sale_salesman",
        help="Percentage of the audience's customers who were reached by at least one activity in "
        "this campaign.",
    )
    crm_responded_count = fields.Integer(
        string="Responded",
        compute="_compute_crm_responded_count",
        groups="sales_team.group_sale_salesman",
        help="Customers of the audience who responded in this campaign, by email or by the outcome "
        "of an activity.",
    )
    audience_responded_share = fields.Float(
        string="Response Rate",
        compute="_compute_crm_responded_count",
        groups="sales_team.group_sale_salesman",
        help="Percentage of the audience's customers who have responded in this campaign.",
    )
    crm_activity_progress = fields.Json(
        string="Progress",
        compute="_compute_crm_activity_progress",
        exportable=False,
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

    @api.model
    def _get_crm_activity_arms(self):
        Activity = self.env["crm.activity"]
        query = Activity._search([("campaign_id", "!=", False)])
        return [(query, Activity._field_to_sql(Activity._table, "campaign_id", query))]

    @api.depends(*AUDIENCE_FIELDS)
    @api.depends_context(*VIEWER)
    def _compute_audience_reached_share(self):
        reached = self._count_customers_with(self.env["crm.activity"]._get_reached_domain())
        for campaign in self:
            share = reached.get(campaign, 0) / max(campaign.audience_customer_count, 1)
            campaign.audience_reached_share = 100 * share

    @api.depends(*AUDIENCE_FIELDS)
    @api.depends_context(*VIEWER)
    def _compute_crm_responded_count(self):
        responded = self._count_customers_with(self.env["crm.activity"]._get_response_domain())
        for campaign in self:
            count = responded.get(campaign, 0)
            share = count / max(campaign.audience_customer_count, 1)
            campaign.crm_responded_count = count
            campaign.audience_responded_share = 100 * share

    @api.depends(*AUDIENCE_FIELDS)
    @api.depends_context("lang", *VIEWER)
    def _compute_crm_activity_progress(self):
        """Totals by type and status, and how much of the audience was reached by what.

        ``{"parts": [{"label", "action", "reached", "responded", "total"}],
        "states": [[state, label]],
        "types": [{"id", "name", "icon", "states": {state: count}, "reached"}],
        "outcomes": [{"id", "name", "color", "count"}]}``, with the number of activities without
        an outcome last where there are others
        """
        totals = self._read_totals_by_type()
        states = get_selection(self.env["crm.activity"], "state")
        used = {type_id for by_type in totals.values() for type_id in by_type}
        types = self._describe_types(Domain("id", "in", used))
        outcomes = self._read_totals_by_outcome()
        for campaign in self:
            parts, reached = campaign._measure_audience()
            by_type = totals[campaign._origin.id]
            campaign.crm_activity_progress = {
                "parts": parts,
                "states": states,
                "types": [
                    {
                        **description,
                        "states": by_type[description["id"]],
                        "reached": reached.get(description["id"], 0),
                    }
                    for description in types
                    if description["id"] in by_type
                ],
                "outcomes": outcomes[campaign._origin.id],
            }

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

    def action_view_crm_activities(self):
        """Show the activities of these campaigns: statuses by types, as a pivot first.

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
        offered = Domain(Activity._fields["activity_type_id"].domain) & Domain("active", "=", True)
        return self._describe_types(offered | Domain("id", "in", used.ids))

    @api.model
    def _describe_types(self, domain):
        """:return: list of dicts, as :meth:`get_crm_activity_types`; of archived types as well"""
        Type = self.env["mail.activity.type"].with_context(active_test=False)
        return [
            {"id": type_.id, "name": type_.name, "icon": type_.icon or "fa-tasks"}
            for type_ in Type.search(domain)
        ]

    @api.readonly
    def get_crm_figures(self, names, rule=None):
        """Read figures for a screen that is there already, as many as are counted in a second.

        Each audience is a search of its own, of 40 to 200 ms among 100,000 partners; campaigns with
        the same one are counted together. Ask again for the campaigns that the answer lacks: it has
        at least one of those that exist.

        :param list names: fields
        :param dict rule: ``audience_domain`` and ``audience_mode`` as a form shows them, saved or
            not; for one campaign, or for none, which is a new one
        :return: list of dicts, as :meth:`read`
        :raise AccessError: for who may not read the campaigns, or a field
        :raise UserError: for a field that does not exist
        """
        names = names if isinstance(names, list) else [names] if names else []
        for name in names:
            if name not in list(self._fields):
                raise UserError(self.env._("There is no field “%(name)s”.", name=name))
        if rule is not None:
            self.check_access("read")
            values = {name: rule[name] for name in RULE_FIELDS if name in rule}
            campaign = self.new(values, origin=self)
            campaign.modified(values)
            return [{**row, "id": self.id} for row in campaign.read(names)]
        end = time.monotonic() + FIGURES_TIME
        slow = [name for name in names if self._is_figure_of_audience(name)]
        there = self.exists()  # somebody may have deleted others since the screen was read
        rows = {row["id"]: row for row in there.read(["id", *(set(names) - set(slow))])}
        if not slow:
            return list(rows.values())
        figures = []
        for campaigns in there._group_by_audience():
            for row in campaigns.with_prefetch(campaigns._ids).read(slow):
                figures.append(rows[row["id"]] | row)
            if time.monotonic() > end:
                break
        return figures

    @api.model
    def _is_figure_of_audience(self, name):
        """:return: whether audiences are read to compute the field of this name"""
        field = self._fields.get(name)
        return "audience_domain" in self.pool.field_depends.get(field, ())

    def _get_parts(self):
        """What a campaign has to reach.

        :return: list of ``(label, field with their number, domain, field of crm.activity, method
            that opens them)``
        """
        if self.audience_error:
            return []
        return [
            (
                self.env._("Customers"),
                "audience_customer_count",
                self._get_audience_customers(),
                "partner_id",
                "action_view_crm_customers",
            ),
            (
                self.env._("Customer Contacts"),
                "audience_contact_count",
                self._get_audience_contacts(),
                "contact_id",
                "action_view_crm_contacts",
            ),
        ]

    def _measure_part(self, label, count_name, domain, field_name, action):
        contacts = self.env["crm.activity"]._get_reached_domain()
        responses = self.env["crm.activity"]._get_response_domain()
        reached = dict(self._read_targets(contacts, field_name, domain))
        responded = dict(self._read_targets(responses, field_name, domain))
        return {
            "label": label,
            "action": action,
            "reached": reached.get(self._origin, 0),
            "responded": responded.get(self._origin, 0),
            "total": self[count_name],
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

    def _count_customers_with(self, activities):
        """Count the customers of the audiences who have such activities in the campaign.

        :param Domain activities: on ``crm.activity``
        :return: ``{campaign: count}``, nothing for an audience that cannot be read
        """
        end = self._get_audience_deadline()
        counts = {}
        for campaigns in self._group_by_audience():
            if campaigns[0].audience_customer_count:
                found = campaigns._read_customers(activities, end)
                counts |= {campaign: found.get(campaign._origin, 0) for campaign in campaigns}
        return counts

    def _read_customers(self, activities, end):
        """:return: ``{campaign: customers}``, of campaigns with the same audience; nothing for an
        audience that cannot be read
        """
        try:
            with self[0]._reading_audience(end):
                customers = self[0]._get_audience_customers()
                return dict(self._read_targets(activities, "partner_id", customers))
        except UserError:
            return {}

    def _read_reached_by_type(self):
        """:return: ``{type id: customers of the audience that were reached by it}``"""
        if self.audience_error:
            return {}
        customers = self._get_audience_customers()
        contacts = self.env["crm.activity"]._get_reached_domain()
        return {
            type_id: count
            for _campaign, type_id, count in self._read_targets(
                contacts, "partner_id", customers, ["activity_type_id"]
            )
        }

    def _read_targets(self, activities, field_name, domain, groupby=()):
        """Count who has such an activity of these campaigns, also as a participant.

        :param Domain activities: on ``crm.activity``
        :param str field_name: field of ``crm.activity`` that holds the target
        :param Domain domain: on the targets that count
        :param groupby: further fields of ``crm.activity``, many2one
        :return: list of ``(campaign, id of each further group…, count)``
        """
        Activity = self.env["crm.activity"]
        Target = self.env[Activity._fields[field_name].comodel_name]
        names = ["campaign_id", *groupby]
        columns = [SQL.identifier(name) for name in names]
        found = activities & Domain("campaign_id", "in", self.ids)
        arms = [
            query.select(
                SQL("%s AS target_id", target),
                *(
                    SQL("%s AS %s", Activity._field_to_sql(Activity._table, name, query), column)
                    for name, column in zip(names, columns, strict=True)
                ),
            )
            for query, target in Target._search_crm_activities([field_name], found)
        ]
        # The audience once, whatever the number of ways to be a target.
        rows = self.env.execute_query(
            SQL(
                "SELECT %(columns)s, COUNT(DISTINCT target_id) FROM (%(arms)s) AS reached "
                "WHERE target_id IN %(audience)s GROUP BY %(columns)s",
                arms=SQL(" UNION ALL ").join(arms),
                audience=Target._search(domain).subselect(),
                columns=SQL(", ").join(columns),
            )
        )
        return [(self.browse(campaign_id), *more) for campaign_id, *more in rows]

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

    def _read_totals_by_outcome(self):
        """:return: ``{campaign id: [{"id", "name", "color", "count"}]}`` of what was done, in the
        order of the outcomes; nothing where there are none
        """
        counts = defaultdict(list)
        groups = self.env["crm.activity"]._read_group(
            [("campaign_id", "in", self.ids), ("state", "=", "done")],
            ["campaign_id", "outcome_id"],
            ["__count"],
        )
        for campaign, outcome, count in groups:
            counts[campaign.id].append((outcome, count))
        totals = defaultdict(list)
        for campaign_id, found in counts.items():
            if any(outcome for outcome, _count in found):
                found.sort(key=lambda one: (not one[0], one[0].sequence, one[0].id))
                totals[campaign_id] = [
                    {
                        "id": outcome.id,
                        "name": outcome.name or self.env._("No outcome"),
                        "color": outcome.color,
                        "count": count,
                    }
                    for outcome, count in found
                ]
        return totals

    def _action_view_partners(self, action_name):
        self._check_single()
        self._count_audience()  # what is wrong is better said here than by the list
        return self._prepare_action(action_name)

    def _check_single(self):
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
