# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What salespeople do all day, beside what Odoo does for as many.

Run inside Odoo by `script/bench`.
"""

import itertools
from unittest.mock import patch

from harness import Measure, compared, measured

from odoo import fields, models
from odoo.tools import date_utils

DATABASE = "big"

CREATED = 10_000
DONE = 1_000
DISTRIBUTED = 1_000
RUNS = 5
# What our calendar reads of each activity.
SHOWN = [
    *("display_name", "date", "duration", "activity_type_id", "user_id", "partner_id", "lead_id"),
    *("contact_id", "recipient_phone", "recipient_email", "campaign_id", "state"),
]


def run(env):
    """:return: list of :class:`harness.Measure`"""
    user = env["res.users"].search([("login", "=", "salesperson.1")])
    env = env(user=user.id, context={"tz": user.tz, "lang": "en_US"})
    customers = env["res.partner"].search([("name", "like", "Company %")], limit=CREATED)
    return [
        *_measure_calendar(env),
        _measure_create(env, customers),
        # Odoo subscribes whoever gets the first to-do on a record.
        _measure_distribution(env, customers[:DISTRIBUTED], "who have no to-dos"),
        _measure_done(env, customers),
        _measure_distribution(env, customers[:DISTRIBUTED], "who have to-dos"),
    ]


def _measure_calendar(env):
    first = date_utils.start_of(fields.Datetime.now(), "month")
    last = date_utils.end_of(first, "month")
    begins, ends = [("date", "<=", last)], [("date_end_search", ">=", first)]
    within = [*begins, ("date", ">=", first)]
    measures = []
    for whose, domain in (("mine", [("user_id", "=", env.uid)]), ("everybody's", [])):
        number = env["crm.activity"].search_count([*domain, *begins, *ends])
        measures.append(
            Measure(
                f"a month of the calendar, {whose}, {number:,} activities",
                measured(env, lambda d=domain: _read(env, [*d, *begins, *ends]), RUNS),
                "only those that begin in it",
                measured(env, lambda d=domain: _read(env, [*d, *within]), RUNS),
            )
        )
    return measures


def _read(env, domain):
    return env["crm.activity"].search_read(domain, SHOWN, load=None)


def _measure_create(env, customers):
    values = _prepare(env, customers, CREATED)

    def create_without_us():
        quiet = env["crm.activity"].with_context(tracking_disable=True)
        # As Odoo checks companies: activity by activity.
        with patch.object(type(quiet), "_check_company", models.BaseModel._check_company):
            models.BaseModel.create(quiet, values)

    return Measure(
        f"{CREATED:,} activities created",
        measured(env, lambda: env["crm.activity"].create(values), cpu=True),
        "the same by BaseModel.create, without what ours does",
        measured(env, create_without_us, cpu=True),
        CREATED,
    )


def _prepare(env, customers, number):
    call = env.ref("mail.mail_activity_data_call")
    return [
        {
            "name": "Call",
            "activity_type_id": call.id,
            "company_id": env.company.id,
            "partner_id": customer.id,
            "user_id": env.uid,
        }
        for customer in itertools.islice(itertools.cycle(customers), number)
    ]


def _measure_done(env, customers):
    activities = env["crm.activity"].create(_prepare(env, customers, DONE))
    todos = _schedule(env, customers[:DONE])

    def do(function):
        function()
        env.flush_all()
        env.cr.flush()  # what is tracked is written at the end of the transaction

    return Measure(
        f"*Done* on {DONE:,} calls",
        measured(env, lambda: do(activities.action_done), cpu=True),
        f"*Done* on {DONE:,} of Odoo's to-dos",
        measured(env, lambda: do(todos.action_done), cpu=True),
        DONE,
    )


def _measure_distribution(env, customers, case):
    _distribute(env, customers[:10])  # access rights are cached from then on
    both = [lambda: _distribute(env, customers), lambda: _schedule(env, customers)]
    ours, peers = compared(env, both, RUNS, cpu=True)
    return Measure(
        f"{DISTRIBUTED:,} calls distributed to customers {case}",
        ours,
        f"*Schedule Activity* on {DISTRIBUTED:,}",
        peers,
        DISTRIBUTED,
    )


def _distribute(env, customers):
    wizard = env["crm.activity.distribute"].create(
        {
            "target_model": "res.partner",
            "target_ids": customers.ids,
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "name": "Call",
        }
    )
    wizard.action_distribute()
    # sudo: as the scheduled action that works through it.
    distribution = wizard.distribution_id.sudo()
    while distribution.run_state != "done":
        distribution._process_chunk()
    assert distribution.made_count == len(customers)


def _schedule(env, customers):
    """:return: the to-dos that Odoo's own dialog makes"""
    wizard = env["mail.activity.schedule"].create(
        {
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "activity_user_id": env.uid,
            "res_ids": str(customers.ids),
            "res_model": "res.partner",
            "summary": "Call",
        }
    )
    wizard.action_schedule_activities()
    return env["mail.activity"].search(
        [("res_model", "=", "res.partner"), ("res_id", "in", customers.ids)]
    )
