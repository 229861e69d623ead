"""Buildings as the field lives them: people, base load, time switch, commands."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S, Window
from commonwatt.kernel.rng import Rng
from commonwatt.sectors.buildings import SECTOR
from commonwatt.sectors.buildings.analysis import open_share
from commonwatt.sectors.buildings.model import BUILDING
from commonwatt.sectors.buildings.twin.heating import GUARD_K
from commonwatt.sectors.buildings.twin.people import USAGE, Occupants

DAY = 96


def opened(campus):
    first = campus.worlds[0].start
    window = Window.uniform(first, len(campus.worlds))
    return open_share(campus.plan.things, campus.plan.place, window)


def test_what_happens_is_what_fate_says_whatever_is_commanded(campus_of):
    for cap in (np.inf, 3.0):
        campus = campus_of()
        campus.high[:] = cap
        series, base = campus.twin.fate(Window.uniform(campus.now, DAY)).truth["connection.base_kw"]
        campus.live(DAY)
        drawn = np.array([w.net_kw() for w in campus.worlds]).T
        heat = np.array([w.asset_kw for w in campus.worlds]).T
        assert series.tolist() == [0, 1, 2, 3]
        assert drawn[:2] - heat == pytest.approx(base[:2], abs=1e-9)
        assert not drawn[2:].any()


def test_a_fork_lives_the_same_life(campus):
    campus.live(5)
    other = deepcopy(campus)
    assert campus.live().power_kw.tobytes() == other.live().power_kw.tobytes()


def test_the_same_luck_is_the_same_people(campus):
    window = Window.uniform(campus.now, 3 * DAY)
    whole = Occupants(campus.plan).over(window)
    part = Occupants(campus.plan).over(Window.uniform(campus.now + DAY_S, DAY))
    for one, other in zip(whole, part, strict=True):
        assert one[:, DAY : 2 * DAY].tobytes() == other.tobytes()
    strangers = Occupants(replace(campus.plan, rng=Rng(5))).over(window)[0]
    assert np.abs(strangers - whole[0]).max() > 0.5


def test_current_follows_floor_and_hours(campus):
    week = Window.uniform(campus.now, 7 * DAY)
    used, gain = Occupants(campus.plan).over(week)
    share = open_share(campus.plan.things, campus.plan.place, week)
    for k, use in enumerate(("school", "office")):
        of = USAGE[use]
        assert used[k][share[k] == 0] == pytest.approx(1.2 * of.standby_w)
        busy = used[k][share[k] == 1].mean()
        assert busy == pytest.approx(1.2 * (of.current_w + of.fans_w), rel=0.15)
    night = (share[0] == 0) & (campus.plan.weather(week).ghi_w_m2 == 0)
    assert gain[:, night] == pytest.approx(used[:, night]), "at night only standby warms"


def test_the_switch_keeps_people_warm_and_nights_cooler(campus):
    campus.live(5 * DAY)
    air, share = campus.told("zone.air_c"), opened(campus)
    assert campus.told("zone.cold_k_h").sum() < 0.5
    assert air[share > 0].min() > 19.7
    assert air[share > 0].max() < 26.0
    assert air[share == 0].min() > 16.5
    assert campus.told("zone.occupied_h").sum(axis=1) == pytest.approx([5 * 8.75] * 2)


def test_a_setpoint_is_obeyed_while_nobody_suffers(campus):
    campus.live(4)
    campus.low[:] = campus.high[:] = 7.5
    assert campus.live().asset_kw == pytest.approx([7.5, 7.5])
    campus.low[:] = campus.high[:] = 99.0
    assert campus.live().asset_kw == pytest.approx([26.0, 26.0])


def test_the_caretaker_overrules_a_command_that_freezes_or_cooks(campus_of):
    frozen, cooked = campus_of(mean_c=-4.0), campus_of()
    frozen.low[:] = frozen.high[:] = 0.0
    cooked.low[:] = cooked.high[:] = 26.0
    frozen.live(4 * DAY)
    cooked.live(4 * DAY)
    share = opened(frozen)
    assert frozen.told("zone.air_c")[share == 0].min() > 16.0
    assert frozen.told("asset.power_kw")[:, -DAY:].mean() > 1.0
    assert frozen.told("zone.cold_k_h").sum() > 1.0
    air, power = cooked.told("zone.air_c"), cooked.told("asset.power_kw")
    too_warm = air[:, :-1] > 24.0 + GUARD_K
    assert too_warm.any()
    assert not power[:, 1:][too_warm].any()
    assert (power[:, 1:][~too_warm] == 26.0).all()


def test_cold_counts_only_while_open(campus_of):
    campus = campus_of(mean_c=-6.0, sun_w_m2=0.0, rated_kw=4.0)
    campus.live(2 * DAY)
    cold, air, share = campus.told("zone.cold_k_h"), campus.told("zone.air_c"), opened(campus)
    assert cold == pytest.approx(np.maximum(20.0 - air, 0.0) * share / 4)
    assert (air[share == 0] < 20).any()


def test_without_supply_nothing_runs(campus):
    campus.live()
    campus.energised = False
    world = campus.live()
    assert np.abs(world.power_kw).max() == 0
    assert world.asset_kw.max() == 0


def test_a_use_nobody_described_is_refused_by_name(tabled, quarter, life):
    church = tabled(
        BUILDING, [0], use="church", floor_m2=100.0, rated_kw=5.0, loss_kw_per_k=0.1,
        mass_kwh_per_k=10.0,
    )  # fmt: skip
    with pytest.raises(InvalidInput, match=r"'building/0'.*'church'.*school, office"):
        life(quarter(church), SECTOR)


def test_a_town_without_buildings_is_quiet(campus_of):
    campus = campus_of(())
    world = campus.live()
    assert world.readings == []
    assert not world.net_kw().any()
    assert campus.twin.fate(Window.uniform(campus.now, 4)).truth == {}
