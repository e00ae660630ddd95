# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom have we forgotten? Filters, sorts and the form, among a hundred thousand partners.

Run inside Odoo by `script/bench`.
"""

from harness import Cost, Measure, measured
from seed import BIG_CUSTOMER, COMPANIES

from devenv import postgres

DATABASE = "big"
PAGE = 80
RUNS = 7
COUNT_LIMIT = 10_001  # as far as the web client counts
FILTERS = {
    "No Contact in 30 Days": ("crm_not_contacted_since", "=", "today -30d"),
    "No Contact in 90 Days": ("crm_not_contacted_since", "=", "today -90d"),
    "Nothing Planned": ("crm_next_activity_date", "=", False),
}
OVERDUE = ("crm_contact_due_date", "<", "today")
ORDERS = {
    "the last contact, the longest ago first": "crm_last_contact_date, complete_name, id desc",
    "the last contact, newest first": "crm_last_contact_date desc, complete_name, id desc",
    "the next step": "crm_next_activity_date, complete_name, id desc",
}
WHOM = {
    "all partners": [],
    "companies": [("is_company", "=", True)],
    "those that a filter leaves, one of thirty,": [("phone", "like", "55")],
}
FILTER_LIMIT = ("limit of 50 ms", Cost(0.05))
SORT_LIMIT = ("limit of 60 ms", Cost(0.06))
# Of Odoo's own, without an index as well.
PEER_ORDER = "write_date, complete_name, id desc"
FORM = ("crm_last_contact_date", "crm_next_activity_date", "crm_contact_due_date")


def run(env):
    """:return: list of :class:`harness.Measure`"""
    env.cr.execute(
        "UPDATE res_partner SET crm_contact_cycle = 30 + id % 4 * 30,"
        " create_date = create_date - interval '5 years' WHERE is_company"
    )
    env.cr.commit()
    # As autovacuum would in time: else each company is there twice.
    postgres.sql("VACUUM ANALYZE res_partner", env.cr.dbname)
    measures = []
    askers = []
    for login, case in (("salesperson.1", "all documents"), ("salesperson.20", "own documents")):
        user = env["res.users"].search([("login", "=", login)])
        askers.append((env(user=user.id, context={"tz": user.tz, "lang": "en_US"}), case))
    for asking, case in askers:
        measures += _measure(asking, case)
    _move_cycles_to_tags(env)
    for asking, case in askers:
        measures += _measure_filter(asking, "Overdue, by the cycles of tags", OVERDUE, case)
    return measures


def _move_cycles_to_tags(env):
    """Give each company a tag with its cycle, in place of its own."""
    tags = env["res.partner.category"].create(
        [{"name": f"Every {days} Days", "crm_contact_cycle": days} for days in (30, 60, 90, 120)]
    )
    env.flush_all()
    env.cr.execute(
        "INSERT INTO res_partner_res_partner_category_rel (partner_id, category_id)"
        " SELECT id, (%s)[1 + id %% 4] FROM res_partner WHERE is_company",
        [tags.ids],
    )
    env.cr.execute("UPDATE res_partner SET crm_contact_cycle = 0 WHERE is_company")
    env.cr.commit()
    for table in ("res_partner", "res_partner_category", "res_partner_res_partner_category_rel"):
        postgres.sql(f"VACUUM ANALYZE {table}", env.cr.dbname)


def _measure_filter(env, name, condition, case):
    """:return: list of Measure: a page, and how many there are"""
    Partner = env["res.partner"]
    page = measured(env, lambda: Partner.search([condition], limit=PAGE), RUNS)
    number = measured(env, lambda: Partner.search_count([condition], limit=COUNT_LIMIT), RUNS)
    return [
        Measure(f"Filter {name}, {case}", page, *FILTER_LIMIT),
        Measure(f"The number of them, {case}", number, *FILTER_LIMIT),
    ]


def _measure(env, case):
    Partner, Lead = env["res.partner"], env["crm.lead"]

    def time(function):
        return measured(env, function, RUNS)

    def search(model, domain, order=None):
        return time(lambda: model.search(domain, order=order, limit=PAGE))

    measures = []
    for name, condition in {**FILTERS, f"Overdue, of {COMPANIES:,} with a cycle": OVERDUE}.items():
        measures += _measure_filter(env, name, condition, case)
    peer = search(Partner, [], PEER_ORDER)
    for name, order in ORDERS.items():
        for whom, domain in WHOM.items():
            cost = search(Partner, domain, order)
            name_of_sort = f"Sort {whom} by {name}, {case}"
            measures += [
                Measure(name_of_sort, cost, *SORT_LIMIT),
                Measure(name_of_sort, cost, "by when they were changed", peer),
            ]
    for name, condition in FILTERS.items():
        cost = search(Lead, [condition])
        measures.append(Measure(f"Filter leads: {name}, {case}", cost, *FILTER_LIMIT))
    for order, direction in (("the longest ago", ""), ("newest", "desc")):
        cost = search(Lead, [], f"crm_last_contact_date {direction}, id desc")
        name = f"Sort leads by the last contact, {order} first, {case}"
        measures.append(Measure(name, cost, *SORT_LIMIT))
    customer = Partner.search([("name", "=", BIG_CUSTOMER)])
    page = Partner.search(WHOM["companies"], limit=PAGE)
    for name, partners in (
        ("a customer of 6,000 activities", customer),
        (f"{PAGE} companies", page),
    ):
        cost = time(lambda partners=partners: partners.read(FORM))
        measures.append(Measure(f"Dates of {name}, {case}", cost))
    return measures
