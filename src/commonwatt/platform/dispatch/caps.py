"""Caps that hold a limit: how far each unit that follows sun or wind may go in one slot.

A plan rests on a forecast; the sun may be brighter or dimmer. A plan's own choice of whom to hold
back is a corner of its polytope: it wastes whatever its free units fall short of, and it breaks
limits with whatever they exceed. So units share what the wires leave them, each in proportion to
what it is expected to do: caps grow together from nothing; where a limit is reached, the units that
push on it stop and the others go on (progressive filling: max-min fair). Only pushes count, never
relief, so every limit holds wherever each unit ends up between nothing and its cap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.units import F, I

_TINY = 1e-9
_LEAST = 0.02
"""A unit of which nothing is expected still gets a share as if this part of its bound were."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """R linear limits in one slot: `low ≤ sens · connection_kw ≤ high`.

    Attributes:
        sens: (R,C).
        low: (R,).
        high: (R,).
    """

    sens: F
    low: F
    high: F


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """K units to be capped.

    Attributes:
        connection: (K,) where they hang.
        power_kw: (K,) what the plan gives them.
        want_kw: (K,) what they are expected to do if left alone, of the sign of their bound.
        bound_kw: (K,) the furthest they could go, for instance minus a roof's rating.
        favour: (K,) how much faster than its expectation each one's cap grows.
    """

    connection: I
    power_kw: F
    want_kw: F
    bound_kw: F
    favour: F | float = 1.0


def rationed(units: Units, rows: Rows, net_kw: F, *, held: bool) -> F:
    """(K,) caps, of the sign of the units' bounds.

    Args:
        units: who is capped.
        rows: the limits that hold.
        net_kw: (C,) planned power of every connection, the units included.
        held: whether the plan holds units back: together they then get no more than it gives them.
    """
    beside = net_kw - np.bincount(units.connection, units.power_kw, net_kw.size)
    weight = (units.want_kw + _LEAST * units.bound_kw) * units.favour
    push, value = rows.sens[:, units.connection] * weight, rows.sens @ beside
    given = np.abs(units.power_kw).sum() if held else np.inf
    load = np.vstack([np.maximum(push, 0.0), np.maximum(-push, 0.0), np.abs(weight)])
    room = np.concatenate([rows.high - value, value - rows.low, [given]])
    most = np.divide(units.bound_kw, weight, out=np.zeros_like(weight), where=weight != 0)
    return weight * shares(load, np.maximum(room, 0.0), most)


def shares(load: F, room: F, most: F) -> F:
    """(K,) max-min fair shares θ in [0, most] such that `load @ θ ≤ room`, for `load` (R,K) ≥ 0."""
    share = np.zeros(load.shape[1])
    free = most > _TINY
    while free.any():
        pull = load[:, free].sum(axis=1)
        left = np.maximum(0.0, room - load @ share)
        step = np.divide(left, pull, out=np.full(room.size, np.inf), where=pull > _TINY)
        rise = min(float(step.min(initial=np.inf)), float((most - share)[free].min()))
        share[free] += rise
        full = step <= rise + _TINY
        stuck = (load[full] > _TINY).any(axis=0) if full.any() else np.zeros_like(free)
        free &= ~stuck & (share < most - _TINY)
    return share
