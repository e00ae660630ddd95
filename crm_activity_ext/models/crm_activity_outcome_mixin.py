# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .crm_activity_responsible_mixin import OPEN_STATES


class CrmActivityOutcomeMixin(models.AbstractModel):
    """What came of an activity: only one that was done has an outcome."""

    _name = "crm.activity.outcome.mixin"
    _description = "Outcome of CRM Activities"

    outcome_id = fields.Many2one(
        "crm.activity.outcome",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        domain="['|', ('activity_type_ids', '=', False), "
        "('activity_type_ids', '=', activity_type_id)]",
        tracking=True,
        help="What came of the activity.",
    )
    # Not stored: an outcome may be given another meaning, for all that have it.
    is_reached = fields.Boolean(
        string="Contact Made",
        compute="_compute_is_reached",
        search="_search_is_reached",
        help="Done, and somebody was reached: see the outcome.",
    )

    @api.depends("state", "outcome_id")
    def _compute_is_reached(self):
        missed = self.env["crm.activity.outcome"]._get_missed_ids()
        for activity in self:
            activity.is_reached = (
                activity.state == "done" and activity.outcome_id._origin.id not in missed
            )

    @api.model
    def _search_is_reached(self, operator, value):
        if operator != "in":
            return NotImplemented
        reached = self._get_reached_domain()
        return (reached if True in value else Domain.FALSE) | (
            ~reached if False in value else Domain.FALSE
        )

    @api.onchange("activity_type_id")
    def _onchange_activity_type_outcome(self):
        """It is one of the type, and what Odoo delivers is not done before it has left."""
        activity_type = self.activity_type_id._origin
        is_unsent = self.has_delivered_channel and self._origin.state != "done"
        if self.outcome_id and (
            is_unsent or not (activity_type and self.outcome_id._fits(activity_type))
        ):
            self.outcome_id = False

    @api.onchange("outcome_id")
    def _onchange_outcome_state(self):
        """What has an outcome was done; without one again it is as it was."""
        if self.outcome_id and self.state in OPEN_STATES:
            self.state = "done"
        elif not self.outcome_id and self.state == "done" != self._origin.state:
            self.state = self._origin.state
            self._compute_state()

    @api.onchange("state")
    def _onchange_state_outcome(self):
        if self.state != "done":
            self.outcome_id = False

    @api.constrains("outcome_id")
    def _check_outcome_id(self):
        """:raise ValidationError: naming the first that cannot have its outcome"""
        for activity in self.filtered("outcome_id"):
            if activity.state != "done":
                raise ValidationError(
                    self.env._(
                        "Only a done activity has an outcome: “%(subject)s” is not done.",
                        subject=activity.name,
                    )
                )
            if not activity.outcome_id._fits(activity.activity_type_id):
                raise ValidationError(
                    self.env._(
                        "“%(outcome)s” is not an outcome of the type %(type)s.",
                        outcome=activity.outcome_id.name,
                        type=activity.activity_type_id.name,
                    )
                )

    def write(self, vals):
        """What is not done any more has no outcome, and another type only one of its own."""
        if "outcome_id" in vals:
            return super().write(vals)
        if vals.get("state", "done") != "done":
            vals = {**vals, "outcome_id": False}
        elif vals.get("activity_type_id"):
            activity_type = self.env["mail.activity.type"].browse(vals["activity_type_id"])
            unfit = self.filtered(
                lambda activity: (
                    activity.outcome_id and not activity.outcome_id._fits(activity_type)
                )
            )
            if unfit:
                unfit.outcome_id = False
        return super().write(vals)

    @api.model
    def _get_undone_fields(self):
        return super()._get_undone_fields() | {"outcome_id"}

    @api.model
    def _get_reached_domain(self):
        """Whoever counts contacts counts these: done, and nothing says that nobody was reached.

        By the ids of the few outcomes that say so, so that the indexes of the activities answer
        alone, and nothing that is stored drifts from what an outcome means.

        :return: Domain of the activities by which somebody was reached
        """
        missed = self.env["crm.activity.outcome"]._get_missed_ids()
        return Domain("state", "=", "done") & Domain("outcome_id", "not in", missed)

    @api.model
    def _get_response_domain(self):
        """An outcome can be a response as well."""
        responses = self.env["crm.activity.outcome"]._get_response_ids()
        told = Domain("state", "=", "done") & Domain("outcome_id", "in", responses)
        return super()._get_response_domain() | told
