# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import logging
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo.exceptions import ConcurrencyError

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
