"""A series that the city brings along, with its gaps named."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import SLOT_S, Window, moment
from commonwatt.kernel.units import F


class Recorded:
    """Values on the quarter hours from `start`; NaN marks a gap.

    Args:
        name: for the error sentence.
        start: epoch seconds of the first quarter hour.
        values: (K,) one per quarter hour.

    Raises:
        InvalidInput: the series starts off the quarter hour.
    """

    def __init__(self, name: str, start: int, values: F) -> None:
        if start % SLOT_S:
            raise InvalidInput(f"series {name!r} must start on a quarter hour, not at {start}")
        self._name = name
        self._values = values
        self.start = start
        self.end = start + values.size * SLOT_S

    def mean(self, window: Window) -> F:
        """(T,) mean over each slot.

        Raises:
            InvalidInput: names the series and the span of `window` for which it has no values.
        """
        if window.start < self.start or window.end > self.end:
            before = window.start < self.start
            first = window.start if before else max(self.end, window.start)
            self._refuse(first, min(self.start, window.end) if before else window.end)
        values = self._values[
            (window.start - self.start) // SLOT_S : (window.end - self.start) // SLOT_S
        ]
        gaps = np.flatnonzero(~np.isfinite(values))
        if gaps.size:
            breaks = np.flatnonzero(np.diff(gaps) > 1)
            last = gaps[breaks[0]] if breaks.size else gaps[-1]
            span = window.start + SLOT_S * np.array([gaps[0], last + 1])
            self._refuse(int(span[0]), int(span[1]))
        return window.average(values)

    def _refuse(self, first: int, last: int) -> None:
        msg = (
            f"series {self._name!r} has no values from {moment(first):%Y-%m-%d %H:%M} to "
            f"{moment(last):%Y-%m-%d %H:%M} UTC; fill the city's series or choose another time"
        )
        raise InvalidInput(msg)
