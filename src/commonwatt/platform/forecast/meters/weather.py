"""What was known of the temperature, when: observations and issued forecasts in one table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.meters.calendar import Calendar

REACH_S = 3 * 3600
"""Between reports no farther apart than this the temperature runs linearly."""


@dataclass(frozen=True, eq=False)
class Weather:
    """Reports of the temperature.

    Attributes:
        time: (K,) what each is about, epoch seconds.
        issued: (K,) when each was known. An observation is issued when it is over.
        temperature_c: (K,).
    """

    time: I
    issued: I
    temperature_c: F

    @classmethod
    def of(cls, table: pa.Table) -> Weather:
        """From columns `time`, `temperature_c` and, for forecasts, `issued_at`.

        Without `issued_at` the table counts as known all along: an ex-post run, say so beside its
        figures.

        Raises:
            InvalidInput: a column is missing.
        """
        missing = {"time", "temperature_c"} - set(table.column_names)
        if missing:
            msg = f"weather lacks column {min(missing)!r}; it has {', '.join(table.column_names)}"
            raise InvalidInput(msg)
        time = _seconds(table["time"])
        issued = np.full(time.size, np.iinfo(np.int64).min)
        if "issued_at" in table.column_names:
            issued = _seconds(table["issued_at"])
        celsius = pc.cast(table["temperature_c"], pa.float64()).to_numpy()
        return cls(time, issued, celsius)

    def seen(self, calendar: Calendar, origin: int, first: int, days: int) -> F:
        """(days,D) best knowledge at `origin` of local days from `first`; NaN where there is none.

        The newest report issued no later than `origin` counts for each moment.
        """
        return _seen(self, calendar, origin, first, days)


@lru_cache(maxsize=64)
def _seen(reports: Weather, calendar: Calendar, origin: int, first: int, days: int) -> F:
    """`Weather.seen`, remembered: every block of a partition asks the same."""
    known = (reports.issued <= origin) & np.isfinite(reports.temperature_c)
    grid = np.arange((first - 1) * DAY_S, (first + days + 1) * DAY_S, calendar.step_s)
    day, slot = calendar.place(grid)
    inside = (day >= first) & (day < first + days)
    found = np.full((days, calendar.slots), np.nan)
    if known.any():
        order = np.lexsort((reports.issued[known], reports.time[known]))
        time, value = reports.time[known][order], reports.temperature_c[known][order]
        newest = np.append(time[1:] != time[:-1], True)
        between = _between(grid[inside], time[newest], value[newest])
        found[day[inside] - first, slot[inside]] = between
    return found


def _between(grid: I, time: I, value: F) -> F:
    """(G,) `value` at `grid`, linear between reports that are near enough."""
    right = np.searchsorted(time, grid)
    left = np.clip(right - 1, 0, time.size - 1)
    exact = time[np.minimum(right, time.size - 1)] == grid
    right = np.minimum(right, time.size - 1)
    inside = (time[left] <= grid) & (time[right] >= grid) & (time[right] - time[left] <= REACH_S)
    found: F = np.where(inside | exact, np.interp(grid, time, value), np.nan)
    return found


def _seconds(times: pa.ChunkedArray) -> I:
    micro = pc.cast(times, pa.timestamp("us", times.type.tz))
    found: I = pc.cast(micro, pa.int64()).to_numpy() // 1_000_000
    return found
