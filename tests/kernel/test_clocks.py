"""The scaled clock on a wall of our own making."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.clocks import ScaledClock


class Wall:
    """A wall clock that passes only while somebody naps, or when told to."""

    def __init__(self):
        self.time = 1000.0
        self.naps = []

    def now(self):
        return self.time

    def nap(self, seconds):
        assert seconds >= 0
        self.naps.append(seconds)
        self.time += seconds


def clock(wall, factor=60.0, **options):
    return ScaledClock(0, factor, wall=wall.now, nap=wall.nap, **options)


@settings(deadline=None)
@given(factor=st.floats(1, 600), moment=st.integers(1, 100_000))
def test_it_wakes_at_the_moment_after_the_right_time(factor, moment):
    wall = Wall()
    scaled = clock(wall, factor)
    scaled.sleep_until(moment)
    assert moment <= scaled.now() <= moment + factor * ScaledClock.LEAST_NAP_S
    assert wall.time - 1000 == pytest.approx(moment / factor, abs=ScaledClock.LEAST_NAP_S)
    assert max(wall.naps) <= ScaledClock.NAP_S


def test_a_little_lateness_is_caught_up():
    wall = Wall()
    scaled = clock(wall, slack_s=300)
    wall.time += 18  # the slot took 18 s of the 15 it has
    scaled.sleep_until(900)
    assert scaled.now() == 1080
    scaled.sleep_until(1800)
    assert wall.time == pytest.approx(1030.0)


def test_time_waits_for_who_lags():
    wall = Wall()
    scaled = clock(wall, slack_s=300)
    for slot in range(1, 5):
        wall.time += 30  # twice as long as a slot has
        scaled.sleep_until(900 * slot)
        assert scaled.now() == 900 * slot


def test_another_speed_holds_from_now_on():
    wall = Wall()
    scaled = clock(wall, 60)
    wall.time += 10
    scaled.factor = 600
    assert scaled.now() == 600
    wall.time += 1
    assert scaled.now() == 1200


def test_a_speed_changed_in_mid_sleep_wakes_it_sooner():
    wall = Wall()

    def hurry():
        if wall.time > 1005:
            scaled.factor = 600.0

    scaled = clock(wall, 60, idle=hurry)
    scaled.sleep_until(900)
    assert 1005 < wall.time < 1007


def test_what_the_idler_raises_ends_the_sleep():
    class Enough(Exception):  # noqa: N818 - not an error
        pass

    wall = Wall()

    def stop():
        if wall.time > 1002:
            raise Enough

    with pytest.raises(Enough):
        clock(wall, 1, idle=stop).sleep_until(900)
    assert wall.time < 1003
