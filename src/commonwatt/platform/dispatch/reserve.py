"""Reserve: power kept ready beside the plan, which every asset can give for as long as asked.

What a store keeps ready in a slot must lie within its power in every slot that a call made then
would last into, and its level must bear it: nothing that can feed goes below its floor, nothing
above its ceiling, and what is wanted stays wanted, at its price. A store that feeds counts each kW
at the dearer of its two conversions, so that nothing is gained by drawing and feeding at once.
What stands after a call is for the next plan to mend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.flexibility import Kept, Reserve, Schedule
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.bands import Bands
from commonwatt.platform.dispatch.lp import Sheet, key_of
from commonwatt.platform.dispatch.stores import Stores, identities, placed, taken

_UP, _DOWN = 1.0, -1.0
_COLUMNS = 11
_HELD, _STORE, _BAND = range(3)
_ROWS = 6
_SUM, _POWER, _FLOOR, _WANT, _ROOM = range(5)
_EPS = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Ready:
    """Where reserve stands in the programme, by direction: up, then down.

    Attributes:
        held: (T,) columns of what is kept, -1 where nothing is asked for.
        store: (N,T) columns of what storage rows keep, -1 where there is none.
        band: (M,T) likewise of envelope rows.
    """

    held: tuple[I, I]
    store: tuple[I, I]
    band: tuple[I, I]

    def kept(self, x: F, *, store: I, band: I, asset: I, reserve: Reserve) -> Kept:
        """What solution `x` keeps ready; `store` (N,) and `band` (M,) name assets of `asset`."""
        sides = []
        for by_store, by_band in zip(self.store, self.band, strict=True):
            ready = np.zeros((asset.size, by_store.shape[1]))
            np.add.at(ready, np.searchsorted(asset, store), taken(x, by_store))
            np.add.at(ready, np.searchsorted(asset, band), taken(x, by_band))
            sides.append(np.maximum(ready, 0.0))
        up, down = (np.maximum(taken(x, column), 0.0) for column in self.held)
        return Kept(
            up_kw=up,
            down_kw=down,
            asset_up_kw=sides[0],
            asset_down_kw=sides[1],
            hours=reserve.hours,
        )


def overlap(hours: F, lasting: float) -> F:
    """(T,T) hours of slot s (second axis) that a call of `lasting` hours made at t's start fills.

    >>> overlap(np.array([0.25, 0.25, 0.5]), 0.4).round(2).tolist()
    [[0.25, 0.15, 0.0], [0.0, 0.25, 0.15], [0.0, 0.0, 0.4]]
    """
    end = np.cumsum(hours)
    start = end - hours
    reached = np.minimum(end, start[:, None] + lasting) - start
    return np.triu(np.clip(reached, 0.0, hours))


def add_reserve(sheet: Sheet, stores: Stores, bands: Bands, reserve: Reserve) -> Ready:
    """Add what is kept ready to `sheet`: columns of every row that can, and what they sum to."""
    lasts = overlap(stores.hours, reserve.hours)
    sides = []
    for side, wanted, price in (
        (_UP, reserve.up_kw, reserve.up_price),
        (_DOWN, reserve.down_kw, reserve.down_price),
    ):
        by_store = _placed(sheet, stores, wanted > 0, lasts, side)
        by_band = _placed_bands(sheet, bands, wanted > 0, lasts, side)
        held = _summed(sheet, (by_store, by_band), wanted, price * stores.hours, side)
        sides.append((held, by_store, by_band))
    up, down = sides
    return Ready(held=(up[0], down[0]), store=(up[1], down[1]), band=(up[2], down[2]))


def _summed(sheet: Sheet, parts: tuple[I, I], wanted: F, worth: F, side: float) -> I:
    """(T,) columns of what `parts` (N,T) keep together, up to `wanted` (T,), at `worth` € a kW."""
    slot = np.flatnonzero(wanted > 0)
    held, row = (np.full(wanted.size, -1, dtype=np.int64) for _ in range(2))
    what = _COLUMNS + 3 * (side == _DOWN) + _HELD
    held[slot] = sheet.columns(key_of(what, 0 * slot, slot), -worth[slot], 0.0, wanted[slot])
    row[slot] = sheet.rows(_key(_SUM, side, 0 * slot, slot, 0), 0.0, 0.0)
    sheet.entries(row[slot], held[slot], -1.0)
    for columns in parts:
        n, t = np.nonzero(columns >= 0)
        sheet.entries(row[t], columns[n, t], 1.0)
    return held


def _key(what: int, side: float, row: I, slot: I, ahead: int) -> I:
    """Names of rows: five kinds a side, up to five slots ahead told apart."""
    kind = 5 * (side == _DOWN) + what
    return key_of(_ROWS + 5 * kind + min(ahead, 4), row, slot)


def _throughout(good: B, lasts: F) -> B:
    """(N,T) whether `good` (N,T) in every slot that a call made in a slot lasts into."""
    return ~((~good).astype(np.int64) @ (lasts.T > _EPS).astype(np.int64) > 0)


def _placed(sheet: Sheet, stores: Stores, asked: B, lasts: F, side: float) -> I:
    """(N,T) columns of what stores keep ready, and the rows that make it deliverable."""
    store = stores.store
    feeds = (store.feed_kw > 0).any(axis=1, keepdims=True)
    moves = (store.draw_kw > 0) | (store.feed_kw > 0)
    able = asked & _throughout((stores.level >= 0) & moves, lasts)
    row = identities(store.asset)
    none, inf = np.zeros(1), np.full(1, np.inf)
    what = _COLUMNS + 3 * (side == _DOWN) + _STORE
    column = placed(sheet, able, key=(what, row), cost=none, low=none, high=inf)
    per_kw = np.where(feeds, np.maximum(store.eta_in, 1 / store.eta_out), store.eta_in)
    for t in np.flatnonzero(asked).tolist():
        n = np.flatnonzero(column[:, t] >= 0)
        if not n.size:
            continue
        moved = np.zeros(n.size)
        for ahead, s in enumerate(np.flatnonzero(lasts[t] > _EPS).tolist()):
            moved = moved + per_kw[n, s] * lasts[t, s]
            at = _At(n=n, s=s, row=row[n], slot=np.full(n.size, t), ahead=ahead, side=side)
            _within_power(sheet, stores, at, column[n, t])
            _within_levels(sheet, stores, at, column[n, t], moved)
    return column


@dataclass(frozen=True, kw_only=True, eq=False)
class _At:
    """Rows `n` (K,) of stores in slot `s`, `ahead` slots after their `slot` (K,) of the call."""

    n: I
    s: int
    row: I
    slot: I
    ahead: int
    side: float

    def key(self, what: int, only: I | slice = slice(None)) -> I:
        return _key(what, self.side, self.row[only], self.slot[only], self.ahead)


def _within_power(sheet: Sheet, stores: Stores, at: _At, column: I) -> None:
    """Net power less (or with) what is kept ready lies within what the store can do."""
    store, n, s = stores.store, at.n, at.s
    low = -store.feed_kw[n, s] if at.side == _UP else np.full(n.size, -np.inf)
    high = np.full(n.size, np.inf) if at.side == _UP else store.draw_kw[n, s]
    line = sheet.rows(at.key(_POWER), low, high)
    sheet.entries(line, column, -at.side)
    for power, sign in ((stores.draw[n, s], 1.0), (stores.feed[n, s], -1.0)):
        has = power >= 0
        sheet.entries(line[has], power[has], sign)


def _within_levels(sheet: Sheet, stores: Stores, at: _At, column: I, moved: F) -> None:
    """The level bears `moved` (K,) kWh per kW kept ready: a floor and a wish below, a ceiling."""
    n, s = at.n, at.s
    level, short = stores.level[n, s], stores.short[n, s]
    if at.side == _DOWN:
        high = stores.store.high_kwh[n, s]
        k = np.flatnonzero(np.isfinite(high))
        line = sheet.rows(at.key(_ROOM, k), -np.inf, high[k])
        sheet.entries(line, level[k], 1.0)
        sheet.entries(line, column[k], moved[k])
        return
    floor = stores.reach.floor[n, s]
    k = np.flatnonzero(np.isfinite(floor))
    line = sheet.rows(at.key(_FLOOR, k), floor[k], np.inf)
    sheet.entries(line, level[k], 1.0)
    sheet.entries(line, column[k], -moved[k])
    k = np.flatnonzero(short >= 0)
    line = sheet.rows(at.key(_WANT, k), stores.store.low_kwh[n[k], s], np.inf)
    sheet.entries(line, level[k], 1.0)
    sheet.entries(line, short[k], 1.0)
    sheet.entries(line, column[k], -moved[k])


def _placed_bands(sheet: Sheet, bands: Bands, asked: B, lasts: F, side: float) -> I:
    """(M,T) columns of what envelope rows keep ready, within their bounds throughout."""
    band = bands.envelope
    able = asked & _throughout(band.high_kw > band.low_kw, lasts)
    row = identities(band.asset)
    none, inf = np.zeros(1), np.full(1, np.inf)
    what = _COLUMNS + 3 * (side == _DOWN) + _BAND
    column = placed(sheet, able, key=(what, row), cost=none, low=none, high=inf)
    for t in np.flatnonzero(asked).tolist():
        n = np.flatnonzero(column[:, t] >= 0)
        if not n.size:
            continue
        for ahead, s in enumerate(np.flatnonzero(lasts[t] > _EPS).tolist()):
            low, high = (bound[n, s] - band.want_kw[n, s] for bound in (band.low_kw, band.high_kw))
            free = np.full(n.size, np.inf)
            bounds = (low, free) if side == _UP else (-free, high)
            line = sheet.rows(_key(_POWER, side, row[n], np.full(n.size, t), ahead), *bounds)
            sheet.entries(line, column[n, t], -side)
            for power, sign in ((bands.up[n, s], 1.0), (bands.down[n, s], -1.0)):
                has = power >= 0
                sheet.entries(line[has], power[has], sign)
    return column


def given(schedule: Schedule, kw: float) -> float:
    """What a call of `kw` gets of what `schedule` keeps ready in its first slot, kW, signed alike.

    All of it, or what is kept where that is less.
    """
    together = float(_ready(schedule, kw).sum())
    return float(np.copysign(min(abs(kw), together), kw)) if together > 0 else 0.0


def released(schedule: Schedule, kw: float) -> Schedule:
    """`schedule` when `kw` of what it keeps ready in its first slot is called.

    Every asset moves by its share for as long as reserve was asked to last, or the window ends;
    levels are told as planned, and the next plan starts from what they are by then.

    Args:
        schedule: a plan that keeps reserve; one that keeps none moves nobody.
        kw: above 0 for less drawn or more fed in, below 0 for more drawn; more than is kept counts
            as all of it.
    """
    kept, gets = schedule.reserve, given(schedule, kw)
    if kept is None or gets == 0:
        return schedule
    ready = _ready(schedule, kw)
    move = -gets / ready.sum() * ready
    hours = schedule.window.hours
    filled = overlap(hours, kept.hours)[0] / hours
    return replace(schedule, power_kw=schedule.power_kw + move[:, None] * filled)


def _ready(schedule: Schedule, kw: float) -> F:
    """(N,) what each asset keeps ready in the first slot, in the direction of `kw`."""
    kept = schedule.reserve
    if kept is None:
        return np.zeros(schedule.asset.size)
    return kept.asset_up_kw[:, 0] if kw > 0 else kept.asset_down_kw[:, 0]
