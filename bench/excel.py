# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Activities to Excel over HTTP, beside Odoo's list export and beside bare xlsxwriter.

Run inside Odoo by `script/bench`.
"""

import json
import tempfile
import time

import xlsxwriter
from harness import Cost, Measure, serving

DATABASE = "big"
# As many rows whatever else there is.
GROWTH = False
# One who reads all of them.
USER = "salesperson.1"
ROWS = (1_000, 10_000, 100_000)
ALL_ROWS = 1_000_000


def run(env):
    """:return: list of :class:`harness.Measure`"""
    activities = env["crm.activity"].with_user(env.ref("base.user_admin"))
    ids = activities.search([], order="id").ids
    measures = []
    for count in ROWS:
        domain = [("id", "<=", ids[count - 1])]
        measures += _measure(env, activities, domain, count)
    with serving(env, USER) as server:
        _export(server, [("id", "<=", ids[999])])
        measures.append(Measure(f"{ALL_ROWS:,} rows", _export(server, [])))
    return measures


def _measure(env, activities, domain, count):
    name = f"{count:,} rows"
    # A fresh server for each: what one has taken, Python seldom gives back.
    with serving(env, USER) as server:
        _export(server, [("id", "=", 1)])
        ours = _export(server, domain)
    with serving(env, USER) as server:
        _export_as_odoo(server, activities, [("id", "=", 1)])
        odoos = _export_as_odoo(server, activities, domain)
    limit = _write_rows_in_memory(activities, domain)
    return [
        Measure(name, ours, "Odoo's list export of the same fields", odoos),
        Measure(
            name, Cost(ours.seconds), "xlsxwriter, constant memory, rows already in memory", limit
        ),
    ]


def _export(server, domain):
    return server.download("/crm_activity_ext/activities.xlsx", domain=json.dumps(domain))


def _export_as_odoo(server, activities, domain):
    fields = [
        {"name": column.name, "label": column.label, "type": activities._fields[column.name].type}
        for column in activities._get_export_columns()
    ]
    data = {
        "model": "crm.activity",
        "domain": domain,
        "fields": [{**field, "store": True} for field in fields],
        "ids": False,
        "groupby": [],
        "import_compat": False,
        "context": {},
    }
    return server.download("/web/export/xlsx", data=json.dumps(data))


def _write_rows_in_memory(activities, domain):
    """What no export by xlsxwriter's own methods can be faster than."""
    rows = list(activities._iter_export_rows(domain, None))
    activities.env.cr.rollback()
    with tempfile.TemporaryFile() as file:
        begin = time.perf_counter()
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, place, value)
                elif value is not None:
                    sheet.write_number(number, place, value)
        book.close()
        return Cost(time.perf_counter() - begin)
