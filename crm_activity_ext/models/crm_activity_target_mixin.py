# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.address import get_normal_number
from ..tools.values import get_selection
from .crm_activity_responsible_mixin import OPEN_STATES

# Counts obey the record rules: nobody is shown what was counted for somebody else.
VIEWER = ("uid", "allowed_company_ids")
# Records named in a URL, and the digits of each id.
MAX_IN_ADDRESS = 100
MAX_DIGITS = 9
# Workers take longer to start than the indexes take to answer. Until the end of the transaction.
NO_WORKERS = SQL("SET LOCAL max_parallel_workers_per_gather = 0")


class CrmActivityTargetMixin(models.AbstractModel):
    """What an activity can be made for: see ``_get_target_fields`` of the recipient mixin."""

    _name = "crm.activity.target.mixin"
    _description = "Target of CRM Activities"
    _inherit = [
        "crm.activity.consent.mixin",
        "crm.activity.count.mixin",
        "crm.activity.referenced.mixin",
        "crm.activity.technical.fields.mixin",
    ]

    # Where the web client finds the history of these records again: the path of a server action
    # that calls action_view_crm_history. One for the last months has "-months" behind it.
    _crm_history_path = False
    # The field with the address to write to.
    _crm_activity_email_field = "email"
    # The fields of utm.campaign with those who were added to a campaign by hand, and left out.
    _crm_audience_fields = (False, False)

    crm_activity_count = fields.Integer(
        string="CRM Activities",
        compute="_compute_crm_activity_count",
        search="_search_crm_activity_count",
        groups="sales_team.group_sale_salesman",
        help="For customers, includes the activities of their contacts.",
    )
    # What was done for this record in one campaign: that of the context key crm_campaign_id.
    crm_campaign_activity_counts = fields.Json(
        string="Activities by Type",
        compute="_compute_crm_campaign_activities",
        groups="sales_team.group_sale_salesman",
        help="Number of activities in this campaign, by type.",
    )
    crm_campaign_last_date = fields.Datetime(
        string="Last Contact",
        compute="_compute_crm_campaign_activities",
        groups="sales_team.group_sale_salesman",
        help="When somebody was last reached by an activity in this campaign.",
    )
    crm_campaign_state = fields.Selection(
        selection="_selection_crm_campaign_state",
        string="Status in the Campaign",
        store=False,
        copy=False,
        exportable=False,
        search="_search_crm_campaign_state",
        groups="sales_team.group_sale_salesman",
        help="Status of any of the activities in this campaign.",
    )
    crm_campaign_reached = fields.Boolean(
        string="Reached",
        store=False,
        copy=False,
        search="_search_crm_campaign_reached",
        exportable=False,
        groups="sales_team.group_sale_salesman",
        help="Somebody was reached by an activity in this campaign.",
    )
    crm_campaign_responded = fields.Boolean(
        string="Responded",
        compute="_compute_crm_campaign_responded",
        search="_search_crm_campaign_responded",
        exportable=False,
        groups="sales_team.group_sale_salesman",
        help="An incoming email of theirs is in this campaign, or an outcome that is a response.",
    )

    @api.model
    def _get_technical_fields(self):
        # They say something of the campaign in the context, and nothing without one.
        return super()._get_technical_fields() | {
            "crm_campaign_activity_counts",
            "crm_campaign_last_date",
            "crm_campaign_reached",
            "crm_campaign_responded",
            "crm_campaign_state",
        }

    @api.depends_context(*VIEWER)
    def _compute_crm_activity_count(self):
        counts = Counter()
        for target_id, count in self._group_crm_activities(
            self._get_crm_activity_fields(), Domain.TRUE, lambda _query: [SQL("COUNT(*)")]
        ):
            counts[target_id] += count
        for target in self:
            target.crm_activity_count = counts[target._origin.id]

    @api.model
    def _get_crm_activity_arms(self):
        return self._search_crm_activities(self._get_crm_activity_fields(), Domain.TRUE)

    @api.depends_context("crm_campaign_id", "crm_campaign_field", *VIEWER)
    def _compute_crm_campaign_activities(self):
        counts, last_dates = defaultdict(Counter), {}
        for target_id, type_id, count, date in self._count_crm_campaign_activities():
            counts[target_id][type_id] += count
            if date:
                last_dates[target_id] = max(date, last_dates.get(target_id, date))
        for target in self:
            target_id = target._origin.id
            target.crm_campaign_activity_counts = counts.get(target_id)
            target.crm_campaign_last_date = last_dates.get(target_id)

    def _count_crm_campaign_activities(self):
        """:return: list of ``(target id, type id, count, date of the last contact)``"""
        Activity = self.env["crm.activity"]
        reached = Activity._get_reached_domain().optimize_full(Activity)

        def select(query):
            activity_type, date = (
                Activity._field_to_sql(Activity._table, name, query)
                for name in ("activity_type_id", "date")
            )
            is_reached = reached._to_sql(Activity, Activity._table, query)
            last = SQL("MAX(%s) FILTER (WHERE %s)", date, is_reached)
            return [activity_type, SQL("COUNT(*)"), last]

        return self._group_crm_activities(
            self._get_crm_campaign_fields(), self._get_crm_campaign_domain(), select, grouped=1
        )

    def _group_crm_activities(self, field_names, domain, select, grouped=0):
        """Group the activities of these records by whom they are for, all ways in one query.

        Not by ``_read_group``: thousands of groups need no records.

        :param list field_names: see :meth:`_search_crm_activities`
        :param Domain domain: which activities count
        :param select: function of a query of activities, gives a list of SQL of what is read
        :param int grouped: how many of those are grouped by as well
        :return: list of ``(target id, what is read…)``, a target once for each way it is one
        """
        if not self.ids:
            return []
        arms = []
        for query, target in self._search_crm_activities(field_names, domain, self.ids):
            columns = select(query)
            query.groupby = SQL(", ").join([target, *columns[:grouped]])
            arms.append(query.select(target, *columns))
        return self.env.execute_query(SQL("%s; %s", NO_WORKERS, SQL(" UNION ALL ").join(arms)))

    @api.model
    def _search_crm_activities(self, field_names, domain, target_ids=None):
        """Search activities by each of the ways in which a record is a target of one.

        An activity is found once for each of its targets, and for none of them twice.

        :param list field_names: fields of ``crm.activity`` that hold the targets
        :param Domain domain: on the activities
        :param target_ids: the targets, where they are known
        :return: list of ``(query, SQL of the target's id)``
        """
        Activity = self.env["crm.activity"]
        arms = []
        for name in field_names:
            is_target = Domain(name, "!=", False)
            if target_ids is not None:
                is_target = Domain(name, "in", target_ids)
            query = Activity._search(domain & is_target)
            arms.append((query, Activity._field_to_sql(Activity._table, name, query)))
        return arms

    @api.model
    def _selection_crm_campaign_state(self):
        return get_selection(self.env["crm.activity"], "state")

    @api.model
    def _search_crm_campaign_state(self, operator, value):
        """Find the records that have an activity in one of these states in the campaign.

        :param str operator: ``in``; with ``False`` among the states also those that have none
        :param value: collection of values of ``crm.activity.state``
        """
        if operator != "in":
            return NotImplemented
        states = [state for state in value if state]
        found = self._get_crm_campaign_targets_domain(Domain("state", "in", states))
        if False in value:
            found |= self._get_crm_campaign_others_domain(Domain.TRUE)
        return found

    @api.depends_context("crm_campaign_id", "crm_campaign_field", *VIEWER)
    def _compute_crm_campaign_responded(self):
        responded = self.browse()
        if self.ids:
            found = self._get_crm_campaign_targets_domain(
                self.env["crm.activity"]._get_response_domain()
            )
            responded = self.with_context(active_test=False).search(
                Domain("id", "in", self.ids) & found
            )
        for target in self:
            target.crm_campaign_responded = target._origin in responded

    @api.model
    def _search_crm_campaign_reached(self, operator, value):
        """Find the records of which somebody was reached in the campaign, or the others."""
        return self._search_crm_campaign_targets(
            operator, value, self.env["crm.activity"]._get_reached_domain()
        )

    @api.model
    def _search_crm_campaign_responded(self, operator, value):
        """Find the records that have responded in the campaign, or those that have not."""
        return self._search_crm_campaign_targets(
            operator, value, self.env["crm.activity"]._get_response_domain()
        )

    def _search_crm_campaign_targets(self, operator, value, domain):
        # Odoo has made "not in [True]" of the condition for the others, and would negate the other.
        if operator not in ("in", "not in"):
            return NotImplemented
        found = Domain.FALSE
        if (True in value) == (operator == "in"):
            found |= self._get_crm_campaign_targets_domain(domain)
        if (False in value) == (operator == "in"):
            found |= self._get_crm_campaign_others_domain(domain)
        return found

    def _get_crm_campaign_targets_domain(self, domain):
        """:return: Domain, who has an activity in the campaign that meets this domain"""
        return self._get_crm_found(lambda: self._search_crm_campaign_activities(domain))

    def _get_crm_campaign_others_domain(self, domain):
        """:return: Domain, who has no activity in the campaign that meets this domain"""
        return self._get_crm_not_found(lambda: self._search_crm_campaign_activities(domain))

    def _search_crm_campaign_activities(self, domain, target_ids=None):
        """:return: see :meth:`_search_crm_activities`, of the campaign in the context"""
        domain &= self._get_crm_campaign_domain()
        return self._search_crm_activities(self._get_crm_campaign_fields(), domain, target_ids)

    @api.model
    def _get_crm_found(self, search):
        """:param search: function that searches activities, as :meth:`_search_crm_activities`
        :return: Domain, who is a target of one of them
        """
        # One subquery, which PostgreSQL joins: it would not join the parts of an OR.
        targets = SQL(" UNION ALL ").join(query.select(target) for query, target in search())
        return Domain("id", "in", SQL("(%s)", targets))

    @api.model
    def _get_crm_not_found(self, search):
        """The others, and not the opposite: PostgreSQL joins what does not exist, while for a NOT
        IN it would read all of the list first, and look each record up in one that is too long
        for its memory.

        :return: Domain, who is a target of none of them: see :meth:`_get_crm_found`
        """

        def to_sql(_model, alias, _query):
            target_id = SQL.identifier(alias, "id")
            missing = []
            for query, target in search():
                query.add_where(SQL("%s = %s", target, target_id))
                missing.append(SQL("NOT EXISTS (%s)", query.select(SQL("1"))))
            return SQL("(%s)", SQL(" AND ").join(missing))

        return Domain.custom(to_sql=to_sql)

    def unlink(self):
        """What was anonymized lets go of its target, and what named it in distributions goes."""
        self.check_access("unlink")
        self.env["crm.activity"]._release_anonymized(self._get_crm_activity_fields(), self)
        self.env["crm.activity.distribution.line"]._forget(self)
        return super().unlink()

    def action_anonymize_crm_activities(self):
        """Ask whether to forget what the activities of these records say.

        :return: window action of the dialog
        :raise AccessError: for others than administrators
        """
        self.env["crm.activity.anonymize"].check_access("create")
        return self._ask_for_crm("crm.activity.anonymize", self.env._("Anonymize CRM Activities"))

    def action_new_crm_activity(self):
        """Ask for an activity for these records.

        :return: window action: see ``crm.activity._action_new_for``
        """
        return self.env["crm.activity"]._action_new_for(self)

    def action_log_crm_activity(self):
        """Ask what was done for these records just now, a call unless the user says otherwise.

        :return: window action of the dialog
        :raise UserError: where CRM is not installed or nothing is selected
        :raise AccessError: for users who may not create activities
        """
        title = self.env._("Log Activities for %(count)s Records", count=len(self))
        if len(self) == 1:
            title = self.env._("Log an Activity for %(target)s", target=self.display_name)
        return self._ask_for_new_crm("crm.activity.done", title, dialog_size="medium")

    def _ask_for_new_crm(self, model_name, title, **context):
        """Open a dialog that makes activities for these records.

        :return: window action
        :raise UserError: where CRM is not installed or nothing is selected
        :raise AccessError: for users who may not create activities
        """
        self._check_crm_new()
        defaults = self.env["crm.activity"]._get_new_defaults()
        return self._ask_for_crm(model_name, title, **defaults, **context)

    def _check_crm_new(self):
        """:raise UserError: where CRM is not installed or nothing is selected
        :raise AccessError: for users who may not create activities
        """
        self.env["crm.activity"]._check_crm_installed()
        self.env["crm.activity"].check_access("create")
        if not self:
            raise UserError(self._get_crm_missing_message())

    def _ask_for_crm(self, model_name, title, **context):
        """:return: window action of a dialog about these records"""
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model_name,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                **context,
                "default_target_model": self._name,
                "default_target_ids": self.ids,
            },
        }

    def action_add_to_crm_campaign(self):
        """Ask for a campaign, and add these records to its audience.

        :return: window action of the dialog
        :raise AccessError: for others than salespeople
        """
        self.env["crm.activity.add.to.campaign"].check_access("create")
        campaign_id = self.env["crm.activity"]._get_context_id("crm_audience_campaign_id")
        return self._ask_for_crm(
            "crm.activity.add.to.campaign",
            self.env._("Add to Campaign"),
            default_campaign_id=campaign_id,
        )

    def action_remove_from_crm_campaign(self):
        """Remove these records from the audience of the campaign of the context.

        Who would be in it by its rule is left out. :meth:`action_add_to_crm_campaign` brings
        them back. What was done for them stays.

        :return: client action: a notice how many there were
        :raise AccessError: for who may not say whom a campaign is for
        :raise UserError: without a campaign
        """
        Campaign = self.env["utm.campaign"]
        campaign = Campaign.browse(self.env["crm.activity"]._get_context_id("crm_campaign_id"))
        campaign = campaign.exists()
        if not campaign:
            raise UserError(self.env._("Open the records from a campaign to remove them from it."))
        count = campaign._count_present(self)
        campaign._remove_from_audience(self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(count)s removed from the campaign.", count=count),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_view_crm_activities(self):
        """Show the activities of these records, done ones too.

        :return: window action on ``crm.activity``; what is new there is for this
            record, where it is one
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.crm_activity_action"
        )
        target_field = self._get_crm_activity_fields()[0]
        context = {f"default_{target_field}": self.id} if len(self) == 1 else {}
        return {
            **action,
            "domain": list(self._get_crm_activity_domain()),
            "context": context,
        }

    def action_view_crm_campaign_activities(self, activity_type_id=False):
        """Show the activities of these records in the campaign of the context.

        :param int activity_type_id: of this type only
        :return: window action on ``crm.activity``
        """
        action = self.action_view_crm_activities()
        domain = self._get_crm_campaign_domain() & self._get_crm_activity_domain(
            self._get_crm_campaign_fields()
        )
        context = {**action["context"], **self.env["crm.activity"]._get_new_defaults()}
        if activity_type_id:
            domain &= Domain("activity_type_id", "=", activity_type_id)
            context["default_activity_type_id"] = activity_type_id
        names = ", ".join(self.mapped("display_name"))
        return {
            **action,
            "display_name": self.env._("Activities: %(targets)s", targets=names),
            "domain": list(domain),
            "context": context,
        }

    def _get_crm_campaign_domain(self):
        """:return: Domain, of the activities of the campaign in the context, none without one"""
        campaign_id = self.env["crm.activity"]._get_context_id("crm_campaign_id")
        return Domain("campaign_id", "=", campaign_id) if campaign_id else Domain.FALSE

    def _get_crm_campaign_fields(self):
        """One, where the list shows one kind of target, as the context key crm_campaign_field says.

        :return: list of fields of ``crm.activity`` that hold the targets
        """
        names = self._get_crm_activity_fields()
        shown = self.env.context.get("crm_campaign_field")
        return [shown] if shown in names else names

    @api.model
    def _get_crm_addable_domain(self):
        """:return: Domain, who of these records can be in an audience at all"""
        return Domain.TRUE

    def _get_crm_added_domain(self):
        """:return: Domain, whom it adds to an audience to add these records"""
        return Domain("id", "in", self.ids)

    def _get_crm_brought_back_domain(self):
        """:return: Domain, who is no longer left out of an audience once these are added"""
        return Domain("id", "in", self.ids)

    def _get_crm_removed_domain(self):
        """:return: Domain, whom it removes from an audience to remove these records"""
        return Domain("id", "in", self.ids)

    @api.model
    def _get_crm_audience_domain(self, campaign):
        """:return: Domain, who is in the audience of this campaign"""
        return Domain.FALSE

    def _filter_crm_not_only_added(self, campaign):
        """:return: those of these that may be in the audience though nobody has added them"""
        return self

    def action_work_through_crm_activities(self):
        """Work through what is to be done for these records, in their order.

        Of the campaign in the context alone, if there is one, and by the field that its list shows.

        :return: client action
        """
        Activity = self.env["crm.activity"]
        names = self._get_crm_campaign_fields()
        domain = self._get_crm_activity_domain(names) & Domain("state", "in", OPEN_STATES)
        if campaign_id := Activity._get_context_id("crm_campaign_id"):
            domain &= Domain("campaign_id", "=", campaign_id)
        activities = Activity.search_fetch(domain, names, order="date, id")
        places = {id_: place for place, id_ in enumerate(self.ids)}
        return activities.sorted(
            lambda activity: min(places.get(activity[name].id, len(places)) for name in names)
        ).action_work_through()

    def action_view_crm_history(self):
        """Show everything with these records: activities, quotations, orders, deliveries, invoices.

        :return: window action on ``crm.activity.history``; from a contact, on the contact's own,
            with a button there for the whole company's
        :raise AccessError: for users who may not see histories
        """
        return self.env["crm.activity.history"]._action_view_for(self)

    def action_view_crm_history_months(self):
        """Show the last twelve months of the same history as a graph.

        :return: window action on ``crm.activity.history``
        :raise AccessError: for users who may not see histories
        """
        action = self.action_view_crm_history()
        name = self.env._("Last 12 Months")
        return {
            **action,
            "path": self._crm_history_path and f"{self._crm_history_path}-months",
            "name": name,
            "display_name": name,
            "views": sorted(action["views"], key=lambda view: view[1] != "graph"),
            "context": {**action["context"], "search_default_last_12_months": 1},
        }

    def _get_crm_history_address(self):
        """:return: what names these records in an address: an id, several with commas, or False"""
        if len(self) == 1:
            return self.id
        # Too many would make an address that servers refuse.
        return len(self) <= MAX_IN_ADDRESS and ",".join(map(str, self.ids))

    @api.model
    def _get_crm_history_targets(self):
        """:return: the records that the address in the context names"""
        parts = str(self.env.context.get("active_id") or "").split(",")
        ids = [int(part) for part in parts if part.isdecimal() and len(part) <= MAX_DIGITS]
        return self.browse(ids).exists()

    def _get_crm_activity_fields(self):
        return self.env["crm.activity"]._get_target_fields()[self._name]

    def _get_crm_activity_domain(self, field_names=None):
        """:return: domain of the activities made for these records; by these fields alone"""
        return Domain.OR(
            Domain(name, "in", self.ids) for name in field_names or self._get_crm_activity_fields()
        )

    def _get_crm_participations(self, activities):
        """:return: those of the activities that these records only took part in"""
        return activities.browse()

    def _get_crm_history_domain(self):
        """:return: domain of the rows of these records in ``crm.activity.history``"""
        return Domain.OR(
            Domain(field_name, "in", self.ids) for field_name in self._get_crm_activity_fields()
        )

    def _get_crm_history_customers(self):
        """:return: ``res.partner``: the customers of these records, where they are others"""
        return self.env["res.partner"]

    @api.model
    def _get_crm_missing_message(self):
        """:return: what to say where one of these is needed and there is none"""
        return self.env._("Choose a customer or contact first.")

    def _get_crm_new_title(self):
        """:return: title of the dialog that makes an activity for each of these"""
        return self.env._("New Activity for %(count)s Records", count=len(self))

    def _get_crm_activity_lang(self):
        """:return: code of the language to write in, or False"""
        return self.lang

    def _get_crm_activity_email(self):
        """:return: the address to write to, as somebody typed it, or False"""
        return self[self._crm_activity_email_field]

    def _get_crm_activity_number(self):
        """:return: the number to call or to fax to, as somebody typed it, or False"""
        return self.phone

    def _get_crm_activity_normal_number(self):
        """:return: the same number in its normal form, by which two are told to be one, or False"""
        return get_normal_number(self._get_crm_number_holder())

    def _get_crm_number_holder(self):
        """:return: the record whose number is called: another one's where it has none"""
        return self

    def _is_crm_address_readable(self):
        """:return: whether the user may be told the address or number this one is reached by"""
        # sudo: only to know whose it is.
        holder = self.sudo()._get_crm_number_holder().sudo(self.env.su)
        return self.has_access("read") and holder.has_access("read")

    @api.model
    def _get_crm_activity_name_domain(self, operator, value):
        """:return: Domain of the records of this name: what people look for them by"""
        return Domain("display_name", operator, value)

    def _get_crm_activity_names(self):
        """:return: list of who is written to: the company, the person, or both"""
        return [self.display_name]

    def _get_crm_activity_address(self):
        """:return: list of the lines of the postal address, below the names"""
        return []

    def _get_crm_activity_postal_address(self):
        """:return: the postal address in its normal form, or False where it is not complete"""
        return False

    def _get_crm_activity_partner(self):
        """:return: ``res.partner`` who is written to in place of this record, or none"""
        return self.env["res.partner"]

    def _get_crm_activity_salesperson(self):
        """:return: ``res.users`` who looks after this record, or none"""
        return self.user_id

    def _fetch_for_crm_activities(self):
        """Read at once what the rules ask of each record that activities are made for."""
        self.fetch(["active", "user_id"])

    def _get_crm_forgotten(self, activities):
        """:return: who is forgotten together with these: of a customer, its contacts as well"""
        return self

    def _log_crm_erasure(self, anonymized_ids, deleted_ids):
        """Write down that activities of these were anonymized, where there is a log for it.

        :param list anonymized_ids: ids of activities that are left
        :param list deleted_ids: ids of those that had never happened
        """
