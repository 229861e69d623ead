"""What the calendar and the weather alone make of a step, and how far values stood from that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.units import I
from commonwatt.platform.forecast.ensemble.rows import Rows, ahead, lagged, seasoned
from commonwatt.platform.forecast.ensemble.series import Series
from commonwatt.platform.forecast.ensemble.slots import Slots

MOST_STEPS = 100_000
"""Of a longer history the latest steps are learned from."""
MEMORY_DAYS = 16
"""Days before the earliest origin that `lagged` looks back to, and a little more."""


@dataclass(frozen=True)
class Usual:
    """A regression without lags, to tell what is unusual lately: regression with lagged errors.

    A lag says what happened; its distance from the usual says what was odd about it, under the
    weather and on the kind of day it had. That is what persists: level, and errors of the weather.

    Attributes:
        slots: the regression.
        learned: whether it knows the time of the year.
    """

    slots: Slots
    learned: bool

    @classmethod
    def fit(cls, series: Series, until: int) -> Usual:
        """Learn from the values before step `until`."""
        value = series.value[:until]
        at = np.flatnonzero(np.isfinite(value))[-MOST_STEPS:]
        learned = seasoned(series, until)
        return cls(Slots.fit(_table(series, at, learned), value[at], series.day), learned)

    def widen(self, rows: Rows, series: Series) -> Rows:
        """The rows with what is usual for their step, and how unusual their lags were."""
        if not rows.at.size:
            return replace(rows, beyond=np.empty((0, 0)))
        first = int((rows.at - rows.lead).min()) - MEMORY_DAYS * series.day
        needed = np.arange(max(0, first), int(rows.at.max()) + 1)
        usual = np.full(len(series.value), np.nan)
        usual[needed] = self.slots.predict(_table(series, needed, self.learned))
        odd = np.nan_to_num(lagged(replace(series, value=series.value - usual), rows.at, rows.lead))
        return replace(rows, beyond=np.column_stack([odd, usual[rows.at]]))


def _table(series: Series, at: I, learned: bool) -> Rows:
    """Rows of steps that belong to no origin."""
    calendar, weather = ahead(series, learned)
    second, weekday, _ = series.calendar
    none = np.zeros(len(at))
    return Rows(
        at=at,
        lead=none.astype(np.int64),
        lags=np.empty((len(at), 0)),
        calendar=calendar[at],
        weather=weather[at],
        slot=(second[at] // series.step_s).astype(np.int64),
        weekday=np.where(series.kind == 2, 6, weekday)[at],
        profile=none,
        weekly=none,
        beyond=np.empty((len(at), 0)),
    )
