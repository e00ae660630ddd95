# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError

# Names listed of those to anonymize.
NAMED_COUNT = 3


class CrmActivityAnonymize(models.TransientModel):
    """The question whether to forget what activities say of somebody."""

    _name = "crm.activity.anonymize"
    _description = "Anonymize CRM Activities"
    _inherit = ["crm.activity.wizard.mixin"]

    target_names = fields.Char(compute="_compute_counts")
    kept_count = fields.Integer(compute="_compute_counts")
    deleted_count = fields.Integer(compute="_compute_counts")
    queued_count = fields.Integer(compute="_compute_counts")
    with_contacts = fields.Boolean(compute="_compute_counts")

    @api.depends("target_ids", "target_model")
    def _compute_counts(self):
        # sudo: a person is forgotten as a whole; the dialog is open to administrators alone,
        # and shows numbers only.
        Activity = self.env["crm.activity"].sudo()
        for wizard in self:
            targets = wizard._get_targets()
            activities = Activity.search(targets._get_crm_activity_domain())
            queued = activities.filtered(lambda activity: activity._is_in_outbox())
            never_happened = Activity._search_never_happened(
                targets._get_crm_activity_fields(), targets
            )
            wizard.target_names = wizard._get_names(targets)
            wizard.queued_count = len(queued)
            recalled = queued.filtered(lambda activity: not activity.has_left)
            wizard.deleted_count = len(
                (never_happened | recalled) - targets._get_crm_participations(activities)
            )
            wizard.kept_count = len(activities) - wizard.deleted_count
            wizard.with_contacts = targets._get_crm_forgotten(activities) != targets

    def _get_names(self, targets):
        names = targets[:NAMED_COUNT].mapped("display_name")
        if more := len(targets) - len(names):
            names.append(self.env._("%(count)s more", count=more))
        return ", ".join(names)

    def _get_targets(self):
        """:return: the records that are still there, each once"""
        targets = self.env[self.target_model or "res.partner"].browse(self._get_target_ids())
        return targets.exists()

    def action_anonymize(self):
        """Anonymize the activities of the targets, irreversibly.

        :return: client action that tells how many there were
        :raise AccessError: for others than administrators
        :raise UserError: where the targets are gone, or a message is being sent
        """
        self.ensure_one().check_access("write")
        targets = self._get_targets()
        if not targets:
            raise UserError(self.env._("The records no longer exist."))
        targets.check_access("write")
        kept, deleted = self.env["crm.activity"]._anonymize_for(targets)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Activities anonymized: %(kept)s. Activities deleted: %(deleted)s.",
                    kept=kept,
                    deleted=deleted,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
