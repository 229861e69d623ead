"""What a plan can be held to: how near the optimum it is proven, what power flow finds, what binds.

Power flow has the last word on limits, duals on cost. Each figure is measured on the plan that is
followed, after the last tightening.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.flexibility import Limits
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.costs import Costs, costs_of
from commonwatt.platform.dispatch.solution import Solution
from commonwatt.platform.dispatch.wires import breach_eur

_BINDS = 1e-6


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A limit that does not hold in the plan.

    Attributes:
        limit: its name.
        at: start of the slot in which it is worst, epoch seconds.
        excess: by how much, in the limit's unit: kW or kVA of wires and fuses, pu of voltages.
        share: by how much, as a share of the limit.
    """

    limit: str
    at: int
    excess: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A limit that costs something.

    Attributes:
        limit: its name.
        slots: in how many slots it binds.
        since: start of the first of them, epoch seconds.
        until: end of the last of them.
        price: most that it moves the price of a kWh at any connection, €.
    """

    limit: str
    slots: int
    since: int
    until: int
    price: float


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A plan's own account of itself.

    Attributes:
        gap: of its cost over a bound proven by its own prices, as a share of 1 € + its cost.
        bounds_off: how far a decision lies outside its bounds at most, per unit of 1 + its value.
        rows_off: likewise of the balances and limits.
        tightenings: plans made again because the AC power flow disagreed with the rows.
        closures: times that slots were closed because a solution wasted energy in them; the proof
            holds among plans that keep to them.
        breach: the largest breach that the AC power flow finds, None where every limit holds.
        binding: limits that move prices, the dearest first.
        costs: what it costs, part by part.
        confidence: the probability with which each side of each limit is to hold in each slot, by
            itself, where the plan kept room for that; None where it planned as if all were certain.
    """

    gap: float
    bounds_off: float
    rows_off: float
    tightenings: int
    closures: int
    breach: Breach | None
    binding: tuple[Binding, ...]
    costs: Costs
    confidence: float | None = None


def certified(
    found: Solution,
    original: Limits,
    excess: F,
    *,
    tightenings: int,
    closures: int,
    confidence: float | None = None,
) -> Certificate:
    """The certificate of the plan that `found` means.

    Args:
        found: the solution, under limits that may have been tightened.
        original: the limits as the network and the fuses gave them.
        excess: (R,T) signed breach of them by AC power flow.
        tightenings: how often they were tightened.
        closures: how often slots were closed.
        confidence: the probability that the limits were tightened for, if they were.
    """
    return Certificate(
        gap=found.proof.gap,
        bounds_off=found.proof.bounds_off,
        rows_off=found.proof.rows_off,
        tightenings=tightenings,
        closures=closures,
        breach=_worst(found, original, excess),
        binding=_binding(found),
        costs=costs_of(found, breach_eur(original, np.abs(excess), found.problem.window.hours)),
        confidence=confidence,
    )


def sizes(limits: Limits) -> F:
    """(R,) how large each limit is: the largest finite bound in either direction, 0 without one."""
    bounds = np.abs(np.concatenate([limits.low, limits.high], axis=1))
    found: F = np.where(np.isfinite(bounds), bounds, 0.0).max(axis=1, initial=0.0)
    return found


def _worst(found: Solution, original: Limits, excess: F) -> Breach | None:
    seen, size = np.abs(excess), sizes(original)[:, None]
    if not seen.any():
        return None
    share = np.divide(seen, size, out=np.where(seen > 0, np.inf, 0.0), where=size > 0)
    row, slot = np.unravel_index(int(share.argmax()), share.shape)
    return Breach(
        limit=original.name[row],
        at=int(found.problem.window.starts[slot]),
        excess=float(seen[row, slot]),
        share=float(share[row, slot]),
    )


def _binding(found: Solution) -> tuple[Binding, ...]:
    window, force = found.problem.window, found.force
    binds = []
    for row, name in enumerate(found.active.tolist()):
        slots = np.flatnonzero(force[row] > _BINDS)
        if slots.size:
            one = Binding(
                limit=found.problem.limits.name[name],
                slots=int(slots.size),
                since=int(window.edges[slots[0]]),
                until=int(window.edges[slots[-1] + 1]),
                price=float(force[row].max()),
            )
            binds.append(one)
    return tuple(sorted(binds, key=lambda one: (-one.price, one.limit)))
