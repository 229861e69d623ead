"""Prices to start from: those at which a few rows balance if each sees its own, a little off.

A row that can wait takes the cheapest slots, however little cheaper they are: at prices that
balance a town, thousands of rows are indifferent and jump together, and the least change moves
them all. If every row sees prices of its own, what they take together is smooth in the prices
(randomised smoothing: Duchi, Bartlett & Wainwright 2012), and steps along what is missing find the
balance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.blocks import Block, Family, taken
from commonwatt.platform.dispatch.coordinator.market import Duals, Market
from commonwatt.platform.dispatch.coordinator.noise import smooth
from commonwatt.platform.dispatch.coordinator.shards import Shard

_INERTIA, _MEMORY = 0.8, 0.9
_LEAST_EUR = 0.01
"""€/kWh that steps are at least a share of, where energy is free."""


@dataclass(frozen=True)
class Falling:
    """A share that falls evenly from `first` to `last`, each time by the same factor."""

    first: float
    last: float

    def at(self, way: float) -> float:
        """What it is after `way` of all steps, 0 to 1."""
        fallen: float = self.first * (self.last / self.first) ** way
        return fallen


@dataclass(frozen=True)
class Pace:
    """How many `steps`; how `far` each moves prices, and how far `off` each row sees them.

    Both are shares of the price.
    """

    steps: int
    far: Falling
    off: Falling


FROM_NOTHING = Pace(100, Falling(2.0, 0.004), Falling(0.02, 0.0025))
FROM_NEAR = Pace(40, Falling(0.3, 0.004), Falling(0.01, 0.0025))


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A few rows, each a group of its own, and a market of their size.

    Attributes:
        market: what is shared, scaled to the rows.
        shard: the rows.
        place: (N,) of each.
        luck: (N,T) standard normal, of what each sees.
        felt: (R,1) what a kW changes each limit by at most.
    """

    market: Market
    shard: Shard
    place: I
    luck: F
    felt: F

    @classmethod
    def of(cls, families: tuple[Family, ...], market: Market, size: int, rng: Rng) -> Sample:
        """About `size` rows, every family and neighbourhood in proportion."""
        total = sum(len(rows) for rows in families)
        every = max(1, round(total / size))
        parts, blocks, count = [], [], 0
        for f, rows in enumerate(families):
            if not len(rows):
                continue
            order = np.argsort(market.place[rows.connection], kind="stable")
            begin = int(rng.uniform("coordinator.sample", f, 0) * min(every, order.size))
            part = taken(rows, order[begin::every])
            block = Block.by_row(part, market.place)
            blocks.append(replace(block, place=count + np.arange(len(part))))
            parts.append(part)
            count += len(part)
        return cls(
            market=scaled(market, count / total),
            shard=Shard(blocks=tuple(blocks), hours=market.hours),
            place=np.concatenate([market.place[part.connection] for part in parts]),
            luck=smooth(rng, "coordinator.luck", (count, market.hours.size)),
            felt=np.maximum(np.abs(market.sens).max(axis=1, initial=0.0), 1e-300)[:, None],
        )

    def taken_kw(self, duals: Duals, off: float) -> F:
        """(P,T) of every place at the prices `duals` if rows see them `off` by so much."""
        seen = self.market.price(duals)[self.place] * (1 + off * self.luck)
        answer = self.shard.priced(seen)
        power = np.zeros(self.market.loss.shape)
        np.add.at(power, self.place, answer.power_kw)
        return power


def scaled(market: Market, share: float) -> Market:
    """The same wires for `share` of the rows."""
    return replace(
        market,
        low=market.low * share,
        high=market.high * share,
        base_kw=market.base_kw * share,
        reached=market.reached * share,
    )


def ascended(sample: Sample, duals: Duals, pace: Pace) -> Duals:
    """Prices nearer to the balance of `sample` than `duals` are.

    Inside, either side of all that is shared has a price of its own, (2,1+R,T) with the substation
    first, in € per kW where it is felt most.
    """
    market, felt = sample.market, sample.felt
    price = np.maximum(0.0, _sided(duals.up, duals.down, duals.limit * felt))
    step = market.hours * max(_LEAST_EUR, float(np.mean(np.abs(market.energy_price))))
    breach = market.breach_price[:, None] * market.hours * felt
    most = np.vstack([np.full((1, market.hours.size), np.inf), breach])
    moving, size = np.zeros(price.shape), 0.0
    for n in range(pace.steps):
        way = n / pace.steps
        over = _over_kw(sample, duals, pace.off.at(way))
        over[(price == 0) & (over < 0)] = 0.0
        now = float(np.sqrt((over**2).sum() / market.hours.size))
        if now == 0:
            break
        moving = _INERTIA * moving + (1 - _INERTIA) * over
        size = _MEMORY * size + (1 - _MEMORY) * now if n else now
        far = pace.far.at(way) / (size * (1 - _INERTIA ** (n + 1)))
        price = np.clip(price + far * step * moving, 0.0, most)
        price[:, 0] = _payable(price[:, 0], market)
        limit = (price[0, 1:] - price[1, 1:]) / felt
        duals = market.honest(Duals(up=price[0, 0], down=price[1, 0], limit=limit))
    return duals


def _sided(up: F, down: F, limit: F) -> F:
    return np.stack([np.vstack([up, limit]), np.vstack([down, -limit])])


def _over_kw(sample: Sample, duals: Duals, off: float) -> F:
    """(2,1+R,T) beyond the peaks reached and the limits; below 0 where there is room."""
    market, power = sample.market, sample.taken_kw(duals, off)
    flow = market.base_kw + ((1 + market.loss) * power).sum(axis=0)
    value, reached = market.sens @ power, market.reached[market.day]
    above, below = (value - market.high) / sample.felt, (market.low - value) / sample.felt
    return np.stack([np.vstack([flow - reached, above]), np.vstack([-flow - reached, below])])


def _payable(paid: F, market: Market) -> F:
    """The nearest prices (2,T) of peaks of which no day's add up to more than a peak costs."""
    within = paid.copy()
    for day in range(market.reached.size):
        mine = market.day == day
        too_much = _excess(paid[:, mine].ravel(), market.peak_price)
        within[:, mine] = np.maximum(0.0, paid[:, mine] - too_much)
    return within


def _excess(value: F, most: float) -> float:
    """What to take off each, but none below 0, so that they add up to `most` (Held et al. 1974)."""
    if value.sum() <= most:
        return 0.0
    falling = np.sort(value)[::-1]
    over = (np.cumsum(falling) - most) / np.arange(1, value.size + 1)
    return float(over[falling >= over][-1])
