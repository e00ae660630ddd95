# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is done with many that are in a sequence is done once, whoever dies or clicks meanwhile."""

from concurrent.futures import ThreadPoolExecutor

COUNT = 1500
PAUSED = "SELECT count(*) FROM crm_activity_sequence_enrollment WHERE state = 'paused'"
CANCELLED = "SELECT count(*) FROM crm_activity WHERE state = 'cancelled'"
STATES = "SELECT DISTINCT run_state FROM crm_activity_distribution"
WAITING = "SELECT count(*) FROM crm_activity_distribution_line WHERE kind IS NULL"
# Of each enrollment, how many days its activities are later than those of one that never paused.
PAUSED_DAYS = "SELECT DISTINCT paused_days FROM crm_activity_sequence_enrollment"
DATES = "SELECT DISTINCT date::date - create_date::date FROM crm_activity WHERE state = 'pending'"
EARLIER = "UPDATE crm_activity_sequence_enrollment SET pause_date = pause_date - 28"
# Somebody who saves an activity of the first chunk, and takes their time.
HOLD = """
    UPDATE crm_activity SET write_date = write_date
    WHERE enrollment_id = (SELECT max(id) FROM crm_activity_sequence_enrollment);
    SELECT pg_sleep(5)
"""
IS_HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'
"""
BACK = "UPDATE crm_activity SET date = date - interval '28 days'"


def test_a_killed_worker_and_two_who_resume_beside_others_move_each_date_once(
    scratch_database, inside, sql, server, wait_until
):
    database = scratch_database("everything")
    story = inside(database, "start_many_sequences", COUNT)
    salesman = (story["user"], "sam.sales")
    dates = sorted(sql(database, DATES))
    odoo = server(database)

    def act(action):
        model = "crm.activity.sequence.enrollment"
        odoo.call(*salesman, model, action, story["ids"])

    def count(statement):
        [number] = sql(database, statement)
        return int(number)

    act("action_pause")
    odoo.run_queues()
    wait_until(lambda: count(PAUSED) > 0)
    odoo.kill()
    paused = count(PAUSED)
    assert 0 < paused < COUNT, "killed in the middle"
    assert count(CANCELLED) == 2 * paused, "all of an enrollment, or nothing"

    odoo = server(database)
    odoo.run_queues()
    wait_until(lambda: sql(database, STATES) == ["done"])
    assert (count(PAUSED), count(CANCELLED)) == (COUNT, 2 * COUNT)

    sql(database, f"{EARLIER}; {BACK}")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, ["action_resume"] * 2))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(sql, database, HOLD)
        wait_until(lambda: sql(database, IS_HELD) == ["1"])
        odoo.run_queues()
    # The chunk has met another transaction, and is tried again at once.
    wait_until(lambda: 0 < count(PAUSED) < COUNT)
    odoo.kill()
    odoo = server(database)
    odoo.run_queues()
    wait_until(lambda: sql(database, STATES) == ["done"])
    assert count(WAITING) == count(PAUSED) == count(CANCELLED) == 0
    assert sql(database, PAUSED_DAYS) == ["28"]
    assert sorted(sql(database, DATES)) == dates, "moved by four weeks, and not by eight"
