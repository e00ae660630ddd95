# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from lxml import etree

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.address import ADDRESS, get_postal_address
from .crm_activity_consent_mixin import is_blacklisted
from .crm_activity_participant_mixin import PARTICIPANTS_TABLE
from .utm_campaign_audience import ACTIVE_OR_NOT

# With account: it adds the field.
HAVE_BOUGHT = Domain("customer_rank", ">", 0)


# What these look up is made once, and only where it is asked for; of a condition on the company
# Odoo would make a join with all partners.
def _has_callable_company(model, alias, query):
    return SQL(
        "(%(company)s != %(id)s AND %(company)s IN (SELECT id FROM res_partner AS company"
        " WHERE id = commercial_partner_id AND %(phone)s != '' AND NOT %(is_blacklisted)s))",
        company=_get_company(model, alias),
        id=SQL.identifier(alias, "id"),
        phone=SQL.identifier("company", "phone", to_flush=model._fields["phone"]),
        is_blacklisted=is_blacklisted(model, "company", query),
    )


def _has_refusing_company(model, alias, _query):
    since = "crm_refuses_call_since"
    return SQL(
        "COALESCE(%s IN (SELECT id FROM res_partner WHERE %s IS NOT NULL), FALSE)",
        _get_company(model, alias),
        SQL.identifier("res_partner", since, to_flush=model._fields[since]),
    )


