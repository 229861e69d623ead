"""Forecasts of a series' last weeks by models that had not seen them, and the blend they earn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.ensemble.blend import Blend, chosen, fallback
from commonwatt.platform.forecast.ensemble.models import Models, only, simple
from commonwatt.platform.forecast.ensemble.rows import Rows
from commonwatt.platform.forecast.ensemble.series import Series

UNSEEN_DAYS = 56
LEARN_LEAST = 200
FOLDS = 2


@dataclass(frozen=True)
class Unseen:
    """Rows not learned from when they were forecast, those forecasts by name, and their truth."""

    rows: Rows
    forecasts: dict[str, F]
    target: F


def judged(known: Series, table: Rows, target: F, origin: int) -> tuple[Unseen, Blend]:
    """What the last weeks would have been told, and whom to trust after that."""
    first = int(table.at.min())
    steps = min(UNSEEN_DAYS * known.day, (origin - first) // 3)
    edges = np.linspace(origin - steps, origin, FOLDS + 1).astype(np.int64)
    found: list[tuple[I, dict[str, F]]] = []
    start = table.at - table.lead
    for a, b in pairwise(edges.tolist()):
        past = np.flatnonzero(table.at < a)
        ahead = np.flatnonzero((start >= a) & (start < b))
        if past.size < LEARN_LEAST // 2 or ahead.size == 0:
            continue
        models = Models.fit(known, only(table, past), target[past], a)
        found.append((ahead, models.forecasts(known, only(table, ahead))))
    if not found:
        plain = simple(table)
        why = "too little history to judge what is learned from it"
        return Unseen(table, plain, target), fallback(plain, why)
    at = np.concatenate([ahead for ahead, _ in found])
    merged = {name: np.concatenate([f[name] for _, f in found]) for name in found[0][1]}
    return Unseen(only(table, at), merged, target[at]), chosen(merged, target[at])
