"""What kind of days surround each step: the eve of a holiday, a bridge between two, quiet weeks."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.units import F
from commonwatt.platform.forecast.ensemble.series import Series

SPANS = ((1, 0), (0, 2), (3, 4), (7, 7))
"""Days before and after a step over which the share of days off is told."""


def surroundings(series: Series) -> F:
    """(T,4) share of Saturdays, Sundays and holidays around each step, one column a span.

    Around Christmas and Easter it is high on working days too, and they behave like it. Before the
    series and after it weeks are taken to be usual ones.
    """
    week = series.week if len(series.value) >= series.week else 0
    weekend = series.calendar[1] >= 5
    known = [weekend[:week], series.kind > 0, weekend[len(weekend) - week :]]
    off = np.concatenate([[0.0], np.cumsum(np.concatenate(known))])
    step, last = week + np.arange(len(weekend)), len(off) - 1
    columns = []
    for before, after in SPANS:
        low = np.maximum(step - before * series.day, 0)
        high = np.minimum(step + after * series.day, last)
        columns.append((off[high] - off[low]) / np.maximum(high - low, 1))
    return np.column_stack(columns)
