"""Planning around overrides: a held store behaves as the same store would under its bounds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.city.held import Held, around, nobody
from commonwatt.kernel.flexibility import Envelope, Offers, Storage
from commonwatt.kernel.intervals import SLOT_S, Window

SLOTS = 4
kw = st.floats(-6, 6)
column = st.floats(0.5, 1.0)


def filled(value):
    return np.full((2, SLOTS), float(value))


def store(draw, feed, eta):
    zero = np.zeros(2)
    return Storage(
        asset=np.array([3, 5]), connection=np.array([0, 1]), draw_kw=filled(draw),
        feed_kw=filled(feed), eta_in=filled(eta), eta_out=filled(eta), keep=filled(0.99),
        use_kwh=filled(0.1), low_kwh=filled(0), high_kwh=filled(10), short_price=filled(1),
        start_kwh=zero + 5, wear_price=zero, end_price=zero,
    )  # fmt: skip


def band():
    return Envelope(
        asset=np.array([7, 8]), connection=np.array([0, 1]), low_kw=filled(-4),
        want_kw=filled(-3), high_kw=filled(0), down_price=filled(0), up_price=filled(0),
    )  # fmt: skip


def offers(*, storage=(), envelope=()):
    fixed = np.zeros((2, SLOTS))
    return Offers(
        window=Window.uniform(0, SLOTS), fixed_kw=fixed, fixed_kvar=fixed, storage=storage,
        envelope=envelope,
    )  # fmt: skip


def held(asset, low, high, slots=2):
    return Held(
        asset=np.array([asset]), low_kw=np.array([low]), high_kw=np.array([high]),
        until=np.array([slots * SLOT_S]),
    )  # fmt: skip


powers = st.floats(0, 5)


@settings(deadline=None)
@given(bounds=st.tuples(kw, kw), rated=st.tuples(powers, powers), eta=column, share=st.floats(0, 1))
def test_what_is_left_to_plan_is_what_lies_between_the_bounds(bounds, rated, eta, share):
    (low, high), (draw, feed) = sorted(bounds), rated
    free = store(draw, feed, eta)
    found = around(offers(storage=(free,)), held(3, low, high))
    (left,) = found.storage
    least, most = (float(np.clip(x, -feed, draw)) for x in (low, high))
    sure = found.fixed_kw[0, 0]
    np.testing.assert_allclose(sure - left.feed_kw[0, 0], least, atol=1e-9)
    np.testing.assert_allclose(sure + left.draw_kw[0, 0], most, atol=1e-9)
    planned = -left.feed_kw[0, 0] + share * (left.draw_kw[0, 0] + left.feed_kw[0, 0])
    whole = sure + planned

    def gain(power):
        return (eta * max(power, 0.0) - max(-power, 0.0) / eta) * 0.25

    np.testing.assert_allclose(
        gain(planned) - left.use_kwh[0, 0], gain(whole) - free.use_kwh[0, 0], atol=1e-9
    )


@settings(deadline=None)
@given(a=kw, b=kw)
def test_others_and_later_slots_stay_as_they_were(a, b):
    whole = offers(storage=(store(4, 2, 0.9),), envelope=(band(),))
    found = around(whole, held(3, min(a, b), max(a, b)))
    for name in ("draw_kw", "feed_kw", "use_kwh"):
        new, old = (getattr(o.storage[0], name) for o in (found, whole))
        np.testing.assert_array_equal(new[1], old[1])
        np.testing.assert_array_equal(new[0, 2:], old[0, 2:])
    assert found.envelope[0] is whole.envelope[0]
    assert (found.fixed_kw[1] == 0).all()
    assert (found.fixed_kw[0, 2:] == 0).all()


@settings(deadline=None)
@given(a=kw, b=kw)
def test_a_held_band_lies_within_both(a, b):
    low, high = min(a, b), max(a, b)
    found = around(offers(envelope=(band(),)), held(8, low, high)).envelope[0]
    for name in ("low_kw", "want_kw", "high_kw"):
        values = getattr(found, name)
        assert ((values[1, :2] >= low) & (values[1, :2] <= high)).all()
        np.testing.assert_array_equal(values[0], getattr(band(), name)[0])
    assert (found.low_kw <= found.want_kw).all()
    assert (found.want_kw <= found.high_kw).all()


def test_nobody_held_changes_nothing():
    whole = offers(storage=(store(4, 2, 0.9),))
    assert around(whole, nobody(0)) is whole
