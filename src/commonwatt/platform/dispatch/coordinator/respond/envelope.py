"""An envelope row's best response, in closed form: its wish, or one of its bounds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numba

from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.respond.compiled import (
    FLOATS,
    INTS,
    OUT,
    OUT_TABLE,
    TABLE,
    lean,
    parallel,
)


@lean
def _chosen(price: float, low: float, want: float, high: float, down: float, up: float) -> float:
    if price + up < 0.0:
        return high
    if price - down > 0.0:
        return low
    return min(max(want, low), high)


def _responses(
    first: I, order: I, price: F, hours: F, low: F, want: F, high: F, down: F, up: F,
    weight: F, total: F, cost: F, bound: F, each: F,
) -> None:  # fmt: skip
    for k in numba.prange(first.size - 1):
        if weight[k] == 0.0:
            continue
        for i in range(first[k], first[k + 1]):
            n = order[i]
            for t in range(hours.size):
                power = _chosen(
                    price[k, t], low[n, t], want[n, t], high[n, t], down[n, t], up[n, t]
                )
                above, below = max(0.0, power - want[n, t]), max(0.0, want[n, t] - power)
                paid = (up[n, t] * above + down[n, t] * below) * hours[t]
                total[k, t] += power
                cost[k] += paid
                bound[k] += paid + price[k, t] * hours[t] * power
                if each.shape[0] > 0:
                    each[n, t] += weight[k] * power


@cache
def responses() -> Callable[..., None]:
    """The compiled responses; arguments as in `respond.storage.responses`, fields of `Envelope`."""
    return parallel(
        _responses, INTS, INTS, TABLE, FLOATS, TABLE, TABLE, TABLE, TABLE, TABLE,
        FLOATS, OUT_TABLE, OUT, OUT, OUT_TABLE,
    )  # fmt: skip
