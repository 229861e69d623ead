"""Price coordination (Dantzig-Wolfe): prices out, best responses back, the best mixture of them.

Every round asks all rows at prices between those that proved the best bound so far and the master's
newest, adds the answers that would improve the master, and solves it. The gap between what the
mixture costs and what the bound proves is certified in every round.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import uniform_filter1d

from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.bound import lower_bound
from commonwatt.platform.dispatch.coordinator.market import Duals, Market
from commonwatt.platform.dispatch.coordinator.master import Master, Mixture
from commonwatt.platform.dispatch.coordinator.shards import Pool, Shard

_IMPROVES = 1e-9


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard to try.

    Attributes:
        gap: certified relative gap at which to stop.
        rounds: most rounds of prices.
        tries: noisy prices asked before the first master, so that it can mix.
        noise: their spread, a share of the price.
        caution: share of the best-proved prices in what is asked next.
        seed: of the noise and of samples.
    """

    gap: float = 1e-3
    rounds: int = 60
    tries: int = 12
    noise: float = 0.1
    caution: float = 0.5
    seed: int = 0


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
class Outcome:
    """A certified mixture.

    Attributes:
        mixture: the master's last solution.
        asked: prices (P,T) of every asking, which a column's `asked` points to.
        duals: prices that proved the best bound, to start the next horizon from.
        trail: one entry per round.
        master: the columns.
    """

    mixture: Mixture
    asked: list[F]
    duals: Duals
    trail: list[Round]
    master: Master


@dataclass
class Coordinator:
    """Coordinates the rows in `pool` over one market."""

    market: Market
    pool: Pool
    effort: Effort = field(default_factory=Effort)
    _asked: list[F] = field(default_factory=list)

    def run(self, start: Duals, groups: Shard) -> Outcome:
        """From the prices `start`; `groups` is any shard of the pool."""
        effort, market = self.effort, self.market
        self._asked = []
        count = np.sum(self.pool.map_shards(_counted, np.empty((0, 0))), axis=0)
        master, everyone = Master(market, groups.place, count), np.flatnonzero(count)
        best, lower, answer = start, -np.inf, None
        best = market.honest(start)
        for n in range(effort.tries + 1):
            price = market.price(best)
            if n:
                price = price * self._noise(price.shape, n)
            answer = self._ask(price)
            if n == 0:
                lower = lower_bound(market, best, float(answer.bound.sum()))
            master.add(answer, everyone, len(self._asked) - 1)
        master.open(best)
        box = self._box(best)
        master.box(box)
        trail: list[Round] = []
        caution = effort.caution
        mixture = master.solve()
        for _ in range(effort.rounds):
            upper = mixture.private_eur + market.bill(mixture.power_kw).total
            trail.append(Round(lower=lower, upper=upper, columns=master.group.size))
            if trail[-1].gap <= effort.gap:
                break
            ask = mixture.duals.mixed(best, caution)
            answer = self._ask(market.price(ask))
            proved = lower_bound(market, ask, float(answer.bound.sum()))
            if proved > lower:
                best, lower = ask, proved
            box = np.where(self._strained(mixture), 4 * box, np.maximum(box, self._box(best)))
            master.box(box)
            chosen = everyone[self._improves(answer, mixture, groups.place)[everyone]]
            if chosen.size:
                master.add(answer, chosen, len(self._asked) - 1)
                mixture = master.solve()
                caution = effort.caution
            else:
                caution = 0.0
        return Outcome(mixture=mixture, asked=self._asked, duals=best, trail=trail, master=master)

    def _ask(self, price: F) -> Answer:
        self._asked.append(price)
        return Answer.summed(self.pool.map_shards(Shard.priced, price))

    def _improves(self, answer: Answer, mixture: Mixture, place: I) -> B:
        paid = (self.market.price(mixture.duals) * self.market.hours)[place]
        worth = answer.cost + (paid * answer.power_kw).sum(axis=1)
        return worth < mixture.value - _IMPROVES * (1 + np.abs(mixture.value))

    def _box(self, duals: Duals) -> F:
        """(R,T) €/unit that limits may cost in the master: a few times what they are known to."""
        market = self.market
        mean = float(np.mean(np.abs(market.energy_price)))
        felt = np.maximum(np.abs(market.sens).max(axis=1), 1e-12)
        return np.maximum(3 * np.abs(duals.limit), mean * market.hours / felt[:, None])

    def _strained(self, mixture: Mixture) -> B:
        """(R,T) limits the mixture breaks."""
        market = self.market
        size = 1e-6 * (1 + np.abs(market.sens @ mixture.power_kw))
        return np.abs(market.bill(mixture.power_kw).breach) > size

    def _noise(self, shape: tuple[int, ...], n: int) -> F:
        rng = Rng(self.effort.seed)
        places, slots = np.arange(shape[0])[:, None], np.arange(shape[1])
        rough = rng.normal(f"coordinator.noise.{n}", places, slots)
        smooth = uniform_filter1d(rough, 4, axis=1, mode="wrap") * 2.0
        noise: F = 1 + self.effort.noise * (0.5 + (n % 3) / 2) * smooth
        return noise


def _counted(shard: Shard, prices: F) -> I:
    del prices
    return shard.count
