"""From a measured past to everything a forecast needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast import correction, fallback, rolling, spread
from commonwatt.platform.forecast.correction import Correction
from commonwatt.platform.forecast.draws import Draws
from commonwatt.platform.forecast.features import Features
from commonwatt.platform.forecast.rolling import HORIZON, MODELS, Trial
from commonwatt.platform.forecast.spread import Spread
from commonwatt.platform.forecast.tail import LOW_SUN
from commonwatt.platform.forecast.trust import Past


@dataclass(frozen=True, eq=False)
class Evidence:
    """What there is to learn from.

    Attributes:
        values: (K,N) cleaned history, NaN where missing.
        solar: whether the series follow the sun.
        seen: features of the K slots with the weather as observed.
        past: forecasts of the weather about some of these slots, where the service's are kept.
        foretold: features of the slots of `past` with the weather as forecast.
    """

    values: F
    solar: bool
    seen: Features
    past: Past | None = None
    foretold: Features | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Learnt:
    """What is known of one quantity's N series.

    Attributes:
        series: (N,).
        solar: whether they follow the sun.
        beta: (N,P) coefficients of the base.
        table: (GROUPS,N) its seasonal part.
        correction: what newest errors say about the next.
        spread: how far off it was.
        low: (N,) least a forecast may say.
        high: (N,) most a forecast may say.
        model: (N,) names.
        reason: (N,) one sentence each.
        draws: errors that were made together, where they are kept.
    """

    series: I
    solar: bool
    beta: F
    table: F
    correction: Correction
    spread: Spread
    low: F
    high: F
    model: tuple[str, ...]
    reason: tuple[str, ...]
    draws: Draws | None = None

    def credible(self, values: F) -> B:
        """Whether `values` (R,N) are near enough to what was ever seen to be believed."""
        room = self.high - self.low + 0.1
        return (values >= self.low - room) & (values <= self.high + room)


def learn(series: I, evidence: Evidence, levels: F, *, kept_from: int | None = None) -> Learnt:
    """Choose a model for each series, fit it, and learn from the errors it made.

    Args:
        series: (N,).
        evidence: what there is to learn from.
        levels: (Q,).
        kept_from: start of the history, epoch seconds, if the errors themselves are to be kept.
    """
    values, view = evidence.values, evidence.seen
    trial = rolling.tried(values, view)
    model, reason = _chosen(values, trial)
    model, names, reason = fallback.carried(model, reason, values)
    beta, table = trial.bases[-1].chosen(model)
    table = fallback.filled(table, names, values, view)
    draws = None
    if trial.rows.stop == trial.rows.start:
        errors = (values - rolling.said(beta, table, view)) / _clear(view)
        learnt = Correction.assumed(errors)
        around = spread.uniform(*fallback.unseen(errors, values, _clear(view)), levels)
    else:
        learnt, around, left = _from_errors(evidence, trial, model, beta, levels)
        if kept_from is not None:
            draws = _kept(evidence, trial, learnt, left, kept_from)
    low, high = _range(values)
    return Learnt(
        series=series, solar=evidence.solar, beta=beta, table=table, correction=learnt,
        spread=around, low=low, high=high, model=tuple(names), reason=tuple(reason),
        draws=draws,
    )  # fmt: skip


def _chosen(values: F, trial: Trial) -> tuple[I, list[str]]:
    """(N,) model by least error in the trial, and why."""
    days = (trial.rows.stop - trial.rows.start) // SLOTS_PER_DAY
    if not days:
        few = f"{values.shape[0] / SLOTS_PER_DAY:.1f} days of history are too few to compare models"
        return np.full(values.shape[1], MODELS.index("profile")), [few] * values.shape[1]
    model, errors = trial.choice(values)
    reason = [
        f"least error over the last {days} days: "
        + ", ".join(f"{name} {error:.3g}" for name, error in zip(MODELS, column, strict=True))
        for column in errors.T
    ]
    return model, reason


def _from_errors(
    evidence: Evidence, trial: Trial, model: I, beta: F, levels: F
) -> tuple[Correction, Spread, list[F]]:
    """What the trial's errors teach about the next ones and the spread; what is left of them."""
    clear, rows = _clear(evidence.seen), trial.rows
    errors = (evidence.values[rows] - trial.said(model)) / clear[rows]
    learnt, left = correction.learnt(errors, evidence.seen.scale[rows] ** 2)
    past, shift, block = evidence.past, errors, evidence.seen.block[rows]
    if past is not None and evidence.foretold is not None:
        added = evidence.foretold.matrix - evidence.seen.matrix[past.row]
        shift = added @ beta.T / clear[past.row]
        past = past.counted_from(rows.start)
    return learnt, spread.observed(left, block, past, shift, levels), left


def _kept(evidence: Evidence, trial: Trial, learnt: Correction, left: list[F], start: int) -> Draws:
    """The errors left, gaps filled from the neighbourhood, and how far the weather was off."""
    first, issue, weather = trial.rows.start, np.empty(0, dtype=np.int64), None
    filled = [correction.filled_in(errors, learnt.size, learnt.share)[0] for errors in left]
    if evidence.past is not None and evidence.foretold is not None:
        row = evidence.past.row
        per_error = np.nan_to_num(1 / _clear(evidence.seen)[row])
        weather = per_error * (evidence.foretold.matrix - evidence.seen.matrix[row])
        weather = weather.reshape(-1, HORIZON, weather.shape[1])
        issue = row[::HORIZON] - first
    return Draws.of(filled, start + first * SLOT_S, issue, weather)


def _clear(seen: Features) -> F:
    """(K,1) unit of errors, NaN where the sun is too low for them to say anything."""
    return np.where(seen.scale >= LOW_SUN, seen.scale, np.nan)[:, None]


def _range(values: F) -> tuple[F, F]:
    """(N,) and (N,) half a range beyond what was seen, but never below 0 for what never was."""
    low = np.where(np.isfinite(values), values, np.inf).min(axis=0)
    high = np.where(np.isfinite(values), values, -np.inf).max(axis=0)
    known = high >= low
    low, high = np.where(known, low, 0.0), np.where(known, high, 0.0)
    room = 0.5 * (high - low)
    return np.where(low >= 0, 0.0, low - room), high + room
