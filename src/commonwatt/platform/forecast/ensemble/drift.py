"""Whether a forecaster still does what it promised when it was fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.platform.forecast.ensemble.bands import Errors
from commonwatt.platform.forecast.ensemble.series import Series

LIMIT = 1.2
"""It is to learn anew when it errs by this many times what it promised."""
DAYS = 7
"""Of the latest days."""
FEWEST_DAYS = 3
"""So many whole days since the fit must speak against it."""


@dataclass(frozen=True)
class Promise:
    """What a fit at step `origin` promised: `mase`, and the `scale` it is relative to.

    The scale is the mean absolute error of last week's value over all that was known.
    """

    origin: int
    mase: float
    scale: float

    @classmethod
    def of(cls, known: Series, origin: int, errors: Errors) -> Promise:
        """From the errors made on days not learned from."""
        past = known.value[:origin]
        step = np.abs(past[known.week :] - past[: -known.week])
        scale = float(np.nanmean(step)) if np.isfinite(step).any() else 0.0
        return cls(origin, _mean(errors) / (scale or 1.0), scale or 1.0)

    def broken(self, since: Errors, day: int) -> str:
        """Why to learn anew on a day, from the errors made since the fit, or nothing."""
        late = since.only(since.day >= day - DAYS)
        days = np.unique(late.day).size
        mase = _mean(late) / self.scale
        if days < FEWEST_DAYS or mase <= LIMIT * self.mase:
            return ""
        return (
            f"its MASE over the last {days} days was {mase:.2f} where {self.mase:.2f} was promised"
        )


def _mean(errors: Errors) -> float:
    known = np.abs(errors.error[np.isfinite(errors.error)])
    return float(known.mean()) if known.size else 0.0
