# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whoever marks the same calls done at the same time: each has one next call."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from xmlrpc.client import Fault

COUNT = 10
PASSWORDS = ("admin", "sam.sales")
# Nothing can be written meanwhile, so that all clicks come while the first is at it.
HOLD = "LOCK TABLE crm_activity IN SHARE MODE; SELECT pg_sleep(8)"
IS_HELD = "SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND granted"


def test_two_users_who_click_twice_plan_each_next_step_once(
    scratch_database, inside, sql, server, wait_until
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

    with ThreadPoolExecutor(5) as pool:
        pool.submit(sql, database, HOLD)
        wait_until(lambda: sql(database, IS_HELD) == ["1"])
        answers = Counter(pool.map(click, range(4)))

    assert answers["done"] == 1, answers
    refused = [answer for answer in answers if answer != "done"]
    assert all("Only draft and pending" in answer for answer in refused), answers
    states = "SELECT state, count(*), count(DISTINCT partner_id) FROM crm_activity GROUP BY 1"
    assert sorted(sql(database, states)) == [f"done|{COUNT}|{COUNT}", f"pending|{COUNT}|{COUNT}"]
