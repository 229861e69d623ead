"""The twin solves what the world holds and publishes what instruments would see."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.world import Weather, World
from commonwatt.sectors.grid import SECTOR
from commonwatt.sectors.grid.twin import GridTwin


def world(connections: int, assets: int) -> World:
    calm = np.zeros(1)
    return World(
        start=900,
        end=1800,
        weather=Weather(temperature_c=calm, wind_m_s=calm, ghi_w_m2=calm, dhi_w_m2=calm),
        phase=np.arange(connections) % 4,
        power_kw=np.zeros((connections, 3)),
        reactive_kvar=np.zeros((connections, 3)),
        asset_kw=np.zeros(assets),
        low_kw=np.full(assets, -np.inf),
        high_kw=np.full(assets, np.inf),
        volts_pu=np.ones(connections),
        energised=np.ones(connections, dtype=bool),
    )


def test_it_solves_the_sum_of_phases_and_publishes(city) -> None:
    twin, now = GridTwin(city), world(6, city.assets)
    now.draw(np.arange(6), np.full(6, 10.0), 2.0)
    twin.step(now)
    seen = {r.quantity: r for r in now.readings}
    assert set(seen) == {q.name for q in SECTOR.quantities}
    assert seen["grid.source_kw"].value[0] == pytest.approx(
        60 + seen["grid.loss_kw"].value[0], abs=1e-4
    )
    assert (now.volts_pu < 1.0).all()
    assert np.array_equal(now.volts_pu, seen["bus.volts_pu"].value[2:])
    assert all((r.time == 900).all() for r in now.readings)
    assert twin.stage == 2


def test_a_copy_lives_on_alike(city) -> None:
    twin = GridTwin(city)
    one, other = world(6, city.assets), world(6, city.assets)
    for w in (one, other):
        w.draw(np.arange(6), np.linspace(-20, 20, 6))
    copy.deepcopy(twin).step(one)
    twin.step(other)
    assert np.array_equal(one.volts_pu, other.volts_pu)


def test_wires_have_no_fate_and_no_wishes(city) -> None:
    twin = GridTwin(city)
    assert twin.requests() is None
    assert twin.fate(Window.uniform(0, 4)).truth == {}
