"""A feeder's own correction: takes back what must be, no more, and lets go completely."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.platform.dispatch.correction import Caps, Movers, Patience, Reading, corrected

STEP_S = 10.0
PATIENCE = Patience()


def movers(draw, *, feed=None, least=None, pause=None, sens=None):
    draw = np.asarray(draw, float)
    nothing = np.zeros(draw.size)
    return Movers(
        asset=np.arange(draw.size),
        sens=np.ones((1, draw.size)) if sens is None else np.asarray(sens, float),
        draw_kw=draw,
        feed_kw=nothing if feed is None else np.asarray(feed, float),
        least_draw_kw=nothing if least is None else np.asarray(least, float),
        least_feed_kw=nothing,
        pause_kw=nothing if pause is None else np.asarray(pause, float),
    )


class Feeder:
    """Loads behind limits; devices do what they are told some steps later, as far as they want."""

    def __init__(self, units, limit, *, delay=0, truth=None, noise=1e-6):
        self.units, self.limit, self.delay = units, np.atleast_1d(np.asarray(limit, float)), delay
        self.sens = units.sens if truth is None else truth
        self.caps = Caps.none(units.asset, self.limit.size)
        self.told = [self.caps] * (delay + 1)
        self.want = units.draw_kw - units.feed_kw
        self.noise, self.rng = noise, np.random.default_rng(1)

    def power(self):
        caps = self.told[0]
        held = np.clip(self.want, -caps.feed_kw, caps.draw_kw)
        return np.where((held > 0) & (held < self.units.pause_kw), 0.0, held)

    def step(self, rest, value=None):
        """Live one step with `rest` kW that nobody moves; what the limits saw."""
        power = self.power()
        load = np.atleast_1d(rest) + self.sens @ power + self.noise * self.rng.normal()
        seen = load if value is None else np.broadcast_to(value, load.shape)
        reading = Reading(
            value=seen + 0.0,
            low=-self.limit,
            high=self.limit,
            spare=0.05 * self.limit,
            power_kw=power,
        )
        self.caps = corrected(self.caps, self.units, reading, STEP_S, PATIENCE)
        self.told = [*self.told[1:], self.caps]
        return load

    def live(self, rests):
        return np.array([self.step(rest) for rest in rests])


UNITS = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0.5, 11.0), min_size=n, max_size=n),
        st.lists(st.floats(0.0, 1.0), min_size=n, max_size=n),
    )
)


@given(UNITS, st.floats(0.0, 1.0), st.floats(-0.15, 0.15))
@settings(max_examples=60)
def test_a_broken_limit_holds_in_bounded_steps_if_what_moves_suffices(units, tight, error):
    """Even where sensitivities are 15 % off, in either direction."""
    draw, need = np.array(units[0]), np.array(units[1])
    least = need * draw
    plant = movers(draw, least=least)
    limit = 20.0 + least.sum() + tight * (draw - least).sum()
    feeder = Feeder(plant, limit, truth=np.full((1, draw.size), 1.0 + error))
    rest = limit - (1.0 + error) * least.sum() - 0.2 * tight * (draw - least).sum()
    loads = feeder.live([rest] * 8)
    assert loads[-1, 0] <= limit * 1.001
    assert loads[1, 0] <= max(loads[0, 0], limit * 1.001), "never further above"
    assert (feeder.caps.draw_kw >= least - 1e-9).all(), "no need is touched"
    held = np.isfinite(feeder.caps.draw_kw)
    assert (feeder.caps.draw_kw[held] <= draw[held] + 1e-9).all()


@given(UNITS, st.floats(-40.0, 60.0), st.integers(0, 1000))
@settings(max_examples=60)
def test_while_a_limit_is_broken_nobody_gets_more(units, rest, seed):
    luck = np.random.default_rng(seed)
    draw = np.array(units[0])
    feeder = Feeder(movers(draw, feed=luck.uniform(0, 5, draw.size)), 25.0)
    feeder.want = luck.uniform(-feeder.units.feed_kw, feeder.units.draw_kw)
    for _ in range(12):
        before = feeder.caps
        load = feeder.step(rest + luck.normal(0, 3))
        if load[0] > 25.0:
            assert (feeder.caps.draw_kw <= before.draw_kw + 1e-9).all()
        if load[0] < -25.0:
            assert (feeder.caps.feed_kw <= before.feed_kw + 1e-9).all()


@given(UNITS)
@settings(max_examples=40)
def test_release_is_complete_and_slow(units):
    draw = np.array(units[0])
    feeder = Feeder(movers(draw), 10.0 + draw.sum() / 2)  # as wide below nothing
    feeder.step(10.0)
    assert feeder.caps.held.any()
    caps = [feeder.caps.draw_kw]
    for _ in range(30):
        feeder.step(-draw.sum())
        caps.append(feeder.caps.draw_kw)
    assert not feeder.caps.held.any(), "all of it"
    for before, after in pairwise(caps):
        known = np.isfinite(before) & np.isfinite(after)
        ramp = draw * STEP_S / PATIENCE.release_s
        assert (after[known] - before[known] <= ramp[known] + 1e-6).all(), "in small steps"
    early = int(PATIENCE.hold_s / STEP_S) - 1
    np.testing.assert_array_equal(caps[early], caps[0], err_msg="not before it was calm")


@pytest.mark.parametrize("delay", [0, 1, 3, 6])
def test_late_devices_do_not_make_it_swing(delay):
    """A minute late, every device: the load settles below the limit and stays."""
    feeder = Feeder(movers(np.full(20, 5.0)), 70.0, delay=delay, truth=np.full((1, 20), 1.08))
    loads = feeder.live([20.0] * 150)[:, 0]
    settled = loads[4 * (delay + 2) :]
    assert (settled <= 70.0 * 1.001).all()
    assert settled.min() > 60.0, "and does not fall far below"
    changes = np.sign(np.diff(settled)[np.abs(np.diff(settled)) > 0.05])
    assert np.count_nonzero(np.diff(changes)) <= 2, "up and down once at most"


def test_noise_within_the_band_moves_nobody():
    feeder = Feeder(movers(np.full(20, 5.0)), 70.0, noise=0.7)
    feeder.live([20.0] * 30)
    before = feeder.caps.draw_kw.copy()
    feeder.noise = 0.3
    feeder.live([20.0] * 60)
    changed = np.abs(feeder.caps.draw_kw - before).max()
    assert changed < 0.2


def test_room_is_shared_alike_and_left_to_whom_it_is_of_use():
    feeder = Feeder(movers([4.0, 8.0, 8.0]), 12.0)
    feeder.want = np.array([1.0, 8.0, 8.0])
    feeder.live([0.0] * 3)
    cap = feeder.caps.draw_kw
    assert np.isinf(cap[0]), "who wants little is not held"
    np.testing.assert_allclose(cap[1:], 5.5)


def test_feed_in_is_held_where_voltage_is_too_high():
    roofs = movers(np.zeros(2), feed=[6.0, 6.0], sens=[[-0.01, -0.02]])
    high = Reading(
        value=np.array([1.10]), low=np.array([0.90]), high=np.array([1.06]),
        spare=np.array([0.002]), power_kw=np.array([-6.0, -6.0]),
    )  # fmt: skip
    caps = corrected(Caps.none(roofs.asset, 1), roofs, high, STEP_S, PATIENCE)
    given_up = 6.0 - caps.feed_kw
    assert float(np.array([0.01, 0.02]) @ given_up) == pytest.approx(0.04)
    np.testing.assert_allclose(given_up[0], given_up[1])


def test_chargers_run_at_their_least_or_pause():
    cars = movers(np.full(4, 11.0), pause=np.full(4, 4.1))
    feeder = Feeder(cars, 20.0)
    loads = feeder.live([10.0] * 30)[:, 0]
    assert (loads[2:] <= 20.0).all()
    running = feeder.power() > 0
    assert running.sum() == 2, "two fit at their least, four do not"
    assert (feeder.power()[running] >= 4.1).all()
    late = movers(np.full(4, 11.0), pause=np.full(4, 4.1), least=[0.0, 0.0, 0.0, 2.0])
    feeder = Feeder(late, 12.0)
    feeder.live([10.0] * 3)
    np.testing.assert_allclose(feeder.power(), [0.0, 0.0, 0.0, 4.1], err_msg="who must charges")


def test_who_does_not_obey_counts_as_fixed():
    feeder = Feeder(movers(np.full(3, 5.0)), 20.0)
    stubborn = feeder.power

    def deaf():
        return np.array([5.0, *stubborn()[1:]])

    feeder.power = deaf
    loads = feeder.live([10.0] * 12)[:, 0]
    assert loads[-1] <= 20.0, "the others make up for it"
    assert feeder.caps.draw_kw[1:].sum() == pytest.approx(5.0, abs=0.01)


def test_a_limit_that_is_no_longer_measured_holds_its_caps_a_while_and_lets_go():
    feeder = Feeder(movers(np.full(4, 5.0)), 20.0)
    feeder.live([10.0] * 8)
    held = feeder.caps.draw_kw.copy()
    for _ in range(5):
        feeder.step(10.0, value=np.nan)
    np.testing.assert_array_equal(feeder.caps.draw_kw, held)
    for _ in range(30):
        feeder.step(10.0, value=np.nan)
    assert not feeder.caps.held.any(), "the plan stands again"


def test_a_value_that_sticks_is_none():
    feeder = Feeder(movers(np.full(4, 5.0)), 20.0)
    for _ in range(10):
        feeder.step(10.0, value=25.0)
    assert feeder.caps.held.all(), "believed at first"
    for _ in range(40):
        feeder.step(0.0, value=25.0)
    assert not feeder.caps.held.any(), "and after two minutes no more"


def test_nothing_is_done_while_nothing_is_broken():
    feeder = Feeder(movers(np.full(4, 5.0)), 31.0)
    feeder.live([10.0] * 5)
    assert not feeder.caps.held.any()


def test_another_plan_takes_its_caps_along():
    feeder = Feeder(movers([5.0, 5.0, 5.0]), 16.0)
    feeder.live([10.0] * 2)
    np.testing.assert_allclose(feeder.caps.draw_kw, 2.0, rtol=1e-5)
    other = replace(movers([1.0, 6.0]), asset=np.array([0, 2]), sens=np.ones((1, 2)))
    caps = feeder.caps.under(other)
    assert np.isinf(caps.draw_kw[0]), "the plan permits less than the cap by itself"
    assert caps.draw_kw[1] == pytest.approx(2.0)
    needs = replace(other, least_draw_kw=np.array([0.0, 3.0]))
    assert feeder.caps.under(needs).draw_kw[1] == pytest.approx(3.0), "needs come first"
    empty = feeder.caps.under(replace(movers([]), sens=np.zeros((1, 0))))
    assert not empty.held.any()
    assert not empty.under(other).held.any()
