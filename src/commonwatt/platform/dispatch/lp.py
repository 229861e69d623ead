"""A sparse linear programme as arrays, with keys that name its columns and rows over time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array, csc_array

from commonwatt.kernel.units import F, I

_SLOT_BITS = 16
TIMELESS = (1 << _SLOT_BITS) - 1
"""The slot in keys of columns that belong to none."""


def key_of(kind: int, row: I, slot: I) -> I:
    """(K,) names that survive a re-plan: what it is (0…63), whose it is, which slot."""
    key: I = ((np.int64(kind) << 40) | row.astype(np.int64)) << _SLOT_BITS | slot
    return key


def moved(key: I, slot: I) -> I:
    """(K,) the same keys in other slots: `slot` (T,) says which slot each of 0…T-1 becomes."""
    table = np.arange(TIMELESS + 1)
    table[: slot.size] = slot
    renamed: I = (key & ~np.int64(TIMELESS)) | table[key & TIMELESS]
    return renamed


@dataclass(frozen=True, kw_only=True, eq=False)
class Lp:
    """Minimise `cost·x + offset` with `col_low ≤ x ≤ col_high`, `row_low ≤ matrix·x ≤ row_high`.

    Attributes:
        cost: (n,) per unit of each column.
        col_low: (n,).
        col_high: (n,).
        row_low: (m,).
        row_high: (m,).
        matrix: (m,n).
        offset: what is paid whatever is decided.
        col_key: (n,) see `key_of`.
        row_key: (m,).
    """

    cost: F
    col_low: F
    col_high: F
    row_low: F
    row_high: F
    matrix: csc_array
    offset: float
    col_key: I
    row_key: I


@dataclass
class Sheet:
    """Collects columns, rows and entries block by block."""

    offset: float = 0.0
    _columns: list[tuple[F, F, F, I]] = field(default_factory=list)
    _rows: list[tuple[F, F, I]] = field(default_factory=list)
    _entries: list[tuple[I, I, F]] = field(default_factory=list)
    _width: int = 0
    _height: int = 0

    def columns(self, key: I, cost: F | float, low: F | float, high: F | float) -> I:
        """Add K columns; returns their indices (K,)."""
        shape = key.shape
        self._columns.append((_filled(cost, shape), _filled(low, shape), _filled(high, shape), key))
        self._width += key.size
        return np.arange(self._width - key.size, self._width, dtype=np.int64)

    def rows(self, key: I, low: F | float, high: F | float) -> I:
        """Add K rows; returns their indices (K,)."""
        self._rows.append((_filled(low, key.shape), _filled(high, key.shape), key))
        self._height += key.size
        return np.arange(self._height - key.size, self._height, dtype=np.int64)

    def entries(self, row: I, column: I, value: F | float) -> None:
        """Put `value` (K,) at (`row`, `column`); entries at the same place add up."""
        self._entries.append((row, column, _filled(value, row.shape)))

    def lp(self) -> Lp:
        """The programme collected so far."""
        cost, low, high, col_key = (_joined(part) for part in zip(*self._columns, strict=True))
        row_low, row_high, row_key = (_joined(part) for part in zip(*self._rows, strict=True))
        row, column, value = (_joined(part) for part in zip(*self._entries, strict=True))
        shape = (self._height, self._width)
        return Lp(
            cost=cost,
            col_low=low,
            col_high=high,
            row_low=row_low,
            row_high=row_high,
            matrix=csc_array(coo_array((value, (row, column)), shape=shape)),
            offset=self.offset,
            col_key=col_key.astype(np.int64),
            row_key=row_key.astype(np.int64),
        )


def _filled(value: F | float, shape: tuple[int, ...]) -> F:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), shape)


def _joined(parts: tuple[F, ...]) -> F:
    return np.concatenate(parts)
