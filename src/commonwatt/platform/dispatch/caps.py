"""How far units may go beyond their plan before a limit breaks: the caps that hold a limit.

A plan rests on a forecast; the sun may be brighter. Each unit gets a cap between its planned power
and what it could do at most. Caps grow together; where a limit is reached, the units that push on
it stop and the others go on (progressive filling: max-min fair in the share θ of the way). Only
pushes count, never relief: every limit holds wherever each unit ends up between plan and cap.
"""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Limits
from commonwatt.kernel.units import F, I

_TINY = 1e-9


def headroom(limits: Limits, slot: int, *, net_kw: F, connection: I, power_kw: F, bound_kw: F) -> F:
    """(K,) caps for units that may go from `power_kw` towards `bound_kw`.

    Args:
        limits: R linear limits of the wires.
        slot: which slot of them.
        net_kw: (C,) planned power of every connection, these units included.
        connection: (K,) where the units hang.
        power_kw: (K,) their planned power.
        bound_kw: (K,) the furthest each could go, for instance minus a PV unit's rating.
    """
    way = bound_kw - power_kw
    push = limits.sens.toarray()[:, connection] * way
    value = limits.sens @ net_kw
    up, down = np.maximum(push, 0.0), np.maximum(-push, 0.0)
    load = np.vstack([up, down])
    room = np.concatenate([limits.high[:, slot] - value, value - limits.low[:, slot]])
    return power_kw + way * shares(load, np.maximum(room, 0.0))


def shares(load: F, room: F) -> F:
    """(K,) max-min fair shares θ in [0, 1] such that `load @ θ ≤ room`, for `load` (R,K) ≥ 0."""
    share = np.zeros(load.shape[1])
    free = np.ones(load.shape[1], dtype=np.bool_)
    while free.any():
        pull = load[:, free].sum(axis=1)
        left = np.maximum(0.0, room - load @ share)
        step = np.divide(left, pull, out=np.full(room.size, np.inf), where=pull > _TINY)
        rise = min(float(step.min(initial=np.inf)), float(1 - share[free].max()))
        share[free] += rise
        full = step <= rise + _TINY
        stuck = (load[full] > _TINY).any(axis=0) if full.any() else np.zeros_like(free)
        free &= ~stuck & (share < 1 - _TINY)
    return share
