# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_activity_target_mixin import NO_WORKERS, VIEWER

# Ten years: whoever is contacted less often needs no reminder.
MAX_CYCLE = 3650
CYCLE_CHECK = f"CHECK(crm_contact_cycle BETWEEN 0 AND {MAX_CYCLE})"


class ResPartnerCategory(models.Model):
    _name = "res.partner.category"
    _inherit = ["crm.activity.copy.mixin", "res.partner.category"]

    crm_contact_cycle = fields.Integer(
        string="Contact Every (Days)",
        groups="sales_team.group_sale_salesman",
        help="Everybody with this tag should be contacted again after as many days. 0 for never. "
        "The shortest cycle counts.",
    )

    _crm_contact_cycle_range = models.Constraint(
        CYCLE_CHECK, f"A contact cycle is between 0 and {MAX_CYCLE} days."
    )


class ResPartner(models.Model):
    """How often somebody should be contacted, and until when: nothing of the latter is stored."""

    _name = "res.partner"
    _inherit = ["crm.activity.copy.mixin", "res.partner"]

    crm_contact_cycle = fields.Integer(
        string="Contact Every (Days)",
        groups="sales_team.group_sale_salesman",
        help="They should be contacted again after as many days. 0 for never. If one of their tags "
        "has a cycle too, the shortest counts.",
    )
    crm_contact_due_date = fields.Date(
        string="Contact Due",
        compute="_compute_crm_contact_due_date",
        search="_search_crm_contact_due_date",
        groups="sales_team.group_sale_salesman",
        help="When they should be contacted again: one contact cycle after the last contact, and "
        "at the earliest when they were created.",
    )

    _crm_contact_cycle_range = models.Constraint(
        CYCLE_CHECK, f"A contact cycle is between 0 and {MAX_CYCLE} days."
    )
    _crm_contact_cycle_idx = models.Index("(crm_contact_cycle) WHERE crm_contact_cycle > 0")

    @api.depends("crm_contact_cycle", "category_id.crm_contact_cycle")
    @api.depends_context("tz", *VIEWER)
    def _compute_crm_contact_due_date(self):
        for partner in self:
            cycle = partner._get_crm_contact_cycle()
            created, last = (
                date and fields.Datetime.context_timestamp(partner, date).date()
                for date in (partner.create_date, partner.crm_last_contact_date)
            )
            due = last and last + timedelta(days=cycle)
            partner.crm_contact_due_date = cycle and max(
                filter(None, [created, due]), default=False
            )

    def _get_crm_contact_cycle(self):
        """:return: int, days: the shortest cycle of this partner and of their tags, or 0"""
        tags = self.category_id.filtered("active")
        cycles = [self.crm_contact_cycle, *tags.mapped("crm_contact_cycle")]
        return min(filter(None, cycles), default=0)

    @api.model
    def _search_crm_contact_due_date(self, operator, value):
        """Find by the day when they should be contacted again, or those who have no cycle.

        :param str operator: an inequality, or ``in``
        :param value: date, of the user's; a collection of such, or of False
        """
        match operator:
            case "<":
                return self._get_crm_due_before(value)
            case "<=":
                return self._get_crm_due_before(_next(value))
            case ">=":
                return self._get_crm_cyclic() & ~self._get_crm_due_before(value)
            case ">":
                return self._get_crm_cyclic() & ~self._get_crm_due_before(_next(value))
            case "in":
                return Domain.OR(
                    self._get_crm_due_before(_next(day)) & ~self._get_crm_due_before(day)
                    if day
                    else ~self._get_crm_cyclic()
                    for day in value
                )
        return NotImplemented

    @api.model
    def _get_crm_cyclic(self):
        """:return: Domain, who has a cycle"""
        return Domain("id", "in", SQL("(SELECT id FROM (%s) AS cycle)", self._select_crm_cycles()))

    @api.model
    def _select_crm_cycles(self):
        """:return: SQL, a query of all cycles: ``id`` of the partner, ``days``"""
        tags = self._fields["category_id"]
        Tag = self.env[tags.comodel_name]
        return SQL(
            "SELECT person.id, %(days)s AS days FROM %(partner)s AS person WHERE %(days)s > 0"
            " UNION ALL "
            "SELECT link.%(partner_id)s, %(days_of_tag)s FROM %(tag)s AS tag "
            "JOIN %(links)s AS link ON link.%(tag_id)s = tag.id "
            "WHERE %(days_of_tag)s > 0 AND %(is_active)s",
            days=self._field_to_sql("person", "crm_contact_cycle"),
            days_of_tag=Tag._field_to_sql("tag", "crm_contact_cycle"),
            is_active=Tag._field_to_sql("tag", "active"),
            partner=SQL.identifier(self._table),
            tag=SQL.identifier(Tag._table),
            links=SQL.identifier(tags.relation),
            partner_id=SQL.identifier(tags.column1),
            tag_id=SQL.identifier(tags.column2),
        )

    @api.model
    def _get_crm_due_before(self, day):
        """By any of their cycles, as the shortest counts.

        :return: Domain, who is due before a day
        """
        own, of_tag = self._get_crm_longest_cycles()
        first = self._get_crm_begin(_before(day, max(own, of_tag)))
        created = Domain("create_date", "<", self._get_crm_begin(day))
        if not of_tag:
            # PostgreSQL stops at the end of a page, as it has no list of ids to make first.
            def to_sql(model, alias, _query):
                days = model._field_to_sql(alias, "crm_contact_cycle")
                return self._get_crm_not_since(day, first, SQL.identifier(alias, "id"), days)

            return Domain("crm_contact_cycle", ">", 0) & created & Domain.custom(to_sql=to_sql)
        due = SQL(
            "SELECT id FROM (%s) AS cycle WHERE %s",
            self._select_crm_cycles(),
            self._get_crm_not_since(
                day, first, SQL.identifier("cycle", "id"), SQL.identifier("cycle", "days")
            ),
        )
        return created & Domain("id", "in", SQL("(%s)", due))

    @api.model
    def _get_crm_not_since(self, day, first, partner_id, days):
        """:param datetime first: no contact counts that was before
        :return: SQL, a condition: the partner was in touch on none of so many days before a day
        """
        moment = self._get_crm_moments()["crm_last_contact_date"]
        # Who was in touch since then is due on this day at the earliest.
        since = SQL(
            "timezone('UTC', timezone(%s, (%s::date - %s)::timestamp))", self.env.tz.zone, day, days
        )
        recent = moment.where(">=", first)
        never_since = []
        for query, target in recent.search(recent.domain):
            date_done = self.env["crm.activity"]._field_to_sql(query.table, moment.date, query)
            query.add_where(SQL("%s = %s AND %s >= %s", target, partner_id, date_done, since))
            never_since.append(SQL("NOT EXISTS (%s)", query.select(SQL("1"))))
        return SQL("(%s)", SQL(" AND ").join(never_since))

    @api.model
    def _get_crm_longest_cycles(self):
        """Ask what the condition needs to know, and let PostgreSQL start no workers for it, nor
        sort all that was done within a cycle where it can find that by the partner.

        :return: ``(days, days)``: the longest cycle of a partner's own, and of a tag, or 0
        """
        Tag = self.env["res.partner.category"]
        [days] = self.env.execute_query(
            SQL(
                "%(no_workers)s; SET LOCAL enable_mergejoin = off;"
                " SELECT (SELECT MAX(%(own)s) FROM %(partner)s AS person WHERE %(own)s > 0),"
                " (SELECT MAX(%(of_tag)s) FROM %(tag)s AS tag WHERE %(is_active)s)",
                own=self._field_to_sql("person", "crm_contact_cycle"),
                partner=SQL.identifier(self._table),
                of_tag=Tag._field_to_sql("tag", "crm_contact_cycle"),
                tag=SQL.identifier(Tag._table),
                is_active=Tag._field_to_sql("tag", "active"),
                no_workers=NO_WORKERS,
            )
        )
        return tuple(longest or 0 for longest in days)


def _next(day):
    return day + timedelta(days=1) if day < date.max else day


def _before(day, days):
    return day - timedelta(days=days) if day > date.min + timedelta(days=days) else date.min
