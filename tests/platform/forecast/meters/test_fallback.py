"""Who serves whom: short histories, gaps, flat lines, new levels, no weather, changed clocks."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.meters import Calendar, Forecast

CALENDAR = Calendar(3600, "Europe/Berlin")
START = 1_737_500_400  # 2025-01-21, local midnight
STEPS = 24

DAY = 24


def table(times: np.ndarray, value: np.ndarray, kind: str = "home") -> pa.Table:
    return pa.table({
        "series": pa.array(["m"] * times.size),
        "time": pa.array(1_000_000 * times, pa.timestamp("us", tz="UTC")),
        "value": pa.array(value, pa.float64()),
        "class": pa.array([kind] * times.size),
    })  # fmt: skip


def hours(case, days: int) -> np.ndarray:
    return case.origin - 3600 * np.arange(days * DAY, 0, -1)


def weekly(times: np.ndarray, zone: str = "Europe/Berlin") -> np.ndarray:
    """A habit no other meter has, which repeats by the local week, to the watt-hour."""
    day, slot = Calendar(3600, zone).place(times)
    return np.round(1 + 4 * Rng(9).uniform("habit", day % 7, slot), 3)


def said(case, readings: pa.Table) -> pa.Table:
    return Forecast(case.model, case.origin, STEPS, case.weather)(readings)


def served(told: pa.Table) -> tuple[str, str]:
    """By what, and why; one meter's."""
    (model,) = pc.unique(told["model"]).to_pylist()
    (reason,) = pc.unique(told["reason"]).to_pylist()
    return model.rsplit(" ", 1)[0], reason


def mean(told: pa.Table) -> np.ndarray:
    return told.filter(pc.is_null(told["level"]))["value"].to_numpy()


@pytest.mark.parametrize(
    ("days", "by"),
    [(3, "class profile"), (10, "weekly naive")],
)
def test_the_less_is_known_the_simpler_the_model(case, days, by):
    """Of a week with noise in it nothing can be told apart, so length alone decides."""
    times = hours(case, days)
    told = said(case, table(times, 1 + Rng(2).uniform("n", times, 0)))
    model, reason = served(told)
    assert model == by
    assert reason.startswith(f"{by}: ")
    assert mean(told).mean() == pytest.approx(1.5, rel=0.35)


def test_a_meter_never_read_gets_its_class_in_the_usual_size(case):
    later = case.origin + 3600 * np.arange(5)
    told = said(case, table(later, np.ones(5), "shop"))
    lore = case.model.lore["shop"]
    assert served(told)[0] == "class profile"
    assert "nothing was measured" in served(told)[1]
    day, slot = CALENDAR.place(case.origin + 3600 * np.arange(STEPS))
    off = CALENDAR.off(day).astype(int)
    np.testing.assert_allclose(mean(told), np.maximum(lore.size * lore.profile[off, slot], 0))


def test_a_habit_of_its_own_is_left_to_the_weeks_before(case):
    """Across the change of the clocks: the pattern is of local hours, and is met exactly."""
    times = hours(case, 50)
    told = said(case, table(times, weekly(times)))
    assert served(told)[0] in {"4-week profile", "weekly naive"}
    assert "less error than" in served(told)[1] or "carries no other" in served(told)[1]
    ahead = case.origin + 3600 * np.arange(STEPS)
    np.testing.assert_allclose(mean(told), weekly(ahead), rtol=1e-6)


def test_gaps_are_unknown_and_not_zero(case):
    times = hours(case, 50)
    kept = (Rng(5).uniform("gap", times, 0) > 0.3) & ((times // 86_400) % 11 != 0)
    told = said(case, table(times[kept], weekly(times[kept])))
    whole = said(case, table(times, weekly(times)))
    assert mean(told).mean() == pytest.approx(mean(whole).mean(), rel=0.1)


def test_readings_that_are_not_numbers_count_as_gaps(case):
    times = hours(case, 50)
    lost = Rng(6).uniform("gap", times, 0) < 0.2
    nulls = table(times, weekly(times))
    value = pc.if_else(pa.array(lost), pa.scalar(None, pa.float64()), nulls["value"])
    nulls = nulls.set_column(2, "value", value)
    assert said(case, nulls).equals(said(case, table(times[~lost], weekly(times[~lost]))))


def test_a_stuck_meter_is_forecast_from_before_it_stuck_and_says_so(case):
    times = hours(case, 50)
    value = weekly(times)
    value[-30:] = value[-30]
    told = said(case, table(times, value))
    assert "repeated one reading" in served(told)[1]
    ahead = weekly(case.origin + 3600 * np.arange(STEPS))
    assert np.abs(mean(told) - ahead).mean() < 0.5 * np.abs(ahead - value[-1]).mean()


def test_one_wild_reading_moves_nothing(case):
    times = hours(case, 50)
    value = weekly(times)
    wild = value.copy()
    wild[-24 * 7 + 3] = 1e6
    apart = np.abs(mean(said(case, table(times, wild))) - mean(said(case, table(times, value))))
    assert apart.max() < 1.0


def test_a_new_level_is_followed(case):
    """Half the load moved out: after two weeks exactly, after one already better than the mean."""
    times, ahead = hours(case, 50), weekly(case.origin + 3600 * np.arange(STEPS))
    new = weekly(times)
    two = new * np.where(times < case.origin - 15 * 86_400, 2.0, 1.0)
    np.testing.assert_allclose(mean(said(case, table(times, two))), ahead, rtol=1e-6)
    one = new * np.where(times < case.origin - 8 * 86_400, 2.0, 1.0)
    usual = ahead * (1 + 1 + 2 + 2 + 2) / 5  # of the same weekday, over five weeks
    off = np.abs(mean(said(case, table(times, one))) - ahead).mean()
    assert off < np.abs(usual - ahead).mean()


def test_a_meter_that_is_always_zero_is_forecast_at_zero(case):
    told = said(case, table(hours(case, 50), np.zeros(50 * DAY)))
    assert np.abs(mean(told)).max() < 1e-6


def test_without_weather_forecasts_go_on(case):
    told = Forecast(case.model, case.origin, STEPS, None)(case.table)
    assert np.isfinite(told["value"].to_numpy()).all()


def test_a_class_never_seen_is_served_by_the_largest(case):
    times = hours(case, 50)
    odd = said(case, table(times, weekly(times), "bakery"))
    assert mean(odd).tolist() == mean(said(case, table(times, weekly(times)))).tolist()


def test_an_empty_table_has_an_empty_answer(case):
    assert case.forecast(case.table.slice(0, 0)).num_rows == 0


def test_days_have_23_and_25_hours_when_the_clocks_change():
    summer, winter = 1_743_289_200, 1_761_429_600  # 2025-03-30 and 2025-10-26, local midnight
    for start, count in ((summer, 23), (winter, 25)):
        day, _ = CALENDAR.place(start + 3600 * np.arange(30))
        assert int((day == day[0]).sum()) == count
    assert CALENDAR.place(np.array([START]))[1].tolist() == [0]
