"""What was said about the last day and what was then measured: the newest errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import SLOT_S
from commonwatt.kernel.units import F
from commonwatt.platform.forecast.correction import MEMORY

LOW_SUN = 0.1
"""Below this scale an error divided by it says nothing."""


@dataclass(eq=False)
class Tail:
    """Consecutive slots, the last day of them measured, the rest still to come.

    Attributes:
        start: epoch seconds of the first slot.
        base: (K,N) what the base said.
        scale: (K,) unit of errors.
        measured: (K,N) what was measured, NaN where unknown.
    """

    start: int
    base: F
    scale: F
    measured: F

    @classmethod
    def of(cls, base: F, scale: F, measured: F, now: int) -> Tail:
        """The last MEMORY of K slots that end at `now`; arguments as for the attributes."""
        rows = slice(-MEMORY, None)
        start = now - min(scale.size, MEMORY) * SLOT_S
        return cls(start, base[rows], scale[rows], measured[rows].copy())

    def learn(self, now: int, recent: F) -> None:
        """Take in `recent` (R,N), measured in the R slots up to `now`."""
        end = min((now - self.start) // SLOT_S, self.scale.size)
        count = min(recent.shape[0], end)
        rows = slice(end - count, end)
        newest = recent[recent.shape[0] - count :]
        self.measured[rows] = np.where(np.isfinite(newest), newest, self.measured[rows])

    def errors(self, now: int) -> tuple[F, F]:
        """(MEMORY,N) newest errors in their scale up to `now`, NaN where unknown, and scale²."""
        row = (now - self.start) // SLOT_S - MEMORY + np.arange(MEMORY)
        known = (row >= 0) & (row < self.scale.size)
        rows = row[known]
        clear = np.where(self.scale[rows] >= LOW_SUN, self.scale[rows], np.nan)
        errors = np.full((MEMORY, self.base.shape[1]), np.nan)
        errors[known] = (self.measured[rows] - self.base[rows]) / clear[:, None]
        weight = np.zeros(MEMORY)
        weight[known] = self.scale[rows] ** 2
        return errors, weight

    def note(self, now: int, base: F, scale: F) -> None:
        """Replace what was said about the slots from `now` on by `base` (H,N) in `scale` (H,)."""
        cut = (now - self.start) // SLOT_S
        gap = np.full((max(cut - self.scale.size, 0), base.shape[1]), np.nan)
        kept = slice(max(min(cut, self.scale.size) - MEMORY, 0), cut)
        measured = self.measured[kept]
        self.start += kept.start * SLOT_S
        self.base = np.concatenate([self.base[kept], gap, base])
        self.scale = np.concatenate([self.scale[kept], np.zeros(gap.shape[0]), scale])
        self.measured = np.concatenate([measured, gap, np.full_like(base, np.nan)])
