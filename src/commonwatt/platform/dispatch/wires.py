"""The network as rows: the substation's power, its daily peak, and the limits that may bind."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, eye_array, vstack

from commonwatt.kernel.flexibility import Allowed, Limits
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.lp import TIMELESS, Sheet, key_of
from commonwatt.platform.dispatch.objective import Objective

FUSE_PRICE = 2.0
"""€/kWh beyond a connection's fuse: as dear as an overloaded transformer."""

_DAY_SHIFT = 1 << 30
_NOISE = 1e-9
"""kW per slot of the window that addition may be off by."""

_SUBSTATION, _PEAK, _OVER, _UNDER = 7, 8, 9, 10
_BALANCE, _PEAK_ABOVE, _PEAK_BELOW, _LIMIT = 2, 3, 4, 5
_LOST, _LOSS = 17, 56


@dataclass(frozen=True, kw_only=True, eq=False)
class Moves:
    """M columns that are power somewhere: `sign` is +1 for drawn, -1 for fed in."""

    column: I
    sign: F
    connection: I
    slot: I

    @classmethod
    def of(cls, parts: list[tuple[I, float, I]]) -> Moves:
        """From (columns (N,T), sign, connection (N,)) blocks; columns below 0 are skipped."""
        where = [np.nonzero(column >= 0) for column, _, _ in parts]
        return cls(
            column=np.concatenate([p[0][w] for p, w in zip(parts, where, strict=True)]),
            sign=np.repeat([p[1] for p in parts], [w[0].size for w in where]),
            connection=np.concatenate([p[2][w[0]] for p, w in zip(parts, where, strict=True)]),
            slot=np.concatenate([w[1] for w in where]),
        )  # fmt: skip


def with_fuses(limits: Limits, fuse_kw: F) -> Limits:
    """`limits` with a row per connection: its net power within its fuse, either way."""
    count, slots = fuse_kw.size, limits.low.shape[1]
    fuse = np.repeat(fuse_kw[:, None], slots, axis=1)
    return replace(
        limits,
        name=limits.name + tuple(f"the main fuse of connection {c}" for c in range(count)),
        sens=csr_array(vstack([limits.sens, eye_array(count)])),
        low=np.vstack([limits.low, -fuse]),
        high=np.vstack([limits.high, fuse]),
        price=np.concatenate([limits.price, np.full(count, FUSE_PRICE)]),
    )


def with_allowed(limits: Limits, allowed: Allowed) -> Limits:
    """`limits` with two rows per connection of `allowed`: what it may draw, what it may feed in."""
    count = allowed.connection.size
    one = csr_array(
        (np.ones(count), (np.arange(count), allowed.connection)),
        shape=(count, limits.sens.shape[1]),
    )
    free = np.full_like(allowed.draw_kw, np.inf)
    return replace(
        limits,
        name=limits.name
        + tuple(f"what connection {c} may draw" for c in allowed.connection)
        + tuple(f"what connection {c} may feed in" for c in allowed.connection),
        sens=csr_array(vstack([limits.sens, one, one])),
        low=np.vstack([limits.low, -free, -allowed.feed_kw]),
        high=np.vstack([limits.high, allowed.draw_kw, free]),
        price=np.concatenate([limits.price, np.full(2 * count, FUSE_PRICE)]),
    )


def site_excess(limits: Limits, first: int, net_kw: F) -> F:
    """(K,T) signed breach by `net_kw` (C,T) of the rows from `first` on, which are plain sums."""
    value, low, high = limits.sens[first:] @ net_kw, limits.low[first:], limits.high[first:]
    beyond = np.maximum(value - high, 0.0) + np.minimum(value - low, 0.0)
    return np.where(np.abs(beyond) > _NOISE * net_kw.shape[1], beyond, 0.0)


