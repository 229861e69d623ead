"""The wires: everybody is fed, feeders are trees, rings are open at one point, all is sound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from commonwatt.city.generate import grown
from commonwatt.city.generate.catalogue import UNITS, ordered
from commonwatt.city.soundness import inspected, without
from commonwatt.sectors.grid.analysis.flow import Feeder
from commonwatt.sectors.grid.analysis.overload import band_breach_pu


def parts(buses, first, second):
    graph = coo_array((np.ones(first.size), (first, second)), shape=(buses, buses))
    return connected_components(graph, directed=False)[0]


def design_flow(city):
    """Every consumer at its peak, every building's heat pump and every lamp on at once."""
    kw, kvar = np.zeros((2, len(city.connections)))
    consumer = city.table("consumer")
    np.add.at(kw, consumer.connection, consumer.f("peak_kw"))
    np.add.at(kvar, consumer.connection, consumer.f("peak_kvar"))
    for kind in ("building", "lamp"):
        np.add.at(kw, city.table(kind).connection, city.table(kind).f("rated_kw"))
    return Feeder.of(city).flow(kw[:, None], kvar[:, None])


def check_shape(city):
    """Closed lines make trees below each source; closing the open ones makes one cycle a ring."""
    line, unit = city.table("line"), city.table("transformer")
    first = np.concatenate([unit.i("high_bus"), line.i("from_bus")])
    second = np.concatenate([unit.i("low_bus"), line.i("to_bus")])
    closed = np.concatenate([np.ones(len(unit)), line.i("closed_from") * line.i("closed_to")]) == 1
    buses, sources = len(city.table("bus")), len(city.table("source"))
    assert parts(buses, first[closed], second[closed]) == sources
    assert closed.sum() == buses - sources
    rings = {name.split("-")[1] for name in line.ids if name.startswith("line/ring-")}
    assert first.size - closed.sum() == len(rings)
    open_at = [line.ids[k] for k in np.flatnonzero(line.i("closed_to") == 0)]
    assert sorted(name.split("-")[1] for name in open_at) == sorted(rings)


@given(homes=st.integers(50, 500), seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_any_town_is_connected_and_carries_all_peaks_at_once(homes, seed):
    city = grown(homes, seed)
    check_shape(city)
    flow = design_flow(city)
    bus = city.table("bus")
    assert np.isfinite(flow.volts_pu).all()
    assert flow.loading.max() < 1.0
    assert not band_breach_pu(flow.volts_pu, bus.f("low_pu"), bus.f("high_pu")).any()


@pytest.mark.parametrize(("homes", "seed"), [(3000, 4), (12_000, 5)])
def test_larger_towns_too(city, homes, seed):
    grown_city = city(homes, seed)
    check_shape(grown_city)
    flow = design_flow(grown_city)
    assert flow.loading.max() < 1.0
    assert flow.volts_pu.min() > 0.95
    assert len(grown_city.table("source")) == 1


@pytest.mark.parametrize(("homes", "seed"), [(50, 1), (300, 7), (300, 2), (1200, 3)])
def test_the_hardest_days_break_no_limit_without_the_new_loads(city, homes, seed):
    found = inspected(without(city(homes, seed)), seed=1)
    assert found.sound
    assert found.dark_buses == 0
    for day in found.days:
        assert 0.02 < day.transformer < 1.0
        assert day.line < 1.0
        assert 0.95 < day.low_pu <= day.high_pu < 1.05


def test_transformers_are_neither_too_small_nor_idle(city):
    flow = design_flow(city(3000, 4))
    units = len(city(3000, 4).table("transformer"))
    assert 0.15 < np.median(flow.loading[:units]) < 0.7


def test_every_size_ordered_carries_its_load_with_reserve():
    kw = np.array([1.0, 80.0, 190.0, 500.0, 900.0, 4000.0])
    which, parallel = ordered(kw)
    kva = np.array([UNITS[k].rated_kva for k in which]) * parallel
    assert (kva >= 1.15 * kw / 0.95 - 1e-9).all()
    assert (kva[2:] < 2.1 * 1.15 * kw[2:] / 0.95).all()


def test_routes_run_from_bus_to_bus_along_the_streets_and_measure_what_the_table_says(city):
    grown_city = city(300, 7)
    route, line, bus = grown_city.layers["line"], grown_city.table("line"), grown_city.table("bus")
    assert list(route.columns["id"]) == list(line.ids)
    scale = np.array([111_195.0 * np.cos(np.radians(51.0)), 111_195.0])
    at = np.column_stack([bus.f("lon"), bus.f("lat")]) * scale
    for k in range(len(line)):
        here = slice(route.starts[k], route.starts[k + 1])
        way = np.column_stack([route.lon[here], route.lat[here]]) * scale
        assert np.hypot(*(way[0] - at[line.i("from_bus")[k]])) < 0.1
        assert np.hypot(*(way[-1] - at[line.i("to_bus")[k]])) < 0.1
        metres = np.hypot(*np.diff(way, axis=0).T).sum()
        assert metres == pytest.approx(line.f("length_m")[k], rel=0.03, abs=6.0)
