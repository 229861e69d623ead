"""A profile row's best response: the start that costs least, or not running; always whole."""

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
def _cheapest(shape: F, price: F, hours: F, earliest: int, latest: int) -> tuple[int, float]:
    """The start with the least energy cost, the first of equals, and that cost."""
    best, least = earliest, 1e300
    for begin in range(earliest, latest + 1):
        paid = 0.0
        for j in range(shape.size):
            if begin + j < price.size:
                paid += price[begin + j] * hours[begin + j] * shape[j]
        if paid < least:
            best, least = begin, paid
    return best, least


def _responses(
    first: I, order: I, price: F, hours: F, shape: F, earliest: I, latest: I, skip: F,
    weight: F, total: F, cost: F, bound: F, each: F,
) -> None:  # fmt: skip
    for k in numba.prange(first.size - 1):
        if weight[k] == 0.0:
            continue
        for i in range(first[k], first[k + 1]):
            n = order[i]
            best, least = _cheapest(shape[n], price[k], hours, earliest[n], latest[n])
            if skip[n] < least:
                cost[k] += skip[n]
                bound[k] += skip[n]
                continue
            bound[k] += least
            for j in range(shape.shape[1]):
                if best + j < hours.size:
                    total[k, best + j] += shape[n, j]
                    if each.shape[0] > 0:
                        each[n, best + j] += weight[k] * shape[n, j]


@cache
def responses() -> Callable[..., None]:
    """The compiled responses; arguments as in `respond.storage.responses`, fields of `Profile`."""
    return parallel(
        _responses, INTS, INTS, TABLE, FLOATS, TABLE, INTS, INTS, FLOATS,
        FLOATS, OUT_TABLE, OUT, OUT, OUT_TABLE,
    )  # fmt: skip
