"""Leak-free rolling backtest: every model refitted on a growing past, judged on what came later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.intervals import SLOTS_PER_DAY
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast import profile, ridge
from commonwatt.platform.forecast.features import GROUPS, Features

HORIZON = 144
"""Slots ahead that may be asked for: 36 h. Training ends this long before the first target."""
FOLD = 3 * SLOTS_PER_DAY
FOLDS = 4
HALF_LIFE_DAYS = 20.0

MODELS = ("ridge", "blend", "week", "profile", "last day")
"""What a series' base may be, preferred in this order where they are equally good."""


@dataclass(frozen=True, eq=False)
class Bases:
    """Candidate bases fitted on one past. A base is `matrix·beta + scale·table[group]`.

    Attributes:
        beta: (N,P) ridge coefficients.
        left: (GROUPS,N) what the ridge leaves over, by slot.
        week: (GROUPS,N) the seasonal profile by weekday.
        table: (GROUPS,N) the seasonal profile by working and weekend day.
        day: (GROUPS,N) the last day seen, filled from the profile.
    """

    beta: F
    left: F
    week: F
    table: F
    day: F

    def chosen(self, model: I) -> tuple[F, F]:
        """(N,P) and (GROUPS,N) of the base that `model` (N,), indices of MODELS, picks."""
        share = np.array([1.0, 0.5, 0.0, 0.0, 0.0])[model]
        seasonal = np.where(model == 4, self.day, np.where(model == 3, self.table, self.week))
        return share[:, None] * self.beta, share * self.left + (1 - share) * seasonal


def said(beta: F, table: F, seen: Features) -> F:
    """(K,N) what a base says about the slots of `seen`."""
    said: F = seen.matrix @ beta.T + seen.scale[:, None] * table[seen.group]
    return said


def folds(slots: int) -> list[int]:
    """First row of every test fold and the end; just the end where the past is too short.

    >>> folds(28 * 96)[0], len(folds(28 * 96)), folds(3 * 96)
    (1536, 5, [288])
    """
    count = min(FOLDS, slots // (2 * FOLD))
    return [slots - FOLD * k for k in range(count, -1, -1)]


@dataclass(frozen=True, eq=False)
class Trial:
    """Bases fitted on growing pasts.

    Attributes:
        seen: features of the history's K slots.
        edges: (F+1,) first row of every test fold, then the end.
        bases: F+1 of them; `bases[f]` is judged on rows `edges[f]…edges[f+1]` and ended its
            training HORIZON slots earlier; the last one was trained on everything.
    """

    seen: Features
    edges: list[int]
    bases: list[Bases]

    @property
    def rows(self) -> slice:
        """The R rows that are tested; none where the past is too short."""
        return slice(self.edges[0], self.edges[-1])

    def said(self, model: I) -> F:
        """(R,N) out-of-sample words of the chosen models."""
        return np.concatenate([said(*base.chosen(model), rows) for base, rows in self._folds()])

    def choice(self, values: F) -> tuple[I, F]:
        """(N,) the best of MODELS for `values` (K,N), and (M,N) all root mean square errors."""
        squares = []
        for (base, rows), start in zip(self._folds(), self.edges[:-1], strict=True):
            leaned = said(base.beta, base.left, rows)
            tables = (base.week, base.table, base.day)
            week, table, day = (rows.scale[:, None] * t[rows.group] for t in tables)
            truth = values[start : start + rows.scale.size]
            words = (leaned, 0.5 * (leaned + week), week, table, day)
            squares.append([_mean((truth - word) ** 2) for word in words])
        errors = np.sqrt(np.mean(squares, axis=0))
        return errors.argmin(axis=0), errors

    def _folds(self) -> list[tuple[Bases, Features]]:
        spans = zip(self.edges[:-1], self.edges[1:], strict=True)
        return [(b, self.seen.at(slice(*s))) for b, s in zip(self.bases[:-1], spans, strict=True)]


def tried(values: F, seen: Features) -> Trial:
    """Fit on the past of each fold.

    Args:
        values: (K,N) cleaned history, NaN where missing.
        seen: features of its K slots.
    """
    edges = folds(values.shape[0])
    ends = [max(edge - HORIZON, SLOTS_PER_DAY) for edge in edges[:-1]] + edges[-1:]
    age = (values.shape[0] - np.arange(values.shape[0])) / SLOTS_PER_DAY
    weight = np.isfinite(values) * 0.5 ** (age / HALF_LIFE_DAYS)[:, None]
    weighted = np.nan_to_num(values) * weight
    square, right = ridge.moments(seen.matrix, weighted, weight, ends)
    betas = ridge.coefficients(square, right)
    pasts = zip(ends, betas, strict=True)
    bases = [_bases(weighted[:e], weight[:e], seen.at(slice(e)), beta) for e, beta in pasts]
    return Trial(seen=seen, edges=edges, bases=bases)


def _bases(weighted: F, weight: F, seen: Features, beta: F) -> Bases:
    groups = profile.grouping(seen.group)
    unit = float(np.mean(seen.scale**2))
    top, bottom = profile.sums(weighted, weight, seen.scale, groups)
    rest, _ = profile.sums(weighted - weight * (seen.matrix @ beta.T), weight, seen.scale, groups)
    table = profile.table(top, bottom, unit, profile.POOLED)
    return Bases(
        beta=beta,
        left=profile.departures(rest, bottom, unit),
        week=profile.table(top, bottom, unit, profile.OWN),
        table=table,
        day=_last_day(weighted, weight, seen, table),
    )


def _last_day(weighted: F, weight: F, seen: Features, table: F) -> F:
    """(GROUPS,N) the last SLOTS_PER_DAY rows laid out by slot, the same for every weekday."""
    rows = slice(-SLOTS_PER_DAY, None)
    slot = seen.group[rows] % SLOTS_PER_DAY
    unit = weight[rows] * seen.scale[rows, None]
    clear = weighted[rows] / np.where(unit > 0, unit, 1)
    day = table.reshape(7, SLOTS_PER_DAY, -1).copy()
    day[:, slot] = np.where(unit > 0, clear, day[:, slot])
    return day.reshape(GROUPS, -1)


def _mean(values: F) -> F:
    known = np.isfinite(values)
    total: F = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return total
