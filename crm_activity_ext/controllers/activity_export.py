# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

import ast
import json
import logging
import re
from contextlib import contextmanager
from http import HTTPStatus
from tempfile import TemporaryFile

import psycopg2
from werkzeug.exceptions import InternalServerError
from werkzeug.wsgi import wrap_file

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request

from ..domain_limits import check_domain_size

_logger = logging.getLogger(__name__)

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Characters of a parameter: enough for the ids of the 20,000 rows that can be selected, twice.
LONGEST = 500_000
NOT_IN_FILE_NAMES = re.compile(r"[^\w.()&+]+")
LONGEST_FILE_NAME = 100
SHOWN = 100
# Errors of an invalid literal or domain. No other module is involved in those.
UNREADABLE = (
    UserError,
    ValueError,
    TypeError,
    LookupError,
    SyntaxError,
    AttributeError,
    NotImplementedError,
    AssertionError,
    OverflowError,
    MemoryError,
    RecursionError,
)
# What searches say of a wrong value, up to what only PostgreSQL notices.
WRONG_VALUES = (
    UserError,
    ValueError,
    psycopg2.DataError,
    psycopg2.errors.DatatypeMismatch,
    psycopg2.errors.UndefinedFunction,
)


class WrongParameterError(Exception):
    """A mistake in the caller's parameters."""


class ActivityExport(http.Controller):
    @http.route(
        "/crm_activity_ext/activities.xlsx",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        readonly=True,
    )
    def activities_xlsx(
        self, domain="[]", ids="", order="", filters="[]", company_ids="", **_others
    ):
        """Download activities and their campaigns. POST is for what is too long for an address.

        :param str domain: on ``crm.activity``, a JSON or Python literal
        :param str ids: JSON list of ids, to take only these out of the domain
        :param str order: as for ``search``, by default the model's own
        :param str filters: JSON list of texts that say in words which activities these are
        :param str company_ids: JSON list of the companies to look at, by default all of the user's
        :return: the file; 400 for parameters that make no sense, 403 for whoever may not export,
            500 for what is wrong here, which the log tells
        """
        try:
            activities = self._get_activities()
            with _refusing(UNREADABLE):
                if company_ids:
                    # The record rule refuses companies that are not the user's.
                    allowed = _ids(company_ids)
                    activities = activities.with_context(allowed_company_ids=allowed)
                domain = self._get_domain(activities, domain, ids)
                order = _text(order) or None
                filters = [str(text) for text in _literal(filters)] or [str(domain)] * bool(domain)
            with _refusing(WRONG_VALUES):
                self._check_query(activities, domain, order)
            return self._make_file(activities, domain, order, filters)
        except AccessError as error:
            return _refuse(error, HTTPStatus.FORBIDDEN)
        except WrongParameterError as error:
            return _refuse(error, HTTPStatus.BAD_REQUEST)
        except psycopg2.Error:
            raise  # Odoo tries once more where that helps, and logs it where not.
        except Exception as error:
            _logger.exception("The export of CRM activities failed.")
            answer = _refuse(error, HTTPStatus.INTERNAL_SERVER_ERROR)
            raise InternalServerError(response=answer) from error

    def _check_query(self, activities, domain, order):
        """Let PostgreSQL read the question: some mistakes only show there.

        :raise Exception: one of ``WRONG_VALUES``
        """
        query = activities._search(domain, order=order, limit=1)
        select = query.select()
        activities.env.flush_query(select)
        with activities.env.cr.savepoint(flush=False):
            # A wrong value in the domain is the caller's error, and told to the caller.
            activities.env.cr.execute(select, log_exceptions=False)

    def _make_file(self, activities, domain, order, filters):
        rows = activities._iter_export_rows(domain, order)
        file = TemporaryFile()  # noqa: SIM115 it is closed with the response
        campaign = activities._export_workbook(file, rows, domain, filters)
        return _respond(file, self._get_file_name(activities, campaign))

    def _get_activities(self):
        """:raise AccessError: for whoever may not export, or not read activities"""
        if not request.env.user.has_group("base.group_allow_export"):
            raise AccessError(request.env._("You do not have the rights to export data."))
        activities = request.env["crm.activity"]
        activities.check_access("read")
        return activities

    def _get_domain(self, activities, domain, ids):
        domain = _literal(domain)
        check_domain_size(activities, domain)
        # As far as Odoo reads it alone: fields' own searches come later.
        Domain(domain).optimize(activities)
        if ids:
            return [("id", "in", _ids(ids)), *Domain(domain)]
        return domain

    def _get_file_name(self, activities, campaign):
        """:return: str, ``activities-2026-11-23.xlsx``, with the campaign where there is but one"""
        env = activities.env
        # sudo: the name of a campaign, as it is on its activities.
        parts = [env._("activities"), campaign.sudo().title, fields.Date.context_today(activities)]
        name = "-".join(str(part) for part in parts if part)
        return f"{NOT_IN_FILE_NAMES.sub('-', name)[:LONGEST_FILE_NAME]}.xlsx"


@contextmanager
def _refusing(mistakes):
    """:raise WrongParameterError: for these mistakes; rights are something else"""
    try:
        yield
    except AccessError:
        raise
    except mistakes as error:
        raise WrongParameterError(str(error) or type(error).__name__) from error


def _text(parameter):
    """:raise ValueError: for anything but a text, and for one that is too long"""
    if not isinstance(parameter, str) or len(parameter) > LONGEST:
        raise ValueError(
            request.env._(
                "The request is too long (maximum: %(count)s characters). Select fewer records.",
                count=LONGEST,
            )
        )
    return parameter


def _literal(parameter):
    """:return: list, of a JSON or Python literal; nothing in it is evaluated"""
    text = _text(parameter)
    try:
        value = json.loads(text)
    except ValueError:
        value = ast.literal_eval(text)
    if not isinstance(value, list):
        raise ValueError(request.env._("This is not a list: %(text)s", text=text[:SHOWN]))
    return value


def _ids(parameter):
    return [int(number) for number in _literal(parameter)]


def _respond(file, file_name):
    size = file.tell()
    file.seek(0)
    response = request.make_response(
        wrap_file(request.httprequest.environ, file),
        [
            ("Content-Type", MIMETYPE),
            ("Content-Length", size),
            ("Content-Disposition", content_disposition(file_name)),
            ("Cache-Control", "no-store"),
        ],
    )
    response.direct_passthrough = True
    return response


def _refuse(error, status):
    """Say why, in the form that Odoo's download service shows to the user."""
    message = str(error) or type(error).__name__
    data = {
        "code": status,
        "message": message,
        "data": http.serialize_exception(UserError(message)),
    }
    # The web client looks for the message in a page: no markup.
    body = json.dumps(data).replace("<", "\\u003c")
    return request.make_response(body, [("Content-Type", "application/json")], status=status)
