# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models


class CrmActivity(models.Model):
    _name = "crm.activity"
    _inherit = ["crm.activity.meeting.mixin", "crm.activity"]

    lead_id = fields.Many2one(
        "crm.lead",
        string="Lead/Opportunity",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="The lead or opportunity the activity is for.",
    )

    _campaign_lead_type_idx = models.Index(
        "(campaign_id, lead_id, activity_type_id) "
        "INCLUDE (state, outcome_id, date, user_id, company_id) "
        "WHERE campaign_id IS NOT NULL AND lead_id IS NOT NULL"
    )
    _reached_lead_idx = models.Index(
        "(lead_id, date_done) INCLUDE (outcome_id, user_id, company_id) "
        "WHERE state = 'done' AND lead_id IS NOT NULL"
    )
    _planned_lead_idx = models.Index(
        "(lead_id, date) INCLUDE (user_id, company_id) "
        "WHERE state = 'pending' AND lead_id IS NOT NULL"
    )

    # Not on the lead's company: Odoo computes that anew whenever somebody is assigned, and would
    # look for activities lead by lead. See ``_follow_leads``.
    @api.depends("lead_id")
    def _compute_company_id(self):
        return super()._compute_company_id()

    @api.onchange("lead_id")
    def _onchange_lead_id(self):
        if not self.partner_id:
            self.partner_id = self.lead_id.partner_id
            self._onchange_partner_id()

    @api.model
    def _get_implied_fields(self, target):
        implied = super()._get_implied_fields(target)
        return ["lead_id", *implied] if target._name == "crm.lead" else implied

    @api.model_create_multi
    def create(self, vals_list):
        """An activity for a lead is for the lead's customer too, if it has one."""
        vals_list = self._add_target_defaults(vals_list)
        self._check_leads(vals_list)
        for vals in vals_list:
            if not (vals.get("partner_id") or vals.get("contact_id")):
                vals["partner_id"] = self._get_record_from_vals(vals, "lead_id").partner_id.id
        return super().create(vals_list)

    def write(self, vals):
        lead_id = vals.get("lead_id")
        # One that stays may have become a colleague's, and is not asked for again.
        if lead_id and any(activity.lead_id.id != lead_id for activity in self):
            self._check_leads([vals])
        return super().write(vals)

    @api.model
    def _load_records(self, data_list, update=False):
        """Read at once whose customers the leads of a file have."""
        if self.env.context.get("import_file"):
            ids = {data["values"].get("lead_id") for data in data_list} - {None, False}
            # sudo: one that stays may have become a colleague's; see ``write``.
            leads = self.env["crm.lead"].sudo().browse(ids)
            leads.fetch(["partner_id"])
            leads.partner_id.fetch(["commercial_partner_id"])
        return super()._load_records(data_list, update)

    def _get_what_becomes_of(self, values):
        """As in ``create``: where a file names the lead alone, it is for the lead's customer. One
        that it has, it keeps, unless it is for another lead now.
        """
        names = {"partner_id", "contact_id"} & values.keys()
        if names and values.get("lead_id") and not any(values[name] for name in names):
            lead = self._get_record_from_vals(values, "lead_id")
            values = {name: value for name, value in values.items() if name not in names}
            if lead != self.lead_id or not self.partner_id:
                values["partner_id"] = lead.partner_id.id
        return super()._get_what_becomes_of(values)

    @api.model
    def _check_leads(self, vals_list):
        """:raise AccessError: for leads that are not the user's to read, by name or at all"""
        leads = self.env["crm.lead"].union(
            *(self._get_record_from_vals(vals, "lead_id") for vals in vals_list)
        )
        if leads:
            leads.check_access("read")

    @api.model
    def _follow_leads(self, gaining, moving):
        """Follow leads that have changed.

        :param gaining: ``crm.lead`` that all got the same customer: it becomes that of their
            activities without one
        :param moving: ``crm.lead`` in another company: their activities move there
        """
        activities = self._cascading().search([("lead_id", "in", (gaining | moving).ids)])
        without_customer = activities.filtered(
            lambda activity: activity.lead_id in gaining and not activity.partner_id
        )
        without_customer.write({"partner_id": gaining[:1].partner_id.id})
        moved = activities.filtered(lambda activity: activity.lead_id in moving)
        (without_customer | moved)._follow_company()

    def _get_replica_changes(self, default):
        changes = super()._get_replica_changes(default)
        if not self.lead_id or "lead_id" in default:
            return changes
        if not self._fits_company(self.lead_id):
            reason = self.env._(
                "The lead or opportunity was not copied: %(lead)s belongs to another company.",
                lead=self.sudo().lead_id.display_name,
            )
            changes["lead_id"] = (False, reason)
        elif not self.lead_id.has_access("read"):
            reason = self.env._(
                "The lead or opportunity was not copied: you no longer have access to it."
            )
            changes["lead_id"] = (False, reason)
        return changes

    @api.model
    def _get_target_fields(self):
        return {**super()._get_target_fields(), "crm.lead": ["lead_id"]}

    @api.model
    def _get_export_columns(self):
        columns = super()._get_export_columns()
        place = [column.name for column in columns].index("participant_ids") + 1
        columns.insert(place, self._export_column("lead_id.name", width=20))
        return columns

    def action_open_contact(self):
        """Open the contacts; the leads, where no activity has a contact."""
        if self.lead_id and not self.contact_id:
            return self._action_open(self.lead_id, self.env._("Leads/Opportunities"), "")
        return super().action_open_contact()
