from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Dispatcher, Worker
from commonwatt.platform.dispatch.caps import headroom
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
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 6), units=st.integers(1, 6))
def test_limits_hold_wherever_the_sun_takes_the_units(seed: int, rows: int, units: int) -> None:
    dice = Dice(seed)
    sens = dice(-0.5, 1.0, rows, units)
    power, rated = -dice(0, 4, units), -dice(4, 10, units)
    net = dice(0, 3, units) + power
    value = sens @ net
    limits = limits_of(
        sens, (value - dice(0, 4, rows))[:, None], (value + dice(0, 4, rows))[:, None], 1
    )
    cap = headroom(
        limits, 0, net_kw=net, connection=np.arange(units), power_kw=power, bound_kw=rated
    )
    assert (cap <= power + 1e-12).all()
    assert (cap >= rated - 1e-12).all()
    for where in (1.0, *(dice(0, 1, 8, units))):
        there = sens @ (net + where * (cap - power))
        assert (there <= limits.high[:, 0] + 1e-6).all()
        assert (there >= limits.low[:, 0] - 1e-6).all()
    share = (cap - power) / (rated - power)
    _require_no_needless_throttling(limits, sens * (rated - power), value, share)


def _require_no_needless_throttling(limits, push, value, share) -> None:
    up = value + np.maximum(push, 0) @ share
    down = value + np.minimum(push, 0) @ share
    full_up, full_down = up > limits.high[:, 0] - 1e-6, down < limits.low[:, 0] + 1e-6
    for unit in np.flatnonzero(share < 1 - 1e-6):
        blocked = (full_up & (push[:, unit] > 1e-9)) | (full_down & (push[:, unit] < -1e-9))
        assert blocked.any(), "a unit is capped though no limit that it pushes on is full"


def test_equal_units_share_alike_and_others_go_on() -> None:
    sens = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    limits = limits_of(sens, np.array([[-6.0], [-100.0]]), 100.0, 1)
    cap = headroom(
        limits, 0, net_kw=np.array([-2.0, -2.0, -2.0]), connection=np.arange(3),
        power_kw=np.full(3, -2.0), bound_kw=np.full(3, -10.0),
    )  # fmt: skip
    assert cap == pytest.approx([-3.0, -3.0, -10.0])


def test_a_limit_already_broken_gives_no_room() -> None:
    limits = limits_of(np.ones((1, 1)), -5.0, 5.0, 1)
    cap = headroom(
        limits, 0, net_kw=np.array([-7.0]), connection=np.array([0]),
        power_kw=np.array([-7.0]), bound_kw=np.array([-9.0]),
    )  # fmt: skip
    assert cap == pytest.approx([-7.0])


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
