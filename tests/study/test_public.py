"""A small city with lamps and a school: all four runs, and what nobody may take from people."""

import pickle
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from commonwatt.sectors.buildings.analysis import open_share
from commonwatt.sectors.lighting.analysis import Levels, dark_share
from commonwatt.study import play as stage
from commonwatt.study.accounts import cold_k_h, stored_kwh
from commonwatt.study.play import lead

RUNS = ["today", "tuned", "coordinated", "bound"]
DEAR = range(36, 44)
"""Slots after noon in which energy is dearer than light: 21:00 to 23:00."""
HALL, PATH = 7, 8
"""Connections of the school, and of half of the lamps."""


@pytest.fixture(scope="module")
def town(village, tables):
    """The village with a school, twenty lamps, and two evening hours in which energy is dear."""
    price = village().series.values["price.wholesale_eur_per_kwh"].copy()
    hour = np.arange(price.size) % 96 / 4
    price[(hour >= 21) & (hour < 23)] += 0.6
    city = village(rated_kva=40.0, **{"price.wholesale_eur_per_kwh": price})
    near, far = ["near"] * 4, ["far"] * 3
    connections = tables(
        "connection", 9, bus=[1, 1, 2, 2, 2, 3, 3, 3, 2], neighbourhood=[*near, *far, "far", "near"]
    )
    lamps = tables("lamp", 20, [HALL, PATH] * 10, rated_kw=0.08, road_class=["M4", "P4"] * 10)
    school = tables(
        "building", 1, [HALL], floor_m2=600.0, rated_kw=12.0, loss_kw_per_k=0.7, mass_kwh_per_k=45.0
    )
    named = replace(city, connections=connections)
    return named.with_tables({"lamp": lamps, "building": school})


@pytest.fixture(scope="module")
def life(town, scene, short_lead):
    """Lives Sunday noon to Monday noon in one of the four runs; the same object whoever asks."""
    assert short_lead == stage.LEAD_DAYS
    past = pickle.dumps(lead(town, scene.start, scene.seed))

    @cache
    def lived(run):
        world = pickle.loads(past)  # noqa: S301 - our own bytes
        played = stage.play(replace(scene, run=run), world)
        return SimpleNamespace(played=played, world=world, truth=world.truth())

    return lived


def of(life, kind, quantity, scene):
    return life.truth.history(quantity, life.world.city.table(kind).ix, scene.window)


def rows_of(played, area="all"):
    return {r.measure: r for r in played.rows if r.area == area}


@pytest.mark.parametrize("run", RUNS)
def test_no_lamp_falls_below_its_class_and_nobody_sits_in_the_cold(run, life, scene):
    lived = life(run)
    levels = Levels.of(lived.world.ground.table("lamp"))
    dark = dark_share(scene.window, lived.world.city.place)
    kw = of(lived, "lamp", "asset.power_kw", scene)
    assert (kw >= dark * levels.least_kw[:, None] - 1e-9).all()
    assert kw[:, dark == 0].max() == 0
    share = open_share(lived.world.ground.table("building"), lived.world.city.place, scene.window)
    air = of(lived, "building", "zone.air_c", scene)
    assert share.sum() == 16, "Monday, eight to noon"
    assert air[share > 0].min() > 19.9
    assert air[share == 0].min() > 16.9
    assert rows_of(lived.played)["building_comfort_lost"].value < 0.1


def test_coordination_dims_lamps_when_energy_is_dearer_than_light(life, scene):
    for run in ("coordinated", "bound"):
        taken = of(life(run), "lamp", "lamp.taken_kw", scene).sum(axis=0)
        assert (taken[DEAR] > 0.4).all(), run
        assert np.delete(taken, DEAR).max() == pytest.approx(0, abs=1e-9), run
    for run in ("today", "tuned"):
        assert of(life(run), "lamp", "lamp.taken_kw", scene).max() == 0, run


def test_coordination_warms_the_school_when_power_is_cheap(life, scene):
    def mean_price(run):
        kw = of(life(run), "building", "asset.power_kw", scene)[0]
        return np.average(life(run).played.trace.price, weights=kw)

    assert mean_price("coordinated") < mean_price("tuned") - 0.01
    dear = of(life("coordinated"), "building", "asset.power_kw", scene)[0][DEAR]
    assert dear.max() < 0.1
    commands = life("coordinated").played.trace.reasons
    assert any(name.startswith("building") and "as planned" in why for _, name, _, why in commands)


