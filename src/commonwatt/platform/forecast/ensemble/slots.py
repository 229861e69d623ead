"""Ridge regression of its own for every part of the day: linear in lags, bent in weather."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.rows import Rows
from commonwatt.platform.forecast.ridge import coefficients

PARTS = 48
KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)
PENALTY = 0.003


@dataclass(frozen=True)
class Slots:
    """A fitted ridge per part of the day; `weights` is (B,P)."""

    part: int
    middle: F
    scale: F
    knots: F
    weights: F
    mean: float
    size: float

    @classmethod
    def fit(cls, rows: Rows, target: F, day: int) -> Slots:
        """Learn from the rows whose target is known."""
        known = np.isfinite(target)
        plain = _plain(rows)
        middle = _filled(np.nanmedian(plain[known], axis=0))
        scale = _filled(np.nanstd(plain[known], axis=0))
        weather = rows.weather[known]
        knots = np.nanquantile(weather, KNOTS, axis=0) if weather.size else np.empty((5, 0))
        knots = _filled(knots)
        part = max(1, -(-day // PARTS))
        mean, size = float(target[known].mean()), float(target[known].std()) + 1e-12
        empty = cls(part, middle, scale, knots, np.empty((0, 0)), mean, size)
        matrix, slot = empty.matrix(rows), rows.slot // part
        count = -(-day // part)
        square = np.zeros((count, matrix.shape[1], matrix.shape[1]))
        right = np.zeros((count, matrix.shape[1]))
        for one in range(count):
            mine = known & (slot == one)
            square[one] = matrix[mine].T @ matrix[mine]
            right[one] = matrix[mine].T @ ((target[mine] - mean) / size)
        weights = coefficients(square, right, PENALTY)
        return cls(part, middle, scale, knots, weights, mean, size)

    def matrix(self, rows: Rows) -> F:
        """(R,P) columns: constant, lags, calendar, weekdays, weather bent at its quantiles."""
        plain = (_plain(rows) - self.middle) / np.where(self.scale > 0, self.scale, 1.0)
        bent = [np.maximum(rows.weather - knot, 0.0) for knot in self.knots]
        hinges = np.hstack(bent) / (np.tile(self.weather_scale, len(self.knots)) + 1e-12)
        days = (rows.weekday[:, None] == np.arange(7)).astype(float)
        joined = np.hstack([np.ones((len(plain), 1)), plain, days, hinges])
        return _filled(joined)

    @property
    def weather_scale(self) -> F:
        """(V,) spread of the weather columns, the last of the plain ones."""
        width = self.knots.shape[1]
        return self.scale[len(self.scale) - width :]

    def predict(self, rows: Rows) -> F:
        """(R,) forecasts."""
        slot = np.minimum(rows.slot // self.part, len(self.weights) - 1)
        found: F = np.einsum("rp,rp->r", self.matrix(rows), self.weights[slot])
        return found * self.size + self.mean


def _plain(rows: Rows) -> F:
    lags = np.where(np.isfinite(rows.lags), rows.lags, rows.profile[:, None])
    return np.hstack([lags, rows.profile[:, None], rows.calendar, rows.weather])


def _filled(values: F) -> F:
    return np.where(np.isfinite(values), values, 0.0)


def spread(count: int, most: int) -> I:
    """Indices of at most `most` of `count` rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
