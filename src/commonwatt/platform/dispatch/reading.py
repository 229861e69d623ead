"""A solution as a `Schedule`: per asset, per connection, per limit."""

from __future__ import annotations

from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.solution import Solution
from commonwatt.platform.dispatch.wires import breach_eur


def schedule_of(found: Solution, breach: F, cause: str) -> Schedule:
    """The schedule that `found` means.

    Args:
        found: the solution.
        breach: (R,T) by how much each limit is breached, as the AC power flow sees it.
        cause: what should be known about how it came about.
    """
    limits, window = found.problem.limits, found.problem.window
    seen = breach_eur(limits, breach, window.hours)
    return Schedule(
        window=window,
        asset=found.asset,
        power_kw=found.power_kw,
        level_kwh=found.level_kwh,
        binding=found.binding,
        limits=limits.name,
        node_price=found.node_price,
        breach=breach,
        cost_eur=found.cost_eur - found.breach_eur + seen,
        status="optimal",
        cause=cause,
        reserve=found.reserve,
    )
