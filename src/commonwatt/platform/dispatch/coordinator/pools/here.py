"""All shards in this process."""

from __future__ import annotations

from collections.abc import Sequence

from commonwatt.kernel.units import B, F
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.disaggregate import mixed, rounded
from commonwatt.platform.dispatch.coordinator.recipe import Recipe
from commonwatt.platform.dispatch.coordinator.shards import Shape, Shard, Told


class Here:
    """Shards one after another; each uses every thread (fills `Pool`)."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.shards = tuple(shards)
        self._whole: list[list[F]] = []
        self._mixed: list[list[F]] = []

    def shape(self) -> Shape:
        """Of all groups."""
        return Shape.summed([shard.shape for shard in self.shards])

    def priced(self, price: F, wanted: B | None = None) -> Answer:
        """The responses to `price` (P,T) €/kWh of the groups `wanted` (G,), all if not given."""
        return Answer.summed([shard.priced(price, wanted) for shard in self.shards])

    def rounded(self, mix: Recipe, seed: int) -> Answer:
        """What groups do that must stay whole."""
        done = [rounded(shard, mix, seed) for shard in self.shards]
        self._whole = [powers for powers, _ in done]
        return Answer.summed([answer for _, answer in done])

    def mixed(self, mix: Recipe) -> Answer:
        """What groups do that may mix."""
        done = [mixed(shard, mix) for shard in self.shards]
        self._mixed = [powers for powers, _ in done]
        return Answer.summed([answer for _, answer in done])

    def powers(self) -> list[list[F]]:
        """Per shard and block, (N,T) power."""
        return [
            [one if one.size else other for one, other in zip(some, rest, strict=True)]
            for some, rest in zip(self._whole, self._mixed, strict=True)
        ]

    def told(self, price: F) -> Told:
        """Nothing: every answer is computed here."""
        del price
        return Told()
