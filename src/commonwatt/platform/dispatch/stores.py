"""Storage rows as columns of the linear programme.

The level obeys the balance in `kernel.flexibility.Storage`. Three things are worked out here that
the record leaves to whoever solves it:

- *Spill.* `high_kwh` binds charging; gains that would push the level above it spill freely. A spill
  column is bounded by what can overflow at all.
- *Floor.* A store that can feed is empty at zero: feeding never takes it below
  `min(0, low_kwh, what it would hold if left alone)`.
- *Trimming.* Slots before a row can first move and after the last one that matters need no column:
  the level there follows by arithmetic. A charging session weeks long costs what its plug-in costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.lp import Sheet, key_of

_TINY = 1e-9
_WASTED_KWH = 1e-6
_DRAW, _FEED, _LEVEL, _SHORT, _SPILL = range(5)
_BALANCE, _LOW = range(2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """Where levels can be, each (N,T) at slot end.

    Attributes:
        alone: level if the row neither draws nor feeds.
        overflow: spill in that case.
        top: highest level it can reach.
        bottom: lowest level it can be fed down to.
        floor: lowest level it may be fed down to, -inf for rows that cannot feed.
        spill: most that can overflow.
    """

    alone: F
    overflow: F
    top: F
    bottom: F
    floor: F
    spill: F


def reach(store: Storage, hours: F) -> Reach:
    """Bounds on the levels of `store` over slots of `hours` (T,)."""
    shape = store.draw_kw.shape
    alone, overflow, top, bottom, spill = (np.zeros(shape) for _ in range(5))
    feeds = (store.feed_kw > 0).any(axis=1)
    floor = np.full(shape, -np.inf)
    n = up = down = store.start_kwh
    for t in range(shape[1]):
        high, keep, use = store.high_kwh[:, t], store.keep[:, t], store.use_kwh[:, t]
        spill[:, t] = np.maximum(0.0, keep * up - use - high)
        overflow[:, t] = np.maximum(0.0, keep * n - use - high)
        n = np.minimum(high, keep * n - use)
        up = np.minimum(high, keep * up + store.eta_in[:, t] * store.draw_kw[:, t] * hours[t] - use)
        floor[feeds, t] = np.minimum(np.minimum(0.0, store.low_kwh[:, t]), n)[feeds]
        fed = store.feed_kw[:, t] * hours[t] / store.eta_out[:, t]
        down = np.minimum(high, np.maximum(floor[:, t], keep * down - fed - use))
        alone[:, t], top[:, t], bottom[:, t] = n, up, down
    return Reach(alone=alone, overflow=overflow, top=top, bottom=bottom, floor=floor, spill=spill)


def gathered(blocks: tuple[Storage, ...], slots: int) -> Storage:
    """All blocks as one."""
    if not blocks:
        none, flat, ints = np.empty((0, slots)), np.empty(0), np.empty(0, dtype=np.int64)
        return Storage(
            asset=ints, connection=ints, draw_kw=none, feed_kw=none, eta_in=none, eta_out=none,
            keep=none, use_kwh=none, low_kwh=none, high_kwh=none, short_price=none,
            start_kwh=flat, wear_price=flat, end_price=flat,
        )  # fmt: skip
    names = Storage.__dataclass_fields__
    return replace(blocks[0], **{k: np.concatenate([getattr(b, k) for b in blocks]) for k in names})


@dataclass(frozen=True, kw_only=True, eq=False)
class Stores:
    """Where the storage rows' columns are.

    Attributes:
        draw, feed, level, short, spill: (N,T) column, -1 where there is none.
        reach: bounds on the levels.
        store: the rows.
        hours: (T,) width of the slots.
    """

    draw: I
    feed: I
    level: I
    short: I
    spill: I
    reach: Reach
    store: Storage
    hours: F

    def powers(self, x: F) -> F:
        """(N,T) net power of every row in solution `x`."""
        return taken(x, self.draw) - taken(x, self.feed)

    def levels(self, x: F) -> F:
        """(N,T) level of every row at every slot's end, if it draws and feeds what `x` says."""
        return np.minimum(self.store.high_kwh, self._led(x))

    def overcharged(self, x: F) -> B:
        """(N,T) where `x` would have a row draw with nowhere to put it."""
        over = self._led(x) > self.store.high_kwh + _WASTED_KWH
        return over & (taken(x, self.draw) * self.hours > _WASTED_KWH)

    def emptied(self, x: F) -> B:
        """(N,T) where `x` would have a row let more overflow than it has to."""
        over = np.maximum(0.0, self._led(x) - self.store.high_kwh)
        found: B = taken(x, self.spill) > over + _WASTED_KWH
        return found

    def _led(self, x: F) -> F:
        """(N,T) where each slot leads from a store that overflowed no more than it had to."""
        store, led = self.store, np.empty(self.level.shape)
        fill = taken(x, self.draw) * store.eta_in - taken(x, self.feed) / store.eta_out
        now = store.start_kwh
        for t, hours in enumerate(self.hours):
            led[:, t] = store.keep[:, t] * now + fill[:, t] * hours - store.use_kwh[:, t]
            now = np.minimum(store.high_kwh[:, t], led[:, t])
        return led


def taken(x: F, column: I) -> F:
    """Values of `x` at `column`, 0 where that is -1."""
    if not x.size:
        return np.zeros(column.shape)
    return np.where(column >= 0, x[column], 0.0)


def placed(sheet: Sheet, mask: B, *, key: tuple[int, I], cost: F, low: F, high: F) -> I:
    """Add one column per true entry of `mask` (N,T); returns (N,T) indices, -1 elsewhere."""
    kind, row = key
    where = np.nonzero(mask)
    column = np.full(mask.shape, -1, dtype=np.int64)
    wide = [np.broadcast_to(part, mask.shape)[where] for part in (cost, low, high)]
    column[where] = sheet.columns(key_of(kind, row[where[0]], where[1]), *wide)
    return column


