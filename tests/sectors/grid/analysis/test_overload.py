"""The one definition of overloaded."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from commonwatt.sectors.grid.analysis.overload import (
    band_breach_pu,
    excess_kva,
    hours_above,
    outside_band,
    overload_kvah,
)


@given(arrays(float, (3, 5), elements=st.floats(0, 3)))
def test_excess_is_zero_exactly_where_nothing_is_overloaded(loading) -> None:
    excess = excess_kva(loading, np.array([100.0, 50.0, 10.0]))
    assert np.array_equal(excess > 0, loading > 1)
    assert (excess <= 2 * np.array([[100.0], [50.0], [10.0]])).all()


def test_energy_and_hours_add_up_over_slots() -> None:
    loading = np.array([[1.2, 0.9, 1.005]])
    hours = np.array([0.25, 0.25, 1.0])
    assert np.isclose(overload_kvah(loading, np.array([100.0]), hours)[0], 5.0 + 0.5)
    assert hours_above(loading, 1.0, hours)[0] == 1.25
    assert hours_above(loading, 1.01, hours)[0] == 0.25


def test_bands_are_breached_on_either_side_and_never_by_dead_buses() -> None:
    volts = np.array([[1.11, 0.95, 0.89], [np.nan, 1.0, 1.0]])
    low, high = np.full(2, 0.9), np.full(2, 1.1)
    assert np.allclose(band_breach_pu(volts, low, high), [[0.01, 0, -0.01], [0, 0, 0]])
    assert outside_band(volts, low, high).tolist() == [True, False, True]
