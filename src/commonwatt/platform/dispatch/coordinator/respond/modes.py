"""A mode row's best response: a dynamic programme over its modes and how long each must last."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numba
import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.respond.compiled import (
    CUBE,
    FLOATS,
    INT_TABLE,
    INTS,
    OUT,
    OUT_TABLE,
    TABLE,
    inner,
    parallel,
)


@inner
def _planned(
    power: F, run: F, switch: F, dwell: I, price: F, hours: F, since: tuple[int, int], chosen: I
) -> float:
    """Fill `chosen` (T,) with the best modes from state `since` (mode, slots to keep); its cost.

    The state before slot t is the mode and how many more slots it must be kept.
    """
    modes, slots, longest = power.size, hours.size, 1 + since[1]
    for m in range(modes):
        longest = max(longest, dwell[m])
    value, after = np.zeros((modes, longest + 1)), np.zeros((modes, longest + 1))
    choice = np.zeros((slots, modes), np.int64)
    for t in range(slots - 1, -1, -1):
        for m in range(modes):
            stay = (price[t] * power[m] + run[m]) * hours[t]
            for r in range(1, longest + 1):
                value[m, r] = stay + after[m, r - 1]
            best, least = m, stay + after[m, 0]
            for other in range(modes):
                if other == m or switch[m, other] == np.inf:
                    continue
                going = (price[t] * power[other] + run[other]) * hours[t] + switch[m, other]
                going += after[other, max(0, dwell[other] - 1)]
                if going < least:
                    best, least = other, going
            choice[t, m], value[m, 0] = best, least
        value, after = after, value
    mode, kept = since
    for t in range(slots):
        if kept > 0:
            kept -= 1
        elif choice[t, mode] != mode:
            mode = choice[t, mode]
            kept = max(0, dwell[mode] - 1)
        chosen[t] = mode
    found: float = after[since[0], since[1]]
    return found


def _responses(
    first: I, order: I, price: F, hours: F,
    power: F, run: F, switch: F, dwell: I, mode: I, kept: I,
    weight: F, total: F, cost: F, bound: F, each: F,
) -> None:  # fmt: skip
    slots = hours.size
    for k in numba.prange(first.size - 1):
        chosen = np.zeros(slots, np.int64)
        if weight[k] == 0.0:
            continue
        for i in range(first[k], first[k + 1]):
            n = order[i]
            least = _planned(
                power[n], run[n], switch[n], dwell[n], price[k], hours, (mode[n], kept[n]), chosen
            )
            bound[k] += least
            for t in range(slots):
                drawn = power[n, chosen[t]]
                total[k, t] += drawn
                least -= price[k, t] * hours[t] * drawn
                if each.shape[0] > 0:
                    each[n, t] += weight[k] * drawn
            cost[k] += least


@cache
def responses() -> Callable[..., None]:
    """The compiled responses; arguments as in `respond.storage.responses`, fields of `Modes`."""
    return parallel(
        _responses, INTS, INTS, TABLE, FLOATS, TABLE, TABLE, CUBE, INT_TABLE, INTS, INTS,
        FLOATS, OUT_TABLE, OUT, OUT, OUT_TABLE,
    )  # fmt: skip
