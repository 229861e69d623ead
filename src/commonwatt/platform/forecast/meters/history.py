"""The past of some meters as a block of local days, cleaned, with running sums over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.forecast.meters.calendar import Calendar
from commonwatt.platform.forecast.meters.rows import US, coded, microseconds, values

SPIKE = 4.0
"""Times the third-highest daily peak: what is beyond is a meter's fault, not a home's habit."""
STUCK_SHARE = 0.5
"""A meter whose flat stretches make more of its past than this simply is that flat."""


@dataclass(frozen=True, eq=False)
class Block:
    """N meters over Y local days.

    Attributes:
        series: (N,) ids, in order.
        kind: (N,) customer class of each.
        first: first local day, since 1970.
        value: (N,Y,D) readings, NaN where missing, faulty or not yet known.
        measured: (N,) readings there were at all, before any was set aside.
        stuck: (N,) whether the newest day is a flat line that was set aside.
        calendar: how readings fall into days.
    """

    series: list[str]
    kind: list[str]
    first: int
    value: F
    measured: I
    stuck: B
    calendar: Calendar

    @property
    def days(self) -> I:
        """(Y,) local days, since 1970."""
        return self.first + np.arange(self.value.shape[1])

    def only(self, rows: I) -> Block:
        """The same for some meters."""
        return Block(
            series=[self.series[n] for n in rows.tolist()],
            kind=[self.kind[n] for n in rows.tolist()],
            first=self.first,
            value=self.value[rows],
            measured=self.measured[rows],
            stuck=self.stuck[rows],
            calendar=self.calendar,
        )

    @cached_property
    def known(self) -> F:
        """(N,Y+1,D) readings before each day, by slot."""
        return _running(np.isfinite(self.value))

    @cached_property
    def total(self) -> F:
        """(N,Y+1,D) their sum."""
        return _running(np.nan_to_num(self.value))

    @cached_property
    def size(self) -> F:
        """(N,Y+1,D) their sum without signs."""
        if np.nanmin(self.value, initial=0.0) >= 0:
            return self.total
        return _running(np.nan_to_num(np.abs(self.value)))

    @cached_property
    def off_known(self) -> F:
        """(N,Y+1,D) as `known`, of weekends and holidays only."""
        return _running(np.isfinite(self.value) & self._off)

    @cached_property
    def off_total(self) -> F:
        """(N,Y+1,D) as `total`, of weekends and holidays only."""
        return _running(np.nan_to_num(self.value) * self._off)

    @cached_property
    def daily(self) -> tuple[F, F]:
        """Two (N,Y): sum of each day's readings, and how many there are."""
        return np.nansum(self.value, axis=2), np.isfinite(self.value).sum(axis=2, dtype=np.float64)

    @cached_property
    def peak(self) -> F:
        """(N,Y) highest reading of each day, NaN where there is none."""
        return _highest(self.value)

    @cached_property
    def unlike(self) -> tuple[F, F]:
        """Two (N,Y+1): sum over days of what a reading differs from a week before, and count."""
        apart = np.abs(self.value[:, 7:] - self.value[:, :-7])
        told = np.isfinite(apart).sum(axis=2)
        wide = np.nansum(apart, axis=2)
        lead = ((0, 0), (8, 0))
        return np.pad(np.cumsum(wide, 1), lead), np.pad(np.cumsum(told, 1), lead)

    @property
    def _off(self) -> B:
        return self.calendar.off(self.days)[:, None]


