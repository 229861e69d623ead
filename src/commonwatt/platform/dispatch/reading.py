"""A solved programme as a `Schedule`: per asset, per connection, per limit."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.flexibility import Kept, Schedule
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.search import Optimum
from commonwatt.platform.dispatch.stores import taken

_BINDS = 1e-6


def schedule_of(found: Optimum, breach: F, cause: str) -> Schedule:
    """The schedule that `found` means.

    Args:
        found: the optimum.
        breach: (R,T) by how much each limit is breached, as the AC power flow sees it.
        cause: what should be known about how it came about.
    """
    model = found.model
    store, envelope = model.problem.store, model.problem.envelope
    asset = np.unique(np.concatenate([store.asset, envelope.asset]))
    shape = (asset.size, len(model.problem.window))
    power, level = np.zeros(shape), np.full(shape, np.nan)
    place = np.searchsorted(asset, store.asset)
    np.add.at(power, place, model.stores.powers(found.x))
    np.add.at(power, np.searchsorted(asset, envelope.asset), model.bands.powers(found.x))
    levels, moving = model.stores.levels(found.x), model.stores.level >= 0
    for n in range(len(store) - 1, -1, -1):
        fresh = np.isnan(level[place[n]])
        level[place[n]] = np.where(fresh | moving[n], levels[n], level[place[n]])
    return Schedule(
        window=model.problem.window,
        asset=asset,
        power_kw=power,
        level_kwh=level,
        binding=_binding(found),
        limits=model.problem.limits.name,
        node_price=model.node_price(found.dual),
        breach=breach,
        cost_eur=_cost(found, breach),
        status="optimal",
        cause=cause,
        reserve=_kept(found, asset),
    )


def _kept(found: Optimum, asset: I) -> Kept | None:
    """What is kept ready, by asset; None where nobody asked."""
    problem, ready = found.model.problem, found.model.ready
    reserve = problem.objective.reserve
    if ready is None or reserve is None:
        return None
    return ready.kept(
        found.x,
        store=problem.store.asset,
        band=problem.envelope.asset,
        asset=asset,
        reserve=reserve,
    )


def _binding(found: Optimum) -> I:
    """(T,) the limit that moves the price of some connection most, -1 where none moves any."""
    model = found.model
    active = model.grid.active
    if not active.size:
        return np.full(len(model.problem.window), -1, dtype=np.int64)
    steepest = np.abs(model.problem.limits.sens[active].toarray()).max(axis=1, initial=0.0)
    force = np.abs(found.row_price) / model.problem.window.hours * steepest[:, None]
    return np.where(force.max(axis=0) > _BINDS, active[force.argmax(axis=0)], -1)


def _cost(found: Optimum, breach: F) -> float:
    """What the plan costs, its breaches counted as the AC power flow sees them."""
    model = found.model
    grid, cost = model.grid, model.lp.cost
    planned = sum(
        float(np.sum(taken(cost, side) * taken(found.x, side))) for side in (grid.over, grid.under)
    )
    seen = float(model.problem.limits.price @ (breach @ model.problem.window.hours))
    return found.cost - planned + seen
