"""Every family's best response against a rival that knows nothing of how it was found."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Envelope, Modes, Profile, Storage
from commonwatt.platform.dispatch.coordinator.account import levels, private_eur
from commonwatt.platform.dispatch.coordinator.blocks import Answer, Block, Family
from tests.platform.dispatch.coordinator import rivals
from tests.platform.dispatch.towns import Dice

SLOTS = 6
ZERO = np.zeros(1, dtype=np.int64)
many = settings(max_examples=120, deadline=None, database=None)
seeds = st.integers(0, 10**6)


def answered(rows: Family, price: np.ndarray, hours: np.ndarray) -> Answer:
    return Block.by_row(rows, ZERO).priced(price[None, :], hours)


def paid(answer: Answer, price: np.ndarray, hours: np.ndarray) -> float:
    return float(answer.cost[0] + answer.power_kw[0] @ (price * hours))


def store(dice: Dice, *, feeds: bool, uses: bool) -> Storage:
    sometimes = dice(0, 1, 1, SLOTS) < 0.4
    return Storage(
        asset=ZERO, connection=ZERO, draw_kw=dice(0, 4, 1, SLOTS),
        feed_kw=dice(0, 4, 1, SLOTS) * feeds, eta_in=dice(0.7, 1, 1, SLOTS) * (1 if feeds else 3),
        eta_out=dice(0.7, 1, 1, SLOTS), keep=dice(0.9, 1, 1, SLOTS),
        use_kwh=dice(-1, 2, 1, SLOTS) * uses,
        low_kwh=np.where(sometimes, dice(0, 6, 1, SLOTS), 0.0 if feeds else -np.inf),
        high_kwh=np.full((1, SLOTS), 8.0), short_price=dice(0, 1, 1, SLOTS),
        start_kwh=dice(0, 9, 1), wear_price=dice(0, 0.03, 1), end_price=dice(0, 0.2, 1),
    )  # fmt: skip


@many
@given(seed=seeds, feeds=st.booleans(), uses=st.booleans())
def test_a_store_does_the_best_that_can_be_done(seed: int, feeds: bool, uses: bool) -> None:
    dice = Dice(seed)
    row, price, hours = (
        store(dice, feeds=feeds, uses=uses),
        dice(0, 0.4, SLOTS),
        dice(0.2, 1, SLOTS),
    )
    answer = answered(row, price, hours)
    best = rivals.storage(row, price, hours)
    assert abs(paid(answer, price, hours) - best) < 1e-6 * (1 + abs(best))
    assert abs(answer.bound[0] - best) < 1e-6 * (1 + abs(best))


@many
@given(seed=seeds, feeds=st.booleans(), uses=st.booleans())
def test_below_nothing_a_store_stays_feasible_and_its_bound_true(
    seed: int, feeds: bool, uses: bool
) -> None:
    dice = Dice(seed)
    row = store(dice, feeds=feeds, uses=uses)
    price, hours = dice(-0.4, 0.3, SLOTS), dice(0.2, 1, SLOTS)
    answer = answered(row, price, hours)
    best = rivals.storage(row, price, hours)
    assert answer.bound[0] <= best + 1e-6
    assert paid(answer, price, hours) >= best - 1e-6


@many
@given(seed=seeds, feeds=st.booleans(), uses=st.booleans())
def test_a_store_never_leaves_its_bounds(seed: int, feeds: bool, uses: bool) -> None:
    dice = Dice(seed)
    row, price, hours = store(dice, feeds=feeds, uses=uses), dice(-0.4, 0.4, SLOTS), np.ones(SLOTS)
    answer = answered(row, price, hours)
    power = answer.power_kw
    assert (power <= row.draw_kw + 1e-9).all()
    assert (power >= -row.feed_kw - 1e-9).all()
    level = levels(row, power, hours)
    before = np.hstack([row.start_kwh[:, None], level[:, :-1]])
    gain = np.where(power > 0, power * row.eta_in, power / row.eta_out) * hours
    led = row.keep * before + gain - row.use_kwh
    assert not ((led > row.high_kwh + 1e-9) & (power > 1e-9)).any(), "charged into its overflow"
    if feeds and not uses:
        assert (level >= np.minimum(0.0, led - gain) - 1e-9).all(), "fed from an empty store"
    assert abs(private_eur(row, power, hours) - answer.cost[0]) < 1e-9


@many
@given(seed=seeds)
def test_an_envelope_row_chooses_the_cheapest_power(seed: int) -> None:
    dice = Dice(seed)
    low, high = dice(-3, 0, 1, SLOTS), dice(0, 3, 1, SLOTS)
    row = Envelope(
        asset=ZERO, connection=ZERO, low_kw=low, want_kw=dice(-4, 4, 1, SLOTS), high_kw=high,
        down_price=dice(0, 0.2, 1, SLOTS), up_price=dice(0, 0.2, 1, SLOTS),
    )  # fmt: skip
    price, hours = dice(-0.4, 0.4, SLOTS), dice(0.2, 1, SLOTS)
    answer = answered(row, price, hours)
    best = 0.0
    for t in range(SLOTS):
        tried = np.append(np.linspace(low[0, t], high[0, t], 41), row.want_kw[0, t])
        tried = tried[(tried >= low[0, t]) & (tried <= high[0, t])]
        above = np.maximum(tried - row.want_kw[0, t], 0)
        below = np.maximum(row.want_kw[0, t] - tried, 0)
        cost = row.up_price[0, t] * above + row.down_price[0, t] * below + price[t] * tried
        best += cost.min() * hours[t]
    assert abs(paid(answer, price, hours) - best) < 1e-9
    assert abs(answer.bound[0] - best) < 1e-9


@many
@given(seed=seeds, may_skip=st.booleans())
def test_a_cycle_starts_when_it_costs_least(seed: int, may_skip: bool) -> None:
    dice = Dice(seed)
    earliest = int(dice(0, 3))
    row = Profile(
        asset=ZERO, connection=ZERO, shape_kw=dice(0, 2, 1, 2), earliest=ZERO + earliest,
        latest=ZERO + earliest + int(dice(0, 2)),
        skip_price=dice(0, 0.3, 1) if may_skip else np.full(1, np.inf),
    )  # fmt: skip
    price, hours = dice(-0.2, 0.4, SLOTS), np.full(SLOTS, 0.25)
    answer = answered(row, price, hours)
    costs = [
        float(row.shape_kw[0] @ (price * hours)[s : s + 2])
        for s in range(earliest, int(row.latest[0]) + 1)
    ]
    best = min(*costs, float(row.skip_price[0])) if may_skip else min(costs)
    assert abs(paid(answer, price, hours) - best) < 1e-12
    assert np.count_nonzero(answer.power_kw) in {0, 2}


@many
@given(seed=seeds, kept=st.integers(0, 3))
def test_modes_follow_the_cheapest_allowed_sequence(seed: int, kept: int) -> None:
    dice = Dice(seed)
    switch = dice(0, 0.3, 1, 3, 3)
    switch[0, 0, 2] = np.inf
    row = Modes(
        asset=ZERO, connection=ZERO, power_kw=dice(0, 3, 1, 3), run_price=dice(0, 0.1, 1, 3),
        switch_price=switch, dwell=dice(1, 4, 1, 3).astype(np.int64),
        start_mode=dice(0, 3, 1).astype(np.int64), start_dwell=ZERO + kept,
    )  # fmt: skip
    price, hours = dice(-0.3, 0.4, SLOTS), np.full(SLOTS, 0.5)
    answer = answered(row, price, hours)
    best = rivals.modes(row, price, hours)
    assert abs(paid(answer, price, hours) - best) < 1e-9
    assert abs(answer.bound[0] - best) < 1e-9
