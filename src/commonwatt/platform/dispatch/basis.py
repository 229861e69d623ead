"""A simplex basis carried from one plan to the next, by the names of columns and rows.

Offers change between re-plans: a car leaves, a slot moves into the past. What has the same name,
one slot on, starts with the status it had; what is new starts outside the basis. HiGHS mends the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import I
from commonwatt.platform.dispatch.lp import Lp, moved

Status = NDArray[np.int8]
_LOWER, _BASIC, _UPPER, _ZERO = range(4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Basis:
    """HiGHS basis statuses of a solved programme, and the names they belong to."""

    window: Window
    col_key: I
    row_key: I
    col_status: Status
    row_status: Status


def carried(basis: Basis, lp: Lp, window: Window) -> tuple[Status, Status]:
    """Statuses to start `lp` over `window` from: of its columns (n,) and its rows (m,)."""
    middle = (window.starts + window.edges[1:]) // 2
    slot = np.searchsorted(basis.window.edges, middle, side="right") - 1
    slot = np.clip(slot, 0, len(basis.window) - 1)
    fresh = np.where(
        np.isfinite(lp.col_low), _LOWER, np.where(np.isfinite(lp.col_high), _UPPER, _ZERO)
    )
    columns = _looked_up(moved(lp.col_key, slot), basis.col_key, basis.col_status, fresh)
    basic = np.full(lp.row_key.size, _BASIC)
    rows = _looked_up(moved(lp.row_key, slot), basis.row_key, basis.row_status, basic)
    return columns, rows


def _looked_up(wanted: I, known: I, status: Status, otherwise: I) -> Status:
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known, wanted, sorter=order), known.size - 1)
    found = order[place]
    same = known[found] == wanted
    return np.where(same, status[found], otherwise).astype(np.int8)
