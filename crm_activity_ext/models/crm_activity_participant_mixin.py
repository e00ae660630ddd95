# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL, Query

from ..tools.values import is_id

# The table of the relation, with the columns activity_id and partner_id.
PARTICIPANTS_TABLE = "crm_activity_participant_rel"
# As many activities are found one by one.
MAX_ACTIVITIES = 5_000


class CrmActivityParticipantMixin(models.AbstractModel):
    """The people an activity is done with, beside its contact.

    Nobody writes to a participant, and whose activity it is does not depend on them. It counts
    for each of them and stands in the history of each. They need not be of the customer: a
    consultant may be there as well.
    """

    _name = "crm.activity.participant.mixin"
    _description = "CRM Activity Participants"

    participant_ids = fields.Many2many(
        "res.partner",
        PARTICIPANTS_TABLE,
        "activity_id",
        "partner_id",
        string="Participants",
        domain=[("is_company", "=", False), ("partner_share", "=", True)],
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Who else takes part, besides the contact.",
    )
    # What lists of activities are asked with: see _search_participant_search.
    participant_search = fields.Many2one(
        "res.partner",
        string="Participant",
        store=False,
        exportable=False,
        search="_search_participant_search",
    )

    @api.model
    def _search_participant_search(self, operator, value):
        """Find by the participants.

        The ids, and not a join: an index answers ``IN`` beside other conditions of an ``OR``,
        while a subquery there makes PostgreSQL read the whole table.

        :param str operator: ``in``; ``any``, which Odoo makes of it for a query
        :param value: collection of ids of partners, a query or a domain of them
        """
        if operator not in ("in", "any"):
            return NotImplemented
        if isinstance(value, Domain):
            value = self.env["res.partner"]._search(value)
        return Domain("id", "in", self._find_participations(value))

    @api.model
    def _find_participations(self, partners):
        """Find what partners took part in, whoever may read it: the record rules are the caller's.

        :param partners: collection of ids of partners, or a query of them
        :return: list of ids of activities; where there are too many, SQL of them
        """
        if isinstance(partners, Query):
            condition = SQL("partner_id IN %s", partners.subselect())
        else:
            ids = list(filter(is_id, partners))
            if not ids:
                return []
            condition = SQL("partner_id = ANY(%s)", ids)
        found = SQL(
            "SELECT DISTINCT activity_id FROM %s WHERE %s",
            SQL.identifier(PARTICIPANTS_TABLE),
            condition,
        )
        rows = self.env.execute_query(SQL("%s LIMIT %s", found, MAX_ACTIVITIES + 1))
        if len(rows) > MAX_ACTIVITIES:
            return SQL("(%s)", found)
        return [activity_id for (activity_id,) in rows]

    @api.model
    def _get_export_columns(self):
        columns = super()._get_export_columns()
        place = [column.name for column in columns].index("contact_id") + 1
        columns.insert(place, self._export_column("participant_ids", width=20))
        return columns

    def _get_export_sql(self, query, column):
        if column.path != "participant_ids":
            return super()._get_export_sql(query, column)
        # As the names of contacts: who reads an activity reads who was there.
        return SQL(
            """(
                SELECT string_agg(person.complete_name, '; ' ORDER BY person.complete_name)
                FROM %s AS participant JOIN res_partner AS person
                ON person.id = participant.partner_id WHERE participant.activity_id = %s
            )""",
            SQL.identifier(PARTICIPANTS_TABLE),
            SQL.identifier(self._table, "id"),
        )

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        result = super()._onchange_partner_id()
        if self._origin.partner_id and self._origin.partner_id != self.partner_id:
            self.participant_ids -= self._get_strangers()
        return result

    def write(self, vals):
        """Leave behind, with a customer that becomes another one, the people who are not there."""
        formers = {}
        if vals.get("partner_id") and "participant_ids" not in vals and not self._is_cascading():
            formers = {a: a.partner_id for a in self if a.partner_id and a.participant_ids}
        result = super().write(vals)
        for activity, former in formers.items():
            strangers = activity.partner_id != former and activity._get_strangers()
            if strangers:
                activity.participant_ids -= strangers
        return result

    def _get_strangers(self):
        """:return: the participants who do not belong to the customer"""
        self.ensure_one()
        return self.participant_ids.filtered(
            lambda person: person.commercial_partner_id != self.partner_id
        )

    @api.model
    def _merge_participants(self, partners):
        """Let go of merged people whose survivor takes part already: Odoo leaves those.

        :param partners: ``res.partner`` that are merged into another
        """
        left = self._cascading().search([("participant_search", "in", partners.ids)])
        left.write({"participant_ids": [Command.unlink(id_) for id_ in partners.ids]})

    @api.model
    def _release_participants(self, partners):
        """Let go of people who are deleted: an activity that is planned goes on without them.

        What is anonymized tells nothing of them either. What was done holds them.

        :param partners: ``res.partner``
        """
        # sudo: whoever may delete the people takes them out of the activities of colleagues as
        # well; the chatter is not to name them.
        activities = self.sudo()._forgetting()
        released = activities.search(
            Domain("participant_search", "in", partners.ids)
            & (self._get_never_happened_domain() | Domain("anonymized_date", "!=", False))
        )
        released.write({"participant_ids": [Command.unlink(id_) for id_ in partners.ids]})

    @api.model
    def _forget_tracked(self, targets):
        """The chatter names the participants an activity had before by their names alone."""
        super()._forget_tracked(targets)
        names = [name for name in targets.mapped("display_name") if name]
        if targets._name != "res.partner" or not names:
            return
        field = self.env["ir.model.fields"]._get(self._name, "participant_ids")
        self.env["mail.tracking.value"].search(
            Domain("field_id", "=", field.id)
            & Domain.OR(
                Domain(column, "ilike", name)
                for column in ("old_value_char", "new_value_char")
                for name in names
            )
        ).unlink()

    def _get_replica_changes(self, default):
        changes = super()._get_replica_changes(default)
        if "participant_ids" in default or not self.participant_ids:
            return changes
        if {"partner_id", "contact_id"} & default.keys():
            return {**changes, "participant_ids": ([Command.clear()], "")}
        staying = self.participant_ids.filtered(self._fits_company)
        if staying == self.participant_ids:
            return changes
        reason = self.env._("Some participants were not copied: they belong to another company.")
        return {**changes, "participant_ids": ([Command.set(staying.ids)], reason)}

    def _prepare_next(self):
        values = super()._prepare_next()
        changes = self._get_replica_changes({})
        return {
            **values,
            "participant_ids": changes.get(
                "participant_ids", ([Command.set(self.participant_ids.ids)], "")
            )[0],
        }
