"""The dispatcher: one plan per call, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.errors import CommonwattError, NoPlan
from commonwatt.kernel.flexibility import Limits, Offers, Schedule
from commonwatt.kernel.place import Place
from commonwatt.kernel.ports import Network
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch import bands, caps, chance, reasons, stores
from commonwatt.platform.dispatch.budget import Budget
from commonwatt.platform.dispatch.certificate import Certificate, certified, sizes
from commonwatt.platform.dispatch.fallback import continued, intent, unplanned
from commonwatt.platform.dispatch.inputs import (
    require_divisible,
    require_usable,
    require_usable_limits,
)
from commonwatt.platform.dispatch.objective import Objective
from commonwatt.platform.dispatch.reading import schedule_of
from commonwatt.platform.dispatch.reasons import Grounds
from commonwatt.platform.dispatch.rows import Problem, summed
from commonwatt.platform.dispatch.search import Optimum, Search
from commonwatt.platform.dispatch.waste import without_burning
from commonwatt.platform.dispatch.wires import site_excess, with_allowed, with_fuses
from commonwatt.platform.dispatch.worker import Worker

MAX_AGE_S = 3600
"""How long after it was made a plan may still be followed when no fresh one can be had."""
_HELD_KW = 1e-3
"""Units together this far off their wishes are held back by the plan."""


@dataclass(frozen=True)
class Work:
    """What a plan took.

    Attributes:
        solves: calls of the solver.
        iterations: its iterations.
        tightenings: plans made again because the AC power flow disagreed.
        closures: times that slots were closed because a solution wasted energy in them.
    """

    solves: int = 0
    iterations: int = 0
    tightenings: int = 0
    closures: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """The last plan made, and what it was made from."""

    at: int
    schedule: Schedule
    offers: Offers
    limits: Limits
    active: I
    row_price: F
    net_kw: F
    around_kw: F
    planned_eur: float
    certificate: Certificate


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """What the next plan takes from the ones before; it can be pickled.

    A dispatcher that is given it goes on as if it had made those plans.

    Attributes:
        made: the last fresh plan.
        active: limits that bound in it.
    """

    made: Made | None
    active: I


class Dispatcher:
    """Decides what moves, within the wires, at least system cost.

    `plan` never raises for what the world or the solver does to it: it returns a fresh plan (status
    "optimal"), else the last one carried on ("last"), else one that holds nobody ("local"), and its
    `cause` says why.

    Attributes:
        work: what the last call of `plan` took.
    """

    def __init__(
        self,
        network: Network,
        budget: Budget | None = None,
        *,
        fuse_kw: F | None = None,
        confidence: float | None = None,
        place: Place | None = None,
        worker: Worker | None = None,
    ) -> None:
        """Plan for one network.

        Args:
            network: the wires.
            budget: bounds on the work of one plan.
            fuse_kw: (C,) what each connection's main fuse carries, in either direction.
            confidence: with which probability every limit is to hold, where offers say how far off
                they may be; None plans as if they were certain.
            place: where the city lies, for the local times in reasons; UTC without it.
            worker: the child that solves; dispatchers of one process may share one.

        Raises:
            InvalidInput: no limit can be held with that probability.
        """
        if confidence is not None:
            chance.require_probability(confidence)
        self.work = Work()
        self._network = network
        self._fuse_kw = fuse_kw
        self._confidence = confidence
        self._place = place
        self._worker = worker or Worker()
        self._search = Search(self._worker, budget or Budget())
        self._made: Made | None = None
        self._followed: tuple[Schedule, Offers] | None = None

    def plan(self, offers: Offers, objective: Objective, now: int) -> Schedule:
        """The plan for the window of `offers`, decided at `now` (epoch seconds)."""
        self._search.begin()
        tightenings = 0
        try:
            schedule, tightenings = self._fresh(offers, objective, now)
        except CommonwattError as error:
            schedule = self._fallback(offers, now, str(error))
        did = self._search
        self.work = Work(did.solves, did.iterations, tightenings, did.closures)
        self._followed = (schedule, offers)
        return schedule

    @property
    def memory(self) -> Memory:
        """What the next plan takes from the ones before."""
        return Memory(made=self._made, active=self._search.active)

    @memory.setter
    def memory(self, memory: Memory) -> None:
        self._made, self._search.active = memory.made, memory.active

    def above(self, offers: Offers, objective: Objective) -> float:
        """€ that the newest plan costs beyond the cheapest of `offers` within the same limits.

        Both as planned, each at its own prices; NaN where either cannot be had. Changes nothing.
        """
        made = self._made
        if made is None or self._followed is None or self._followed[0] is not made.schedule:
            return float("nan")
        beside = Search(self._worker, self._search.budget, active=self._search.active)
        try:
            problem = self._problem(offers, objective)
            same = replace(problem, limits=made.limits, around_kw=made.around_kw)
            return made.planned_eur - beside.optimum(same).cost
        except CommonwattError:
            return float("nan")

    def caps(self, asset: I, bound_kw: F, favour: F | float = 1.0) -> F:
        """(K,) how far envelope units `asset` may go towards `bound_kw` (K,) in the first slot.

        Up to its cap each may run as it likes, whatever the others do, and no limit breaks that the
        last plan keeps. Units the plan does not hold get NaN. Caps of units in `favour` (K,) grow
        so much faster than what is expected of them.
        """
        cap = np.full(asset.size, np.nan)
        made = self._made
        if made is None or self._followed is None or self._followed[0] is not made.schedule:
            return cap
        power = made.schedule.power_of(asset)[:, 0]
        known = np.flatnonzero(np.isfinite(power))
        want = _wants(made.offers, asset[known])
        units = caps.Units(
            connection=reasons.connections(made.offers, asset[known]),
            power_kw=power[known],
            want_kw=want,
            bound_kw=bound_kw[known],
            favour=np.broadcast_to(favour, asset.shape)[known],
        )
        limits = made.limits
        rows = caps.Rows(sens=limits.sens.toarray(), low=limits.low[:, 0], high=limits.high[:, 0])
        held = bool(np.abs(want - power[known]).sum() > _HELD_KW)
        cap[known] = caps.rationed(units, rows, made.net_kw[:, 0], held=held)
        return cap

    def certificate(self, schedule: Schedule) -> Certificate | None:
        """What `schedule` can be held to; None for one that goes on with an older plan."""
        made = self._made
        return made.certificate if made is not None and made.schedule is schedule else None

    def explain(self, schedule: Schedule, asset: int, slot: int) -> str:
        """One sentence: why `asset` does in `slot` what `schedule` says."""
        return reasons.explain(self._grounds(schedule), asset, slot)

    def reasons(self, schedule: Schedule) -> tuple[str, ...]:
        """(N,) one sentence per asset of `schedule`, for its first slot."""
        return reasons.first_slot(self._grounds(schedule))

    def answers(self, schedule: Schedule) -> tuple[str, ...]:
        """(N,) likewise, each with the price, the alternative and the limit behind them."""
        return reasons.answers(self._grounds(schedule))

    def close(self) -> None:
        """End the child process."""
        self._worker.close()

    def _grounds(self, schedule: Schedule) -> Grounds:
        if self._followed is None or self._followed[0] is not schedule:
            msg = "reasons are kept for the newest schedule only; ask right after planning"
            raise NoPlan(msg)
        made = self._made if self._made is not None and self._made.schedule is schedule else None
        return Grounds(
            schedule=schedule,
            offers=self._followed[1],
            limits=None if made is None else made.limits,
            active=np.empty(0, dtype=np.int64) if made is None else made.active,
            row_price=np.empty((0, len(schedule.window))) if made is None else made.row_price,
            place=self._place,
        )

    def _fresh(self, offers: Offers, objective: Objective, now: int) -> tuple[Schedule, int]:
        require_divisible(offers)
        require_usable(offers, objective)
        problem = self._problem(offers, objective)
        found = self._search.optimum(problem)
        excess, cause, rounds = self._excess(found, offers), "", 0
        while rounds < self._search.budget.tightenings:
            tighter = tightened(found, problem.rated, excess, self._search.budget.agree)
            if tighter is None:
                break
            try:
                found = self._search.optimum(replace(found.model.problem, limits=tighter))
            except NoPlan as error:
                cause = f"the plan was not tightened after the power flow disagreed: {error}"
                break
            rounds += 1
            excess = self._excess(found, offers)
        schedule = schedule_of(found, np.abs(excess), cause)
        self._made = Made(
            at=now,
            schedule=schedule,
            offers=offers,
            limits=found.model.problem.limits,
            active=found.model.grid.active,
            row_price=found.row_price,
            net_kw=found.model.net_kw(found.x),
            around_kw=problem.around_kw,
            planned_eur=found.cost,
            certificate=certified(
                found,
                problem.rated,
                excess,
                tightenings=rounds,
                closures=self._search.closures,
                confidence=None if offers.doubt is None else self._confidence,
            ),
        )
        return schedule, rounds

    def _problem(self, offers: Offers, objective: Objective) -> Problem:
        slots = len(offers.window)
        around = self._around(offers)
        limits = self._network.limits(offers.window, around, offers.fixed_kvar)
        require_usable_limits(limits)
        if self._fuse_kw is not None:
            limits = with_fuses(limits, self._fuse_kw)
        rated = limits if offers.allowed is None else with_allowed(limits, offers.allowed)
        store = stores.gathered(offers.storage, slots)
        store = without_burning(store, objective.energy_price, limits.loss)
        return Problem(
            window=offers.window,
            fixed_kw=offers.fixed_kw,
            store=store,
            bounds=stores.reach(store, offers.window.hours),
            envelope=bands.gathered(offers.envelope, slots),
            limits=self._surely(rated, offers),
            rated=rated,
            around_kw=around,
            objective=objective,
        )

    def _surely(self, rated: Limits, offers: Offers) -> Limits:
        """`rated`, tightened so that they hold with the probability chosen."""
        if self._confidence is None or offers.doubt is None:
            return rated
        return chance.tightened(rated, offers.doubt, self._confidence)

    def _around(self, offers: Offers) -> F:
        """(C,T) the operating point: what nobody moves, the last plan, and wishes beside it."""
        goal = None if self._made is None else intent(self._made.schedule, offers)
        parts = [] if goal is None else [(goal.connection, goal.power_kw)]
        for band in offers.envelope:
            new = np.full(len(band), True) if goal is None else ~np.isin(band.asset, goal.asset)
            parts.append((band.connection[new], band.want_kw[new]))
        return summed(offers.fixed_kw, *parts)

    def _excess(self, found: Optimum, offers: Offers) -> F:
        """(R,T) signed breach of every limit: the network's by power flow, sites' by addition."""
        net = found.model.net_kw(found.x)
        seen = self._network.check(offers.window, net, offers.fixed_kvar).excess
        return np.vstack([seen, site_excess(found.model.problem.rated, len(seen), net)])

    def _fallback(self, offers: Offers, now: int, cause: str) -> Schedule:
        made = self._made
        if made is None:
            return unplanned(offers, f"{cause}; there is no earlier plan to go on with")
        if now - made.at > MAX_AGE_S:
            return unplanned(offers, f"{cause}; the last plan is too old to go on with")
        return continued(made.schedule, offers, f"{cause}; the last plan goes on")


def tightened(found: Optimum, original: Limits, excess: F, agree: float) -> Limits | None:
    """The limits moved in by as much as the AC power flow finds the plan worse than the rows said.

    Args:
        found: the plan, made under limits that may have been tightened before.
        original: the limits as the network gave them.
        excess: (R,T) signed breach of the original limits by power flow.
        agree: share of a limit up to which a breach counts as none.

    Returns:
        Limits to plan with again, or None where power flow and rows agree.
    """
    now = found.model.problem.limits
    value = original.sens @ found.model.net_kw(found.x)
    size = sizes(original)[:, None]
    above, below = excess - (value - original.high), excess - (value - original.low)
    tol = agree * size
    high = np.where((excess > tol) & (above > tol), value - excess, np.inf)
    low = np.where((excess < -tol) & (below < -tol), value - excess, -np.inf)
    if not (np.isfinite(high).any() or np.isfinite(low).any()):
        return None
    high, low = np.minimum(now.high, high), np.maximum(now.low, low)
    crossed = low > high
    middle = (np.where(crossed, low, 0.0) + np.where(crossed, high, 0.0)) / 2
    return replace(now, low=np.where(crossed, middle, low), high=np.where(crossed, middle, high))


def _wants(offers: Offers, asset: I) -> F:
    """(K,) what each envelope unit would do in the first slot if left alone."""
    owner = np.concatenate([band.asset for band in offers.envelope])
    wish = np.concatenate([band.want_kw[:, 0] for band in offers.envelope])
    order = np.argsort(owner, kind="stable")
    wants: F = wish[order[np.searchsorted(owner, asset, sorter=order)]]
    return wants
