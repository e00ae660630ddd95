# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a session of PostgreSQL's, and a transaction, can be relied on for."""

import logging
from weakref import WeakKeyDictionary

from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from odoo.sql_db import db_connect

_logger = logging.getLogger(__name__)
# What is known of a cursor: its own cache goes with each transaction.
_answers = WeakKeyDictionary()


def keeps_session(cr, commit):
    """Ask whether the transactions of a cursor all run in one session.

    A connection pooler in front of PostgreSQL may give each transaction whichever session is free:
    then a lock of the session is somebody else's by the next one. Asked once for a cursor, however
    many transactions it has; who runs Odoo is told.

    :param commit: function that ends the cursor's transaction
    :return bool: whether they do
    """
    if cr not in _answers:
        _answers[cr] = is_direct(cr) or _stays_with(cr, commit)
        if not _answers[cr]:
            _logger.error(
                "Messages of CRM activities wait: a connection pooler between Odoo and PostgreSQL "
                "gives each transaction another session. Let it pool sessions, or connect the "
                "Odoo that runs the scheduled actions to PostgreSQL itself."
            )
    return _answers[cr]


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


def is_aborted(cr):
    """:return bool: whether an error has ended the transaction, so that it answers no more"""
    return cr.connection.info.transaction_status == TRANSACTION_STATUS_INERROR
