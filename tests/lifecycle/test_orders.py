# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Our addons and the apps they read, installed in every order."""

import contextlib
import itertools

import pytest
from structure import assert_same, structure

from devenv import bootstrap, postgres, templates

pytestmark = pytest.mark.long

# Installed in this order, none brings another of them but sale_management, which brings account.
APPS = ("crm", "stock", "account", "sale_management")


def _closed(apps):
    """:return frozenset: the apps with those they bring"""
    return frozenset({*apps, "account"} if "sale_management" in apps else apps)


def _sets():
    """:return list: the sets of apps that can be installed, small ones first"""
    every = (itertools.combinations(APPS, size) for size in range(len(APPS) + 1))
    return sorted({_closed(apps) for apps in itertools.chain(*every)}, key=lambda s: (len(s), *s))


@pytest.fixture(scope="module")
def database_with(odoo):
    """A function that gives a database with these apps and ours.

    `database_with(apps)` has ours installed last, `database_with(apps, then="crm")` crm after ours.
    """
    source = bootstrap.set_up()
    with contextlib.ExitStack() as stack:
        made = {}

        def install(database, module):
            copy = stack.enter_context(templates.copied(database))
            odoo("module", "install", "-d", copy, module)
            return copy

        def without_us(apps):
            if not apps:
                database = stack.enter_context(templates.cloned("core", source, with_us=False))
                # See `scratch_database`.
                postgres.sql(
                    "ALTER TABLE ir_module_module SET (autovacuum_enabled = off)", database
                )
                return database
            last = max(apps, key=APPS.index)
            return install(known(without_us, apps - {last}), last)

        def with_us(apps):
            return install(known(without_us, apps), "crm_activity_ext")

        def known(make, apps):
            if (make, apps) not in made:
                made[make, apps] = make(apps)
            return made[make, apps]

        def give(apps, then=None):
            database = known(with_us, apps)
            return install(database, then) if then else database

        yield give


@pytest.mark.parametrize("apps", _sets(), ids=lambda apps: "+".join(sorted(apps)) or "none")
def test_whatever_comes_last_the_database_is_the_same(apps, database_with, odoo, inside, sql):
    """By induction over the sets: all orders in which these apps and ours can come."""
    ours_last = database_with(apps)
    assert inside(ours_last, "broken_interface") == []
    expected = structure(sql, ours_last)
    for last in sorted(apps):
        before = _closed(apps - {last})
        if before == apps:
            continue
        database = database_with(before, then=last)
        assert_same(structure(sql, database), expected)
        assert inside(database, "broken_interface") == []
