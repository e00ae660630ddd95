# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import SUPERUSER_ID, api
from odoo.tools import split_every
from odoo.tools.sql import column_exists

# As many records as one transaction is for.
SIZE = 500


def migrate(cr, version):
    """Divide what opt-out lists have noted into parts, as new lists have it."""
    if not column_exists(cr, "crm_activity_opt_out_import", "listed"):
        return  # they have just come
    cr.execute(
        "SELECT id, listed, changes, noted_count, undone_date IS NOT NULL"
        " FROM crm_activity_opt_out_import"
    )
    parts = []
    for import_id, listed, changes, noted_count, is_undone in cr.fetchall():
        common = {"import_id": import_id, "state": "undone" if is_undone else "noted"}
        parts.append({**common, "listed": listed, "noted_count": noted_count})
        parts += (
            {**common, "changes": [{**change, "ids": ids}]}
            for change in changes or []
            for ids in split_every(SIZE, change["ids"], list)
        )
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["crm.activity.opt.out.part"].create(parts)
    env.flush_all()
    # Until when what is on Odoo's blacklists is the list's own.
    cr.execute(
        "UPDATE crm_activity_opt_out_part part SET write_date = listing.create_date"
        " FROM crm_activity_opt_out_import listing WHERE listing.id = part.import_id"
    )
    cr.execute(
        "UPDATE crm_activity_opt_out_import SET undone_user_id = write_uid"
        " WHERE undone_date IS NOT NULL"
    )
    cr.execute(
        "ALTER TABLE crm_activity_opt_out_import"
        " DROP COLUMN listed, DROP COLUMN changes, DROP COLUMN noted_count"
    )
