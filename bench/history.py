# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The history of a customer, beside the lists that users open one after the other today.

Run inside Odoo by `script/bench`.
"""

from harness import Cost, Measure, measured
from seed import BIG_CUSTOMER, SMALL_CUSTOMER

DATABASE = "big"

PAGE = 80
# As far as the web client counts.
COUNTED = 10_001
SELECTED = 1_000
RUNS = 7
NAMED = {"fields": {"display_name": {}}}

# What the lists of Odoo show, that have the like of our columns.
LISTS = {
    "sale.order": ["name", "date_order", "partner_id", "user_id", "amount_total", "state"],
    "stock.picking": ["name", "scheduled_date", "date_done", "partner_id", "user_id", "state"],
    "account.move": [
        *("name", "invoice_date", "invoice_partner_display_name", "invoice_user_id"),
        *("amount_total_in_currency_signed", "status_in_payment"),
    ],
    "crm.activity": [
        *("name", "date", "activity_type_id", "partner_id", "contact_id", "campaign_id"),
        *("user_id", "state"),
    ],
}
LISTS_NAME = "those four lists, one after the other"
COLUMNS = [
    *("is_void", "icon", "kind", "date", "name", "type_name", "partner_id", "contact_id"),
    *("campaign_id", "user_id", "amount_total", "currency_id", "company_id", "state"),
]


def run(env):
    """:return: list of :class:`harness.Measure`"""
    user = env["res.users"].search([("login", "=", "salesperson.1")])
    env = env(user=user.id, context={"tz": user.tz, "lang": "en_US"})
    measures = []
    for name in (SMALL_CUSTOMER, BIG_CUSTOMER):
        customer = env["res.partner"].search([("name", "=", name), ("is_company", "=", True)])
        measures += [*_measure(env, customer), *_measure_emails(env, customer)]
    selected = env["res.partner"].search([("name", "like", "Company %")], limit=SELECTED)
    History = env["crm.activity.history"]
    domain = _get_history_domain(selected)
    _open(History, domain, COLUMNS)
    return [
        *measures,
        Measure(
            f"first page of {SELECTED:,} customers, {History.search_count(domain):,} entries",
            measured(env, lambda: _open(History, domain, COLUMNS), RUNS),
            "limit of 130 ms",
            Cost(0.13),
        ),
    ]


def _measure(env, customer):
    History = env["crm.activity.history"]
    domain = _get_history_domain(customer)
    count = History.search_count(domain)
    named = f"of {count:,} entries"

    def cost(function):
        function()  # access rights are cached from then on
        return measured(env, function, RUNS)

    page = History.search(domain, limit=PAGE)
    return [
        Measure(f"first page {named}: its SQL alone", cost(_page_sql(History, domain))),
        Measure(
            f"first page {named}, as the web client asks for it",
            cost(lambda: _open(History, domain, COLUMNS)),
            LISTS_NAME,
            cost(lambda: _open_lists(env, customer)),
        ),
        Measure(
            f"count {named}",
            cost(lambda: History.search_count(domain)),
            LISTS_NAME,
            cost(lambda: _count_lists(env, customer)),
        ),
        Measure(
            f"months {named}, grouped",
            cost(lambda: History.formatted_read_group(domain, ["date:month"], ["__count"])),
        ),
        Measure(
            f"kinds {named}, grouped, with totals",
            cost(
                lambda: History.formatted_read_group(
                    domain, ["kind", "currency_id"], ["__count", "amount_total:sum"]
                )
            ),
        ),
        Measure(
            f"read of {len(page)} rows {named}, by their ids",
            cost(lambda: page.read(["date", "kind", "name", "state", "amount_total"])),
        ),
    ]


def _measure_emails(env, customer):
    """Beside the same without emails, as the web client asks."""
    History = env["crm.activity.history"]
    domains = _get_history_domain(customer, with_emails=True), _get_history_domain(customer)
    counts = [History.search_count(domain) for domain in domains]
    emails = counts[0] - counts[1]
    measures = []
    for name, ask in (
        ("first page", lambda domain: _open(History, domain, COLUMNS)),
        ("count", lambda domain: History.search_count(domain, limit=COUNTED)),
        ("count to the last", History.search_count),
    ):
        costs = []
        for domain in domains:
            ask(domain)  # access rights are cached from then on
            costs.append(measured(env, lambda ask=ask, domain=domain: ask(domain), RUNS))
        ours, without = costs
        name = f"{name} of {counts[1]:,} entries and {emails:,} emails"
        measures.append(Measure(name, ours, "without emails", without))
    return measures


def _get_history_domain(customers, with_emails=False):
    """:return: domain of the window, with emails hidden, as those lists have none"""
    domain = customers.action_view_crm_history()["domain"]
    return domain if with_emails else [*domain, ("kind", "!=", "email")]


def _page_sql(History, domain):
    """:return: function that runs the one query a page of the history is made of"""
    query = History._search(domain, limit=PAGE, order=History._order)
    sql = query.select(
        *(
            History._field_to_sql(History._table, name, query)
            for name in ("id", *COLUMNS)
            if History._fields[name].store
        )
    )
    return lambda: History.env.execute_query(sql)


def _open(model, domain, names):
    specification = {
        name: NAMED if model._fields[name].type == "many2one" else {} for name in names
    }
    return model.web_search_read(domain, specification, limit=PAGE, count_limit=COUNTED)


def _open_lists(env, customers):
    for model, names in LISTS.items():
        _open(env[model], _get_domain(model, customers), names)


def _count_lists(env, customers):
    for model in LISTS:
        env[model].search_count(_get_domain(model, customers))


def _get_domain(model, customers):
    """:return: what the smart buttons of Odoo's form of a customer look for"""
    if model == "crm.activity":
        return [("partner_id", "in", customers.ids)]
    domain = [("partner_id", "child_of", customers.ids)]
    if model == "account.move":
        domain.append(("move_type", "in", ["out_invoice", "out_refund"]))
    if model == "stock.picking":
        domain.append(("picking_type_code", "=", "outgoing"))
    return domain
