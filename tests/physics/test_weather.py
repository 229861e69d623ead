"""Reference years keep their energy and the night dark; forecasts err as the model states."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import clear_sky_w_m2, pv_per_rated_kw, sun
from commonwatt.physics.weather import REGIONS, TEMPERATURE_ERROR, issued, reference_year

MANNHEIM = Place(49.5, 8.5, 100.0, "Europe/Berlin")
YEAR = reference_year(12)
NEW_YEAR_2015 = int(datetime(2014, 12, 31, 23, tzinfo=UTC).timestamp())
ALL_2015 = Window.uniform(NEW_YEAR_2015, 365 * 96)
TRUTH = YEAR.over(ALL_2015, MANNHEIM)
CLEAR = clear_sky_w_m2(ALL_2015.starts + 450, MANNHEIM)


def around(local_iso, slots=96):
    start = int(datetime.fromisoformat(local_iso).replace(tzinfo=UTC).timestamp()) - 3600
    return Window.uniform(start, slots)


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_carried(region):
    hourly = reference_year(region).hourly
    assert hourly.temperature_c.size == 8760
    assert 850 < hourly.ghi_w_m2.sum() / 1000 < 1250
    assert np.all(hourly.dhi_w_m2 <= hourly.ghi_w_m2)


def test_unknown_region_is_named():
    with pytest.raises(InvalidInput, match="region 16"):
        reference_year(16)


def test_a_year_keeps_the_energy_of_the_sun():
    assert TRUTH.ghi_w_m2.sum() / 4 == pytest.approx(YEAR.hourly.ghi_w_m2.sum(), rel=0.005)
    assert TRUTH.temperature_c.mean() == pytest.approx(YEAR.hourly.temperature_c.mean(), abs=0.01)


def test_hours_keep_their_mean_while_the_sun_is_well_up():
    day = YEAR.over(around("2015-06-10T00:30"), MANNHEIM)
    hour = (datetime(2015, 6, 10, tzinfo=UTC).timetuple().tm_yday - 1) * 24
    mean = day.ghi_w_m2.reshape(24, 4).mean(axis=1)
    assert np.allclose(mean[7:17], YEAR.hourly.ghi_w_m2[hour + 7 : hour + 17])


def test_nights_are_dark_and_nothing_is_negative():
    night = sun(ALL_2015.starts + 450, MANNHEIM).zenith_deg > 90
    assert np.all(TRUTH.ghi_w_m2[night] == 0)
    assert np.all(TRUTH.dhi_w_m2 <= TRUTH.ghi_w_m2)
    assert TRUTH.dhi_w_m2.min() >= 0
    assert TRUTH.wind_m_s.min() >= 0


def test_east_and_west_earn_alike():
    facing = np.array([90.0, 270.0, 180.0])
    output = pv_per_rated_kw(ALL_2015.starts + 450, MANNHEIM, TRUTH, np.full(3, 35.0), facing)
    east, west, south = output.sum(axis=1) / 4
    assert east == pytest.approx(west, rel=0.04)
    assert 900 < south < 1150


def test_the_29th_of_february_repeats_the_28th():
    twice = YEAR.over(around("2016-02-28T06:00", 72), MANNHEIM)
    again = YEAR.over(around("2016-02-29T06:00", 72), MANNHEIM)
    assert np.allclose(twice.temperature_c, again.temperature_c)
    march = YEAR.over(around("2016-03-01T06:00", 72), MANNHEIM)
    common = YEAR.over(around("2015-03-01T06:00", 72), MANNHEIM)
    assert np.allclose(march.temperature_c, common.temperature_c)


@given(start=st.integers(0, 40_000), slots=st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_any_span_is_a_cut_of_the_year(start, slots):
    start = min(start, 365 * 96 - slots)
    window = Window.uniform(int(ALL_2015.edges[start]), slots)
    part = YEAR.over(window, MANNHEIM)
    assert np.allclose(part.ghi_w_m2, TRUTH.ghi_w_m2[start : start + slots])
    assert np.allclose(part.temperature_c, TRUTH.temperature_c[start : start + slots])


def test_coarse_slots_are_means_of_fine_ones():
    window = Window.graded(NEW_YEAR_2015 + 120 * 86_400)
    fine = YEAR.over(window.fine(), MANNHEIM)
    assert np.allclose(YEAR.over(window, MANNHEIM).ghi_w_m2, window.average(fine.ghi_w_m2))


def forecasts(lead_slots, seeds=6, step=83):
    """Truth, clear sky and what was said `lead_slots` before, pooled over a year and seeds."""
    at = np.arange(100, 365 * 96, step)
    parts = []
    for seed in range(seeds):
        for i in at:
            slot = Window.uniform(int(ALL_2015.edges[i]), 1)
            issue = int(ALL_2015.edges[i - lead_slots])
            said = issued(TRUTH.at(slice(i, i + 1)), CLEAR[i : i + 1], issue, slot, Rng(seed))
            parts.append((said.temperature_c[0], said.ghi_w_m2[0], said.wind_m_s[0]))
    return np.tile(at, seeds), np.array(parts).T


@pytest.mark.parametrize(
    ("lead", "kelvin", "clearness"), [(0, 0.14, (0.02, 0.05)), (95, 1.5, (0.19, 0.25))]
)
def test_errors_are_as_large_as_stated_and_without_bias(lead, kelvin, clearness):
    at, (temperature, ghi, _) = forecasts(lead)
    warmth = temperature - TRUTH.temperature_c[at]
    assert warmth.std() == pytest.approx(kelvin, rel=0.1)
    assert abs(warmth.mean()) < 0.1 * kelvin
    bright = CLEAR[at] > 50
    error = (ghi - TRUTH.ghi_w_m2[at])[bright] / CLEAR[at][bright]
    low, high = clearness
    assert low < np.sqrt(np.mean(error**2)) < high
    assert abs(error.mean()) < 0.02


def test_later_issues_agree_with_earlier_ones_and_converge():
    day = slice(96 * 170, 96 * 171)
    window = Window.uniform(int(ALL_2015.edges[day.start]), 96)
    truth = TRUTH.at(day)
    early, late = (
        issued(truth, CLEAR[day], window.start - before, window, Rng(4)).temperature_c
        - truth.temperature_c
        for before in (86_400, 3600)
    )
    assert np.corrcoef(early, late)[0, 1] > 0.8
    assert np.all(np.abs(late) <= np.abs(early) + 1e-12)
    assert np.corrcoef(early[:-4], early[4:])[0, 1] > 0.5


def test_what_is_past_is_told_as_it_was():
    day = slice(96 * 170, 96 * 171)
    window = Window.uniform(int(ALL_2015.edges[day.start]), 96)
    said = issued(TRUTH.at(day), CLEAR[day], window.end, window, Rng(4))
    assert np.allclose(said.ghi_w_m2, TRUTH.ghi_w_m2[day])
    assert np.allclose(said.dhi_w_m2, TRUTH.dhi_w_m2[day])
    assert np.array_equal(said.temperature_c, TRUTH.temperature_c[day])


@given(seed=st.integers(0, 2**31), day=st.integers(1, 363))
@settings(max_examples=40, deadline=None)
def test_no_forecast_is_negative_nor_lights_the_night(seed, day):
    span = slice(96 * day, 96 * (day + 1))
    window = Window.uniform(int(ALL_2015.edges[span.start]), 96)
    said = issued(TRUTH.at(span), CLEAR[span], window.start, window, Rng(seed))
    other = issued(TRUTH.at(span), CLEAR[span], window.start, window, Rng(seed + 1))
    dark = TRUTH.ghi_w_m2[span] == 0
    assert np.all(said.ghi_w_m2[dark] == 0)
    assert min(said.ghi_w_m2.min(), said.dhi_w_m2.min(), said.wind_m_s.min()) >= 0
    assert np.all(said.dhi_w_m2 <= said.ghi_w_m2 + 1e-9)
    assert not np.allclose(said.temperature_c, other.temperature_c)


def test_error_grows_to_a_day_ahead_and_hardly_beyond():
    slots = np.array([0, 86_400, 3 * 86_400])
    drawn = np.array([TEMPERATURE_ERROR.draw(slots, 0, Rng(seed)) for seed in range(2000)])
    assert drawn[:, 0] == pytest.approx(0.0)
    assert drawn[:, 1].std() == pytest.approx(1.5, rel=0.06)
    assert 1.5 < drawn[:, 2].std() < 2.0


def test_weather_can_be_cut():
    assert isinstance(TRUTH.at(slice(0, 4)), Weather)
