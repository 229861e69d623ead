"""Plans by prices, of what is too much for one linear programme or cannot be held by one.

The search runs in a child process; here its answer is checked. The bound is proven anew from the
prices the child names, every row's power is held against what the row offered, and the cost is
counted anew from the powers. Of modes only the powers are checked: what they cost by themselves,
and that they were kept as long as they must be, is the child's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.flexibility import Envelope, Modes, Offers, Profile, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.budget import Budget
from commonwatt.platform.dispatch.coordinator import Certificate, Duals, Effort, Start, Task
from commonwatt.platform.dispatch.coordinator.account import levels, private_eur, skipped_eur
from commonwatt.platform.dispatch.coordinator.blocks import Family
from commonwatt.platform.dispatch.coordinator.bound import lower_bound
from commonwatt.platform.dispatch.coordinator.market import Bill
from commonwatt.platform.dispatch.proof import Proof
from commonwatt.platform.dispatch.rows import Problem, summed
from commonwatt.platform.dispatch.solution import Solution, by_asset, levels_by_asset
from commonwatt.platform.dispatch.stores import reach
from commonwatt.platform.dispatch.worker import Worker

PROGRAM = Path(__file__).with_name("coordinate.py")
_LOADING_S = 300.0
"""A child's first answer may have to wait until its code is compiled."""
_FEASIBLE = 1e-5
_AGREES = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Last:
    """Where the last search ended, and over which window."""

    window: Window
    start: Start


class Coordination:
    """Coordinates problem after problem, each from where the last one ended.

    Attributes:
        last: where that was; None before the first.
        solves: searches of the current plan.
        iterations: their rounds of prices.
    """

    def __init__(self, budget: Budget, worker: Worker | None = None) -> None:
        self.last: Last | None = None
        self.solves = self.iterations = 0
        self._budget = budget
        self._worker = worker or Worker(PROGRAM)
        self._loaded = 0

    def begin(self) -> None:
        """Start the account of a new plan."""
        self.solves = self.iterations = 0

    def close(self) -> None:
        """End the child."""
        self._worker.close()

    def solution(self, problem: Problem) -> Solution:
        """A certified plan of `problem`.

        Raises:
            NoPlan: reserve is asked for, the child failed, or its answer is wrong.
        """
        if problem.objective.reserve is not None:
            msg = (
                f"reserve is planned by one linear programme, for up to {self._budget.direct} rows "
                "x slots that can run in part: ask for none, or offer less"
            )
            raise NoPlan(msg)
        wanted = _wanted(problem)
        effort = Effort(gap=self._budget.gap)
        message = {"task": wanted, "effort": effort, "start": self._start(problem)}
        answer = self._worker.solve(message, self._patience())
        self._loaded = self._worker.pid
        if answer["status"] != "optimal":
            msg = f"prices did not coordinate: {answer['status']}"
            raise NoPlan(msg)
        found = _Found(
            task=Task.of(**wanted),
            powers=answer["powers"],
            sure=answer["certificate"],
            duals=answer["start"].duals,
        )
        solution = _checked(problem, found)
        self.solves += 1
        self.iterations += answer["certificate"].rounds
        self.last = Last(window=problem.window, start=answer["start"])
        return solution

    def _patience(self) -> float:
        known = self._loaded == self._worker.pid
        return self._budget.wall_s + (0.0 if known else _LOADING_S)

    def _start(self, problem: Problem) -> Start | None:
        last = self.last
        if last is None or last.start.place.size != problem.fixed_kw.shape[0]:
            return None
        return last.start.onto(last.window, problem.window)


