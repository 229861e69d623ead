"""From lessons to a fleet model: trees, class profiles, and how far to trust them."""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.meters.calendar import Calendar
from commonwatt.platform.forecast.meters.choice import DAYS
from commonwatt.platform.forecast.meters.design import FEATURES
from commonwatt.platform.forecast.meters.model import FleetModel, Lore
from commonwatt.platform.forecast.meters.spread import BUCKETS, Spread

LEVELS = (0.1, 0.5, 0.9)
TREES = {
    "learning_rate": 0.2,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.7,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
ROUNDS = 40
"""Trees of a model: twenty more cost time and gain nothing on the synthetic fleet."""
FEW = 5_000
"""Lessons below which a class learns from those of all classes."""
ODD = 20.0
"""Times its meter's mean: beyond, a target tells of an accident."""


def learnt(
    lessons: pa.Table,
    calendar: Calendar,
    origin: int,
    levels: Sequence[float] = LEVELS,
    seed: int = 0,
) -> FleetModel:
    """Everything to be learnt from `lessons` (see `Sample`).

    Raises:
        InvalidInput: the levels do not rise around 0.5, or there is too little to learn from.
    """
    wanted = np.array(levels, dtype=np.float64)
    if not (0.5 in levels and np.all(np.diff(wanted) > 0) and wanted[0] > 0 and wanted[-1] < 1):
        msg = f"levels {list(levels)} must rise between 0 and 1 with 0.5 among them"
        raise InvalidInput(msg)
    kinds = pc.value_counts(lessons["class"])
    count = {row["values"]: row["counts"] for row in kinds.to_pylist()}
    if not count or max(count.values()) < 100:
        msg = "the fleet has too little history to learn from; give five weeks of more meters"
        raise InvalidInput(msg)
    # by rank, not by order of appearance: engines may hand lessons over in any order
    order = [(name, "ascending") for name in ("class", "series", "back", "slot")]
    ranked = lessons.sort_by(order)
    lore = {}
    for kind in sorted(count):
        mine = ranked.filter(pc.equal(ranked["class"], kind))
        teaching = mine if count[kind] >= FEW else ranked
        lore[kind] = _lore(mine, teaching, calendar, wanted, seed)
    common = max(sorted(count), key=lambda kind: count[kind])
    return FleetModel(calendar, origin, lessons.num_rows, wanted, lore, common)


def _lore(mine: pa.Table, teaching: pa.Table, calendar: Calendar, levels: F, seed: int) -> Lore:
    trees = _trees(teaching, "l1", seed)
    profile = _profile(mine, calendar.slots)
    scale, spread, slot = (_f(mine, name) for name in ("scale", "spread", "slot"))
    edges = np.quantile(scale, np.linspace(0, 1, BUCKETS + 1)[1:-1])
    judge = _i(mine, "back") <= DAYS
    said = np.stack([
        np.asarray(lightgbm.Booster(model_str=trees).predict(_x(mine)[judge], num_threads=1)),
        _f(mine, "profile")[judge],
        _f(mine, "naive")[judge],
        profile[_i(mine, "off"), _i(mine, "slot")][judge],
    ])  # fmt: skip
    errors = (_f(mine, "target")[judge] - said) / spread[judge]
    bucket = np.searchsorted(edges, scale[judge], side="right")
    hour = (slot[judge] * 24 // calendar.slots).astype(np.int64)
    known = _i(mine, "back")[judge] > 1
    tried = Spread.learnt(errors[0][known], bucket[known], hour[known], levels)
    return Lore(
        trees=trees,
        mean_trees=_trees(teaching, "l2", seed),
        profile=profile,
        size=float(np.median(scale)),
        edges=edges,
        spread=tuple(Spread.learnt(e, bucket, hour, levels) for e in errors),
        median=int(np.argmin(np.abs(levels - 0.5))),
        coverage=_covered(tried, errors[0], bucket, hour, ~known),
    )


def _trees(lessons: pa.Table, objective: str, seed: int) -> str:
    """LightGBM's text of a global model, of lessons older than those that judge it."""
    taught = lessons.filter(pc.greater(lessons["back"], DAYS))
    target = np.clip(_f(taught, "target"), -ODD, ODD)
    data = lightgbm.Dataset(_x(taught), target, feature_name=list(FEATURES), params=TREES)
    booster = lightgbm.train(TREES | {"objective": objective, "seed": seed}, data, ROUNDS)
    text: str = booster.model_to_string()
    return text


def _profile(lessons: pa.Table, slots: int) -> F:
    """(2,D) mean of targets by workday or day off and slot; where none is, of the slot or 1."""
    cell = _i(lessons, "off") * slots + _i(lessons, "slot")
    total = np.bincount(cell, weights=_f(lessons, "target"), minlength=2 * slots)
    count = np.bincount(cell, minlength=2 * slots)
    found = (total / np.maximum(count, 1)).reshape(2, slots)
    there = count.reshape(2, slots) > 0
    other = np.where(there[::-1], found[::-1], 1.0)
    return np.where(there, found, other)


def _covered(tried: Spread, errors: F, bucket: I, hour: I, apart: B) -> float:
    """Share of `errors` kept `apart` within the outer quantiles that the rest taught."""
    if not apart.any():
        return float("nan")
    band = tried.table[bucket[apart], hour[apart]]
    inside = (errors[apart] >= band[:, 0]) & (errors[apart] <= band[:, -1])
    return float(inside.mean())


def _x(lessons: pa.Table) -> F:
    columns = [lessons[name].to_numpy() for name in FEATURES]
    return np.stack(columns, axis=1)


def _f(lessons: pa.Table, name: str) -> F:
    return np.asarray(lessons[name].to_numpy(), dtype=np.float64)


def _i(lessons: pa.Table, name: str) -> I:
    return np.asarray(lessons[name].to_numpy(), dtype=np.int64)
