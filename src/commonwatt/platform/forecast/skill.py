"""How good forecasts turned out: errors, pinball and coverage by lead time, beside the naive one.

All is judged on issues as they were kept, against what was then measured. The naive forecast is the
same slot a day before, or a week before, at the nearest multiple that was known when the forecast
was issued; it is compared on the slots where both are known.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from commonwatt.kernel.ports import Forecast
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.leads import LEADS_H, groups

DRIFT = 1.2
"""Errors that have grown by this factor against the naive forecast's are called drift."""
ENOUGH = 96
"""Values of a group of lead times that must be known before and lately to speak of drift."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How a forecast fared at one group of lead times; None where nothing can be said.

    Attributes:
        lead_h: upper end of the lead times, hours.
        slots: values judged.
        mae: mean absolute error of the middle.
        nrmse: root mean square error over the mean size of what was measured.
        pinball: mean pinball loss over the levels.
        coverage: share of values within the outermost levels, of those that had a band.
        naive_mae: mean absolute error of the naive forecast.
        naive_pinball: its mean pinball loss, as one value at every level.
        skill: 1 - own error / naive error, where both are known.
    """

    lead_h: float
    slots: int
    mae: float | None
    nrmse: float | None
    pinball: float | None
    coverage: float | None
    naive_mae: float | None
    naive_pinball: float | None
    skill: float | None


@dataclass(eq=False)
class Tally:
    """Sums over judged values, each (N,B) by series and group of lead times."""

    slots: F
    size: F
    absolute: F
    square: F
    pinball: F
    banded: F
    inside: F
    both: F
    paired: F
    naive: F
    naive_pinball: F

    @classmethod
    def none(cls, series: int) -> Self:
        """Nothing judged yet."""
        return cls(**{f.name: np.zeros((series, len(LEADS_H))) for f in fields(cls)})

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def of(self, rows: I) -> Tally:
        """Some series only."""
        return Tally(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def judge(self, said: Forecast, rows: I, actual: F, naive: F, counts: B) -> None:
        """Count a forecast.

        Args:
            said: what was expected of N series.
            rows: (N,) where each of them stands here.
            actual: (N,T) what was measured, NaN where unknown.
            naive: (N,T) what the naive forecast would have said, NaN where it knew nothing.
            counts: (T,) which slots to count.
        """
        group = groups(said.window, said.issued_at)
        sums = np.zeros((counts.size, len(LEADS_H)))
        sums[np.arange(counts.size), group] = counts
        off = actual - said.middle
        known, compared = np.isfinite(off), np.isfinite(off) & np.isfinite(naive)
        low, high = said.value[0], said.value[-1]
        within = (actual >= low) & (actual <= high)
        banded = known & (said.levels.size > 1)
        for name, values, where in (
            ("slots", np.ones_like(off), known),
            ("size", np.abs(actual), known),
            ("absolute", np.abs(off), known),
            ("square", off**2, known),
            ("pinball", _pinball(actual - said.value, said.levels), known),
            ("banded", np.ones_like(off), banded),
            ("inside", within, banded),
            ("both", np.ones_like(off), compared),
            ("paired", np.abs(off), compared),
            ("naive", np.abs(actual - naive), compared),
            ("naive_pinball", _pinball((actual - naive)[None], said.levels), compared),
        ):
            np.add.at(getattr(self, name), rows, np.where(where, values, 0.0) @ sums)

    def scores(self) -> list[Score]:
        """By group of lead times, over all series; groups nothing was judged in are left out."""
        total = {f.name: getattr(self, f.name).sum(axis=0) for f in fields(self)}
        rows = ({name: float(sums[b]) for name, sums in total.items()} for b in range(len(LEADS_H)))
        return [
            _score(hours, row) for hours, row in zip(LEADS_H, rows, strict=True) if row["slots"]
        ]

    def coverage(self) -> float | None:
        """Share of all judged values within the band, of those that had one."""
        return _over(float(self.inside.sum()), float(self.banded.sum()))


def drift(before: Tally, lately: Tally) -> float | None:
    """By which factor errors have grown, measured against the naive forecast's; None: unknown.

    Every group of lead times is compared with itself, since there are not as many long ones before.
    """
    both, paired, naive = (
        (getattr(before, name).sum(axis=0), getattr(lately, name).sum(axis=0))
        for name in ("both", "paired", "naive")
    )
    enough = (both[0] >= ENOUGH) & (both[1] >= ENOUGH) & (naive[0] > 0)
    was = paired[0][enough] / naive[0][enough]
    return _over(float(paired[1][enough].sum()), float(was @ naive[1][enough]))


def _pinball(off: F, levels: F) -> F:
    """(N,T) mean over the levels of the pinball loss of `off` (Q or 1,N,T)."""
    level = levels[:, None, None]
    loss: F = np.maximum(level * off, (level - 1) * off).mean(axis=0)
    return loss


def _score(hours: float, row: dict[str, float]) -> Score:
    slots, both = row["slots"], row["both"]
    size = row["size"] / slots
    relative = _over(row["paired"], row["naive"])
    return Score(
        lead_h=hours,
        slots=int(slots),
        mae=row["absolute"] / slots,
        nrmse=_over((row["square"] / slots) ** 0.5, size),
        pinball=row["pinball"] / slots,
        coverage=_over(row["inside"], row["banded"]),
        naive_mae=_over(row["naive"], both),
        naive_pinball=_over(row["naive_pinball"], both),
        skill=None if relative is None else 1.0 - relative,
    )


def _over(top: float, bottom: float) -> float | None:
    return top / bottom if bottom > 0 else None
