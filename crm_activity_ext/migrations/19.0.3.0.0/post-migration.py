# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
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
