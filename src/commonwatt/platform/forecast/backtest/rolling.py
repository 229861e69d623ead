"""Rolling origins: every method speaks from each, having seen nothing from there on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.backtest.metrics import Score, score
from commonwatt.platform.forecast.ensemble import LEVELS, Ensemble, Series
from commonwatt.platform.forecast.ensemble.bands import Bands, blocks

OURS = "commonwatt"
MEMORY_DAYS = 56
FEWEST = 14
"""Origins whose errors are known before a method's bands come from those alone."""


@dataclass(frozen=True)
class Outcome:
    """One method over N origins of H steps each, NaN beyond the end of the series.

    Attributes:
        name: the method.
        point: (N,H).
        quantiles: (N,H,Q) at `LEVELS`.
        models: N names of what served, and `reasons`, N sentences why.
        seconds: spent fitting and forecasting.
        score: over all steps measured.
    """

    name: str
    point: F
    quantiles: F
    models: list[str]
    reasons: list[str]
    seconds: float
    score: Score


@dataclass(frozen=True)
class Backtest:
    """All methods over the same `origins` (N,); `actual` is (N,H)."""

    series: Series
    origins: I
    horizon: int
    actual: F
    outcomes: list[Outcome]


def origins_of(series: Series, horizon: int, count: int | None) -> I:
    """The last `count` origins at local midnight, a horizon (a day at least) apart."""
    stride = max(series.day, -(-horizon // series.day) * series.day)
    if horizon < series.day:
        stride = series.day
    length = len(series.value)
    second = series.calendar[0]
    midnight = np.flatnonzero(second // series.step_s == 0)
    last = midnight[midnight <= length - horizon]
    learnable = int(np.flatnonzero(np.isfinite(series.value))[:1].sum()) + 2 * series.week
    if not last.size or last[-1] < learnable:
        raise InvalidInput(
            f"{length} steps are too few to backtest {horizon} ahead: "
            "two weeks and a horizon are needed"
        )
    most = max(1, min(count or 28, int(last[-1] - learnable) // stride + 1))
    wanted = last[-1] - stride * np.arange(most)[::-1]
    near = np.clip(np.searchsorted(midnight, wanted), 0, len(last) - 1)
    found: I = np.unique(last[near])
    return found


def backtest(
    series: Series,
    horizon: int,
    *,
    origins: I,
    refit_days: float,
    peers: list[Any],
    progress: Callable[[str, float], None] = lambda _name, _share: None,
) -> Backtest:
    """Let ours and each peer speak from every origin and score them alike."""
    actual = _actual(series, origins, horizon)
    scale = _scale(series, int(origins[0]))
    runs = [(OURS, _ours), *((peer.name, _peer(peer)) for peer in peers)]
    outcomes = []
    for name, run in runs:
        began = perf_counter()
        spoken: list[Any] = []
        state: Any = None
        fitted = -np.inf
        for n, origin in enumerate(origins):
            progress(name, n / len(origins))
            due = (origin - fitted) * series.step_s >= refit_days * DAY_S
            state = run(series, int(origin), horizon, state, due)
            fitted = origin if due else fitted
            spoken.append(state[1])
        outcomes.append(_outcome(name, series, origins, actual, spoken, scale, began))
    return Backtest(series, origins, horizon, actual, outcomes)


def _ours(series: Series, origin: int, horizon: int, state: Any, due: bool) -> Any:
    model = Ensemble.fit(series, origin, horizon) if due else state[0]
    return model, model.issue(series, origin)


def _peer(peer: Any) -> Callable[..., Any]:
    def run(series: Series, origin: int, horizon: int, _state: Any, due: bool) -> Any:
        if due:
            peer.fit(series.known_at(origin), origin, horizon)
        return peer, peer.issue(series.known_at(origin), origin)

    return run


def _outcome(  # noqa: PLR0917 - one call
    name: str, series: Series, origins: I, actual: F, spoken: list[Any], scale: float, began: float
) -> Outcome:
    issued = name == OURS
    point = np.array([s.point if issued else s for s in spoken])
    given = np.array([s.quantiles for s in spoken]) if issued else None
    quantiles = _rolling_bands(series, origins, actual, point, given)
    levels = np.array(LEVELS)
    width = quantiles.shape[-1]
    measured = score(actual.ravel(), point.ravel(), quantiles.reshape(-1, width), levels, scale)
    models = [s.model for s in spoken] if issued else [name] * len(spoken)
    reasons = [s.reason for s in spoken] if issued else [""] * len(spoken)
    return Outcome(name, point, quantiles, models, reasons, perf_counter() - began, measured)


def _rolling_bands(series: Series, origins: I, actual: F, point: F, given: F | None) -> F:
    """(N,H,Q): from a method's errors whose truth was known at each origin.

    While those are few, ours has its own from fitting (`given`) and a peer the errors of weekly
    naive before the backtest.
    """
    horizon = point.shape[1]
    slot = series.calendar[0] // series.step_s
    out = np.empty((*point.shape, len(LEVELS)))
    steps = origins[:, None] + np.arange(horizon)
    part = blocks(slot[np.minimum(steps, len(slot) - 1)], series.day)
    for n, origin in enumerate(origins):
        old = origin - MEMORY_DAYS * series.day
        past = (steps < origin) & (origins >= old)[:, None]
        full = (steps[:, -1] < origin) & (origins >= old)
        if full.sum() >= FEWEST:
            out[n] = Bands.fit((actual - point)[past], part[past]).around(point[n], part[n])
        elif given is not None:
            out[n] = given[n]
        else:
            out[n] = _naive_bands(series, int(origin)).around(point[n], part[n])
    floor = 0.0 if np.nanmin(series.value[: origins[0]]) >= 0 else -np.inf
    return np.maximum(out, floor)


def _naive_bands(series: Series, origin: int) -> Bands:
    recent = np.arange(max(series.week, origin - MEMORY_DAYS * series.day), origin)
    error = series.value[recent] - series.value[recent - series.week]
    slot = series.calendar[0][recent] // series.step_s
    return Bands.fit(error, blocks(slot, series.day))


def _actual(series: Series, origins: I, horizon: int) -> F:
    steps = origins[:, None] + np.arange(horizon)
    inside = steps < len(series.value)
    return np.where(inside, series.value[np.where(inside, steps, 0)], np.nan)


def _scale(series: Series, origin: int) -> float:
    """Mean absolute error of weekly naive before the backtest, what MASE divides by."""
    past = series.value[:origin]
    error = np.abs(past[series.week :] - past[: -series.week])
    mean = float(np.nanmean(error)) if np.isfinite(error).any() else 1.0
    return mean or 1.0


def local(series: Series, step: int) -> datetime:
    """When a step starts, in local time."""
    return datetime.fromtimestamp(series.start + step * series.step_s, tz=ZoneInfo(series.zone))
