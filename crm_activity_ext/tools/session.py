# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether what is held by a session of PostgreSQL's is held at all."""

import logging

from odoo.sql_db import db_connect

_logger = logging.getLogger(__name__)


def keeps_session(cr, commit):
    """Ask whether the transactions of a cursor all run in one session.

    A connection pooler in front of PostgreSQL may give each transaction whichever session is free:
    then a lock of the session is somebody else's by the next one. Asked once for a cursor; who runs
    Odoo is told.

    :param commit: function that ends the cursor's transaction
    :return bool: whether they do
    """
    key = "crm_activity_ext.keeps_session"
    if key not in cr.cache:
        cr.cache[key] = is_direct(cr) or _stays_with(cr, commit)
        if not cr.cache[key]:
            _logger.error(
                "Messages of CRM activities wait: a connection pooler between Odoo and PostgreSQL "
                "gives each transaction another session. Let it pool sessions, or connect the "
                "Odoo that runs the scheduled actions to PostgreSQL itself."
            )
    return cr.cache[key]


def is_direct(cr):
    """:return bool: whether PostgreSQL itself has answered when this connection was made: a
    pooler makes up the number of the process by which a query can be cancelled
    """
    return cr._cnx.info.backend_pid == get_backend(cr)


def _stays_with(cr, commit):
    backend = get_backend(cr)
    commit()
    with db_connect(cr.dbname).cursor() as other:
        # Has what the pooler gives next. If that was to be given to who comes back, it is gone.
        get_backend(other)
        return get_backend(cr) == backend


def get_backend(cr):
    """:return int: the process of PostgreSQL's that works for this transaction"""
    cr.execute("SELECT pg_backend_pid()")
    return cr.fetchone()[0]
