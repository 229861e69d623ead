"""Left alone: habits by hand, and that no store leaves its bounds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.city.live.alone import left_alone
from commonwatt.kernel.flexibility import Envelope, Offers, Storage
from commonwatt.kernel.intervals import Window

WINDOW = Window(np.array([0, 900, 1800, 5400]))
HOURS = WINDOW.hours
SLOTS = len(WINDOW)


def filled(value):
    return np.full((1, SLOTS), float(value))


def store(**changed):
    one = np.ones(1)
    given_ = {
        "asset": np.array([5]), "connection": np.array([1]), "draw_kw": filled(4),
        "feed_kw": filled(0), "eta_in": filled(1), "eta_out": filled(1), "keep": filled(1),
        "use_kwh": filled(0), "low_kwh": filled(0), "high_kwh": filled(3), "short_price": filled(1),
        "start_kwh": 0 * one, "wear_price": one, "end_price": one,
    }  # fmt: skip
    return Storage(**{**given_, **changed})


def alone(fixed, *blocks):
    kw = np.zeros((2, SLOTS)) + np.asarray(fixed, float)
    return left_alone(
        Offers(
            window=WINDOW,
            fixed_kw=kw,
            fixed_kvar=0 * kw,
            storage=tuple(b for b in blocks if isinstance(b, Storage)),
            envelope=tuple(b for b in blocks if isinstance(b, Envelope)),
        )
    )


def test_a_car_fills_at_once_and_then_rests():
    net = alone(1.0, store())
    np.testing.assert_allclose(net[1] - 1, [4, 4, 1])  # 1 + 1 + 1 of 3 kWh
    np.testing.assert_allclose(net[0], 1)


def test_what_loses_heat_is_kept_at_the_least_that_is_wanted():
    warm = store(
        low_kwh=filled(2), high_kwh=filled(9), use_kwh=filled(0.5), start_kwh=np.array([3.0]),
        eta_in=filled(2),
    )  # fmt: skip
    net = alone(0.0, warm)
    np.testing.assert_allclose(net[1], [0, 0, 0.25])  # 3 → 2.5 → 2, then 0.5 kWh at twofold


def test_a_roof_and_a_battery_do_as_they_like():
    roof = Envelope(
        asset=np.array([6]), connection=np.array([1]), low_kw=filled(-5), want_kw=filled(-5),
        high_kw=filled(0), down_price=filled(0), up_price=filled(0),
    )  # fmt: skip
    battery = store(feed_kw=filled(4))
    np.testing.assert_allclose(alone(0.0, roof, battery)[1], [-1, -1, -5 + 1])


powers = st.floats(-6, 6, allow_nan=False)


@given(
    fixed=st.lists(powers, min_size=SLOTS, max_size=SLOTS),
    keep=st.floats(0.9, 1), use=st.floats(0, 0.3), start=st.floats(0, 3), feed=st.booleans(),
    eta=st.floats(0.5, 1),
)  # fmt: skip
def test_no_store_leaves_its_bounds(*, fixed, keep, use, start, feed, eta):
    block = store(
        keep=filled(keep), use_kwh=filled(0 if feed else use), start_kwh=np.array([start]),
        feed_kw=filled(4 if feed else 0), eta_in=filled(eta), eta_out=filled(eta),
    )  # fmt: skip
    power = (alone(fixed, block) - np.array([fixed, fixed]))[1]
    assert (power <= 4 + 1e-9).all()
    assert (power >= (-4 if feed else 0) - 1e-9).all()
    level = start
    for kw, hours in zip(power, HOURS, strict=True):
        level = keep * level - block.use_kwh[0, 0]
        level += (eta * kw if kw > 0 else kw / eta) * hours
        assert level <= 3 + 1e-9
        assert not feed or level >= -1e-9
