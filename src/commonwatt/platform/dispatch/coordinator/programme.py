"""The direct linear programme of a few rows and all that is shared: where prices may start from.

Starts of profiles are mixed (their convex hull); limits come in as they are broken. Modes do not
take part: they hardly move prices from which a search only starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from commonwatt.kernel.flexibility import Envelope, Modes, Profile, Storage
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch import bands, stores
from commonwatt.platform.dispatch.coordinator.blocks import Family
from commonwatt.platform.dispatch.coordinator.highs import optimum, solver
from commonwatt.platform.dispatch.coordinator.market import Duals, Market
from commonwatt.platform.dispatch.lp import Lp, Sheet, key_of
from commonwatt.platform.dispatch.waste import without_burning
from commonwatt.platform.dispatch.wires import Moves

_START, _SKIP, _PEAK, _TOTAL = 20, 21, 22, 23
_ONCE, _FLOW = 20, 21


@dataclass(frozen=True, kw_only=True, eq=False)
class Private:
    """The rows' own part of a programme.

    Attributes:
        sheet: their columns and rows.
        moves: which columns are power, at which connection and in which slot.
        base_kw: (P,T) power of the places when every column is 0.
    """

    sheet: Sheet
    moves: Moves
    base_kw: F


def shared_prices(families: tuple[Family, ...], market: Market) -> list[Duals]:
    """What the shared parts are worth at the optimum of `families` alone, or near it.

    First without any limit, then with those that this breaks: where limits cost little, the ones
    that a few rows would feel mislead, and more of them mislead more.

    Raises:
        NoPlan: the solver found no optimum.
    """
    if all(isinstance(rows, Modes) for rows in families):
        return [market.no_duals()]
    private = _private(families, market)
    peaks = _peaks(private, market)
    highs = solver()
    highs.passModel(_model(private.sheet.lp()))
    x, dual = optimum(highs)
    free = _duals(market, dual, peaks, np.empty((3, 0), dtype=np.int64))
    nowhere = np.zeros((2, *market.low.shape), dtype=bool)
    broken = np.array(np.nonzero(market.broken(_net(private, x), nowhere)))
    if not broken.size:
        return [free]
    _add_limits(highs, private, market, broken)
    _, dual = optimum(highs)
    return [free, _duals(market, dual, peaks, broken)]


def _duals(market: Market, dual: F, peaks: I, known: I) -> Duals:
    """Prices from the `dual` of every row: of the `peaks` (2T,) and the limits `known` (3,K)."""
    duals, slots = market.no_duals(), market.hours.size
    duals.up[:], duals.down[:] = dual[peaks[:slots]], dual[peaks[slots:]]
    limit = dual[dual.size - known.shape[1] :] / _sizes(market)[known[1]]
    np.add.at(duals.limit, (known[1], known[2]), -limit)
    return market.honest(duals)


def _private(families: tuple[Family, ...], market: Market) -> Private:
    sheet, parts, moves = Sheet(), [], []
    base = np.zeros(market.loss.shape)
    wide = market.loss[market.place]
    for rows in families:
        where = market.place[rows.connection]
        if isinstance(rows, Storage):
            store = without_burning(rows, market.energy_price, wide)
            added = stores.add_stores(sheet, store, market.hours, stores.reach(store, market.hours))
            parts += [(added.draw, 1.0, where), (added.feed, -1.0, where)]
        elif isinstance(rows, Envelope):
            band = bands.add_bands(sheet, rows, market.hours)
            parts += [(band.up, 1.0, where), (band.down, -1.0, where)]
            np.add.at(base, where, rows.want_kw)
        elif isinstance(rows, Profile):
            moves.append(_starts(sheet, rows, where))
    moves = [*([Moves.of(parts)] if parts else []), *moves]
    names = Moves.__dataclass_fields__
    whole = Moves(**{n: np.concatenate([getattr(m, n) for m in moves]) for n in names})
    return Private(sheet=sheet, moves=whole, base_kw=base)


def _starts(sheet: Sheet, rows: Profile, where: I) -> Moves:
    """A column per row and start, a row saying that they add up to one."""
    spans = rows.latest - rows.earliest + 1
    owner = np.repeat(np.arange(len(rows)), spans)
    begin = np.arange(owner.size) - np.repeat(np.cumsum(spans) - spans, spans)
    begin += rows.earliest[owner]
    column = sheet.columns(key_of(_START, owner, begin), 0.0, 0.0, np.inf)
    once = sheet.rows(key_of(_ONCE, np.arange(len(rows)), np.zeros(len(rows), np.int64)), 1.0, 1.0)
    sheet.entries(once[owner], column, 1.0)
    may = np.flatnonzero(np.isfinite(rows.skip_price))
    if may.size:
        skip = sheet.columns(key_of(_SKIP, may, 0 * may), rows.skip_price[may], 0.0, np.inf)
        sheet.entries(once[may], skip, 1.0)
    j, part = np.nonzero(rows.shape_kw[owner])
    return Moves(
        column=column[j],
        sign=rows.shape_kw[owner[j], part],
        connection=where[owner[j]],
        slot=begin[j] + part,
    )


def _peaks(private: Private, market: Market) -> I:
    """Add the substation and its peaks; (2T,) the peaks' rows, upward ones first."""
    sheet, moves = private.sheet, private.moves
    days, slots = np.arange(market.reached.size), np.arange(market.hours.size)
    peak = sheet.columns(key_of(_PEAK, days, 0 * days), market.peak_price, market.reached, np.inf)
    flow = market.base_kw + ((1 + market.loss) * private.base_kw).sum(axis=0)
    paid = market.energy_price * market.hours
    total = sheet.columns(key_of(_TOTAL, slots, slots), paid, -np.inf, np.inf)
    balance = sheet.rows(key_of(_FLOW, slots, slots), flow, flow)
    share = 1 + market.loss[moves.connection, moves.slot]
    sheet.entries(balance, total, 1.0)
    sheet.entries(balance[moves.slot], moves.column, -share * moves.sign)
    found = []
    for sign in (1.0, -1.0):
        row = sheet.rows(key_of(_FLOW, slots, slots), 0.0, np.inf)
        sheet.entries(row, peak[market.day], 1.0)
        sheet.entries(row, total, -sign)
        found.append(row)
    return np.concatenate(found)


