"""How far readings lie from what was said: a table of error quantiles by hour and volume bucket.

Errors are counted in units of each meter's own trailing spread, so that one table serves steady and
fickle meters alike (normalised conformal prediction; Lei et al. 2018, "Distribution-free predictive
inference for regression", §5.2), and ranks are those of split conformal prediction, (n+1)·level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.cleaning import quantile

BUCKETS = 4
"""Volume buckets of a class, equally many meters each."""
HOURS = 24
ENOUGH = 200
"""Errors that an hour of a bucket needs to speak for itself; else the bucket's others help."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantiles of errors.

    Attributes:
        table: (B,24,Q) by volume bucket, hour of the day and level.
    """

    table: F

    def around(self, centre: F, spread: F, bucket: I, hour: I) -> F:
        """(Q,N,H) quantiles of readings around `centre` (N,H), all relative to a meter's mean.

        Args:
            centre: what was said.
            spread: (N,) each meter's trailing spread.
            bucket: (N,) volume bucket.
            hour: (H,) hour of the day of each target.
        """
        bent = self.table[bucket[:, None], hour] * spread[:, None, None]
        found: F = centre + np.moveaxis(bent, 2, 0)
        return found

    @classmethod
    def learnt(cls, errors: F, bucket: I, hour: I, levels: F) -> Spread:
        """From `errors` (K,) in units of their meters' spreads, each in a bucket and at an hour."""
        every = _quantiles(errors, levels) if errors.size else np.zeros(levels.size)
        table = np.tile(every, (BUCKETS, HOURS, 1))
        for b in range(BUCKETS):
            mine = bucket == b
            own, hours = errors[mine], hour[mine]
            if own.size < ENOUGH:
                continue
            table[b] = _quantiles(own, levels)
            for h in range(HOURS):
                now = own[hours == h]
                if now.size >= ENOUGH:
                    table[b, h] = _quantiles(now, levels)
        return cls(table)


def _quantiles(errors: F, levels: F) -> F:
    return np.array([quantile(errors[:, None], float(level))[0] for level in levels])
