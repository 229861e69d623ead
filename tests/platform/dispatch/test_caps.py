from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Dispatcher, Worker
from commonwatt.platform.dispatch.caps import Rows, Units, rationed
from tests.platform.dispatch.towns import (
    START,
    Dice,
    LinearNetwork,
    limits_of,
    offers_of,
    prices,
    roof,
)


@settings(max_examples=200, deadline=None, database=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 6), count=st.integers(1, 6))
def test_limits_hold_wherever_the_sun_takes_the_units(seed: int, rows: int, count: int) -> None:
    dice = Dice(seed)
    sens = dice(-0.5, 1.0, rows, count)
    beside = dice(0, 3, count)
    value = sens @ beside
    limits = Rows(sens=sens, low=value - dice(0, 4, rows), high=value + dice(0, 4, rows))
    units = Units(
        connection=np.arange(count),
        power_kw=-dice(0, 4, count),
        want_kw=-dice(0, 4, count),
        bound_kw=-dice(4, 10, count),
    )
    cap = rationed(units, limits, beside + units.power_kw, held=False)
    assert (cap <= 0).all()
    assert (cap >= units.bound_kw - 1e-9).all()
    for where in (1.0, *(dice(0, 1, 8, count))):
        there = sens @ (beside + where * cap)
        assert (there <= limits.high + 1e-6).all()
        assert (there >= limits.low - 1e-6).all()
    _require_no_needless_throttling(limits, sens * cap, value, cap > units.bound_kw + 1e-6)


def _require_no_needless_throttling(limits, push, value, capped) -> None:
    full_up = value + np.maximum(push, 0).sum(axis=1) > limits.high - 1e-6
    full_down = value + np.minimum(push, 0).sum(axis=1) < limits.low + 1e-6
    for unit in np.flatnonzero(capped):
        blocked = (full_up & (push[:, unit] > 1e-9)) | (full_down & (push[:, unit] < -1e-9))
        assert blocked.any(), "a unit is capped though no limit that it pushes on is full"


def alike(power_kw, want_kw, bound_kw=-10.0):
    count = len(power_kw)
    return Units(
        connection=np.arange(count),
        power_kw=np.array(power_kw),
        want_kw=np.array(want_kw),
        bound_kw=np.full(count, bound_kw),
    )


def test_units_share_alike_whomever_the_plan_holds_back() -> None:
    limits = Rows(sens=np.ones((1, 2)), low=np.array([-6.0]), high=np.array([100.0]))
    cap = rationed(alike([-4.0, -2.0], [-4.0, -4.0]), limits, np.array([-4.0, -2.0]), held=True)
    assert cap == pytest.approx([-3.0, -3.0])


def test_together_they_get_no_more_than_a_plan_that_holds_them_back_for_its_own_reasons() -> None:
    limits = Rows(sens=np.ones((1, 2)), low=np.array([-100.0]), high=np.array([100.0]))
    units = alike([-1.0, -3.0], [-4.0, -4.0])
    assert rationed(units, limits, units.power_kw, held=True).sum() == pytest.approx(-4.0)
    assert rationed(units, limits, units.power_kw, held=False) == pytest.approx([-10.0, -10.0])


def test_whom_a_full_limit_does_not_concern_goes_on() -> None:
    sens = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    limits = Rows(sens=sens, low=np.array([-6.0, -100.0]), high=np.full(2, 100.0))
    units = alike([-2.0, -2.0, -2.0], [-2.0, -2.0, -2.0])
    assert rationed(units, limits, units.power_kw, held=False) == pytest.approx([-3, -3, -10])


def test_a_limit_already_broken_is_mended() -> None:
    limits = Rows(sens=np.ones((1, 1)), low=np.array([-5.0]), high=np.array([5.0]))
    units = alike([-7.0], [-7.0])
    assert rationed(units, limits, units.power_kw, held=False) == pytest.approx([-5.0])


def test_caps_of_a_plan(worker: Worker) -> None:
    window = Window.uniform(START, 4)
    network = LinearNetwork(limits_of(np.ones((1, 2)), -6.0, 50.0, 4))
    offers = offers_of(window, 0.0, (), (roof(4, 2.0), roof(4, 2.0, 3, 1)), connections=2)
    dispatcher = Dispatcher(network, worker=worker)
    rated = np.array([-9.0, -9.0, -9.0])
    assert np.isnan(dispatcher.caps(np.array([2, 3, 4]), rated)).all(), "no plan, no caps"
    dispatcher.plan(offers, prices(window, 0.1), START)
    cap = dispatcher.caps(np.array([2, 3, 4]), rated)
    assert cap[:2] == pytest.approx([-3.0, -3.0])
    assert np.isnan(cap[2]), "not in the plan"
