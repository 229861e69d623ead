"""The optimum of a problem: limits are added when they are broken, slots closed when they waste."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.flexibility import Limits
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.basis import Basis, carried
from commonwatt.platform.dispatch.budget import Budget
from commonwatt.platform.dispatch.proof import Proof, require_optimal
from commonwatt.platform.dispatch.rows import Model, Problem, assembled
from commonwatt.platform.dispatch.waste import closed
from commonwatt.platform.dispatch.worker import Worker

_FIRST_ROWS = 8
_BROKEN = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimum:
    """A solved model.

    Attributes:
        model: the programme, with every limit that its solution would break without.
        x: (n,) its solution.
        dual: (m,) €/unit of its rows.
        cost: its objective, offset included.
        proof: that no cheaper one exists.
    """

    model: Model
    x: F
    dual: F
    cost: float
    proof: Proof

    @property
    def row_price(self) -> F:
        """(Ra,T) dual of each active limit, 0 where it has no row."""
        row = self.model.grid.limit_row
        return np.where(row >= 0, self.dual[row], 0.0)


@dataclass
class Search:
    """Solves problem after problem, keeping what helps the next: the basis, the limits that bound.

    The first problem starts with the first limit: networks list their transformers first.

    Attributes:
        worker: the child that solves.
        budget: bounds on work.
        iterations: what the current plan has used.
        solves: how often the current plan called the solver.
        closures: how often it closed slots in which a solution wasted energy.
        active: limits that bound in the last solution.
    """

    worker: Worker
    budget: Budget
    iterations: int = 0
    solves: int = 0
    closures: int = 0
    _basis: Basis | None = None
    active: I = field(default_factory=lambda: np.zeros(1, dtype=np.int64))

    def begin(self) -> None:
        """Start the account of a new plan."""
        self.iterations = self.solves = self.closures = 0
        if self.budget.method == "fresh":
            self._basis = None

    def optimum(self, problem: Problem) -> Optimum:
        """The cheapest plan of `problem`.

        Raises:
            NoPlan: the solver failed, or the budget did not suffice.
        """
        active = self.active[self.active < len(problem.limits.name)]
        for attempt in range(self.budget.rounds + 1):
            found = self._solved(assembled(problem, active))
            broken = _broken(problem.limits, found.model.net_kw(found.x), active)
            better = closed(found.model, found.x)
            if better is None and not broken.size:
                self.active = active[np.abs(found.row_price).max(axis=1, initial=0) > _BROKEN]
                return found
            active = np.union1d(active, broken[: _FIRST_ROWS << attempt])
            self.closures += better is not None
            problem = better or problem
        msg = f"{self.budget.rounds} rounds of adding limits did not suffice"
        raise NoPlan(msg)

    def _solved(self, model: Model) -> Optimum:
        lp, window = model.lp, model.problem.window
        answer = self.worker.solve(self._message(model), self.budget.wall_s)
        self.solves += 1
        self.iterations += int(answer.get("iterations", 0))
        if answer["status"] == "iterations":
            msg = f"the solver needed more than its budget of {self.budget.iterations} iterations"
            raise NoPlan(msg)
        if answer["status"] != "optimal":
            msg = f"the solver gave no optimum: {answer['status']}"
            raise NoPlan(msg)
        proof = require_optimal(lp, answer)
        if answer.get("col_basis") is not None:
            self._basis = Basis(
                window=window,
                col_key=lp.col_key,
                row_key=lp.row_key,
                col_status=answer["col_basis"],
                row_status=answer["row_basis"],
            )
        cost = float(answer["objective"]) + lp.offset
        return Optimum(model=model, x=answer["x"], dual=answer["dual"], cost=cost, proof=proof)

    def _message(self, model: Model) -> dict[str, Any]:
        lp = model.lp
        start = None
        if self._basis is not None and self.budget.method in {"simplex", "fresh"}:
            start = carried(self._basis, lp, model.problem.window)
        return {
            "cost": lp.cost,
            "col_low": lp.col_low,
            "col_high": lp.col_high,
            "row_low": lp.row_low,
            "row_high": lp.row_high,
            "start": lp.matrix.indptr.astype(np.int32),
            "index": lp.matrix.indices.astype(np.int32),
            "value": lp.matrix.data,
            "method": self._method(start is not None),
            "iterations": max(0, self.budget.iterations - self.iterations),
            "col_basis": None if start is None else start[0],
            "row_basis": None if start is None else start[1],
        }

    def _method(self, warm: bool) -> str:
        """Costs and levels moved on since the last plan: primal. Within one, rows came in: dual."""
        if self.budget.method == "ipm":
            return "ipm"
        if self.budget.method == "cold" or not warm:
            return "cold"
        return "dual" if self.solves else "primal"


def _broken(limits: Limits, net_kw: F, active: I) -> I:
    """Limits outside `active` that `net_kw` (C,T) breaks, the dearest breach first."""
    value = limits.sens @ net_kw
    excess = np.maximum(np.maximum(value - limits.high, limits.low - value), 0.0)
    excess[active] = 0.0
    size = _BROKEN * (1 + np.abs(value))
    row = np.flatnonzero((excess > size).any(axis=1))
    dear = limits.price[row] * excess[row].sum(axis=1)
    found: I = row[np.argsort(-dear, kind="stable")]
    return found
