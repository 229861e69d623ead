"""Forecasts on record against what was then measured: the last day apart from the days before."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import I
from commonwatt.platform.forecast.skill import Tally, drift
from commonwatt.platform.forecast.track import Track

OLD_S = 2 * DAY_S
"""How far back issues must reach before anything is said of drift."""


@dataclass(eq=False)
class Jury:
    """Counts the issues of one quantity.

    Attributes:
        series: (N,) rising.
        track: what was measured of them.
        lag_s: period of the naive forecast.
        hour: slots that end later are not judged.
        before: all but the last day.
        lately: the last day.
        issues: how many were judged.
        since: when the first of them was made.
    """

    series: I
    track: Track
    lag_s: int
    hour: int
    before: Tally = field(init=False)
    lately: Tally = field(init=False)
    issues: int = 0
    since: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing judged."""
        self.before, self.lately = Tally.none(self.series.size), Tally.none(self.series.size)
        self.since = self.hour

    def judge(self, said: Forecast) -> None:
        """Count one issue; the errors of one whose series are no longer foreseen are left out."""
        self.issues, self.since = self.issues + 1, min(self.since, said.issued_at)
        rows = np.searchsorted(self.series, said.series)
        near = self.series[np.minimum(rows, self.series.size - 1)]
        if not np.array_equal(near, said.series):
            return
        actual = self.track.over(said.window)[rows]
        naive = self.track.naive(said.window, said.issued_at, self.lag_s)[rows]
        over = said.window.edges[1:] <= self.hour
        late = over & (said.window.starts >= self.hour - DAY_S)
        self.before.judge(said, rows, actual, naive, over & ~late)
        self.lately.judge(said, rows, actual, naive, late)

    def drift(self) -> float | None:
        """By which factor errors have grown lately, None while there is too little to tell."""
        return drift(self.before, self.lately) if self.hour - self.since >= OLD_S else None
