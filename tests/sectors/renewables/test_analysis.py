"""What roofs' readings say, and the sector's account."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.renewables import SECTOR
from commonwatt.sectors.renewables.analysis import (
    derive,
    potential_kw,
    references,
)


def test_potential_is_known_only_of_roofs_that_ran_free():
    known = potential_kw(np.array([-2.0, -2.0, -2.0, 0.1]), np.array([0.0, 1.0, np.nan, 0.0]))
    assert known[[0, 3]].tolist() == [2.0, 0.0]
    assert np.isnan(known[1:3]).all()


def test_derived_potential_leaves_capped_roofs_out(view):
    window = Window.uniform(view.now - 900, 1)
    view.measured = {
        "asset.power_kw": np.array([[-4.0], [-1.0], [np.nan]]),
        "pv.capped": np.array([[0.0], [1.0], [0.0]]),
    }
    (readings,) = derive(view, window)
    assert readings.quantity == "pv.potential_kw"
    assert readings.series.tolist() == [1]
    assert readings.value.tolist() == [4.0]
    assert readings.time.tolist() == [window.start]


def test_a_town_without_roofs_has_nothing_to_derive_or_account_for(bare_view):
    window = Window.uniform(bare_view.now, 1)
    assert derive(bare_view, window) == []
    assert SECTOR.measured.measures(bare_view, window).rows == ()


def test_the_account_shares_out_the_potential_by_neighbourhood(view):
    view.measured = {
        "asset.power_kw": np.array([[-4.0, -4.0], [-1.0, np.nan], [-1.0, -2.0]]),
        "pv.curtailed_kw": np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]]),
    }
    rows = SECTOR.measured.measures(view, Window.uniform(view.now, 2)).rows
    value = {(area, name): (v, of) for area, name, _, v, of in rows}
    assert value["north", "solar fed in"] == (2.0, 2.0)
    assert value["south", "solar fed in"] == (pytest.approx(1.0), pytest.approx(1.75))
    assert value["south", "solar curtailed"] == (pytest.approx(0.75), pytest.approx(1.75))
    assert value["south", "solar potential"][0] == pytest.approx(1.75)


@given(st.lists(st.floats(0.5, 500.0), max_size=40))
@settings(max_examples=60, deadline=None)
def test_reference_roofs_are_the_smallest_and_never_more_than_a_tenth(rated):
    rated_kw = np.array(rated)
    free = references(rated_kw)
    assert rated_kw[free].sum() <= 0.1 * rated_kw.sum() * (1 + 1e-12)
    capped = rated_kw[~free]
    if free.any():
        assert rated_kw[free].max() <= capped.min()
    if capped.size:  # and one more would be too many
        assert rated_kw[free].sum() + capped.min() > 0.1 * rated_kw.sum() * (1 - 1e-12)


def test_nine_equal_roofs_have_no_reference_and_ten_have_one():
    assert references(np.full(9, 8.0)).sum() == 0
    assert references(np.full(10, 8.0)).tolist() == [True] + [False] * 9
