"""Validation and estimation (VEE): from register readings with faults to whole Wh per interval.

Registers only rise, and no faster than the connection's fuse allows. Of the readings of a meter the
longest chain that obeys both is kept; the others are rejected with a reason. Whatever lies between
two kept readings sums to exactly their difference, in whole Wh: where readings are missing, the
difference is spread over the gap in proportion to a given shape, by largest remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np

from commonwatt.kernel.readings import Quality
from commonwatt.kernel.units import B, F, I


class Fault(IntEnum):
    """Why a register reading is not used."""

    NONE = 0
    MISSING = 1
    NOT_A_READING = 2
    RAN_BACKWARDS = 3
    TOO_FAST = 4
    SPIKE = 5

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self]


_SENTENCES = {
    Fault.NONE: "The reading was used.",
    Fault.MISSING: "No reading came.",
    Fault.NOT_A_READING: "The value is negative or not a whole number of Wh.",
    Fault.RAN_BACKWARDS: "The register stands lower than before.",
    Fault.TOO_FAST: "The register rose by more than the fuse can carry.",
    Fault.SPIKE: "The register stands higher than in later readings.",
}


@dataclass(frozen=True, eq=False)
class Validated:
    """Energy per interval.

    Attributes:
        energy_wh: (N,T) whole Wh, never negative.
        quality: (N,T) of `Quality`: VALIDATED between two adjacent good readings, else ESTIMATED.
        fault: (N,T+1) of `Fault`, for every reading.
    """

    energy_wh: I
    quality: I
    fault: I


def validated(registers: F, most_wh: F, shape: F | None = None) -> Validated:
    """Interval energies from cumulative registers.

    Before the first and after the last good reading of a meter there is no difference to spread:
    the rounded shape itself stands in, 0 without one, and later readings settle it.

    Args:
        registers: (N,T+1) cumulative Wh at interval edges, NaN where no reading came.
        most_wh: (N,) most energy per interval that the connection can carry.
        shape: (N,T) expected Wh per interval; None or all zero in a gap spreads evenly.

    >>> v = validated(np.array([[100.0, np.nan, np.nan, 110.0, 95.0, 120.0]]), np.array([50.0]))
    >>> v.energy_wh.tolist(), [Fault(f).name for f in v.fault[0, 3:]]
    ([[4, 3, 3, 5, 5]], ['NONE', 'RAN_BACKWARDS', 'NONE'])
    """
    rows, edges = registers.shape
    expected = np.zeros((rows, edges - 1)) if shape is None else np.nan_to_num(np.maximum(shape, 0))
    fault = _first_faults(registers)
    _reject_inconsistent(registers, most_wh, fault)
    good = fault == Fault.NONE
    whole = np.where(good, registers, 0.0).astype(np.int64)
    plain = good[:, 1:] & good[:, :-1]
    energy = np.where(plain, np.diff(whole, axis=1), np.rint(expected).astype(np.int64))
    for row in np.flatnonzero(~plain.all(axis=1)):
        _fill(energy[row], whole[row], good[row], expected[row])
    quality = np.where(plain, Quality.VALIDATED, Quality.ESTIMATED).astype(np.int64)
    return Validated(energy_wh=energy, quality=quality, fault=fault)


def shared_out(total: int, weights: F) -> I:
    """`total` whole Wh in proportion to `weights` (K,), by largest remainder; evenly if all are 0.

    >>> shared_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    if weights.sum() <= 0:
        weights = np.ones_like(weights)
    exact = total * (weights / weights.sum())
    parts: I = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - parts), kind="stable")
    left = total - int(parts.sum())
    parts[order[:left]] += 1
    return parts


def _first_faults(registers: F) -> I:
    with np.errstate(invalid="ignore"):
        odd = ~np.isfinite(registers) | (registers < 0) | (registers != np.rint(registers))
    fault = np.zeros(registers.shape, dtype=np.int64)
    fault[odd] = Fault.NOT_A_READING
    fault[np.isnan(registers)] = Fault.MISSING
    return fault


def _reject_inconsistent(registers: F, most_wh: F, fault: I) -> None:
    """Mark what does not fit the longest consistent chain of each meter, in place."""
    good = fault == Fault.NONE
    for row in range(registers.shape[0]):
        place = np.flatnonzero(good[row])
        value = registers[row, place]
        steps = np.diff(value)
        if np.all((steps >= 0) & (steps <= most_wh[row] * np.diff(place))):
            continue
        kept = _longest_chain(place, value, float(most_wh[row]))
        for at in np.flatnonzero(~kept):
            fault[row, place[at]] = _reason(place, value, kept, int(at), float(most_wh[row]))


def _longest_chain(place: I, value: F, most_wh: float) -> B:
    """(K,) which readings make the longest chain that rises, and no faster than allowed."""
    slack = value - most_wh * place
    length, before = np.ones(place.size, np.int64), np.full(place.size, -1, np.int64)
    for at in range(1, place.size):
        fits = (value[:at] <= value[at]) & (slack[:at] >= slack[at])
        if fits.any():
            best = int(np.argmax(np.where(fits, length[:at], 0)))
            length[at], before[at] = length[best] + 1, best
    kept = np.zeros(place.size, dtype=np.bool_)
    at = int(np.argmax(length))
    while at >= 0:
        kept[at] = True
        at = int(before[at])
    return kept


def _reason(place: I, value: F, kept: B, at: int, most_wh: float) -> Fault:
    earlier = np.flatnonzero(kept[:at])
    if earlier.size:
        last = int(earlier[-1])
        if value[at] < value[last]:
            return Fault.RAN_BACKWARDS
        if value[at] - value[last] > most_wh * (place[at] - place[last]):
            return Fault.TOO_FAST
        return Fault.SPIKE
    following = int(np.argmax(kept))
    return Fault.SPIKE if value[at] > value[following] else Fault.TOO_FAST


def _fill(energy: I, whole: I, good: B, expected: F) -> None:
    """Spread the difference of two good registers over the gap between them, in place."""
    known = np.flatnonzero(good)
    for first, last in pairwise(known):
        if last - first > 1:
            total = int(whole[last] - whole[first])
            energy[first:last] = shared_out(total, expected[first:last])
