"""Errors that were made together: what a sum of many series may be off by, correlation and all.

A band says how far one series may be off, not whether its neighbours are off the same way. So the
errors of the rolling trial are kept, all series of a moment side by side, and drawn again: draw `s`
is the same past moment for every series and, since the past is the same, for every quantity. What
the weather forecast adds is drawn likewise, from past issues at a like time of day and lead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.intervals import SLOT_S, SLOTS_PER_DAY
from commonwatt.kernel.units import F, I
from commonwatt.platform.forecast.correction import LEADS, targets
from commonwatt.platform.forecast.rolling import HORIZON

F32 = NDArray[np.float32]
_NEAR = 4
"""Slots before and after its time of day from which errors are drawn."""
_ISSUES = 19
"""Weather forecasts drawn from, those most alike; a prime, so that pairs with errors differ."""
_PER_DOUBLING = 6.0
"""Slots of the day that weigh as much as twice the lead, where a like forecast is looked for."""


@dataclass(frozen=True, eq=False)
class Draws:
    """What is kept of one quantity's N series.

    Attributes:
        began: epoch seconds of row 0.
        row: by lead time of LEADS, (K,) slots, counted from `began`, whose errors are kept.
        error: by lead time, (K,N) actual less expected, in the seasonal scale, had the weather
            been known.
        issue: (O,) slot, counted from `began`, at which each weather forecast was issued.
        weather: (O,HORIZON,P) what its features were off by, in units of an error; None where no
            forecasts of the weather are kept.
    """

    began: int
    row: tuple[I, ...]
    error: tuple[F32, ...]
    issue: I
    weather: F32 | None

    @classmethod
    def of(cls, left: list[F], began: int, issue: I, weather: F | None) -> Draws:
        """From (R,N) errors by lead time, NaN where nothing is known, which count as none."""
        rows = tuple(targets(int(lead), left[0].shape[0]) for lead in LEADS)
        error = [
            np.nan_to_num(e[row]).astype(np.float32) for e, row in zip(left, rows, strict=True)
        ]
        kept = None if weather is None else weather.astype(np.float32)
        return cls(began=began, row=rows, error=tuple(error), issue=issue, weather=kept)

    def drawn(self, starts: I, ahead: I, beta: F, count: int) -> F:
        """(S,N,T) errors in the seasonal scale.

        Args:
            starts: (T,) epoch seconds of slots to come.
            ahead: (T,) slots until the end of each, 1 for the one that begins now.
            beta: (N,P) how the series follow the weather.
            count: S.
        """
        found = np.empty((count, beta.shape[0], starts.size))
        slot = (starts - self.began) // SLOT_S
        for t, (when, lead) in enumerate(zip(slot.tolist(), ahead.tolist(), strict=True)):
            found[:, :, t] = self._own(when, lead, count)
            if self.weather is not None:
                found[:, :, t] -= self._weather(when, lead, count) @ beta.T
        return found

    def _own(self, slot: int, lead: int, count: int) -> F:
        """(S,N) errors at that time of day and lead, had the weather been known."""
        nearest = int(np.abs(np.log(LEADS / lead)).argmin())
        rows, error = self.row[nearest], self.error[nearest]
        near = np.flatnonzero(_apart(rows, slot - slot % 4) <= _NEAR)
        chosen = near if near.size else np.arange(rows.size)
        picked: F = error[chosen[np.arange(count) % chosen.size]].astype(np.float64)
        return picked

    def _weather(self, slot: int, lead: int, count: int) -> F:
        """(S,P) what past weather forecasts were off by at that time of day, about so far ahead."""
        assert self.weather is not None  # noqa: S101 - asked by the one caller
        hours = np.arange(HORIZON)
        off = _apart(self.issue[:, None] + hours, slot)
        unlike = off + _PER_DOUBLING * np.abs(np.log2((hours + 1) / lead))
        best = unlike.argmin(axis=1)
        order = np.argsort(unlike[np.arange(best.size), best], kind="stable")[:_ISSUES]
        issue = np.sort(order)
        picked: F = self.weather[issue, best[issue]].astype(np.float64)
        return picked[np.arange(count) % issue.size]


def _apart(one: I, other: int) -> I:
    """Slots of the day between slots, the shorter way round."""
    gap = (one - other) % SLOTS_PER_DAY
    return np.minimum(gap, SLOTS_PER_DAY - gap)
