"""Shards in processes and on Ray: the same plan to the last bit, and what happens to them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from commonwatt.kernel.errors import InvalidInput, NoPlan
from commonwatt.platform.dispatch.coordinator import Task
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.pools import ray as on_ray
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.pools.processes import Processes
from commonwatt.platform.dispatch.coordinator.pools.workers import Failed, Workers
from tests.platform.dispatch.coordinator.test_coordination import task
from tests.platform.dispatch.coordinator.test_shards import (
    FEW,
    assert_same_plan,
    every_family,
    same_answer,
)


@pytest.fixture(scope="module")
def town() -> Task:
    return task(every_family(5, 90), shards=2)


@pytest.fixture
def pool(town: Task) -> Iterator[Processes]:
    with Processes(town.shards, patience_s=20.0) as pool:
        yield pool


def price(town: Task) -> np.ndarray:
    return town.market.price(town.market.no_duals())


def test_processes_plan_the_same_to_the_last_bit(town: Task, pool: Processes) -> None:
    here = town.solve(FEW)
    assert_same_plan((town, here), (town, town.solve(FEW, pool=pool)))
    assert pool.restarts == []


def test_a_process_that_is_killed_is_begun_anew_and_the_plan_is_the_same(
    town: Task, pool: Processes
) -> None:
    pool.shape()
    pool.priced(price(town))
    os.kill(pool.processes[1].pid, signal.SIGKILL)
    assert_same_plan((town, town.solve(FEW)), (town, town.solve(FEW, pool=pool)))
    assert pool.restarts == ["shard 2 of 2 (a process): it died"]


def test_what_a_process_had_decided_is_decided_again(town: Task, pool: Processes) -> None:
    outcome = town.solve(FEW, pool=pool)
    os.kill(pool.processes[0].pid, signal.SIGKILL)
    again = pool.powers()
    for one, other in zip(outcome.powers, again, strict=True):
        assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_a_process_that_hangs_is_replaced(town: Task) -> None:
    with Processes(town.shards, patience_s=6.0) as pool:
        first = pool.priced(price(town))
        os.kill(pool.processes[0].pid, signal.SIGSTOP)
        assert same_answer(first, pool.priced(price(town)))
        assert pool.restarts == ["shard 1 of 2 (a process): it was silent for 6 s"]


class Liar:
    """A worker that says of every question what it was told to."""

    name = "shard 1 of 1 (a liar)"

    def __init__(self, *says: object) -> None:
        self.says, self.begun, self.ended = list(says), 0, False

    def begin(self) -> None:
        self.begun += 1

    def ask(self, question: str, given: tuple[object, ...]) -> None:
        del question, given

    def answer(self, within_s: float) -> object:
        del within_s
        said = self.says.pop(0)
        if isinstance(said, Failed):
            raise said
        return said

    def end(self) -> None:
        self.ended = True


def altered(answer: Answer, name: str, value: np.ndarray) -> Answer:
    fields = {n: getattr(answer, n) for n in ("power_kw", "cost", "bound")}
    return Answer(**{**fields, name: value})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("power_kw", lambda a: a.power_kw * np.nan, "numbers that are none"),
        ("power_kw", lambda a: a.power_kw[:, 1:], "with powers"),
        ("cost", lambda a: a.cost[1:], "costs for"),
        ("bound", lambda a: a.bound + 1.0, "is the least"),
    ],
)
def test_nonsense_twice_is_no_plan_and_names_the_shard(
    town: Task, name: str, value: object, words: str
) -> None:
    true = Here(town.shards).priced(price(town))
    lie = altered(true, name, value(true))  # type: ignore[operator]
    once = Liar(lie, true)
    pool = Workers(town.shards, [once])
    assert same_answer(pool.priced(price(town)), true)
    assert once.begun == 2
    assert words in pool.restarts[0]
    twice = Liar(lie, lie)
    with pytest.raises(NoPlan, match=r"shard 1 of 1 \(a liar\) was begun anew and failed again"):
        Workers(town.shards, [twice]).priced(price(town))
    assert twice.ended


def test_ray_plans_the_same_to_the_last_bit_and_survives_a_death(town: Task) -> None:
    ray = pytest.importorskip("ray")
    try:
        with on_ray.OnRay(town.shards) as pool:
            here = town.solve(FEW)
            assert_same_plan((town, here), (town, town.solve(FEW, pool=pool)))
            ray.kill(pool.actors[1].actor)
            assert same_answer(pool.priced(price(town)), Here(town.shards).priced(price(town)))
            assert pool.restarts == ["shard 2 of 2 (a Ray actor): it died (ActorDiedError)"]
    finally:
        ray.shutdown()


def test_without_ray_the_extra_is_named(town: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(InvalidInput, match="cluster"):
        on_ray.OnRay(town.shards)
