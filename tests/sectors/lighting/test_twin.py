"""Lamps as the field lives them: dusk, passers, commands, faults."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.rng import Rng
from commonwatt.sectors.lighting.analysis import Levels, dark_share
from commonwatt.sectors.lighting.twin import faults
from commonwatt.sectors.lighting.twin.faults import Faults
from commonwatt.sectors.lighting.twin.passers import Passers

DAY = 96


def powers(street):
    return np.array([w.asset_kw for w in street.worlds]).T


def test_lamps_burn_from_dusk_to_dawn(street):
    street.live(DAY)
    levels = Levels.of(street.plan.things)
    dark = dark_share(Window.uniform(street.worlds[0].start, DAY), street.plan.place)
    kw = powers(street)
    assert kw[:, dark == 0].max() == 0
    night = kw[:, dark == 1]
    assert (night >= levels.reduced_kw[:, None] - 1e-12).all()
    assert (night <= levels.full_kw[:, None] + 1e-12).all()
    assert street.told("lamp.burning_h").sum(axis=1) == pytest.approx(np.full(18, dark.sum() / 4))
    assert street.told("lamp.below_h").max() == 0
    assert street.told("lamp.taken_kw").max() == 0


def test_busy_roads_shine_and_quiet_paths_rest(street_of):
    street = street_of(["M1"] * 6 + ["P5"] * 6)
    street.live(DAY)
    seen = street.told("lamp.presence")
    evening, night = slice(68, 76), slice(8, 16)
    assert seen[:6, evening].mean() > 0.95
    assert seen[6:, night].mean() < 0.1
    assert seen[:6, night].mean() > seen[6:, night].mean()
    assert seen[6:, evening].mean() > 2 * seen[6:, night].mean()


def test_dimming_by_presence_saves_about_a_third_on_a_residential_street(street_of):
    street = street_of(["P4"] * 20)
    street.live(7 * DAY)
    full = 0.1 * street.told("lamp.burning_h").sum()
    saved = 1 - powers(street).sum() / 4 / full
    assert 0.2 < saved < 0.4


def test_what_happens_is_what_fate_says_whatever_is_commanded(street_of):
    here, there = street_of(), street_of()
    there.high[:] = 0.05
    fate = here.twin.fate(Window.uniform(here.now, 40)).truth["lamp.presence"]
    for street in (here, there):
        street.live(40)
        assert fate[0].tolist() == list(range(18))
        assert street.told("lamp.presence") == pytest.approx(fate[1], abs=1e-12)
    assert powers(there).sum() < powers(here).sum()


@given(seed=st.integers(0, 99), cut=st.integers(1, 30))
def test_the_same_luck_is_the_same_presence_however_it_is_asked(seed, cut):
    passers = _passers(seed)
    whole = passers.over(Window.uniform(1_452_466_800, 31))[0]
    first = passers.over(Window.uniform(1_452_466_800, cut))[0]
    rest = passers.over(Window.uniform(1_452_466_800 + cut * 900, 31 - cut))[0]
    assert np.concatenate([first, rest], axis=1).tobytes() == whole.tobytes()
    assert ((whole >= 0) & (whole < 1 + 1e-12)).all()
    assert _passers(seed).over(Window.uniform(1_452_466_800, 31))[0].tobytes() == whole.tobytes()


_MADE = {}


@pytest.fixture(autouse=True)
def _remember(street_of):
    """Hypothesis wants no fixtures of the function; the ground of a street is the same anyway."""
    _MADE["street"] = street_of(["M3", "C2", "P4", "P6"])


def _passers(seed):
    return Passers(replace(_MADE["street"].plan, rng=Rng(seed)))


def test_other_luck_is_other_people():
    one, other = (_passers(seed).over(Window.uniform(1_452_500_000 // 900 * 900, 8))[0]
                  for seed in (1, 2))  # fmt: skip
    assert np.abs(one - other).max() > 0.01


@given(cap=st.floats(0, 0.2), low=st.floats(-0.1, 0.2))
def test_a_dimmed_lamp_never_falls_below_its_class(cap, low):
    street = _MADE["street"]
    street.low[:], street.high[:] = min(low, cap), cap
    world = street.live()
    dark = dark_share(Window.uniform(world.start, 1), street.plan.place)[0]
    least = Levels.of(street.plan.things).least_kw
    assert (world.asset_kw >= dark * least - 1e-12).all()
    assert (world.asset_kw <= 0.1 + 1e-12).all()


def test_a_cap_takes_light_from_people_and_says_so(street_of):
    street = street_of(["M2"] * 4)
    street.high[:2] = 0.0
    street.live(8)
    taken, below = street.told("lamp.taken_kw"), street.told("lamp.below_h")
    want = Levels.of(street.plan.things).wanted(1.0, street.told("lamp.presence"))
    least = Levels.of(street.plan.things).least_kw[:, None]
    assert powers(street)[:2] == pytest.approx(np.broadcast_to(least[:2], (2, 8)))
    assert taken[:2] == pytest.approx((want - least)[:2])
    assert below[:2] == pytest.approx(np.full((2, 8), 0.25))
    assert (taken[2:].max(), below[2:].max()) == (0, 0)


def test_the_lowest_class_has_nothing_to_give(street_of):
    street = street_of(["P6", "M6"])
    street.high[:] = 0.0
    street.live(8)
    assert powers(street) == pytest.approx(np.full((2, 8), 0.1))
    assert street.told("lamp.below_h").max() == 0


def test_without_supply_it_is_dark_and_that_counts(street):
    street.energised = False
    world = street.live()
    assert np.abs(world.asset_kw).max() == 0
    assert street.told("lamp.below_h") == pytest.approx(np.full((18, 1), 0.25))
    assert street.told("lamp.taken_kw").max() == 0


def test_faults_come_as_often_as_stated_and_last_a_week():
    lamps, days = 400, 3 * 365
    broken = Faults(Rng(3), lamps)
    dark = np.array([broken.on(day * 86_400)[0] for day in range(days)])
    begun = (dark[1:] & ~dark[:-1]).sum()
    expected = faults.DARK_PER_YEAR * lamps * days / 365.25
    assert begun == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert dark.sum() == pytest.approx(begun * 7, rel=0.2)


def test_a_dead_lamp_draws_nothing_and_a_stuck_one_burns_by_day(street_of, monkeypatch):
    street = street_of(["M5", "P4", "P4"])
    odd = np.array([True, False, False]), np.array([False, True, False])
    monkeypatch.setattr(Faults, "on", lambda _self, _start: odd)
    night = street.live()
    assert night.asset_kw[0] == 0
    assert street.told("lamp.below_h")[:, 0] == pytest.approx([0.25, 0, 0])
    street.live(48)
    assert street.live().asset_kw == pytest.approx([0.0, 0.1, 0.0])


def test_a_town_without_lamps_is_quiet(street_of):
    street = street_of([])
    world = street.live()
    assert world.readings == []
    assert street.twin.fate(Window.uniform(street.now, 4)).truth == {}
