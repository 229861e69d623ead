"""What a lamp may be asked by its class, when it is dark, what is broken, what it comes to."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.sectors.lighting import SECTOR
from commonwatt.sectors.lighting.analysis import CLASSES, Levels, dark_share
from commonwatt.sectors.lighting.analysis.classes import light_share
from commonwatt.sectors.lighting.model import LAMP

DAY = 96
BERLIN = Place(52.5, 13.4, 40.0, "Europe/Berlin")


def test_the_standard_knows_these_classes():
    assert CLASSES == (
        "M1", "M2", "M3", "M4", "M5", "M6", "C0", "C1", "C2", "C3", "C4", "C5",
        "P1", "P2", "P3", "P4", "P5", "P6",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("road_class", "reduced", "least"),
    [("M1", 0.75, 0.5), ("M3", 0.75, 0.5), ("M5", 0.6, 0.6), ("C0", 0.6, 0.4), ("P1", 2 / 3, 0.5),
     ("P4", 0.6, 0.4), ("P6", 1.0, 1.0)],
)  # fmt: skip
def test_light_steps_down_as_the_classes_do(road_class, reduced, least):
    assert light_share(road_class, 1) == pytest.approx(reduced)
    assert light_share(road_class, 2) == pytest.approx(least)


def test_a_class_nobody_knows_is_refused_by_name(tabled):
    lamps = tabled(LAMP, [0, 0], rated_kw=0.1, road_class=["M5", "S4"])
    with pytest.raises(InvalidInput, match=r"'lamp/1'.*'S4'.*M1, M2"):
        Levels.of(lamps)


@given(
    dark=st.floats(0, 1),
    presence=st.floats(0, 1),
    low=st.floats(-1, 1) | st.just(-np.inf),
    width=st.floats(0, 1) | st.just(np.inf),
)
def test_no_command_takes_a_lamp_out_of_what_its_class_permits(dark, presence, low, width):
    levels = _every_class()
    high = low + width if np.isfinite(low) else width - 0.5
    power = levels.drawn(dark, np.full((18, 1), presence), np.array(low), np.array(high))[:, 0]
    assert (power >= dark * levels.least_kw - 1e-12).all()
    assert (power <= levels.full_kw + 1e-12).all()
    assert (levels.least_kw <= levels.reduced_kw).all()


@given(presence=st.floats(0, 1), share=st.floats(0, 1))
def test_a_cap_makes_lamps_draw_what_was_planned(presence, share):
    levels = _every_class()
    there = np.full((18, 1), presence)
    want = levels.wanted(1.0, there)[:, 0]
    planned = levels.least_kw + share * (want - levels.least_kw)
    cap = levels.cap_for(planned, there[:, 0])
    drawn = levels.drawn(1.0, there, np.array(0.0), cap[:, None])[:, 0]
    assert drawn == pytest.approx(planned, abs=1e-9)


def _every_class():
    full = np.full(18, 0.1)
    shares = [[light_share(c, steps) for c in CLASSES] for steps in (1, 2)]
    return Levels(full, *(full * (0.05 + 0.95 * np.array(s)) for s in shares))


@given(day=st.integers(0, 365), latitude=st.floats(-60, 60))
def test_it_is_dark_at_midnight_and_light_at_noon(day, latitude):
    place = Place(latitude, 0.0, 0.0, "UTC")
    share = dark_share(Window.uniform(1_451_606_400 + day * 86_400, DAY), place)
    assert ((share >= 0) & (share <= 1)).all()
    assert (share[44:52] == 0).all(), "within an hour of noon"
    assert 0 < share.sum() / 4 < 18.5, "sixty degrees have nights and days"
    assert np.count_nonzero((share > 0) & (share < 1)) <= 4, "dusk and dawn lie in a slot or two"


def test_dusk_falls_between_sunset_and_the_end_of_civil_twilight():
    noon = 1_490_007_600  # 20 March 2017, 12:00 in Berlin: sunset 18:17, civil dusk 18:50
    share = dark_share(Window.uniform(noon, DAY), BERLIN)
    dusk = noon + SLOT_S * (np.argmax(share > 0) + 1 - share[np.argmax(share > 0)])
    assert noon + (6 * 60 + 17) * 60 < dusk < noon + (6 * 60 + 50) * 60


def test_the_dark_of_an_hour_is_that_of_its_quarters():
    hours = Window.uniform(1_490_007_600, 24, 3600)
    quarters = dark_share(hours.fine(), BERLIN).reshape(24, 4)
    assert dark_share(hours, BERLIN) == pytest.approx(quarters.mean(axis=1), abs=1e-12)


def test_healthy_lamps_are_not_talked_about(street_of):
    street = street_of(["M5", "P4"])
    for _ in range(2 * DAY):
        street.live()
        assert SECTOR.judge.findings(street) == ()


def test_a_lamp_dark_at_night_is_found_and_stands_by_day_until_it_burns_again(street_of):
    street = street_of(["M5", "P4"])
    street.live(DAY)
    power = street.seen["asset.power_kw"]
    for time in power:
        power[time][1] = 0.0
    assert keys(street) == ["lighting.dark/lamp/1"]
    street.live(60)  # to the afternoon
    for time in sorted(power)[DAY:]:
        power[time][1] = 0.0
    assert keys(street) == ["lighting.dark/lamp/1"]
    street.live(20)  # into the night: it burns again
    assert keys(street) == []


def test_a_lamp_burning_by_day_is_found(street_of):
    street = street_of(["M5", "P4"])
    street.live(50)  # past noon
    for told in street.seen["asset.power_kw"].values():
        told[0] = 0.1
    assert keys(street) == ["lighting.burning/lamp/0"]
    (finding,) = SECTOR.judge.findings(street)
    assert "100 W" in finding.consequence


def test_lost_readings_accuse_nobody(street_of):
    street = street_of(["M5", "P4"])
    street.live(DAY)
    power = street.seen["asset.power_kw"]
    for k, time in enumerate(sorted(power)):
        power[time] = {0: 0.0} if k == 0 else {}
    assert keys(street) == []


def keys(street):
    return [finding.key for finding in SECTOR.judge.findings(street)]


def test_the_account_is_the_sum_of_what_lamps_did(street):
    street.high[::3] = 0.05
    street.live(DAY)
    rows = {
        (area, measure): (value, of)
        for area, measure, _, value, of in SECTOR.measured.measures(
            street, Window.uniform(street.now - DAY * SLOT_S, DAY)
        ).rows
    }
    drawn = sum(w.asset_kw for w in street.worlds) / 4
    dark = dark_share(Window.uniform(street.now - DAY * SLOT_S, DAY), street.plan.place).sum() / 4
    for k, area in enumerate("ab"):
        energy, full = rows[area, "light_energy"]
        assert energy == pytest.approx(drawn[k::2].sum())
        assert full == pytest.approx(0.1 * 9 * dark)
        saved = (0.1 - Levels.of(street.plan.things).reduced_kw[k::2]).sum() * 6
        assert rows[area, "light_energy_timed"] == pytest.approx((full - saved, full))
        assert rows[area, "light_energy_saved"] == pytest.approx((full - energy, full))
        below, burning = rows[area, "lamp_hours_below_class"]
        assert burning == pytest.approx(9 * dark)
        assert 0 < below < burning
    taken = sum(rows[area, "light_taken"][0] for area in "ab")
    alone = replace_command(street)
    assert taken == pytest.approx(sum(w.asset_kw.sum() for w in alone.worlds) / 4 - drawn.sum())


def replace_command(street):
    """The same street, left alone."""
    alone = replace(street, now=street.worlds[0].start)
    alone.live(DAY)
    return alone


def test_a_town_without_lamps_has_no_account(street_of):
    street = street_of([])
    assert SECTOR.measured.measures(street, Window.uniform(street.now, 4)).rows == ()
    assert SECTOR.judge.findings(street) == ()
