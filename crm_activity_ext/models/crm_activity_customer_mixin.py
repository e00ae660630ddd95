# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import itertools

from odoo import api, models
from odoo.exceptions import ValidationError

from ..tools.values import is_id

# Characters shown of an invalid value.
SHOWN_LENGTH = 100


class CrmActivityCustomerMixin(models.AbstractModel):
    """Customer and contact of an activity: whichever is not given follows the other."""

    _name = "crm.activity.customer.mixin"
    _description = "CRM Activity Customer and Contact"

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        self.partner_id, self.contact_id = self._resolve_customer(
            self.partner_id,
            self.contact_id
            if self.contact_id.commercial_partner_id == self.partner_id
            else self.contact_id.browse(),
        )

    @api.onchange("contact_id")
    def _onchange_contact_id(self):
        if self.contact_id:
            self.partner_id, self.contact_id = self._resolve_customer(
                self.env["res.partner"], self.contact_id
            )

    @api.model
    def _get_record_from_vals(self, vals, field_name):
        """:return: the record that values to be written have in a field, or none
        :raise ValidationError: for what is no id
        """
        value = vals.get(field_name) or False
        if value is not False and not is_id(value):
            field = self._fields[field_name]
            raise ValidationError(
                self.env._(
                    "“%(field)s” must be the ID of a single record, not: %(value)s",
                    field=field._description_string(self.env),
                    value=str(value)[:SHOWN_LENGTH],
                )
            )
        return self.env[self._fields[field_name].comodel_name].browse(value or ())

    @api.model
    def _resolve_customer(self, partner, contact):
        """Tell customer and contact apart.

        :param partner: what was given as the customer, maybe a person below it
        :param contact: what was given as the contact, maybe the customer itself
        :return: ``(customer, contact)``, each one ``res.partner`` or none
        :raise ValidationError: for a contact of another customer
        """
        customer = (partner or contact).commercial_partner_id
        contact = contact or partner
        if contact and contact.commercial_partner_id != customer:
            raise ValidationError(
                self.env._(
                    "%(contact)s is not a contact of %(customer)s. "
                    "Choose one of its contacts, or change the customer.",
                    contact=contact.display_name,
                    customer=customer.display_name,
                )
            )
        return customer, contact - customer

    @api.model
    def _add_target_defaults(self, vals_list):
        """Say for whom, where the context or somebody's default does and the values do not.

        What is refused, and what follows, is asked of the values: Odoo would add the defaults
        behind it. A customer and a contact are one choice: a default does not add to half of it.

        :param list vals_list: values to create with
        :return: list of copies
        """
        names = self._get_recipient_fields()
        defaults = self.default_get(list(names))
        customer = {"partner_id", "contact_id"}
        completed = []
        for vals in vals_list:
            chosen = customer if customer & vals.keys() else set()
            # Said of each, or Odoo asks for its default again, record by record.
            added = {name: name not in chosen and defaults.get(name, False) for name in names}
            completed.append({**added, **vals})
        return completed

    @api.model
    def _complete_customers(self, vals_list):
        """Make customer and contact follow each other in values to be written.

        Whichever is not given follows the other, as :meth:`_resolve_customer` says. Both stay as
        they are where they follow from others: a contact may have left the customer meanwhile.

        :param list vals_list: values, changed in place
        """
        cascading = self._is_cascading()
        given = [
            [self._get_record_from_vals(vals, name) for name in ("partner_id", "contact_id")]
            for vals in vals_list
        ]
        self.env["res.partner"].union(*itertools.chain(*given)).fetch(["commercial_partner_id"])
        for vals, (partner, contact) in zip(vals_list, given, strict=True):
            if not (partner or contact) or cascading and partner and contact:
                continue
            customer, contact = self._resolve_customer(partner, contact)
            vals["partner_id"] = customer.id
            if contact or "contact_id" in vals:
                vals["contact_id"] = contact.id

    @api.model
    def _get_targets_of_values(self, vals_list):
        """Who activities would be made for, before there are any; read together.

        :param list vals_list: values to create with
        :return: list of ``{model name: record}``, without models that there is no record of, and
            the recipient first
        """
        ids_by_model = [
            {
                model: target_id
                for model, names in self._get_target_fields().items()
                for name in names  # the last one that is filled counts
                if (target_id := self._get_record_from_vals(vals, name).id)
            }
            for vals in vals_list
        ]
        records = {
            (model, record.id): record
            for model in self._get_target_fields()
            for record in self.env[model].browse({i[model] for i in ids_by_model if model in i})
        }
        return [{m: records[m, i] for m, i in ids.items()} for ids in ids_by_model]

    def _cascading(self):
        """:return: these, to write into them what follows from a change of people"""
        # sudo: the activities of others go along as well, also those that nobody here sees.
        return self.sudo().with_context(crm_activity_cascading=True)

    def _is_cascading(self):
        """Whether what is written follows from what happened to customers or leads.

        That has happened: nothing of it is refused, and no text is written anew.
        """
        return self.env.su and bool(self.env.context.get("crm_activity_cascading"))

    def _check_company(self, fnames=None):
        """Ask once for all that are in one company, where Odoo asks activity by activity.

        Where something is of another company, Odoo finds out what, and says so.
        """
        if self._is_cascading() or self._is_of_one_company(fnames):
            return None
        return super()._check_company(fnames)

    def _is_of_one_company(self, fnames=None):
        """:return: whether whoever these name may be in the company of each of them

        :param list fnames: names of the fields that are written, None for all
        """
        if fnames is None or "company_id" in fnames:
            fnames = self._fields
        names = [name for name in fnames if self._is_company_checked(self._fields[name])]
        if any(self._fields[name].company_dependent for name in names):
            return False  # these are of the user's company
        for company, activities in self.grouped("company_id").items():
            # sudo, and archived ones: as Odoo asks.
            them = activities.sudo().with_context(active_test=False)
            if not all(self._are_in_company(them[name], company) for name in names):
                return False
        return True

    @api.model
    def _are_in_company(self, records, company):
        """:param records: as superuser, archived ones as well
        :return: whether Odoo lets activities of a company have these
        """
        if records._name == "res.users":
            # Odoo remembers it, and would read it all the same.
            return all(company.id in user._get_company_ids() for user in records)
        domain = records._check_company_domain(company)
        return not domain or records.filtered_domain(domain) == records

    @api.model
    def _is_company_checked(self, field):
        return field.relational and field.check_company

    @api.model
    def _realign_customers(self, partners):
        """Follow partners that moved: into another company, or by a merge.

        Activities of a person who has become a contact belong to the customer above,
        with that person as the contact; a customer's company is its activities'.

        :param partners: ``res.partner`` that moved
        """
        activities = self._cascading().search(
            ["|", ("partner_id", "in", partners.ids), ("contact_id", "in", partners.ids)]
        )
        for partner, moved in activities.grouped("partner_id").items():
            customer = partner.commercial_partner_id
            if customer != partner:
                with_contact = moved.filtered("contact_id")
                with_contact.write({"partner_id": customer.id})
                (moved - with_contact).write({"contact_id": partner.id})
        activities._follow_company()
