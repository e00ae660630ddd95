# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Stands between the name of a target and its reference: no name has it.
SEPARATOR = "\x1f"


class CrmActivityPivotMixin(models.AbstractModel):
    """The rows of a campaign's pivot: one for each customer, whoever is written to there.

    Each is the first field of :meth:`_get_target_fields` that is filled: the customer, or
    the lead or opportunity where there is no customer yet. Nothing is stored: groups are made of
    what the fields say today.
    """

    _name = "crm.activity.pivot.mixin"
    _description = "Pivot Rows of CRM Activities"
    _inherit = ["crm.activity.recipient.mixin"]

    target_ref = fields.Reference(
        selection="_selection_target_ref",
        string="Customer or Lead/Opportunity",
        compute="_compute_target_ref",
        exportable=False,
    )
    # Measures of the pivot and the graph, and of the workbook: see ``_read_group_select``.
    reached_count = fields.Integer(
        string="Reached",
        compute="_compute_reached_count",
        aggregator="sum",
        exportable=False,
        help="Customers, and leads and opportunities without one, who were reached.",
    )
    responded_count = fields.Integer(
        string="Responded",
        compute="_compute_reached_count",
        aggregator="sum",
        exportable=False,
        help="Customers, and leads and opportunities without one, who have responded.",
    )

    @api.depends("is_response", "outcome_id", "state")
    def _compute_reached_count(self):
        reaching = self.filtered_domain(self._get_reached_domain())
        for activity in self:
            activity.reached_count = activity in reaching
            activity.responded_count = activity.is_response

    @api.model
    def _selection_target_ref(self):
        get_model = self.env["ir.model"]._get
        return [(name, get_model(name).name) for name in self._get_target_fields()]

    @api.depends(lambda self: self._get_target_ref_fields())
    def _compute_target_ref(self):
        for activity in self:
            targets = (activity[name] for name in self._get_target_ref_fields())
            target = next(filter(None, targets), None)
            activity.target_ref = target and f"{target._name},{target.id}"

    @api.model
    def _get_target_ref_fields(self):
        """:return: list of the fields with targets; the first that is filled counts"""
        return [names[0] for names in self._get_target_fields().values()]

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group by name and reference: groups are in the order of the names."""
        if groupby_spec != "target_ref":
            return super()._read_group_groupby(alias, groupby_spec, query)
        keys = []
        for name in self._get_target_ref_fields():
            # sudo: who may read an activity is told whom it is for.
            target, target_alias = self._fields[name].join(self.sudo(), alias, query)
            keys.append(
                SQL(
                    "%s || %s || %s",
                    target._field_to_sql(target_alias, target._rec_name, query),
                    f"{SEPARATOR}{target._name},",
                    SQL.identifier(target_alias, "id"),
                )
            )
        return SQL("COALESCE(%s)", SQL(", ").join(keys))

    def _read_group_select(self, aggregate_spec, query):
        """Count whom activities were made for, each once, however many there are of them."""
        get_counted = {
            "reached_count:sum": self._get_reached_domain,
            "responded_count:sum": self._get_response_domain,
        }.get(aggregate_spec)
        if get_counted is None:
            return super()._read_group_select(aggregate_spec, query)
        names = self._get_target_ref_fields()
        # Numbers that no two targets share: faster to tell apart than rows or texts.
        targets = [
            SQL(
                "%s::int8 * %s + %s",
                self._field_to_sql(self._table, name, query),
                len(names),
                place,
            )
            for place, name in enumerate(names)
        ]
        return SQL(
            "COUNT(DISTINCT COALESCE(%s)) FILTER (WHERE %s)",
            SQL(", ").join(targets),
            get_counted().optimize_full(self)._to_sql(self, self._table, query),
        )

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        if groupby_spec != "target_ref":
            return super()._web_read_group_groupby_formatter(groupby_spec, values)
        return self._format_target_group

    def _format_target_group(self, key):
        """:return: ``((reference, name), domain of the activities)``, False for those for nobody"""
        name, _separator, reference = (key or "").rpartition(SEPARATOR)
        model_name, _comma, target_id = reference.partition(",")
        domain = Domain.TRUE
        for field_name in self._get_target_ref_fields():
            if self._fields[field_name].comodel_name == model_name:
                domain &= Domain(field_name, "=", int(target_id))
                break
            domain &= Domain(field_name, "=", False)
        return bool(key) and (reference, name), list(domain)
