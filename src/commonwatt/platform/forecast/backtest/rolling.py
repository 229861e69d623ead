"""Rolling origins: every method speaks from each, having seen nothing from there on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.backtest.metrics import Score, score
from commonwatt.platform.forecast.ensemble import LEVELS, Ensemble, Issued, Series
from commonwatt.platform.forecast.ensemble.bands import Bands, Errors, blocks
from commonwatt.platform.forecast.sunlit import Sunlit, follows_the_sun

OURS = "commonwatt"
REHEARSED = 14
"""Origins before the first, from which a peer speaks too, so that its errors are known by then."""
REHEARSE_DAYS = 28
"""Days of history that the first of them must have."""
FEWEST = 7
"""With fewer origins whose errors are known, a peer's bands come from weekly naive's errors."""
NAIVE_DAYS = 56


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
    sky: F | None = None,
    progress: Callable[[str, float], None] = lambda _name, _share: None,
) -> Backtest:
    """Let ours and each peer speak from every origin and score them alike.

    Where `sky` (T,3), the light of a cloudless sky, is given and the series follows the sun, ours
    is `Sunlit`.
    """
    actual = _actual(series, origins, horizon)
    scale = _scale(series, int(origins[0]))
    ours = _ours(_learner(series, int(origins[0]), sky))
    runs = [(OURS, ours), *((peer.name, _peer(peer)) for peer in peers)]
    outcomes = []
    for name, run in runs:
        began = perf_counter()
        spoken = _walk(run, series, origins, horizon, refit_days, partial(progress, name))
        spent = perf_counter() - began
        if isinstance(spoken[0], Issued):
            point, quantiles = (np.array([getattr(s, k) for s in spoken]) for k in _TOLD)
        else:
            before = _rehearsed(series, origins, horizon)
            early = _walk(run, series, before, horizon, refit_days, partial(progress, name))
            point = np.array(spoken)
            every = np.concatenate([before, origins])
            quantiles = _bands(series, every, np.array([*early, *spoken]))[len(before) :]
        outcomes.append(_outcome(name, actual, spoken, point, quantiles, scale, spent))
    return Backtest(series, origins, horizon, actual, outcomes)


_TOLD = ("point", "quantiles")


def _walk(  # noqa: PLR0917 - two calls
    run: Callable[..., Any],
    series: Series,
    origins: I,
    horizon: int,
    refit_days: float,
    progress: Callable[[float], None],
) -> list[Any]:
    """What a method says at each origin; it learns when that is due, and ours when it drifts."""
    spoken: list[Any] = []
    state: Any = None
    fitted = -np.inf
    for n, origin in enumerate(origins):
        progress(n / len(origins))
        due = (origin - fitted) * series.step_s >= refit_days * DAY_S
        state = run(series, int(origin), horizon, state, due)
        fitted = origin if due else fitted
        spoken.append(state[1])
    return spoken


def _learner(series: Series, origin: int, sky: F | None) -> Callable[..., Any]:
    if sky is None or not follows_the_sun(series.value[:origin], sky[:origin, 0]):
        return Ensemble.fit
    return partial(Sunlit.fit, sky=sky)


def _ours(learn: Callable[..., Any]) -> Callable[..., Any]:
    def run(series: Series, origin: int, horizon: int, state: Any, due: bool) -> Any:
        model = learn(series, origin, horizon) if due else state[0]
        issued = model.issue(series, origin)
        if issued.drift:
            model = learn(series, origin, horizon, cause=issued.drift)
            issued = model.issue(series, origin)
        return model, issued

    return run


def _peer(peer: Any) -> Callable[..., Any]:
    def run(series: Series, origin: int, horizon: int, _state: Any, due: bool) -> Any:
        if due:
            peer.fit(series.known_at(origin), origin, horizon)
        return peer, peer.issue(series.known_at(origin), origin)

    return run


def _outcome(  # noqa: PLR0917 - one call
    name: str, actual: F, spoken: list[Any], point: F, quantiles: F, scale: float, seconds: float
) -> Outcome:
    levels = np.array(LEVELS)
    flat = quantiles.reshape(-1, len(levels))
    measured = score(actual.ravel(), point.ravel(), flat, levels, scale)
    models = [getattr(s, "model", name) for s in spoken]
    reasons = [getattr(s, "reason", "") for s in spoken]
    return Outcome(name, point, quantiles, models, reasons, seconds, measured)


def _rehearsed(series: Series, origins: I, horizon: int) -> I:
    """Origins before the first, as far apart as the first two, or a horizon and a day at least."""
    own = int(np.diff(origins[:2]).sum()) or max(horizon, series.day)
    measured = np.flatnonzero(np.isfinite(series.value[: origins[0]]))
    least = int(measured[:1].sum()) + REHEARSE_DAYS * series.day
    earlier = origins[0] - own * np.arange(REHEARSED, 0, -1)
    found: I = earlier[earlier >= least]
    return found


def _bands(series: Series, origins: I, point: F) -> F:
    """(N,H,Q) around a peer's points (N,H): from its errors whose truth was known by then."""
    steps = origins[:, None] + np.arange(point.shape[1])
    error = _actual(series, origins, point.shape[1]) - point
    part = _parts(series, steps)
    none = np.empty((point.shape[1], 0))
    out = np.empty((*point.shape, len(LEVELS)))
    for n, origin in enumerate(origins.tolist()):
        past = steps < origin
        errors = _errors(series, steps[past], error[past])
        if past.any(axis=1).sum() < FEWEST:
            errors = _naive_errors(series, origin)
        out[n] = Bands.fit(errors, origin // series.day).around(point[n], part[n], none)
    floor = 0.0 if np.nanmin(series.value[: origins[0]]) >= 0 else -np.inf
    return np.maximum(out, floor)


def _parts(series: Series, steps: I) -> I:
    slot = series.calendar[0] // series.step_s
    return blocks(slot[np.minimum(steps, len(slot) - 1)], series.day)


def _naive_errors(series: Series, origin: int) -> Errors:
    recent = np.arange(max(series.week, origin - NAIVE_DAYS * series.day), origin)
    return _errors(series, recent, series.value[recent] - series.value[recent - series.week])


def _errors(series: Series, steps: I, error: F) -> Errors:
    doubt = np.empty((len(error), 0))
    return Errors(error, _parts(series, steps), steps // series.day, doubt)


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
