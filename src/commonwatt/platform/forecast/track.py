"""What was measured, laid out so that any forecast's window can be compared with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.kernel.units import F, I


@dataclass(frozen=True, eq=False)
class Track:
    """Quarter hours of N series.

    Attributes:
        start: epoch seconds of the first.
        values: (N,K) as measured, NaN where missing.
    """

    start: int
    values: F

    def over(self, window: Window) -> F:
        """(N,T) means over the slots of `window`; NaN where a part is unknown."""
        return window.average(self._at(window.fine().starts))

    def naive(self, window: Window, issued_at: int, lag_s: int) -> F:
        """(N,T) what was measured `lag_s` before, or the least multiple of it known at issue.

        >>> track = Track(-86_400, np.arange(96.0)[None])
        >>> track.naive(Window.uniform(0, 3), 0, 86_400).tolist(), track.over(
        ...     Window.uniform(-900, 2)
        ... ).tolist()
        ([[0.0, 1.0, 2.0]], [[95.0, nan]])
        """
        fine = window.fine()
        periods = np.maximum(-(-(fine.edges[1:] - issued_at) // lag_s), 1)
        return window.average(self._at(fine.starts - lag_s * periods))

    def _at(self, starts: I) -> F:
        row = (starts - self.start) // SLOT_S
        known = (row >= 0) & (row < self.values.shape[1])
        found = np.full((self.values.shape[0], starts.size), np.nan)
        found[:, known] = self.values[:, row[known]]
        return found
