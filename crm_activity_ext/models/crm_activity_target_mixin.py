# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter

from odoo import fields, models
from odoo.fields import Domain


class CrmActivityTargetMixin(models.AbstractModel):
    """What an activity can be made for: see ``crm.activity._get_target_fields``."""

    _name = "crm.activity.target.mixin"
    _description = "Target of CRM Activities"

    crm_activity_count = fields.Integer(
        string="CRM Activities",
        compute="_compute_crm_activity_count",
        groups="sales_team.group_sale_salesman",
        help="Of a customer: those of its contacts included.",
    )

    def _compute_crm_activity_count(self):
        counts = Counter()
        for *targets, count in self.env["crm.activity"]._read_group(
            self._get_crm_activity_domain(), self._get_crm_activity_fields(), ["__count"]
        ):
            for target in self.browse().union(*targets):
                counts[target.id] += count
        for target in self:
            target.crm_activity_count = counts[target._origin.id]

    def action_new_crm_activity(self):
        """Ask for an activity for these records.

        :return: window action: see ``crm.activity._action_new_for``
        """
        return self.env["crm.activity"]._action_new_for(self)

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
        newest_first = self.env.ref("crm_activity_ext.crm_activity_view_list_newest_first")
        return {
            **action,
            "views": [
                (newest_first.id if mode == "list" else view_id, mode)
                for view_id, mode in action["views"]
            ],
            "domain": list(self._get_crm_activity_domain()),
            "context": context,
        }

    def _get_crm_activity_fields(self):
        return self.env["crm.activity"]._get_target_fields()[self._name]

    def _get_crm_activity_domain(self):
        """:return: domain of the activities made for these records"""
        return Domain.OR(
            Domain(field_name, "in", self.ids) for field_name in self._get_crm_activity_fields()
        )

    def _get_crm_activity_lang(self):
        """:return: code of the language to write in, or False"""
        return self.lang

    def _get_crm_activity_email(self):
        """:return: the address to write to, as somebody typed it, or False"""
        return self.email

    def _get_crm_activity_number(self):
        """:return: the number to call or to fax to, as somebody typed it, or False"""
        return self.phone

    def _get_crm_activity_names(self):
        """:return: list of who is written to: the company, the person, or both"""
        return [self.display_name]

    def _get_crm_activity_address(self):
        """:return: list of the lines of the postal address, below the names"""
        return []

    def _get_crm_activity_recipient(self):
        """:return: who an activity for this record goes to: see ``_get_recipient`` there"""
        return self

    def _get_crm_activity_salesperson(self):
        """:return: ``res.users`` who looks after this record, or none"""
        return self.user_id

    def _fetch_for_crm_activities(self):
        """Read at once what the rules ask of each record that activities are made for."""
        self.fetch(["active", "user_id"])
