"""Which lamps are broken: a pure function of (luck, day)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B

DARK_PER_YEAR = 0.015
"""Chance of a dead driver or fuse per lamp and year; makers of LED luminaires state 1 to 2 %."""
STUCK_PER_YEAR = 0.002
"""Chance of a relay that sticks."""
REPAIRED_AFTER_DAYS = 7
_DAYS = 365.25


@dataclass(eq=False)
class Faults:
    """Lamps fail on some days and are mended a week later. Told a day at a time."""

    rng: Rng
    lamps: int
    _day: int = -1
    _known: tuple[B, B] | None = None

    def on(self, start: int) -> tuple[B, B]:
        """(dark, stuck), each (N,): dead lamps, and lamps that burn all the time."""
        day = start // DAY_S
        if self._known is None or day != self._day:
            self._day = day
            self._known = (
                self._failed("lighting.dark", DARK_PER_YEAR, day),
                self._failed("lighting.stuck", STUCK_PER_YEAR, day),
            )
        return self._known

    def _failed(self, stream: str, per_year: float, day: int) -> B:
        days = day - np.arange(REPAIRED_AFTER_DAYS)
        drawn = self.rng.uniform(stream, np.arange(self.lamps)[:, None], days)
        return np.asarray((drawn < per_year / _DAYS).any(axis=1), dtype=np.bool_)
