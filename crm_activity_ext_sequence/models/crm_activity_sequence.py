# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.crm_activity_ext.tools.values import get_selection

from .crm_activity_sequence_enrollment import OPEN


class CrmActivitySequence(models.Model):
    """A series of activities for one customer or lead after the other.

    There is no engine behind it: who is enrolled gets all steps at once, as dated activities, and
    what stops the sequence cancels those that are left. See ``crm.activity.sequence.enrollment``.
    """

    _name = "crm.activity.sequence"
    _description = "CRM Activity Sequence"
    _inherit = ["crm.activity.dialog.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    target_model = fields.Selection(
        selection="_selection_target_model",
        string="For",
        required=True,
        default="crm.lead",
    )
    step_ids = fields.One2many(
        "crm.activity.sequence.step", "sequence_id", string="Steps", copy=True
    )
    enrollment_ids = fields.One2many(
        "crm.activity.sequence.enrollment", "sequence_id", string="Enrollments"
    )
    step_count = fields.Integer(string="Number of Steps", compute="_compute_step_count")
    running_count = fields.Integer(string="Running", compute="_compute_enrollment_counts")
    enrollment_count = fields.Integer(string="Started", compute="_compute_enrollment_counts")

    @api.model
    def _selection_target_model(self):
        return get_selection(self.env["crm.activity.wizard.mixin"], "target_model")

    @api.depends("step_ids")
    def _compute_step_count(self):
        for sequence in self:
            sequence.step_count = len(sequence.step_ids)

    @api.depends("enrollment_ids.state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_enrollment_counts(self):
        # As the user: who sees own enrollments alone gets own counts.
        groups = self.env["crm.activity.sequence.enrollment"]._read_group(
            [("sequence_id", "in", self.ids)], ["sequence_id", "state"], ["__count"]
        )
        self.running_count = self.enrollment_count = 0
        for sequence, state, count in groups:
            sequence.enrollment_count += count
            if state in OPEN:
                sequence.running_count += count

    @api.constrains("target_model")
    def _check_target_model(self):
        """:raise ValidationError: for a sequence that somebody is in already"""
        # sudo: whoever is in it counts; no more is told than that there is somebody.
        if self.sudo().enrollment_ids:
            raise ValidationError(
                self.env._("The sequence has been used already: it stays for the same records.")
            )
        self.step_ids._check_text()

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for sequence, vals in zip(self, vals_list, strict=True):
            if not (default or {}).get("name"):
                vals["name"] = self.env._("%(name)s (copy)", name=sequence.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """:raise UserError: for what somebody has been enrolled in, or is being enrolled in"""
        # sudo: those of others count too; no more is told than that there are some.
        used = self.filtered(lambda sequence: sequence.sudo().enrollment_ids)
        if used:
            raise UserError(
                self.env._(
                    "You cannot delete %(names)s: somebody has been enrolled. Archive it instead.",
                    names=", ".join(used.mapped("name")),
                )
            )
        self.env["crm.activity.distribution"]._check_unneeded("sequence_id", self)

    def action_enroll(self, model, ids):
        """Start the sequence today for some records, each with its salesperson as responsible.

        :param str model: model of the records, that of the sequence
        :param list ids: their ids
        :return: client action, a notification with a link to what was started; for many records a
            window action on the distribution that works through them in the background
        :raise UserError: for an archived sequence, one without steps or for other records, and
            where nobody can be enrolled
        """
        self.ensure_one()
        self._check_startable(model)
        if not ids:
            raise UserError(self.env[model]._get_crm_missing_message())
        return (
            self.env["crm.activity.sequence.enroll"]
            .create({"sequence_id": self.id, "target_model": model, "target_ids": ids})
            .action_distribute()
        )

    def _check_startable(self, model):
        """:raise UserError: for an archived sequence, one without steps, or for other records"""
        if not self.active:
            raise UserError(
                self.env._("The sequence “%(name)s” is archived.", name=self.display_name)
            )
        if not self.step_ids:
            raise UserError(self.env._("This sequence has no steps yet."))
        if self.target_model != model:
            raise UserError(
                self.env._("The sequence “%(name)s” is not for these records.", name=self.name)
            )

    def _get_channels(self):
        """:return: set of the channels of the steps"""
        return set(self.step_ids.activity_type_id.mapped("crm_channel"))

    def _get_enrolled_ids(self, targets):
        """:return: set of the ids of those of the targets that are in the sequence now"""
        # sudo: those that colleagues have enrolled count too; no more than that is told.
        enrollments = self.env["crm.activity.sequence.enrollment"].sudo()
        found = enrollments._search_open(targets, self)
        found -= found._filter_over() | found._filter_being_undone()
        return set(found.mapped("res_id"))

    def action_view_enrollments(self):
        """Show who is, and was, in the sequence.

        :return: window action on ``crm.activity.sequence.enrollment``
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        return Enrollment._open([("sequence_id", "in", self.ids)])

    def action_view_activities(self):
        """Show the activities of the sequence, by step and status.

        :return: window action on ``crm.activity``
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext_sequence.crm_activity_action_sequence"
        )
        return {**action, "domain": [("step_id.sequence_id", "in", self.ids)]}

    def action_ask_update(self):
        """Tell how many planned activities would become what the steps say now, and ask.

        :return: window action of a dialog
        :raise UserError: where nothing is planned
        """
        self.ensure_one()
        self.check_access("write")
        if not self.step_ids._has_planned():
            raise UserError(self.env._("No activities of this sequence are planned."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Update Planned Activities"),
            "res_model": "crm.activity.sequence.update",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_sequence_id": self.id, "dialog_size": "medium"},
        }

    def _get_running(self):
        """:return: the enrollments whose planned activities can become what the steps say now"""
        return self.env["crm.activity.sequence.enrollment"].search(
            [("sequence_id", "in", self.ids), ("state", "=", "running")]
        )