def _add_limits(highs: highspy.Highs, private: Private, market: Market, broken: I) -> None:
    """Add the elastic rows `broken` (3,K): side, limit and slot of each, in kW where most felt."""
    moves, value, sizes = private.moves, market.sens @ private.base_kw, _sizes(market)
    by_slot = np.argsort(moves.slot, kind="stable")
    begin = np.searchsorted(moves.slot[by_slot], np.arange(market.hours.size + 1))
    for side, r, t in broken.T:
        mine = by_slot[begin[t] : begin[t + 1]]
        factor = market.sens[r, moves.connection[mine]] * moves.sign[mine] / sizes[r]
        low = (market.low[r, t] - value[r, t]) / sizes[r] if side else -np.inf
        high = np.inf if side else (market.high[r, t] - value[r, t]) / sizes[r]
        felt = np.flatnonzero(factor)
        index = moves.column[mine][felt].astype(np.int32)
        highs.addRow(low, high, felt.size, index, factor[felt])
        paid = market.breach_price[r] * market.hours[t] * sizes[r]
        last = np.array([highs.getNumRow() - 1], dtype=np.int32)
        highs.addCol(paid, 0.0, np.inf, 1, last, np.array([1.0 if side else -1.0]))


def _sizes(market: Market) -> F:
    """(R,) what a kW changes each limit by at most: 1e-9 for a voltage of a large city, or less."""
    most: F = np.abs(market.sens).max(axis=1, initial=0.0)
    return np.maximum(most, 1e-300)


def _net(private: Private, x: F) -> F:
    net, moves = private.base_kw.copy(), private.moves
    np.add.at(net, (moves.connection, moves.slot), x[moves.column] * moves.sign)
    return net


def _model(lp: Lp) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = lp.cost.size, lp.row_low.size
    model.col_cost_, model.col_lower_, model.col_upper_ = lp.cost, lp.col_low, lp.col_high
    model.row_lower_, model.row_upper_ = lp.row_low, lp.row_high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = lp.matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = lp.matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = lp.matrix.data
    return model
