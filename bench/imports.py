# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A file of 5,000 rows: activities beside contacts, by Odoo's own importer.

Run inside Odoo by `script/bench`.
"""

import csv
import io

from harness import Measure, measured

ROWS = 5000
CUSTOMERS = 500
FORMATS = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8"}


def run(env):
    """:return: list of :class:`harness.Measure`"""
    env = env(user=env.ref("base.user_admin"), su=False)
    env["res.partner"].with_context(tracking_disable=True).create(
        [{"name": f"Customer {number}", "is_company": True} for number in range(CUSTOMERS)]
    )
    user = env.user.name
    contacts = _open(
        env,
        "res.partner",
        {
            "Name": [f"Person {number}" for number in range(ROWS)],
            "Email": [f"person{number}@example.com" for number in range(ROWS)],
            "Phone": [f"+34600{number:06}" for number in range(ROWS)],
            "City": ["Madrid"] * ROWS,
            "Street": ["Calle Mayor 1"] * ROWS,
            "Zip": ["28001"] * ROWS,
            "Job Position": ["Buyer"] * ROWS,
            "Notes": ["Met at the fair."] * ROWS,
        },
    )
    activities = _open(
        env,
        "crm.activity",
        {
            "Subject": [f"Call no. {number}" for number in range(ROWS)],
            "Type": ["Outgoing call"] * ROWS,
            "Date": ["2026-03-04 10:00:00"] * ROWS,
            "Duration": ["0:15"] * ROWS,
            "Customer": [f"Customer {number % CUSTOMERS}" for number in range(ROWS)],
            "Responsible": [user] * ROWS,
            "Status": ["Done"] * ROWS,
            "Text": ["They want it before Friday."] * ROWS,
        },
    )
    name = f"Import of {ROWS:,} activities of {CUSTOMERS} customers"
    ours, peer = (measured(env, function, cpu=True) for function in (activities, contacts))
    return [Measure(name, ours, f"Odoo's import of {ROWS:,} contacts", peer, ROWS)]


def _open(env, model, columns):
    """:return: function that imports a file with these columns"""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    importer = env["base_import.import"].create(
        {"res_model": model, "file": text.getvalue().encode(), "file_type": "text/csv"}
    )
    preview = importer.parse_preview(dict(FORMATS))
    paths = ["/".join(preview["matches"][place]) for place in range(len(columns))]

    def load():
        headings = [heading.lower() for heading in columns]
        result = importer.execute_import(paths, headings, dict(preview["options"]))
        assert len(result["ids"]) == ROWS, result["messages"]

    return load
