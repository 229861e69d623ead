"""Where rows live: a shard answers prices for its rows; a pool of shards answers for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from commonwatt.kernel.units import F, I
from commonwatt.platform.dispatch.coordinator.blocks import Answer, Block

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True, eq=False)
class Shard:
    """Rows kept together: the same groups in every shard of a pool, some of them empty.

    Attributes:
        blocks: the rows, family by family.
        hours: (T,) width of the slots.
    """

    blocks: tuple[Block, ...]
    hours: F

    @property
    def place(self) -> I:
        """(G,) place of every group."""
        return np.concatenate([block.place for block in self.blocks])

    @property
    def whole(self) -> I:
        """(G,) 1 for groups whose rows choose among separate answers."""
        return np.concatenate([np.full(b.place.size, int(b.whole)) for b in self.blocks])

    @property
    def count(self) -> I:
        """(G,) rows of every group."""
        return np.concatenate([np.diff(block.first) for block in self.blocks])

    def priced(self, price: F) -> Answer:
        """The groups' responses to `price` (P,T) €/kWh."""
        return Answer.joined([block.priced(price, self.hours) for block in self.blocks])


class Pool(Protocol):
    """Runs a function on every shard; processes and clusters fill this too."""

    def map_shards(self, function: Callable[[Shard, F], R], prices: F) -> list[R]:
        """`function(shard, prices)` of every shard, in the shards' order."""
        ...


@dataclass(frozen=True)
class Here:
    """All shards in this process, one after another; each uses every thread."""

    shards: tuple[Shard, ...]

    def map_shards(self, function: Callable[[Shard, F], R], prices: F) -> list[R]:
        """`function(shard, prices)` of every shard, in the shards' order."""
        return [function(shard, prices) for shard in self.shards]