def identities(asset: I) -> I:
    """(N,) a number per row that survives a re-plan: its asset and its place among its rows."""
    order = np.argsort(asset, kind="stable")
    ranked = asset[order]
    first = np.searchsorted(ranked, ranked)
    place = np.empty_like(asset)
    place[order] = np.arange(asset.size) - first
    return asset * 1024 + np.minimum(place, 1023)


def add_stores(sheet: Sheet, store: Storage, hours: F, bounds: Reach) -> Stores:
    """Add every storage row's columns and balance to `sheet`.

    Args:
        sheet: the programme.
        store: N rows over T slots.
        hours: (T,) width of the slots.
        bounds: `reach(store, hours)`, its `spill` reduced where overflow was found to be abused.
    """
    wanting = (store.short_price > 0) & (store.low_kwh > bounds.bottom + _TINY)
    inside = _modelled(store, bounds, wanting)
    row, zero, inf = identities(store.asset), np.zeros(1), np.full(1, np.inf)
    wear = store.wear_price[:, None] * hours
    draw = placed(
        sheet,
        inside & (store.draw_kw > 0),
        key=(_DRAW, row),
        cost=wear,
        low=zero,
        high=store.draw_kw,
    )
    feed = placed(
        sheet,
        inside & (store.feed_kw > 0),
        key=(_FEED, row),
        cost=wear,
        low=zero,
        high=store.feed_kw,
    )
    level = placed(
        sheet,
        inside,
        key=(_LEVEL, row),
        cost=_end_cost(store, inside),
        low=bounds.floor,
        high=store.high_kwh,
    )
    short = placed(
        sheet, inside & wanting, key=(_SHORT, row), cost=store.short_price, low=zero, high=inf
    )
    spill = placed(
        sheet,
        inside & (bounds.spill > 0),
        key=(_SPILL, row),
        cost=zero,
        low=zero,
        high=bounds.spill,
    )
    stores = Stores(
        draw=draw,
        feed=feed,
        level=level,
        short=short,
        spill=spill,
        reach=bounds,
        store=store,
        hours=hours,
    )
    _balance(sheet, stores, row)
    _wants(sheet, stores, row)
    sheet.offset += _settled(store, bounds, inside)
    return stores


def _modelled(store: Storage, bounds: Reach, wanting: B) -> B:
    """(N,T) slots between a row's first possible move and the last slot that matters to it."""
    moves = (store.draw_kw > 0) | (store.feed_kw > 0)
    feeds = (store.feed_kw > 0).any(axis=1, keepdims=True)
    matters = moves | wanting | (bounds.spill > 0) | feeds
    begun = np.logical_or.accumulate(moves, axis=1)
    unfinished = np.logical_or.accumulate(matters[:, ::-1], axis=1)[:, ::-1]
    return begun & unfinished


def _end_cost(store: Storage, inside: B) -> F:
    """(N,T) minus the credit for the level left at the end, on the last modelled slot."""
    last = inside & ~np.pad(inside[:, 1:], ((0, 0), (0, 1)))
    after = np.where(inside, 1.0, store.keep)
    carry = np.cumprod(after[:, ::-1], axis=1)[:, ::-1]
    return np.where(last, -store.end_price[:, None] * carry, 0.0)


def _settled(store: Storage, bounds: Reach, inside: B) -> float:
    """Cost of what no column decides: wants missed before any move, and the end's fixed part."""
    moved = np.logical_or.accumulate(inside, axis=1)
    missed = np.maximum(0.0, np.where(store.short_price > 0, store.low_kwh - bounds.alone, 0.0))
    fixed = float(np.sum(np.where(moved, 0.0, store.short_price * missed)))
    tail = np.zeros(len(store))
    for t in range(inside.shape[1]):
        beyond = moved[:, t] & ~inside[:, t]
        tail = np.where(beyond, store.keep[:, t] * tail - store.use_kwh[:, t], tail)
    still = ~moved.any(axis=1)
    tail[still] = bounds.alone[still, -1]
    return fixed - float(store.end_price @ tail)


def _balance(sheet: Sheet, stores: Stores, row: I) -> None:
    store, level, hours = stores.store, stores.level, stores.hours
    n, t = np.nonzero(level >= 0)
    first = (t == 0) | (level[n, np.maximum(t - 1, 0)] < 0)
    before = np.where(t == 0, store.start_kwh[n], stores.reach.alone[n, np.maximum(t - 1, 0)])
    right = -store.use_kwh[n, t] + np.where(first, store.keep[n, t] * before, 0.0)
    line = sheet.rows(key_of(_BALANCE, row[n], t), right, right)
    sheet.entries(line, level[n, t], 1.0)
    after = ~first
    sheet.entries(line[after], level[n[after], t[after] - 1], -store.keep[n, t][after])
    for column, value in (
        (stores.draw, -store.eta_in * hours),
        (stores.feed, hours / store.eta_out),
        (stores.spill, np.ones_like(store.keep)),
    ):
        has = column[n, t] >= 0
        sheet.entries(line[has], column[n, t][has], value[n, t][has])


def _wants(sheet: Sheet, stores: Stores, row: I) -> None:
    n, t = np.nonzero(stores.short >= 0)
    line = sheet.rows(key_of(_LOW, row[n], t), stores.store.low_kwh[n, t], np.inf)
    sheet.entries(line, stores.level[n, t], 1.0)
    sheet.entries(line, stores.short[n, t], 1.0)
