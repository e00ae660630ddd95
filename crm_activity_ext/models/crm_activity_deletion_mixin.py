# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .crm_activity_delivery_mixin import NAMED_COUNT


class CrmActivityDeletionMixin(models.AbstractModel):
    """Who deletes activities, and which go with the records that they refer to.

    What never happened is no history: it goes with its target. What was done, or handed to
    somebody, is: it holds what it refers to.
    """

    _name = "crm.activity.deletion.mixin"
    _description = "CRM Activity Deletion"

    is_deletable = fields.Boolean(compute="_compute_is_deletable")

    @api.depends("is_final", "mail_message_id", "sent_elsewhere", "state", "user_id", "was_done")
    @api.depends_context("uid")
    def _compute_is_deletable(self):
        allowed = self._filtered_access("unlink")
        for activity in self:
            activity.is_deletable = activity in allowed and not activity.is_final

    def _check_access(self, operation):
        """Salespeople delete own drafts, what they cancelled unsent or logged as sent elsewhere."""
        result = super()._check_access(operation)
        if (
            operation != "unlink"
            or self.env.su
            or self.env.user.has_group("sales_team.group_sale_manager")
        ):
            return result
        refused = result[0] if result else self.browse()
        # sudo: whose it is has been checked above.
        kept = (self - refused).sudo().filtered(lambda activity: not activity._is_own_plan())
        if not kept:
            return result
        kept = kept.sudo(False)
        return refused | kept, result[1] if result else kept._make_deletion_error

    def _is_own_plan(self):
        self.ensure_one()
        is_plan = self.state in ("draft", "cancelled") and not self.was_done
        return (
            self.user_id == self.env.user
            and (is_plan or self._is_fresh_log())
            and not self.mail_message_id
        )

    def _make_deletion_error(self):
        # sudo: this is the access check itself, which reading would ask again; only what the
        # record rules open to the user is named.
        return AccessError(
            self.env._(
                "You can only delete your own drafts, cancelled activities that were never queued, "
                "sent or done, and messages logged as sent elsewhere within the last day. Cancel "
                "these instead, or ask a sales administrator: %(subjects)s",
                subjects=", ".join(self.sudo()[:NAMED_COUNT].mapped("name")),
            )
        )

    @api.model
    def _get_never_happened_domain(self):
        """:return: Domain of activities that were only planned: nothing was done, nothing left"""
        kept = Domain("was_done", "=", True) | Domain("has_left", "=", True)
        # What was cancelled was recalled.
        recalled = Domain("state", "=", "cancelled")
        return ~kept & (Domain("mail_message_id", "=", False) | recalled)

    def _get_happened(self):
        """:return: those of these that were done or sent, or are being sent right now"""
        happened = self.filtered(lambda activity: activity.was_done or activity.has_left)
        return happened | self._get_being_sent()

    def _take_back(self):
        """Delete those of these that never happened, as if they had never been made.

        What waits in the outbox is taken out of it first. Who may is for the caller to check.

        :return: those that are left: done, sent, or being sent right now
        """
        taken = self._withdraw()
        taken.unlink()
        return self - taken

    def _withdraw(self):
        """Take those of these that never happened out of the outbox.

        :return: those that nobody is at, none of which can leave any more
        """
        free = self._lock_never_happened()
        queued = free.filtered(lambda one: one.mail_message_id and one.state != "cancelled")
        queued.with_context(tracking_disable=True).write({"state": "cancelled"})
        return free

    def _lock_never_happened(self):
        """:return: those of these that nobody is at, and that never happened"""
        # A worker locks what it is sending.
        return self.try_lock_for_update() - self._get_happened()

    @api.model
    def _search_never_happened(self, field_names, records):
        """Find what goes with records that are deleted.

        :param list field_names: fields of the activity that point at the records
        :return: the activities, as superuser: those of colleagues go as well
        """
        # sudo: whoever may delete the records decides on what was planned with them; no more
        # than its number is told.
        return self.sudo().search(
            Domain.OR(Domain(name, "in", records.ids) for name in field_names)
            & self._get_never_happened_domain()
        )

    @api.model
    def _check_unreferenced(self, field_name, records):
        """Refuse to delete what activities are about.

        :param str field_name: field of the activity that points at the records
        :param records: what is to be deleted
        :raise UserError: saying how many activities there are and what to do
        """
        # sudo: the activities of others count too; no more than their number is told.
        groups = self.sudo()._read_group(
            [(field_name, "in", records.ids)], [field_name], ["__count"]
        )
        # Of several participants, those of these.
        groups = [(record, count) for record, count in groups if record in records.sudo()]
        if groups:
            raise UserError(
                "\n".join(
                    self._get_refusal(record, count) for record, count in groups[:NAMED_COUNT]
                )
            )

    @api.model
    def _get_refusal(self, record, count):
        if count == 1:
            return self.env._(
                "You cannot delete %(name)s: 1 CRM activity refers to it. "
                "Archive it instead to keep the history.",
                name=record.display_name,
            )
        return self.env._(
            "You cannot delete %(name)s: %(count)s CRM activities refer to it. "
            "Archive it instead to keep the history.",
            name=record.display_name,
            count=count,
        )
