# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Say where activities came from, which Odoo would compute record by record.

    What a distribution made still says so; of the rest nobody noted more.
    """
    # A default writes no row, whatever their number.
    cr.execute("ALTER TABLE crm_activity ADD COLUMN IF NOT EXISTS origin varchar DEFAULT 'manual'")
    cr.execute("ALTER TABLE crm_activity ALTER COLUMN origin DROP DEFAULT")
    cr.execute("UPDATE crm_activity SET origin = 'distribution' WHERE distribution_id IS NOT NULL")
