"""Price coordination (Dantzig-Wolfe): prices out, best responses back, the best mixture of them.

Every round asks all rows at prices between those that proved the best bound so far and the master's
newest, adds the answers that would improve the master, and solves it. The gap between what the
mixture costs and what the bound proves is certified in every round.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.bound import lower_bound
from commonwatt.platform.dispatch.coordinator.market import Duals, Market, onto
from commonwatt.platform.dispatch.coordinator.master import Master, Mixture
from commonwatt.platform.dispatch.coordinator.noise import smooth
from commonwatt.platform.dispatch.coordinator.recipe import Recipe, recipe
from commonwatt.platform.dispatch.coordinator.shards import Pool, Shape

_IMPROVES = 1e-9
_NAMED = 1e-6
_NONE = (0.0,)
_KEPT = 3
_REPAIRS = 4
"""Most rounds in which what may mix makes up for what was dealt whole."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard to try.

    Attributes:
        gap: certified relative gap at which to stop.
        rounds: most rounds of prices.
        tries: noisy prices asked before the first master, so that it can mix; one where an earlier
            mixture is known.
        noise: their spread, a share of the price.
        columns: what the master keeps beside the newest, though no less than three of a group: few
            groups need many each, and many are slow.
        cautions: shares of the best-proved prices in what is asked next.
        seed: of the noise and of samples.
    """

    gap: float = 1e-3
    rounds: int = 60
    tries: int = 6
    noise: float = 0.025
    columns: int = 2_400
    cautions: tuple[float, ...] = (0.85, 0.6)
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """Where a search begins.

    Attributes:
        duals: prices of what is shared that are thought to be near.
        asked: prices (P,T) whose answers are thought to make up most of the mixture, and
        used: (G,) whether each group's is wanted, for every one of them.
        row: (R,) which of the network's limits the duals are of.
        place: (C,) place of every connection.
    """

    duals: Duals
    asked: tuple[F, ...]
    used: tuple[B, ...]
    row: I
    place: I

    @classmethod
    def at(cls, market: Market, duals: Duals, mix: Recipe | None = None) -> Start:
        """A start at prices of `market`, from the mixture `mix` if one is known."""
        mix = mix or Recipe(price=[], share=[])
        return cls(
            duals=duals,
            asked=tuple(mix.price),
            used=tuple(share > 0 for share in mix.share),
            row=market.row,
            place=market.place,
        )

    def within(self, market: Market) -> Start:
        """The same in `market`, where other limits may break and other connections be alike."""
        _, here, there = np.intersect1d(self.row, market.row, return_indices=True)
        limit = np.zeros(market.low.shape)
        limit[there] = self.duals.limit[here]
        near = self.place[market.first]
        return replace(
            self,
            duals=market.honest(replace(self.duals, limit=limit)),
            asked=tuple(price[near] for price in self.asked),
            row=market.row,
            place=market.place,
        )

    def onto(self, before: Window, now: Window) -> Start:
        """The start of a search over `before` for one over `now`."""
        return replace(
            self,
            duals=self.duals.onto(before, now),
            asked=tuple(onto(price, before, now) for price in self.asked),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Round:
    """What one round left: €, and the columns so far."""

    lower: float
    upper: float
    columns: int

    @property
    def gap(self) -> float:
        """(upper − lower)/|lower|."""
        return (self.upper - self.lower) / max(abs(self.lower), 1e-12)


@dataclass(frozen=True, kw_only=True, eq=False)
class Certificate:
    """What is known of a plan.

    Attributes:
        lower_eur: no plan costs less.
        mixed_eur: what the best mixture costs, starts of whole rows mixed.
        cost_eur: what the plan costs, every whole row whole.
        told_eur: the part of `lower_eur` that rests on the word of homes elsewhere.
        rounds: rounds of prices, and
        columns: answers kept.
        breach: (R,T) by how much the plan breaks each limit of the market.
        broken: the names of the limits it breaks.
        price: (P,T) €/kWh of one more kW at each place.
        notes: a sentence on every home whose word could not be taken, and what it is counted at.
    """

    lower_eur: float
    mixed_eur: float
    cost_eur: float
    told_eur: float
    rounds: int
    columns: int
    breach: F
    broken: tuple[str, ...]
    price: F
    notes: tuple[str, ...]

    @property
    def gap(self) -> float:
        """Certified relative gap of the mixture."""
        return (self.mixed_eur - self.lower_eur) / max(abs(self.lower_eur), 1e-12)

    @property
    def whole_gap(self) -> float:
        """Certified relative gap of the plan."""
        return (self.cost_eur - self.lower_eur) / max(abs(self.lower_eur), 1e-12)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A certified plan.

    Attributes:
        powers: per shard and block, (N,T) power of every row that is ours.
        certificate: what is known of it.
        start: where a search for the same plan would begin.
        trail: one entry per round.
    """

    powers: list[list[F]]
    certificate: Certificate
    start: Start
    trail: list[Round]


