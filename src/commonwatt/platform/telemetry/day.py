"""One day of one quantity: a matrix on the 15-minute grid, and what is off it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.intervals import DAY_S, SLOT_S, SLOTS_PER_DAY
from commonwatt.kernel.readings import Readings
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.telemetry.loose import Loose

MISSING = -1


@dataclass(eq=False)
class Day:
    """S columns (series) of one UTC day.

    Attributes:
        value: (96,S), NaN where nothing was measured.
        revision: (96,S), -1 where nothing was measured.
        quality: (96,S) of `Quality`, -1 where nothing was measured.
        loose: readings off the grid.
        shared: a fork holds this day too, so whoever writes copies it first.
    """

    value: F
    revision: NDArray[np.int32]
    quality: NDArray[np.int8]
    loose: Loose = field(default_factory=Loose)
    has_loose: bool = False
    shared: bool = False

    @classmethod
    def empty(cls, columns: int) -> Day:
        """A day without readings."""
        shape = (SLOTS_PER_DAY, columns)
        return cls(
            value=np.full(shape, np.nan),
            revision=np.full(shape, MISSING, dtype=np.int32),
            quality=np.full(shape, MISSING, dtype=np.int8),
        )

    def writable(self, columns: int) -> Day:
        """This day, unshared and at least `columns` wide."""
        width = self.value.shape[1]
        if not self.shared and width >= columns:
            return self
        wider = Day.empty(max(columns, width))
        wider.value[:, :width] = self.value
        wider.revision[:, :width] = self.revision
        wider.quality[:, :width] = self.quality
        wider.loose = self.loose.copy() if self.shared else self.loose
        wider.has_loose = self.has_loose
        return wider

    def put(self, dealt: Readings, revision: int) -> tuple[B, B]:
        """Store K readings of this day, their series being columns; later revisions win.

        Returns:
            (K,) which are now the stored ones, (K,) which contradict a stored value of the same
            revision.
        """
        on_grid = dealt.time % SLOT_S == 0
        if on_grid.all():
            return self._put_grid(dealt, revision)
        won, conflict = np.zeros_like(on_grid), np.zeros_like(on_grid)
        self.has_loose = True
        for rows, put in ((on_grid, self._put_grid), (~on_grid, self.loose.put)):
            won[rows], conflict[rows] = put(dealt.where(rows), revision)
        return won, conflict

    def _put_grid(self, dealt: Readings, revision: int) -> tuple[B, B]:
        row, column = dealt.time % DAY_S // SLOT_S, dealt.series
        newer = self.revision[row, column] < revision
        r, c = row[newer], column[newer]
        self.value[r, c] = dealt.value[newer]
        self.quality[r, c] = dealt.quality[newer]
        self.revision[r, c] = revision
        same = self.value[row, column] == dealt.value
        conflict = ~same & (self.revision[row, column] == revision)
        return newer & same, conflict

    def copy_columns(self, plane: str, rows: slice, columns: I, into: NDArray[np.generic]) -> None:
        """Write `plane`[rows, columns] into (rows, K); columns this day lacks are left alone."""
        source: NDArray[np.generic] = getattr(self, plane)[rows]
        held = (columns >= 0) & (columns < source.shape[1])
        if held.all():
            into[:] = source.take(columns, axis=1)
        else:
            into[:, held] = source[:, columns[held]]
