# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.values import is_id_list


class CrmActivitySelectionWizardMixin(models.AbstractModel):
    """The activities that a dialog was opened for."""

    _name = "crm.activity.selection.wizard.mixin"
    _description = "Dialog for a Selection of CRM Activities"
    _inherit = ["crm.activity.dialog.mixin"]

    activity_ids = fields.Json(required=True, readonly=True)

    @api.constrains("activity_ids")
    def _check_activity_ids(self):
        """:raise ValidationError: for what is no list of ids"""
        if any(not is_id_list(wizard.activity_ids) for wizard in self):
            raise ValidationError(self.env._("“activity_ids” must be a list of record IDs."))

    def _get_activities(self):
        """:return: those that are still there"""
        return self.env["crm.activity"].browse(self.activity_ids).exists()


class CrmActivityReschedule(models.TransientModel):
    """The question on which day to do a selection of activities."""

    _name = "crm.activity.reschedule"
    _description = "Reschedule CRM Activities"
    _inherit = ["crm.activity.selection.wizard.mixin"]

    date = fields.Date(string="New Date", required=True)

    @api.model
    def default_get(self, fields_list):
        defaults = super().default_get(fields_list)
        if "date" in fields_list:
            defaults.setdefault("date", self.env["crm.activity"]._get_next_working_day())
        return defaults

    def action_reschedule(self):
        """Move the open ones of the activities to the day.

        :return: client action, a notification that says what was done
        :raise UserError: where none of them can be moved
        """
        self.ensure_one()
        return self._get_activities()._reschedule_to(self.date)


class CrmActivityReassign(models.TransientModel):
    """The question who is responsible for a selection of activities from now on."""

    _name = "crm.activity.reassign"
    _description = "Reassign CRM Activities"
    _inherit = ["crm.activity.selection.wizard.mixin"]

    user_id = fields.Many2one(
        "res.users", string="New Responsible", required=True, domain=[("share", "=", False)]
    )

    def action_reassign(self):
        """Make the user responsible for the activities.

        :return: client action, a notification that says what was done
        :raise UserError: where none of them can be given to the user
        """
        self.ensure_one()
        return self._get_activities()._reassign_to(self.user_id)