@dataclass(eq=False)
class _State:
    """A run so far: the best-proved prices and what they prove, the mixture, the limits' box."""

    best: Duals
    lower: float
    mixture: Mixture
    box: F
    trail: list[Round] = field(default_factory=list)


@dataclass
class Coordinator:
    """Coordinates the rows in `pool` over one market."""

    market: Market
    pool: Pool
    effort: Effort = field(default_factory=Effort)
    _asked: list[F] = field(default_factory=list)

    def run(self, start: Start) -> Outcome:
        """A certified plan, searched from `start`."""
        self._asked = []
        shape = self.pool.shape()
        master = Master(self.market, shape.place, shape.count)
        state = self._begun(master, start, shape.count)
        self._search(master, state, np.flatnonzero(shape.count), self.effort.rounds)
        return self._settled(master, state, shape)

    def _begun(self, master: Master, start: Start, count: I) -> _State:
        """Answers to the first prices and to others beside them, and their best mixture."""
        everyone, market, best = np.flatnonzero(count), self.market, start.duals
        price = market.price(best)
        answer = self._ask(price)
        lower = lower_bound(market, best, float(answer.bound.sum()))
        master.add(answer, everyone, len(self._asked) - 1)
        pairs = zip(start.asked, start.used, strict=True)
        known = [pair for pair in pairs if pair[1].size == count.size]  # else the groups are others
        for beside, used in known:
            answer = self._ask(beside, used)
            master.add(answer, np.flatnonzero(used & (count > 0)), len(self._asked) - 1)
        for n in range(min(1, self.effort.tries) if known else self.effort.tries):
            answer = self._ask(price * self._noise(price.shape, n))
            master.add(answer, everyone, len(self._asked) - 1)
        box = self._box(best)
        master.box(box)
        master.open(best)
        return _State(best=best, lower=lower, mixture=master.solve(), box=box)

    def _search(self, master: Master, state: _State, groups: I, rounds: int) -> None:
        """Rounds of prices until the gap is certified; only `groups` may change what they do."""
        market, effort, cautions = self.market, self.effort, self.effort.cautions
        for n in range(rounds + 1):
            upper = self._cost(state.mixture)
            state.trail.append(Round(lower=state.lower, upper=upper, columns=master.group.size))
            if n == rounds or state.trail[-1].gap <= effort.gap:
                return
            answers, best = [], state.best
            for caution in cautions:
                ask = state.mixture.duals.mixed(best, caution)
                answer = self._ask(market.price(ask))
                answers.append(answer)
                proved = lower_bound(market, ask, float(answer.bound.sum()))
                if proved > state.lower:
                    state.best, state.lower = ask, proved
            strained = self._strained(state.mixture)
            state.box = np.where(
                strained, 4 * state.box, np.maximum(state.box, self._box(state.best))
            )
            master.box(state.box)
            master.forget(max(_KEPT, effort.columns // max(1, groups.size)))
            found = False
            for asked, answer in enumerate(answers, start=len(self._asked) - len(answers)):
                chosen = groups[self._improves(answer, state.mixture, master.place)[groups]]
                found = found or chosen.size > 0
                master.add(answer, chosen, asked)
            if not (found or strained.any()) and cautions == _NONE:
                return
            cautions = effort.cautions if found else _NONE
            state.mixture = master.solve()

    def _settled(self, master: Master, state: _State, shape: Shape) -> Outcome:
        """Every row's power: whole rows choose, the others make up for what that changes."""
        mixed_eur, place = self._cost(state.mixture), shape.place
        whole, rest = (np.flatnonzero((shape.whole == w) & (shape.count > 0)) for w in (1, 0))
        mix = self._recipe(master, state.mixture, place.size)
        start = Start.at(self.market, state.best, mix)
        answer = self.pool.rounded(mix, self.effort.seed)
        if whole.size:
            state.box = np.full(state.box.shape, np.inf)
            master.box(state.box)
            master.fix(whole, answer)
            state.mixture = master.solve()
            self._search(master, state, rest, _REPAIRS)
            mix = self._recipe(master, state.mixture, place.size)
        parts = self.pool.mixed(mix)
        power = np.zeros((place_count(self.market), self.market.hours.size))
        np.add.at(power, place, parts.power_kw + answer.power_kw)
        private = float(parts.cost.sum()) + float(answer.cost.sum())
        price = self.market.price(state.best)
        told = self.pool.told(price)
        bill = self.market.bill(power)
        broken = np.flatnonzero((np.abs(bill.breach) > _NAMED).any(axis=1))
        certificate = Certificate(
            lower_eur=state.lower, mixed_eur=mixed_eur, cost_eur=private + bill.total,
            told_eur=told.bound_eur, rounds=len(state.trail), columns=master.group.size,
            breach=bill.breach, broken=tuple(self.market.name[r] for r in broken), price=price,
            notes=told.notes,
        )  # fmt: skip
        return Outcome(
            powers=self.pool.powers(), certificate=certificate, start=start, trail=state.trail
        )

    def _recipe(self, master: Master, mixture: Mixture, groups: int) -> Recipe:
        return recipe(self._asked, master.group, master.asked, mixture.share, groups)

    def _cost(self, mixture: Mixture) -> float:
        return mixture.private_eur + self.market.bill(mixture.power_kw).total

    def _ask(self, price: F, wanted: B | None = None) -> Answer:
        self._asked.append(price)
        return self.pool.priced(price, wanted)

    def _improves(self, answer: Answer, mixture: Mixture, place: I) -> B:
        paid = (self.market.price(mixture.duals) * self.market.hours)[place]
        worth = answer.cost + (paid * answer.power_kw).sum(axis=1)
        better: B = worth < mixture.value - _IMPROVES * (1 + np.abs(mixture.value))
        return better

    def _box(self, duals: Duals) -> F:
        """(R,T) €/unit that limits may cost in the master: a few times what they are known to."""
        market = self.market
        mean = float(np.mean(np.abs(market.energy_price)))
        felt = np.maximum(np.abs(market.sens).max(axis=1), 1e-12)
        most: F = np.maximum(3 * np.abs(duals.limit), mean * market.hours / felt[:, None])
        return most

    def _strained(self, mixture: Mixture) -> B:
        """(R,T) limits the mixture breaks."""
        market = self.market
        size = 1e-6 * (1 + np.abs(market.sens @ mixture.power_kw))
        strained: B = np.abs(market.bill(mixture.power_kw).breach) > size
        return strained

    def _noise(self, shape: tuple[int, int], n: int) -> F:
        spread = self.effort.noise * (0.5 + (n + 1) % 3 / 2)
        noise: F = 1 + spread * smooth(Rng(self.effort.seed), f"coordinator.noise.{n}", shape)
        return noise


def place_count(market: Market) -> int:
    """P."""
    return int(market.loss.shape[0])
