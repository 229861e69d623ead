"""Validated reads: integer Wh per connection and quarter hour, and as a file people can keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from commonwatt.kernel.errors import InvalidInput, StorageFailed
from commonwatt.kernel.intervals import SLOT_S, Window, moment
from commonwatt.kernel.readings import Quality
from commonwatt.kernel.units import I

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_COLUMNS = ("connection", "start", "import_wh", "export_wh", "quality")


@dataclass(frozen=True, kw_only=True, eq=False)
class Reads:
    """Energy of C connections in T quarter hours.

    Attributes:
        window: equal slots of 15 minutes.
        connection: (C,) connection indices, each once.
        import_wh: (C,T) drawn, integer, never negative.
        export_wh: (C,T) fed in, integer, never negative.
        quality: (C,T) of `Quality`; only VALIDATED and ESTIMATED reads can be settled.

    Raises:
        InvalidInput: shapes that do not fit, other slots, or negative energy.
    """

    window: Window
    connection: I
    import_wh: I
    export_wh: I
    quality: I

    def __post_init__(self) -> None:
        """Refuse what is no set of reads."""
        shape = (self.connection.size, len(self.window))
        for name in ("import_wh", "export_wh", "quality"):
            column = getattr(self, name)
            if column.shape != shape or column.dtype != np.int64:
                msg = f"reads: {name} must be integers of shape {shape}, not {column.shape}"
                raise InvalidInput(msg)
            if (column < 0).any():
                msg = f"reads: {name} of {self._where(column < 0)} is negative"
                raise InvalidInput(msg)
        if (np.diff(self.window.edges) != SLOT_S).any() or self.window.start % SLOT_S:
            raise InvalidInput("reads: slots must be the quarter hours of the clock")
        if np.unique(self.connection).size < self.connection.size:
            raise InvalidInput("reads: a connection is named twice")

    def require_settleable(self) -> None:
        """Return if every read was validated or estimated.

        Raises:
            InvalidInput: names the first read that was not.
        """
        raw = (self.quality != Quality.VALIDATED) & (self.quality != Quality.ESTIMATED)
        if raw.any():
            msg = f"the read of {self._where(raw)} is not validated; validate before settling"
            raise InvalidInput(msg)

    def _where(self, mask: np.ndarray) -> str:
        c, t = np.unravel_index(int(np.argmax(mask)), mask.shape)
        start = moment(int(self.window.starts[t]))
        return f"connection {self.connection[c]} at {start:%Y-%m-%d %H:%M} UTC"


def export_reads(reads: Reads, path: Path) -> None:
    """Write `reads` as CSV, one row per connection and quarter hour, times in UTC.

    Raises:
        StorageFailed: the disk refused.
    """
    count, slots = reads.import_wh.shape
    start = pl.from_epoch(pl.Series("start", np.tile(reads.window.starts, count)))
    table = pl.DataFrame(
        {
            "connection": np.repeat(reads.connection, slots),
            "start": start.dt.strftime(_FORMAT),
            "import_wh": reads.import_wh.ravel(),
            "export_wh": reads.export_wh.ravel(),
            "quality": reads.quality.ravel(),
        }
    )
    try:
        table.write_csv(path)
    except OSError as error:
        raise StorageFailed(f"{path}: the reads could not be written: {error}") from error


def import_reads(path: Path) -> Reads:
    """The reads of a file that `export_reads` wrote, its rows in any order.

    Raises:
        InvalidInput: names file, row and field of what is wrong.
    """
    connection, start, *values = _columns(path)
    connections, row = np.unique(connection, return_inverse=True)
    first = int(start.min())
    slot, rest = np.divmod(start - first, SLOT_S)
    shape = (connections.size, int(slot.max()) + 1)
    once = np.unique(row * shape[1] + slot).size == start.size
    if rest.any() or not once or shape[0] * shape[1] != start.size:
        msg = f"{path}: every connection needs one row for each quarter hour of the same span"
        raise InvalidInput(msg)
    grids = []
    for value in values:
        grid = np.zeros(shape, dtype=np.int64)
        grid[row, slot] = value
        grids.append(grid)
    imported, exported, quality = grids
    return Reads(
        window=Window.uniform(first, shape[1]),
        connection=connections,
        import_wh=imported,
        export_wh=exported,
        quality=quality,
    )


def _columns(path: Path) -> list[I]:
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"{path}: cannot be read as CSV: {reason}") from error
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing or table.is_empty():
        what = f"has no column {missing[0]!r}" if missing else "has no rows"
        raise InvalidInput(f"{path}: {what}; export the reads again")
    return [_integers(table[name], path) for name in _COLUMNS]


def _integers(column: pl.Series, path: Path) -> I:
    if column.name == "start":
        numbers = column.str.to_datetime(_FORMAT, strict=False).dt.epoch("s")
    else:
        numbers = column.cast(pl.Int64, strict=False)
    bad = numbers.is_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        msg = f"{path}: row {row + 1}, field {column.name!r}: {column[row]!r} cannot be used"
        raise InvalidInput(msg)
    return numbers.to_numpy().astype(np.int64)
