# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict
from datetime import date

from odoo import api, models

# Types of fields.
TEXTS = ("char", "html", "text")


class CrmActivityAlikeMixin(models.AbstractModel):
    """What activities that are made together have in common is worked out once.

    Most often they differ in whom they are for, maybe in their texts, and in nothing else, as a
    distribution makes them. Odoo makes a record of each, to ask it for its defaults and for what
    follows from its values: nearly half of what creating thousands takes.
    """

    _name = "crm.activity.alike.mixin"
    _description = "CRM Activities That Are Alike"

    @api.model
    def _prepare_create_values(self, vals_list):
        """Ask two of those that are alike: what these agree in, all others have."""
        own_names = self._get_interchangeable_fields()
        alike = defaultdict(list)
        for place, key in enumerate(self._get_alike_keys(vals_list, own_names)):
            alike[key].append(place)
        prepared = {}

        def prepare(places):
            values = super(CrmActivityAlikeMixin, self)._prepare_create_values(
                [vals_list[place] for place in places]
            )
            prepared.update(zip(places, values, strict=True))

        prepare([place for places in alike.values() for place in places[:2]])
        differing = []
        for first, *others in alike.values():
            own = own_names & vals_list[first].keys()
            # A default may be another one each time, as a token is.
            if others and not _is_same(prepared[first], prepared[others[0]], own):
                differing += others[1:]
                continue
            for place in others[1:]:
                of_its_own = {name: vals_list[place][name] for name in own}
                prepared[place] = {**prepared[first], **of_its_own}
        if differing:
            prepare(differing)
        return [prepared[place] for place in range(len(vals_list))]

    @api.model
    def _get_alike_keys(self, vals_list, own_names):
        """:return: list of what is the same for values from which the same follows"""
        companies = {
            name: self._get_company_ids(name, vals_list)
            for name in own_names & self._get_recipient_fields()
        }
        # Of a text it counts that there is one, and nothing of what it says.
        meanings = {name: companies.get(name, {}) for name in own_names}
        keys = []
        for place, vals in enumerate(vals_list):
            key = frozenset(
                (name, meanings[name].get(value) if name in meanings else value)
                for name, value in vals.items()
                # Commands are of one record.
                if value is None or isinstance(value, str | int | float | date)
            )
            keys.append(key if len(key) == len(vals) else place)
        return keys

    @api.model
    def _get_company_ids(self, field_name, vals_list):
        """:return: ``{id: id of its company}`` of the records that values have in a field"""
        ids = {vals.get(field_name) for vals in vals_list} - {None, False}
        # sudo: as fields that are stored are computed.
        records = self.env[self._fields[field_name].comodel_name].sudo().browse(ids)
        return {record.id: record.company_id.id for record in records}

    @api.model
    def _get_interchangeable_fields(self):
        """:return: set of the names of the fields that say for whom it is, where nothing but the
        company follows from them, and of texts that nothing follows from
        """
        telling, seen = set(), set()
        fields = [field for field in self._fields.values() if field.precompute]
        while fields:
            field = fields.pop()
            if field in seen:
                continue
            seen.add(field)
            for path in self.pool.field_depends[field]:
                name, _dot, rest = path.partition(".")
                # Our own asks for the company of a target alone, also where it does not say so.
                is_company = rest == "company_id" or (field.name == "company_id" and not rest)
                if not is_company:
                    telling.add(name)
                # What it depends on may depend on others in turn.
                fields.append(self._fields[name])
        texts = {name for name, field in self._fields.items() if field.type in TEXTS}
        return (self._get_recipient_fields() | texts) - telling


def _is_same(values, others, own):
    """:return: whether two differ in nothing but these"""
    first, second = (
        {name: value for name, value in vals.items() if name not in own}
        for vals in (values, others)
    )
    return first == second
