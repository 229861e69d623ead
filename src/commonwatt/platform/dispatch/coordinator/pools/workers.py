"""Shards held by workers: asked at once, every answer checked, whoever fails begun anew once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.units import B, F
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.pools.faults import fault, overstated
from commonwatt.platform.dispatch.coordinator.recipe import Recipe
from commonwatt.platform.dispatch.coordinator.shards import Shape, Shard, Told

PATIENCE_S = 60.0
START_S = 180.0
"""How long a worker may take to start and load what it needs, before it can be asked."""


class Failed(Exception):  # noqa: N818 - reads as what it is
    """A worker gave no answer that can be used; the text says why."""


class Worker(Protocol):
    """Holds one shard."""

    name: str

    def begin(self) -> None:
        """Start, or start anew, with the rows; does not wait until that is done."""

    def ask(self, question: str, given: tuple[Any, ...]) -> None:
        """Send a question of `Pool`; does not wait for the answer."""

    def answer(self, within_s: float) -> Any:
        """The answer to what was asked last.

        Raises:
            Failed: there is none.
        """

    def end(self) -> None:
        """Let it go."""


class Workers:
    """A pool of workers (fills `Pool`); use it in a `with` block.

    A worker that dies, is silent for `patience_s` or answers what cannot be is begun anew and asked
    again. It answers as before, for answers follow from the rows and the question alone.
    """

    def __init__(
        self, shards: Sequence[Shard], workers: Sequence[Worker], patience_s: float = PATIENCE_S
    ) -> None:
        self._shape = Shape.summed([shard.shape for shard in shards])
        self._hours, self._patience_s = shards[0].hours, patience_s
        self._workers = tuple(workers)
        self._kept: dict[str, tuple[Any, ...]] = {}
        self.restarts: list[str] = []
        for worker in workers:
            worker.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let all workers go."""
        for worker in self._workers:
            worker.end()

    def shape(self) -> Shape:
        """Of all groups; a run begins."""
        self._kept.clear()
        return self._shape

    def priced(self, price: F, wanted: B | None = None) -> Answer:
        """The responses to `price` (P,T) €/kWh of the groups `wanted` (G,), all if not given.

        Raises:
            NoPlan: a worker failed twice; it is named.
        """
        return Answer.summed(self._all("priced", price, wanted))

    def rounded(self, mix: Recipe, seed: int) -> Answer:
        """What groups do that must stay whole.

        Raises:
            NoPlan: a worker failed twice; it is named.
        """
        return Answer.summed(self._all("rounded", mix, seed))

    def mixed(self, mix: Recipe) -> Answer:
        """What groups do that may mix.

        Raises:
            NoPlan: a worker failed twice; it is named.
        """
        return Answer.summed(self._all("mixed", mix))

    def powers(self) -> list[list[F]]:
        """Per shard and block, (N,T) power.

        Raises:
            NoPlan: a worker failed twice; it is named.
        """
        return [powers for (powers,) in self._all("powers")]

    def told(self, price: F) -> Told:
        """Nothing: workers are ours."""
        del price
        return Told()

    def _all(self, question: str, *given: Any) -> list[Any]:
        for worker in self._workers:
            worker.ask(question, given)
        answers = [self._heard(worker, question, given) for worker in self._workers]
        if question in {"rounded", "mixed"}:  # what a worker must do again to know its powers
            self._kept[question] = given
        return answers

    def _heard(self, worker: Worker, question: str, given: tuple[Any, ...]) -> Any:
        try:
            return self._checked(worker, question, given)
        except Failed as why:
            self.restarts.append(f"{worker.name}: {why}")
        try:
            worker.begin()
            for before, told in self._kept.items():
                worker.ask(before, told)
                self._checked(worker, before, told)
            worker.ask(question, given)
            return self._checked(worker, question, given)
        except Failed as why:
            self.close()
            msg = f"{worker.name} was begun anew and failed again: {why}"
            raise NoPlan(msg) from why

    def _checked(self, worker: Worker, question: str, given: tuple[Any, ...]) -> Any:
        answer = worker.answer(self._patience_s)
        if question == "powers":
            return answer
        wrong = fault(answer, self._shape.place.size, self._hours.size)
        if not wrong and question == "priced":
            wrong = overstated(answer, (given[0] * self._hours)[self._shape.place])
        if wrong:
            raise Failed(wrong)
        return answer
