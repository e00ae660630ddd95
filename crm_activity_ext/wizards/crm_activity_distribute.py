# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context, html_sanitize

from ..models.crm_activity_reach_mixin import OPTED_OUT
from ..models.crm_activity_responsible_mixin import OPEN_STATES
from ..tools.values import get_selection

# Targets that the dialog previews a template for.
PREVIEW_COUNT = 3
# Targets listed for each reason to skip them.
NAMED_COUNT = 3
# What decides for whom no activity is made.
DECISIVE_FIELDS = (
    "target_ids",
    "target_model",
    "activity_type_id",
    "campaign_id",
    "skip_existing",
    "state",
    "user_policy",
    "user_id",
    "date",
    "max_per_day",
    "spread_order",
)


class CrmActivityDistribute(models.TransientModel):
    """One definition, one activity for each of many targets."""

    _name = "crm.activity.distribute"
    _description = "Distribute CRM Activities"
    _inherit = ["crm.activity.definition.mixin", "crm.activity.wizard.mixin"]

    target_count = fields.Integer(compute="_compute_target_count")
    is_limit_reached = fields.Boolean(compute="_compute_target_count")
    name = fields.Char(
        compute="_compute_from_type",
        store=True,
        readonly=False,
        precompute=True,
    )
    state = fields.Selection(
        compute="_compute_from_type",
        store=True,
        readonly=False,
        precompute=True,
    )
    body = fields.Html(
        compute="_compute_from_type",
        store=True,
        readonly=False,
        precompute=True,
    )
    has_delivered_channel = fields.Boolean(compute="_compute_has_delivered_channel")
    offered_template_ids = fields.Many2many(
        "mail.template",
        string="Suggested Templates",
        compute="_compute_offered_template_ids",
    )
    make_count = fields.Integer(compute="_compute_left_out")
    left_out_count = fields.Integer(string="Skipped", compute="_compute_left_out")
    left_out = fields.Html(string="Skipped Records", compute="_compute_left_out", sanitize=False)
    opt_out_notice = fields.Html(string="Not Wanted", compute="_compute_left_out", sanitize=False)
    spread_summary = fields.Char(string="Days", compute="_compute_left_out")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    distribution_id = fields.Many2one("crm.activity.distribution", readonly=True, copy=False)

    @api.model
    def _get_system_fields(self):
        return super()._get_system_fields() | {"distribution_id"}

    @api.depends("target_ids")
    def _compute_target_count(self):
        # sudo: what the web client knows as well.
        limit = self.env["ir.config_parameter"].sudo().get_param("web.active_ids_limit", 20000)
        for wizard in self:
            wizard.target_count = len(wizard._get_target_ids())
            wizard.is_limit_reached = wizard.target_count >= int(limit)

    @api.depends("activity_type_id.crm_template_ids", "target_model")
    @api.depends_context("uid")
    def _compute_offered_template_ids(self):
        for wizard in self:
            wizard.offered_template_ids = wizard.activity_type_id._get_offered_templates(
                {wizard.target_model}
            )

    @api.depends("activity_type_id")
    def _compute_from_type(self):
        """Propose what a single activity of this type would get."""
        for wizard in self:
            activity = self.env["crm.activity"].new(
                {
                    "activity_type_id": wizard.activity_type_id.id,
                    "name": wizard.name,
                    "body": wizard.body,
                    "state": wizard.state,
                }
            )
            activity._compute_name()
            activity._compute_body()
            activity._compute_state()
            for field_name in ("name", "body", "state"):
                wizard[field_name] = activity[field_name]

    @api.depends("activity_type_id")
    def _compute_has_delivered_channel(self):
        delivered = self.env["crm.activity"]._get_delivered_channels()
        for wizard in self:
            wizard.has_delivered_channel = wizard.activity_type_id.crm_channel in delivered

    @api.readonly
    def get_expected_result(self, values):
        """What would come of the dialog as it stands, saved or not: it does not wait for this.

        :param dict values: of the fields that decide: type, campaign, targets, responsible …
        :return: list of one dict, as :meth:`read` of ``make_count``, ``left_out_count``,
            ``left_out``, ``opt_out_notice`` and ``spread_summary``
        :raise AccessError: for who may not read the dialog
        """
        self.check_access("read")
        if not isinstance(values, dict):
            raise UserError(self.env._("“values” must be a dictionary of field values."))
        known = {name: values[name] for name in self._get_decisive_fields() if name in values}
        # What was proposed to begin with is among the values, or saved.
        wizard = self.with_context(clean_context(self.env.context)).new(known, origin=self)
        wizard.modified(known)
        rows = wizard.read(
            ["make_count", "left_out_count", "left_out", "opt_out_notice", "spread_summary"]
        )
        return [{**row, "id": self.id} for row in rows]

    @api.model
    def _get_decisive_fields(self):
        """:return: names of the fields that decide for whom no activity is made"""
        return DECISIVE_FIELDS

    @api.depends(*DECISIVE_FIELDS)
    def _compute_left_out(self):
        for wizard in self:
            targets = wizard._get_readable_targets()
            left_out = {}
            if wizard.activity_type_id and (wizard.user_policy != "user" or wizard.user_id):
                left_out = wizard._get_left_out(targets)
            wizard.make_count = len(targets) - len(left_out)
            wizard.left_out_count = len(left_out)
            wizard.left_out = wizard._describe_left_out(left_out)
            made = targets.filtered(lambda target, left_out=left_out: target not in left_out)
            wizard.opt_out_notice = wizard._describe_opt_outs(made)
            wizard.spread_summary = wizard._describe_spread(made)

    def _describe_opt_outs(self, targets):
        """:return: HTML: who gets one although they do not want it, as it is no marketing"""
        if self.state not in OPEN_STATES:
            return False
        recipients = {t: self.env["crm.activity"]._get_recipient_of(t) for t in targets}
        problems = self._get_all_problems(self.activity_type_id.crm_channel, recipients)
        reasons = [reason for kind, reason in problems.values() if kind == OPTED_OUT]
        if not reasons:
            return False
        items = Markup().join(Markup("<li>%s</li>") % reason for reason in reasons[:NAMED_COUNT])
        return Markup('%s<ul class="mb-0">%s%s</ul>') % (
            self.env._(
                "Included although they do not want it, as there is no campaign: %(count)s",
                count=len(reasons),
            ),
            items,
            "…" if len(reasons) > NAMED_COUNT else "",
        )

    def _describe_left_out(self, left_out):
        """:return: a list in HTML: how many for which reason, and the first of them"""
        labels = dict(get_selection(self.env["crm.activity.distribution.line"], "kind"))
        by_kind = defaultdict(list)
        for target, (kind, _reason) in left_out.items():
            by_kind[kind].append(target)
        items = Markup()
        for kind, targets in by_kind.items():
            names = ", ".join(target.display_name for target in targets[:NAMED_COUNT])
            items += Markup('<li><b>%s</b> %s <span class="text-muted">%s%s</span></li>') % (
                len(targets),
                labels[kind],
                names,
                "…" if len(targets) > NAMED_COUNT else "",
            )
        return items and Markup('<ul class="mb-0">%s</ul>') % items

    @api.depends("target_ids", "target_model", "mail_template_id")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = bool(wizard.mail_template_id) and wizard._render_preview()

    def _render_preview(self):
        """:return: HTML: what the template makes for the first targets, or why it cannot"""
        template = self.mail_template_id
        targets = self._get_readable_targets()[:PREVIEW_COUNT]
        Activity = self.env["crm.activity"]
        langs = {
            target.id: Activity._get_recipient_of(target)._get_crm_activity_lang()
            or self._get_responsible(target).lang
            for target in targets
        }
        try:
            if template.model != self.target_model:
                return False
            rendered = Activity._render_template(template, langs)
        except UserError as error:
            return Markup('<p class="text-danger">%s</p>') % error.args[0]
        return Markup().join(
            Markup(
                '<div class="border rounded p-3 mb-2">'
                '<div class="text-muted small">%s</div><h4>%s</h4>%s</div>'
            )
            % (
                target.display_name,
                rendered[target.id]["name"] or "",
                Markup(html_sanitize(rendered[target.id]["body"] or "")),
            )
            for target in targets
        )

    @api.onchange("mail_template_id")
    def _onchange_mail_template_id(self):
        """The template's text takes the place of what is in the dialog."""
        if self.mail_template_id:
            self.body = False

    def action_distribute_and_send(self):
        """Create one message for each target that is not left out, and send it at the date.

        :return: see :meth:`action_distribute`
        :raise UserError: as :meth:`action_distribute`, and for a type that Odoo does not send
        """
        self.ensure_one()
        if not self.has_delivered_channel:
            raise UserError(self.env._("Odoo does not send activities of this type."))
        self.state = "pending"
        return self.action_distribute()

    def action_distribute(self):
        """Create one activity for each target that is not left out.

        Called again, it makes nothing more: it shows what it made.

        :return: client action: a notice that links to what was made, and the dialog
            closes; for many targets a window action on the distribution, which shows
            how far it has come
        :raise UserError: for targets that are gone, no targets at all, where no activity
            can be made, or where this is being done at the moment
        """
        self.ensure_one()
        self.env["crm.activity"]._check_crm_installed()
        self.check_access("write")
        if not self.try_lock_for_update():
            raise UserError(self.env._("These activities are already being created. Please wait."))
        if not self.distribution_id:
            self._check_definition()
            Distribution = self.env["crm.activity.distribution"]
            # sudo: what a dialog has started is not for its user to say.
            self.sudo().distribution_id = Distribution._start(self, self._get_targets())
            self._check_result()
        if self.distribution_id.run_state == "done":
            return self._notify_result()
        return self.distribution_id._get_records_action()

    def _check_definition(self):
        """:raise UserError: for what is missing in the definition"""
        if not (self.name or self.mail_template_id):
            raise UserError(self.env._("Write a subject or choose a template."))
        if self.user_policy == "user" and not self.env["crm.activity"]._is_employee(self.user_id):
            raise UserError(self.env._("Choose a responsible user."))
        if self._is_spread():
            targets = self._get_targets()
            left_out = self._get_left_out(targets)
            self._check_spread(targets.filtered(lambda target: target not in left_out))

    def _check_result(self):
        """Where not one could be made at once the dialog stays, to be corrected.

        :raise UserError: saying why
        """
        distribution = self.distribution_id
        if distribution.run_state != "done" or distribution.made_count:
            return
        errors = distribution.line_ids.filtered(lambda line: line.kind == "error")
        if errors:
            raise UserError("\n".join(sorted(set(errors.mapped("reason")))))

    def _notify_result(self):
        distribution = self.distribution_id
        left_out = distribution.left_out_count
        made = distribution.made_count
        if left_out:
            # Odoo puts the link in the place of the last %s.
            message = self.env._(
                "%(made)s activities created, %(left_out)s skipped.", made=made, left_out=left_out
            )
        else:
            message = self.env._("%(count)s activities created.", count=made)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left_out else "success",
                "message": f"{message} %s",
                "links": [
                    {
                        "label": self.env._("Show"),
                        "url": f"/odoo/{distribution._name}/{distribution.id}",
                    }
                ],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_readable_targets(self):
        """:return: those of the targets that the user may read, in their order"""
        if self.target_model not in self.env:
            return self.env["res.partner"]
        targets = self.env[self.target_model].browse(self._get_target_ids())
        return targets.exists()._filtered_access("read")

    def _get_targets(self):
        """:return: the records to make activities for, each of them readable"""
        targets = self.env[self.target_model].browse(self._get_target_ids())
        if not targets or targets != targets.exists():
            raise UserError(
                self.env._(
                    "Some of the selected records no longer exist. "
                    "Close this window, reload the list and select again."
                )
            )
        targets.check_access("read")
        return targets
