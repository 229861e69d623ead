from commonwatt.city.loop import Job, Loop
from commonwatt.kernel.clocks import VirtualClock


def test_jobs_run_in_order_at_their_cadence():
    done = []
    jobs = [
        Job("fast", lambda now: done.append(("fast", now)), cadence_s=900),
        Job("slow", lambda now: done.append(("slow", now)), cadence_s=1800),
    ]
    Loop(VirtualClock(0), jobs, late=done.append).run_until(2700)
    assert done == [("fast", 900), ("fast", 1800), ("slow", 1800), ("fast", 2700)]
    assert [job.watermark for job in jobs] == [2700, 1800]


def test_going_on_where_it_was_repeats_nothing():
    done = []
    loop = Loop(VirtualClock(0), [Job("j", done.append)], late=done.append)
    loop.run_until(1800)
    loop.run_until(1800)
    loop.run_until(2700)
    assert done == [900, 1800, 2700]


def test_a_job_that_takes_too_long_is_named():
    clock, late = VirtualClock(0), []
    jobs = [Job("sleepy", lambda now: clock.sleep_until(now + 60), deadline_s=30)]
    Loop(clock, jobs, late.append).run_until(900)
    assert late == ["sleepy"]


def test_a_job_may_become_rarer_without_missing_the_start_of_a_slot():
    done, clock = [], VirtualClock(900)

    def look(now):
        done.append(now)
        fast.cadence_s = 60

    fast = Job("fast", look, cadence_s=10, watermark=900)
    Loop(clock, [fast, Job("slow", lambda _now: None)], late=done.append).run_until(1800)
    assert done[:3] == [910, 960, 1020]
    assert done[-1] == 1800
