"""Chargers: full power from plug-in by habit, an envelope obeyed, energy that adds up."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.charging.twin import Cars


def live(make, street, cars, slots, *, first=0, cap=None):
    """Readings by quantity, and (slots, K) power, of `slots` steps."""
    told = {}
    power = []
    for k in range(first, first + slots):
        world = make.world(street, make.start + 900 * k)
        if cap is not None:
            world.high_kw[street.charger.ix] = cap(k)
        cars.step(world)
        power.append(world.asset_kw[street.charger.ix])
        for readings in world.readings:
            told.setdefault(readings.quantity, []).append(readings)
    return told, np.array(power)


def total(told, quantity):
    return sum(float(r.value.sum()) for r in told.get(quantity, []))


def test_left_alone_every_feasible_kwh_is_served_at_full_power(make):
    street = make.street(8)
    told, power = live(make, street, Cars(street), 4 * 96)
    assert total(told, "ev.served_kwh") > 50
    assert total(told, "ev.served_kwh") == pytest.approx(total(told, "ev.feasible_kwh"))
    assert total(told, "ev.served_kwh") == pytest.approx(total(told, "ev.asked_kwh"))
    assert power.max() == pytest.approx(11.0)


def test_a_charger_that_may_not_charge_serves_nothing(make):
    street = make.street(8)
    cars = Cars(street)
    live(make, street, cars, 96)
    told, power = live(make, street, cars, 3 * 96, first=96, cap=lambda _: 0.0)
    late = [r for r in told["ev.served_kwh"] if r.time[0] >= make.start + 2 * 86_400]
    assert sum(r.value.sum() for r in late) == 0.0
    assert not power.any()


@given(luck=st.integers(0, 1000), seed=st.integers(0, 50), least=st.sampled_from([0.0, 4.1]))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_energy_metered_is_energy_served_whatever_is_commanded(make, luck, seed, least):
    street = make.street(3, seed, min_kw=least)
    caps = np.random.default_rng(luck).uniform(-1, 13, (480, 3))
    cars = Cars(street)
    told, power = live(make, street, cars, 480, cap=lambda k: caps[k])
    assert np.all(power <= np.maximum(caps, 0) + 1e-9)
    assert np.all(power >= 0)
    metered = power.sum() / 4
    under_way = cars.requests()
    begun = Cars(street).fate(Window.uniform(make.start, 1)).requests
    got_before = begun.got_kwh.sum()
    got = total(told, "ev.served_kwh") + under_way.got_kwh.sum() - got_before
    assert got == pytest.approx(metered)
    assert total(told, "ev.served_kwh") <= total(told, "ev.feasible_kwh") + 1e-9


def test_setpoint_below_the_least_power_pauses_the_car(make):
    street = make.street(8, min_kw=4.1)
    _, power = live(make, street, Cars(street), 96, cap=lambda _: 3.0)
    assert not power.any()


def test_requests_are_known_from_plug_in_and_tell_what_was_delivered(make):
    street = make.street(8)
    cars = Cars(street)
    assert cars.requests() is None
    for k in range(4 * 96):
        live(make, street, cars, 1, first=k)
        now = make.start + 900 * (k + 1)
        asked = cars.requests()
        assert np.all(asked.since <= now)
        assert np.all(asked.until > now)
        assert np.unique(asked.asset).size == asked.asset.size
        assert np.all(asked.got_kwh[asked.since == now] == 0)


def test_fate_tells_what_then_happens(make):
    street = make.street(8)
    cars = Cars(street)
    live(make, street, cars, 80)
    window = Window.uniform(make.start + 900 * 80, 96)
    fate = cars.fate(window).requests
    now = cars.requests()
    begun = fate.since <= window.start
    assert np.array_equal(fate.asset[begun], now.asset)
    assert np.allclose(fate.got_kwh[begun], now.got_kwh)
    assert np.all(fate.got_kwh[~begun] == 0)
    told, _ = live(make, street, cars, 96, first=80)
    ended = fate.until <= window.end
    assert total(told, "ev.asked_kwh") == pytest.approx(fate.need_kwh[ended].sum())


def test_a_session_older_than_the_field_has_charged_as_people_do(make):
    street = make.street(30)
    fate = Cars(street).fate(Window.uniform(make.start, 1)).requests
    assert fate.asset.size > 5
    hours = (make.start - fate.since) / 3600
    assert np.allclose(fate.got_kwh, np.minimum(fate.need_kwh, 11.0 * hours))


def test_a_fork_lives_its_own_life(make):
    street = make.street(8)
    cars = Cars(street)
    live(make, street, cars, 70)
    fork = deepcopy(cars)
    same, _ = live(make, street, deepcopy(cars), 40, first=70)
    told, _ = live(make, street, cars, 40, first=70)
    live(make, street, fork, 40, first=70, cap=lambda _: 0.0)
    assert total(told, "ev.got_kwh") == total(same, "ev.got_kwh")
    assert fork.requests().got_kwh.sum() < cars.requests().got_kwh.sum()


def test_no_supply_no_charging(make):
    street = make.street(8)
    cars = Cars(street)
    for k in range(100):
        world = make.world(street, make.start + 900 * k)
        world.energised[:] = False
        cars.step(world)
        assert not world.asset_kw.any()


def test_a_street_without_chargers_has_a_silent_twin(make):
    street = make.street(0)
    cars = Cars(street)
    world = make.world(street, make.start)
    cars.step(world)
    assert world.readings == []
    assert cars.requests() is None
    assert cars.fate(Window.uniform(make.start, 4)).requests is None
