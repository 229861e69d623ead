"""From what sectors offer to a coordinated plan: the door to this package."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Limits, Offers
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch.coordinator.ascent import (
    FROM_NEAR,
    FROM_NOTHING,
    Sample,
    ascended,
)
from commonwatt.platform.dispatch.coordinator.blocks import Block, Family, families, reached
from commonwatt.platform.dispatch.coordinator.coordinator import (
    Coordinator,
    Effort,
    Outcome,
    Start,
)
from commonwatt.platform.dispatch.coordinator.market import Market
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.shards import Pool, Shard
from commonwatt.platform.dispatch.objective import Objective

_SAMPLE = 5_000


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

    def start(self, seed: int = 0, last: Start | None = None) -> Start:
        """Where a search begins: prices at which a sample of the rows nearly balances.

        Args:
            seed: of the sample.
            last: where the last horizon's search ended, moved on (`Start.onto`), if there was one.
        """
        sample = Sample.of(self.rows, self.market, _SAMPLE, Rng(seed))
        if last is None:
            nothing = self.market.no_duals()
            return Start.at(self.market, ascended(sample, nothing, FROM_NOTHING))
        near = last.within(self.market)
        return replace(near, duals=ascended(sample, near.duals, FROM_NEAR))

    def solve(
        self, effort: Effort | None = None, last: Start | None = None, pool: Pool | None = None
    ) -> Outcome:
        """A certified plan.

        Args:
            effort: how hard to try.
            last: as of `start`.
            pool: where the shards are; in this process if not given.
        """
        effort = effort or Effort()
        search = Coordinator(self.market, pool or Here(self.shards), effort)
        return search.run(self.start(effort.seed, last))

    def powers(self, outcome: Outcome) -> list[F]:
        """Per table of `rows`, (N,T) power of every row, put together from the shards."""
        slots = self.market.hours.size
        found = [np.zeros((len(table), slots)) for table in self.rows]
        for shard, parts in zip(self.shards, outcome.powers, strict=True):
            for block, whole, part in zip(shard.blocks, found, parts, strict=True):
                whole[block.number] = part
        return found
