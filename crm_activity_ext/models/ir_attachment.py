# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, models
from odoo.exceptions import UserError

from .crm_activity_attachment_mixin import LINK

# What a file is. A merge of leads renames and moves it, as its user.
CONTENT_FIELDS = {"datas", "db_datas", "raw", "type", "url"}


class IrAttachment(models.Model):
    """The files of an activity are final when its text is: see ``_check_final`` there. Those that
    were received with it are so from the start.
    """

    _inherit = "ir.attachment"

    def write(self, vals):
        # sudo: a first token opens a file to others and leaves it as it is; another one would
        # close what was sent.
        if vals.keys() != {"access_token"} or any(self.sudo().mapped("access_token")):
            self._check_not_sent_by_crm_activity()
        if vals.keys() & CONTENT_FIELDS:
            self._check_not_recorded_as_crm_activity()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent_by_crm_activity(self):
        self._check_not_sent_by_crm_activity()
        self._check_not_recorded_as_crm_activity()

    def _delete_and_notify(self, message=None):
        # The chatter deletes as superuser what its user may delete.
        files = self.sudo(False)
        files._check_not_sent_by_crm_activity()
        files._check_not_recorded_as_crm_activity()
        return super()._delete_and_notify(message)

    def _check_not_recorded_as_crm_activity(self):
        """:raise UserError: for files of messages that are the text of activities"""
        if self.env.su:  # merges, erasure, and deletion of what has the chatter
            return
        # sudo: a file is held whether its message is the user's or not.
        messages = self.env["mail.message"].sudo().search([("attachment_ids", "in", self.ids)])
        messages.sudo(False)._check_not_recorded_as_crm_activity()

    def _check_not_sent_by_crm_activity(self):
        """:raise UserError: for files that activities have in the outbox or sent"""
        if self.env.su:
            return
        # sudo: a file is held whether its activity is the user's or not.
        ours = self.sudo().filtered(lambda file: file.res_model == "crm.activity")
        activities = self.env["crm.activity"].sudo().browse(ours.mapped("res_id")).exists()
        activities = activities.filtered("is_final")
        in_texts = {
            int(link["id"])
            for text in activities.mapped("body")
            for link in LINK.finditer(text or "")
        }
        final = ours.filtered(lambda file: file.id in in_texts) | activities.attachment_ids & ours
        if final:
            raise UserError(
                self.env._(
                    "You cannot change or delete files of a CRM activity that is in the outbox "
                    "or has been sent: %(names)s",
                    names=", ".join(final.mapped("name")),
                )
            )
