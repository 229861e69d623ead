"""What is known when: day-ahead prices come out at noon, what lies further is guessed."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np

from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.place import Place
from commonwatt.kernel.units import F

PUBLISHED_AT_S = 12 * 3600
"""Local time of day at which the next local day's prices are published."""

_WEEK_S = 7 * DAY_S


class Source(Protocol):
    """A series of true values."""

    @property
    def start(self) -> int:
        """Since when there are values, epoch seconds."""

    def mean(self, window: Window) -> F:
        """(T,) mean over each slot."""


@cache
def local_midnight(day: int, place: Place) -> int:
    """Epoch seconds at which a local day, numbered from 1970, begins."""
    local = day * DAY_S
    guess = local - int(place.offset_s(np.array([local]))[0])
    return local - int(place.offset_s(np.array([guess]))[0])


def published_until(now: int, place: Place) -> int:
    """Where publication ends at `now`, epoch seconds: tonight, from noon on tomorrow night."""
    day, clock = divmod(int(place.local(np.array([now]))[0]), DAY_S)
    return local_midnight(day + (2 if clock >= PUBLISHED_AT_S else 1), place)


def as_issued(source: Source, window: Window, end: int) -> F:
    """(T,) `source` as far as it is published, then the same quarter hour a week before.

    Where the series does not go back a week, the newest published day is repeated. Nothing of
    `source` from `end` on is looked at.

    Args:
        source: the truth.
        window: whole quarter hours.
        end: where publication ends.

    Raises:
        InvalidInput: there is neither truth nor an earlier day to repeat.
    """
    fine = window.fine()
    known = int(np.searchsorted(fine.starts, end))
    parts = [source.mean(Window(fine.edges[: known + 1]))] if known else []
    beyond = fine.starts[known:]
    if beyond.size:
        for period in (_WEEK_S, DAY_S):
            earlier = beyond - period * ((beyond - end) // period + 1)
            if earlier.min() >= source.start:
                break
        first = int(earlier.min())
        span = Window.uniform(first, (int(earlier.max()) - first) // SLOT_S + 1)
        parts.append(source.mean(span)[(earlier - first) // SLOT_S])
    return window.average(np.concatenate(parts))
