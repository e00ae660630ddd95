# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is looked for all day in the list of activities, beside the same in the list of leads.

Run inside Odoo by `script/bench`.
"""

from harness import Measure, measured
from seed import BIG_CUSTOMER, SMALL_CUSTOMER, USERS

from odoo.fields import Domain

DATABASE = "big"

PAGE = 80
RUNS = 7
NAMED = {"fields": {"display_name": {}}}
COLUMNS = {
    "crm.activity": {
        "date": {},
        "name": {},
        "activity_type_id": NAMED,
        "partner_id": NAMED,
        "contact_id": NAMED,
        "campaign_id": NAMED,
        "user_id": NAMED,
        "state": {},
    },
    "crm.lead": {
        "name": {},
        "partner_id": NAMED,
        "email_from": {},
        "phone": {},
        "user_id": NAMED,
        "team_id": NAMED,
        "stage_id": NAMED,
        "expected_revenue": {},
    },
}
# What the fields of the search views look for: Odoo's ask for words in the customer as well.
BY_WORDS = {
    "crm.activity": ["words_search"],
    "crm.lead": ["partner_id", "partner_name", "email_from", "name", "contact_name"],
}
BY_CUSTOMER = {
    "crm.activity": ["customer_search"],
    "crm.lead": ["partner_id", "partner_name", "email_from", "contact_name"],
}
# Words that one has, and that many have, in each of the two.
WORDS = {
    "one": {"crm.activity": "Subject of activity 54321", "crm.lead": "Opportunity 23456"},
    "thousands": {"crm.activity": "activity 77", "crm.lead": "Opportunity 77"},
}


def run(env):
    """:return: list of :class:`harness.Measure`"""
    # Those with the most to do, and with the least, of either kind of rights.
    everything, own = (
        env["res.users"].search([("login", "=", f"salesperson.{number}")])
        for number in (1, USERS // 2 + 1)
    )
    few = env["res.users"].search([("login", "=", f"salesperson.{USERS}")])
    return [
        *_measure_searches(_as_user(env, everything), "all documents"),
        *_measure_searches(_as_user(env, own), "own documents"),
        *_measure_mine(_as_user(env, everything), "all documents"),
        *_measure_mine(_as_user(env, own), "own documents"),
        *_measure_mine(_as_user(env, few), "own documents, the one who has fewest"),
    ]


def _as_user(env, user):
    return env(user=user.id, context={"tz": user.tz, "lang": "en_US", "uid": user.id})


def _measure_searches(env, rights):
    measures = [
        _beside_leads(
            env,
            f"Search by words that {count} have, {rights}",
            {model: _any(names, words[model]) for model, names in BY_WORDS.items()},
        )
        for count, words in WORDS.items()
    ]
    return measures + [
        _beside_leads(
            env,
            f"Search by customer, {text}, {rights}",
            {model: _any(names, name) for model, names in BY_CUSTOMER.items()},
        )
        for text, name in (
            ("of ten entries", SMALL_CUSTOMER),
            ("of ten thousand", BIG_CUSTOMER),
            ("thousands of customers", "Company 7"),
        )
    ]


def _measure_mine(env, rights):
    mine = Domain("user_id", "=", env.uid)
    leads = {"crm.lead": mine}
    return [
        *(
            _beside_leads(
                env,
                f"My {name}, {rights}",
                {"crm.activity": mine & Domain("state", "in", states), **leads},
            )
            for name, states in (
                ("done", ["done"]),
                ("failed", ["failed"]),
                ("to do", ["draft", "pending"]),
            )
        ),
        _beside_leads(env, f"All, {rights}", dict.fromkeys(COLUMNS, Domain.TRUE)),
    ]


def _beside_leads(env, name, domains):
    ours, leads = (_time_page(env[model], domains[model]) for model in ("crm.activity", "crm.lead"))
    return Measure(f"{name}: page and count", ours, "the same in the list of leads", leads)


def _time_page(model, domain):
    def open_page():
        model.web_search_read(list(domain), COLUMNS[model._name], limit=PAGE, count_limit=10_001)

    open_page()  # access rights are cached from then on
    return measured(model.env, open_page, RUNS)


def _any(names, value):
    return Domain.OR(Domain(name, "ilike", value) for name in names)
