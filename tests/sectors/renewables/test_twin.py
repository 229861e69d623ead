"""Roofs feed in their potential, never more than their cap allows, and say when they are held."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.physics.sun import pv_per_rated_kw
from commonwatt.sectors.renewables.twin import Roofs

NOON = 1466508600 - 1466508600 % 900  # 2016-06-21, late morning UTC


def read(world, quantity):
    (found,) = [r for r in world.readings if r.quantity == quantity]
    return found.value


def test_a_free_roof_feeds_in_all_it_can(town, fresh_world):
    world = fresh_world(NOON)
    roofs = Roofs(town)
    roofs.step(world)
    _, potential = roofs.fate(Window.uniform(NOON, 1)).truth["pv.potential_kw"]
    assert np.allclose(world.asset_kw[1:4], -potential[:, 0])
    assert world.asset_kw[1] == pytest.approx(-5.0)
    assert world.net_kw() == pytest.approx([-potential[0, 0], -potential[1:, 0].sum()])
    assert np.all(read(world, "pv.curtailed_kw") == 0)
    assert np.all(read(world, "pv.capped") == 0)


def test_the_weather_makes_the_power_of_a_roof_without_profile(town):
    window = Window.uniform(NOON, 8)
    _, potential = Roofs(town).fate(window).truth["pv.potential_kw"]
    weather = town.weather(window)
    by_pvlib = pv_per_rated_kw(
        window.starts + 450, town.place, weather, np.array([35.0, 20.0]), np.array([180.0, 90.0])
    )
    assert np.allclose(potential[1:], by_pvlib * [[5.0], [4.0]])


@given(cap=st.floats(0, 12), roof=st.integers(1, 3))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_feed_in_and_curtailment_add_up_to_the_potential(town, fresh_world, cap, roof):
    world, roofs = fresh_world(NOON), Roofs(town)
    world.low_kw[roof], world.high_kw[roof] = -cap, 0.0
    roofs.step(world)
    _, potential = roofs.fate(Window.uniform(NOON, 1)).truth["pv.potential_kw"]
    fed = -world.asset_kw[1:4]
    assert np.allclose(fed + read(world, "pv.curtailed_kw"), potential[:, 0])
    assert fed[roof - 1] <= cap + 1e-9
    held = potential[roof - 1, 0] > cap + 1e-9
    assert read(world, "pv.capped")[roof - 1] == float(held)


def test_no_command_makes_a_roof_draw_or_shine_at_night(town, fresh_world):
    night = NOON - NOON % 86_400 + 60_000
    world = fresh_world(night)
    world.low_kw[1:4], world.high_kw[1:4] = 2.0, 3.0
    Roofs(town).step(world)
    assert np.all(world.asset_kw == 0)


def test_a_dark_connection_loses_its_sun(town, fresh_world):
    world = fresh_world(NOON)
    world.energised[0] = False
    Roofs(town).step(world)
    assert world.asset_kw[1] == 0
    assert read(world, "pv.curtailed_kw")[0] == pytest.approx(5.0)
    assert read(world, "pv.capped")[0] == 1.0


def test_a_fork_lives_on_alike(town, fresh_world):
    roofs = Roofs(town)
    roofs.step(fresh_world(NOON))
    fork = deepcopy(roofs)
    ours, theirs = fresh_world(NOON + 900), fresh_world(NOON + 900)
    roofs.step(ours)
    fork.step(theirs)
    assert np.array_equal(ours.asset_kw, theirs.asset_kw)
    assert roofs.requests() is None


def test_a_town_without_roofs_has_a_silent_twin(bare_town, fresh_world):
    world = fresh_world(NOON)
    Roofs(bare_town).step(world)
    assert world.readings == []
    assert Roofs(bare_town).fate(Window.uniform(NOON, 4)).truth == {}
