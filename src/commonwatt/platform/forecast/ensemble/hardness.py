"""How far off a forecast usually is for a step that looks like this one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from commonwatt.kernel.units import F, I

TRUST = 0.5
"""Share of the doubts in it; the rest is the mean error of the part of the day."""
FLOOR = 0.02
"""No step is held to be surer than this share of the mean error."""


@dataclass(frozen=True)
class Hardness:
    """Expected absolute error: by part of the day, and rising with each doubt.

    Attributes:
        plain: (B,) mean absolute error of each part of the day.
        base: (B,) of each part without any doubt.
        rise: (D,) per doubt, none below 0.
    """

    plain: F
    base: F
    rise: F

    @classmethod
    def fit(cls, missed: F, block: I, doubt: F, weight: F, count: int = 6) -> Hardness:
        """From absolute errors (R,), their blocks (R,), doubts (R,D) and weights (R,)."""
        if not missed.size:
            return cls(np.zeros(count), np.zeros(count), np.zeros(doubt.shape[1]))
        mean = float(np.average(missed, weights=weight)) + 1e-12
        inside = (block[:, None] == np.arange(count)).astype(float)
        total = weight @ inside
        own = (weight * missed) @ inside / np.where(total > 0, total, 1.0)
        plain = np.where(total > 0, own, mean) + FLOOR * mean
        size = doubt.mean(axis=0) + 1e-12
        columns = np.hstack([inside, doubt / size]) * np.sqrt(weight)[:, None]
        found, _ = nnls(columns, missed / mean * np.sqrt(weight))
        return cls(plain, found[:count] * mean, found[count:] * mean / size)

    def of(self, block: I, doubt: F) -> F:
        """(R,) expected absolute errors."""
        told: F = self.base[block] + doubt @ self.rise
        return TRUST * told + (1 - TRUST) * self.plain[block]
