"""Where rows live: a shard answers prices for its rows; a pool answers for all of its shards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from commonwatt.kernel.units import B, F, I
from commonwatt.platform.dispatch.coordinator.blocks import Answer, Block
from commonwatt.platform.dispatch.coordinator.recipe import Recipe


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """What is known of G groups before any price is asked.

    Attributes:
        place: (G,) where each hangs.
        count: (G,) its rows.
        whole: (G,) 1 for groups whose part is not mixed by the master but dealt by themselves.
    """

    place: I
    count: I
    whole: I

    @classmethod
    def summed(cls, parts: list[Shape]) -> Shape:
        """Of the same groups, their rows spread over several shards."""
        return replace(parts[0], count=np.sum([part.count for part in parts], axis=0))


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
    def shape(self) -> Shape:
        """Of the groups."""
        return Shape(
            place=np.concatenate([block.place for block in self.blocks]),
            count=np.concatenate([np.diff(block.first) for block in self.blocks]),
            whole=np.concatenate([np.full(b.place.size, int(b.whole)) for b in self.blocks]),
        )

    def priced(self, price: F, wanted: B | None = None) -> Answer:
        """The responses to `price` (P,T) €/kWh of the groups `wanted` (G,), 0 of the others."""
        if wanted is None:
            return Answer.joined([block.priced(price, self.hours) for block in self.blocks])
        ends = np.cumsum([block.place.size for block in self.blocks])[:-1]
        parts = zip(self.blocks, np.split(wanted, ends), strict=True)
        return Answer.joined([block.priced(price, self.hours, mine) for block, mine in parts])

    def dealt(self, shards: int) -> tuple[Shard, ...]:
        """Its rows in `shards` parts of about equal work; a group is never torn.

        Groups answer with sums over their rows, so every sum is the same to the last bit however
        many parts there are.
        """
        owner = [_dealt(np.diff(block.first), shards) for block in self.blocks]
        return tuple(
            Shard(
                blocks=tuple(b.of_groups(o == s) for b, o in zip(self.blocks, owner, strict=True)),
                hours=self.hours,
            )
            for s in range(shards)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """What a plan owes to the word of others.

    Attributes:
        bound_eur: the part of the bound at some prices that only their word supports.
        notes: a sentence on everyone whose word could not be taken.
    """

    bound_eur: float = 0.0
    notes: tuple[str, ...] = ()


class Pool(Protocol):
    """Answers for all rows, wherever they are: here, in processes, on a cluster, in homes.

    A run asks `shape` first, `priced` many times, then `rounded`, `priced` again where need be,
    `mixed` and `powers`.
    """

    def shape(self) -> Shape:
        """Of all groups."""
        ...

    def priced(self, price: F, wanted: B | None = None) -> Answer:
        """The responses to `price` (P,T) €/kWh of the groups `wanted` (G,), all if not given."""
        ...

    def rounded(self, mix: Recipe, seed: int) -> Answer:
        """What groups do that must stay whole: one of their own answers a row, by its luck."""
        ...

    def mixed(self, mix: Recipe) -> Answer:
        """What groups do that may mix their answers."""
        ...

    def powers(self) -> list[list[F]]:
        """Per shard and block, (N,T) power of the rows that are ours, as just rounded and mixed."""
        ...

    def told(self, price: F) -> Told:
        """What the bound at `price` (P,T), asked before, owes to the word of others."""
        ...


def _dealt(count: I, shards: int) -> I:
    """(K,) shard of every group: the largest first, each to whoever has least so far."""
    owner, load = np.zeros(count.size, dtype=np.int64), np.zeros(shards, dtype=np.int64)
    for k in np.argsort(-count, kind="stable"):
        owner[k] = np.argmin(load)
        load[owner[k]] += count[k]
    return owner
