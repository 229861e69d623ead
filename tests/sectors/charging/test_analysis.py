"""What a session needs, and the sector's account."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.charging import SECTOR
from commonwatt.sectors.charging.analysis import feasible_kwh, least_kw


def one(value):
    return np.array([value])


@given(
    need=st.floats(0, 80), got=st.floats(0, 80), power=st.floats(1, 22), until=st.integers(1, 99)
)
def test_least_power_now_and_full_power_after_meets_what_is_feasible(need, got, power, until):
    departure = one(until * 900)
    full = feasible_kwh(one(need), one(got), one(power), one(0), departure)[0]
    least = least_kw(one(need - got), one(power), departure, 0, 900)[0]
    reached = min(max(need, got), got + least / 4 + power * (until - 1) / 4)
    assert reached == pytest.approx(full, abs=1e-6)


def test_the_account_counts_only_sessions_told_in_full(make):
    lost = np.nan
    measured = {
        "ev.asked_kwh": np.array([[10.0, lost], [lost, 8.0], [lost, 6.0]]),
        "ev.feasible_kwh": np.array([[9.0, lost], [lost, lost], [lost, 6.0]]),
        "ev.served_kwh": np.array([[9.0, lost], [lost, 8.0], [lost, 3.0]]),
    }
    view = make.view(make.street(3), make.requests(), measured=measured)
    rows = SECTOR.measured.measures(view, Window.uniform(make.start, 2)).rows
    value = {(area, name): (v, of) for area, name, _, v, of in rows}
    assert value["north", "car energy by departure"] == (9.0, 9.0)
    assert value["north", "car energy feasible"] == (9.0, 10.0)
    assert value["north", "car sessions ended"][0] == 1.0
    assert value["south", "car energy by departure"] == (3.0, 6.0)


def test_a_street_without_chargers_has_no_account(make):
    view = make.view(make.street(0), make.requests())
    assert SECTOR.measured.measures(view, Window.uniform(make.start, 2)).rows == ()
