# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models

from ..tools.values import check_default


class CrmActivityReplicaMixin(models.AbstractModel):
    """What a replica takes along: all that a new activity may have today.

    People change companies and leave while an activity stays as it happened. Its replica
    is new work: what could not be chosen any more is left out, and its chatter says so.
    """

    _name = "crm.activity.replica.mixin"
    _description = "CRM Activity Replication"

    def copy_data(self, default=None):
        check_default(self.env, default)
        vals_list = super().copy_data(default)
        for activity, vals in zip(self, vals_list, strict=True):
            changes = activity._get_replica_changes(default or {})
            vals.update({name: value for name, (value, _reason) in changes.items()})
        return vals_list

    def copy(self, default=None):
        replicas = super().copy(default)
        notes = {
            replica.id: " ".join(reasons)
            for activity, replica in zip(self, replicas, strict=True)
            if (reasons := activity._get_replica_reasons(default or {}))
        }
        replicas.browse(notes)._message_log_batch(notes)
        return replicas

    def action_replicate(self):
        """Copy the activities with their data, as new ones.

        :return: window action on the copies; before it, where some cannot be copied, or not with
            all that the original has, a notification that says so
        :raise UserError: where CRM is not installed, or none of them can be copied
        """
        self._check_crm_installed()
        originals = self.union()  # A program may name one twice.
        copies, refused = originals._do_where_possible(lambda some: some.copy())
        replicas = self.browse().union(*copies)
        action = replicas._get_records_action(name=self.env._("Replicated Activities"))
        if refused:
            return originals._notify_skipped(refused, action)
        reasons = [reasons for a in originals if (reasons := a._get_replica_reasons({}))]
        if not reasons:
            return action
        message = " ".join(reasons[0])
        if len(originals) > 1:
            message = self.env._(
                "Replicas that differ from their originals: %(count)s. See their chatter for "
                "details.",
                count=len(reasons),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "message": message, "next": action},
        }

    def _get_replica_reasons(self, default):
        reasons = [reason for _value, reason in self._get_replica_changes(default).values()]
        return list(filter(None, reasons))

    def _get_replica_changes(self, default):
        """In what a replica differs from this activity.

        :param dict default: the values that were given for the replica
        :return: ``{field name: (value, why)}``; nothing is said where the why is empty
        """
        self.ensure_one()
        changes = {}
        if self.contact_id and not {"partner_id", "contact_id"} & default.keys():
            changes |= self._get_replica_contact_change()
        if "user_id" not in default:
            changes |= self._get_replica_user_change()
        return changes

    def _get_replica_contact_change(self):
        # sudo: people of other companies are asked too, for no more than where they belong.
        contact, customer = self.contact_id.sudo(), self.partner_id.sudo()
        if contact.commercial_partner_id != customer:
            reason = self.env._(
                "The contact was not copied: %(contact)s is no longer a contact of %(customer)s.",
                contact=contact.display_name,
                customer=customer.display_name,
            )
        elif not self._fits_company(contact):
            reason = self.env._(
                "The contact was not copied: %(contact)s belongs to another company.",
                contact=contact.display_name,
            )
        else:
            return {}
        return {"contact_id": (False, reason)}

    def _get_replica_user_change(self):
        if self._can_be_responsible(self.user_id, self.company_id):
            return {}
        # sudo: who was responsible stands on the activity that the user replicates.
        reason = self.env._(
            "%(former)s can no longer be responsible and was replaced by %(user)s.",
            former=self.sudo().user_id.name,
            user=self.env.user.name,
        )
        return {"user_id": (self.env.uid, reason)}

    def _fits_company(self, record):
        """:return: whether Odoo lets an activity of this company have the record"""
        # sudo: the record may be of a company that is closed to the user.
        record = record.sudo().with_context(active_test=False)
        return self._are_in_company(record, self.company_id)
