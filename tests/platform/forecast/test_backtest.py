"""A backtest sees nothing from after its origins, and reads what strangers write."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import InvalidInput
from commonwatt.platform.forecast.backtest import backtest, origins_of, read, save
from commonwatt.platform.forecast.backtest.peers import PlainTrees, WeeklyNaive
from commonwatt.platform.forecast.ensemble import LEVELS, Ensemble, Series
from commonwatt.platform.forecast.ensemble.rows import rows

DAY = 24


def town(days, step_s=3600, seed=3):
    """A load that follows the hour, the weekend and the warmth, with noise."""
    draw = np.random.default_rng(seed)
    count = days * 86400 // step_s
    hour = np.arange(count) * step_s / 3600
    warm = 10 + 8 * np.sin(hour / 24 / 9) + draw.normal(0, 0.3, count)
    weekend = (hour // 24 % 7) >= 5
    load = 50 + 10 * np.sin(hour * 2 * np.pi / 24) - 8 * weekend - 1.5 * warm
    return Series(0, step_s, load + draw.normal(0, 0.5, count), warm[:, None])


def test_the_ensemble_beats_last_week_and_says_why_it_serves():
    series = town(120)
    done = backtest(
        series, 24, origins=origins_of(series, 24, 14), refit_days=7, peers=[WeeklyNaive()]
    )
    ours, naive = done.outcomes
    assert ours.score.mape < 0.5 * naive.score.mape
    assert 65 <= ours.score.coverage <= 95
    assert "below the four-week mean" in ours.reasons[0]


@settings(max_examples=3, deadline=None)
@given(shift=st.floats(-1e3, 1e3), origin=st.integers(40 * DAY, 44 * DAY))
def test_the_future_moves_no_forecast_issued_before(shift, origin):
    series = town(50)
    value = series.value.copy()
    value[origin:] = value[origin:] * 0.3 + shift
    other = replace(series, value=value)
    for method in (PlainTrees, WeeklyNaive):
        first, second = method(), method()
        first.fit(series, origin, 24)
        second.fit(other, origin, 24)
        assert np.array_equal(first.issue(series, origin), second.issue(other, origin))
    a = Ensemble.fit(series, origin, 24).issue(series, origin)
    b = Ensemble.fit(other, origin, 24).issue(other, origin)
    assert np.array_equal(a.quantiles, b.quantiles)
    assert np.array_equal(a.point, b.point)


@pytest.mark.parametrize("horizon", [1, 24, 24 * 9])
def test_every_lag_is_from_before_its_origin(horizon):
    series = replace(town(40), value=np.arange(40.0 * DAY))
    origin = 33 * DAY
    table = rows(series, np.array([origin - 30, origin - 40 * 2]), horizon)
    start = table.at - table.lead
    assert np.nanmax(table.lags - start[:, None]) < 0
    assert np.nanmax(table.weekly - start) < 0


@pytest.mark.parametrize(("step_s", "horizon"), [(300, 12), (900, 96), (86400, 7)])
def test_any_resolution_gives_rising_quantiles(step_s, horizon):
    series = town(60 if step_s < 86400 else 500, step_s)
    origin = len(series.value) - horizon
    issued = Ensemble.fit(series, origin, horizon).issue(series, origin)
    assert issued.quantiles.shape == (horizon, len(LEVELS))
    assert np.isfinite(issued.quantiles).all()
    assert (np.diff(issued.quantiles, axis=1) >= 0).all()


def test_a_short_history_falls_back_and_says_so():
    series = town(20)
    issued = Ensemble.fit(series, 19 * DAY, 24).issue(series, 19 * DAY)
    assert issued.model == "profile"
    assert "19 days measured" in issued.reason


def test_gaps_and_missing_weather_leave_a_whole_forecast():
    series = town(90)
    value, weather = series.value.copy(), series.weather.copy()
    value[1000:1100] = np.nan
    value[-80:-40] = np.nan
    weather[500:] = np.nan
    worn = replace(series, value=value, weather=weather)
    issued = Ensemble.fit(worn, len(value) - 24, 24).issue(worn, len(value) - 24)
    assert np.isfinite(issued.quantiles).all()


def written(tmp_path, lines):
    path = tmp_path / "load.csv"
    path.write_text("\n".join(["when,kW", *lines]))
    return path


def test_gaps_duplicates_and_disorder_are_said_by_line(tmp_path):
    hours = [0, 1, 2, 2, 3, 7, 6, 8]
    path = written(tmp_path, [f"2024-01-01 {h:02d}:00,{h}" for h in hours])
    found = read(path)
    said = " | ".join(found.remarks)
    assert (found.time, found.target, found.series.step_s) == ("when", "kW", 3600)
    assert "duplicate times, the first kept: line 5" in said
    assert "out of order, sorted: line 8" in said
    assert "1 gaps (2 steps of 3600 s missing), after lines 6" in said
    assert np.isnan(found.series.value[4:6]).all()


def test_the_hour_that_comes_twice_is_two_hours_and_the_skipped_one_none(tmp_path):
    autumn = [
        "2024-10-27 01:00,1",
        "2024-10-27 02:00,2",
        "2024-10-27 02:00,3",
        "2024-10-27 03:00,4",
    ]
    found = read(written(tmp_path, autumn), zone="Europe/Berlin")
    assert found.series.value.tolist() == [1, 2, 3, 4]
    spring = [
        "2024-03-31 01:00,1",
        "2024-03-31 02:00,9",
        "2024-03-31 03:00,2",
        "2024-03-31 04:00,3",
    ]
    found = read(written(tmp_path, spring), zone="Europe/Berlin")
    assert found.series.value.tolist() == [1, 2, 3]
    assert any("clocks skip" in remark for remark in found.remarks)


def test_a_file_without_time_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(InvalidInput, match="--time"):
        read(written(tmp_path, ["a,1", "b,2", "c,3"]))


def test_saved_forecasts_carry_their_quantiles_and_issue_times(tmp_path):
    series = town(60)
    done = backtest(series, 24, origins=origins_of(series, 24, 3), refit_days=7, peers=[])
    save(done, "load", tmp_path / "out.parquet")
    frame = pl.read_parquet(tmp_path / "out.parquet")
    assert frame.columns == ["series", "time", "issued_at", "level", "value", "model"]
    assert len(frame) == 3 * 24 * len(LEVELS)
    assert (frame["time"] >= frame["issued_at"]).all()


@pytest.mark.parametrize("mark", [",", "."])
def test_semicolons_decimal_commas_and_days_before_months_are_read(mark, tmp_path):
    path = tmp_path / "last.csv"
    days = (1, 13)
    lines = [f"{day:02d}.01.2024 {h:02d}:00;{h}{mark}5" for day in days for h in range(24)]
    path.write_text("\n".join(["Zeit;Last kW", *lines]))
    found = read(path, zone="Europe/Berlin")
    assert (found.time, found.target, found.series.step_s) == ("Zeit", "Last kW", 3600)
    assert found.series.start == 1_704_063_600
    assert found.series.value[3] == 3.5


def test_public_holidays_are_those_of_the_country_by_local_date(tmp_path):
    hours = pl.datetime_range(
        pl.datetime(2023, 12, 23, 23), pl.datetime(2023, 12, 27, 22), "1h", eager=True
    )
    lines = [f"{t:%Y-%m-%d %H:%M}Z,{k % 24}" for k, t in enumerate(hours)]
    path = written(tmp_path, lines)
    free = read(path, zone="Europe/Berlin", holidays="DE").series.holiday
    assert free.reshape(4, DAY).mean(axis=1).tolist() == [0, 1, 1, 0], "25 and 26 December"
    with pytest.raises(InvalidInput, match="--holidays XX"):
        read(path, holidays="XX")
