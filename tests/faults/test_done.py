# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whoever marks the same calls done at the same time: each has one next call."""

from collections import Counter
from functools import partial
from xmlrpc.client import Fault

COUNT = 10
PASSWORDS = ("admin", "sam.sales")


def test_two_users_who_click_twice_plan_each_next_step_once(
    scratch_database, inside, sql, server, at_once
):
    database = scratch_database("crm")
    dialogs = inside(database, "open_done_dialogs", COUNT)
    odoo = server(database)

    def click(number):
        dialog, password = dialogs[number % 2], PASSWORDS[number % 2]
        try:
            odoo.call(dialog["user"], password, "crm.activity.done", "action_done", dialog["id"])
        except Fault as fault:
            return fault.faultString
        return "done"

    clicks = [partial(click, number) for number in range(4)]
    answers = Counter(at_once(database, "crm_activity", clicks))

    assert answers["done"] == 1, answers
    refused = [answer for answer in answers if answer != "done"]
    assert all("Only draft and pending" in answer for answer in refused), answers
    states = "SELECT state, count(*), count(DISTINCT partner_id) FROM crm_activity GROUP BY 1"
    assert sorted(sql(database, states)) == [f"done|{COUNT}|{COUNT}", f"pending|{COUNT}|{COUNT}"]
