# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Remember of what has a message that it has left: it was final, and stays so.

    Of what failed nobody noted whether it had left before. It may have.
    """
    cr.execute(
        """
        UPDATE crm_activity
           SET has_left = TRUE
         WHERE mail_message_id IS NOT NULL
           AND state IN ('done', 'failed')
        """
    )
