"""Quantiles from the errors made on days not learned from: conformal, by part of the day.

Errors are divided by how hard their step looked (normalised conformal prediction, Lei et al. 2018),
recent ones count for more (Barber et al. 2023), and the levels step outward by the one day still to
come: the errors of one day are kin, so days are counted and not steps. Last, the bands are
stretched by what they would have needed had they been drawn week after week from what was known
then (conformalised quantile regression, Romano et al. 2019, rolled forward in time).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.hardness import Hardness

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BLOCKS = 6
LEAST_DAYS = 10
"""Errors of fewer days than this in a part of the day: the whole day's are taken."""
HALF_DAYS = 14
"""An error counts half as much as one made this many days later."""
FIRST_DAYS, EACH_DAYS = 14, 7
"""Bands are rehearsed on each week after the first two."""
STRETCH = (1.0, 2.0)
"""Between which bands are stretched: a lucky rehearsal narrows nothing."""


@dataclass(frozen=True)
class Errors:
    """What was missed by how much on R steps not learned from.

    Attributes:
        error: (R,) actual less forecast.
        block: (R,) part of the day, 0 … `BLOCKS` - 1.
        day: (R,) number of the day of each step.
        doubt: (R,D) signs known beforehand that the step was hard; D may be 0.
    """

    error: F
    block: I
    day: I
    doubt: F

    def __add__(self, more: Errors) -> Errors:
        names = Errors.__dataclass_fields__
        both = {n: np.concatenate([getattr(self, n), getattr(more, n)]) for n in names}
        return Errors(**both)

    def only(self, which: I | np.ndarray) -> Errors:
        """Some of them."""
        return Errors(self.error[which], self.block[which], self.day[which], self.doubt[which])

    def ages(self, day: int) -> F:
        """(R,) weight of each error on a day: halved with every `HALF_DAYS`."""
        weight: F = 0.5 ** (np.maximum(day - self.day, 0) / HALF_DAYS)
        return weight


@dataclass(frozen=True)
class Bands:
    """(B,Q) relative errors by block of the day and level, and what multiplies them."""

    table: F
    hardness: Hardness

    @classmethod
    def fit(cls, errors: Errors, day: int) -> Bands:
        """For forecasts made on a day, from errors known by then."""
        errors = errors.only(np.isfinite(errors.error))
        weight = errors.ages(day)
        hard = Hardness.fit(np.abs(errors.error), errors.block, errors.doubt, weight)
        if errors.error.size == 0:
            return cls(np.zeros((BLOCKS, len(LEVELS))), hard)
        relative = Errors(
            errors.error / hard.of(errors.block, errors.doubt),
            errors.block,
            errors.day,
            errors.doubt,
        )
        table = _table(relative, weight)
        middle = table[:, [LEVELS.index(0.5)]]
        return cls(middle + (table - middle) * _stretch(relative, weight), hard)

    def around(self, point: F, block: I, doubt: F) -> F:
        """(R,Q) rising quantiles of forecasts (R,), their blocks (R,) and doubts (R,D)."""
        wide = self.table[block] * self.hardness.of(block, doubt)[:, None]
        return np.sort(point[:, None] + wide, axis=1)


def blocks(slot: I, day: int) -> I:
    """Part of the day, 0 … 5, of steps of the day."""
    return np.minimum(slot * BLOCKS // day, BLOCKS - 1)


def _table(relative: Errors, weight: F) -> F:
    """(B,Q) quantiles, stepping outward by the one day still to come."""
    _, day = np.unique(relative.day, return_inverse=True)
    share = np.bincount(day, weight) / np.bincount(day)
    days = share.sum() ** 2 / (share**2).sum()
    levels = np.clip(0.5 + (np.array(LEVELS) - 0.5) * (1 + 1 / days), 0, 1)
    table = []
    for block in range(BLOCKS):
        own = relative.block == block
        if np.unique(day[own]).size < LEAST_DAYS:
            own = np.ones(len(own), dtype=bool)
        table.append(_quantiles(relative.error[own], weight[own], levels))
    return np.array(table)


def _stretch(relative: Errors, weight: F) -> float:
    """By how much bands drawn week after week would have had to be wider to hold what came."""
    middle = LEVELS.index(0.5)
    held, counted = [], []
    first, last = int(relative.day.min()), int(relative.day.max())
    for start in range(first + FIRST_DAYS, last + 1, EACH_DAYS):
        past = relative.only(relative.day < start)
        now = (relative.day >= start) & (relative.day < start + EACH_DAYS)
        if np.unique(past.day).size < LEAST_DAYS or not now.any():
            continue
        table = _table(past, past.ages(start))[relative.block[now]]
        off = relative.error[now] - table[:, middle]
        reach = np.where(off > 0, table[:, -1], table[:, 0]) - table[:, middle]
        held.append(np.abs(off) / np.maximum(np.abs(reach), 1e-9))
        counted.append(weight[now])
    if not held:
        return 1.0
    level = np.array([LEVELS[-1] - LEVELS[0]])
    needed = _quantiles(np.concatenate(held), np.concatenate(counted), level)
    return float(np.clip(needed[0], *STRETCH))


def _quantiles(values: F, weight: F, levels: F) -> F:
    """Of weighted values, straight between them.

    >>> _quantiles(np.array([3.0, 1.0, 2.0]), np.ones(3), np.array([0.5])).tolist()
    [2.0]
    """
    order = np.argsort(values)
    below = np.cumsum(weight[order]) - weight[order] / 2
    found: F = np.interp(levels, below / weight.sum(), values[order])
    return found
