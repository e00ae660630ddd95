# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Say for which types the outcomes are that have just come."""
    api.Environment(cr, SUPERUSER_ID, {})["crm.activity.outcome"]._set_starter_types()
