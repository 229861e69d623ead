"""Seasonal tables: the recent mean by slot of the week, shrunk step by step where it is thin."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from commonwatt.kernel.intervals import SLOTS_PER_DAY
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.features import GROUPS

POOLED, OWN = 15.0, 1.0
"""Trust in like days, in observations: homes live them alike, shops may close on Wednesday."""
_TYPE, _DAY = 1.0, 0.2


def grouping(group: I) -> csr_array:
    """(GROUPS,K) sums the rows of each group.

    >>> (grouping(np.array([3, 3, 5])) @ np.array([1.0, 2.0, 4.0]))[[3, 5]].tolist()
    [3.0, 4.0]
    """
    ones = np.ones(group.size)
    return csr_array((ones, (group, np.arange(group.size))), shape=(GROUPS, group.size))


def sums(weighted: F, weight: F, scale: F, groups: csr_array) -> tuple[F, F]:
    """Sums by group, smoothed over neighbouring slots.

    Args:
        weighted: (K,N) values times their weight.
        weight: (K,N), 0 where missing.
        scale: (K,) unit the table is kept in.
        groups: from `grouping`.

    Returns:
        (7,96,N) Σ w·s·y and (7,96,N) Σ w·s².
    """
    both = np.concatenate([weighted * scale[:, None], weight * scale[:, None] ** 2], axis=1)
    days = np.reshape(groups @ both, (7, SLOTS_PER_DAY, -1))
    smooth = 0.5 * days + 0.25 * (np.roll(days, 1, axis=1) + np.roll(days, -1, axis=1))
    return smooth[..., : weight.shape[1]], smooth[..., weight.shape[1] :]


def table(top: F, bottom: F, unit: float, trust: float) -> F:
    """(GROUPS,N) mean by slot and weekday, shrunk to that of like days, of all days, of all hours.

    Args:
        top: (7,96,N) from `sums`.
        bottom: (7,96,N) from `sums`.
        unit: typical squared scale, what one observation weighs.
        trust: in like days, POOLED or OWN.
    """
    overall = top.sum(axis=(0, 1)) / (bottom.sum(axis=(0, 1)) + 1e-9)
    return _shrunk(top, bottom, overall, unit * np.array([_DAY, _TYPE, trust]))


def departures(top: F, bottom: F, unit: float) -> F:
    """(GROUPS,N) mean by group of what a model left over, shrunk to nothing; see `table`."""
    return _shrunk(top, bottom, np.zeros(top.shape[2]), unit * np.array([4.0, 4.0, 4.0]))


def _shrunk(top: F, bottom: F, prior: F, trust: F) -> F:
    daily = (top.sum(axis=0) + trust[0] * prior) / (bottom.sum(axis=0) + trust[0])
    days = []
    for like in (slice(0, 5), slice(5, 7)):
        kind = (top[like].sum(axis=0) + trust[1] * daily) / (bottom[like].sum(axis=0) + trust[1])
        days.append((top[like] + trust[2] * kind) / (bottom[like] + trust[2]))
    return np.reshape(np.concatenate(days), (GROUPS, -1))
