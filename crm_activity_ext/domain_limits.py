# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Limits to the size and the run time of domains written by users.

Eighty nested subqueries, or four hundred parallel ones, let PostgreSQL take all the
memory of its machine for the plan alone, before any time limit ends it.
"""

from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.fields import Domain

# Characters of a domain as text: Odoo's own limit.
MAX_LENGTH = 100_000
MAX_CONDITIONS = 200
# Conditions on other records than those searched, each step of a path on its own.
MAX_SUBQUERIES = 40
# Other records' other records' …
MAX_DEPTH = 6

SUBDOMAIN_OPERATORS = frozenset({"any", "not any", "any!", "not any!"})
HIERARCHY_OPERATORS = frozenset({"child_of", "parent_of"})


def check_domain_size(model, domain):
    """Refuse a domain that would be too much for the database, before that is asked anything.

    It does not say whether the domain makes sense.

    :param model: empty records of the model that is searched
    :param domain: a list, or a Domain
    :raise UserError: saying what there is too much of
    """
    sizes = _DomainSizes()
    sizes.add(model, domain, depth=0)


@contextmanager
def statement_timeout(cr, milliseconds):
    """Let no statement within take longer; afterwards, also after an error, all is as before.

    :param int milliseconds: limit after which PostgreSQL raises ``QueryCanceled``
    """
    # An error takes the setting back with the savepoint, and nothing else: what was read before
    # stays known, also where it is being computed.
    cr.flush()
    with cr.savepoint(flush=False):
        cr.execute("SELECT current_setting('statement_timeout')")
        [before] = cr.fetchone()
        _set_statement_timeout(cr, milliseconds)
        yield
        _set_statement_timeout(cr, before)


def _set_statement_timeout(cr, value):
    cr.execute("SET LOCAL statement_timeout = %s", [str(value)])


def check_domain_length(env, text):
    """:raise UserError: for the text of a domain that is too long to be read"""
    if len(text) > MAX_LENGTH:
        raise UserError(
            env._(
                "This filter is too long: %(count)s characters (maximum: %(limit)s).",
                count=len(text),
                limit=MAX_LENGTH,
            )
        )


class _DomainSizes:
    """Counts of a domain and its subdomains so far."""

    def __init__(self):
        self.conditions = 0
        self.subqueries = 0

    def add(self, model, domain, depth):
        for field_path, operator, value in _iter_conditions(domain):
            self.conditions += 1
            self._check(model.env, "conditions", self.conditions, MAX_CONDITIONS)
            comodel, steps = _follow(model, field_path, operator)
            self.subqueries += steps
            self._check(model.env, "subqueries", self.subqueries, MAX_SUBQUERIES)
            self._check(model.env, "depth", depth + steps, MAX_DEPTH)
            if operator in SUBDOMAIN_OPERATORS:
                self.add(comodel, value, depth + steps)

    def _check(self, env, what, count, limit):
        if count <= limit:
            return
        raise UserError(
            {
                "conditions": env._(
                    "This filter has too many conditions (maximum: %(limit)s).",
                    limit=limit,
                ),
                "subqueries": env._(
                    "This filter has too many conditions on related records (maximum: %(limit)s).",
                    limit=limit,
                ),
                "depth": env._(
                    "This filter follows too many levels of related records (maximum: %(limit)s).",
                    limit=limit,
                ),
            }[what]
        )


def _iter_conditions(domain):
    """:return: iterator of ``(field path, operator, value)``, those within others left out"""
    if isinstance(domain, Domain):
        domain = domain.iter_conditions()
    elif not isinstance(domain, list | tuple):
        return
    for item in domain:
        if isinstance(item, Domain):
            yield from ((c.field_expr, c.operator, c.value) for c in item.iter_conditions())
        elif isinstance(item, list | tuple) and len(item) == 3 and isinstance(item[0], str):
            yield item


def _follow(model, field_path, operator):
    """:return: the model that the path ends at, and how many subqueries the condition takes"""
    steps = 0
    *path, name = field_path.split(".")
    for step in path:
        field = model._fields.get(step)
        if field is None or not field.relational:
            # A part of a date or a property; or nothing there is, which is not said here.
            return model, steps
        model = model.env[field.comodel_name]
        steps += 1
    field = model._fields.get(name)
    if field is None:
        return model, steps
    takes_another = (
        operator in SUBDOMAIN_OPERATORS | HIERARCHY_OPERATORS
        # To-many, related, inherited, or found by a method: no column to compare.
        or not (field.store and field.column_type)
        or (field.relational and str(operator).endswith("like"))
    )
    comodel = model.env[field.comodel_name] if field.relational else model
    return comodel, steps + takes_another
