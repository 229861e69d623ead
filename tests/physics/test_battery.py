"""Batteries keep their energy balance and their bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.physics.battery import Battery, throughput_kwh

ONE = Battery(np.array([5.0]), np.array([10.0]), np.array([0.95]))


@settings(max_examples=60, deadline=None)
@given(level=st.floats(0, 10), want=st.floats(-20, 20), hours=st.floats(0.05, 2))
def test_any_possible_power_stays_within_capacity(level: float, want: float, hours: float):
    start = np.array([level])
    low, high = ONE.possible(start, hours)
    power = np.clip(np.array([want]), low, high)
    end = ONE.step(start, power, hours)
    assert -5.0 <= low[0] <= 0.0 <= high[0] <= 5.0
    gained = power * 0.95 if want > 0 else power / 0.95
    assert end == pytest.approx(start + gained * hours, abs=1e-9)
    assert 0.0 <= end[0] <= 10.0


def test_a_round_trip_loses_both_ways():
    level = ONE.step(np.array([2.0]), np.array([4.0]), 1.0)
    assert level == pytest.approx([5.8])
    assert ONE.step(level, np.array([-3.61]), 1.0) == pytest.approx([2.0])


def test_wear_counts_both_directions():
    assert throughput_kwh(np.array([4.0, -2.0]), 0.25).sum() == pytest.approx(1.5)
