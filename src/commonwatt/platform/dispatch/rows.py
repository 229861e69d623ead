"""Offers, limits and objective as one sparse linear programme, and a solution read back from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.flexibility import Envelope, Limits, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.bands import Bands, add_bands
from commonwatt.platform.dispatch.lp import Lp, Sheet
from commonwatt.platform.dispatch.objective import Objective
from commonwatt.platform.dispatch.reserve import Ready, add_reserve
from commonwatt.platform.dispatch.stores import Reach, Stores, add_stores
from commonwatt.platform.dispatch.wires import Grid, Moves, Wires, add_grid


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What is to be decided.

    Attributes:
        window: T slots.
        fixed_kw: (C,T) power that nobody can move.
        store: every storage row, its bounds already closed where waste would pay.
        bounds: where its levels can be.
        envelope: every envelope row.
        limits: all limits of the wires, fuses included, tightened for what may come otherwise and
            where the AC disagreed.
        rated: the same as they are.
        around_kw: (C,T) the operating point they were linearised around.
        objective: system prices.
    """

    window: Window
    fixed_kw: F
    store: Storage
    bounds: Reach
    envelope: Envelope
    limits: Limits
    rated: Limits
    around_kw: F
    objective: Objective


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A programme and where everything stands in it."""

    problem: Problem
    lp: Lp
    stores: Stores
    bands: Bands
    grid: Grid
    ready: Ready | None = None

    def net_kw(self, x: F) -> F:
        """(C,T) power of every connection in solution `x`."""
        return summed(
            self.problem.fixed_kw,
            (self.problem.store.connection, self.stores.powers(x)),
            (self.problem.envelope.connection, self.bands.powers(x)),
        )

    def node_price(self, dual: F) -> F:
        """(C,T) marginal €/kWh of one more kW at each connection, from the rows' duals.

        Energy with losses and the day's peak come with the substation's balance; each active limit
        adds its dual times the connection's sensitivity.
        """
        limits, grid = self.problem.limits, self.grid
        hours = self.problem.window.hours
        price: F = (1 + limits.loss) * (dual[grid.balance] / hours)
        if grid.lost.size:
            price += limits.loss * (dual[grid.lost] / hours)
        if grid.active.size:
            weight = np.where(grid.limit_row >= 0, dual[grid.limit_row], 0.0) / hours
            price -= limits.sens[grid.active].T @ weight
        return price


def summed(fixed_kw: F, *parts: tuple[I, F]) -> F:
    """(C,T) `fixed_kw` plus the powers (N,T) of rows that hang on connections (N,)."""
    net = fixed_kw.copy()
    for connection, power in parts:
        np.add.at(net, connection, power)
    return net


def assembled(problem: Problem, active: I) -> Model:
    """The programme of `problem` with only the `active` (Ra,) limits in it."""
    hours = problem.window.hours
    sheet = Sheet()
    stores = add_stores(sheet, problem.store, hours, problem.bounds)
    bands = add_bands(sheet, problem.envelope, hours)
    moves = Moves.of(
        [
            (stores.draw, 1.0, problem.store.connection),
            (stores.feed, -1.0, problem.store.connection),
            (bands.up, 1.0, problem.envelope.connection),
            (bands.down, -1.0, problem.envelope.connection),
        ]
    )
    base = summed(problem.fixed_kw, (problem.envelope.connection, problem.envelope.want_kw))
    wires = Wires(
        limits=problem.limits,
        active=active,
        around_kw=problem.around_kw,
        base_kw=base,
        objective=problem.objective,
        hours=hours,
    )
    grid = add_grid(sheet, moves, wires)
    reserve = problem.objective.reserve
    ready = None if reserve is None else add_reserve(sheet, stores, bands, reserve)
    return Model(problem=problem, lp=sheet.lp(), stores=stores, bands=bands, grid=grid, ready=ready)
