# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A channel that another addon delivers, with a queue of its own: all that one needs."""

import contextlib

import requests

from odoo import api, fields, models


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    crm_channel = fields.Selection(
        selection_add=[("messenger", "Messenger")], ondelete={"messenger": "set null"}
    )


class CrmActivity(models.Model):
    _inherit = "crm.activity"

    messenger_ids = fields.One2many("company.messenger", "crm_activity_id")

    @api.model
    def _get_delivered_channels(self):
        return super()._get_delivered_channels() | {"messenger"}

    def _deliver_messenger(self):
        # sudo: the queue is not open to salespeople; they reach it by this way alone.
        activities = self._fail_undeliverable("messenger").sudo()
        anew = activities.filtered(lambda activity: not activity.messenger_ids)
        messages = anew._message_log_batch({activity.id: activity.body for activity in anew})
        for activity, message in zip(anew, messages, strict=True):
            activity.mail_message_id = message
        anew.env["company.messenger"].create([{"crm_activity_id": id_} for id_ in anew.ids])
        activities.messenger_ids.state = "outgoing"
        activities._reschedule()

    def _reschedule(self):
        queued = self.sudo().messenger_ids.filtered(lambda message: message.state == "outgoing")
        queued._follow_due_dates()
        return super()._reschedule()

    def _recall(self):
        self.sudo().messenger_ids.state = "cancelled"
        return super()._recall()


class CompanyMessenger(models.Model):
    _name = "company.messenger"
    _description = "Message of the Company Messenger"
    _inherit = ["crm.activity.queue.mixin"]

    _crm_activity_channel = "messenger"
    _crm_activity_cron = "test_crm_activity_ext.ir_cron_company_messenger"

    crm_activity_id = fields.Many2one("crm.activity", required=True, index=True, ondelete="cascade")
    crm_activity_date = fields.Datetime()
    state = fields.Selection([(s, s) for s in ("outgoing", "sent", "error", "cancelled")])

    @api.model
    def _cron_send(self):
        url = self.env["ir.config_parameter"].get_param("company_messenger.url")
        for message in self.search([("state", "=", "outgoing")]):
            with message._claim() as queued, queued._hold_back()._sending() as ready:
                for one in ready:
                    # Where there is no answer, nobody knows, and the claim says so.
                    with contextlib.suppress(requests.RequestException):
                        one._post(url)

    def _post(self, url):
        activity = self.crm_activity_id.sudo()
        values = {"to": activity._get_recipient().display_name, "text": str(activity.body)}
        answer = requests.post(url, json=values, timeout=10)
        if not answer.ok:
            return self._report_failed(answer.reason)
        self.state = "sent"
        return self._report_sent()
