# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A distribution that is interrupted goes on where it stopped, and makes no doubles."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from xmlrpc.client import Fault

COUNT = 3000


def test_a_killed_worker_makes_nothing_twice_and_forgets_nobody(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("crm")
    inside(database, "start_distribution", COUNT)

    def made():
        [number] = sql(database, "SELECT count(*) FROM crm_activity")
        return int(number)

    worker = server(database)
    worker.run_queues()
    wait_until(lambda: made() > 0)
    worker.kill()
    assert 0 < made() < COUNT, "killed in the middle"

    worker = server(database)
    worker.run_queues()
    finished = "SELECT run_state FROM crm_activity_distribution"
    wait_until(lambda: sql(database, finished) == ["done"])
    assert made() == COUNT
    assert sql(database, "SELECT count(DISTINCT partner_id) FROM crm_activity") == [str(COUNT)]
    assert sql(database, "SELECT count(*) FROM crm_activity_distribution_line") == ["0"]


def test_six_clicks_at_once_make_each_activity_once(scratch_database, inside, sql, server, at_once):
    database = scratch_database("crm")
    wizard = inside(database, "open_distribution_dialog", 150)
    odoo = server(database)
    salesman = (wizard["user"], "sam.sales")

    def click():
        try:
            odoo.call(*salesman, "crm.activity.distribute", "action_distribute", wizard["id"])
        except Fault as fault:
            return fault.faultString
        return "done"

    answers = Counter(at_once(database, "crm_activity", [click] * 6))

    assert answers["done"] == 1, answers
    refused = [answer for answer in answers if answer != "done"]
    assert all("already being created" in answer for answer in refused), answers
    assert sql(database, "SELECT count(*) FROM crm_activity_distribution") == ["1"]
    assert sql(database, "SELECT count(*), count(DISTINCT partner_id) FROM crm_activity") == [
        "150|150"
    ]


def test_two_who_stop_it_meet_a_worker_and_what_is_left_goes_on_later(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("crm")
    wizard = inside(database, "open_distribution_dialog", COUNT)
    odoo = server(database)
    salesman = (wizard["user"], "sam.sales")
    odoo.call(*salesman, "crm.activity.distribute", "action_distribute", wizard["id"])
    [distribution_id] = sql(database, "SELECT id FROM crm_activity_distribution")

    def made():
        [number] = sql(database, "SELECT count(*) FROM crm_activity")
        return int(number)

    def has_become(state):
        return sql(database, "SELECT run_state FROM crm_activity_distribution") == [state]

    def stop(_number):
        try:
            odoo.call(*salesman, "crm.activity.distribution", "action_stop", int(distribution_id))
        except Fault as fault:
            return fault.faultString
        return "stopped"

    odoo.run_queues()
    wait_until(lambda: made() > 0)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(stop, range(2)))
    assert "stopped" in answers, answers
    assert all("stopped" in answer or "is not running" in answer for answer in answers), answers
    wait_until(lambda: has_become("stopped"))
    waiting = "SELECT count(*) FROM crm_activity_distribution_line"
    assert 0 < made() < COUNT, "stopped in the middle"
    assert sql(database, waiting) == [str(COUNT - made())]

    odoo.call(*salesman, "crm.activity.distribution", "action_continue", int(distribution_id))
    odoo.run_queues()
    wait_until(lambda: has_become("done"))
    assert sql(database, "SELECT count(*), count(DISTINCT partner_id) FROM crm_activity") == [
        f"{COUNT}|{COUNT}"
    ]
