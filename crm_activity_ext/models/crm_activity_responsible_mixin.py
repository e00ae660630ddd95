# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter

from odoo import fields, models

# So many subjects are named in the message about a batch of new activities.
ASSIGNMENT_PREVIEW = 10


class CrmActivityResponsibleMixin(models.AbstractModel):
    """What the responsible hears of an activity: a notification, and the bell."""

    _name = "crm.activity.responsible.mixin"
    _description = "Responsible of CRM Activities"

    def _subscribe_responsibles(self):
        """Let each responsible follow, and tell those who were given work by others."""
        for user, activities in self.grouped("user_id").items():
            activities._message_auto_subscribe({"user_id": user.id})

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Tell a responsible once about all the activities handed over together."""
        if (
            len(self) <= 1
            or self.env.context.get("mail_auto_subscribe_no_notify")
            or not self.env.registry.ready
        ):
            return super()._message_auto_subscribe_notify(partner_ids, template)
        subject = self.env._("You have been assigned %(count)s CRM activities", count=len(self))
        body = self.env["ir.qweb"]._render(
            "crm_activity_ext.message_activities_assigned",
            {"activities": self[:ASSIGNMENT_PREVIEW], "count": len(self)},
            minimal_qcontext=True,
        )
        self.env["mail.thread"].message_notify(
            subject=subject,
            body=self.env["mail.render.mixin"]._replace_local_links(body),
            partner_ids=partner_ids,
            email_layout_xmlid="mail.mail_notification_layout",
            model_description=self.env["ir.model"]._get(self._name).display_name,
        )

    def _count_due_by_user(self):
        """How many of these are pending up to today, on each responsible's clock.

        :return: ``Counter({res.users: number})``
        """
        due = Counter()
        for user, activities in self.grouped("user_id").items():
            activities = activities.with_context(tz=user.tz)
            today = fields.Date.context_today(activities)
            due[user] = sum(
                activity.state == "pending"
                and fields.Datetime.context_timestamp(activity, activity.date).date() <= today
                for activity in activities
            )
        return due

    def _update_bell(self, due_before):
        """Move the number on the responsibles' activity menus, without a reload.

        :param Counter due_before: what :meth:`_count_due_by_user` gave before
        """
        due = self._count_due_by_user()
        for user in due.keys() | due_before.keys():
            change = due[user] - due_before[user]
            if change:
                direction = "activity_created" if change > 0 else "activity_deleted"
                user._bus_send("mail.activity/updated", {direction: True, "count_diff": change})
