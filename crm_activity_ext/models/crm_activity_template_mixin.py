# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import base64
import hashlib
import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import html2plaintext, html_sanitize, is_html_empty

from ..tools.values import write_each
from .crm_activity_attachment_mixin import EMBEDDED_PICTURE, LINK, may_link

_logger = logging.getLogger(__name__)

# What begins an expression in a template's subject, and an expression that it comes out of.
EXPRESSION = "{{"
ESCAPED_EXPRESSION = "{{ '{{' }}"


class CrmActivityTemplateMixin(models.AbstractModel):
    """How the text of a template comes into an activity, to be edited there."""

    _name = "crm.activity.template.mixin"
    _description = "CRM Activity Text"
    _inherit = ["crm.activity.recipient.mixin"]

    mail_template_id = fields.Many2one(
        "mail.template",
        string="Template",
        index="btree_not_null",
        ondelete="set null",
        domain=lambda self: [("model", "in", self._get_template_models())],
        help="Fills in subject, text and attachments for this recipient, in the recipient's "
        "language.",
    )
    offered_template_ids = fields.Many2many(
        "mail.template",
        string="Suggested Templates",
        compute="_compute_offered_template_ids",
        help="Templates of the type that have a recipient here.",
    )
    # What the template rendered, to tell whether somebody has edited it since.
    template_digest = fields.Char(readonly=True, copy=False)
    can_save_as_template = fields.Boolean(compute="_compute_can_save_as_template")

    @api.depends_context("uid")
    def _compute_can_save_as_template(self):
        self.can_save_as_template = self.env["mail.template"].has_access("create")

    @api.depends(
        lambda self: ["activity_type_id.crm_template_ids", *sorted(self._get_recipient_fields())]
    )
    @api.depends_context("uid")
    def _compute_offered_template_ids(self):
        for activity in self:
            models = {
                model
                for model in self._get_template_models()
                if model == self._name or activity._get_template_record(model)
            }
            activity.offered_template_ids = activity.activity_type_id._get_offered_templates(models)

    @api.onchange("mail_template_id")
    def _onchange_mail_template_id(self):
        self._load_template()
        self._show_template_attachments()

    @api.onchange("partner_id", "contact_id")
    def _onchange_recipient(self):
        self._reload_template()

    def action_save_as_template(self):
        """Make a template of the activity's subject, text and files, as they are.

        :return: window action of a dialog on the new ``mail.template``
        :raise AccessError: for whom Odoo does not let create templates
        :raise UserError: for a subject that only a template editor may keep as it is
        """
        self.ensure_one()
        if not self.can_save_as_template:
            raise AccessError(
                self.env._(
                    "You do not have the right to create email templates. Ask an administrator."
                )
            )
        template = self.env["mail.template"].create(self._prepare_template_values())
        texts = self._get_own_texts({template: template.body_html})
        copies = self._copy_files([(template, file) for file in self.attachment_ids])
        template.write(
            {
                "body_html": texts.get(template, template.body_html),
                "attachment_ids": [Command.set([file.id for file in copies.values()])],
            }
        )
        return {
            **template._get_records_action(name=self.env._("New Template")),
            "target": "new",
        }

    def _prepare_template_values(self):
        """:return: values of a template that says what the activity says, and does no more

        Who wrote the activity is not who makes the template, with whose rights it will run.
        """
        if EXPRESSION in self.name and not self.env.user.has_group(
            "mail.group_mail_template_editor"
        ):
            raise UserError(
                self.env._(
                    "“%(subject)s” cannot be saved as a template. Remove “%(braces)s” from the "
                    "subject, or ask a user with the right to edit all templates.",
                    subject=self.name,
                    braces=EXPRESSION,
                )
            )
        return {
            "name": self.name,
            "subject": self.name.replace(EXPRESSION, ESCAPED_EXPRESSION),
            # No directive of QWeb passes this.
            "body_html": html_sanitize(self.body, sanitize_attributes=True),
            "model_id": self.env["ir.model"]._get_id("res.partner"),
        }

    @api.model
    def _get_template_models(self):
        """:return: names of the models whose templates are offered"""
        return [*self._get_target_fields(), self._name]

    def _get_template_record(self, model):
        """:return: the record that a template of the model is rendered on, or none"""
        self.ensure_one()
        return (self if model == self._name else self._get_target(model))._origin

    @api.model
    def _add_template_texts(self, vals_list):
        """Render the templates of new activities that come without a text of their own.

        Before there are activities, so that each is written once. A template on activities needs
        one that is saved: see :meth:`_load_template_unless_given`.

        :param list vals_list: values to create with
        :return: list of the values, copied where there is a text now
        :raise UserError: naming the template that cannot be rendered
        """
        numbers_by_template = defaultdict(list)
        for number, vals in enumerate(vals_list):
            if vals.get("mail_template_id") and is_html_empty(vals.get("body")):
                template = self._get_record_from_vals(vals, "mail_template_id")
                numbers_by_template[template].append(number)
        completed = list(vals_list)
        for template, numbers in numbers_by_template.items():
            model = template.exists().model
            addressees = self._get_addressees([vals_list[number] for number in numbers], model)
            known = {n: a for n, a in zip(numbers, addressees, strict=True) if a[0]}
            for number, text in self._render_for(template, known).items():
                completed[number] = {**vals_list[number], **text}
        return completed

    @api.model
    def _get_addressees(self, vals_list, model):
        """:param str model: what a template is for
        :return: list with, for each of the values to create with, the record that the template is
            rendered on, or none, and the language of who is written to
        """
        targets = self._get_targets_of_values(vals_list)
        responsibles = (self._get_record_from_vals(vals, "user_id") for vals in vals_list)
        addressees = []
        for by_model, user in zip(targets, responsibles, strict=True):
            recipient = next(iter(by_model.values()), self.env["res.partner"])
            lang = recipient._get_crm_activity_lang() or (user or self.env.user).lang
            addressees.append((by_model.get(model), lang))
        return addressees

    def _load_template_unless_given(self, vals_list, completed):
        """Load the templates of new activities that came without a text of their own.

        :param list vals_list: what they were to be created with
        :param list completed: what :meth:`_add_template_texts` has made of it
        """
        with_vals = list(zip(self, vals_list, strict=True))
        loading = self.browse(a.id for a, vals in with_vals if is_html_empty(vals.get("body")))
        loaded = self.browse(
            a.id for (a, vals), new in zip(with_vals, completed, strict=True) if new is not vals
        )
        write_each("template_digest", {a: self._get_text_digest(a.name, a.body) for a in loaded})
        (loading - loaded)._load_template()
        # A form from which the template's files were removed says so.
        removed = self.browse(a.id for a, vals in with_vals if not vals.get("attachment_ids", True))
        (loading - removed)._attach_template_files()
        (self - loading)._recognise_template_text()

    def _follow_template(self, vals):
        """Load a template that was chosen, or again for another recipient.

        :param dict vals: what was written
        """
        chosen = vals.get("mail_template_id")
        if not (chosen or self._get_recipient_fields() & vals.keys()):
            return
        # What is in the outbox or was sent stays as it is.
        activities = self.filtered(lambda activity: not activity.is_final)
        if {"name", "body"} & vals.keys():
            activities._recognise_template_text()
        elif chosen:
            activities._load_template()
            activities._attach_template_files()
        else:
            activities._reload_template()

    def _reload_template(self):
        """Render anew for another recipient, but never over what somebody edited."""
        self.filtered(
            lambda activity: (
                activity.mail_template_id
                and activity.template_digest == self._get_text_digest(activity.name, activity.body)
            )
        )._load_template()

    def _recognise_template_text(self):
        """Remember which texts, given with a template, are what it makes.

        So does a form that shows what a template makes before it is saved.
        """
        for template, activities in self.grouped("mail_template_id").items():
            if not template.model:
                continue
            addressed = activities.filtered(lambda a, t=template: a._get_template_record(t.model))
            try:
                texts = addressed._render_text(template)
            except UserError:
                continue  # It made none of these.
            for activity, text in texts.items():
                digest = self._get_text_digest(activity.name, activity.body)
                made = {"name": activity.name, "body": activity.body, **text}
                if digest == self._get_text_digest(**made) != activity.template_digest:
                    activity._write_text({"template_digest": digest})

    def _load_template(self):
        """Render the templates into subject and text, for each one's recipient.

        A template on activities is rendered once the activity is saved.

        :raise UserError: naming the template that cannot be rendered
        """
        for template, activities in self.grouped("mail_template_id").items():
            if not template.model:
                continue
            texts = activities._render_text(template)
            own_texts = self._get_own_texts(
                {activity: text.get("body") for activity, text in texts.items() if activity.id}
            )
            for activity, text in texts.items():
                if activity in own_texts:
                    text = {**text, "body": own_texts[activity]}
                made = {"name": activity.name, "body": activity.body, **text}
                write = activity._write_text if activity.id else activity.update
                write({**text, "template_digest": self._get_text_digest(**made)})

    @api.model
    def _get_recipient_refusal(self, template):
        """:return: what to say where there is no record to render the template on"""
        if template.model in self._get_target_fields():
            return self.env[template.model]._get_crm_missing_message()
        return self.env._(
            "The template “%(template)s” is not for customers, contacts or activities.",
            template=template.name,
        )

    def _render_text(self, template):
        """Render one template for each one's recipient.

        :param template: one ``mail.template``
        :return: ``{activity: {"name": subject, "body": text}}``, without what the template
            says nothing on; without activities that are to be saved first
        :raise UserError: naming the template that cannot be rendered, or what it needs
        """
        records = {activity: activity._get_template_record(template.model) for activity in self}
        if template.model != self._name and not all(records.values()):
            raise UserError(self._get_recipient_refusal(template))
        return self._render_for(
            template, {a: (record, a._get_text_lang()) for a, record in records.items() if record}
        )

    @api.model
    def _render_for(self, template, addressees):
        """Render one template in a few queries for each language.

        :param template: one ``mail.template``
        :param dict addressees: ``{anything: (record to render on, language code)}``
        :return: ``{the same: {"name": subject, "body": text}}``, without what the template says
            nothing on
        """
        keys_by_lang = defaultdict(list)
        for key, (_record, lang) in addressees.items():
            keys_by_lang[lang].append(key)
        texts = {}
        for lang, keys in keys_by_lang.items():
            lang_by_id = {addressees[key][0].id: lang for key in keys}
            rendered = self._render_template(template, lang_by_id)
            for key in keys:
                text = rendered[addressees[key][0].id]
                texts[key] = {
                    name: value for name, value in text.items() if not is_html_empty(value)
                }
        return texts

    def _get_text_lang(self):
        """:return: language code: the recipient's, else that of who writes"""
        self.ensure_one()
        return self._get_recipient()._get_crm_activity_lang() or self.user_id.lang

    @api.model
    def _render_template(self, template, lang_by_id):
        """Render with the rights of the current user, in a few queries for each language.

        :param template: one ``mail.template``
        :param dict lang_by_id: ``{id of a record of the template's model: language code}``,
            for those that the template has no language for
        :return: ``{id: {"name": subject, "body": text}}``
        :raise UserError: naming the template
        """
        res_ids = list(lang_by_id)
        try:
            langs = self._get_template_langs(template, lang_by_id)
            subjects = template._render_field("subject", res_ids, res_ids_lang=langs)
            bodies = template._render_field("body_html", res_ids, res_ids_lang=langs)
        except (AccessError, UserError) as error:
            raise UserError(
                self.env._(
                    "The template “%(template)s” could not be rendered: %(reason)s",
                    template=template.name,
                    reason=error.args[0],
                )
            ) from error
        return {
            # A subject is one line, as in every email.
            i: {"name": " ".join((subjects[i] or "").splitlines()).strip(), "body": bodies[i]}
            for i in res_ids
        }

    @api.model
    def _get_template_langs(self, template, lang_by_id):
        langs = template._render_lang(list(lang_by_id)) if template.lang else {}
        return {i: langs.get(i) or lang for i, lang in lang_by_id.items()}

    @api.model
    def _get_text_digest(self, name, body):
        """:return: digest of subject and text as they are read, markup left aside

        The same picture has another address in each activity.
        """
        if may_link(body):
            body = EMBEDDED_PICTURE.sub("picture", LINK.sub("picture", body))
        text = f"{name}\n{html2plaintext(body or '')}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _show_template_attachments(self):
        """Show the files of the template in a form; saving it makes them the activity's own."""
        for activity in self:
            # sudo: where a file came from is the same for everybody.
            files = activity.sudo().attachment_ids._origin
            former = files & activity._origin.sudo().template_attachment_ids
            former |= files.filtered(lambda file: file.res_model == "mail.template")
            chosen = activity.mail_template_id.attachment_ids._origin
            activity.attachment_ids = [
                *(Command.unlink(file_id) for file_id in former.ids),
                *(Command.link(file_id) for file_id in chosen.ids),
            ]

    def _get_attachments_of_former_template(self, vals):
        """:return: files that came with a template which the values take away

        :param dict vals: what is going to be written
        """
        leaving = self.browse()
        if "mail_template_id" in vals:
            template_id = vals["mail_template_id"] or False
            leaving = self.filtered(lambda activity: activity.mail_template_id.id != template_id)
        return leaving._get_template_attachments()

    def _attach_template_files(self):
        """Give the activities copies of their templates' files, once."""
        # sudo: whoever may choose a template may send its files.
        if not self.mail_template_id.sudo().attachment_ids:
            return
        copies = self._copy_files(
            [
                (activity, file)
                for activity in self.sudo()
                if not activity.template_attachment_ids
                for file in activity.mail_template_id.attachment_ids
            ]
        )
        linked = [(activity, copy) for (activity, _file), copy in copies.items()]
        self._link_files(linked, linked)

    def _attach_template_reports(self):
        """Print the reports of the templates, as the user and in the language of the text.

        What cannot be printed makes its activity failed, with the reason.

        :return: the others
        """
        failed = self.browse()
        for activity in self.filtered(
            lambda a: a.mail_template_id.report_template_ids and not a.mail_message_id
        ):
            try:
                # Whatever one report does to the transaction, the others go on.
                with self.env.cr.savepoint():
                    activity._add_reports(activity._print_template_reports())
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                if not isinstance(error, UserError):
                    _logger.warning("The reports of %r failed.", activity, exc_info=True)
                activity._report_delivery_status(
                    "failed",
                    self.env._(
                        "A report of the template “%(template)s” could not be generated: "
                        "%(reason)s",
                        template=activity.mail_template_id.name,
                        reason=error,
                    ),
                )
                failed |= activity
        return self - failed

    def _print_template_reports(self):
        """:return: list of ``(file name, content)``

        :raise UserError: naming a report that fits no record of the activity
        """
        self.ensure_one()
        template = self.mail_template_id
        record = self._get_template_record(template.model)
        misfits = template.report_template_ids.filtered(lambda r: r.model != template.model)
        if misfits or not record:
            raise UserError(
                self.env._(
                    "The report “%(report)s” does not apply to the recipient of this activity.",
                    report=(misfits or template.report_template_ids)[0].name,
                )
            )
        langs = self._get_template_langs(template, {record.id: self._get_text_lang()})
        values = template.with_context(lang=langs[record.id])._generate_template_attachments(
            record.ids, {"report_template_ids"}
        )
        return [
            (name, base64.b64decode(content)) for name, content in values[record.id]["attachments"]
        ]

    def _add_reports(self, reports):
        """Attach what was printed, in place of what was printed before.

        :param list reports: ``(file name, content)``
        """
        # sudo: whoever queues an email may attach what its template says.
        activity = self.sudo()
        names = {name for name, _content in reports}
        static = set(activity.mail_template_id.attachment_ids.mapped("checksum"))
        activity._get_template_attachments().filtered(
            lambda file: file.name in names and file.checksum not in static
        ).unlink()
        files = activity.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "type": "binary",
                    "public": False,
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for name, content in reports
            ]
        )
        linked = [(activity, file) for file in files]
        self._link_files(linked, linked)
