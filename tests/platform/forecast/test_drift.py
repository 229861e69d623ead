"""A forecaster that stops doing what it promised learns anew, and says so; worn data are borne."""

from dataclasses import replace

import numpy as np
import pytest

from commonwatt.platform.forecast.backtest import backtest
from commonwatt.platform.forecast.backtest.peers import PlainTrees
from commonwatt.platform.forecast.ensemble import Ensemble, Series
from commonwatt.platform.forecast.ensemble.bands import Errors
from commonwatt.platform.forecast.ensemble.days import surroundings
from commonwatt.platform.forecast.ensemble.drift import Promise
from commonwatt.platform.forecast.ensemble.rows import rows
from commonwatt.platform.forecast.ensemble.usual import Usual

DAY = 24
MARCH = 1_709_247_600  # 2024-03-01 00:00 in Berlin


def load(days, seed=7, zone="UTC", start=0):
    """Hour, weekend and warmth, and noise that lingers."""
    draw = np.random.default_rng(seed)
    hour = np.arange(days * DAY)
    warm = 10 + 6 * np.sin(hour / 24 / 6) + draw.normal(0, 0.3, len(hour))
    value = 50 + 10 * np.sin(hour * np.pi / 12) - 8 * ((hour // DAY % 7) >= 5) - warm
    return Series(start, 3600, value + draw.normal(0, 0.5, len(hour)), warm[:, None], zone=zone)


def missed(size, days=range(100, 107)):
    day = np.repeat(np.array(list(days)), DAY)
    none = np.zeros(len(day), int)
    return Errors(np.full(len(day), size), none, day, np.empty((len(day), 0)))


def test_a_promise_is_broken_by_a_fifth_and_three_days():
    promise = Promise(origin=100 * DAY, mase=0.5, scale=2.0)
    assert promise.broken(missed(1.19), 107) == ""
    assert "MASE over the last 7 days was 0.61 where 0.50 was promised" in promise.broken(
        missed(1.21), 107
    )
    assert promise.broken(missed(9.0, [105, 106]), 107) == ""
    assert promise.broken(missed(9.0, range(90, 99)), 107) == ""


def changed(days=120, at=100):
    """At a day's end the load doubles, and follows another clock."""
    series = load(days)
    value = series.value.copy()
    value[at * DAY :] = 2 * np.roll(value, 6)[at * DAY :] + 30
    return replace(series, value=value)


def test_a_change_of_level_is_learned_as_soon_as_it_is_seen():
    series = changed()
    origins = DAY * np.arange(98, 113)
    done = backtest(series, DAY, origins=origins, refit_days=28, peers=[])
    ours = done.outcomes[0]
    anew = ["learned anew because its MASE" in reason for reason in ours.reasons]
    seen = 101 - 98
    assert anew.index(True) == seen
    stale = Ensemble.fit(series, 98 * DAY, DAY)
    kept = [np.abs(stale.issue(series, o).point - series.value[o : o + DAY]) for o in origins]
    settled = slice(seen + 7, None)
    error = np.abs(ours.point - done.actual)[settled].mean()
    assert error < 0.5 * np.mean(kept[settled])


def test_a_steady_series_never_asks_to_be_learned_anew():
    series = load(110)
    fitted = Ensemble.fit(series, 90 * DAY, DAY)
    assert [fitted.issue(series, DAY * d).drift for d in range(90, 110)] == [""] * 20


def worn(kind):
    series = load(90, zone="Europe/Berlin", start=MARCH)
    value, weather = series.value.copy(), series.weather.copy()
    if kind == "flatline":
        value[-200:] = value[-200]
    if kind == "gap up to the origin":
        value[-9 * DAY :] = np.nan
    if kind == "no weather":
        weather[:] = np.nan
    if kind == "constant":
        value[:] = 3.0
    if kind == "level change":
        value[-3 * DAY :] += 40
    if kind == "half the days missing":
        value[(np.arange(len(value)) // DAY % 2) == 0] = np.nan
    if kind == "nothing":
        value[:] = np.nan
    return replace(series, value=value, weather=weather)


KINDS = (
    "flatline",
    "gap up to the origin",
    "no weather",
    "constant",
    "level change",
    "half the days missing",
    "nothing",
)


@pytest.mark.parametrize("kind", KINDS)
def test_worn_data_leave_a_whole_forecast_within_what_was_seen(kind):
    series = worn(kind)
    origin = 89 * DAY
    found = Ensemble.fit(series, origin, DAY).issue(series, origin)
    assert np.isfinite(found.point).all()
    assert (np.diff(found.quantiles, axis=1) >= 0).all()
    seen = np.nan_to_num(series.value[:origin])
    reach = np.ptp(seen)
    assert found.point.min() >= seen.min() - reach
    assert found.point.max() <= seen.max() + reach


@pytest.mark.parametrize("days", [1, 8, 20, 30])
def test_short_histories_are_served_by_what_they_allow(days):
    series = load(40)
    origin = days * DAY
    found = Ensemble.fit(series, origin, DAY).issue(series, origin)
    assert np.isfinite(found.quantiles).all()
    assert (found.model == "daily") == (days < 14)


def test_the_day_clocks_change_is_forecast_as_well_as_its_neighbours():
    series = load(90, zone="Europe/Berlin", start=MARCH - 55 * 86400)
    hour = series.calendar[0] // 3600
    series = replace(series, value=50 + 10.0 * (hour >= 7) + series.value % 0.1)
    change = int(np.flatnonzero(np.diff(series.offset))[0])
    origin = change - change % DAY
    fitted = Ensemble.fit(series, origin - 7 * DAY, 2 * DAY)
    error = np.abs(fitted.issue(series, origin).point - series.value[origin : origin + 2 * DAY])
    assert error.max() < 5
    assert error.mean() < 0.5


def test_a_bridge_day_stands_among_days_off():
    free = np.zeros(90 * DAY)
    free[41 * DAY : 42 * DAY] = 1
    free[43 * DAY : 44 * DAY] = 1
    found = surroundings(replace(load(90), holiday=free))
    plain = surroundings(load(90))
    bridge = slice(42 * DAY, 43 * DAY)
    assert (found[bridge] >= plain[bridge]).all()
    assert found[bridge, 2].mean() > plain[bridge, 2].mean() + 0.2
    assert np.array_equal(found[: 30 * DAY], plain[: 30 * DAY])


def test_the_usual_leaves_the_level_to_what_was_odd_lately():
    """A step of 40 in the level is in every lag's distance from the usual, not in the usual."""
    series = worn("level change")
    origin = 88 * DAY
    usual = Usual.fit(series, 80 * DAY)
    told = usual.widen(rows(series, np.array([origin]), DAY), series).beyond
    assert np.median(told[:, 0]) == pytest.approx(40, abs=3)
    assert np.abs(told[:, -1] - series.value[origin : origin + DAY] + 40).mean() < 3


def test_a_peer_is_judged_with_bands_of_its_own_errors_from_the_first_origin():
    series = load(120)
    origins = DAY * np.arange(112, 119)
    done = backtest(series, DAY, origins=origins, refit_days=7, peers=[PlainTrees()])
    ours, peer = done.outcomes
    for one in (ours, peer):
        inside = (done.actual >= one.quantiles[..., 0]) & (done.actual <= one.quantiles[..., -1])
        assert 0.6 <= inside.mean() <= 0.97
    naive = np.abs(series.value[168:] - series.value[:-168]).mean()
    assert np.ptp(peer.quantiles[0], axis=1).mean() < naive