def _wanted(problem: Problem) -> dict[str, Any]:
    """The arguments of `Task.of`."""
    offers = Offers(
        window=problem.window,
        fixed_kw=problem.fixed_kw,
        fixed_kvar=np.zeros_like(problem.fixed_kw),
        storage=(problem.store,),
        envelope=(problem.envelope,),
        profile=tuple(rows for rows in problem.whole if isinstance(rows, Profile)),
        modes=tuple(rows for rows in problem.whole if isinstance(rows, Modes)),
    )
    return {
        "offers": offers,
        "limits": problem.limits,
        "around_kw": problem.around_kw,
        "objective": problem.objective,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """The child's answer: per family (N,T) powers, what it says of them, its best prices."""

    task: Task
    powers: list[F]
    sure: Certificate
    duals: Duals

    @property
    def rows(self) -> list[tuple[Family, F]]:
        """Each family with its powers."""
        return list(zip(self.task.rows, self.powers, strict=True))

    @property
    def has_modes(self) -> bool:
        """Whether a part of the cost can only be told by the child."""
        return any(isinstance(rows, Modes) for rows in self.task.rows)

    @property
    def bill(self) -> Bill:
        """What the system pays for these powers."""
        market = self.task.market
        total = np.zeros(market.loss.shape)
        for rows, power in self.rows:
            np.add.at(total, market.place[rows.connection], power)
        return market.bill(total)

    def private_eur(self, hours: F) -> float:
        """What rows pay by themselves, those of modes left out."""
        paid = 0.0
        for rows, power in self.rows:
            if isinstance(rows, Storage | Envelope):
                paid += float(private_eur(rows, power, hours).sum())
            elif isinstance(rows, Profile):
                paid += skipped_eur(rows, power)
        return paid


def _checked(problem: Problem, found: _Found) -> Solution:
    """The solution, if it is what it claims to be."""
    off, hours = 0.0, problem.window.hours
    for rows, power in found.rows:
        if power.shape != (len(rows), hours.size) or not np.isfinite(power).all():
            msg = "the coordinator's answer is wrong: it is not a power per row and slot"
            raise NoPlan(msg)
        off = max(off, _off(rows, power, hours))
    if off > _FEASIBLE:
        msg = "the coordinator's answer is wrong: a row does what it did not offer"
        raise NoPlan(msg)
    lower, cost = _proven(found), found.sure.cost_eur
    bill = found.bill
    counted = bill.total + found.private_eur(hours)
    if not found.has_modes and not abs(counted - cost) <= _AGREES * (1 + abs(cost)):
        msg = "the coordinator's answer is wrong: it does not cost what it says"
        raise NoPlan(msg)
    if not lower - _AGREES * (1 + abs(lower)) <= cost:
        msg = "the coordinator's answer is wrong: it costs less than its own prices allow"
        raise NoPlan(msg)
    gap = max(0.0, cost - lower) / (1 + abs(cost))
    proof = Proof(gap=gap, bounds_off=off, rows_off=0.0)
    breach_eur = float(found.task.market.breach_price @ (np.abs(bill.breach) @ hours))
    return _solution(problem, found, breach_eur, proof)


def _solution(problem: Problem, found: _Found, breach_eur: float, proof: Proof) -> Solution:
    market, window, limit = found.task.market, problem.window, found.duals.limit
    owned = [(rows.asset, power) for rows, power in found.rows]
    asset = np.unique(np.concatenate([owner for owner, _ in owned]))
    priced = np.flatnonzero((limit != 0).any(axis=1))
    return Solution(
        problem=problem,
        net_kw=summed(problem.fixed_kw, *((rows.connection, power) for rows, power in found.rows)),
        asset=asset,
        power_kw=by_asset(asset, owned, len(window)),
        level_kwh=_levels(asset, found, window),
        active=market.row[priced],
        row_price=-limit[priced],
        node_price=market.price(found.duals)[market.place],
        cost_eur=found.sure.cost_eur,
        breach_eur=breach_eur,
        proof=proof,
        rows=tuple(found.rows),
    )


def _levels(asset: I, found: _Found, window: Window) -> F:
    stores = [(rows, power) for rows, power in found.rows if isinstance(rows, Storage)]
    if not stores:
        return np.full((asset.size, len(window)), np.nan)
    return levels_by_asset(
        asset,
        np.concatenate([rows.asset for rows, _ in stores]),
        np.concatenate([levels(rows, power, window.hours) for rows, power in stores]),
        np.concatenate([(rows.draw_kw > 0) | (rows.feed_kw > 0) for rows, _ in stores]),
    )


def _proven(found: _Found) -> float:
    """€ that no plan undercuts, from the prices alone."""
    task = found.task
    honest = task.market.honest(found.duals)
    price = task.market.price(honest)
    least = sum(float(shard.priced(price).bound.sum()) for shard in task.shards)
    return lower_bound(task.market, honest, least)


def _off(rows: Family, power: F, hours: F) -> float:
    """How far `power` (N,T) lies outside what `rows` offer at most, per unit of 1 + its size."""
    if isinstance(rows, Storage):
        return _off_storage(rows, power, hours)
    if isinstance(rows, Envelope):
        return _beyond(power, rows.low_kw, rows.high_kw)
    if isinstance(rows, Profile):
        return _off_profile(rows, power)
    far = np.abs(power[:, :, None] - rows.power_kw[:, None, :]).min(axis=2)
    return float(far.max(initial=0.0))


def _off_storage(rows: Storage, power: F, hours: F) -> float:
    level = levels(rows, power, hours)
    before = np.concatenate([rows.start_kwh[:, None], level[:, :-1]], axis=1)
    rest = rows.keep * before - rows.use_kwh
    drawn, fed = np.maximum(power, 0.0), np.maximum(-power, 0.0)
    led = rest + (drawn * rows.eta_in - fed / rows.eta_out) * hours
    floor = np.minimum(reach(rows, hours).floor, rest)
    full = np.where(drawn > 0, np.maximum(rows.high_kwh, rest), np.inf)
    return max(_beyond(power, -rows.feed_kw, rows.draw_kw), _beyond(led, floor, full))


def _off_profile(rows: Profile, power: F) -> float:
    """Against the nearest allowed start, or not running at all."""
    length = rows.shape_kw.shape[1]
    least = np.where(np.isfinite(rows.skip_price), np.abs(power).max(axis=1, initial=0.0), np.inf)
    for begin in range(power.shape[1] - length + 1):
        placed = power.copy()
        placed[:, begin : begin + length] -= rows.shape_kw
        far = np.abs(placed).max(axis=1, initial=0.0)
        allowed = (rows.earliest <= begin) & (begin <= rows.latest)
        least = np.where(allowed, np.minimum(least, far), least)
    return float(least.max(initial=0.0))


def _beyond(value: F, low: F, high: F) -> float:
    beyond = np.maximum(low - value, value - high) / (1 + np.abs(value))
    return max(0.0, float(beyond.max(initial=0.0)))
