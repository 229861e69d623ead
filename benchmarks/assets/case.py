"""One series to be forecast, and the simple peers it is shown beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from commonwatt.kernel.place import Place
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.ensemble import Issued, Series
from commonwatt.platform.forecast.ensemble.rows import rows

STEP = 900
DAY = 96
GERMANY = Place(51.3, 9.5, 200.0, "Europe/Berlin")


@dataclass
class Case:
    """One series, what is known ahead (`sky` (T,3) of a place), what it is shown beside."""

    name: str
    known: str
    series: Series
    horizon: int
    origins: np.ndarray
    refit_days: float
    peers: list[Any]
    sky: np.ndarray | None = None
    persistence: str = "last week"
    bound: bool = False


class Plain:
    """A peer that is one column of the table everybody sees."""

    def __init__(self, name: str, column: Callable[[Any], np.ndarray]) -> None:
        self.name, self._column = name, column

    def fit(self, _series: Series, _origin: int, horizon: int) -> None:
        """Nothing to learn."""
        self._horizon = horizon

    def issue(self, series: Series, origin: int) -> np.ndarray:
        """(H,) forecast."""
        return self._column(rows(series.known_at(origin), np.array([origin]), self._horizon))


class Smart:
    """Yesterday's mean clearness under today's clear sky."""

    name = "smart"

    def __init__(self, clear: np.ndarray) -> None:
        self._clear = clear

    def fit(self, _series: Series, _origin: int, horizon: int) -> None:
        """Nothing to learn."""
        self._horizon = horizon

    def issue(self, series: Series, origin: int) -> np.ndarray:
        """(H,) forecast."""
        past = slice(origin - DAY, origin)
        fine = np.isfinite(series.value[past])
        clear = self._clear[past][fine].sum()
        index = series.value[past][fine].sum() / clear if clear > 0 else 0.0
        return index * self._clear[origin : origin + self._horizon]


class Best:
    """What the generator itself expects, by step of the week: mean and quantiles (W,) (W,Q)."""

    name = "best"

    def __init__(self, mean: np.ndarray, quantiles: np.ndarray) -> None:
        self._mean, self._quantiles = mean, quantiles

    def fit(self, _series: Series, _origin: int, horizon: int) -> None:
        """Nothing to learn."""
        self._horizon = horizon

    def issue(self, series: Series, origin: int) -> Issued:
        """Mean and quantiles of every step."""
        at = week_step(series)[origin : origin + self._horizon]
        return Issued(origin, self._mean[at], self._quantiles[at], self.name, "the truth")


def week_step(series: Series) -> np.ndarray:
    """(T,) step of the local week."""
    second, weekday, _ = series.calendar
    return weekday * series.day + second // series.step_s


def day_ahead_errors(series: Series, model: Any, seed: int) -> np.ndarray:
    """(T,) the errors of forecasts issued at each step's local midnight."""
    second = series.calendar[0]
    out = np.zeros(len(second))
    midnights = np.flatnonzero(second == 0)
    for start, end in zip(midnights, [*midnights[1:], len(second)], strict=True):
        middle = series.time[start:end] + series.step_s // 2
        out[start:end] = model.draw(middle, int(series.time[start]), Rng(seed))
    return out


def midnights(series: Series, count: int, apart: int) -> np.ndarray:
    """The last `count` local midnights, `apart` days apart, with a day after each."""
    found = np.flatnonzero(series.calendar[0] == 0)
    found = found[found <= len(series.value) - series.day]
    return found[::-1][::apart][:count][::-1]


def naives() -> list[Any]:
    """Yesterday and the mean of four weeks."""
    return [Plain("yesterday", lambda t: t.lags[:, 0]), Plain("4-week mean", lambda t: t.profile)]
