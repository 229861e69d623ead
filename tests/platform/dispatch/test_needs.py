"""What a store cannot give up: the least is enough, and less is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Storage
from commonwatt.platform.dispatch.needs import least_draw_kw

SLOTS = 6


def store(draw, low, start, *, keep=1.0, eta=1.0, use=0.0):
    shape = (1, SLOTS)
    return Storage(
        asset=np.array([0]),
        connection=np.array([0]),
        draw_kw=np.broadcast_to(draw, shape).astype(float),
        feed_kw=np.zeros(shape),
        eta_in=np.full(shape, eta),
        eta_out=np.ones(shape),
        keep=np.full(shape, keep),
        use_kwh=np.full(shape, use),
        low_kwh=np.broadcast_to(low, shape).astype(float),
        high_kwh=np.full(shape, 1e3),
        short_price=np.ones(shape),
        start_kwh=np.array([start]),
        wear_price=np.zeros(shape),
        end_price=np.zeros(shape),
    )


def short(block, first_kw, hours):
    """How far below a wanted level it ends up at worst, at full power after the first slot."""
    level, worst = block.start_kwh[0], 0.0
    for t in range(SLOTS):
        power = first_kw if t == 0 else block.draw_kw[0, t]
        level = block.keep[0, t] * level - block.use_kwh[0, t]
        level += block.eta_in[0, t] * power * hours[t]
        worst = max(worst, block.low_kwh[0, t] - level)
    return worst


@given(
    st.lists(st.floats(0.0, 12.0), min_size=SLOTS, max_size=SLOTS).map(np.array),
    st.floats(0.0, 12.0),
    st.floats(0.8, 1.0),
    st.floats(0.5, 4.0),
    st.floats(-0.5, 1.0),
)
@settings(max_examples=80)
def test_the_least_is_enough_and_less_is_not(low, start, keep, eta, use):
    hours = np.array([0.25, 0.25, 0.5, 0.5, 1.0, 1.0])
    block = store(3.0, low, start, keep=keep, eta=eta, use=use)
    least = float(least_draw_kw(block, hours)[0])
    unavoidable = short(block, 3.0, hours)
    assert 0.0 <= least <= 3.0
    if unavoidable <= 1e-9:
        assert short(block, least, hours) <= 1e-6
        if least > 1e-6:
            assert short(block, 0.99 * least - 1e-6, hours) > 0
    else:
        assert least == pytest.approx(3.0), "who is late anyway gives up nothing"


def test_a_car_with_time_gives_up_everything_and_a_late_one_nothing():
    hours = np.full(SLOTS, 0.25)
    leaves = np.array([0.0, 0, 0, 0, 0, 4.5])
    assert least_draw_kw(store(11.0, leaves, 0.0), hours)[0] == 0.0
    leaves = np.array([0.0, 0, 0, 0, 0, 16.5])
    assert least_draw_kw(store(11.0, leaves, 0.0), hours)[0] == pytest.approx(11.0)
    leaves = np.array([0.0, 0, 0, 0, 0, 15.0])
    assert least_draw_kw(store(11.0, leaves, 0.0), hours)[0] == pytest.approx(5.0)
