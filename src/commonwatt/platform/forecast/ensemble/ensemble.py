"""The forecaster of one asset: learns what was known at an origin, speaks for the steps after."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.bands import Bands, Errors, blocks
from commonwatt.platform.forecast.ensemble.blend import Blend, fallback
from commonwatt.platform.forecast.ensemble.drift import Promise
from commonwatt.platform.forecast.ensemble.judging import LEARN_LEAST, judged
from commonwatt.platform.forecast.ensemble.models import Models, doubt, only, simple
from commonwatt.platform.forecast.ensemble.rows import Rows, rows
from commonwatt.platform.forecast.ensemble.series import Series

SHORTEST_DAYS = 28
MOST_ROWS = 60_000
"""Origins are thinned to whole days apart when they would give more rows than this."""
SINCE_DAYS = 28
"""Of forecasts made since the fit, so many days are held against what came."""


@dataclass(frozen=True)
class Issued:
    """A forecast as it was given.

    Attributes:
        origin: first step forecast; nothing from there on was seen.
        point: (H,) the middle.
        quantiles: (H,Q) at `bands.LEVELS`.
        model: what served.
        reason: why it did.
        drift: why it should learn anew before it speaks, or nothing.
    """

    origin: int
    point: F
    quantiles: F
    model: str
    reason: str
    drift: str = ""


@dataclass(frozen=True)
class Ensemble:
    """A fitted forecaster of `horizon` steps; make one with `Ensemble.fit`."""

    horizon: int
    models: Models | None
    blend: Blend
    errors: Errors
    promise: Promise
    floor: float

    @classmethod
    def fit(cls, series: Series, origin: int, horizon: int, cause: str = "") -> Ensemble:
        """Learn from what was known before step `origin`, and choose on its last weeks.

        A `cause` for learning just now becomes part of the reason.
        """
        known = series.known_at(origin)
        stride = _stride(origin, horizon, known.day)
        origins = np.arange(origin - stride, 0, -stride, dtype=np.int64)[::-1]
        table = rows(known, origins, horizon)
        target = np.where(table.at < origin, known.value[table.at], np.nan)
        usable = np.flatnonzero(np.isfinite(target) & np.isfinite(table.weekly))
        days = np.isfinite(known.value).sum() / known.day
        models: Models | None = None
        if days < SHORTEST_DAYS or usable.size < LEARN_LEAST:
            model = "profile" if days >= 14 else "daily"
            why = f"{days:.0f} days measured, {SHORTEST_DAYS} are needed to learn"
            forecasts, blend = simple(table), fallback({}, why, model)
        else:
            table, target = only(table, usable), target[usable]
            unseen, blend = judged(known, table, target, origin)
            models = Models.fit(known, table, target, origin)
            table, target, forecasts = unseen.rows, unseen.target, unseen.forecasts
        if cause:
            blend = replace(blend, reason=f"{blend.reason}; learned anew because {cause}")
        errors = _errors(known, table, target, forecasts, blend)
        floor = 0.0 if np.nanmin(known.value, initial=np.inf) >= 0 else -np.inf
        return cls(horizon, models, blend, errors, Promise.of(known, origin, errors), floor)

    def issue(self, series: Series, origin: int) -> Issued:
        """The forecast of steps `origin` … `origin + horizon - 1`."""
        known = series.known_at(origin)
        table = rows(known, np.array([*self._since(known, origin), origin]), self.horizon)
        forecasts = self._forecasts(known, table)
        target = np.where(table.at < origin, known.value[table.at], np.nan)
        missed = _errors(known, table, target, forecasts, self.blend)
        past = np.isfinite(missed.error)
        since = missed.only(past)
        now = table.at - table.lead == origin
        ahead, told = only(table, np.flatnonzero(now)), {k: f[now] for k, f in forecasts.items()}
        point = self.blend.mix(told)
        sign = doubt(told, point, ahead)
        for plain in ("profile", "weekly", "daily"):
            point = np.where(np.isfinite(point), point, told[plain])
        point = np.where(np.isfinite(point), point, np.nan_to_num(_last(known)))
        bands = Bands.fit(self.errors + since, origin // known.day)
        quantiles = bands.around(point, blocks(ahead.slot, known.day), sign)
        return Issued(
            origin,
            np.maximum(point, self.floor),
            np.maximum(quantiles, self.floor),
            self.blend.model,
            self.blend.reason,
            self.promise.broken(since, origin // known.day),
        )

    def _since(self, known: Series, origin: int) -> I:
        """Origins since the fit, whole strides before this one, whose truth is partly known."""
        stride = min(self.horizon, known.day)
        first = max(self.promise.origin, origin - SINCE_DAYS * known.day)
        return np.arange(origin - stride, first - 1, -stride, dtype=np.int64)[::-1]

    def _forecasts(self, known: Series, table: Rows) -> dict[str, F]:
        return self.models.forecasts(known, table) if self.models else simple(table)


def _errors(known: Series, table: Rows, target: F, forecasts: dict[str, F], blend: Blend) -> Errors:
    """What a blend missed on rows whose targets (R,) are known."""
    mixed = blend.mix(forecasts)
    signs = doubt(forecasts, mixed, table)
    return Errors(target - mixed, blocks(table.slot, known.day), table.at // known.day, signs)


def _stride(origin: int, horizon: int, day: int) -> int:
    """Steps between the origins to learn from: a day or less, or more where history is long."""
    stride = min(horizon, day)
    thin = -(-origin * horizon // (stride * MOST_ROWS))
    return stride * max(1, thin)


def _last(known: Series) -> float:
    measured = known.value[np.isfinite(known.value)]
    return float(measured[-1]) if measured.size else 0.0
