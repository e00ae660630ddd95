# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime, get_lang

from ..report.activity_workbook import ActivityWorkbook, Column
from ..tools.html_text import html_to_text
from ..tools.values import get_selection

# Rows held in memory at a time.
FETCHED_ROWS = 1000
CURSOR = SQL.identifier("crm_activity_export")


class CrmActivityExportMixin(models.AbstractModel):
    """Activities with their campaigns as a workbook, however many there are.

    The rows go from the database's cursor into the file; no record is made of them.
    """

    _name = "crm.activity.export.mixin"
    _description = "CRM Activity Excel Export"

    @api.model
    def _get_export_columns(self):
        """Which columns the sheet *Activities* has: extend it to add one.

        :return: list of ``Column`` with a ``path``: a stored field, if need be through
            many2one fields (``partner_id.complete_name``)
        """
        columns = [
            self._export_column("date"),
            self._export_column("activity_type_id.name"),
            self._export_column("channel"),
            self._export_column("name", width=28),
            self._export_column("state", width=11),
            self._export_column("outcome_id.name", width=16),
            self._export_column("user_id.name"),
            self._export_column("partner_id.complete_name", width=20),
            self._export_column("contact_id.complete_name", width=20),
            self._export_column("campaign_id.title"),
            self._export_column("duration"),
            self._export_column("date_done"),
            self._export_column("body", width=45),
        ]
        if self.env.user.has_group("base.group_multi_company"):
            columns.append(self._export_column("company_id.name", width=24))
        # For who imports the sheet again: what is changed there is no other activity.
        label = self.env._("External ID")
        columns.append(self._export_column("id", label=label, is_hidden=True))
        return columns

    @api.model
    def _export_column(self, path, **values):
        """:return: the ``Column`` of a field: with its label, and the kind its type asks for"""
        field = self._fields[path.partition(".")[0]]
        kind = {"datetime": "datetime", "float": "duration"}.get(field.type, "text")
        label = field._description_string(self.env)
        return Column(**{"name": field.name, "label": label, "kind": kind, "path": path, **values})

    @api.model
    def _export_workbook(self, file, rows, domain, filters):
        """Write activities and their campaigns into a file.

        :param file: seekable file, open for writing
        :param rows: what :meth:`_iter_export_rows` gave for the domain
        :param list domain: on ``crm.activity``
        :param list filters: texts: which activities these are, in words
        :return: the ``utm.campaign`` that all activities belong to, or none
        """
        counts = self._read_group(domain, ["campaign_id", "activity_type_id", "state"], ["__count"])
        count = sum(number for *_groups, number in counts)
        lang = get_lang(self.env)
        workbook = ActivityWorkbook(
            file,
            {
                "cut": self._get_cut_mark(),
                "empty": self.env._("No activities found."),
            },
            # Seconds are hidden, but kept in the value.
            f"{lang.date_format} {lang.time_format.replace(':%S', '')}",
            right_to_left=lang.direction == "rtl",
        )
        workbook.add_sheet(self.env._("Activities"), self._get_export_columns(), rows, count)
        people = self._read_group(
            domain, ["campaign_id"], ["reached_count:sum", "responded_count:sum"]
        )
        workbook.add_sheet(**self._get_campaign_sheet(counts, people))
        workbook.add_sheet(**self._get_about_sheet(count, filters))
        workbook.close()
        campaigns = {campaign for campaign, *_others in counts}
        return campaigns.pop() if len(campaigns) == 1 else self.env["utm.campaign"]

    @api.model
    def _get_cut_mark(self):
        """:return: what ends a text that is too long for a cell"""
        return self.env._(" […] [Truncated: too long for one cell.]")

    @api.model
    def _iter_export_rows(self, domain, order):
        """Open a cursor on the activities that the current user may read.

        :param list domain: on ``crm.activity``
        :param str order: as for ``search``, by default the model's
        :return: iterator of lists, one value for each column
        :raise UserError: for a domain or an order that makes no sense; other errors where only the
            database notices: the cursor is open when this returns
        :raise AccessError: for fields that are not the user's to read
        """
        columns = self._get_export_columns()
        query = self._search(domain, order=order or self._order)
        select = query.select(*(self._get_export_sql(query, column) for column in columns))
        self.env.flush_query(select)
        cr = self.env.cr
        # All rows are needed, so optimize for the total time.
        cr.execute("SET LOCAL cursor_tuple_fraction = 1")
        # A wrong value in the domain is the user's error, and told to the user.
        cr.execute(SQL("DECLARE %s NO SCROLL CURSOR FOR %s", CURSOR, select), log_exceptions=False)
        return self._fetch_export_rows(columns)

    def _fetch_export_rows(self, columns):
        converters = [
            (place, converter)
            for place, column in enumerate(columns)
            if (converter := self._get_export_converter(column))
        ]
        cr = self.env.cr
        fetch = SQL("FETCH %s FROM %s", FETCHED_ROWS, CURSOR)
        while True:
            cr.execute(fetch)
            rows = cr.fetchall()
            for row in rows:
                row = list(row)
                for place, convert in converters:
                    if row[place]:
                        row[place] = convert(row[place])
                yield row
            if len(rows) < FETCHED_ROWS:
                break
        cr.execute(SQL("CLOSE %s", CURSOR))

    def _get_export_sql(self, query, column):
        """:return: SQL, the value of a column, joining what its path goes through"""
        *links, name = column.path.split(".")
        model, alias = self, self._table
        for link in links:
            # sudo: who reads a record reads the names of what it refers to, as everywhere.
            comodel = self.env[model._fields[link].comodel_name].sudo()
            alias = query.left_join(alias, link, comodel._table, "id", link)
            model = comodel
        value = model._field_to_sql(alias, name, query)
        if column.kind == "datetime":
            # As Excel counts: days since 1899-12-30, on the user's clock.
            return SQL(
                "(extract(epoch FROM timezone(%s, timezone('UTC', %s))) / 86400 + 25569)::float8",
                str(self.env.tz),
                value,
            )
        if column.kind == "duration":
            return SQL("(nullif(%s, 0) / 24)::float8", value)
        return value

    def _get_export_converter(self, column):
        """:return: function of one value, or None where the database's will do"""
        field = self._fields[column.name]
        if field.type == "html":
            return html_to_text
        if field.name == "id":
            mark = f"{self._get_export_mark()}_{self.env.tz}"
            return lambda id_: f"crm_activity_{id_}_{mark}"
        if field.type == "selection":
            labels = dict(get_selection(self, column.name))
            return lambda code: labels.get(code, code)
        return None

    def _get_campaign_sheet(self, counts, people):
        """Make a row of each campaign, with a column for each type.

        :param list counts: ``[(campaign, type, state, activities)]``
        :param list people: ``[(campaign, how many were reached, how many have responded)]``
        :return: dict, for ``ActivityWorkbook.add_sheet``
        """
        numbers = Counter()
        for campaign, kind, state, number in counts:
            for row in (campaign.id, "total"):
                for cell in (kind.id, state, "total"):
                    numbers[row, cell] += number
        for campaign, reached, responded in people:
            for row in (campaign.id, "total"):
                numbers[row, "reached"] += reached
                numbers[row, "responded"] += responded
        # Of those who were reached, as the sheet tells of these activities and of no audience.
        for row in {row for row, _cell in numbers}:
            numbers[row, "rate"] = numbers[row, "responded"] / (numbers[row, "reached"] or 1)
        # sudo: names of types and campaigns, as in the sheet of the activities.
        types = self.env["mail.activity.type"].union(*(kind for _c, kind, *_o in counts)).sudo()
        campaigns = self.env["utm.campaign"].union(*(campaign for campaign, *_o in counts)).sudo()
        names = {campaign.id: campaign.title for campaign in campaigns.sorted("title")}
        names |= {False: self.env._("No campaign"), "total": self.env._("Total")}
        states = dict(get_selection(self, "state"))
        columns = [self._export_column("campaign_id.title", width=40)]
        columns += [
            Column(kind.id, kind.name, "number")
            for kind in types.sorted(lambda kind: (kind.sequence, kind.id))
        ]
        columns += [Column(state, states[state], "number") for state in ("done", "pending")]
        columns += [
            Column("total", self.env._("Total"), "number"),
            Column("reached", self.env._("Reached"), "number"),
            Column("responded", self.env._("Responded"), "number"),
            Column("rate", self.env._("Response Rate"), "percent"),
        ]
        rows = [
            [name, *(numbers[row, column.name] for column in columns[1:])]
            for row, name in names.items()
            if numbers[row, "total"]
        ]
        return {
            "name": self.env._("Campaigns"),
            "columns": columns,
            "rows": rows,
            "count": len(rows),
            "has_total": bool(rows),
        }

    def _get_about_sheet(self, count, filters):
        """:return: dict, for ``ActivityWorkbook.add_sheet``: who made this file, and of what"""
        now = format_datetime(self.env, fields.Datetime.now(), tz=str(self.env.tz))
        rows = [
            [self.env._("Exported by"), self.env.user.name],
            [self.env._("Exported on"), f"{now} ({self.env.tz})"],
            [self.env._("Database"), self.env.cr.dbname],
            [self.env._("Companies"), ", ".join(self.env.companies.mapped("name"))],
            [self.env._("Activities"), count],
            [self.env._("Filters"), "\n".join(filters) or self.env._("None (all activities)")],
        ]
        columns = [
            Column("label", self.env._("About this file"), width=24),
            Column("value", "", width=80),
        ]
        return {
            "name": self.env._("About"),
            "columns": columns,
            "rows": rows,
            "count": len(rows),
            "is_table": False,
        }
