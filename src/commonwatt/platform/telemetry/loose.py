"""Readings that do not start on the quarter hour: kept one by one."""

from __future__ import annotations

from array import array

import numpy as np

from commonwatt.kernel.readings import Readings
from commonwatt.kernel.units import B, F, I


class Loose:
    """Off-grid readings of one quantity and one day, keyed by (column, time)."""

    def __init__(self) -> None:
        self._place: dict[tuple[int, int], int] = {}
        self._column = array("q")
        self._time = array("q")
        self._revision = array("q")
        self._quality = array("q")
        self._value = array("d")

    def copy(self) -> Loose:
        """An independent copy."""
        twin = Loose()
        twin._place = dict(self._place)
        twin._column, twin._time = self._column[:], self._time[:]
        twin._revision, twin._quality = self._revision[:], self._quality[:]
        twin._value = self._value[:]
        return twin

    def put(self, dealt: Readings, revision: int) -> tuple[B, B]:
        """Store K readings, their series being columns; later revisions win.

        Returns:
            (K,) which of them are now the stored ones, and (K,) which contradict a stored value of
            the same revision.
        """
        won = np.zeros(len(dealt), dtype=np.bool_)
        conflict = np.zeros(len(dealt), dtype=np.bool_)
        columns = (dealt.series, dealt.time, dealt.value, dealt.quality)
        rows = zip(*(c.tolist() for c in columns), strict=True)
        for k, (c, t, v, q) in enumerate(rows):
            at = self._place.get((c, t))
            if at is None:
                self._place[c, t] = len(self._column)
                for store, item in zip(self._stores(), (c, t, v, q, revision), strict=True):
                    store.append(item)
                won[k] = True
            elif self._revision[at] < revision:
                self._revision[at], self._value[at], self._quality[at] = revision, v, q
                won[k] = True
            else:
                conflict[k] = self._revision[at] == revision and self._value[at] != v
        return won, conflict

    def _stores(self) -> tuple[array[int] | array[float], ...]:
        return self._column, self._time, self._value, self._quality, self._revision

    def within(self, start: int, end: int) -> tuple[I, I, F, I]:
        """Column, time, value and quality of the readings in [start, end), in order of time."""
        time = np.array(self._time, dtype=np.int64)
        order = np.argsort(time, kind="stable")
        order = order[(time[order] >= start) & (time[order] < end)]
        return (
            np.array(self._column, dtype=np.int64)[order],
            time[order],
            np.array(self._value, dtype=np.float64)[order],
            np.array(self._quality, dtype=np.int64)[order],
        )
