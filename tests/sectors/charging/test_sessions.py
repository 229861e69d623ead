"""When cars come: pure, never overlapping, and as much energy as the nameplate says."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.sectors.charging.twin import Habits

DAY = 86_400
SHARED = [HealthCheck.function_scoped_fixture]


@given(
    seed=st.integers(0, 10_000),
    arrival=st.floats(0, 24),
    stay=st.floats(0.25, 22),
    day=st.integers(0, 400),
)
@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
def test_sessions_of_a_car_never_overlap_and_lie_on_slot_edges(make, seed, arrival, stay, day):
    street = make.street(4, seed, arrival_h=arrival, stay_h=stay)
    start = make.start + day * DAY
    found = Habits.of(street).touching(start, start + 10 * DAY)
    assert np.all(found.since % 900 == 0)
    assert np.all(found.until % 900 == 0)
    assert np.all(found.until > found.since)
    same = found.row[1:] == found.row[:-1]
    assert np.all(found.since[1:][same] > found.until[:-1][same])
    assert np.all(found.feasible_kwh <= found.need_kwh)


@given(offset=st.integers(0, 20 * 96), slots=st.integers(1, 300))
@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
def test_any_window_sees_the_same_sessions(make, offset, slots):
    habits = Habits.of(make.street(5))
    start, end = make.start + 900 * offset, make.start + 900 * (offset + slots)
    part = habits.touching(start, end)
    whole = habits.touching(make.start - 5 * DAY, make.start + 30 * DAY)
    whole = whole.where((whole.since < end) & (whole.until > start))
    for name in ("row", "since", "until", "need_kwh", "feasible_kwh"):
        assert np.array_equal(getattr(part, name), getattr(whole, name))


def test_means_are_those_of_the_table(make):
    street = make.street(60, rated_kw=22.0)
    found = Habits.of(street).touching(make.start, make.start + 120 * DAY)
    assert found.need_kwh.sum() / (60 * 120) == pytest.approx(8.0, rel=0.03)
    assert found.feasible_kwh.sum() == pytest.approx(found.need_kwh.sum(), rel=0.001)
    assert found.row.size / (60 * 120) == pytest.approx(0.7, rel=0.03)
    stay_h = (found.until - found.since) / 3600
    assert stay_h.mean() == pytest.approx(13.0, rel=0.02)
    local = street.place.local(found.since)
    weekend = (local // DAY + 3) % 7 >= 5
    hour = local % DAY / 3600
    assert hour[~weekend].mean() == pytest.approx(17.5, abs=0.1)
    assert hour[weekend].mean() == pytest.approx(16.0, abs=0.15)


def test_cars_keep_local_time_when_the_clocks_change(make):
    street = make.street(200)
    march = 1458946800  # 2016-03-25T23:00Z, the night before the change is the next one
    found = Habits.of(street).touching(march, march + 4 * DAY)
    local = street.place.local(found.since)
    hours = [(local % DAY / 3600)[local // DAY == day].mean() for day in np.unique(local // DAY)]
    assert np.ptp(hours[1:3]) < 0.5


def test_luck_follows_the_seed_and_the_car_not_its_place_in_the_table(make):
    start, end = make.start, make.start + 20 * DAY
    one = Habits.of(make.street(4, seed=1)).touching(start, end)
    other = Habits.of(make.street(4, seed=2)).touching(start, end)
    more = Habits.of(make.street(6, seed=1, first=9)).touching(start, end)
    assert not np.array_equal(one.since[: other.since.size], other.since[: one.since.size])
    assert np.array_equal(one.since, more.since[more.row < 4])


def test_a_weak_charger_cannot_give_all_that_is_asked(make):
    street = make.street(10, rated_kw=1.0, daily_kwh=14.0, stay_h=4.0)
    found = Habits.of(street).touching(make.start, make.start + 20 * DAY)
    hours = (found.until - found.since) / 3600
    assert np.allclose(found.feasible_kwh, np.minimum(found.need_kwh, hours))
    assert found.feasible_kwh.sum() < found.need_kwh.sum()
