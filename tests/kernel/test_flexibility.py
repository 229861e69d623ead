import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.kernel.intervals import Window


def schedule(slots=4, start=0):
    power = np.arange(2 * slots, dtype=float).reshape(2, slots)
    return Schedule(
        window=Window.uniform(start, slots),
        asset=np.array([5, 3]),
        power_kw=power,
        level_kwh=power,
        binding=np.full(slots, -1),
        limits=(),
        node_price=np.zeros((1, slots)),
        breach=np.zeros((0, slots)),
        cost_eur=0.0,
        status="optimal",
    )


def test_power_is_found_by_asset_and_unknown_assets_are_nan():
    power = schedule().power_of(np.array([3, 4, 5]))
    np.testing.assert_array_equal(power[0], [4, 5, 6, 7])
    np.testing.assert_array_equal(power[2], [0, 1, 2, 3])
    assert np.isnan(power[1]).all()


def test_what_is_left_of_a_plan_starts_in_its_slot():
    rest = schedule().since(900)
    assert rest.window.start == 900
    assert len(rest.window) == 3
    np.testing.assert_array_equal(rest.power_of(np.array([5]))[0], [1, 2, 3])
    assert schedule().since(4 * 900) is None
    assert schedule(start=900).since(0) is None


def test_nothing_to_gather_is_said():
    with pytest.raises(InvalidInput, match="no flexible sector"):
        Offers.gathered([])
