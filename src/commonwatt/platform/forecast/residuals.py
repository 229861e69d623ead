"""Bands of whatever is expected, from how far off it was before: no model, only its own errors."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import F
from commonwatt.platform.forecast.cleaning import quantiles
from commonwatt.platform.forecast.leads import LEADS_H, groups
from commonwatt.platform.forecast.spread import FEWEST, straddling

LEVELS = np.array([0.1, 0.5, 0.9])


def offsets(past: Iterable[tuple[Forecast, F]], series: int, levels: F = LEVELS) -> F:
    """(B,Q,N) conformal quantiles of errors by group of lead times; 0 where there are too few.

    Until a group has errors enough of its own, the widest of a shorter lead time stands for it: a
    forecast hardly gets surer the further it looks.

    Args:
        past: forecasts of the same N series with (N,T) what was then measured, NaN where unknown.
        series: N.
        levels: (Q,).
    """
    errors: list[list[F]] = [[] for _ in LEADS_H]
    for said, actual in past:
        group = groups(said.window, said.issued_at)
        off = (actual - said.middle).T
        for b in np.unique(group).tolist():
            errors[b].append(off[group == b])
    found = np.zeros((len(LEADS_H), levels.size, series))
    for b, parts in enumerate(errors):
        before = found[b - 1] if b else np.zeros_like(found[0])
        if not parts:
            found[b] = before
            continue
        rows = np.concatenate(parts)
        own = straddling(quantiles(rows, levels), levels)
        enough = np.isfinite(rows).sum(axis=0) >= FEWEST
        found[b] = np.where(enough, own, before)
    return found


def banded(middle: F, window: Window, issued_at: int, offset: F) -> F:
    """(Q,N,T) `middle` (N,T) with `offset` (B,Q,N) around it."""
    around = offset[groups(window, issued_at)].transpose(1, 2, 0)
    values: F = middle + around
    return values
