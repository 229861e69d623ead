"""Opening hours, the time switch, what is derived, who is cold, and what it comes to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.sectors.buildings import SECTOR
from commonwatt.sectors.buildings.analysis import comfort_due, open_share, set_point_c
from commonwatt.sectors.buildings.analysis.switch import MONDAY_PREHEAT_H, PREHEAT_H
from commonwatt.sectors.buildings.model import BUILDING

DAY = 96
BERLIN = Place(51.3, 9.5, 200.0, "Europe/Berlin")


@pytest.fixture
def halls(tabled):
    """Opens 8 to 16, 7:30 to 12:15, and at 8:50."""
    return tabled(
        BUILDING, [0, 1, 2], floor_m2=100.0, rated_kw=5.0, loss_kw_per_k=0.1, mass_kwh_per_k=10.0,
        open_h=[8.0, 7.5, 8 + 5 / 6], close_h=[16.0, 12.25, 16.0],
    )  # fmt: skip


def test_buildings_are_open_on_working_days(halls, monday):
    week = Window.uniform(monday, 7 * DAY)
    share = open_share(halls, BERLIN, week).reshape(3, 7, DAY).sum(axis=2) / 4
    assert share[:, :5] == pytest.approx(np.repeat([[8.0], [4.75], [7 + 1 / 6]], 5, axis=1))
    assert not share[:, 5:].any()


def test_hours_follow_the_clock_on_the_wall(halls):
    for midnight in (1_490_569_200, 1_490_479_200 - 2 * DAY_S):  # Mon 27 March 2017, and Fri 24
        local = int(BERLIN.local(np.array([midnight]))[0]) % DAY_S
        share = open_share(halls, BERLIN, Window.uniform(midnight - local, DAY))
        assert np.argmax(share[0] > 0) == 32


@given(start=st.integers(0, 400), slots=st.integers(1, 60), width=st.sampled_from([1, 2, 4]))
def test_wide_slots_are_the_mean_of_narrow_ones(start, slots, width):
    window = Window.uniform(1_452_466_800 + start * SLOT_S, slots, width * SLOT_S)
    wide = open_share(_HALLS["halls"], BERLIN, window)
    narrow = open_share(_HALLS["halls"], BERLIN, window.fine())
    assert wide == pytest.approx(narrow.reshape(3, slots, width).mean(axis=2))
    due = comfort_due(_HALLS["halls"], BERLIN, window)
    assert due[wide > 0].all(), "who is open must be warm"


_HALLS = {}


@pytest.fixture(autouse=True)
def _remember(halls):
    """Hypothesis wants no fixtures of the function; halls are the same anyway."""
    _HALLS["halls"] = halls


def test_rooms_are_due_warm_when_the_door_opens(halls, monday):
    due = comfort_due(halls, BERLIN, Window.uniform(monday, DAY))
    assert [int(np.argmax(row)) for row in due] == [31, 29, 34]
    assert [int(row.sum()) for row in due] == [33, 20, 30]
    hours = comfort_due(halls, BERLIN, Window.uniform(monday, 24, 3600))
    assert [int(np.argmax(row)) for row in hours] == [7, 7, 8]


def test_the_switch_turns_to_comfort_some_hours_ahead_and_longer_on_mondays(halls, monday):
    def warm(hour, day=0):
        now = int(monday + day * DAY_S + hour * 3600)
        return set_point_c(halls, BERLIN, now)[0] == 21.0

    assert warm(8 - MONDAY_PREHEAT_H)
    assert not warm(8 - MONDAY_PREHEAT_H - 0.25)
    assert warm(8 - PREHEAT_H, day=1)
    assert not warm(8 - PREHEAT_H - 0.25, day=1)
    assert warm(15.75)
    assert not warm(16)
    assert not warm(12, day=5)


def test_gains_derived_from_instruments_are_those_that_were(campus):
    truth = campus.twin.fate(Window.uniform(campus.now, 2 * DAY)).truth["zone.gain_kw"][1]
    campus.live(2 * DAY)
    found = campus.told("zone.gain_kw")
    assert np.abs(found - truth)[:, DAY:].mean() < 0.08 * np.abs(truth).max()


def test_who_is_warm_is_not_talked_about(campus):
    for _ in range(DAY):
        campus.live()
        assert SECTOR.judge.findings(campus) == ()


def test_a_building_cold_through_an_open_hour_is_found(campus_of):
    campus = campus_of(rated_kw=[26.0, 2.0], mean_c=-8.0, sun_w_m2=0.0)
    campus.live(32)
    assert SECTOR.judge.findings(campus) == (), "nobody is there yet"
    campus.live(DAY + 8)
    (finding,) = SECTOR.judge.findings(campus)
    assert finding.key == "buildings.cold/building/1"
    assert "too cold for an hour" in finding.cause
    campus.live(40)
    assert SECTOR.judge.findings(campus) == (), "all have gone home"


def test_the_account_is_the_sum_of_what_was_read(campus_of):
    campus = campus_of(("school", "office", "school"), rated_kw=[26.0, 1.0, 26.0], mean_c=-18.0)
    window = Window.uniform(campus.now, DAY)
    used = campus.twin.fate(window).truth["connection.base_kw"][1]
    for t in range(DAY):
        campus.seen["connection.base_kw"][campus.now] = dict(enumerate(used[:, t]))
        campus.live()
    found = SECTOR.measured.measures(campus, window).rows
    rows = {(area, measure): (value, of) for area, measure, _, value, of in found}
    heat = np.array([w.asset_kw for w in campus.worlds]).sum(axis=0) / 4
    whole = heat + used[:3].sum(axis=1) / 4
    cold = campus.told("zone.cold_k_h").sum(axis=1)
    for k, area in enumerate("ab"):
        assert rows[area, "building_heat_energy"] == pytest.approx(
            (heat[k::2].sum(), whole[k::2].sum())
        )
        assert rows[area, "building_energy"][0] == pytest.approx(whole[k::2].sum())
        assert rows[area, "building_comfort_lost"][0] == pytest.approx(cold[k::2].sum())
        assert rows[area, "building_floor"][0] == pytest.approx(1200.0 * heat[k::2].size)
        assert rows[area, "building_occupied"][0] == pytest.approx(8.75 * heat[k::2].size)
    assert rows["b", "building_comfort_lost"][0] > 1


def test_a_town_without_buildings_has_no_account(campus_of):
    campus = campus_of(())
    assert SECTOR.measured.measures(campus, Window.uniform(campus.now, 4)).rows == ()
    assert SECTOR.judge.findings(campus) == ()
    assert SECTOR.derive(campus, Window.uniform(campus.now, 1)) == []
