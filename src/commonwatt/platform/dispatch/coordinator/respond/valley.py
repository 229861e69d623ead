"""A convex piecewise-linear function on an interval, as sorted slopes; compiled operations.

A valley lives in a scratch of three arrays: `slope` and `width` (K,), of which the segments
`[at[FIRST], at[LAST])` count, and `x` with its left end, the value there, and its right end. Room
is left on either side, so that a segment goes in by moving the shorter half.
"""

from __future__ import annotations

from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.respond.compiled import lean

FIRST, LAST = 0, 1
LEFT, VALUE, RIGHT = 0, 1, 2


@lean
def inserted(slope: F, width: F, at: I, steep: float, wide: float) -> None:
    """Put a segment in its place among the sorted slopes: one step of an infimal convolution."""
    if wide <= 0.0:
        return
    first, last = at[FIRST], at[LAST]
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if slope[middle] < steep:
            low = middle + 1
        else:
            high = middle
    if low < last and slope[low] == steep:
        width[low] += wide
        return
    if low - first < last - low:
        for i in range(first, low):
            slope[i - 1], width[i - 1] = slope[i], width[i]
        at[FIRST] = first - 1
        low -= 1
    else:
        for i in range(last, low, -1):
            slope[i], width[i] = slope[i - 1], width[i - 1]
        at[LAST] = last + 1
    slope[low], width[low] = steep, wide


@lean
def trimmed(slope: F, width: F, at: I, x: F, low: float, high: float) -> None:
    """Restrict the valley to [low, high]."""
    while at[FIRST] < at[LAST] and x[LEFT] < low:
        i = at[FIRST]
        if x[LEFT] + width[i] <= low:
            x[LEFT] += width[i]
            x[VALUE] += slope[i] * width[i]
            at[FIRST] += 1
        else:
            cut = low - x[LEFT]
            width[i] -= cut
            x[VALUE] += slope[i] * cut
            x[LEFT] = low
    while at[FIRST] < at[LAST] and x[RIGHT] > high:
        i = at[LAST] - 1
        if x[RIGHT] - width[i] >= high:
            x[RIGHT] -= width[i]
            at[LAST] -= 1
        else:
            width[i] -= x[RIGHT] - high
            x[RIGHT] = high


@lean
def tilted(slope: F, width: F, at: I, x: F, low: float, price: float) -> None:
    """Add `price · max(0, low − level)`."""
    if price <= 0.0 or low <= x[LEFT]:
        return
    x[VALUE] += price * (low - x[LEFT])
    position, i = x[LEFT], at[FIRST]
    while i < at[LAST] and position + width[i] <= low:
        slope[i] -= price
        position += width[i]
        i += 1
    if i == at[LAST] or position >= low:
        return
    rest = position + width[i] - low
    for j in range(at[LAST], i + 1, -1):
        slope[j], width[j] = slope[j - 1], width[j - 1]
    at[LAST] += 1
    slope[i + 1], width[i + 1] = slope[i], rest
    slope[i] -= price
    width[i] = low - position


@lean
def crossing(slope: F, width: F, at: I, x: F, steep: float) -> float:
    """Where the slope first reaches `steep`: the left end if at once, the right end if never."""
    position: float = x[LEFT]
    for i in range(at[FIRST], at[LAST]):
        if slope[i] >= steep:
            break
        position += width[i]
    return position


@lean
def height(slope: F, width: F, at: I, x: F, level: float) -> float:
    """The value at `level`, or at the nearest end of the interval."""
    position: float = x[LEFT]
    value: float = x[VALUE]
    for i in range(at[FIRST], at[LAST]):
        if position >= level:
            break
        step = min(width[i], level - position)
        value += slope[i] * step
        position += step
    return value


@lean
def stretched(slope: F, width: F, at: I, x: F, keep: float, use: float) -> None:
    """From a function of `keep · level − use` to one of `level`; `keep` is not 0."""
    x[LEFT] = (x[LEFT] + use) / keep
    x[RIGHT] = (x[RIGHT] + use) / keep
    if keep == 1.0:
        return
    for i in range(at[FIRST], at[LAST]):
        slope[i] *= keep
        width[i] /= keep
