# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A distribution that is interrupted goes on where it stopped, and makes no doubles."""

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
