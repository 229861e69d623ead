"""The table a model sees: one row per origin and lead, made only of what the origin knew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.days import surroundings
from commonwatt.platform.forecast.ensemble.series import WEEK_DAYS, Series

HOUR_S = 3600
YEAR_DAYS = 365
WEEKS = 4
SEASONS = 1.5
"""Years measured before the time of the year is learned: one summer alone is only a trend."""


@dataclass(frozen=True)
class Rows:
    """N origins times H leads, flat.

    Attributes:
        at: (R,) step each row forecasts.
        lead: (R,) steps from its origin, 0 … H-1.
        lags: (R,L) measured values, all from before the origin; NaN where missing.
        calendar: (R,C) columns known for ever.
        weather: (R,V) columns of the weather known ahead.
        slot: (R,) step of the local day.
        weekday: (R,) 0 … 6, a holiday being a Sunday.
        profile: (R,) mean of the last four weeks at the same step.
        weekly: (R,) last week's value that is known.
        beyond: (R,B) what `Usual` adds, if anything.
    """

    at: I
    lead: I
    lags: F
    calendar: F
    weather: F
    slot: I
    weekday: I
    profile: F
    weekly: F
    beyond: F

    @property
    def everything(self) -> F:
        """(R,P) all columns side by side, for trees."""
        own = np.column_stack([self.lead, self.slot, self.weekday, self.profile])
        return np.hstack([self.lags, own, self.calendar, self.beyond, self.weather])


def rows(series: Series, origins: I, horizon: int) -> Rows:
    """The rows of every origin; steps beyond the end of the series are left out."""
    lead = np.tile(np.arange(horizon), len(origins))
    origin = np.repeat(origins, horizon)
    at = origin + lead
    inside = at < len(series.value)
    lead, origin, at = lead[inside], origin[inside], at[inside]
    second, weekday, _ = series.calendar
    calendar, weather = ahead(series, seasoned(series, int(origins.max(initial=0))))
    near = [_before(series, at, lead, series.day, 0), _before(series, at, lead, series.week, 0)]
    near.append(_alike(series, at, lead))
    off = series.kind > 0
    weeks = np.column_stack([_back(series, at, lead, series.week, n) for n in range(WEEKS)])
    return Rows(
        at=at,
        lead=lead,
        lags=lagged(series, at, lead),
        calendar=np.column_stack([calendar[at], *(np.nan_to_num(_picked(off, n)) for n in near)]),
        weather=np.hstack([weather[at], *(_then(series, n) for n in near)]),
        slot=(second[at] // series.step_s).astype(np.int64),
        weekday=np.where(_holiday(series)[at] > 0, 6, weekday[at]),
        profile=_mean(weeks),
        weekly=_first(weeks),
        beyond=np.empty((len(at), 0)),
    )


def seasoned(series: Series, until: int) -> bool:
    """Whether the values before a step cover enough years to learn the time of the year."""
    return until / series.day >= SEASONS * YEAR_DAYS


def ahead(series: Series, learned: bool) -> tuple[F, F]:
    """(T,C) of the calendar and (T,V) of the weather: what is known ahead of every step."""
    angle = 2 * np.pi * series.calendar[2] / YEAR_DAYS
    season = np.column_stack([np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)])
    off = series.kind > 0
    calendar = np.column_stack([_holiday(series), season * learned, off, surroundings(series)])
    return calendar, _weather(series)


def lagged(series: Series, at: I, lead: I) -> F:
    """(R,L) values at the lags of each row: days, weeks, just before its origin, the day alike."""
    weeks = [_back(series, at, lead, series.week, n) for n in range(2)]
    alike = _picked(series.value, _alike(series, at, lead))
    recent = _recent(series, at - lead)
    return np.column_stack([_lags(series, at, lead), *weeks, recent, alike])


def _holiday(series: Series) -> F:
    return series.holiday if len(series.holiday) else np.zeros(len(series.value))


def _picked(column: ArrayLike, index: I) -> F:
    """(R,…) rows of `column`, NaN where the index is -1 or less."""
    values = np.asarray(column, dtype=float)
    known = (index >= 0).reshape(-1, *[1] * (values.ndim - 1))
    picked: F = np.where(known, values[np.clip(index, 0, None)], np.nan)
    return picked


def _before(series: Series, at: I, lead: I, period: int, more: int) -> I:
    """The step a whole number of periods back by the clock on the wall, all from before the origin.

    The latest such step, or `more` periods before it. Where clocks were changed in between, the
    step with the same time of day is taken.
    """
    back = at - (lead // period + 1 + more) * period
    moved = series.offset[at] - series.offset[np.clip(back, 0, None)]
    back = back + np.fix(moved / series.step_s).astype(np.int64)
    early: I = np.where(back >= at - lead, back - period, back)
    return early


def _alike(series: Series, at: I, lead: I) -> I:
    """The latest known step of the same time on a day of the same kind, -1 where there is none."""
    found = np.full(len(at), -1)
    for more in reversed(range(2 * WEEK_DAYS)):
        index = _before(series, at, lead, series.day, more)
        same = (index >= 0) & (series.kind[np.clip(index, 0, None)] == series.kind[at])
        found = np.where(same, index, found)
    return found


def _back(series: Series, at: I, lead: I, period: int, more: int) -> F:
    return _picked(series.value, _before(series, at, lead, period, more))


def _lags(series: Series, at: I, lead: I) -> F:
    return np.column_stack([_back(series, at, lead, series.day, n) for n in range(3)])


def _recent(series: Series, origin: I) -> F:
    """(R,5) just before the origin: the last two values, means of 2 hours, a day and a week."""
    ending = [_trailing(series.value, n) for n in (_hours(series, 2), series.day, series.week)]
    last = [_picked(series.value, origin - 1), _picked(series.value, origin - 2)]
    return np.column_stack([*last, *(np.where(origin > 0, m[origin - 1], np.nan) for m in ending)])


def _hours(series: Series, hours: int) -> int:
    return max(1, hours * HOUR_S // series.step_s)


def _trailing(value: F, width: int) -> F:
    """(T,) mean over the `width` steps that end with each; NaN where all of them are missing."""
    known = np.isfinite(value)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, value, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    start = np.maximum(np.arange(len(value)) + 1 - width, 0)
    number = count[1:] - count[start]
    return np.where(number > 0, (total[1:] - total[start]) / np.maximum(number, 1), np.nan)


def _weather(series: Series) -> F:
    """(T,5·W) as forecast: now, half an hour and an hour before, means of 6 hours and a day."""
    if not series.weather.size:
        return np.empty((len(series.value), 0))
    columns = []
    for now in series.weather.T:
        columns.append(now)
        before = sorted({max(1, _hours(series, 1) // 2), _hours(series, 1)})
        columns += [np.concatenate([np.full(back, np.nan), now[:-back]]) for back in before]
        columns += [_trailing(now, _hours(series, 6)), _trailing(now, series.day)]
    return np.column_stack(columns)


def _then(series: Series, index: I) -> F:
    """(R,2·W) the weather a lag was made under: of its step, and of the day that ends with it."""
    if not series.weather.size:
        return np.empty((len(index), 0))
    days = np.column_stack([_trailing(column, series.day) for column in series.weather.T])
    return _picked(np.hstack([series.weather, days]), index)


def _mean(weeks: F) -> F:
    known = np.isfinite(weeks)
    total = np.where(known, weeks, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _first(weeks: F) -> F:
    known = np.isfinite(weeks)
    first: F = np.take_along_axis(weeks, known.argmax(axis=1)[:, None], axis=1)[:, 0]
    return first
