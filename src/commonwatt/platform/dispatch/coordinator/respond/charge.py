"""Best response of a store that only fills, by one deadline: a knapsack of the cheapest slots.

A vehicle that neither feeds, leaks nor is used while it is plugged in does not care when it is
charged: the slots are taken in the order of their price, until the next costs more than what a
kWh is worth to it (Dantzig 1957). Slots are sorted once for all rows that see the same prices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np

from commonwatt.kernel.flexibility import Storage
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.respond.compiled import (
    BOOLS,
    FLOATS,
    INTS,
    OUT,
    OUT_TABLE,
    TABLE,
    parallel,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Charge:
    """Stores that only fill, over N rows × T slots.

    Attributes:
        connection: (N,) connection index.
        draw_kw: (N,T) most they may draw.
        eta: (N,) level gained per kWh drawn.
        need_kwh: (N,) level still missing at the deadline.
        short_price: (N,) €/kWh for what is missing then.
        room_kwh: (N,) what fits in.
        wear_price: (N,) €/kWh drawn.
        end_price: (N,) €/kWh credited for the level at the end, and
        given_eur: (N,) what is credited for the level there is at the start.
    """

    connection: I
    draw_kw: F
    eta: F
    need_kwh: F
    short_price: F
    room_kwh: F
    wear_price: F
    end_price: F
    given_eur: F

    def __len__(self) -> int:
        """Rows."""
        return self.connection.size


def condensed(rows: Storage) -> tuple[B, Charge]:
    """(N,) rows for which only the sum of what is charged matters, not when; and those as such.

    They neither feed, leak nor are used, charge with one efficiency below one ceiling, and want
    one level at most, when they can charge no more.
    """
    fills = np.zeros(len(rows), dtype=np.bool_)
    found = np.zeros((3, len(rows)))
    _condenser()(
        rows.draw_kw, rows.feed_kw, rows.eta_in, rows.keep, rows.use_kwh, rows.low_kwh,
        rows.high_kwh, rows.short_price, rows.start_kwh, fills, found,
    )  # fmt: skip
    eta, low, short = found[:, fills]
    start, end = rows.start_kwh[fills], rows.end_price[fills]
    return fills, Charge(
        connection=rows.connection[fills],
        draw_kw=rows.draw_kw if fills.all() else rows.draw_kw[fills],
        eta=eta,
        need_kwh=np.maximum(0.0, low - start),
        short_price=short,
        room_kwh=rows.high_kwh[fills, 0] - start,
        wear_price=rows.wear_price[fills],
        end_price=end,
        given_eur=end * start,
    )


_ETA, _LOW, _SHORT = range(3)


def _condense(
    draw: F, feed: F, eta: F, keep: F, use: F, low: F, high: F, short: F, start: F,
    fills: B, found: F,
) -> None:  # fmt: skip
    for n in numba.prange(start.size):
        ceiling = high[n, 0]
        plain, wants = start[n] <= ceiling, False
        gain, level, price = 1.0, start[n], 0.0
        draws = False
        for t in range(draw.shape[1]):
            plain = plain and feed[n, t] == 0.0 and keep[n, t] == 1.0
            plain = plain and use[n, t] == 0.0 and high[n, t] == ceiling
            if draw[n, t] > 0.0:
                plain = plain and not wants and (not draws or eta[n, t] == gain)
                plain = plain and eta[n, t] > 0.0
                draws, gain = True, eta[n, t]
            if short[n, t] > 0.0 and low[n, t] > start[n]:
                plain = plain and (not wants or low[n, t] == level)
                wants, level = True, low[n, t]
                price += short[n, t]
            if not plain:
                break
        fills[n] = plain
        found[_ETA, n], found[_LOW, n], found[_SHORT, n] = gain, level, price


@cache
def _condenser() -> Callable[..., None]:
    return parallel(_condense, *(TABLE,) * 8, FLOATS, BOOLS, OUT_TABLE)


def _responses(
    first: I, order: I, price: F, hours: F,
    draw: F, eta: F, need: F, short: F, room: F, wear: F, end: F, given: F,
    weight: F, total: F, cost: F, bound: F, each: F,
) -> None:  # fmt: skip
    for k in numba.prange(first.size - 1):
        if weight[k] == 0.0:
            continue
        ranked = np.argsort(price[k])
        for i in range(first[k], first[k + 1]):
            n = order[i]
            level = paid = drawn = 0.0
            for s in range(ranked.size):
                t = ranked[s]
                if draw[n, t] <= 0.0:
                    continue
                dear = (price[k, t] + wear[n]) / eta[n]
                upto = 0.0
                if dear < end[n]:
                    upto = room[n]
                elif dear < end[n] + short[n]:
                    upto = min(need[n], room[n])
                if level >= upto:
                    break
                power = min(draw[n, t], (upto - level) / (eta[n] * hours[t]))
                level += power * eta[n] * hours[t]
                drawn += power * hours[t]
                paid += power * hours[t] * price[k, t]
                total[k, t] += power
                if each.shape[0] > 0:
                    each[n, t] += weight[k] * power
            own = wear[n] * drawn + short[n] * max(0.0, need[n] - level) - end[n] * level - given[n]
            cost[k] += own
            bound[k] += own + paid


@cache
def responses() -> Callable[..., None]:
    """The compiled responses; arguments as in `respond.storage.responses`, fields of `Charge`."""
    return parallel(
        _responses, INTS, INTS, TABLE, FLOATS, TABLE, *(FLOATS,) * 7,
        FLOATS, OUT_TABLE, OUT, OUT, OUT_TABLE,
    )  # fmt: skip
