"""A storage row's best response to prices: a base-stock policy from an exact dynamic programme.

The cost to go is a convex piecewise-linear function of the level (a valley). Going one slot back
adds the price of being short, lets the store charge or feed (an infimal convolution with the price
of moving: two segments go in among the sorted slopes), and stretches the axis by leakage and use.
What remains of it in each slot is two levels: charge up to the first, feed down to the second.

Exact wherever moving is convex: `price·(1 − eta_in·eta_out) + wear·(1 + eta_in·eta_out) ≥ 0`, and
overflow is not worth bringing about. Where energy is so far below nothing that burning it pays, a
store that can do both may only draw in that slot, so no answer ever draws and feeds at once or
charges into its overflow. The bound returned beside the answer then comes from the convex envelope
of moving (charging *or* feeding at full power, mixed), so it stays a true lower bound for every
plan that keeps to one direction a slot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numba
import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.respond import valley
from commonwatt.platform.dispatch.coordinator.respond.compiled import (
    FLOATS,
    INTS,
    OUT,
    OUT_TABLE,
    TABLE,
    lean,
    parallel,
)

_DRAW, _FEED, _ETA_IN, _ETA_OUT, _KEEP, _USE, _LOW, _HIGH, _SHORT = range(9)
_TOP, _BOTTOM, _SPILL, _CHARGE, _DISCHARGE, _WORTH, _POWER = range(7)
_LEAST_KEEP = 1e-9


@lean
def _urge(row: F, price: F, wear: float, end: float) -> float:
    """€/kWh by which a level above what is wanted can hurt later: 0 unless energy costs nothing."""
    worst = max(0.0, -end)
    for t in range(price.size):
        if row[_DRAW, t] > 0.0 and row[_ETA_IN, t] > 0.0:
            worst = max(worst, -(price[t] + wear) / row[_ETA_IN, t])
        if row[_KEEP, t] > 1.0:
            worst = np.inf
    return worst


@lean
def _reached(row: F, hours: F, price: F, ends: F, path: F) -> None:
    """Highest and lowest level at every slot's end, and the most that can overflow, into `path`.

    A store that cannot feed and pays more for being short than for charging charges at once: the
    lowest level it is ever at is then what is wanted, where it can be had.
    """
    feeds, start, wear = False, ends[0], ends[1]
    for t in range(hours.size):
        feeds = feeds or row[_FEED, t] > 0.0
    urge = np.inf if feeds else _urge(row, price, wear, ends[2])
    alone = up = down = start
    for t in range(hours.size):
        high, keep, use = row[_HIGH, t], row[_KEEP, t], row[_USE, t]
        path[_SPILL, t] = max(0.0, keep * up - use - high)
        alone = min(high, keep * alone - use)
        up = min(high, keep * up + row[_ETA_IN, t] * row[_DRAW, t] * hours[t] - use)
        floor = min(0.0, row[_LOW, t], alone) if feeds else -np.inf
        fed = row[_FEED, t] * hours[t] / row[_ETA_OUT, t]
        least = max(floor, keep * down - fed - use)
        full = row[_ETA_IN, t] * row[_DRAW, t] * hours[t]
        if full > 0.0 and row[_SHORT, t] > (price[t] + wear) / row[_ETA_IN, t] + urge:
            least = max(least, min(row[_LOW, t], least + full))
        down = min(high, least)
        path[_TOP, t], path[_BOTTOM, t] = up, down


@lean
def _priced(row: F, t: int, price: float, wear: float) -> tuple[float, float]:
    """€ per kWh of level: to charge it, and gained by feeding it."""
    eta = row[_ETA_IN, t]
    buy = (price + wear) / eta if eta > 0.0 else np.inf
    return buy, (price - wear) * row[_ETA_OUT, t]


@lean
def _idle(row: F, t: int) -> bool:
    """Whether nothing can happen in slot t: the cost to go is the same before it as after."""
    moves = row[_DRAW, t] > 0.0 or row[_FEED, t] > 0.0
    changes = row[_KEEP, t] != 1.0 or row[_USE, t] != 0.0
    wants = row[_LOW, t] > -np.inf and row[_SHORT, t] > 0.0
    return not (moves or changes or wants)


@lean
def _policy(
    row: F, hours: F, price: F, ends: F, path: F, slope: F, width: F, at: I, x: F, relaxed: bool
) -> float:
    """Fill the levels of every slot into `path`; returns the cost from the start on.

    They are: charge up to, feed down to, and above which spilling is cheaper than feeding.

    `ends` holds start level, wear and end price. Where moving is not convex, `relaxed` takes its
    convex envelope, else feeding is closed.
    """
    start, wear, end = ends[0], ends[1], ends[2]
    last = hours.size - 1
    at[:] = slope.size // 2
    x[0], x[2] = path[_BOTTOM, last], path[_TOP, last]
    x[1] = -end * x[0]
    valley.inserted(slope, width, at, -end, x[2] - x[0])
    for t in range(last, -1, -1):
        if _idle(row, t) and path[_SPILL, t] == 0.0:
            path[_CHARGE, t], path[_DISCHARGE, t] = -np.inf, np.inf
            continue
        valley.tilted(slope, width, at, x, row[_LOW, t], row[_SHORT, t])
        buy, sell = _priced(row, t, price[t], wear)
        more = row[_DRAW, t] * hours[t] * row[_ETA_IN, t]
        less = row[_FEED, t] * hours[t] / row[_ETA_OUT, t]
        burning = buy < sell and more > 0.0 and less > 0.0
        if not relaxed:
            less = 0.0 if burning else less
            path[_CHARGE, t] = valley.crossing(slope, width, at, x, -buy) if more > 0.0 else -np.inf
            down = valley.crossing(slope, width, at, x, -sell) if less > 0.0 else np.inf
            path[_DISCHARGE, t] = down
            path[_WORTH, t] = np.inf if sell >= 0.0 else row[_HIGH, t]
        if path[_SPILL, t] > 0.0:
            valley.inserted(slope, width, at, 0.0, path[_SPILL, t])
            x[2] += path[_SPILL, t]
        if more > 0.0:
            x[1] += buy * more
        if burning and relaxed:
            mean = (sell * less + buy * more) / (less + more)
            valley.inserted(slope, width, at, -mean, more + less)
        else:
            valley.inserted(slope, width, at, -buy, more)
            valley.inserted(slope, width, at, -sell, less)
        x[0] -= more
        x[2] += less
        low = start if t == 0 else path[_BOTTOM, t - 1]
        high = start if t == 0 else path[_TOP, t - 1]
        if row[_KEEP, t] > _LEAST_KEEP:
            valley.stretched(slope, width, at, x, row[_KEEP, t], row[_USE, t])
            if t > 0:
                valley.trimmed(slope, width, at, x, low, high)
        else:
            x[1] = valley.height(slope, width, at, x, -row[_USE, t])
            at[:] = slope.size // 2
            x[0], x[2] = low, high
            valley.inserted(slope, width, at, 0.0, high - low)
    return valley.height(slope, width, at, x, start)


@lean
def _lived(row: F, hours: F, ends: F, path: F) -> float:
    """Follow the two levels from the start: powers into `path`; returns what it costs by itself."""
    level, cost = ends[0], 0.0
    for t in range(hours.size):
        rest = row[_KEEP, t] * level - row[_USE, t]
        draw = feed = 0.0
        if rest < path[_CHARGE, t]:
            gain = min(path[_CHARGE, t] - rest, row[_DRAW, t] * hours[t] * row[_ETA_IN, t])
            draw = gain / row[_ETA_IN, t] / hours[t]
            rest += gain
        elif path[_DISCHARGE, t] < rest <= path[_WORTH, t]:
            fed = min(rest - path[_DISCHARGE, t], row[_FEED, t] * hours[t] / row[_ETA_OUT, t])
            feed = fed * row[_ETA_OUT, t] / hours[t]
            rest -= fed
        level = min(rest, row[_HIGH, t])
        path[_POWER, t] = draw - feed
        cost += ends[1] * (draw + feed) * hours[t]
        if row[_SHORT, t] > 0.0 and level < row[_LOW, t]:
            cost += row[_SHORT, t] * (row[_LOW, t] - level)
    total: float = cost - ends[2] * level
    return total


@lean
def _burns(row: F, hours: F, price: F, wear: float) -> bool:
    """Whether in some slot drawing and feeding at once would pay."""
    for t in range(hours.size):
        buy, sell = _priced(row, t, price[t], wear)
        if buy < sell and row[_DRAW, t] > 0.0 and row[_FEED, t] > 0.0:
            return True
    return False


def _responses(
    first: I, order: I, price: F, hours: F,
    draw: F, feed: F, eta_in: F, eta_out: F, keep: F, use: F, low: F, high: F, short: F,
    start: F, wear: F, end: F,
    weight: F, total: F, cost: F, bound: F, each: F,
) -> None:  # fmt: skip
    slots = hours.size
    for k in numba.prange(first.size - 1):
        row, path = np.empty((9, slots)), np.empty((7, slots))
        slope, width = np.empty(10 * slots + 32), np.empty(10 * slots + 32)
        at, x, ends = np.empty(2, np.int64), np.empty(3), np.empty(3)
        if weight[k] == 0.0:
            continue
        for i in range(first[k], first[k + 1]):
            n = order[i]
            for t in range(slots):
                row[_DRAW, t], row[_FEED, t] = draw[n, t], feed[n, t]
                row[_ETA_IN, t], row[_ETA_OUT, t] = eta_in[n, t], eta_out[n, t]
                row[_KEEP, t], row[_USE, t] = keep[n, t], use[n, t]
                row[_LOW, t], row[_HIGH, t], row[_SHORT, t] = low[n, t], high[n, t], short[n, t]
            ends[0], ends[1], ends[2] = start[n], wear[n], end[n]
            _reached(row, hours, price[k], ends, path)
            least = _policy(row, hours, price[k], ends, path, slope, width, at, x, False)
            if _burns(row, hours, price[k], wear[n]):
                least = _policy(row, hours, price[k], ends, path, slope, width, at, x, True)
            cost[k] += _lived(row, hours, ends, path)
            bound[k] += least
            for t in range(slots):
                total[k, t] += path[_POWER, t]
            if each.shape[0] > 0:
                for t in range(slots):
                    each[n, t] += weight[k] * path[_POWER, t]


@cache
def responses() -> Callable[..., None]:
    """The compiled responses of all rows of K groups.

    The function takes `first` (K+1,) and `order` (N,): group k holds rows
    `order[first[k]:first[k+1]]`; `price` (K,T) €/kWh; `hours` (T,); the twelve fields of a
    `Storage`; and adds to `total` (K,T) power, `cost` (K,) what the rows pay by themselves, `bound`
    (K,) a lower bound on that plus their energy, and, unless it has no rows, `weight` (K,) times
    each row's power to `each` (N,T). Groups of no `weight` are left out. Every group is one
    thread's, rows in order: sums do not depend on the number of threads.
    """
    tables, flats = (TABLE,) * 9, (FLOATS,) * 3
    return parallel(
        _responses, INTS, INTS, TABLE, FLOATS, *tables, *flats,
        FLOATS, OUT_TABLE, OUT, OUT, OUT_TABLE,
    )  # fmt: skip
