# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may be called among a hundred thousand partners, and a list of who does not want it.

Run inside Odoo by `script/bench`.
"""

import csv
import io
from base64 import b64encode

from harness import Cost, Measure, measured
from seed import BIG_CAMPAIGN, PARTNERS

DATABASE = "big"
PAGE = 80
RUNS = 7
ROWS = 10_000
COUNT_LIMIT = 10_001  # as far as the web client counts
FORMATS = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8"}
CALLABLE = ("crm_may_be_called", "=", True)
FILTER_LIMIT = ("limit of 50 ms", Cost(0.05))


def run(env):
    """:return: list of :class:`harness.Measure`"""
    # One in twenty does not want calls, and as many are on Odoo's blacklist.
    env.cr.execute("UPDATE res_partner SET crm_refuses_call_since = now() WHERE id % 20 = 3")
    env.cr.execute(
        "INSERT INTO phone_blacklist (number, active) SELECT DISTINCT phone_sanitized, TRUE"
        " FROM res_partner WHERE id % 20 = 7 AND phone_sanitized IS NOT NULL"
    )
    # The seeded leads have one number, which would all be on a list where one is.
    env.cr.execute("UPDATE crm_lead SET phone = NULL, phone_sanitized = NULL")
    env.cr.execute("ANALYZE res_partner, crm_lead, phone_blacklist")
    env.invalidate_all()
    admin = env(user=env.ref("base.user_admin"), su=False)
    return [*_measure_filter(admin), *_measure_matrix(admin), *_measure_list(admin)]


def _measure_filter(env):
    Partner = env["res.partner"]
    peer = measured(
        env,
        lambda: Partner.search([("phone_sanitized_blacklisted", "=", False)], limit=PAGE),
        RUNS,
    )
    page = measured(env, lambda: Partner.search([CALLABLE], limit=PAGE), RUNS)
    count = measured(env, lambda: Partner.search_count([CALLABLE], limit=COUNT_LIMIT), RUNS)
    name = f"Filter May Be Called, {PAGE} of {PARTNERS:,} partners"
    return [
        Measure(name, page, "Odoo's own filter, not on the blacklist", peer),
        Measure("The number of them, up to the web client's limit", count, *FILTER_LIMIT),
    ]


def _measure_matrix(env):
    campaign = env["utm.campaign"].search([("title", "=", BIG_CAMPAIGN)])
    action = campaign.action_view_crm_customers()
    Partner = env["res.partner"].with_context(action["context"])
    columns = {"complete_name": {}, "crm_campaign_activity_counts": {}, "crm_refusal_summary": {}}

    def read(domain):
        return measured(
            env,
            lambda: Partner.web_search_read(domain, columns, limit=PAGE, count_limit=COUNT_LIMIT),
            RUNS,
        )

    every = read(action["domain"])
    some = read([*action["domain"], CALLABLE])
    return [Measure("The matrix with the filter May Be Called", some, "without it", every)]


def _measure_list(env):
    numbers = [f"+34 7{number:08}" for number in range(ROWS // 2)]
    numbers += env["res.partner"].search([("phone", "!=", False)], limit=ROWS // 2).mapped("phone")
    text = io.StringIO()
    csv.writer(text).writerows([["Phone"], *([number] for number in numbers)])
    content = text.getvalue().encode()
    wizard = env["crm.activity.opt.out.list"].create({"file": b64encode(content)})
    # sudo: as the cron, which alone works them off.
    Part = env["crm.activity.opt.out.part"].sudo()

    def work_off():
        while part := Part.search(Part._get_open_domain(), limit=1):
            part._work_off()
            env.invalidate_all()

    def note():
        wizard.file = b64encode(content)
        wizard.action_apply()
        work_off()

    def undo():
        note()
        env["crm.activity.opt.out.import"].search([], limit=1).action_undo()
        work_off()

    importer = env["base_import.import"].create(
        {"res_model": "phone.blacklist", "file": content, "file_type": "text/csv"}
    )

    def load():
        result = importer.execute_import(["number"], ["phone"], dict(FORMATS))
        assert len(result["ids"]) == ROWS, result["messages"]

    name = f"Import of an opt-out list of {ROWS:,} numbers, half of them one's own"
    peer = measured(env, load, cpu=True)
    return [
        Measure(
            name,
            measured(env, note, cpu=True),
            f"Odoo's import of {ROWS:,} numbers into its blacklist",
            peer,
            ROWS,
        ),
        Measure(
            "Telling who is on it before",
            measured(env, lambda: (wizard.invalidate_recordset(), wizard.found), cpu=True),
            records=ROWS,
        ),
        Measure("The same import, and undone", measured(env, undo, cpu=True), records=ROWS),
    ]
