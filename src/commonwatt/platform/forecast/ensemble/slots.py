"""Ridge regression of its own for every part of the day: linear in lags, bent in weather."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.rows import Rows
from commonwatt.platform.forecast.ridge import coefficients

PARTS = 48
KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)
PENALTY = 0.1
MOST_BENT = 44
"""Columns of weather that may be bent; what four quantities of weather give."""
REACH_H = 1.5
"""Parts of the day lend each other what they saw, less by e every this many hours apart."""


@dataclass(frozen=True)
class Slots:
    """A fitted ridge per part of the day.

    Attributes:
        part: steps in a part of the day.
        middle: (L,) of the plain columns, and `scale`, (L,) their spread.
        knots: (5,V) where the weather is bent.
        weights: (B,P) of every part.
        mean: of the target, and `size`, its spread.
        bounds: between which it speaks.
        first: plain column at which the weather begins.
        reach: (2,L) between which a plain column is believed: what hardly ever moved says nothing.
    """

    part: int
    middle: F
    scale: F
    knots: F
    weights: F
    mean: float
    size: float
    bounds: tuple[float, float]
    first: int
    reach: F

    @classmethod
    def fit(cls, rows: Rows, target: F, day: int) -> Slots:
        """Learn from the rows whose target is known."""
        known = np.isfinite(target)
        plain = _plain(rows)
        middle = _filled(np.nanmedian(plain[known], axis=0))
        scale = _filled(np.nanstd(plain[known], axis=0))
        weather = rows.weather[known, :MOST_BENT]
        knots = np.nanquantile(weather, KNOTS, axis=0) if weather.size else np.empty((5, 0))
        knots = _filled(knots)
        part = max(1, -(-day // PARTS))
        mean, size = float(target[known].mean()), float(target[known].std()) + 1e-12
        bounds = _bounds(target[known])
        first = len(scale) - rows.weather.shape[1]
        reach = _reach(plain[known])
        empty = cls(part, middle, scale, knots, np.empty((0, 0)), mean, size, bounds, first, reach)
        matrix, slot = empty.matrix(rows), rows.slot // part
        count = -(-day // part)
        square = np.zeros((count, matrix.shape[1], matrix.shape[1]))
        right = np.zeros((count, matrix.shape[1]))
        for one in range(count):
            mine = known & (slot == one)
            square[one] = matrix[mine].T @ matrix[mine]
            right[one] = matrix[mine].T @ ((target[mine] - mean) / size)
        share = _kinship(count)
        square, right = np.tensordot(share, square, 1), share @ right
        weights = coefficients(square, right, PENALTY)
        return replace(empty, weights=weights)

    def matrix(self, rows: Rows) -> F:
        """(R,P) columns: constant, lags, calendar, weekdays, weather bent at its quantiles."""
        believed = np.clip(_plain(rows), *self.reach)
        plain = (believed - self.middle) / np.where(self.scale > 0, self.scale, 1.0)
        bent = [np.maximum(rows.weather[:, :MOST_BENT] - knot, 0.0) for knot in self.knots]
        hinges = np.hstack(bent) / (np.tile(self.weather_scale, len(self.knots)) + 1e-12)
        days = (rows.weekday[:, None] == np.arange(7)).astype(float)
        joined = np.hstack([np.ones((len(plain), 1)), plain, days, hinges])
        return _filled(joined)

    @property
    def weather_scale(self) -> F:
        """(V,) spread of the bent columns; the weather is the last of the plain ones."""
        return self.scale[self.first : self.first + self.knots.shape[1]]

    def predict(self, rows: Rows) -> F:
        """(R,) forecasts."""
        slot = np.minimum(rows.slot // self.part, len(self.weights) - 1)
        found: F = np.einsum("rp,rp->r", self.matrix(rows), self.weights[slot])
        return np.clip(found * self.size + self.mean, *self.bounds)


def _kinship(count: int) -> F:
    """(B,B) how much a part of the day learns from another, around the clock."""
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    hours = np.minimum(apart, count - apart) * 24 / count
    return np.where(hours <= 2 * REACH_H, np.exp(-hours / REACH_H), 0.0)


def _bounds(target: F) -> tuple[float, float]:
    """As far beyond what was seen as half of all that was seen: lines have no end of their own."""
    low, high = float(target.min()), float(target.max())
    return low - (high - low) / 2, high + (high - low) / 2


def _reach(plain: F) -> F:
    """(2,L) half a range beyond what was seen of each column."""
    seen = np.isfinite(plain)
    low = np.where(seen, plain, np.inf).min(axis=0)
    high = np.where(seen, plain, -np.inf).max(axis=0)
    room = np.where(high >= low, high - low, 0.0) / 2
    return np.where(high >= low, np.stack([low - room, high + room]), 0.0)


def _plain(rows: Rows) -> F:
    lags = np.where(np.isfinite(rows.lags), rows.lags, rows.profile[:, None])
    return np.hstack([lags, rows.profile[:, None], rows.calendar, rows.beyond, rows.weather])


def _filled(values: F) -> F:
    return np.where(np.isfinite(values), values, 0.0)


def spread(count: int, most: int) -> I:
    """Indices of at most `most` of `count` rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
