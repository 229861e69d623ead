"""One quantity in memory: days of a 15-minute grid, read in any window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY, Window
from commonwatt.kernel.readings import Quality, Readings
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.telemetry.day import MISSING, Day

LONG_AGO = np.iinfo(np.int64).min


class Shelf:
    """All readings of one quantity.

    A reading belongs to the slot in which it starts. Series get a column when they first appear, so
    that a stray series number costs a column and not a matrix.
    """

    def __init__(self) -> None:
        self._days: dict[int, Day] = {}
        self._column = np.empty(0, dtype=np.int64)
        self._columns = 0
        self._newest_time = np.empty(0, dtype=np.int64)
        self._newest_value = np.empty(0)

    def fork(self) -> Shelf:
        """An independent shelf with the same readings; days are copied only when written to."""
        for day in self._days.values():
            day.shared = True
        twin = Shelf()
        twin._days = {number: replace(day) for number, day in self._days.items()}
        twin._column, twin._columns = self._column.copy(), self._columns
        twin._newest_time = self._newest_time.copy()
        twin._newest_value = self._newest_value.copy()
        return twin

    def put(self, readings: Readings, revision: int) -> B:
        """Store K finite readings; later revisions win.

        Returns:
            (K,) which of them contradict a stored value of the same revision and were not stored.
        """
        dealt = replace(readings, series=self._dealt_columns(readings.series))
        number = dealt.time // DAY_S
        days = np.unique(number).tolist()
        if len(days) == 1:
            return self._put_day(days[0], dealt, revision)
        conflict = np.zeros(len(dealt), dtype=np.bool_)
        for day in days:
            rows = number == day
            conflict[rows] = self._put_day(day, dealt.where(rows), revision)
        return conflict

    def _put_day(self, day: int, dealt: Readings, revision: int) -> B:
        held = self._days.get(day) or Day.empty(self._columns)
        self._days[day] = held = held.writable(int(dealt.series.max()) + 1)
        won, conflict = held.put(dealt, revision)
        column, time = dealt.series[won], dealt.time[won]
        np.maximum.at(self._newest_time, column, time)
        newest = time == self._newest_time[column]
        self._newest_value[column[newest]] = dealt.value[won][newest]
        return conflict

    def _dealt_columns(self, series: I) -> I:
        top = int(series.max()) + 1
        if top > self._column.size:
            grown = np.full(max(top, 2 * self._column.size), MISSING, dtype=np.int64)
            grown[: self._column.size] = self._column
            self._column = grown
        column = self._column[series]
        if (column < 0).any():
            fresh = np.unique(series[column < 0])
            self._column[fresh] = self._columns + np.arange(fresh.size)
            self._columns += fresh.size
            self._newest_time = np.append(self._newest_time, np.full(fresh.size, LONG_AGO))
            self._newest_value = np.append(self._newest_value, np.full(fresh.size, np.nan))
            column = self._column[series]
        return column

    def _columns_of(self, series: I) -> I:
        known = (series >= 0) & (series < self._column.size)
        column = np.full(series.size, MISSING, dtype=np.int64)
        column[known] = self._column[series[known]]
        return column

    def series(self) -> I:
        """Which series were ever measured, rising."""
        return np.flatnonzero(self._column >= 0)

    def means(self, series: I, window: Window) -> F:
        """(K,T) mean of the readings that start in each slot, NaN where there are none."""
        column = self._columns_of(series)
        rows, cuts = _grid(window)
        dense = self._gathered("value", np.nan, column, rows)
        loose = self._loose(column, window)
        if loose is None and np.array_equal(cuts, np.arange(len(rows) + 1)):
            return np.ascontiguousarray(dense.T)
        there = np.isfinite(dense)
        total = _by_slot(np.add, np.where(there, dense, 0.0), cuts, 0)
        count = _by_slot(np.add, there.astype(np.float64), cuts, 0)
        if loose is not None:
            k, slot, _, value, _ = loose
            np.add.at(total, (slot, k), value)
            np.add.at(count, (slot, k), 1)
        with np.errstate(invalid="ignore"):
            mean: F = total / count
        return np.ascontiguousarray(mean.T)

    def lasts(self, series: I, window: Window) -> F:
        """(K,T) the last reading that starts in each slot, NaN where there is none."""
        column = self._columns_of(series)
        rows, cuts = _grid(window)
        dense = self._gathered("value", np.nan, column, rows)
        loose = self._loose(column, window)
        if loose is None and np.array_equal(cuts, np.arange(len(rows) + 1)):
            return np.ascontiguousarray(dense.T)
        row = np.where(np.isfinite(dense), np.arange(len(rows))[:, None], MISSING)
        newest = _by_slot(np.maximum, row, cuts, MISSING)
        padded = np.concatenate([dense, np.full((1, column.size), np.nan)])
        last = padded[newest, np.arange(column.size)]
        if loose is not None:
            k, slot, time, value, _ = loose
            since = np.where(newest < 0, LONG_AGO, (rows.start + newest) * SLOT_S)
            np.maximum.at(since, (slot, k), time)
            wins = since[slot, k] == time
            last[slot[wins], k[wins]] = value[wins]
        return np.ascontiguousarray(last.T)

    def qualities(self, series: I, window: Window) -> I:
        """(K,T) the worst `Quality` of the readings in each slot, REJECTED where there are none."""
        column = self._columns_of(series)
        rows, cuts = _grid(window)
        dense = self._gathered("quality", MISSING, column, rows)
        worst = _by_slot(np.maximum, dense, cuts, MISSING).astype(np.int64)
        loose = self._loose(column, window)
        if loose is not None:
            k, slot, _, _, quality = loose
            np.maximum.at(worst, (slot, k), quality)
        worst[worst == MISSING] = Quality.REJECTED
        return np.ascontiguousarray(worst.T)

    def newest(self, series: I, before: int | None) -> F:
        """(K,) the newest reading of each series, of those that start before `before` if given."""
        column = self._columns_of(series)
        value = np.append(self._newest_value, np.nan)[column]
        if before is None:
            return value
        late = np.append(self._newest_time, LONG_AGO)[column] >= before
        for day in sorted((d for d in self._days if d * DAY_S < before), reverse=True):
            if not late.any():
                break
            end = min(before, (day + 1) * DAY_S)
            value[late] = self.lasts(series[late], Window(np.array([day * DAY_S, end])))[:, 0]
            late[late] = np.isnan(value[late])
        value[late] = np.nan
        return value

    def _gathered(self, plane: str, empty: float, column: I, rows: range) -> NDArray[np.float64]:
        """(rows, K) one plane of the grid for slots `rows`, counted from the epoch."""
        dtype = np.float64 if plane == "value" else np.int8
        dense = np.full((len(rows), column.size), empty, dtype=dtype)
        for day in range(rows.start // SLOTS_PER_DAY, (rows.stop - 1) // SLOTS_PER_DAY + 1):
            if day in self._days:
                first = day * SLOTS_PER_DAY
                begin, end = max(rows.start, first), min(rows.stop, first + SLOTS_PER_DAY)
                into = dense[begin - rows.start : end - rows.start]
                self._days[day].copy_columns(plane, slice(begin - first, end - first), column, into)
        return dense

    def _loose(self, column: I, window: Window) -> tuple[I, I, I, F, I] | None:
        """Off-grid readings of `column` in `window`: (k, slot, time, value, quality), or None."""
        days = range(window.start // DAY_S, (window.end - 1) // DAY_S + 1)
        held = [self._days[d].loose for d in days if d in self._days and self._days[d].has_loose]
        if not held:
            return None
        parts = [loose.within(window.start, window.end) for loose in held]
        col, time, value, quality = (np.concatenate(p) for p in zip(*parts, strict=True))
        k, found = np.nonzero(column[:, None] == col[None, :])
        slot = np.searchsorted(window.edges, time[found], side="right") - 1
        return k, slot, time[found], value[found], quality[found]


def _grid(window: Window) -> tuple[range, I]:
    """The grid slots that start in `window`, and (T+1,) where each of its slots cuts them."""
    edge = -(-window.edges // SLOT_S)
    return range(int(edge[0]), int(edge[-1])), edge - edge[0]


def _by_slot(how: np.ufunc, rows: NDArray[np.generic], cuts: I, empty: float) -> F:
    """(T,K) `how` over the rows (n,K) of each slot; `empty` where a slot has none."""
    pad = np.full((1, rows.shape[1]), empty, dtype=rows.dtype)
    out: F = how.reduceat(np.concatenate([rows, pad]), cuts[:-1], axis=0)
    out[cuts[:-1] == cuts[1:]] = empty
    return out
