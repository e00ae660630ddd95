# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Fill in at once what Odoo would compute record by record."""
    cr.execute("ALTER TABLE crm_activity ADD COLUMN IF NOT EXISTS was_done boolean")
    cr.execute("UPDATE crm_activity SET was_done = (state = 'done')")
