"""However rows are dealt to shards, the town answers and plans the same, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Envelope, Modes, Offers
from commonwatt.platform.dispatch.coordinator import Effort, Outcome, Task
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.pools.here import Here
from commonwatt.platform.dispatch.coordinator.recipe import Recipe
from tests.platform.dispatch.coordinator.test_coordination import (
    PLACES,
    SLOTS,
    cycles,
    offers,
    task,
)
from tests.platform.dispatch.towns import Dice

FEW = Effort(gap=1e-5, rounds=10, tries=4)


def every_family(seed: int, count: int = 30) -> Offers:
    """Stores, roofs, cycles and pumps, spread unevenly over four places."""
    dice = Dice(seed)
    where = np.minimum(dice(0, 2 * PLACES, 9), PLACES - 1).astype(np.int64)
    ix, one = np.arange(9), np.ones((9, SLOTS))
    roofs = Envelope(
        asset=500 + ix, connection=where, low_kw=-dice(1, 5, 9, SLOTS), want_kw=-one,
        high_kw=0 * one, down_price=np.broadcast_to(np.float64(0.01), (9, SLOTS)),
        up_price=0.02 * one,
    )  # fmt: skip
    pumps = Modes(
        asset=600 + ix, connection=where, power_kw=np.array([0.0, 2.0]) * dice(1, 3, 9, 1),
        run_price=np.array([0.3, 0.0]) * dice(0, 1, 9, 1), switch_price=np.full((9, 2, 2), 0.02),
        dwell=np.full((9, 2), 2), start_mode=ix % 2, start_dwell=0 * ix,
    )  # fmt: skip
    given = offers(seed, count)
    return replace(given, envelope=(roofs,), profile=(cycles(seed),), modes=(pumps,))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def same_answer(one: Answer, other: Answer) -> bool:
    return all(same(getattr(one, n), getattr(other, n)) for n in ("power_kw", "cost", "bound"))


def assert_same_plan(one: tuple[Task, Outcome], other: tuple[Task, Outcome]) -> None:
    mine, theirs = one[1].certificate, other[1].certificate
    assert theirs.lower_eur == mine.lower_eur
    assert theirs.mixed_eur == mine.mixed_eur
    assert theirs.cost_eur == mine.cost_eur
    assert theirs.rounds == mine.rounds
    powers = zip(one[0].powers(one[1]), other[0].powers(other[1]), strict=True)
    assert all(same(a, b) for a, b in powers)


@settings(max_examples=40, deadline=None, database=None)
@given(seed=st.integers(0, 10**6), shards=st.integers(2, 7))
def test_the_sum_of_shards_is_the_whole(seed: int, shards: int) -> None:
    town = every_family(seed)
    whole, parts = task(town), task(town, shards=shards)
    one, many = Here(whole.shards), Here(parts.shards)
    for name in ("place", "count", "whole"):
        assert same(getattr(one.shape(), name), getattr(many.shape(), name)), name
    dice = Dice(seed + 1)
    prices = [dice(-0.05, 0.4, PLACES, SLOTS) for _ in range(3)]
    for price in prices:
        assert same_answer(one.priced(price), many.priced(price))
    share = dice(0, 1, 3, one.shape().count.size)
    mix = Recipe(price=prices, share=list(share / share.sum(axis=0)))
    assert same_answer(one.rounded(mix, seed), many.rounded(mix, seed))
    assert same_answer(one.mixed(mix), many.mixed(mix))


@pytest.mark.parametrize("shards", [2, 3, 6])
def test_the_plan_does_not_depend_on_how_many_shards_there_are(shards: int) -> None:
    town = every_family(5, 90)
    whole, parts = task(town), task(town, shards=shards)
    assert_same_plan((whole, whole.solve(FEW)), (parts, parts.solve(FEW)))


def test_every_row_is_dealt_once_and_groups_are_never_torn() -> None:
    town = every_family(1, 90)
    whole, parts = task(town), task(town, shards=3)
    for b, block in enumerate(whole.shards[0].blocks):
        dealt = [shard.blocks[b] for shard in parts.shards]
        assert sorted(np.concatenate([d.number for d in dealt])) == list(range(len(block.rows)))
        owners = sum((np.diff(d.first) > 0).astype(int) for d in dealt)
        if not len(block.rows):
            continue
        assert owners.max() == 1
        assert max(len(d.rows) for d in dealt) < len(block.rows)


def test_tables_that_repeat_a_column_take_no_memory_in_a_shard() -> None:
    town = every_family(1, 90)
    roofs = task(town, shards=2).shards[0].blocks[-3].rows
    assert isinstance(roofs, Envelope)
    assert roofs.down_price.strides[1] == 0
    assert (roofs.down_price == 0.01).all()
