# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import html2plaintext, is_html_empty


class CrmActivityTemplateMixin(models.AbstractModel):
    """How the text of a template comes into an activity, to be edited there."""

    _name = "crm.activity.template.mixin"
    _description = "Text of a CRM Activity"

    mail_template_id = fields.Many2one(
        "mail.template",
        string="Template",
        ondelete="set null",
        domain=lambda self: [("model", "in", self._get_template_models())],
        help="Its subject, text and attachments are filled in for this recipient, "
        "in the recipient's language.",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Attachments")
    # What the template rendered, to tell whether somebody has edited it since.
    template_digest = fields.Char(readonly=True, copy=False)

    @api.onchange("mail_template_id")
    def _onchange_mail_template_id(self):
        self._load_template()

    @api.onchange("partner_id", "contact_id")
    def _onchange_recipient(self):
        self._reload_template()

    def action_save_as_template(self):
        """Make a template of the activity's subject and text.

        :return: window action of a dialog on the new ``mail.template``
        :raise AccessError: for whom Odoo does not let create templates
        """
        self.ensure_one()
        template = self.env["mail.template"].create(
            {
                "name": self.name,
                "subject": self.name,
                "body_html": self.body,
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "attachment_ids": [fields.Command.set(self.attachment_ids.ids)],
                "lang": "{{ object.lang }}",
            }
        )
        return {
            **template._get_records_action(name=self.env._("New Template")),
            "target": "new",
        }

    @api.model
    def _get_template_models(self):
        """:return: names of the models whose templates are offered"""
        return [*self._get_target_fields(), self._name]

    @api.model
    def _get_recipient_fields(self):
        """:return: set of the names of the fields that a recipient comes from"""
        return {name for names in self._get_target_fields().values() for name in names}

    def _get_recipient(self):
        """:return: who an outgoing activity goes to: the contact, else the customer,
        else another target; an empty ``res.partner`` where there is nobody
        """
        self.ensure_one()
        fields_by_model = self._get_target_fields().values()
        candidates = (self[name] for names in fields_by_model for name in reversed(names))
        return next(filter(None, candidates), self.env["res.partner"])

    def _get_template_record(self, model):
        """:return: the record that a template of the model is rendered on, or none"""
        self.ensure_one()
        if model == self._name:
            return self._origin
        candidates = (self[name] for name in reversed(self._get_target_fields().get(model, ())))
        return next(filter(None, candidates), self.env[model])._origin

    @api.model
    def _check_files(self, files):
        """:raise AccessError: for files that are not the user's to read, nor then to send"""
        files.check_access("read")

    def _adopt_attachments(self):
        """Files uploaded for these activities are theirs: who reads an activity reads its files.

        What was uploaded into a form that was not saved yet belongs to nothing, and only
        its author could read it. What belongs to something else, as to a template, stays there.
        """
        for activity in self:
            # sudo: whether the user may write the activity has been checked by writing it.
            uploads = activity.sudo().attachment_ids.filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user
            )
            if uploads:
                uploads.write({"res_model": self._name, "res_id": activity.id})

    def _load_template_unless_given(self, vals_list):
        """Load the templates of new activities that came without a text of their own."""
        self.browse(
            activity.id
            for activity, vals in zip(self, vals_list, strict=True)
            if is_html_empty(vals.get("body"))
        )._load_template()

    def _follow_template(self, vals):
        """Load a template that was chosen, or again for another recipient.

        :param dict vals: what was written
        """
        if {"name", "body"} & vals.keys():
            return
        if vals.get("mail_template_id"):
            self._load_template()
        elif self._get_recipient_fields() & vals.keys():
            self._reload_template()

    def _reload_template(self):
        """Render anew for another recipient, but never over what somebody edited."""
        self.filtered(
            lambda activity: (
                activity.mail_template_id
                and activity.template_digest == self._get_text_digest(activity.name, activity.body)
            )
        )._load_template()

    def _load_template(self):
        """Render the templates into subject and text, for each one's recipient.

        A template on activities is rendered once the activity is saved.

        :raise UserError: naming the template that cannot be rendered
        """
        for template, activities in self.grouped("mail_template_id").items():
            if not template.model:
                continue
            records = {a: a._get_template_record(template.model) for a in activities}
            if template.model != self._name and not all(records.values()):
                raise UserError(
                    self.env._(
                        "The template “%(template)s” needs a recipient: "
                        "choose the %(model)s first.",
                        template=template.name,
                        model=template.model_id.name,
                    )
                )
            activities = activities.filtered(lambda a, found=records: found[a])
            rendered = self._render_template(
                template,
                {records[a].id: a._get_recipient()._get_crm_activity_lang() for a in activities},
            )
            # Nothing of it is tracked: spare the chatter looking for it in each write.
            for activity in activities.with_context(tracking_disable=True):
                values = rendered[records[activity].id]
                write = activity.write if activity.id else activity.update
                write(values)
                # sudo: what was rendered is the system's to say.
                activity.sudo().template_digest = self._get_text_digest(**values)
            if template.attachment_ids:
                links = [fields.Command.link(a.id) for a in template.attachment_ids]
                activities.update({"attachment_ids": links})

    @api.model
    def _render_template(self, template, lang_by_id):
        """Render with the rights of the current user, in a few queries for each language.

        :param template: one ``mail.template``
        :param dict lang_by_id: ``{id of a record of the template's model: language code}``
        :return: ``{id: {"name": subject, "body": text}}``
        :raise UserError: naming the template
        """
        res_ids = list(lang_by_id)
        options = {"compute_lang": bool(template.lang), "res_ids_lang": lang_by_id}
        try:
            subjects = template._render_field("subject", res_ids, **options)
            bodies = template._render_field("body_html", res_ids, **options)
        except (AccessError, UserError) as error:
            raise UserError(
                self.env._(
                    "The template “%(template)s” cannot be filled in: %(reason)s",
                    template=template.name,
                    reason=error.args[0],
                )
            ) from error
        return {i: {"name": subjects[i], "body": bodies[i]} for i in res_ids}

    @api.model
    def _get_text_digest(self, name, body):
        """:return: digest of subject and text as they are read, markup left aside"""
        text = f"{name}\n{html2plaintext(body or '')}"
        return hashlib.sha256(text.encode()).hexdigest()
