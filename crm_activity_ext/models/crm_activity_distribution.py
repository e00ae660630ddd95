# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from collections import Counter, defaultdict
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.service.model import (
    MAX_TRIES_ON_CONCURRENCY_FAILURE,
    PG_CONCURRENCY_EXCEPTIONS_TO_RETRY,
)
from odoo.tools import SQL

from ..tools.values import SystemValue, get_selection
from .crm_activity_distribution_undo_mixin import HELD, OVER
from .crm_activity_target_mixin import VIEWER

# Activities created in one transaction.
CHUNK_SIZE = 500
# Activities created at once while the user waits; more are left to the cron.
IMMEDIATE_LIMIT = 200
# Distributions that continue by themselves: stopped ones wait for a user.
RUNNING = ("pending", "running")
# Days until the names of skipped records are deleted, unless a setting says otherwise.
LEFT_OUT_DAYS = 90
# Distributions cleaned up in one transaction.
CLEANED_AT_ONCE = 20

_logger = logging.getLogger(__name__)


class CrmActivityDistribution(models.Model):
    """One definition on its way to many targets.

    Each target is a line. A chunk of lines is worked off in one transaction that makes
    their activities and deletes them: wherever a process dies, the lines that are left
    are exactly those to do.
    """

    _name = "crm.activity.distribution"
    _description = "CRM Activity Distribution"
    _inherit = [
        "crm.activity.definition.mixin",
        "crm.activity.distribution.undo.mixin",
        "crm.activity.technical.fields.mixin",
    ]
    _order = "id desc"

    target_model = fields.Char(required=True, readonly=True)
    # A type goes with its module by SQL, and nothing may hold it back.
    activity_type_id = fields.Many2one(ondelete="cascade")
    # Without its owner it stops, and a sales manager decides.
    owner_id = fields.Many2one(
        "res.users",
        string="Started by",
        readonly=True,
        index=True,
        ondelete="set null",
        help="The distribution runs with the access rights of this user, who started it or took "
        "it over.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    # The languages, companies and time zone that the owner worked with.
    run_context = fields.Json(readonly=True)
    run_state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("running", "Running"),
            ("stopped", "Stopped"),
            ("done", "Done"),
            ("undoing", "Being Undone"),
            ("undone", "Undone"),
            ("stuck", "Undo Not Finished"),
        ],
        string="Progress",
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    stop_reason = fields.Selection(
        [
            ("owner_deleted", "The user who started it was deleted"),
            ("owner_archived", "The user who started it is archived"),
            ("owner_company", "The user who started it no longer has access to its companies"),
            ("owner_rights", "The user who started it can no longer create activities"),
            ("template_deleted", "The template was deleted"),
            ("user", "Stopped by a user"),
        ],
        readonly=True,
    )
    line_ids = fields.One2many(
        "crm.activity.distribution.line",
        "distribution_id",
        string="Remaining and Skipped",
        readonly=True,
    )
    activity_ids = fields.One2many(
        "crm.activity", "distribution_id", string="Activities", readonly=True
    )
    subject = fields.Char(string="Subject of the Activities", compute="_compute_subject")
    total_count = fields.Integer(string="Selected", readonly=True)
    made_count = fields.Integer(string="Created", readonly=True)
    draft_count = fields.Integer(string="Drafts", compute="_compute_draft_count")
    left_out_count = fields.Integer(string="Skipped", compute="_compute_left_out_count")
    left_out_summary = fields.Char(string="Skipped by Reason", compute="_compute_left_out_count")
    # {kind: number} of those whose lines were cleaned up.
    forgotten_counts = fields.Json(readonly=True)
    waiting_count = fields.Integer(string="Remaining", compute="_compute_left_out_count")
    progress = fields.Float(string="Done", compute="_compute_left_out_count", help="In percent.")

    @api.model
    def _get_system_fields(self):
        """All of it: what runs in somebody's name is written down by the system alone."""
        return {name for name, field in self._fields.items() if field.store}

    @api.model
    def _get_technical_fields(self):
        return super()._get_technical_fields() | {
            "forgotten_counts",
            "line_ids",
            "run_context",
            "stop_ids",
            "target_model",
            "undo_pass",
        }

    @api.depends("name", "mail_template_id")
    @api.depends_context("lang", *VIEWER)
    def _compute_display_name(self):
        # Not with sudo, by which Odoo reads the names of whatever a record refers to.
        readable = self.sudo(False)._filtered_access("read")
        for distribution in self:
            distribution.display_name = (
                distribution.mail_template_id.name or distribution.name
                if distribution in readable
                else self.env._("Distribution")
            )

    # Not on the activities: whoever changes ten thousand need not look for their distributions.
    @api.depends_context(*VIEWER)
    def _compute_draft_count(self):
        # As the user: whoever sends them counts what is theirs to send.
        Activity = self.env["crm.activity"].sudo(False)
        groups = Activity._read_group(self._get_draft_domain(), ["distribution_id"], ["__count"])
        counts = {distribution.id: count for distribution, count in groups}
        for distribution in self:
            distribution.draft_count = counts.get(distribution.id, 0)

    def _get_draft_domain(self):
        """:return: domain of the messages that these made and nobody has sent yet"""
        return [
            ("distribution_id", "in", self.ids),
            ("state", "=", "draft"),
            ("has_delivered_channel", "=", True),
        ]

    @api.depends("name", "mail_template_id.subject")
    @api.depends_context("lang")
    def _compute_subject(self):
        """The one that all have; a template makes one for each."""
        for distribution in self:
            distribution.subject = (
                self.env._("From the template")
                if distribution.mail_template_id.subject
                else distribution.name
            )

    @api.depends("line_ids.kind", "made_count", "forgotten_counts", "run_state")
    @api.depends_context("lang")
    def _compute_left_out_count(self):
        Line = self.env["crm.activity.distribution.line"]
        labels = dict(get_selection(Line, "kind"))
        counts = defaultdict(Counter)
        for distribution, kind, count in Line._read_group(
            [("distribution_id", "in", self.ids)], ["distribution_id", "kind"], ["__count"]
        ):
            counts[distribution][kind] = count
        undone = self.filtered(lambda one: one.run_state in (*HELD, "undone"))
        # sudo: those of colleagues count too; no more than their number is told.
        to_take_back = dict(
            self.env["crm.activity"]
            .sudo()
            ._read_group(undone._get_to_take_back_domain(), ["distribution_id"], ["__count"])
        )
        for distribution in self:
            by_kind = counts[distribution]
            waiting = by_kind.pop(False, 0) or to_take_back.get(distribution, 0)
            by_kind.update(distribution.forgotten_counts or {})
            distribution.waiting_count = waiting
            distribution.left_out_count = by_kind.total()
            distribution.left_out_summary = ", ".join(
                f"{labels.get(kind, kind)}: {count}" for kind, count in sorted(by_kind.items())
            )
            # Of what is to be made: what is left out beforehand is no progress.
            made = distribution.made_count
            is_over = not waiting or distribution.run_state in OVER
            distribution.progress = 100.0 if is_over else 100.0 * made / (made + waiting)

    @api.model
    def _check_unneeded(self, field_name, records):
        """Refuse to delete what a distribution that is not done yet still needs.

        :param str field_name: field of the distribution that points at the records
        :param records: what is to be deleted
        :raise UserError: saying how many distributions there are and what to do
        """
        # sudo: the distributions of others count too; no more than their number is told.
        groups = self.sudo()._read_group(
            [(field_name, "in", records.ids), ("run_state", "not in", OVER)],
            [field_name],
            ["__count"],
        )
        if not groups:
            return
        raise UserError(
            self.env._(
                "You cannot delete %(names)s: still used by unfinished distributions of CRM "
                "activities (%(count)s). Let them finish or delete them first.",
                count=sum(count for _record, count in groups),
                names=", ".join(record.display_name for record, _count in groups),
            )
        )

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
                **self._prepare_run(targets),
            }
        )
        distribution.line_ids.create(
            [
                distribution._prepare_line_values(target, *left_out[target])
                for target in targets
                if target in left_out
            ]
        )
        waiting = targets.filtered(lambda target: target not in left_out)
        # Decided once, by who asks: whoever continues it in the middle changes no day.
        distribution._add_waiting(waiting, definition._spread(waiting))
        if len(targets) - len(left_out) <= IMMEDIATE_LIMIT:
            while distribution.run_state in RUNNING:
                distribution._process_chunk()
        else:
            distribution._trigger_cron()
        return distribution.sudo(False)

    def _prepare_run(self, targets):
        """:return: values of a distribution that the current user starts for these targets"""
        return {
            "target_model": targets._name,
            "owner_id": self.env.uid,
            "company_id": self.env.company.id,
            "run_context": self._prepare_run_context(self.env.company),
            "total_count": len(targets),
        }

    @api.model
    def _get_running_states(self):
        return RUNNING

    def _trigger_cron(self, at=None):
        self.env.ref("crm_activity_ext.ir_cron_distribute")._trigger(at)

    def _prepare_run_context(self, company):
        """:return: what the current user works with, in this company first"""
        return {
            "lang": self.env.lang,
            "tz": self.env.context.get("tz"),
            "allowed_company_ids": (company | self.env.companies).ids,
        }

    def _add_waiting(self, targets, dates):
        """Write down who is to get an activity: by one statement, however many.

        :param dict dates: ``{target id: datetime}`` where they are spread
        """
        self.env.execute_query(
            SQL(
                "INSERT INTO crm_activity_distribution_line "
                "(distribution_id, res_id, date, create_uid, create_date, write_uid, write_date) "
                "SELECT %(id)s, res_id, date, %(uid)s, %(now)s, %(uid)s, %(now)s "
                "FROM unnest(%(ids)s::int[], %(dates)s::timestamp[]) "
                "WITH ORDINALITY AS target (res_id, date, place) ORDER BY place",
                id=self.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                ids=targets.ids,
                dates=[dates.get(id_) for id_ in targets.ids],
            )
        )
        self.invalidate_recordset()

    def _prepare_line_values(self, target, kind, reason):
        return {
            "distribution_id": self.id,
            "res_id": target.id,
            "kind": kind,
            "reason": reason,
            "name": target.display_name,
        }

    @api.model
    def _cron_work_off(self):
        """Work off what waits, chunk by chunk; each is committed with its progress."""
        # First what was a mistake. Without CRM nothing is made, until it is back.
        distributions = self.search([("run_state", "=", "undoing")], order="id")
        if self.env["crm.activity"]._is_crm_installed():
            distributions += self.search([("run_state", "in", RUNNING)], order="id")
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=distributions._count_waiting())
        unfinished = distributions
        for distribution in distributions:
            tries = 0
            while distribution._lock_while_running():
                try:
                    processed = distribution._process_chunk()
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    # Others were at the same records: as a request, it is tried again.
                    self.env.cr.rollback()
                    tries += 1
                    if tries == MAX_TRIES_ON_CONCURRENCY_FAILURE:
                        # It has another turn; the others need not wait for it.
                        _logger.warning("%r meets others each time.", distribution, exc_info=True)
                        break
                    continue
                except Exception:
                    # The others need not wait for it; the next run tries it again.
                    self.env.cr.rollback()
                    _logger.exception("%r fails.", distribution)
                    unfinished -= distribution
                    commit_progress(remaining=unfinished._count_waiting())
                    break
                tries = 0
                self.env.invalidate_all()  # memory stays that of one chunk
                if not processed:  # it is over, or has another turn as somebody is at what is left
                    unfinished -= distribution
                time_left = commit_progress(processed, remaining=unfinished._count_waiting())
                if not time_left:
                    return
                if not processed:
                    break

    def _count_waiting(self):
        """:return: how much is still to be worked off; what has stopped is not"""
        lines = self.env["crm.activity.distribution.line"].search_count(
            [
                ("distribution_id", "in", self.ids),
                ("distribution_id.run_state", "in", RUNNING),
                ("kind", "=", False),
            ]
        )
        # Asked of the database: one that was to be worked off may be deleted by now.
        undoing = self.search([("id", "in", self.ids), ("run_state", "=", "undoing")])
        return lines + (undoing._count_to_take_back() if undoing else 0)

    def _lock_while_running(self):
        """:return: this, for one worker alone; empty where another has it, or it is over"""
        return self.try_lock_for_update(allow_referencing=True).filtered(
            lambda distribution: distribution.run_state in (*RUNNING, "undoing")
        )

    def _process_chunk(self, size=None):
        """Make the activities of the next lines, in the name of who started it; or take back those
        that were made, where it is undone.

        What nobody can answer for any more stops instead.

        :param int size: number of lines, or activities
        :return: number of those that were worked off
        :raise UserError: where CRM is not installed
        """
        self.ensure_one()
        if self.run_state == "undoing":
            return self._undo_chunk(size)
        self.env["crm.activity"]._check_crm_installed()
        if reason := self._get_stop_reason():
            self._stop(reason)
            return 0
        lines = self.env["crm.activity.distribution.line"].search(
            [("distribution_id", "=", self.id), ("kind", "=", False)], limit=size or CHUNK_SIZE
        )
        processed = len(lines)
        if processed:
            self.run_state = "running"
            self._process_lines(lines)
        if not self.env["crm.activity.distribution.line"].search_count(
            [("distribution_id", "=", self.id), ("kind", "=", False)], limit=1
        ):
            self.run_state = "done"
            # sudo: whoever the work went to is told, whatever the owner may still read.
            self._as_owner().sudo()._notify_responsibles()
        return processed

    def _get_stop_reason(self):
        """:return: why this cannot or must not go on, as ``stop_reason`` has it; or False"""
        # Asked of the database: another transaction has written it.
        if self.env["crm.activity.distribution.stop"].search_count(
            [("distribution_id", "=", self.id)], limit=1
        ):
            return "user"
        owner = self.owner_id
        if not owner:
            return "owner_deleted"
        if not (self.name or self.mail_template_id):
            return "template_deleted"
        if owner._is_superuser():
            return False
        if not owner.active:
            return "owner_archived"
        companies = {self.company_id.id, *self.run_context["allowed_company_ids"]}
        if not companies.issubset(owner.company_ids.ids):
            return "owner_company"
        if not self._as_owner().env["crm.activity"].has_access("create"):
            return "owner_rights"
        return False

    def _stop(self, reason):
        self.write({"run_state": "stopped", "stop_reason": reason})
        self.stop_ids.unlink()
        if reason != "user":
            self._notify_managers()

    def _notify_managers(self):
        """Tell the sales managers, who may take it over, each in their language."""
        for lang, colleagues in self._search_managers().grouped("lang").items():
            self.with_context(lang=lang)._notify_stopped(colleagues)

    def _search_managers(self):
        """:return: ``res.users``, the sales managers of its company"""
        group = self.env.ref("sales_team.group_sale_manager")
        return self.env["res.users"].search(
            [("all_group_ids", "in", group.ids), ("company_ids", "in", self.company_id.ids)]
        )

    def _notify_stopped(self, users):
        reasons = dict(get_selection(self, "stop_reason"))
        text = self.env._(
            "%(reason)s. %(waiting)s of %(total)s are left. Take over the distribution to continue "
            "it in your name, or delete it.",
            reason=reasons[self.stop_reason],
            total=self.total_count,
            waiting=self.waiting_count,
        )
        subject = self.env._("Distribution stopped: %(name)s", name=self.display_name)
        self._notify_users(users, subject, text)

    def _notify_users(self, users, subject, text):
        self.env["mail.thread"].message_notify(
            subject=subject,
            body=Markup("<p>%s</p>") % text,
            partner_ids=users.partner_id.ids,
            model=self._name,
            res_id=self.id,
            email_layout_xmlid="mail.mail_notification_layout",
            model_description=self.env["ir.model"]._get(self._name).display_name,
        )

    def _process_lines(self, lines):
        """All together, or one by one where that fails: none keeps the others from theirs."""
        try:
            self._process_batch(lines)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.info("Distribution %s: making activities one by one.", self.id, exc_info=True)
        else:
            return
        for line in lines:
            try:
                self._process_batch(line)
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

    def _process_batch(self, lines):
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
            dates = {line.res_id: line.date for line in lines}
            left_out |= owned._create_activities(made, dates) or {}
            done_ids = {target.id for target in made if target not in left_out}
            gone = ("gone", self.env._("It was deleted or is no longer accessible to you."))
            for line, target in zip(lines, targets, strict=True):
                if target in left_out:
                    kind, reason = left_out[target]
                    line.write({"kind": kind, "reason": reason, "name": target.display_name})
                elif target.id not in done_ids:
                    line.write({"kind": gone[0], "reason": gone[1]})
            done = lines.filtered(lambda line: line.res_id in done_ids)
            self.made_count += len(done)
            done.unlink()
            self.env.flush_all()

    def _as_owner(self):
        """:return: this with the rights, language, time zone and companies of its owner"""
        return self.with_user(self.owner_id).with_context(**(self.run_context or {}))

    def _create_activities(self, targets, dates):
        """Make the activities of these targets.

        :param dict dates: ``{target id: datetime}`` where they are spread
        :return: ``{target: (kind, reason)}`` of those that keep their line all the same, or None
        """
        # What made an activity is not for its owner to say.
        made_by_this = {"distribution_id": SystemValue(self.id)}
        # Who is responsible is told once at the end, not chunk by chunk.
        self.env["crm.activity"].with_context(mail_auto_subscribe_no_notify=True).create(
            [values | made_by_this for values in self._prepare_activities_values(targets, dates)]
        )

    def _notify_responsibles(self):
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

    @api.autovacuum
    def _gc_left_out(self):
        """Forget who was left out, some time later: names and addresses are personal data.

        How many there were, and why, stays.

        :return: how many distributions were cleaned up, and whether there are more
        """
        # The autovacuum runs as superuser.
        days = self.env["ir.config_parameter"].get_param("crm_activity_ext.left_out_days")
        days = int(days) if days and days.isdecimal() else LEFT_OUT_DAYS
        before = fields.Datetime.now() - timedelta(days=days)
        domain = [
            ("run_state", "in", ("stopped", *OVER)),
            ("write_date", "<", before),
            ("line_ids.kind", "!=", False),
        ]
        distributions = self.search(domain, limit=CLEANED_AT_ONCE, order="id")
        left_out = distributions.line_ids.filtered("kind")
        for distribution, lines in left_out.grouped("distribution_id").items():
            counts = Counter(distribution.forgotten_counts or {})
            counts.update(lines.mapped("kind"))
            distribution.forgotten_counts = dict(counts)
        left_out.unlink()
        return len(distributions), len(distributions) == CLEANED_AT_ONCE

    def action_take_over(self):
        """Continue what has stopped, in the name and with the rights of the current user.

        :raise AccessError: for who is no sales administrator
        :raise UserError: for what has not stopped
        """
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(self.env._("Only sales administrators can take over a distribution."))
        self.check_access("read")
        # sudo: nobody writes a distribution by hand; who may do this was asked above.
        stopped = self.sudo().try_lock_for_update(allow_referencing=True)
        stopped = stopped.filtered(lambda distribution: distribution.run_state == "stopped")
        if stopped != self:
            raise UserError(self.env._("You can only take over distributions that have stopped."))
        for company, distributions in stopped.grouped("company_id").items():
            distributions.write(
                {
                    "owner_id": self.env.uid,
                    "run_context": self._prepare_run_context(company),
                    "run_state": "pending",
                    "stop_reason": False,
                }
            )
        stopped._trigger_cron()

    def action_send_drafts(self):
        """Send all drafts of these that the current user sees, each at its date, or now.

        :return: client action, a notification that says so and names those that cannot be sent
        :raise UserError: where none of them can be, or there are none
        """
        drafts = self.env["crm.activity"].search(self._get_draft_domain())
        if not drafts:
            raise UserError(self.env._("There are no drafts to send."))
        return drafts.action_send()

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
