# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import fields, models

from odoo.addons.crm_activity_ext.tools.values import SystemValue

from .crm_activity_sequence_enrollment import AlreadyEnrolled


class CrmActivityDistribution(models.Model):
    """How a sequence is started for many: a line for each target, which gets all steps at once."""

    _inherit = "crm.activity.distribution"

    enrollment_ids = fields.One2many(
        "crm.activity.sequence.enrollment", "distribution_id", string="Enrollments"
    )

    def _get_stop_reason(self):
        reason = super()._get_stop_reason()
        is_gone = self.sequence_id and not self.sequence_id.step_ids
        return reason or (is_gone and "user")

    def _create_activities(self, targets, dates):
        if not self.sequence_id:
            return super()._create_activities(targets, dates)
        # sudo: what the system says of a sequence; for whom and in whose name stays the owner's.
        enrollments = self.sudo()._enroll(targets, dates)
        # Who is responsible is told once at the end, not chunk by chunk.
        Activity = self.env["crm.activity"].with_context(mail_auto_subscribe_no_notify=True)
        Activity.create(self._prepare_steps_values(targets, enrollments.sudo(False)))

    def _enroll(self, targets, dates):
        """Write down that these targets are in the sequence, and since when.

        :param dict dates: ``{target id: datetime}`` where they are spread
        :return: the enrollments, in the order of the targets
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        Enrollment._search_open(targets, self.sequence_id)._finish_over()
        return Enrollment._enroll(
            [
                {
                    "sequence_id": self.sequence_id.id,
                    "res_model": target._name,
                    "res_id": target.id,
                    "user_id": self.sudo(False)._get_responsible(target.sudo(False)).id,
                    "company_id": (target.company_id or self.env.company).id,
                    "campaign_id": self.campaign_id.id,
                    "distribution_id": self.id,
                    "start_date": self._get_start_date(dates.get(target.id) or self.date),
                }
                for target in targets
            ]
        )

    def _get_start_date(self, date):
        """:return: date: today where the start was continued, or taken over, later than meant: all
        steps that are past would leave at once
        """
        start = fields.Datetime.context_timestamp(self, date).date()
        return max(start, fields.Date.context_today(self))

    def _prepare_steps_values(self, targets, enrollments):
        """:return: list of the values of all activities of the enrollments, step by step"""
        target_field = self.env["crm.activity"]._get_target_fields()[self.target_model][0]
        dates = {}
        values_list = []
        for step in self.sequence_id.step_ids:
            common = {
                **step._prepare_values(),
                "campaign_id": self.campaign_id.id,
                "distribution_id": SystemValue(self.id),
                "step_id": SystemValue(step.id),
            }
            for target, enrollment in zip(targets, enrollments, strict=True):
                user = enrollment.user_id
                # One calendar for each responsible, day and step, however many targets.
                key = (step, user, enrollment.start_date)
                if key not in dates:
                    dates[key] = step._get_date(user, self.env.company, enrollment.start_date)
                values_list.append(
                    {
                        **common,
                        "date": dates[key],
                        "enrollment_id": SystemValue(enrollment.id),
                        "user_id": user.id,
                        target_field: target.id,
                    }
                )
        return values_list

    def _prepare_failed_values(self, line, error):
        values = super()._prepare_failed_values(line, error)
        return values | {"kind": "enrolled"} if isinstance(error, AlreadyEnrolled) else values

    def action_undo(self):
        """Stop the enrollments, and delete those of which nothing is left."""
        self.check_access("read")
        # sudo: who may undo the distribution was asked above.
        enrollments = self.sudo().enrollment_ids
        enrollments._stop("user")
        result = super().action_undo()
        enrollments.filtered(lambda enrollment: not enrollment.activity_ids).unlink()
        return result

    def action_view_enrollments(self):
        """Show who was enrolled.

        :return: window action on ``crm.activity.sequence.enrollment``
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        return Enrollment._open([("distribution_id", "in", self.ids)], context={})