def test_coordination_is_worth_something_and_the_bound_more(life):
    cost = {run: rows_of(life(run).played)["system_cost"].value for run in RUNS}
    assert cost["bound"] < cost["coordinated"] < cost["tuned"] < cost["today"]


@pytest.mark.parametrize("run", RUNS)
def test_light_and_cold_are_counted_in_every_run_alike(run, life, scene):
    lived = life(run)
    told, prices = rows_of(lived.played), lived.world.city.prices
    taken = of(lived, "lamp", "lamp.taken_kw", scene).sum() / 4
    assert told["light_taken"].value == pytest.approx(taken)
    assert told["cost_dimming"].value == pytest.approx(prices.dimming_eur_per_kwh * taken)
    parts = [r.value for name, r in told.items() if name.startswith("cost_")]
    assert sum(parts) == pytest.approx(told["system_cost"].value)
    full = told["light_energy"].share_of
    night = dark_share(scene.window, lived.world.city.place).sum() / 4
    assert full == pytest.approx(20 * 0.08 * night)
    assert 0.5 * full < told["light_energy"].value < 0.8 * full
    for area in ("near", "far"):
        half = rows_of(lived.played, area)
        assert half["light_energy"].share_of == pytest.approx(full / 2)
    assert rows_of(lived.played, "near")["building_occupied"].value == 0
    assert rows_of(lived.played, "far")["building_occupied"].value == pytest.approx(4.0)


def test_all_runs_meet_the_same_people(life, scene):
    seen = [of(life(run), "lamp", "lamp.presence", scene) for run in RUNS]
    base = [life(run).played.trace.power_kw["consumer"] for run in RUNS]
    for presence, drawn in zip(seen, base, strict=True):
        assert presence.tobytes() == seen[0].tobytes()
        np.testing.assert_allclose(drawn, base[0], atol=1e-9)


def test_traces_show_lamps_and_school_and_account_for_every_kilowatt(life, scene):
    for run in RUNS:
        trace = life(run).played.trace
        assert {"lamp", "building"} <= set(trace.power_kw)
        meters = life(run).truth.history("meter.power_kw", np.arange(9), scene.window)
        np.testing.assert_allclose(sum(trace.power_kw.values()), meters.sum(axis=0), atol=1e-9)


def test_what_the_school_uses_beside_heat_is_in_the_fate_of_its_connection(life, scene):
    lived = life("today")
    base = lived.world.field.fate(scene.window).truth["connection.base_kw"][1]
    own = of(lived, "building", "asset.power_kw", scene)[0]
    lamps = of(lived, "lamp", "asset.power_kw", scene)[::2].sum(axis=0)
    meter = lived.truth.history("meter.power_kw", np.array([HALL]), scene.window)[0]
    np.testing.assert_allclose(base[HALL], meter - own - lamps, atol=1e-9)
    assert base[HALL].max() > 2.0


def test_a_city_without_lamps_and_schools_hears_nothing_of_them(lived):
    played = lived("coordinated").played
    names = {r.measure for r in played.rows}
    assert not [n for n in names if "light" in n or "lamp" in n or "building" in n or "dimm" in n]
    assert not {"lamp", "building"} & set(played.trace.power_kw)


def test_cold_in_a_school_weighs_as_in_the_homes_its_people_would_fill(life, scene):
    ground = life("today").world.ground

    class Frozen:
        def history(self, quantity, series, window):
            assert quantity in {"building.cold_k_h", "zone.cold_k_h"}
            return np.full((series.size, len(window)), 0.25)

    hours = len(scene.window) / 4
    assert cold_k_h(Frozen(), ground, scene.window) == pytest.approx((3 + 30.0) * hours)


def test_heat_left_in_the_school_is_credited(life):
    lived = life("coordinated")
    view, ground = lived.truth, lived.world.ground

    class Warmer:
        def latest(self, quantity, series):
            return view.latest(quantity, series) + (quantity == "zone.mass_c")

        def requests(self):
            return view.requests()

    more = stored_kwh(Warmer(), ground) - stored_kwh(view, ground)
    assert more == pytest.approx(ground.table("building").f("mass_kwh_per_k")[0] / 3.0)
