# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models

from odoo.addons.crm_activity_ext.models.crm_activity_reach_mixin import OPTED_OUT
from odoo.addons.crm_activity_ext.tools.values import get_selection


class CrmActivityDefinitionMixin(models.AbstractModel):
    """A definition of a sequence: each target gets all of its steps, or none.

    The type of the definition is that of the first step, and its date the day of the start.
    """

    _inherit = "crm.activity.definition.mixin"

    # What was started stays when the sequence goes: see ``_check_unneeded``.
    sequence_id = fields.Many2one(
        "crm.activity.sequence", index="btree_not_null", ondelete="set null"
    )

    def _get_left_out(self, targets):
        """Who is in the sequence already, is won, or is not reached by a step, gets none."""
        left_out = super()._get_left_out(targets)
        if not self.sequence_id:
            return left_out
        left_out |= self._get_won_targets(targets.filtered(lambda t: t not in left_out))
        left_out |= self._get_enrolled_targets(targets.filtered(lambda t: t not in left_out))
        Activity = self.env["crm.activity"]
        delivered = Activity._get_delivered_channels()
        later = self.sequence_id._get_channels() - {self.activity_type_id.crm_channel, False}
        # Not only the first one of an address, as by the first step: colleagues share a number.
        for channel in sorted(later):
            rest = [target for target in targets if target not in left_out]
            recipients = {target: Activity._get_recipient_of(target) for target in rest}
            left_out |= {
                target: problem
                for target, problem in self._get_problems(channel, recipients).items()
                # A number to call can be found until then; a message has to leave by itself.
                if channel in delivered or problem[0] == OPTED_OUT
            }
        return left_out

    def _get_won_targets(self, targets):
        """:return: those that would be stopped at once: see ``_get_left_out``. Who is lost is
        archived
        """
        won = targets.filtered(lambda target: target._get_sequence_stop() == "won")
        label = dict(get_selection(self.env["crm.activity.sequence.enrollment"], "stop_reason"))
        return {target: ("won", f"{target.display_name}: {label['won']}") for target in won}

    def _get_enrolled_targets(self, targets):
        """:return: those of the targets that are in the sequence: see ``_get_left_out``"""
        enrolled = self.sequence_id._get_enrolled_ids(targets)
        return {
            target: ("enrolled", self._describe_enrolled(target.display_name))
            for target in targets
            if target.id in enrolled
        }

    @api.model
    def _describe_enrolled(self, name):
        """:return: why somebody of this name is not enrolled"""
        return self.env._("%(name)s is already in this sequence.", name=name)
