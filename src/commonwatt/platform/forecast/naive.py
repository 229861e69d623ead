"""The forecaster to beat: the same slot yesterday, or a week ago."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import F, I
from commonwatt.kernel.world import Weather
from commonwatt.platform.forecast.cleaning import quantiles
from commonwatt.platform.forecast.spread import straddling

WEEK = 7 * SLOTS_PER_DAY
LEVELS = (0.1, 0.5, 0.9)


class Naive:
    """Says what was measured `days` days before, or the nearest multiple of that known.

    Args:
        days: 1 for yesterday, 7 for last week.
        levels: quantile levels, rising, with 0.5 among them.
    """

    def __init__(self, days: int = 1, levels: tuple[float, ...] = LEVELS) -> None:
        self._lag = days * SLOTS_PER_DAY
        self._levels = np.array(levels)
        self._past: dict[str, tuple[I, F, int, F]] = {}

    def fit(self, quantity: str, series: I, history: F, weather: Weather, window: Window) -> None:
        """Keep the last weeks; arguments as for `Forecaster.fit`, `weather` unused."""
        del weather
        changes = history[:, self._lag :] - history[:, : -self._lag]
        offset = straddling(quantiles(changes.T, self._levels), self._levels)
        kept = np.array(history[:, -2 * WEEK :], float)
        self._past[quantity] = (series, kept, window.end, offset)

    def issue(
        self, quantity: str, series: I, recent: F, weather: Weather, window: Window
    ) -> Forecast:
        """The past again; arguments as for `Forecaster.issue`, `weather` unused."""
        del weather
        known, kept, end, offset = self._past[quantity]
        missed = max((window.start - end) // SLOT_S, 0)
        past = np.concatenate([kept, np.full((series.size, missed), np.nan)], axis=1)
        reach = min(recent.shape[1], past.shape[1])
        newest = recent[:, recent.shape[1] - reach :]
        past[:, past.shape[1] - reach :] = np.where(
            np.isfinite(newest), newest, past[:, past.shape[1] - reach :]
        )
        target = past.shape[1] + (window.fine().starts - window.start) // SLOT_S
        middle = np.full((series.size, target.size), np.nan)
        for back in range(1, past.shape[1] // self._lag + 2):
            row = target - back * self._lag
            found = np.where((row >= 0) & (row < past.shape[1]), row, -1)
            value = np.where(found >= 0, past[:, found], np.nan)
            middle = np.where(np.isfinite(middle), middle, value)
        value = window.average(np.nan_to_num(middle) + offset[..., None])
        return Forecast(
            quantity=quantity,
            series=known,
            window=window,
            levels=self._levels,
            value=value,
            issued_at=window.start,
            model=("naive",) * series.size,
        )
