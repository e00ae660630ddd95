# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A meeting that took place becomes one activity, whoever dies or runs beside."""

COUNT = 2000
RECORD = "env['calendar.event']._cron_record_meetings()"


def test_a_killed_worker_and_two_at_once_record_each_meeting_once(
    scratch_database, inside, sql, start_worker, wait_until
):
    database = scratch_database("crm")
    inside(database, "make_meetings", COUNT)

    def made():
        [number] = sql(database, "SELECT count(*) FROM crm_activity")
        return int(number)

    killed = start_worker(database, RECORD)
    wait_until(lambda: made() > 0)
    killed.kill()
    killed.wait()
    assert 0 < made() < COUNT, "killed in the middle"

    for worker in [start_worker(database, RECORD) for _number in range(2)]:
        worker.wait()
    start_worker(database, RECORD).wait()  # what the one that was refused has left
    assert sql(
        database, "SELECT count(*), count(DISTINCT calendar_event_id) FROM crm_activity"
    ) == [f"{COUNT}|{COUNT}"]
