"""Prices to start from: they balance a sample, prove a bound, and stay honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.rng import Rng
from commonwatt.platform.dispatch.coordinator.ascent import (
    FROM_NEAR,
    FROM_NOTHING,
    Pace,
    Sample,
    _excess,
    ascended,
)
from commonwatt.platform.dispatch.coordinator.bound import lower_bound
from commonwatt.platform.dispatch.coordinator.market import Duals
from commonwatt.platform.dispatch.coordinator.task import Task
from tests.platform.dispatch.coordinator.test_coordination import cycles, offers, task


def proved(work: Task, duals: Duals) -> float:
    """€ that no plan undercuts, by these prices."""
    answer = work.shards[0].priced(work.market.price(duals))
    return lower_bound(work.market, duals, float(answer.bound.sum()))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("room", [1.02, 1.3])
def test_prices_that_balance_prove_nearly_all(seed: int, room: float) -> None:
    work = task(replace(offers(seed), profile=(cycles(seed),)), room)
    sure = work.solve().certificate
    nothing = proved(work, work.market.no_duals())
    near = proved(work, work.start().duals)
    assert near <= sure.mixed_eur
    assert near - nothing > 0.9 * (sure.lower_eur - nothing) > 0


def test_what_cannot_be_kept_is_priced_as_dear_as_its_breach() -> None:
    work = task(offers(2), room=0.2)
    duals, most = work.start().duals, work.market.breach_price[:, None] * work.market.hours
    assert (np.abs(duals.limit) <= most + 1e-12).all()
    assert (duals.limit[0] > 0.5 * most[0]).any()


@pytest.mark.parametrize("pace", [FROM_NOTHING, FROM_NEAR])
def test_prices_are_honest(pace: Pace) -> None:
    work = task(offers(5))
    sample = Sample.of(work.rows, work.market, 30, Rng(0))
    duals = ascended(sample, work.market.no_duals(), pace)
    again = work.market.honest(duals)
    for one, other in ((duals.up, again.up), (duals.down, again.down), (duals.limit, again.limit)):
        assert one == pytest.approx(other, abs=1e-12)


def test_a_sample_stands_for_every_family_and_place() -> None:
    work = task(replace(offers(3, 300), profile=(cycles(3, 60),)))
    total = sum(len(rows) for rows in work.rows)
    sample = Sample.of(work.rows, work.market, total // 3, Rng(1))
    assert len(sample.place) == pytest.approx(total / 3, rel=0.05)
    whole = np.concatenate([work.market.place[rows.connection] for rows in work.rows])
    assert np.bincount(sample.place) == pytest.approx(np.bincount(whole) / 3, abs=4)
    assert sample.market.high == pytest.approx(work.market.high * len(sample.place) / total)
    duals = work.market.no_duals()
    every = Sample.of(work.rows, work.market, total, Rng(1)).taken_kw(duals, 0.0)
    asked = work.shards[0].priced(work.market.price(duals)).power_kw
    assert every.sum(axis=0) == pytest.approx(asked.sum(axis=0), abs=1e-9)


def test_free_energy_still_lets_limits_have_a_price() -> None:
    work = task(offers(4), room=0.9)
    free = replace(work.market, energy_price=np.zeros(work.market.hours.size))
    sample = Sample.of(work.rows, free, 90, Rng(0))
    assert np.abs(ascended(sample, free.no_duals(), FROM_NOTHING).limit).max() > 0


@given(value=st.lists(st.floats(0, 10), min_size=1, max_size=6), most=st.floats(0, 20))
def test_peaks_are_paid_by_the_nearest_prices(value: list[float], most: float) -> None:
    given = np.array(value)
    near = np.maximum(0.0, given - _excess(given, most))
    assert near.sum() <= most + 1e-9
    corners = np.vstack([np.zeros(given.size), most * np.eye(given.size)])
    assert ((corners - near) @ (given - near) <= 1e-8).all(), "another allowed price is nearer"
