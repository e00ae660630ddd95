# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import models

from ..tools.apart import apart


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Record what was done as CRM activities, which stay: see ``crm.activity.todo.mixin``.

        They are done whatever becomes of that.
        """
        Activity = self.env["crm.activity"]
        failure = f"No CRM activities were recorded of the reminders {self.ids}"
        recorded, files = {}, {}
        with apart(self.env.cr, failure):
            recorded = Activity._prepare_from_todos(self, feedback)
            files = self._get_crm_files(recorded, attachment_ids)
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if recorded:
            with apart(self.env.cr, failure):
                Activity._record_todos(recorded, files)
        return result

    def _get_crm_files(self, todos, attachment_ids):
        """Find the files of to-dos, before Odoo moves them to the message in the chatter.

        :param todos: those that are recorded
        :param attachment_ids: ids of what is added as they are done, or None
        :return: ``{mail.activity: ir.attachment}``
        """
        if not todos:
            return {}
        # sudo: who marks a to-do done passes on what belongs to it.
        Attachment = self.env["ir.attachment"].sudo()
        # Nobody gets a file by naming its id, or through code with more rights.
        named = Attachment.browse(attachment_ids or ()).exists()
        added = named.sudo(False)._filtered_access("read").sudo()
        own = Attachment.search(
            [("res_model", "=", self._name), ("res_id", "in", [todo.id for todo in todos])]
        )
        own_by_id = own.grouped("res_id")
        return {todo: own_by_id.get(todo.id, Attachment) | added for todo in todos}
