"""Measured history made fit to learn from: gaps marked, meter faults set aside."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import F

TAIL = 0.005
REACH = 2.0


def cleaned(values: F) -> F:
    """`values` (K,N) with what no meter would honestly say turned to NaN.

    Honest is the range between the 0.5 % and 99.5 % quantiles of a series, widened by twice its
    width on either side (and by a little for series that hardly move).

    >>> history = np.tile([1.0, 2.0, 3.0, 4.0], 100)[:, None]
    >>> history[7] = 1e6
    >>> bool(np.isnan(cleaned(history)[7, 0])), int(np.isnan(cleaned(history)).sum())
    (True, 1)
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    low, high = (quantile(finite, level) for level in (TAIL, 1 - TAIL))
    room = REACH * (high - low) + 0.5 * np.maximum(np.abs(low), np.abs(high)) + 0.1
    odd = (finite < low - room) | (finite > high + room)
    return np.where(odd, np.nan, finite)


def quantile(values: F, level: float) -> F:
    """(N,) conformal quantile of each column of `values` (K,N), gaps left out; 0 where all is gap.

    The rank is that of split conformal prediction, (n+1)·level, so that the next value falls below
    with at least that chance (Vovk et al., "Algorithmic Learning in a Random World", 2005).

    >>> float(quantile(np.arange(1.0, 10.0)[:, None], 0.9)[0])
    9.0
    """
    only: F = quantiles(values, np.array([level]))[0]
    return only


def quantiles(values: F, levels: F) -> F:
    """(Q,N) conformal quantiles of each column of `values` (K,N), as `quantile`."""
    if not values.size:
        return np.zeros((levels.size, values.shape[1]))
    ordered = np.sort(values, axis=0)
    count = np.isfinite(ordered).sum(axis=0)
    rank = (count + 1) * levels[:, None] - 1
    rank = np.clip(rank, 0, np.maximum(count - 1, 0))
    below = np.floor(rank).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    column = np.arange(values.shape[1])
    left, right = ordered[below, column], ordered[above, column]
    found: F = np.where(count > 0, left + (rank - below) * (right - left), 0.0)
    return found
