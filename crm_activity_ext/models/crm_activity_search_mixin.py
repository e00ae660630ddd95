# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain

# As many are found one by one.
MAX_TARGETS = 20_000
# Where a transaction remembers, for a page and its number of rows, whom they are for.
MEMO_KEY = "crm_activity_ext.found_targets"


class CrmActivitySearchMixin(models.AbstractModel):
    """What is found by its words, and by who it is for: by name, phone number or email."""

    _name = "crm.activity.search.mixin"
    _description = "Search by Words, Phone Number and Email"

    words_search = fields.Char(
        string="Words or Name", store=False, exportable=False, search="_search_words_search"
    )
    customer_search = fields.Char(
        string="Name of Customer or Contact",
        store=False,
        exportable=False,
        search="_search_customer_search",
    )
    phone_search = fields.Char(
        string="Phone Number", store=False, exportable=False, search="_search_phone_search"
    )
    email_search = fields.Char(
        string="Email Address", store=False, exportable=False, search="_search_email_search"
    )

    @api.model
    def _search_words_search(self, operator, value):
        """Find by the words of the record itself, or by the name of who it is for.

        :param str operator: one that is not negative
        :param value: words, or a part of them; a collection of such
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return self._get_words_domain(operator, value) | self._get_domain_of_targets(
            lambda Target: Target._get_crm_activity_name_domain(operator, value)
        )

    @api.model
    def _search_customer_search(self, operator, value):
        """Find by the name of the customer or the contact, as Odoo finds partners.

        :param str operator: one that is not negative
        :param value: a name, or a part of it; a collection of such
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return self._get_domain_of_targets(
            lambda Partner: Domain("display_name", operator, value), ("res.partner",)
        )

    @api.model
    def _search_phone_search(self, operator, value):
        """Find by number, however it is spelled, as contacts are found.

        :param str operator: one that is not negative
        :param value: a number, or part of it; a collection of numbers
        :raise UserError: for fewer than three characters
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        # Odoo's own search, where the addon that has it is installed.
        return self._get_domain_of_targets(
            lambda Target: Domain(
                "phone_mobile_search" if "phone_mobile_search" in Target._fields else "phone",
                operator,
                value,
            )
        )

    @api.model
    def _search_email_search(self, operator, value):
        """Find by the address of who it is for.

        :param str operator: one that is not negative
        :param value: an address, or part of it; a collection of addresses
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return self._get_domain_of_targets(
            lambda Target: Domain(Target._crm_activity_email_field, operator, value)
        )

    @api.model
    @api.readonly
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        # Not for the whole transaction, which may change whose names have these words.
        self.env.cr.cache[MEMO_KEY] = {}
        try:
            return super().web_search_read(domain, specification, offset, limit, order, count_limit)
        finally:
            self.env.cr.cache.pop(MEMO_KEY, None)

    @api.model
    def _get_domain_of_targets(self, get_domain, models=None):
        """Find what is made for some targets.

        The ids, and not a join: an index answers ``IN`` beside other conditions of an ``OR``,
        while a subquery there makes PostgreSQL read the whole table. Which it does for so many
        targets anyway.

        :param get_domain: function of a model of targets, gives the domain of those
        :param models: names of the models of targets to look in, by default all
        :return: Domain
        """
        found = Domain.FALSE
        names_by_model = {}
        for name in self._get_target_field_names(models):
            names_by_model.setdefault(self._fields[name].comodel_name, []).append(name)
        for model_name, names in names_by_model.items():
            Target = self.env[model_name].with_context(active_test=False)
            targets = self._find_targets(Target, get_domain(Target))
            if len(targets) > MAX_TARGETS:
                targets = Target._search(get_domain(Target))
            found |= Domain.OR(Domain(name, "in", targets) for name in names)
        return found

    @api.model
    def _find_targets(self, Target, domain):
        """:return: list of the ids of targets, not more than tell that there are too many"""
        memo = self.env.cr.cache.get(MEMO_KEY, {})
        key = Target.env, Target._name, repr(domain)
        if key not in memo:
            memo[key] = Target.search(domain, limit=MAX_TARGETS + 1).ids
        return memo[key]

    @api.model
    def _get_words_domain(self, operator, value):
        """:return: Domain of the records that have these words themselves"""
        return Domain("name", operator, value)

    @api.model
    def _get_target_field_names(self, models=None):
        """:param models: names of the models of targets, by default all
        :return: list of the fields that hold who it is for, or find who takes part
        """
        targets = dict(self.env["crm.activity"]._get_target_fields())
        targets["res.partner"] = [*targets["res.partner"], "participant_search"]
        return [
            name
            for model, names in targets.items()
            if models is None or model in models
            for name in names
            if name in self._fields
        ]
