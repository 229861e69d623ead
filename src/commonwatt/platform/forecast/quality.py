"""What is wrong with the data a forecast learns from: gaps, frozen meters, values set aside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S
from commonwatt.kernel.units import SECONDS_PER_HOUR, B, F, I
from commonwatt.platform.forecast.cleaning import cleaned
from commonwatt.platform.forecast.fallback import ENOUGH_FOR_RIDGE

FROZEN = 24
"""Quarter hours of exactly one value, not 0, after which a meter is taken to be stuck."""
NOTABLE = 0.02
"""Share of missing values below which nobody need be told."""


class Kind(StrEnum):
    """What is wrong."""

    MISSING = "missing"
    FROZEN = "frozen"
    SET_ASIDE = "set_aside"
    SHORT = "short"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that is wrong.

    Attributes:
        kind: what.
        slots: how many quarter hours it concerns.
        share: of all that were looked at.
        longest_h: the longest stretch of it.
        since: when that began, epoch seconds.
    """

    kind: Kind
    slots: int
    share: float
    longest_h: float
    since: int


def causes(values: F, starts: I) -> list[Cause]:
    """What is wrong with one series; empty where it is sound.

    Args:
        values: (K,) as measured on quarter hours, NaN where missing.
        starts: (K,) epoch seconds.
    """
    known = np.isfinite(values)
    if not known.any():
        return [_cause(Kind.MISSING, ~known, starts)]
    lived = slice(int(np.argmax(known)), None)  # before its first value it did not exist
    values, starts, known = values[lived], starts[lived], known[lived]
    odd = known & np.isnan(cleaned(values[:, None])[:, 0])
    found = [
        _cause(Kind.MISSING, ~known, starts),
        _cause(Kind.FROZEN, _frozen(values), starts),
        _cause(Kind.SET_ASIDE, odd, starts),
    ]
    told = [c for c in found if c.slots and (c.kind is not Kind.MISSING or c.share > NOTABLE)]
    if known.sum() < ENOUGH_FOR_RIDGE:
        told.append(
            Cause(
                kind=Kind.SHORT,
                slots=int(known.sum()),
                share=float(known.sum()) / ENOUGH_FOR_RIDGE,
                longest_h=float(known.sum()) * SLOT_S / SECONDS_PER_HOUR,
                since=int(starts[0]),
            )
        )
    return told


def lag_of(starts: I, values: F) -> int:
    """The period the naive forecast repeats, seconds: a week where two are known, else a day."""
    known = np.flatnonzero(np.isfinite(values).any(axis=0))
    lived = int(starts[-1] - starts[known[0]]) if known.size else 0
    return 7 * DAY_S if lived >= 14 * DAY_S else DAY_S


def _frozen(values: F) -> B:
    """(K,) whether a value belongs to a stretch of FROZEN equal ones."""
    stuck = np.zeros(values.size, dtype=bool)
    for first, last in _runs(np.diff(values) == 0):
        if last - first + 1 >= FROZEN and values[first] != 0:
            stuck[first : last + 1] = True
    return stuck


def _cause(kind: Kind, wrong: B, starts: I) -> Cause:
    runs = _runs(wrong)
    first, last = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    return Cause(
        kind=kind,
        slots=int(wrong.sum()),
        share=float(wrong.mean()),
        longest_h=(last - first) * SLOT_S / SECONDS_PER_HOUR,
        since=int(starts[first]),
    )


def _runs(true: B) -> list[tuple[int, int]]:
    """(first, one beyond the last) of every stretch of truth.

    >>> _runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
