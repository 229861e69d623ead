"""The forecaster of one asset: learns what was known at an origin, speaks for the steps after."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.bands import Bands, blocks
from commonwatt.platform.forecast.ensemble.blend import Blend, chosen, fallback
from commonwatt.platform.forecast.ensemble.rows import Rows, rows
from commonwatt.platform.forecast.ensemble.series import Series
from commonwatt.platform.forecast.ensemble.slots import Slots
from commonwatt.platform.forecast.ensemble.trees import Trees

UNSEEN_DAYS = 56
SHORTEST_DAYS = 28
LEARN_LEAST = 200
MOST_ROWS = 60_000
"""Origins are thinned to whole days apart when they would give more rows than this."""
FOLDS = 2


@dataclass(frozen=True)
class Issued:
    """A forecast as it was given.

    Attributes:
        origin: first step forecast; nothing from there on was seen.
        point: (H,) the middle.
        quantiles: (H,Q) at `bands.LEVELS`.
        model: what served.
        reason: why it did.
    """

    origin: int
    point: F
    quantiles: F
    model: str
    reason: str


@dataclass(frozen=True)
class Ensemble:
    """A fitted forecaster of `horizon` steps; make one with `Ensemble.fit`."""

    horizon: int
    models: tuple[Slots, Trees] | None
    blend: Blend
    bands: Bands
    floor: float

    @classmethod
    def fit(cls, series: Series, origin: int, horizon: int) -> Ensemble:
        """Learn from what was known before step `origin`, and choose on its last weeks."""
        known = series.known_at(origin)
        stride = _stride(origin, horizon, known.day)
        origins = np.arange(origin - stride, 0, -stride, dtype=np.int64)[::-1]
        floor = 0.0 if np.nanmin(known.value, initial=np.inf) >= 0 else -np.inf
        table = rows(known, origins, horizon)
        target = np.where(table.at < origin, known.value[table.at], np.nan)
        usable = np.flatnonzero(np.isfinite(target) & np.isfinite(table.weekly))
        days = np.isfinite(known.value).sum() / known.day
        if days < SHORTEST_DAYS or usable.size < LEARN_LEAST:
            return cls._simple(known, table, target, horizon, days, floor)
        table, target = _only(table, usable), target[usable]
        unseen, blend = _judged(known, table, target, origin, horizon)
        error = target[unseen.at_rows] - blend.mix(unseen.forecasts)
        block = blocks(table.slot[unseen.at_rows], known.day)
        models = (Slots.fit(table, target, known.day), Trees.fit(table, target))
        return cls(horizon, models, blend, Bands.fit(error, block), floor)

    @classmethod
    def _simple(  # noqa: PLR0917 - one caller, just above
        cls, known: Series, table: Rows, target: F, horizon: int, days: float, floor: float
    ) -> Ensemble:
        model = "profile" if days >= 14 else "daily"
        blend = fallback(
            {}, f"{days:.0f} days measured, {SHORTEST_DAYS} are needed to learn", model
        )
        error = target - _simple_forecasts(table)[model]
        return cls(horizon, None, blend, Bands.fit(error, blocks(table.slot, known.day)), floor)

    def issue(self, series: Series, origin: int) -> Issued:
        """The forecast of steps `origin` … `origin + horizon - 1`."""
        known = series.known_at(origin)
        table = rows(known, np.array([origin]), self.horizon)
        point = self.blend.mix(_forecasts(table, self.models))
        for plain in ("profile", "weekly", "daily"):
            point = np.where(np.isfinite(point), point, _simple_forecasts(table)[plain])
        point = np.where(np.isfinite(point), point, np.nan_to_num(_last(known)))
        bands = self.bands.around(point, blocks(table.slot, known.day))
        return Issued(
            origin,
            np.maximum(point, self.floor),
            np.maximum(bands, self.floor),
            self.blend.model,
            self.blend.reason,
        )


@dataclass(frozen=True)
class _Unseen:
    at_rows: I
    forecasts: dict[str, F]


def _judged(
    known: Series, table: Rows, target: F, origin: int, horizon: int
) -> tuple[_Unseen, Blend]:
    """Forecasts of the last weeks by models that had not seen them, and the blend they earn."""
    first = int(table.at.min())
    weeks = min(UNSEEN_DAYS * known.day, (origin - first) // 3)
    edges = np.linspace(origin - weeks, origin, FOLDS + 1).astype(np.int64)
    found: list[tuple[I, dict[str, F]]] = []
    start = table.at - table.lead
    for a, b in pairwise(edges.tolist()):
        past = np.flatnonzero(table.at < a)
        ahead = np.flatnonzero((start >= a) & (start < b))
        if past.size < LEARN_LEAST // 2 or ahead.size == 0:
            continue
        models = (
            Slots.fit(_only(table, past), target[past], known.day),
            Trees.fit(_only(table, past), target[past]),
        )
        found.append((ahead, _forecasts(_only(table, ahead), models)))
    if not found:
        plain = _simple_forecasts(table)
        rest = np.arange(len(target))
        return _Unseen(rest, plain), fallback(plain, f"too little history for {horizon} steps")
    at = np.concatenate([rows_ for rows_, _ in found])
    merged = {name: np.concatenate([f[name] for _, f in found]) for name in found[0][1]}
    return _Unseen(at, merged), chosen(merged, target[at])


def _stride(origin: int, horizon: int, day: int) -> int:
    """Steps between the origins to learn from: a day or less, or more where history is long."""
    stride = min(horizon, day)
    thin = -(-origin * horizon // (stride * MOST_ROWS))
    return stride * max(1, thin)


def _simple_forecasts(table: Rows) -> dict[str, F]:
    return {"profile": table.profile, "weekly": table.weekly, "daily": table.lags[:, 0]}


def _forecasts(table: Rows, models: tuple[Slots, Trees] | None) -> dict[str, F]:
    simple = _simple_forecasts(table)
    if models is None:
        return simple
    ridge, trees = models
    return {"ridge": ridge.predict(table), "trees": trees.predict(table), **simple}


def _only(table: Rows, index: I) -> Rows:
    return Rows(**{name: getattr(table, name)[index] for name in Rows.__dataclass_fields__})


def _last(known: Series) -> float:
    measured = known.value[np.isfinite(known.value)]
    return float(measured[-1]) if measured.size else 0.0
