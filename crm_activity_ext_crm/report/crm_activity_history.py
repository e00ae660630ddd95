# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from dataclasses import replace

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_activity_ext.report.crm_activity_history import READER, HistorySource

# The kind of events whose emails are asked for, which no row is of.
EVENT = "event"


class CrmActivityHistory(models.Model):
    _inherit = "crm.activity.history"

    lead_id = fields.Many2one(
        "crm.lead", string="Lead/Opportunity", readonly=True, depends_context=READER
    )

    @api.model
    def _get_document_columns(self):
        return super()._get_document_columns() | {"lead_id"}

    @api.model
    def _get_sources(self):
        return [
            *super()._get_sources(),
            HistorySource(
                "crm.lead",
                "lead",
                self.env._("Lead/Opportunity"),
                "fa-star",
                void=Domain("won_status", "=", "lost"),
                columns={
                    "date": "create_date",
                    "lead_id": "id",
                    "state": "stage_id",
                    "document_type": "type",
                    "amount_total": "expected_revenue",
                },
                text="description",
            ),
            HistorySource(
                "calendar.event",
                "meeting",
                self.env._("Meeting"),
                "fa-calendar",
                domain=self._get_meetings_domain,
                columns={"date": "start", "lead_id": "opportunity_id"},
                participants=(
                    "calendar_event_res_partner_rel",
                    "calendar_event_id",
                    "res_partner_id",
                ),
            ),
        ]

    @api.model
    def _get_document_sources(self):
        """What is written about a meeting stays, where the activity takes the place of its row."""
        return [
            replace(source, kind=EVENT, domain=self._get_events_domain)
            if source.kind == "meeting"
            else source
            for source in super()._get_document_sources()
        ]

    @api.model
    def _get_meetings_domain(self):
        """:return: Domain of what was made in the calendar: that of an activity is there as the
        activity, for those who may read it
        """
        is_activity = Domain("crm_activity_ids", "any", Domain.TRUE)
        return self._get_events_domain() & Domain("active", "=", True) & ~is_activity

    @api.model
    def _get_events_domain(self):
        """Odoo's own search hides no private event, only what it says. Here nobody is told even
        that there is one, unless it is theirs or they attend.

        :return: Domain
        """
        is_mine = Domain("partner_ids", "in", self.env.user.partner_id.ids)
        return is_mine | Domain(self.env["calendar.event"]._get_default_privacy_domain())

    @api.depends("partner_id", "contact_id", "res_id")
    @api.depends_context(*READER)
    def _compute_customer_id(self):
        """A meeting is with those of its attendees who are no colleagues."""
        meetings = self.filtered(lambda row: row.kind == "meeting")
        result = super(CrmActivityHistory, self - meetings)._compute_customer_id()
        events = self.env["calendar.event"].browse(meetings.mapped("res_id"))
        for row, event in zip(meetings, events, strict=True):
            # sudo: only who it is. The names can be seen on the event.
            guest = event.sudo().partner_ids.filtered("partner_share")[:1]
            row.customer_id = guest.commercial_partner_id.id
            row.person_id = guest != guest.commercial_partner_id and guest.id
        return result

    @api.model
    def _get_date_column(self, source, column, model, query):
        """All day long is that day of whoever looks; Odoo stores no time of it that means any."""
        date = self._get_field_column(source, column, model, query)
        if source.kind != "meeting":
            return date
        allday, day = (
            model._field_to_sql(model._table, n, query) for n in ("allday", "start_date")
        )
        return SQL(
            "CASE WHEN %s THEN %s ELSE %s END", allday, self._date_to_datetime(day, model), date
        )

    @api.model
    def _get_state_column(self, source, column, model, query):
        """Won or lost says more of a lead than its stage does."""
        state = self._get_field_column(source, column, model, query)
        if source.kind != "lead" or not self._can_read(model, "won_status"):
            return state
        won_status = SQL.identifier(model._table, "won_status")
        outcome = self._convert(column, model, "won_status", query)
        return SQL(
            "CASE WHEN %s IN ('won', 'lost') THEN %s ELSE %s END", won_status, outcome, state
        )

    def action_log_activity(self):
        """Log what was done just now for those whose history is shown.

        :return: window action of the dialog
        """
        return self._get_targets().action_log_crm_activity()

    def action_new_activity(self):
        """Ask for an activity for those whose history is shown.

        :return: window action: see ``crm.activity._action_new_for``
        """
        return self._get_targets().action_new_crm_activity()
