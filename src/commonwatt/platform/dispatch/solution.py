"""What a solved problem comes to, however it was solved: what schedules and certificates hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Kept, Modes, Profile, Storage
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.proof import Proof
from commonwatt.platform.dispatch.rows import Problem
from commonwatt.platform.dispatch.search import Optimum
from commonwatt.platform.dispatch.stores import taken

_BINDS = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """A plan for every asset and its prices.

    Attributes:
        problem: what was solved, limits as tight as they were.
        net_kw: (C,T) power of every connection.
        asset: (A,) sorted.
        power_kw: (A,T) of each.
        level_kwh: (A,T) at slot end, NaN where nothing is stored.
        active: (Ra,) limits that may have a price.
        row_price: (Ra,T) €/unit of each, negative where its upper side binds.
        node_price: (C,T) €/kWh of one more kW at each connection.
        cost_eur: what it costs as planned, and
        breach_eur: the part of it that is paid for limits broken.
        proof: what is left of doubt about it.
        rows: every table of rows with its (N,T) power.
        reserve: what is kept ready, None where nobody asked.
    """

    problem: Problem
    net_kw: F
    asset: I
    power_kw: F
    level_kwh: F
    active: I
    row_price: F
    node_price: F
    cost_eur: float
    breach_eur: float
    proof: Proof
    rows: tuple[tuple[Storage | Envelope | Profile | Modes, F], ...]
    reserve: Kept | None = None

    @property
    def force(self) -> F:
        """(Ra,T) €/kWh by which each active limit moves the price of some connection at most."""
        sens = self.problem.limits.sens[self.active]
        steepest = np.abs(sens.toarray()).max(axis=1, initial=0.0)
        force: F = np.abs(self.row_price) / self.problem.window.hours * steepest[:, None]
        return force

    @property
    def binding(self) -> I:
        """(T,) the limit that moves the price of some connection most, -1 where none moves any."""
        if not self.active.size:
            return np.full(len(self.problem.window), -1, dtype=np.int64)
        force = self.force
        return np.where(force.max(axis=0) > _BINDS, self.active[force.argmax(axis=0)], -1)


def solution_of(found: Optimum) -> Solution:
    """The solution that an optimum of one linear programme means."""
    model = found.model
    problem, grid = model.problem, model.grid
    store, envelope = problem.store, problem.envelope
    asset = np.unique(np.concatenate([store.asset, envelope.asset]))
    rows = ((store, model.stores.powers(found.x)), (envelope, model.bands.powers(found.x)))
    broken = [taken(model.lp.cost, side) * taken(found.x, side) for side in (grid.over, grid.under)]
    ready, reserve = model.ready, problem.objective.reserve
    kept = None
    if ready is not None and reserve is not None:
        kept = ready.kept(
            found.x, store=store.asset, band=envelope.asset, asset=asset, reserve=reserve
        )
    return Solution(
        problem=problem,
        net_kw=model.net_kw(found.x),
        asset=asset,
        power_kw=by_asset(
            asset, [(table.asset, power) for table, power in rows], len(problem.window)
        ),
        level_kwh=levels_by_asset(
            asset, store.asset, model.stores.levels(found.x), model.stores.level >= 0
        ),
        active=grid.active,
        row_price=found.row_price,
        node_price=model.node_price(found.dual),
        cost_eur=found.cost,
        breach_eur=sum(float(np.sum(part)) for part in broken),
        proof=found.proof,
        rows=rows,
        reserve=kept,
    )


def by_asset(asset: I, parts: list[tuple[I, F]], slots: int) -> F:
    """(A,T) powers of the sorted `asset`, summed over rows (N,T) that they own (N,)."""
    power = np.zeros((asset.size, slots))
    for owner, rows in parts:
        np.add.at(power, np.searchsorted(asset, owner), rows)
    return power


def levels_by_asset(asset: I, owner: I, level: F, matters: B) -> F:
    """(A,T) level of each asset: of its first row that `matters` (N,T), else of its first row."""
    found = np.full((asset.size, level.shape[1]), np.nan)
    place = np.searchsorted(asset, owner)
    for n in range(owner.size - 1, -1, -1):
        fresh = np.isnan(found[place[n]])
        found[place[n]] = np.where(fresh | matters[n], level[n], found[place[n]])
    return found
