"""From what sectors offer to a coordinated plan: the door to this package."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Limits, Offers
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.coordinator.blocks import Block, Family, families, reached
from commonwatt.platform.dispatch.coordinator.coordinator import (
    Coordinator,
    Effort,
    Outcome,
    Start,
)
from commonwatt.platform.dispatch.coordinator.market import Market
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.sample import sampled_prices
from commonwatt.platform.dispatch.coordinator.shards import Pool, Shard
from commonwatt.platform.dispatch.objective import Objective

_SAMPLE = 600


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What is to be coordinated.

    Attributes:
        market: what is shared.
        rows: the rows, family by family.
        shards: the same rows, dealt out.
    """

    market: Market
    rows: tuple[Family, ...]
    shards: tuple[Shard, ...]

    @classmethod
    def of(
        cls, offers: Offers, limits: Limits, around_kw: F, objective: Objective, shards: int = 1
    ) -> Task:
        """The task of `offers` within `limits`, its rows dealt to `shards`.

        Args:
            offers: what may move; profiles need slots of one width.
            limits: the wires, linearised around
            around_kw: (C,T) this operating point.
            objective: system prices.
            shards: how many parts to deal the rows to; the plan does not depend on it.
        """
        hours = offers.window.hours
        if offers.profile and np.ptp(hours) > 0:
            msg = "profiles count in slots: give them a window whose slots are all as wide"
            raise InvalidInput(msg)
        rows = families(offers)
        if not rows:
            msg = "nothing is offered that prices could move: give at least one flexible row"
            raise InvalidInput(msg)
        reach = reached(rows, *offers.fixed_kw.shape)
        market = Market.of(offers, limits, around_kw, objective, reach)
        places = market.loss.shape[0]
        blocks = tuple(Block.by_place(table, market.place, places) for table in rows)
        town = Shard(blocks=blocks, hours=hours)
        return cls(market=market, rows=rows, shards=(town,) if shards == 1 else town.dealt(shards))

    def start(self, seed: int = 0) -> Start:
        """Where to start from when no horizon went before."""
        duals = sampled_prices(self.rows, self.market, size=_SAMPLE, seed=seed)
        return Start.at(self.market, duals)

    def solve(
        self, effort: Effort | None = None, start: Start | None = None, pool: Pool | None = None
    ) -> Outcome:
        """A certified plan.

        Args:
            effort: how hard to try.
            start: where the last horizon's outcome says, moved on (`Start.onto`).
            pool: where the shards are; in this process if not given.
        """
        effort = effort or Effort()
        first = self.start(effort.seed) if start is None else start
        return Coordinator(self.market, pool or Here(self.shards), effort).run(first)

    def powers(self, outcome: Outcome) -> list[F]:
        """Per table of `rows`, (N,T) power of every row, put together from the shards."""
        slots = self.market.hours.size
        found = [np.zeros((len(table), slots)) for table in self.rows]
        for shard, parts in zip(self.shards, outcome.powers, strict=True):
            for block, whole, part in zip(shard.blocks, found, parts, strict=True):
                whole[block.number] = part
        return found
