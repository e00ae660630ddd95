# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Make the column, so that Odoo does not compute it record by record: see post-migration."""
    cr.execute("ALTER TABLE crm_activity ADD COLUMN IF NOT EXISTS sent_elsewhere boolean")
