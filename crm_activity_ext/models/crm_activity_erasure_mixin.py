# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from .crm_activity_delivery_mixin import NAMED_COUNT


class CrmActivityErasureMixin(models.AbstractModel):
    """How a person is forgotten, and the figures stay true.

    Of what was done or sent, type, date, status, responsible and campaign stay; what it says of
    the person goes. What never happened goes as a whole.
    """

    _name = "crm.activity.erasure.mixin"
    _description = "CRM Activity Anonymization"

    anonymized_date = fields.Datetime(
        string="Anonymized on",
        readonly=True,
        copy=False,
        help="Date on which subject, text, files and messages were deleted to anonymize the "
        "activity.",
    )

    @api.model
    def _anonymize_for(self, targets):
        """Forget what activities say of the targets, whoever is responsible for them.

        Whether the user may is for the caller to check.

        :param targets: records of a model with ``crm.activity.target.mixin``
        :return: ``(number that was anonymized, number that was deleted)``
        :raise UserError: while one of their messages is being sent
        """
        # sudo: a person is forgotten as a whole, by colleagues and other companies too.
        activities = self.sudo().search(targets._get_crm_activity_domain())
        forgotten = targets._get_crm_forgotten(activities)
        anonymized, deleted_ids = activities._anonymize(targets._get_crm_participations(activities))
        self.sudo()._forget_tracked(forgotten)
        self.env["crm.activity.distribution.line"]._forget(forgotten)
        targets._log_crm_erasure(anonymized.ids, deleted_ids)
        return len(anonymized), len(deleted_ids)

    def _anonymize(self, with_others=None):
        """Forget what these say; those that never happened are deleted.

        :param with_others: those of these that are planned with other people, and stay planned
        :return: ``(those that are left, ids of those that were deleted)``
        :raise UserError: while one of their messages is being sent
        """
        self._check_not_being_sent()
        # What waits in the outbox must not leave any more.
        self.filtered(lambda activity: activity._is_in_outbox()).write({"state": "cancelled"})
        never_happened = self.search(
            Domain("id", "in", (self - (with_others or self.browse())).ids)
            & self._get_never_happened_domain()
        )
        kept, deleted_ids = self - never_happened, never_happened.ids
        never_happened.unlink()
        kept._forget_content()
        return kept, deleted_ids

    def _check_not_being_sent(self):
        """:raise UserError: while a worker sends the message of one of these"""
        if sending := self._get_being_sent():
            raise UserError(
                self.env._(
                    "These activities are being sent right now: %(subjects)s. Try again in a "
                    "minute.",
                    subjects=", ".join(sending[:NAMED_COUNT].mapped("name")),
                )
            )

    def _get_being_sent(self):
        """:return: those of these whose message a worker has begun to send"""
        return self.filtered(
            lambda activity: any(
                mail.state == "outgoing" and mail.crm_activity_sending
                for mail in activity.mail_message_id.mail_ids
            )
        )

    def _forget_content(self):
        """Delete what these say, and everything that was said with them."""
        sent = self.filtered("mail_message_id")
        self._forget_messages()
        attachments = self.env["ir.attachment"].with_context(skip_res_field_check=True)
        attachments.search([("res_model", "=", self._name), ("res_id", "in", self.ids)]).unlink()
        self._forgetting().write(self._prepare_anonymous_values())
        sent._replace_sent_messages()

    def _prepare_anonymous_values(self):
        return {
            "name": self.env._("Anonymized"),
            "body": False,
            "html_field_history": False,
            "mail_template_id": False,
            "template_digest": False,
            "failure_detail": False,
            "failure_reason": False,
            "answer_message_id": False,
            "attachment_ids": [Command.clear()],
            "res_model": False,
            "res_id": False,
            "anonymized_date": fields.Datetime.now(),
        }

    def _forget_messages(self):
        """Delete mails, answers and notes: notifications, addresses and tracking go with them."""
        of_these = [("model", "=", self._name), ("res_id", "in", self.ids)]
        # What was written to a customer or lead is in their own chatter, and none of ours.
        self.answer_message_id.filtered(lambda message: message.model == self._name).unlink()
        for model_name in ("mail.message", "mail.scheduled.message"):
            self.env[model_name].search(of_these).unlink()
        self.env["mail.followers"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("partner_id.partner_share", "=", True),
            ]
        ).unlink()

    def _replace_sent_messages(self):
        """Put an empty message where the sent one was: what was sent stays known as sent."""
        author = self.env.user.partner_id
        messages = self.env["mail.message"].create(
            [
                {
                    "model": self._name,
                    "res_id": activity.id,
                    "message_type": "notification",
                    "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
                    "author_id": author.id,
                    "email_from": author.email_formatted,
                    "body": self.env._("The message was deleted when the activity was anonymized."),
                }
                for activity in self
            ]
        )
        for activity, message in zip(
            self.with_context(tracking_disable=True), messages, strict=True
        ):
            activity.mail_message_id = message

    @api.model
    def _release_anonymized(self, field_names, targets):
        """Let go of targets that are deleted: what was anonymized tells nothing of them."""
        for name in field_names:
            # sudo: whoever may delete the targets takes their ids out of what is left of them;
            # their names are not to stand in the chatter either.
            self.sudo()._forgetting().search(
                [("anonymized_date", "!=", False), (name, "in", targets.ids)]
            ).write({name: False})
