# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A channel that another addon delivers, with a queue of its own: all that one needs."""

import contextlib

import requests

from odoo import api, fields, models
from odoo.tools import html2plaintext, is_html_empty

SERVER_ERROR = 500


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    crm_channel = fields.Selection(selection_add=[("chat", "Chat")], ondelete={"chat": "set null"})


class CrmActivity(models.Model):
    _inherit = "crm.activity"

    @api.model
    def _get_delivered_channels(self):
        return super()._get_delivered_channels() | {"chat"}

    def _deliver_chat(self):
        self._check_text(lambda activity: not is_html_empty(activity.body))
        # sudo: what becomes of a message is the system's to write.
        activities = self._fail_undeliverable("chat").sudo()
        messages = activities._get_chat_messages()
        anew = activities - messages.crm_activity_id
        notes = anew._message_log_batch({activity.id: activity.body for activity in anew})
        for activity, note in zip(anew, notes, strict=True):
            activity.mail_message_id = note
        for activity in activities - anew:
            activity.mail_message_id.body = activity.body
        messages += messages.create([{"crm_activity_id": activity.id} for activity in anew])
        messages.state = "outgoing"
        messages._follow_due_dates()

    def _get_chat_messages(self):
        # sudo: the queue is not open to salespeople; they reach it by this way alone.
        return self.env["company.messenger"].sudo().search([("crm_activity_id", "in", self.ids)])

    def _reschedule(self):
        messages = self._get_chat_messages()
        messages.filtered(lambda message: message.state == "outgoing")._follow_due_dates()
        return super()._reschedule()

    def _recall(self):
        messages = self._get_chat_messages()
        messages._note_begun()
        messages.state = "cancelled"
        return super()._recall()

    def _get_being_sent(self):
        messages = self._get_chat_messages().filtered("crm_activity_sending")
        return super()._get_being_sent() | messages.crm_activity_id


class CompanyMessenger(models.Model):
    _name = "company.messenger"
    _description = "Message of the Company Messenger"
    _inherit = ["crm.activity.queue.mixin"]

    _crm_activity_channel = "chat"
    _crm_activity_cron = "test_crm_activity_ext.ir_cron_company_messenger"

    crm_activity_id = fields.Many2one("crm.activity", required=True, index=True, ondelete="cascade")
    crm_activity_date = fields.Datetime()
    state = fields.Selection([(s, s) for s in ("outgoing", "sent", "error", "cancelled")])

    @api.model
    def _cron_send(self):
        url = self.env["ir.config_parameter"].get_param("company_messenger.url")
        is_due = [("state", "=", "outgoing"), ("crm_activity_date", "<=", fields.Datetime.now())]
        for message in self.search(is_due):
            with message._claim() as queued, queued._make_ready()._sending() as ready:
                for one in ready:
                    # Where there is no answer, nobody knows, and the claim says so.
                    with contextlib.suppress(requests.RequestException):
                        one._post(url)

    def _post(self, url):
        to = self.crm_activity_id._get_recipient().name
        text = html2plaintext(self.crm_activity_id.body)
        answer = requests.post(url, json={"to": to, "text": text}, timeout=10)
        if answer.status_code >= SERVER_ERROR:
            return None  # nobody knows, either
        if not answer.ok:
            return self._report_failed(answer.reason)
        self.state = "sent"
        return self._report_sent()
