"""Quantiles from the errors made on days not learned from: conformal, by part of the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BLOCKS = 6
LEAST = 24
"""Fewer errors than this in a part of the day: the whole day's are taken."""


@dataclass(frozen=True)
class Bands:
    """(B,Q) errors to add to a forecast, by block of the day and level."""

    table: F

    @classmethod
    def fit(cls, error: F, block: I) -> Bands:
        """From errors (R,), actual less forecast, and their blocks (R,)."""
        fine = np.isfinite(error)
        error, block = error[fine], block[fine]
        if error.size == 0:
            return cls(np.zeros((BLOCKS, len(LEVELS))))
        table = [_quantiles(error[block == b], error) for b in range(BLOCKS)]
        return cls(np.array(table))

    def around(self, point: F, block: I) -> F:
        """(R,Q) rising quantiles."""
        return np.sort(point[:, None] + self.table[block], axis=1)


def _quantiles(own: F, every: F) -> F:
    """Conformal: the outer levels step out by the one sample that is still to come."""
    error = own if own.size >= LEAST else every
    level = np.array(LEVELS)
    out = 0.5 + (level - 0.5) * (1 + 1 / error.size)
    found: F = np.quantile(error, np.clip(out, 0, 1))
    return found


def blocks(slot: I, day: int) -> I:
    """Part of the day, 0 … 5, of steps of the day."""
    return np.minimum(slot * BLOCKS // day, BLOCKS - 1)