def _get_company(model, alias):
    name = "commercial_partner_id"
    return SQL.identifier(alias, name, to_flush=model._fields[name])


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "crm.activity.target.mixin"]

    _crm_history_path = "crm-history"
    _crm_audience_fields = ("audience_included_ids", "audience_excluded_ids")

    # To search for whom a campaign is for.
    crm_customer_of_campaign_id = fields.Many2one(
        "utm.campaign",
        string="Customer in the Audience of",
        store=False,
        exportable=False,
        search="_search_crm_customer_of_campaign_id",
    )
    crm_contact_of_campaign_id = fields.Many2one(
        "utm.campaign",
        string="Contact in the Audience of",
        store=False,
        exportable=False,
        search="_search_crm_contact_of_campaign_id",
    )

    crm_campaign_added_ids = fields.Many2many(
        "utm.campaign",
        "crm_campaign_included_partner_rel",
        "partner_id",
        "campaign_id",
        string="Added to Campaigns",
        copy=False,
        groups="sales_team.group_sale_salesman",
    )
    crm_campaign_left_out_ids = fields.Many2many(
        "utm.campaign",
        "crm_campaign_excluded_partner_rel",
        "partner_id",
        "campaign_id",
        string="Left Out of Campaigns",
        copy=False,
        groups="sales_team.group_sale_salesman",
    )

    # A few among all partners: see CUSTOMERS, who are counted and listed for each campaign.
    _crm_customer_idx = models.Index(
        "(id) WHERE active IS TRUE AND partner_share IS TRUE"
        " AND (is_company IS TRUE OR parent_id IS NULL)"
    )

    @api.model
    def _search_crm_customer_of_campaign_id(self, operator, value):
        return self._search_audience(operator, value, "_get_audience_customers")

    @api.model
    def _search_crm_contact_of_campaign_id(self, operator, value):
        return self._search_audience(operator, value, "_get_audience_contacts")

    @api.model
    def _search_audience(self, operator, value, method_name):
        if operator != "in":
            return NotImplemented
        if self.env.context.get("crm_in_audience"):
            raise UserError(
                self.env._("An audience cannot be based on another campaign's audience.")
            )
        campaigns = self.env["utm.campaign"].browse(id_ for id_ in value if id_)
        return Domain.OR(getattr(campaign, method_name)() for campaign in campaigns.exists())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Offer "Has Bought" where accounting knows who has."""
        arch, view = super()._get_view(view_id, view_type, **options)
        matrix_search = self.env.ref(
            "crm_activity_ext.res_partner_view_search_campaign", raise_if_not_found=False
        )
        if view == matrix_search and "customer_rank" in self._fields:
            first = arch.find(".//filter[@name='crm_not_reached']")
            first.addprevious(
                etree.Element(
                    "filter",
                    name="crm_has_bought",
                    string=self.env._("Has Bought"),
                    domain=str(list(HAVE_BOUGHT)),
                )
            )
            # Filters that nothing separates are alternatives.
            first.addprevious(etree.Element("separator"))
        return arch, view

    def write(self, vals):
        result = super().write(vals)
        if {"parent_id", "is_company", "company_id"} & vals.keys():
            self.env["crm.activity"]._realign_customers(self)
        return result

    def unlink(self):
        """Plans go on without who only takes part; what was done holds its participants."""
        self.check_access("unlink")
        self.env["crm.activity"]._release_participants(self)
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_participants(self):
        self.env["crm.activity"]._check_unreferenced("participant_ids", self)

    @api.model
    def _search_crm_activities(self, field_names, domain, target_ids=None):
        """As a participant as well, who is not the contact or the customer already."""
        arms = super()._search_crm_activities(field_names, domain, target_ids)
        Activity = self.env["crm.activity"]
        query = Activity._search(domain)
        alias = query.join(Activity._table, "id", PARTICIPANTS_TABLE, "activity_id", "participant")
        participant = SQL.identifier(alias, "partner_id")
        if target_ids is not None:
            ids = list(target_ids)
            query.add_where(SQL("%s = ANY(%s)", participant, ids))
            # Most take part in nothing: PostgreSQL looks that up first, and then joins nothing.
            found = SQL(
                "SELECT activity_id FROM %s WHERE partner_id = ANY(%s)",
                SQL.identifier(PARTICIPANTS_TABLE),
                ids,
            )
            activity_id = SQL.identifier(Activity._table, "id")
            query.add_where(SQL("%s = ANY(ARRAY(%s))", activity_id, found))
        for name in self._get_crm_activity_fields():
            target = Activity._field_to_sql(Activity._table, name, query)
            query.add_where(SQL("%s IS DISTINCT FROM %s", participant, target))
        return [*arms, (query, participant)]

    @api.model
    def _search_crm_contacts(self, domain, target_ids=None):
        """Who was in touch with a person was in touch with their company, whoever it was for."""
        arms = super()._search_crm_contacts(domain, target_ids)
        query = self.env["crm.activity"]._search(domain)
        link = query.join(query.table, "id", PARTICIPANTS_TABLE, "activity_id", "participant")
        person = query.join(link, "partner_id", self._table, "id", "person")
        customer = self._field_to_sql(person, "commercial_partner_id", query)
        if target_ids is not None:
            query.add_where(SQL("%s = ANY(%s)", customer, list(target_ids)))
        return [*arms, (query, customer)]

    def _get_crm_activity_domain(self, field_names=None):
        found = super()._get_crm_activity_domain(field_names)
        return found | Domain("participant_search", "in", self.ids)

    def _get_crm_participations(self, activities):
        names = self._get_crm_activity_fields()
        return activities.filtered(lambda a: not any(a[name] & self for name in names))

    @api.model
    def _get_crm_addable_domain(self):
        Campaign = self.env["utm.campaign"]
        return Campaign._get_customers_of(None) | Campaign._get_contacts_of(None)

    def _get_crm_added_domain(self):
        """Customers come with their contacts, contacts with their customer."""
        Campaign = self.env["utm.campaign"]
        query = self._search([("id", "in", self.ids)])
        return Campaign._get_customers_of(query) | Campaign._get_contacts_of(query)

    def _get_crm_brought_back_domain(self):
        """A contact is not there without its customer."""
        these = Domain("id", "in", self.ids)
        return these | Domain("id", "in", self._search(these).subselect("commercial_partner_id"))

    def _get_crm_removed_domain(self):
        """Customers go with their contacts."""
        removed = Domain("id", "in", self.ids) | Domain("commercial_partner_id", "in", self.ids)
        return removed & ACTIVE_OR_NOT

    @api.model
    def _get_crm_audience_domain(self, campaign):
        return campaign._get_audience_customers() | campaign._get_audience_contacts()

    def _filter_crm_not_only_added(self, campaign):
        return self.browse() if campaign.audience_mode == "list" else self

    def _get_crm_history_domain(self):
        """What is below a partner counts: contacts, addresses and child companies."""
        return Domain.OR(
            Domain(name, "child_of", self.ids)
            for name in ("partner_id", "contact_id", "participant_search")
        )

    def _get_crm_history_customers(self):
        return self.commercial_partner_id - self

    def _get_crm_new_title(self):
        count = len(self)
        if self == self.commercial_partner_id:
            return self.env._("New Activity for %(count)s Customers", count=count)
        return self.env._("New Activity for %(count)s Contacts", count=count)

    def _get_crm_activity_number(self):
        return self.phone or self.commercial_partner_id.phone

    def _get_crm_number_holder(self):
        return self if self.phone else self.commercial_partner_id

    def _get_crm_activity_postal_address(self):
        return get_postal_address(self)

    def _get_crm_consent_holders(self):
        """What a company does not want, nobody there is asked for."""
        return list(dict.fromkeys([self, self.commercial_partner_id]))

    @api.model
    def _get_crm_callable_domain(self):
        """By the own number, else the company's; a company that does not want calls gets none."""
        own = self._get_crm_number_domain()
        none = Domain("phone", "in", [False, ""]) & Domain.custom(to_sql=_has_callable_company)
        refusing = Domain("crm_refuses_call_since", "!=", False)
        return (own | none) & ~(refusing | Domain.custom(to_sql=_has_refusing_company))

    def _get_crm_activity_names(self):
        names = dict.fromkeys([self.commercial_company_name, self.name])
        return [name for name in names if name]

    def _get_crm_activity_address(self):
        lines = self._display_address(without_company=True).splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _get_crm_activity_salesperson(self):
        return self.user_id or self.commercial_partner_id.user_id

    def _fetch_for_crm_activities(self):
        told = ["phone", "phone_sanitized", "user_id", *self._get_crm_refusal_fields().values()]
        self.fetch(["active", "commercial_partner_id", "complete_name", "email", *ADDRESS, *told])
        self.commercial_partner_id.fetch(told)

    def _get_crm_forgotten(self, activities):
        own = activities - self._get_crm_participations(activities)
        return self | own.contact_id.sudo(False)
