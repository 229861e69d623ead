"""What the ensemble is made of: lags by the wall clock, bounded lines, steady blends."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.platform.forecast.ensemble import Series
from commonwatt.platform.forecast.ensemble.blend import chosen
from commonwatt.platform.forecast.ensemble.ensemble import MOST_ROWS, _stride
from commonwatt.platform.forecast.ensemble.rows import _alike, _before, rows
from commonwatt.platform.forecast.ensemble.slots import Slots, _kinship

MARCH = 1_709_247_600  # 2024-03-01 00:00 in Berlin; clocks change on the 31st
HOURS = 24 * 45


def berlin(**more):
    return Series(MARCH, 3600, np.arange(float(HOURS)), zone="Europe/Berlin", **more)


@settings(max_examples=60, deadline=None)
@given(
    origin=st.integers(0, HOURS - 1),
    lead=st.integers(0, 400),
    period=st.sampled_from([24, 168]),
    more=st.integers(0, 3),
)
def test_no_lag_comes_from_its_origin_or_later(origin, lead, period, more):
    at = np.array([min(origin + lead, HOURS - 1)])
    leads = at - origin
    assert (_before(berlin(), at, leads, period, more) < origin).all()
    assert (_alike(berlin(), at, leads) < origin).all()


def test_lags_keep_the_time_of_day_over_a_change_of_clocks():
    series = berlin()
    origin = 33 * 24 - 1  # 2024-04-03 00:00 by the clock: the night of the 31st had 23 hours
    assert series.calendar[0][origin] == 0
    at = origin + np.arange(24)
    for period in (24 * 3, 168):
        back = _before(series, at, np.arange(24), period, 0)
        hour = series.calendar[0]
        same = hour[back] == hour[at]
        assert same.sum() >= 23  # the skipped hour has nothing to stand for it
        assert (back != at - period).any()


def test_the_day_alike_of_a_holiday_is_a_sunday():
    free = np.zeros(HOURS)
    free[28 * 24 : 29 * 24] = 1  # Good Friday, 29 March 2024
    series = berlin(holiday=free)
    at = 28 * 24 + np.arange(24)
    back = _alike(series, at, np.arange(24))
    assert (series.calendar[1][back] == 6).all()
    working = _alike(series, at - 24, np.arange(24))
    assert (series.calendar[1][working] == 2).all()


def test_a_lag_is_told_what_weather_it_was_made_under():
    warm = np.arange(float(HOURS))[:, None]
    series = replace(berlin(), weather=warm)
    origin = 20 * 24
    table = rows(series, np.array([origin]), 24)
    assert np.isin(table.at - 24.0, table.weather).all()
    assert np.isin(table.at - 168.0, table.weather).all()


def test_blends_average_and_beat_their_parts():
    draw = np.random.default_rng(1)
    truth = draw.normal(10, 3, 3000)
    said = {n: truth + draw.normal(0, 1, 3000) for n in ("ridge", "trees")}
    said |= {"profile": truth + draw.normal(0, 8, 3000), "weekly": truth, "daily": truth}
    blend = chosen(said, truth)
    assert blend.shares == {"ridge": 0.5, "trees": 0.5, "profile": 0.0}
    error = np.abs(blend.mix(said) - truth).mean()
    assert error < min(np.abs(said[n] - truth).mean() for n in ("ridge", "trees"))


def test_shares_leave_equality_only_half_way_and_only_for_cause():
    draw = np.random.default_rng(4)
    truth = draw.normal(10, 3, 3000)
    said = {"ridge": truth + draw.normal(0, 0.2, 3000), "trees": truth + draw.normal(0, 3, 3000)}
    said |= {"profile": truth + draw.normal(0, 3, 3000), "weekly": truth, "daily": truth}
    blend = chosen(said, truth)
    assert sum(blend.shares.values()) == pytest.approx(1)
    assert 0.7 < blend.shares["ridge"] < 0.8


@pytest.mark.parametrize("best", ["profile", "weekly"])
def test_a_simple_model_serves_alone_where_nothing_learned_beats_it(best):
    draw = np.random.default_rng(2)
    truth = draw.normal(10, 3, 2000)
    noise = {"ridge": 4, "trees": 4, "profile": 1, "weekly": 2, "daily": 3} | {best: 0.5}
    said = {n: truth + draw.normal(0, size, 2000) for n, size in noise.items()}
    said["ridge"] += 5
    said["trees"] += 5
    blend = chosen(said, truth)
    assert blend.model == best
    assert "four-week mean" in blend.reason


def test_lines_end_somewhere():
    draw = np.random.default_rng(3)
    warm = draw.normal(10, 5, HOURS)
    series = replace(berlin(), value=warm * 2.0, weather=warm[:, None])
    table = rows(series, 24 * np.arange(15, 40), 24)
    line = Slots.fit(table, series.value[table.at], 24)
    scorching = replace(table, weather=table.weather + 1e6)
    spread = np.ptp(series.value[table.at])
    assert line.predict(scorching).max() <= series.value[table.at].max() + spread / 2
    assert np.abs(line.predict(table) - series.value[table.at]).mean() < 0.05 * spread


def test_parts_of_the_day_are_kin_around_midnight():
    share = _kinship(48)
    assert share[0, 47] == share[0, 1] == pytest.approx(np.exp(-0.5 / 1.5))
    assert share[0, 24] == 0
    assert _kinship(1).tolist() == [[1.0]]


@settings(max_examples=30)
@given(days=st.integers(30, 3000), day=st.sampled_from([1, 24, 48, 96, 288]))
def test_a_long_history_is_thinned_to_whole_days(days, day):
    stride = _stride(days * day, day, day)
    assert stride % day == 0
    assert days * day / stride * day <= MOST_ROWS