def block(table: pa.Table, calendar: Calendar, origin: int, days: int) -> Block:
    """The readings of `table` before `origin`, as local days, the day of the origin last.

    Rows may stand in any order; of readings that fall together (redelivered, or in the hour the
    clocks repeat) the mean is taken. What is at or after `origin` is never looked at.

    Args:
        table: `series`, `time`, `value`, and `class` if there are several.
        calendar: step, zone and holidays.
        origin: epoch seconds.
        days: how many to look back on.
    """
    codes, series, kind = coded(table)
    time = microseconds(table["time"])
    first = int(calendar.place(np.array([origin]))[0][0]) - days
    start, places = _places(calendar, first, origin)
    heard = np.flatnonzero((time >= US * start) & (time < US * origin))
    place = places[(time[heard] - US * start) // (US * calendar.step_s)]
    value = values(table["value"])[heard]
    shape = (len(series), days + 1, calendar.slots)
    flat = codes[heard] * np.int64(shape[1] * shape[2]) + place
    fit = (place >= 0) & np.isfinite(value)
    if not fit.all():
        flat, value = flat[fit], value[fit]
    cells = int(np.prod(shape))
    count = np.bincount(flat, minlength=cells).reshape(shape)
    total = np.bincount(flat, weights=value, minlength=cells).reshape(shape)
    with np.errstate(invalid="ignore"):
        dense = total / count
    honest = _without_spikes(dense)
    stuck = _stuck(honest)
    clean = np.where(stuck, np.nan, honest)
    # the newest full day, and the one begun
    lately = stuck[:, -2:].any(axis=(1, 2)) & ~np.isfinite(clean[:, -2:]).any(axis=(1, 2))
    measured = count.sum(axis=(1, 2))
    return Block(series, kind, first, clean, measured, np.atleast_1d(lately), calendar)


@lru_cache(maxsize=8)
def _places(calendar: Calendar, first: int, origin: int) -> tuple[int, I]:
    """Where readings of each step from a moment to the origin belong, in days from `first` on.

    Returns:
        That moment, epoch seconds, safely before the days begin; and the places, -1 before `first`.
    """
    start = (first - 2) * DAY_S
    steps = np.arange(start, origin, calendar.step_s, dtype=np.int64)
    day, slot = calendar.place(steps)
    return start, np.where(day >= first, (day - first) * calendar.slots + slot, -1)


def _without_spikes(value: F) -> F:
    """`value` (N,Y,D) with readings no third day comes near turned to NaN."""
    peaks = np.nan_to_num(_highest(np.abs(value)))
    third = np.partition(peaks, -3, axis=1)[:, -3] if peaks.shape[1] > 2 else peaks.max(axis=1)
    bound = np.where(third > 0, SPIKE * third, np.inf)[:, None, None]
    found: F = np.where(np.abs(value) > bound, np.nan, value)
    return found


def _stuck(value: F) -> B:
    """(N,Y,D) where a meter repeats one reading, not 0, for a day or longer, and mostly does not.

    >>> alive = np.tile(np.arange(1.0, 25.0), (1, 4, 1))
    >>> alive[0, 2] = 7.0
    >>> _stuck(alive)[0].all(axis=1).tolist()
    [False, False, True, False]
    """
    count, days, slots = value.shape
    line = value.reshape(count, days * slots)
    same = np.zeros(line.shape, dtype=np.int32)
    same[:, 1:] = (line[:, 1:] == line[:, :-1]) & (line[:, 1:] != 0)
    runs = np.cumsum(same, axis=1, dtype=np.int32)
    reach = max(slots - 1, 5)
    full = np.zeros(line.shape, dtype=np.int32)
    full[:, reach:] = runs[:, reach:] - runs[:, :-reach] == reach
    if not full.any():
        return np.zeros(value.shape, dtype=np.bool_)
    later = np.cumsum(full[:, ::-1], axis=1, dtype=np.int32)[:, ::-1]
    flat = full.astype(np.bool_)
    wide = reach + 1
    flat[:, :-wide] |= later[:, :-wide] - later[:, wide:] > 0
    flat[:, -wide:] |= later[:, -wide:] > 0
    known = np.isfinite(line).sum(axis=1)
    mostly = flat.sum(axis=1) > STUCK_SHARE * np.maximum(known, 1)
    found: B = (flat & ~mostly[:, None]).reshape(value.shape)
    return found


def _highest(value: F) -> F:
    """(N,Y) highest of each day; NaN where nothing is known."""
    found: F = np.fmax.reduce(value, axis=2)
    return found


def _running(value: F | B) -> F:
    """(N,Y+1,D) sums over the days before each."""
    out = np.zeros((value.shape[0], value.shape[1] + 1, value.shape[2]))
    np.cumsum(value, axis=1, out=out[:, 1:])
    return out
