"""What was measured: appended, acknowledged, read in any window."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from commonwatt.kernel.errors import InvalidInput, NotPermitted
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.kernel.readings import Of, Quality, Quantity, Readings
from commonwatt.kernel.units import F, I
from commonwatt.platform.access import require_reach
from commonwatt.platform.telemetry.codec import decoded, encoded
from commonwatt.platform.telemetry.log import Log
from commonwatt.platform.telemetry.reader import Reader
from commonwatt.platform.telemetry.shelf import Shelf

DEAD_LETTERS_KEPT = 10_000
MOST_SERIES = 1 << 24
LAST_MOMENT = 1 << 33
"""Epoch seconds of the year 2242: a device that claims to live later has a broken clock."""

_MAY_WRITE = (Purpose.OPERATE, Purpose.SETTLE, Purpose.STUDY)
_MAY_READ = (*_MAY_WRITE, Purpose.FORECAST, Purpose.OWN)


@dataclass(frozen=True, eq=False)
class DeadLetter:
    """Readings that were not stored, all for one reason."""

    readings: Readings
    revision: int
    reason: str


class Telemetry:
    """Readings keyed by (quantity, series, time, revision).

    Redelivery converges, a later revision wins whenever it comes. A reading belongs to the slot in
    which its interval starts. Use `open`.
    """

    def __init__(self, log: Log | None, quantities: Iterable[Quantity], homes: I | None) -> None:
        self._log = log
        self._of = {q.name: q.of for q in quantities}
        self._connection_of_asset = homes
        self._shelves: dict[str, Shelf] = {}
        self._dead: deque[DeadLetter] = deque(maxlen=DEAD_LETTERS_KEPT)
        self._first: int | None = None
        self._reader: Reader | None = None

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        quantities: Iterable[Quantity] = (),
        connection_of_asset: I | None = None,
    ) -> Telemetry:
        """Telemetry with all that was ever acknowledged at `path`.

        Args:
            path: the log file, made if missing; None keeps readings in memory only (studies).
            quantities: what is measured: tells whose a series is, hence what residents may read.
            connection_of_asset: (A,) connection of every asset, for the same purpose.

        Raises:
            StorageFailed: the log cannot be opened or is damaged.
        """
        log = Log(path) if path is not None else None
        telemetry = cls(log, quantities, connection_of_asset)
        for payload in log.payloads() if log else ():
            telemetry._take(*decoded(payload))
        return telemetry

    @classmethod
    def follow(
        cls,
        path: Path,
        quantities: Iterable[Quantity] = (),
        connection_of_asset: I | None = None,
    ) -> Telemetry:
        """What another process has acknowledged at `path` so far; `refresh` brings what follows.

        Nothing is locked or written, so neither process ever waits for the other.
        """
        telemetry = cls(None, quantities, connection_of_asset)
        telemetry._reader = Reader(path)
        telemetry.refresh()
        return telemetry

    def refresh(self) -> int:
        """Take in what the writing process has added; how many appends that were.

        Raises:
            StorageFailed: the log cannot be read.
        """
        if self._reader is None:
            return 0
        if self._reader.replaced():
            self._shelves, self._first = {}, None
            self._dead.clear()
        count = 0
        for payload in self._reader.fresh():
            self._take(*decoded(payload))
            count += 1
        return count

    def append(self, readings: list[Readings], warrant: Warrant, revision: int = 0) -> int:
        """Store readings; on return they are on disk. Unusable ones become dead letters.

        Returns:
            How many of them are stored (again, where redelivered), dead letters not counted.

        Raises:
            NotPermitted: the warrant does not cover writing.
            InvalidInput: columns of different length or a negative revision; nothing is stored.
            StorageFailed: the disk refused; nothing is stored.
        """
        warrant.require(*_MAY_WRITE)
        batches = [b for b in readings if len(b)]
        for batch in batches:
            _require_equal_length(batch)
        if revision < 0:
            raise InvalidInput(f"revision {revision} is negative; the first one is 0")
        if not batches:
            return 0
        if self._log is not None:
            self._log.append(encoded(batches, revision))
        return self._take(batches, revision)

    def read(self, quantity: str, series: I, window: Window, warrant: Warrant) -> F:
        """(K,T) mean of the readings in each slot, NaN where there are none."""
        self._require_read(quantity, series, warrant)
        return self._shelf(quantity).means(series, window)

    def last(self, quantity: str, series: I, window: Window, warrant: Warrant) -> F:
        """(K,T) last reading in each slot, NaN where there is none: for states and registers."""
        self._require_read(quantity, series, warrant)
        return self._shelf(quantity).lasts(series, window)

    def quality(self, quantity: str, series: I, window: Window, warrant: Warrant) -> I:
        """(K,T) worst `Quality` in each slot; REJECTED where nothing was measured."""
        self._require_read(quantity, series, warrant)
        return self._shelf(quantity).qualities(series, window)

    def latest(self, quantity: str, series: I, warrant: Warrant, before: int | None = None) -> F:
        """(K,) newest reading of each series, of those starting before `before`; NaN for none."""
        self._require_read(quantity, series, warrant)
        return self._shelf(quantity).newest(series, before)

    def aggregate(
        self, quantity: str, series: I, group: I, window: Window, warrant: Warrant
    ) -> tuple[F, I]:
        """Sums of slot means over groups of series.

        Args:
            quantity: what to sum.
            series: (K,) which series.
            group: (K,) the group 0…G-1 of each.
            window: T slots.
            warrant: who asks, and why.

        Returns:
            (G,T) the sum of what was measured, and (G,T) how many series were missing from it.
        """
        means = self.read(quantity, series, window, warrant)
        shape = (int(group.max(initial=-1)) + 1, len(window))
        total, missing = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        np.add.at(total, group, np.nan_to_num(means))
        np.add.at(missing, group, np.isnan(means))
        return total, missing

    def series(self, quantity: str) -> I:
        """Which series of `quantity` have been measured, rising."""
        return self._shelf(quantity).series()

    def covered(self, window: Window) -> Window:
        """`window` without the slots before the first reading of all.

        Raises:
            InvalidInput: nothing was measured in `window` or before it.
        """
        if self._first is None or self._first >= window.end:
            raise InvalidInput("nothing was measured by then; warm up the city first")
        first = int(np.searchsorted(window.edges, self._first, side="right")) - 1
        return Window(window.edges[max(first, 0) :])

    def dead_letters(self, warrant: Warrant) -> list[DeadLetter]:
        """What was not stored and why, oldest first; the newest 10,000 are kept."""
        warrant.require(*_MAY_WRITE)
        return list(self._dead)

    def fork(self) -> Telemetry:
        """An independent telemetry in memory with the same readings; cheap, days are shared."""
        twin = Telemetry(None, (), self._connection_of_asset)
        twin._of = dict(self._of)
        twin._shelves = {name: shelf.fork() for name, shelf in self._shelves.items()}
        twin._dead = self._dead.copy()
        twin._first = self._first
        return twin

    def close(self) -> None:
        """Let go of the log file."""
        if self._log is not None:
            self._log.close()

    def _shelf(self, quantity: str) -> Shelf:
        return self._shelves.get(quantity) or Shelf()

    def _require_read(self, quantity: str, series: I, warrant: Warrant) -> None:
        warrant.require(*_MAY_READ)
        if warrant.purpose is not Purpose.OWN:
            return
        of = self._of.get(quantity)
        if of is Of.CONNECTION:
            require_reach(warrant, series)
        elif of is Of.ASSET and self._connection_of_asset is not None:
            known = (series >= 0) & (series < self._connection_of_asset.size)
            mine = np.where(known, self._connection_of_asset[np.where(known, series, 0)], -1)
            require_reach(warrant, mine)
        else:
            msg = f"{warrant.principal.id} may not read {quantity!r}: it is nobody's own"
            raise NotPermitted(msg)

    def _take(self, batches: list[Readings], revision: int) -> int:
        """Sort out and shelve; a pure function of what came before, so that replay agrees."""
        stored = 0
        for batch in batches:
            good = self._sorted_out(batch, revision)
            if not len(good):
                continue
            shelf = self._shelves.setdefault(batch.quantity, Shelf())
            conflict = shelf.put(good, revision)
            if conflict.any():
                self._bury(good, conflict, revision, "another value of this revision is stored")
            first = int(good.time.min())
            self._first = first if self._first is None else min(self._first, first)
            stored += len(good) - int(conflict.sum())
        return stored

    def _sorted_out(self, batch: Readings, revision: int) -> Readings:
        faults = (
            (~np.isfinite(batch.value), "the value is not a finite number"),
            ((batch.series < 0) | (batch.series >= MOST_SERIES), "there is no such series"),
            ((batch.time < 0) | (batch.time >= LAST_MOMENT), "the time lies outside 1970 to 2242"),
            ((batch.quality < 0) | (batch.quality > max(Quality)), "there is no such quality"),
        )
        bad = np.zeros(len(batch), dtype=np.bool_)
        for fault, reason in faults:
            if (fault & ~bad).any():
                self._bury(batch, fault & ~bad, revision, reason)
            bad |= fault
        return batch.where(~bad) if bad.any() else batch

    def _bury(self, batch: Readings, which: np.ndarray, revision: int, reason: str) -> None:
        self._dead.append(DeadLetter(batch.where(which), revision, reason))


def _require_equal_length(batch: Readings) -> None:
    columns = (batch.series, batch.time, batch.value, batch.quality)
    if any(c.shape != (len(batch),) for c in columns):
        msg = f"readings of {batch.quantity!r}: series, time, value and quality differ in length"
        raise InvalidInput(msg)
