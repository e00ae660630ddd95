# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

# So many activities are made in one transaction.
CHUNK_SIZE = 500
# Up to so many are made at once, while the user waits.
IMMEDIATE_LIMIT = 200

_logger = logging.getLogger(__name__)


class CrmActivityDistribution(models.Model):
    """One definition on its way to many targets.

    Each target is a line. A chunk of lines is worked off in one transaction that makes
    their activities and deletes them: wherever a process dies, the lines that are left
    are exactly those to do.
    """

    _name = "crm.activity.distribution"
    _description = "Distribution of CRM Activities"
    _inherit = ["crm.activity.definition.mixin"]
    _order = "id desc"

    target_model = fields.Char(required=True, readonly=True)
    # A type goes with its module by SQL, and nothing may hold it back.
    activity_type_id = fields.Many2one(ondelete="cascade")
    owner_id = fields.Many2one(
        "res.users",
        string="Started By",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    # The languages, companies and time zone that the owner worked with.
    run_context = fields.Json(readonly=True)
    run_state = fields.Selection(
        [("pending", "Waiting"), ("running", "Running"), ("done", "Done")],
        string="Progress",
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    line_ids = fields.One2many("crm.activity.distribution.line", "distribution_id", readonly=True)
    activity_ids = fields.One2many("crm.activity", "distribution_id", readonly=True)
    total_count = fields.Integer(string="Selected", readonly=True)
    made_count = fields.Integer(string="Created", readonly=True)
    left_out_count = fields.Integer(string="Left Out", compute="_compute_left_out_count")
    waiting_count = fields.Integer(string="To Do", compute="_compute_left_out_count")
    progress = fields.Float(string="Done", compute="_compute_left_out_count", help="In percent.")

    @api.model
    def _get_system_fields(self):
        """All of it: what runs in somebody's name is written down by the system alone."""
        return {name for name, field in self._fields.items() if field.store}

    @api.depends("name", "mail_template_id")
    def _compute_display_name(self):
        for distribution in self:
            distribution.display_name = distribution.mail_template_id.name or distribution.name

    @api.depends("line_ids.kind", "total_count")
    def _compute_left_out_count(self):
        groups = self.env["crm.activity.distribution.line"]._read_group(
            [("distribution_id", "in", self.ids)], ["distribution_id", "kind"], ["__count"]
        )
        counts = {(distribution, kind): count for distribution, kind, count in groups}
        for distribution in self:
            by_kind = {kind: n for (of, kind), n in counts.items() if of == distribution}
            waiting = by_kind.pop(False, 0)
            total = distribution.total_count
            distribution.waiting_count = waiting
            distribution.left_out_count = sum(by_kind.values())
            distribution.progress = 100.0 * (total - waiting) / total if total else 100.0

    @api.model
    def _start(self, definition, targets):
        """Write down what is to be made, and make it: a few at once, many in the background.

        :param definition: a record of ``crm.activity.definition.mixin``
        :param targets: records, each of them readable by the current user
        :return: the distribution
        """
        left_out = definition._get_left_out(targets)
        # sudo: what runs later in somebody's name is written by this method alone.
        distribution = self.sudo().create(
            {
                **definition._prepare_definition(),
                "target_model": targets._name,
                "owner_id": self.env.uid,
                "company_id": self.env.company.id,
                "run_context": {
                    "lang": self.env.lang,
                    "tz": self.env.context.get("tz"),
                    "allowed_company_ids": self.env.companies.ids,
                },
                "total_count": len(targets),
            }
        )
        lines = [
            distribution._prepare_line_values(target, *left_out.get(target, ()))
            for target in targets
        ]
        distribution.env["crm.activity.distribution.line"].create(lines)
        if len(targets) - len(left_out) <= IMMEDIATE_LIMIT:
            while distribution.run_state != "done":
                distribution._work_off_chunk()
        else:
            distribution.env.ref("crm_activity_ext.ir_cron_distribute")._trigger()
        return distribution.sudo(False)

    def _prepare_line_values(self, target, kind=False, reason=False):
        return {
            "distribution_id": self.id,
            "res_id": target.id,
            "kind": kind,
            "reason": reason,
            "name": kind and target.display_name,
        }

    @api.model
    def _cron_work_off(self):
        """Work off what waits, chunk by chunk; each is committed with its progress."""
        if not self.env["crm.activity"]._is_crm_installed():
            return  # it waits, and goes on when CRM is back
        distributions = self.search([("run_state", "!=", "done")], order="id")
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=sum(distributions.mapped("waiting_count")))
        for distribution in distributions:
            while distribution._lock_unless_done():
                processed = distribution._work_off_chunk()
                time_left = commit_progress(processed)
                self.env.invalidate_all()  # memory stays that of one chunk
                if not time_left:
                    return

    def _lock_unless_done(self):
        """:return: this, for one worker alone; empty where another has it or all is done"""
        return self.try_lock_for_update(allow_referencing=True).filtered(
            lambda distribution: distribution.run_state != "done"
        )

    def _work_off_chunk(self, size=None):
        """Make the activities of the next lines, in the name of who started it.

        :param int size: number of lines
        :return: number of lines that were worked off
        :raise UserError: where CRM is not installed
        """
        self.ensure_one()
        self.env["crm.activity"]._check_crm_installed()
        lines = self.env["crm.activity.distribution.line"].search(
            [("distribution_id", "=", self.id), ("kind", "=", False)], limit=size or CHUNK_SIZE
        )
        processed = len(lines)
        if processed:
            self.run_state = "running"
            self._make_one_by_one_unless_together(lines)
        if not self.env["crm.activity.distribution.line"].search_count(
            [("distribution_id", "=", self.id), ("kind", "=", False)], limit=1
        ):
            self.run_state = "done"
            # sudo: whoever the work went to is told, whatever the owner may still read.
            self._as_owner().sudo()._tell_responsibles()
        return processed

    def _make_one_by_one_unless_together(self, lines):
        """One target that cannot have its activity must not keep the others from theirs."""
        try:
            self._make(lines)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.info("Distribution %s: making activities one by one.", self.id, exc_info=True)
        else:
            return
        for line in lines:
            try:
                self._make(line)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                if not isinstance(error, UserError):
                    _logger.warning("Distribution %s: %r failed.", self.id, line, exc_info=True)
                line.write(self._prepare_failed_values(line, error))

    def _prepare_failed_values(self, line, error):
        target = self.env[self.target_model].browse(line.res_id)
        return {
            "kind": "error",
            "reason": str(error.args[0] if error.args else error),
            "name": target.exists() and target.display_name,
        }

    def _make(self, lines):
        """Make the activities of the lines, or of none of them.

        What has changed since the start is asked again: targets that are gone, or have got
        an activity or opted out meanwhile.
        """
        with self.env.cr.savepoint():
            owned = self._as_owner()
            targets = owned.env[self.target_model].browse(lines.mapped("res_id"))
            readable = targets.exists()._filtered_access("read")
            left_out = owned._get_left_out(readable)
            made = readable.filtered(lambda target: target not in left_out)
            owned._create_activities(made)
            gone = ("gone", self.env._("It was deleted, or is no longer open to you."))
            done = self.env["crm.activity.distribution.line"]
            for line, target in zip(lines, targets, strict=True):
                if target in made:
                    done += line
                elif target in readable:
                    kind, reason = left_out[target]
                    line.write({"kind": kind, "reason": reason, "name": target.display_name})
                else:
                    line.write({"kind": gone[0], "reason": gone[1]})
            done.unlink()
            self.made_count += len(made)
            self.env.flush_all()

    def _as_owner(self):
        """:return: this with the rights, language, time zone and companies of its owner"""
        return self.with_user(self.owner_id).with_context(**(self.run_context or {}))

    def _create_activities(self, targets):
        # Who is responsible is told once at the end, not chunk by chunk.
        activities = (
            self.env["crm.activity"]
            .with_context(mail_auto_subscribe_no_notify=True)
            .create([self._prepare_activity_values(target) for target in targets])
        )
        # sudo: what made them is the system's to say.
        activities.sudo().distribution_id = self
        return activities

    def _tell_responsibles(self):
        """Tell each of those who were given work by somebody else, once."""
        groups = self.env["crm.activity"]._read_group(
            [("distribution_id", "=", self.id), ("user_id", "!=", self.env.uid)],
            ["user_id"],
            ["id:recordset"],
        )
        for user, activities in groups:
            activities._message_auto_subscribe_notify(
                user.partner_id.ids, "mail.message_user_assigned"
            )

    def _get_others_domain(self):
        return ["|", ("distribution_id", "=", False), ("distribution_id", "!=", self.id)]

    def action_view_activities(self):
        """Show what was made.

        :return: window action on ``crm.activity``
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.crm_activity_action"
        )
        return {**action, "domain": [("distribution_id", "in", self.ids)], "context": {}}

    def action_view_left_out(self):
        """Show what no activity was made for, and why.

        :return: window action on ``crm.activity.distribution.line``
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_activity_ext.crm_activity_distribution_line_action"
        )
        return {
            **action,
            "domain": [("distribution_id", "in", self.ids), ("kind", "!=", False)],
        }
