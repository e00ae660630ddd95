# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Upgrading our addons where people have worked with them."""

from structure import assert_same, structure

from devenv import paths

ROWS = "SELECT to_jsonb(activity) FROM crm_activity activity ORDER BY id"
VIEW = """
    SELECT view.arch_db->>'en_US' FROM ir_ui_view view JOIN ir_model_data data
    ON data.model = 'ir.ui.view' AND data.res_id = view.id
    WHERE data.module || '.' || data.name = 'crm_activity_ext.crm_activity_view_list'
"""


def test_an_upgrade_renews_our_views_and_leaves_alone_what_is_theirs(
    scratch_database, odoo, inside, sql
):
    database = scratch_database("crm")
    view = sql(database, VIEW)
    inside(database, "use_everything")
    theirs = inside(database, "make_it_theirs")
    rows = sql(database, ROWS)
    assert theirs["shown"] and theirs["names"] == ["Store visit", "Visita a tienda"]
    assert sql(database, VIEW) != view
    before = structure(sql, database)

    addons = ",".join(addon.name for addon in paths.addons())
    odoo("-d", database, "-u", addons, "--stop-after-init", "--no-http")
    assert inside(database, "what_is_theirs") == theirs
    assert sql(database, VIEW) == view
    assert sql(database, ROWS) == rows
    assert_same(structure(sql, database), before)
    assert inside(database, "broken_interface") == []
    assert inside(database, "ways_in") == [1, 1, 1]