def breach_eur(limits: Limits, breach: F, hours: F) -> float:
    """€ for `limits` exceeded by `breach` (R,T)."""
    return float(limits.price @ (breach @ hours))


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Where the network's columns and rows are.

    Attributes:
        substation: (T,) columns of the substation's power.
        balance: (T,) rows that define it.
        lost: (T,) rows that define what the wires lose; empty where that has no price of its own.
        active: (Ra,) which limits are in the programme.
        limit_row: (Ra,T) their rows, -1 where unlimited.
        over, under: (Ra,T) columns of their breach, -1 where unlimited.
    """

    substation: I
    balance: I
    lost: I
    active: I
    limit_row: I
    over: I
    under: I


@dataclass(frozen=True, kw_only=True, eq=False)
class Wires:
    """The network to plan with.

    Attributes:
        limits: all rows.
        active: (Ra,) which of them to include.
        around_kw: (C,T) the operating point they were linearised around.
        base_kw: (C,T) connection power when every column is 0.
        objective: system prices.
        hours: (T,) width of the slots.
    """

    limits: Limits
    active: I
    around_kw: F
    base_kw: F
    objective: Objective
    hours: F


def add_grid(sheet: Sheet, moves: Moves, wires: Wires) -> Grid:
    """Add substation, peaks and the active limits to `sheet`, driven by the columns `moves`."""
    limits, active = wires.limits, wires.active
    substation, balance = _substation(sheet, moves, wires)
    _peaks(sheet, substation, wires.objective)
    row, over, under = _elastic(sheet, wires)
    dense = limits.sens[active].toarray()[:, moves.connection] * moves.sign
    place = row[:, moves.slot]
    r, m = np.nonzero((dense != 0) & (place >= 0))
    sheet.entries(place[r, m], moves.column[m], dense[r, m])
    return Grid(
        substation=substation,
        balance=balance,
        lost=_losses(sheet, moves, wires),
        active=active,
        limit_row=row,
        over=over,
        under=under,
    )


def _substation(sheet: Sheet, moves: Moves, wires: Wires) -> tuple[I, I]:
    """The substation's power per slot: what all connections take, with losses linearised."""
    slots = np.arange(wires.hours.size)
    nobody = 0 * slots
    cost = wires.objective.energy_price * wires.hours
    column = sheet.columns(key_of(_SUBSTATION, nobody, slots), cost, -np.inf, np.inf)
    fixed = substation_kw(wires.limits, wires.base_kw, wires.around_kw)
    row = sheet.rows(key_of(_BALANCE, nobody, slots), fixed, fixed)
    sheet.entries(row, column, 1.0)
    share = 1 + wires.limits.loss[moves.connection, moves.slot]
    sheet.entries(row[moves.slot], moves.column, -share * moves.sign)
    return column, row


def _losses(sheet: Sheet, moves: Moves, wires: Wires) -> I:
    """Rows that define what the wires lose per slot, at its price; none without one."""
    limits, price = wires.limits, wires.objective.loss_price
    if not price:
        return np.empty(0, dtype=np.int64)
    slots = np.arange(wires.hours.size)
    column = sheet.columns(key_of(_LOST, 0 * slots, slots), price * wires.hours, -np.inf, np.inf)
    fixed = lost_kw(limits, wires.base_kw, wires.around_kw)
    row = sheet.rows(key_of(_LOSS, 0 * slots, slots), fixed, fixed)
    sheet.entries(row, column, 1.0)
    share = limits.loss[moves.connection, moves.slot]
    sheet.entries(row[moves.slot], moves.column, -share * moves.sign)
    return row


def substation_kw(limits: Limits, net_kw: F, around_kw: F) -> F:
    """(T,) power at the substation for connections taking `net_kw` (C,T), losses included."""
    total: F = net_kw.sum(axis=0) + limits.loss_kw
    total += (limits.loss * (net_kw - around_kw)).sum(axis=0)
    return total


def lost_kw(limits: Limits, net_kw: F, around_kw: F) -> F:
    """(T,) what the wires lose while connections take `net_kw` (C,T)."""
    lost: F = limits.loss_kw + (limits.loss * (net_kw - around_kw)).sum(axis=0)
    return lost


def _peaks(sheet: Sheet, substation: I, objective: Objective) -> None:
    days, which = np.unique(objective.day, return_inverse=True)
    reached = np.array([objective.peak_so_far_kw.get(int(d), 0.0) for d in days])
    order = np.arange(days.size)
    peak = sheet.columns(
        key_of(_PEAK, days.astype(np.int64) + _DAY_SHIFT, order * 0 + TIMELESS),
        objective.peak_price_eur_per_kw_day,
        reached,
        np.inf,
    )
    slots = np.arange(substation.size)
    for kind, sign in ((_PEAK_ABOVE, -1.0), (_PEAK_BELOW, 1.0)):
        row = sheet.rows(key_of(kind, 0 * slots, slots), 0.0, np.inf)
        sheet.entries(row, peak[which], 1.0)
        sheet.entries(row, substation, sign)


def _elastic(sheet: Sheet, wires: Wires) -> tuple[I, I, I]:
    """Rows of the active limits and columns of their breach on either side, each (Ra,T)."""
    active, limits = wires.active, wires.limits
    fixed = limits.sens[active] @ wires.base_kw
    low, high = limits.low[active] - fixed, limits.high[active] - fixed
    row = np.full(low.shape, -1, dtype=np.int64)
    r, t = np.nonzero(np.isfinite(low) | np.isfinite(high))
    row[r, t] = sheet.rows(key_of(_LIMIT, active[r], t), low[r, t], high[r, t])
    sides = []
    for kind, bound, sign in ((_OVER, high, -1.0), (_UNDER, low, 1.0)):
        column = np.full(low.shape, -1, dtype=np.int64)
        r, t = np.nonzero(np.isfinite(bound))
        cost = limits.price[active[r]] * wires.hours[t]
        column[r, t] = sheet.columns(key_of(kind, active[r], t), cost, 0.0, np.inf)
        sheet.entries(row[r, t], column[r, t], sign)
        sides.append(column)
    return row, sides[0], sides[1]
