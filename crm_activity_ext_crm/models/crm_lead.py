# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.crm_activity_ext.tools.address import ADDRESS, get_postal_address

# What a lead's company depends on, and itself.
COMPANY_FIELDS = {"company_id", "partner_id", "team_id", "user_id"}


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.activity.target.mixin"]

    _crm_history_path = "crm-lead-history"
    _crm_activity_email_field = "email_from"
    _crm_audience_fields = ("audience_included_lead_ids", "audience_excluded_lead_ids")

    crm_in_campaign = fields.Boolean(
        string="In the Campaign",
        store=False,
        exportable=False,
        search="_search_crm_in_campaign",
        groups="sales_team.group_sale_salesman",
        help="The lead came from this campaign, or was added to it.",
    )
    crm_campaign_added_ids = fields.Many2many(
        "utm.campaign",
        "crm_campaign_included_lead_rel",
        "lead_id",
        "campaign_id",
        string="Added to Campaigns",
        copy=False,
        groups="sales_team.group_sale_salesman",
    )
    crm_campaign_left_out_ids = fields.Many2many(
        "utm.campaign",
        "crm_campaign_excluded_lead_rel",
        "lead_id",
        "campaign_id",
        string="Left Out of Campaigns",
        copy=False,
        groups="sales_team.group_sale_salesman",
    )

    @api.model
    def _search_crm_in_campaign(self, operator, value):
        if operator != "in":
            return NotImplemented
        campaign_id = self.env["crm.activity"]._get_context_id("crm_campaign_id")
        campaign = self.env["utm.campaign"].browse(campaign_id).exists()
        found = campaign._get_audience_leads() if campaign else Domain.FALSE
        return found if True in value else ~found

    @api.model
    def _get_crm_audience_domain(self, campaign):
        return campaign._get_audience_leads()

    def _filter_crm_not_only_added(self, campaign):
        return self.filtered(lambda lead: lead.campaign_id == campaign)

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._pass_on_crm_wishes()
        return leads

    def write(self, vals):
        """Activities and wishes follow: to the customer it gets; activities to another company."""
        can_move = COMPANY_FIELDS & vals.keys()
        companies = {lead: lead.company_id for lead in self} if can_move else {}
        customer_id = vals.get("partner_id")
        gaining = self.filtered(lambda lead: customer_id and lead.partner_id.id != customer_id)
        result = super().write(vals)
        moving = self.filtered(
            lambda lead: lead in companies and lead.company_id != companies[lead]
        )
        if gaining or moving:
            self.env["crm.activity"]._follow_leads(gaining, moving)
        is_wish = any(vals.get(since) for since in self._get_crm_refusal_fields().values())
        (self if is_wish else gaining)._pass_on_crm_wishes()
        return result

    def _pass_on_crm_wishes(self):
        """What somebody did not want as a lead, they do not want as a customer."""
        # sudo: whoever says who the customer is may not edit it, and may not lose the wish.
        waiting = self.sudo().filtered("partner_id")
        # One lead of each customer at a time: the next ones add what is missing then.
        while waiting := waiting.filtered(lambda lead: lead._get_crm_wishes_of_customer()):
            firsts = (
                self.browse()
                .sudo()
                .union(*(leads[:1] for leads in waiting.grouped("partner_id").values()))
            )
            by_values = firsts.grouped(lambda lead: lead._get_crm_wishes_of_customer())
            for values, leads in by_values.items():
                leads.partner_id.write(dict(values))
            waiting -= firsts

    def _get_crm_wishes_of_customer(self):
        """:return: tuple of the ``(field, value)`` that its customer lacks"""
        customer = self.partner_id
        days = {name: self[name] for name in set(self._get_crm_refusal_fields().values())}
        missing = {name: day for name, day in sorted(days.items()) if day and not customer[name]}
        if not missing:
            return ()
        return (
            *missing.items(),
            ("crm_refusal_user_id", self.crm_refusal_user_id.id),
            ("crm_refusal_reason", customer.crm_refusal_reason or self.crm_refusal_reason),
        )

    def _get_crm_history_domain(self):
        """The lead's own, and all of its customer's, if it has one."""
        customers = self.partner_id.commercial_partner_id
        return Domain("lead_id", "in", self.ids) | customers._get_crm_history_domain()

    @api.model
    def _get_crm_missing_message(self):
        return self.env._("Choose a lead or opportunity first.")

    def _get_crm_new_title(self):
        count = len(self)
        types = set(self.mapped("type"))
        if types == {"lead"}:
            return self.env._("New Activity for %(count)s Leads", count=count)
        if types == {"opportunity"}:
            return self.env._("New Activity for %(count)s Opportunities", count=count)
        return self.env._("New Activity for %(count)s Leads/Opportunities", count=count)

    def _get_crm_activity_lang(self):
        return self.lang_code

    @api.model
    def _get_crm_activity_name_domain(self, operator, value):
        """A lead is known by its company and person as well, before there is a customer."""
        names = ("partner_name", "contact_name")
        return super()._get_crm_activity_name_domain(operator, value) | Domain.OR(
            Domain(name, operator, value) for name in names
        )

    def _get_crm_activity_names(self):
        return [name for name in (self.partner_name, self.contact_name) if name]

    def _get_crm_activity_address(self):
        Partner = self.env["res.partner"]
        names = [name for name in Partner._formatting_address_fields() if name in self._fields]
        # A contact that is never saved knows how its country writes addresses.
        address = Partner.new(self._convert_to_write({name: self[name] for name in names}))
        return address._get_crm_activity_address()

    def _get_crm_activity_postal_address(self):
        return get_postal_address(self)

    def _get_crm_activity_partner(self):
        return self.partner_id

    @api.model
    def _get_crm_callable_domain(self):
        """Once there is a customer, that one is called."""
        callable_customers = self.env["res.partner"]._get_crm_callable_domain()
        reached = Domain("partner_id", "=", False) & self._get_crm_number_domain()
        reached |= Domain("partner_id", "any!", callable_customers)
        return reached & Domain("crm_refuses_call_since", "=", False)

    def _get_crm_consent_holders(self):
        """Its own wish, and that of its customer."""
        customer = self.partner_id
        return [self, *customer._get_crm_consent_holders()] if customer else [self]

    def _fetch_for_crm_activities(self):
        told = ["phone", "phone_sanitized", *self._get_crm_refusal_fields().values()]
        self.fetch(
            ["active", "email_from", "name", "partner_id", "user_id", *ADDRESS, *told],
        )
        self.partner_id._fetch_for_crm_activities()

    def _merge_get_fields_specific(self):
        """What one of those that are merged does not want, the one that stays does not want."""
        strictest = {
            name: lambda name, leads: leads._get_strictest_crm_wishes()[name]
            for name in self._get_crm_consent_fields()
        }
        return super()._merge_get_fields_specific() | strictest

    def _merge_dependences(self, opportunities):
        """Carry the activities of the merged leads along, before those are deleted."""
        result = super()._merge_dependences(opportunities)
        Activity = self.env["crm.activity"]
        merged = Activity._cascading().search([("lead_id", "in", opportunities.ids)])
        merged.write({"lead_id": self.id})
        Activity._follow_leads(self.filtered("partner_id"), self)
        self.env["crm.activity.distribution.line"]._follow_merge(opportunities, self)
        self.env["crm.activity.opt.out.part"]._follow_merge(opportunities, self)
        self.env["utm.campaign"]._follow_lead_merge(opportunities, self)
        return result
