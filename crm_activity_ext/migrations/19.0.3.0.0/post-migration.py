# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_activity_ext.hooks import offer_templates


def migrate(cr, version):
    _mark_sent_elsewhere(cr)
    offer_templates(api.Environment(cr, SUPERUSER_ID, {}))


def _mark_sent_elsewhere(cr):
    """Mark what people marked done and Odoo has never sent: it left by another way."""
    cr.execute(
        """
        UPDATE crm_activity
           SET sent_elsewhere = TRUE
         WHERE state = 'done'
           AND has_left IS NOT TRUE
           AND (channel = 'email_out' OR channel = 'sms' AND EXISTS (
               SELECT FROM ir_module_module
                WHERE name = 'crm_activity_ext_sms'
                  AND state IN ('installed', 'to upgrade')
           ))
        """
    )
