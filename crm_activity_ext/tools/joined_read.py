# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from itertools import compress

from odoo.tools import SQL

# PostgreSQL has no more than 1,664 columns in a row.
MAX_COLUMNS = 1600


class JoinedRead:
    """Records, and what goes with them, read by one query: the ORM takes one for each model.

    It is in the ORM's cache then, whoever may read it, and the ORM asks no record rule of what is
    there: whoever shows some of it to the user asks whether they may read it.
    """

    def __init__(self, model, domain):
        """:param domain: which records, of those that the user may read"""
        self._model = model
        self._query = model._search(domain)
        self._tables = {}
        self._relations = []
        self._select(model, model._table)

    def follow(self, *paths, names=None):
        """Read along what Many2one fields of the records refer to, as ``company_id``, or what those
        refer to, as ``company_id.alias_domain_id``.

        :param names: of the fields that are read, by default all that the ORM reads together
        """
        self._follow(self._model, self._model._table, paths, names)

    def notice_empty(self, name):
        """Notice where there is nothing in a Many2many field, as in most of the records."""
        self._relations.append(self._model._fields[name])

    def add(self, record, *paths):
        """Read along another record, and what Many2one fields of it refer to."""
        alias = self._query.make_alias(record._table, str(record.id))
        condition = SQL("%s = %s", SQL.identifier(alias, "id"), record.id)
        self._query.add_join("LEFT JOIN", alias, record._table, condition)
        self._select(record.sudo(), alias)
        self._follow(record, alias, paths)

    def fetch(self):
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

    def _follow(self, model, alias, paths, names=None):
        for path in paths:
            comodel, coalias = model.sudo(), alias  # see above
            for name in path.split("."):
                comodel, coalias = comodel._fields[name].join(comodel, coalias, self._query)
            self._select(comodel, coalias, names)

    def _select(self, model, alias, names=None):
        """Read a table, unless there are too many columns: those are left to the ORM."""
        model = model.browse()
        fields = [field for field in model._determine_fields_to_fetch(names) if field.column_type]
        count = sum(1 + len(others) for _model, others in self._tables.values())
        if count + len(fields) < MAX_COLUMNS:
            self._tables[alias] = model, fields

    def _get_terms(self):
        """:return: list of SQL of the columns"""
        terms = []
        for alias, (model, fields) in self._tables.items():
            terms.append(SQL.identifier(alias, "id"))
            terms += [self._get_term(model, alias, field) for field in fields]
        own_id = SQL.identifier(self._model._table, "id")
        for relation in self._relations:
            table, column = map(SQL.identifier, (relation.relation, relation.column1))
            terms.append(SQL("NOT EXISTS (SELECT FROM %s WHERE %s = %s)", table, column, own_id))
        return terms

    def _get_term(self, model, alias, field):
        term = model._field_to_sql(alias, field.name, self._query)
        if field.translate:
            return term
        # What is in the cache stays there: it need not be written first.
        return SQL(term.code, *term.params, to_flush=(f for f in term.to_flush if f != field))
