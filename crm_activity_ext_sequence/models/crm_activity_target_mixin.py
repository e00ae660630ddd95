# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models

from .crm_activity_sequence_enrollment import OPEN

# Sequences that a record tells of.
SHOWN_LINES = 3


class CrmActivityTargetMixin(models.AbstractModel):
    _inherit = "crm.activity.target.mixin"

    crm_sequence_count = fields.Integer(
        string="Sequences",
        compute="_compute_crm_sequences",
        groups="sales_team.group_sale_salesman",
        help="How often a sequence was started.",
    )
    crm_sequence_progress = fields.Char(
        string="Running Sequences",
        compute="_compute_crm_sequences",
        groups="sales_team.group_sale_salesman",
        help="The sequences that run or are paused, and what comes next.",
    )

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {"crm_sequence_progress"}

    @api.depends_context("uid", "allowed_company_ids", "lang", "tz")
    def _compute_crm_sequences(self):
        members = self._get_crm_enrolled()
        enrollments = self.env["crm.activity.sequence.enrollment"].search(
            self._get_crm_enrollment_domain(members)
        )
        by_member = enrollments.grouped("res_id")
        for target in self:
            ids = members.get(target._origin.id, ())
            own = enrollments.browse().concat(*(by_member[i] for i in ids if i in by_member))
            running = own.filtered(lambda enrollment: enrollment.state in OPEN)
            lines = [one._describe_for(target._origin) for one in running[:SHOWN_LINES]]
            if len(running) > SHOWN_LINES:
                lines.append("…")
            target.crm_sequence_count = len(own)
            target.crm_sequence_progress = "; ".join(lines) or False

    def write(self, vals):
        """Who does not want it any more gets no further step of a campaign."""
        result = super().write(vals)
        if any(vals.get(since) for since in self._get_crm_refusal_fields().values()):
            self.env["crm.activity.sequence.enrollment"]._stop_where_refused(self)
        return result

    def _get_crm_enrolled(self):
        """:return: ``{id: ids of those whose sequences are shown there}``"""
        return {id_: [id_] for id_ in self.ids}

    def _get_crm_enrollment_domain(self, members=None):
        """:param dict members: what :meth:`_get_crm_enrolled` gave
        :return: domain of the enrollments that are shown on these
        """
        members = self._get_crm_enrolled() if members is None else members
        ids = sorted({member for ids in members.values() for member in ids})
        return [("res_model", "=", self._name), ("res_id", "in", ids)]

    def _get_sequence_stop(self):
        """:return: why sequences of this end, as ``stop_reason`` of an enrollment, or False"""
        self.ensure_one()
        return not self.active and "archived"

    def action_start_crm_sequence(self):
        """Ask which sequence to start for these records.

        :return: window action of the dialog
        :raise UserError: where CRM is not installed or nothing is selected
        :raise AccessError: for users who may not create activities
        """
        return self._ask_for_new_crm(
            "crm.activity.sequence.enroll", self.env._("Start Sequence"), dialog_size="medium"
        )

    def action_view_crm_sequences(self):
        """Show the sequences that these records are in, or were.

        :return: window action on ``crm.activity.sequence.enrollment``
        """
        Enrollment = self.env["crm.activity.sequence.enrollment"]
        return Enrollment._open(self._get_crm_enrollment_domain(), context={})

    def _search_crm_enrollments(self):
        """:return: ``crm.activity.sequence.enrollment`` of these that run or are paused"""
        # sudo: what happens to a record stops what colleagues have started as well.
        return self.env["crm.activity.sequence.enrollment"].sudo()._search_open(self)
