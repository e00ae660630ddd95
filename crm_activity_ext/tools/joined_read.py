# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from itertools import compress

from odoo.tools import SQL


class JoinedRead:
    """Records, and what goes with them, read by one query: the ORM takes one for each model.

    It is in the ORM's cache then, whoever may read it. As with what the ORM reads ahead by itself,
    the rights are asked where something is shown.
    """

    def __init__(self, model, domain):
        """:param domain: which records, of those that the user may read"""
        self._model = model
        self._query = model._search(domain)
        self._tables = {}
        self._relations = []
        self._select(model, model._table)

    def follow(self, *names):
        """Read along what Many2one fields of the records refer to."""
        self._follow(self._model, self._model._table, names)

    def notice_empty(self, name):
        """Notice where there is nothing in a Many2many field, as in most of the records."""
        self._relations.append(self._model._fields[name])

    def add(self, records, *names):
        """Read along other records, and what their Many2one fields refer to."""
        for record in records.sudo():  # as below
            alias = self._query.make_alias(record._table, str(record.id))
            condition = SQL("%s = %s", SQL.identifier(alias, "id"), record.id)
            self._query.add_join("LEFT JOIN", alias, record._table, condition)
            self._select(record, alias)
            self._follow(record, alias, names)

    def read(self):
        """:return: the records"""
        if self._query.is_empty():
            return self._model.browse()
        rows = self._model.env.execute_query(self._query.select(*self._get_terms()))
        if not rows:
            return self._model.browse()
        found = self._model.browse(row[0] for row in rows)
        columns = zip(*rows, strict=True)
        for model, fields in self._tables.values():
            ids = next(columns)
            records = model.browse(filter(None, ids))
            for field in fields:
                field._insert_cache(records, compress(next(columns), ids))
        for relation, are_empty in zip(self._relations, columns, strict=True):
            empty = found.browse(compress(found.ids, are_empty))
            relation._insert_cache(empty, [()] * len(empty))
        return found

    def _follow(self, model, alias, names):
        model = model.sudo()  # what is read is shown to nobody
        for name in names:
            self._select(*model._fields[name].join(model, alias, self._query))

    def _select(self, model, alias):
        model = model.browse()
        fields = [field for field in model._determine_fields_to_fetch() if field.column_type]
        self._tables[alias] = model, fields

    def _get_terms(self):
        """:return: list of SQL of the columns"""
        terms = []
        for alias, (model, fields) in self._tables.items():
            terms.append(SQL.identifier(alias, "id"))
            terms += [model._field_to_sql(alias, field.name, self._query) for field in fields]
        own_id = SQL.identifier(self._model._table, "id")
        for relation in self._relations:
            table, column = map(SQL.identifier, (relation.relation, relation.column1))
            terms.append(SQL("NOT EXISTS (SELECT FROM %s WHERE %s = %s)", table, column, own_id))
        return terms
