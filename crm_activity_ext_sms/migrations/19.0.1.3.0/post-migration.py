# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_activity_ext_sms.hooks import forget_reminders


def migrate(cr, version):
    forget_reminders(api.Environment(cr, SUPERUSER_ID, {}))
