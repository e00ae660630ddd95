# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.values import check_default
from .utm_campaign_audience import FREEZE_TIMEOUT


class UtmCampaign(models.Model):
    """Who is in an audience by name: added by hand, left out, or kept from the day it was frozen.

    The tables are written by SQL: a campaign may have a hundred thousand members. What is
    stored are links and nothing else, no status that could drift.
    """

    _name = "utm.campaign"
    _inherit = ["crm.activity.copy.mixin", "utm.campaign", "crm.activity.system.fields.mixin"]

    audience_included_ids = fields.Many2many(
        "res.partner",
        "crm_campaign_included_partner_rel",
        "campaign_id",
        "partner_id",
        string="Added by Hand",
        groups="sales_team.group_sale_salesman",
    )
    audience_excluded_ids = fields.Many2many(
        "res.partner",
        "crm_campaign_excluded_partner_rel",
        "campaign_id",
        "partner_id",
        string="Left Out",
        groups="sales_team.group_sale_salesman",
    )
    audience_frozen_ids = fields.Many2many(
        "res.partner",
        "crm_campaign_frozen_partner_rel",
        "campaign_id",
        "partner_id",
        string="Frozen Audience",
        copy=False,
        readonly=True,
        groups="sales_team.group_sale_salesman",
    )
    audience_frozen_date = fields.Date(
        string="Audience as of",
        copy=False,
        readonly=True,
        groups="sales_team.group_sale_salesman",
    )
    audience_has_members = fields.Boolean(
        compute="_compute_audience_has_members",
        exportable=False,
        groups="sales_team.group_sale_salesman",
    )
    audience_has_included = fields.Boolean(
        compute="_compute_audience_has_members",
        exportable=False,
        groups="sales_team.group_sale_salesman",
    )
    audience_has_excluded = fields.Boolean(
        compute="_compute_audience_has_members",
        exportable=False,
        groups="sales_team.group_sale_salesman",
    )
    audience_included_count = fields.Integer(
        string="Number Added by Hand",
        compute="_compute_audience_included_count",
        groups="sales_team.group_sale_salesman",
    )
    audience_excluded_count = fields.Integer(
        string="Number Left Out",
        compute="_compute_audience_excluded_count",
        groups="sales_team.group_sale_salesman",
    )

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"audience_frozen_date", "audience_frozen_ids"}

    @api.depends("audience_included_ids", "audience_excluded_ids")
    def _compute_audience_has_members(self):
        """Whether somebody was added or left out: where not, nothing more is asked."""
        fields_ = [self._fields[f"audience_{kind}_ids"] for kind in ("included", "excluded")]
        has_members = SQL(", ").join(
            SQL(
                "EXISTS (SELECT FROM %s WHERE %s = campaign.id)",
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
            )
            for field in fields_
        )
        query = SQL("SELECT id, %s FROM unnest(%s) AS campaign (id)", has_members, self.ids)
        found = {id_: has for id_, *has in self.env.execute_query(query)} if self.ids else {}
        for campaign in self:
            has_included, has_excluded = found.get(campaign._origin.id, (False, False))
            campaign.audience_has_included = has_included
            campaign.audience_has_excluded = has_excluded
            campaign.audience_has_members = has_included or has_excluded

    @api.depends("audience_included_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_audience_included_count(self):
        counts = self._count_members("crm_campaign_added_ids")
        for campaign in self:
            campaign.audience_included_count = counts.get(campaign._origin, 0)

    @api.depends("audience_excluded_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_audience_excluded_count(self):
        counts = self._count_members("crm_campaign_left_out_ids")
        for campaign in self:
            campaign.audience_excluded_count = counts.get(campaign._origin, 0)

    def _count_members(self, name):
        """:return: ``{campaign: partners}``, by a field of ``res.partner``"""
        groups = self.env["res.partner"]._read_group([(name, "in", self.ids)], [name], ["__count"])
        return dict(groups)

    @api.model_create_multi
    def create(self, vals_list):
        """What is made as frozen is frozen as of now."""
        campaigns = super().create(vals_list)
        # sudo: also others than salespeople make campaigns, and have no part in their audiences.
        frozen = campaigns.sudo().filtered(lambda campaign: campaign.audience_mode == "frozen")
        frozen.sudo(False)._freeze()
        return campaigns

    def write(self, vals):
        """Whatever freezes an audience, or lets it live, ends here. An archived one is frozen."""
        mode = vals.get("audience_mode")
        frozen = self.filtered(lambda c: c.audience_mode == "frozen") if mode else self.browse()
        finished = self.filtered("active") if not vals.get("active", True) else self.browse()
        result = super().write(vals)
        if mode == "frozen":
            (self - frozen)._freeze()
        elif frozen:
            frozen._thaw()
        finished._freeze_finished()
        return result

    def copy_data(self, default=None):
        """A copy is new work: its audience lives, though this one is frozen."""
        default = check_default(self.env, default)
        vals_list = super().copy_data(default)
        for vals in filter(None, vals_list):  # None for an id that was given twice
            if "audience_mode" not in default and vals.get("audience_mode") == "frozen":
                vals["audience_mode"] = "live"
        return vals_list

    def action_freeze_audience(self):
        """Keep who is in the audience now, whatever changes later.

        A frozen one is frozen anew; one that was picked by hand stays as it is.

        :raise AccessError: for who may not write campaigns or their audiences
        :raise UserError: for a rule that cannot be read, or not in time
        """
        self._check_audience_access()
        frozen = self.filtered(lambda campaign: campaign.audience_mode == "frozen")
        frozen._freeze()
        self.filtered(lambda c: c.audience_mode == "live").audience_mode = "frozen"
        return True

    def action_view_audience_included(self):
        """Show who was added to this campaign by hand.

        :return: window action on ``res.partner``
        :raise UserError: for several campaigns
        """
        self._check_single()
        return self._prepare_action("crm_activity_ext.res_partner_action_audience_included")

    def action_view_audience_excluded(self):
        """Show who was left out of this campaign.

        :return: window action on ``res.partner``
        :raise UserError: for several campaigns
        """
        self._check_single()
        return self._prepare_action("crm_activity_ext.res_partner_action_audience_excluded")

    def _check_audience_access(self):
        """:raise AccessError: for who may not say whom a campaign is for"""
        self.check_access("write")
        self._check_field_access(self._fields["audience_mode"], "write")

    def _freeze(self):
        """Store who matches the rule.

        :raise UserError: for a rule that cannot be read
        """
        if not self:
            return
        for campaigns in self.grouped("audience_domain").values():
            campaigns._store_matching()
        # sudo: the day is the system's to write; who may say whom it is for was asked before.
        self.sudo().audience_frozen_date = fields.Date.context_today(self)

    def _store_matching(self):
        """Store who matches the rule that these campaigns have in common."""
        # As who asks, whatever else they may see: the rule may ask for what is not theirs to know.
        # In all their companies: which of these they look at now is no part of the audience.
        asking = self[:1].sudo(False)
        asking = asking.with_context(allowed_company_ids=asking.env.user.company_ids.ids)
        self._clear_members("audience_frozen_ids")
        with asking._reading_audience(is_live=True, timeout=FREEZE_TIMEOUT):
            matching = asking._get_matching_partners()
            for domain in (asking._get_customers_of(matching), asking._get_contacts_of(matching)):
                found = asking.env["res.partner"]._search(domain)
                self._insert_members("audience_frozen_ids", found)

    def _freeze_finished(self):
        """What is archived keeps its figures, if its rule can be read: else it stays as it is."""
        if not self.sudo(False)._has_field_access(self._fields["audience_mode"], "write"):
            return
        live = self.filtered(lambda campaign: campaign.audience_mode == "live")
        for campaigns in live.grouped("audience_domain").values():
            try:
                with self.env.cr.savepoint():
                    campaigns.audience_mode = "frozen"
            except UserError:
                continue

    def _thaw(self):
        """Forget who was in it on the day when it was frozen."""
        self._clear_members("audience_frozen_ids")
        # sudo: the day is the system's to write.
        self.sudo().audience_frozen_date = False

    def _add_to_audience(self, targets):
        """Add these by hand, customers with their contacts and contacts with their customer.

        :param targets: records of one model, that the user may read
        :return: ``(added, present)``, how many of them were not in the audience, and were;
            others cannot be in any
        :raise AccessError: for who may not say whom a campaign is for
        """
        self.ensure_one()._check_audience_access()
        targets.check_access("read")
        included, excluded = targets._crm_audience_fields
        addable = targets.search(
            Domain("id", "in", targets.ids) & targets._get_crm_addable_domain()
        )
        present = self._count_present(addable)
        added = targets._search(addable._get_crm_added_domain())
        self._insert_members(included, added)
        # Who was left out by name and is not among these stays left out.
        brought_back = targets._search(addable._get_crm_brought_back_domain())
        self._delete_members(excluded, brought_back)
        return len(addable) - present, present

    def _remove_from_audience(self, targets):
        """Take out what was added by hand, and leave out what would be there without.

        :param targets: records of one model, that the user may read
        :raise AccessError: for who may not say whom a campaign is for
        """
        self.ensure_one()._check_audience_access()
        targets.check_access("read")
        included, excluded = targets._crm_audience_fields
        self._delete_members(included, targets._search(targets._get_crm_removed_domain()))
        left_out = targets._filter_crm_not_only_added(self)
        self._insert_members(excluded, targets._search([("id", "in", left_out.ids)]))

    def _count_present(self, targets):
        """:return: int, how many of these are in the audience, none of one that cannot be read"""
        try:
            with self._reading_audience():
                domain = targets._get_crm_audience_domain(self)
                return targets.search_count(Domain("id", "in", targets.ids) & domain)
        except UserError:
            return 0

    def _insert_members(self, name, query):
        """Link all that a query finds to each of these campaigns, at once.

        :param str name: many2many field
        :param Query query: on the model of that field, with the rights of who asks
        """
        field = self._fields[name]
        self._execute_on_members(
            name,
            SQL(
                "INSERT INTO %(table)s (%(campaign)s, %(target)s) "
                "SELECT campaign.id, found.id "
                "FROM unnest(%(ids)s) AS campaign (id), (%(query)s) AS found (id) "
                "ON CONFLICT DO NOTHING",
                table=SQL.identifier(field.relation),
                campaign=SQL.identifier(field.column1),
                target=SQL.identifier(field.column2),
                ids=self.ids,
                query=query.select(),
            ),
        )

    def _delete_members(self, name, query):
        """Unlink all that a query finds from each of these campaigns, at once."""
        field = self._fields[name]
        self._execute_on_members(
            name,
            SQL(
                "DELETE FROM %s WHERE %s = ANY(%s) AND %s IN (%s)",
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                self.ids,
                SQL.identifier(field.column2),
                query.select(),
            ),
        )

    def _clear_members(self, name):
        field = self._fields[name]
        self._execute_on_members(
            name,
            SQL(
                "DELETE FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                self.ids,
            ),
        )

    def _execute_on_members(self, name, statement):
        """Run SQL on the links of these campaigns, and forget what was read of them."""
        self.env.flush_query(statement)
        self.env.cr.execute(statement, log_exceptions=False)
        self.modified([name])
        self.invalidate_recordset([name])
        for inverse in self.pool.field_inverses[self._fields[name]]:
            self.env[inverse.model_name].invalidate_model([inverse.name])

    def _select_members(self, *names):
        """:return: SQL, a query of the ids that this campaign has in many2many fields, each once:
        PostgreSQL expects 200 of those that it has to make distinct itself, and looks up all
        """
        return SQL(" UNION ").join(
            SQL(
                "SELECT %s FROM %s WHERE %s = %s",
                SQL.identifier(field.column2),
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                self._origin.id or None,
            )
            for field in map(self._fields.get, names)
        )

    def _get_added(self):
        """:return: SQL, a query of those who were added by hand; None where nobody was"""
        return self._select_members("audience_included_ids") if self.audience_has_members else None

    def _get_stored(self):
        """:return: Domain, who is in a frozen or a hand-picked audience, on ``res.partner``"""
        names = ["audience_frozen_ids"] if self.audience_mode == "frozen" else []
        # A single table is read in the order of a list, and no further than a page.
        if not names or self.audience_has_members:
            names.append("audience_included_ids")
        return Domain("id", "in", SQL("(%s)", self._select_members(*names)))

    def _get_not_left_out(self):
        """:return: Domain, on ``res.partner``: who is left out leaves their contacts out as well"""
        if not self.audience_has_members:
            return Domain.TRUE
        excluded = SQL("(%s)", self._select_members("audience_excluded_ids"))
        return Domain("id", "not in", excluded) & Domain(
            "commercial_partner_id", "not in", excluded
        )
