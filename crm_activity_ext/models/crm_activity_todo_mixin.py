# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html
from odoo.tools.misc import clean_context


class CrmActivityTodoMixin(models.AbstractModel):
    """A to-do of Odoo's that was done stays as an activity.

    Plans, automation rules, telephony and the chatter all end in ``mail.activity._action_done``,
    the one door by which they come in here.
    """

    _name = "crm.activity.todo.mixin"
    _description = "CRM Activities of Done Reminders"

    res_model = fields.Char(string="Document Model", readonly=True, copy=False)
    res_id = fields.Many2oneReference(
        string="Document",
        model_field="res_model",
        readonly=True,
        copy=False,
        help="The document that the reminder was on, where it is neither the customer nor the "
        "lead.",
    )

    def action_open_document(self):
        """Open the document that the reminder was on, as the user may read it.

        :return: window action
        :raise UserError: where there is none, or none any more
        :raise AccessError: for who may not read it
        """
        self.ensure_one()
        document = self.res_model in self.env and self.env[self.res_model].browse(self.res_id)
        # sudo: whether it is still there is asked first, as its rules cannot say.
        if not document or not document.sudo().exists():
            raise UserError(self.env._("The document of this activity no longer exists."))
        document.check_access("read")
        return document._get_records_action()

    @api.model
    def _prepare_from_todos(self, todos, feedback=False):
        """Tell what is recorded of to-dos that are about to be done, while they can be read.

        :param todos: ``mail.activity``
        :param str feedback: what was written when they were marked done, for all of them
        :return: ``{mail.activity: values of an activity}``, without those that nothing is
            recorded of
        """
        if not self._is_crm_installed():
            return {}
        # sudo: who marks a to-do done need not see its document, nor the customer there.
        open_todos = todos.sudo().filtered(lambda todo: todo.active and todo.res_id)
        recorded = {}
        for model, same_model in open_todos.grouped("res_model").items():
            kept = same_model.filtered(lambda todo: todo.activity_type_id._is_recorded_when_done())
            if not kept or not self._is_recorded_document(model):
                continue
            documents = self.env[model].sudo().browse(kept.mapped("res_id"))
            existing = documents.exists()
            for todo, document in zip(kept, documents, strict=True):
                if document in existing and (target := self._prepare_target_values(document)):
                    recorded[todo] = target | self._prepare_todo_values(todo, target, feedback)
        return recorded

    @api.model
    def _is_recorded_document(self, model):
        """:return: whether to-dos on records of a model are recorded"""
        if model in self._get_target_fields():
            return True
        # sudo: what is recorded does not depend on who may read the settings.
        return model in self._get_documents_with_customer() and (
            self.env["ir.model"]._get(model).sudo().crm_record_done
        )

    @api.model
    def _get_documents_with_customer(self):
        """:return: list of the names of models whose to-dos can be recorded where somebody wants
        that: they have a customer, and are no target themselves
        """
        others = {self._name, *self._get_target_fields()}
        has_todos = self.env.registry["mail.activity.mixin"]
        return [
            name
            for name, model in self.env.items()
            if isinstance(model, has_todos)
            and not (model._abstract or model._transient or name in others)
            and getattr(model._fields.get("partner_id"), "comodel_name", None) == "res.partner"
        ]

    @api.model
    def _prepare_target_values(self, document):
        """Tell whom a to-do on a document was for.

        :param document: a record of a model that is recorded, as superuser
        :return: values of an activity; empty where nobody can be told
        :rtype: dict
        """
        # All of them, so that no default of somebody's joins in.
        values = dict.fromkeys(self._get_recipient_fields(), False)
        target_fields = self._get_target_fields().get(document._name)
        if target_fields:
            values[target_fields[0]] = document.id
            partner = document._get_crm_activity_partner()
        else:
            partner = document.partner_id
            if not partner:
                return {}
            values.update(res_model=document._name, res_id=document.id)
        if partner:
            values["partner_id"] = partner.id
        company = partner.company_id or self._get_document_value(document, "company_id")
        campaign = self._get_document_value(document, "campaign_id")
        return {**values, "campaign_id": campaign.id, "company_id": company.id}

    @api.model
    def _get_document_value(self, document, name):
        """:return: what a document has in a field that refers to the same model as ours of that
        name does: other apps have campaigns of their own
        """
        model = self._fields[name].comodel_name
        field = document._fields.get(name)
        is_same = field is not None and field.comodel_name == model
        return document[name] if is_same else self.env[model]

    @api.model
    def _prepare_todo_values(self, todo, target, feedback):
        # A portal user may mark one done, by a signature: then it was the system.
        candidates = (todo.user_id, self.env.user, self.env["res.users"].browse(SUPERUSER_ID))
        user = next(user for user in candidates if self._is_employee(user))
        own_company = self.env.company if self.env.company in user.company_ids else user.company_id
        text = Markup(todo.note or "") + (plaintext2html(feedback) if feedback else "")
        return {
            "activity_type_id": todo.activity_type_id.id,
            "body": text or False,
            "company_id": target["company_id"] or own_company.id,
            "name": todo.summary or todo.activity_type_id._get_subject(),
            "origin": "todo",
            "state": "done",
            "user_id": user.id,
        }

    @api.model
    def _record_todos(self, values_by_todo, files_by_todo):
        """Make an activity of each to-do that was done.

        :param dict values_by_todo: what :meth:`_prepare_from_todos` gave before
        :param dict files_by_todo: ``{mail.activity: ir.attachment}``
        :return: the activities, as superuser
        """
        activities = self._recording().create(list(values_by_todo.values()))
        self._copy_todo_files(dict(zip(values_by_todo, activities, strict=True)), files_by_todo)
        return activities

    @api.model
    def _recording(self):
        """:return: none, to make of what has happened"""
        # Cascading, as superuser: it has happened, whoever marks it done and wherever those who
        # did it work. Nobody is told, and nobody follows: it is no work given to anybody.
        # Without the defaults of whoever marks it done.
        clean = self.with_context(clean_context(self.env.context))  # pylint: disable=W8121
        return clean.with_context(tracking_disable=True)._cascading()

    @api.model
    def _copy_todo_files(self, activities, files):
        """Copy the files of to-dos to their activities.

        :param dict activities: ``{mail.activity: crm.activity}``
        :param dict files: ``{mail.activity: ir.attachment}``
        """
        pairs = [
            (activity, file)
            for todo, activity in activities.items()
            for file in files.get(todo, ())
        ]
        if pairs:
            recorder = self._recording()
            own = recorder._copy_files(pairs)
            recorder._link_files([(activity, file) for (activity, _old), file in own.items()], [])
