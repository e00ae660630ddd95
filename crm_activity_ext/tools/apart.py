# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


@contextmanager
def apart(cr, failure):
    """Do something of ours beside what Odoo does, which must not fail by it.

    What fails is taken back alone and logged. What Odoo tries again as a whole passes: a
    transaction that another one was in the way of, a connection that broke.

    :param cr: cursor
    :param str failure: what the log says has not been done
    """
    savepoint = cr.savepoint()  # out of the try: what Odoo has still to write fails as ever
    try:
        with savepoint:
            yield
    except (OperationalError, ConcurrencyError):
        raise
    except Exception:
        _logger.exception(failure)


def where_free(records, change):
    """Change those records that no other transaction is at: nobody waits, and nothing fails by it.

    :param change: function of the records that are free
    :return: those that were changed; none where others have changed one of them meanwhile
    """
    if not records:
        return records
    savepoint = records.env.cr.savepoint()  # as above
    try:
        with savepoint:
            free = records.try_lock_for_update(allow_referencing=True)
            change(free)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        _logger.info("%r: others are at it.", records)
        return records.browse()
    return free
