"""People, buildings, tanks and batteries as the field lives them."""

from copy import deepcopy

import numpy as np
import pytest

from commonwatt.kernel.intervals import Window
from commonwatt.physics.people import mood
from commonwatt.sectors.homes import model

DAY = 96


def days(run, slots: int) -> None:
    for _ in range(slots):
        run.slot()


def measured(run, quantity: str, kind: str) -> np.ndarray:
    window = Window.uniform(run.worlds[0].start, len(run.worlds))
    return run.view().history(quantity, run.ground.table(kind).ix, window)


def test_what_happens_is_what_fate_says(run):
    fate = run.homes.fate(Window.uniform(run.now + 1800, 30)).truth
    days(run, 32)
    consumer = run.ground.table("consumer")
    happened = np.array([w.asset_kw[consumer.ix] for w in run.worlds[2:]]).T
    series, base = fate["connection.base_kw"]
    assert series.tolist() == list(range(6))
    assert base == pytest.approx(happened, abs=1e-12)
    later = run.homes.fate(Window.uniform(run.worlds[5].start, 3)).truth["hot_water.use_kw"][1]
    assert later == pytest.approx(fate["hot_water.use_kw"][1][:, 3:6], abs=1e-12)


def test_a_fork_lives_the_same_life(run):
    days(run, 5)
    other = deepcopy(run)
    assert run.slot().power_kw.tobytes() == other.slot().power_kw.tobytes()


def test_moods_have_mean_one_and_wander(hamlet):
    homes, window = np.arange(40), Window.uniform(0, 20 * DAY)
    factor = mood(hamlet.rng, hamlet.place, "homes.base", homes, window)
    log = np.log(factor)
    assert factor.mean() == pytest.approx(1.0, abs=0.02)
    assert log.std() == pytest.approx(0.25, abs=0.02)
    next_slot = np.corrcoef(log[:, :-1].ravel(), log[:, 1:].ravel())[0, 1]
    assert 0.6 < next_slot < 0.95
    halves = [
        mood(hamlet.rng, hamlet.place, "homes.base", homes, Window.uniform(t, 8)) for t in (0, 7200)
    ]
    assert np.concatenate(halves, axis=1).tobytes() == factor[:, :16].tobytes()


def test_hot_water_comes_to_the_daily_mean(hamlet, field_of):
    use = field_of(hamlet).homes.fate(Window.uniform(0, 60 * DAY)).truth["hot_water.use_kw"][1]
    litres = use.mean() * 24 / (4.186 / 3600 * 40)
    assert litres == pytest.approx(120, rel=0.07)
    assert 0.02 < (use > 0).mean() < 0.2


def test_thermostats_keep_people_warm(run):
    days(run, 2 * DAY)
    air = measured(run, "building.air_c", "heat_pump")
    assert air.min() > 20.4
    assert air.max() < 22.5
    assert measured(run, "building.cold_k_h", "heat_pump").sum() == 0
    power = measured(run, "asset.power_kw", "heat_pump")
    assert 0.3 < power.mean() < 2.0


def test_people_overrule_a_command_that_freezes_them(run):
    heat = run.ground.table("heat_pump")
    run.low[heat.ix] = run.high[heat.ix] = 0.0
    days(run, 3 * DAY)
    air = measured(run, "building.air_c", "heat_pump")
    assert 19.3 < air.min() < 19.95
    assert measured(run, "asset.power_kw", "heat_pump")[:, -DAY:].mean() > 0.2
    assert measured(run, "building.cold_k_h", "heat_pump").sum() > 0


def test_nobody_is_cooked(run):
    heat = run.ground.table("heat_pump")
    run.low[heat.ix] = run.high[heat.ix] = 10.0
    days(run, 2 * DAY)
    power = measured(run, "asset.power_kw", "heat_pump")
    assert power.max() <= heat.f("rated_kw").max()
    assert measured(run, "building.air_c", "heat_pump").max() < 25.0


def test_a_setpoint_is_obeyed_while_nobody_suffers(run):
    heat = run.ground.table("heat_pump")
    run.low[heat.ix] = run.high[heat.ix] = 0.8
    world = run.slot()
    assert world.asset_kw[heat.ix] == pytest.approx(np.full(6, 0.8))


def test_tanks_stay_between_empty_and_full(run):
    days(run, 2 * DAY)
    level = measured(run, "hot_water.level_kwh", "hot_water")
    assert level.min() >= 0.0
    assert level.max() <= 9.31
    assert level.mean() > 4.0
    tank = run.ground.table("hot_water")
    run.high[tank.ix] = 0.0
    days(run, 2 * DAY)
    level = run.view().latest("hot_water.level_kwh", tank.ix)
    assert level.min() > 0.0


def test_batteries_cancel_the_rest_of_their_home(run):
    run.sun_kw = 3.0
    days(run, 4)
    net = run.worlds[-1].net_kw()
    assert np.abs(net[:2]).max() < 1e-9
    assert net[2:].max() < 0
    level = measured(run, "battery.level_kwh", "battery")
    power = measured(run, "asset.power_kw", "battery")
    assert np.diff(level, axis=1) == pytest.approx(power[:, 1:] * 0.95 * 0.25)
    assert power[1] == pytest.approx(power[2])


def test_batteries_stop_when_full_or_empty(run):
    run.sun_kw = 9.0
    days(run, 40)
    assert run.view().latest("battery.level_kwh", np.arange(3)) == pytest.approx(np.full(3, 10.0))
    run.sun_kw = 0.0
    run.low[:3] = run.high[:3] = -5.0
    days(run, 20)
    assert run.view().latest("battery.level_kwh", np.arange(3)) == pytest.approx(np.zeros(3))
    assert np.abs(run.worlds[-1].asset_kw[:3]).max() < 1e-9


def test_without_supply_nothing_runs(run):
    run.slot()
    before = run.view().latest("battery.level_kwh", np.arange(3))
    world = run.slot(energised=False)
    assert np.abs(world.power_kw).max() == 0
    assert run.view().latest("battery.level_kwh", np.arange(3)) == pytest.approx(before)


def test_a_city_without_homes_is_quiet(hamlet, field_of):
    hamlet.tables = {}
    run = field_of(hamlet)
    world = run.slot()
    assert world.net_kw().tolist() == [0.0] * 6
    fate = run.homes.fate(Window.uniform(run.now, 4)).truth
    assert fate[model.GAIN_KW.name][1].shape == (0, 4)
