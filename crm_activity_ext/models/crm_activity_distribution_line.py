# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Domain

NAMING = Domain("name", "!=", False) | Domain("reason", "!=", False)


class CrmActivityDistributionLine(models.Model):
    """A target that still waits for its activity, or that was left out.

    It goes away in the transaction that makes the activity: what there is to do is never
    forgotten and never done twice.
    """

    _name = "crm.activity.distribution.line"
    _description = "CRM Activity Distribution Line"
    _inherit = ["crm.activity.system.fields.mixin"]
    _order = "id"

    distribution_id = fields.Many2one(
        "crm.activity.distribution", required=True, index=True, ondelete="cascade"
    )
    res_id = fields.Integer(string="Target ID", required=True, index=True)
    date = fields.Datetime(help="When the activity will be due, where they are spread.")
    name = fields.Char()
    kind = fields.Selection(
        [
            ("existing", "Already has one of this type in this campaign"),
            ("archived", "Archived"),
            ("no_address", "No valid address"),
            ("opted_out", "Opted out"),
            ("same_address", "Duplicate address"),
            ("merged", "Merged with another record"),
            ("not_mine", "Assigned to another user"),
            ("gone", "Deleted or no longer accessible"),
            ("error", "Cannot be created"),
        ],
        string="Reason",
    )
    reason = fields.Char(string="Details")

    _waiting_idx = models.Index("(distribution_id, id) WHERE kind IS NULL")

    @api.model
    def _get_system_fields(self):
        """All of it: see the distribution."""
        return {name for name, field in self._fields.items() if field.store}

    def action_open_target(self):
        """Open what no activity was made for.

        :return: window action on the target
        """
        line = self._origin.ensure_one()
        return self.env[line.distribution_id.target_model].browse(line.res_id)._get_records_action()

    @api.model
    def _forget(self, records):
        """Remove what names these records, as they are deleted or anonymized.

        The lines stay, without names, and with them how many there were. What still waits gets
        no activity any more.

        :param records: targets, of one model
        """
        # sudo: nobody writes a line by hand; no more is removed than what names the records.
        waiting = Domain("kind", "=", False)
        lines = self.sudo().search(self._get_records_domain(records) & (NAMING | waiting))
        lines.filtered_domain(waiting).kind = "gone"
        lines.write({"name": False, "reason": False})

    @api.model
    def _follow_merge(self, merged, survivor):
        """Let a record stand for those that are merged with it: it gets one activity, not several.

        :param merged: records that go, whose activities the survivor has got already
        :param survivor: the record that stays
        """
        # sudo: a merge counts for all distributions, also those of others.
        Line = self.sudo()
        lines = Line.search(self._get_records_domain(merged))
        if not lines:
            return
        lines.res_id = survivor.id
        waiting = Line.search(
            self._get_records_domain(survivor)
            & Domain("distribution_id", "in", lines.distribution_id.ids)
            & Domain("kind", "=", False)
        )
        served = self._get_fulfilled_distributions(survivor)
        doubles = Line.browse()
        for distribution, same in waiting.grouped("distribution_id").items():
            doubles += same if distribution in served else same[1:]
        name = survivor.display_name
        doubles.write(
            {
                "kind": "merged",
                "name": name,
                "reason": self.env._("It was merged with another selected record."),
            }
        )

    @api.model
    def _get_records_domain(self, records):
        """:return: Domain, of the lines of these records"""
        return Domain("res_id", "in", records.ids) & Domain(
            "distribution_id.target_model", "=", records._name
        )

    @api.model
    def _get_fulfilled_distributions(self, target):
        """:return: the distributions that have made an activity for the target already"""
        # sudo: those that others made count too.
        Activity = self.env["crm.activity"].sudo()
        own = Activity._get_target_domain(target)
        groups = Activity._read_group(
            own & Domain("distribution_id", "!=", False), ["distribution_id"]
        )
        return self.env["crm.activity.distribution"].union(*(record for (record,) in groups))
