# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """What was sent stays final; of what failed nobody knows any more whether it had left."""
    cr.execute(
        "UPDATE crm_activity SET has_left = TRUE "
        "WHERE mail_message_id IS NOT NULL AND state IN ('done', 'failed')"
    )
