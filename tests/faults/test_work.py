# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whoever works through the same list at the same time: no customer is with two of them."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

COUNT = 10
PASSWORDS = ("admin", "sam.sales")
TAKEN = (
    "SELECT partner_id FROM crm_activity WHERE work_user_id IS NOT NULL"
    " GROUP BY partner_id HAVING count(DISTINCT work_user_id) > 1"
)

CLAIMED = "SELECT count(*) FROM crm_activity WHERE work_user_id IS NOT NULL"


def test_two_users_of_one_list_never_have_the_same_customer(
    scratch_database, inside, sql, server, at_once
):
    database = scratch_database("crm")
    planned = inside(database, "plan_calls", COUNT)
    odoo = server(database)
    calls = planned["calls"]

    def ask(place, ids):
        user, password = planned["users"][place], PASSWORDS[place]
        step = odoo.call(user, password, "crm.activity", "work_on_next", ids)["step"]
        return step and step["partner_id"]["id"]

    # One begins with the first call of each customer, the other with the second.
    asked = [partial(ask, place, ids) for place, ids in enumerate([calls, calls[1::2]])]
    first = at_once(database, "crm_activity", asked)
    assert all(first) and len(set(first)) == 2, first

    with ThreadPoolExecutor(2) as pool:
        for number in range(COUNT // 2):
            ids = [calls[2 * number :], calls[2 * number + 1 :]]
            answers = [pool.submit(ask, i, ids[i]) for i in (0, 1)]
            customers = [answer.result() for answer in answers]
            assert not customers[0] or customers[0] != customers[1], customers
            assert sql(database, TAKEN) == []


def test_two_who_pass_each_other_wait_for_nobody(scratch_database, inside, sql):
    database = scratch_database("crm")
    planned = inside(database, "plan_calls", 2)
    # Neither gets what the other one has until that is committed, and nothing fails.
    calls, users = planned["calls"], planned["users"]
    assert inside(database, "pass_each_other", calls, users) == [False, False]
    assert sql(database, CLAIMED) == ["0"]
