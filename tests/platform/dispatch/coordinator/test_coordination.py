"""The coordinator against the oracle, and what must hold of every plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Limits, Offers, Profile, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Objective
from commonwatt.platform.dispatch.coordinator import Effort, Outcome, Task
from commonwatt.platform.dispatch.coordinator.account import levels
from commonwatt.platform.dispatch.coordinator.blocks import Answer
from commonwatt.platform.dispatch.coordinator.master import Master, Mixture
from tests.platform.dispatch.oracle import optimum
from tests.platform.dispatch.towns import START, Dice

SLOTS, PLACES = 24, 4
FINE = Effort(gap=2e-5, rounds=120)


def offers(seed: int, count: int = 90) -> Offers:
    """Cars, batteries and heat on four places, six hours; a base load with an evening peak."""
    dice = Dice(seed)
    one, slot = np.ones((count // 3, SLOTS)), np.arange(SLOTS)
    where = [dice(0, PLACES, count // 3).astype(np.int64) for _ in range(3)]
    leaves = dice(8, SLOTS, count // 3).astype(np.int64)
    need = dice(1, 4, count // 3)
    low = np.full(one.shape, -np.inf)
    low[np.arange(count // 3), leaves - 1] = need
    size = dice(4, 10, count // 3, 1)
    none = np.zeros(count // 3)
    cars = Storage(
        asset=np.arange(count // 3), connection=where[0],
        draw_kw=7.4 * (slot < leaves[:, None]), feed_kw=0 * one, eta_in=0.9 * one, eta_out=one,
        keep=one, use_kwh=0 * one, low_kwh=low, high_kwh=need[:, None] * one, short_price=one,
        start_kwh=none, wear_price=none, end_price=none,
    )  # fmt: skip
    batteries = replace(
        cars, asset=count // 3 + np.arange(count // 3), connection=where[1], draw_kw=3 * one,
        feed_kw=3 * one, eta_in=0.95 * one, eta_out=0.95 * one, low_kwh=0 * one,
        high_kwh=size * one, start_kwh=size[:, 0] / 2, wear_price=none + 0.01,
        end_price=none + 0.15, short_price=0 * one,
    )  # fmt: skip
    heat = replace(
        batteries, asset=2 * (count // 3) + np.arange(count // 3), connection=where[2],
        feed_kw=0 * one, keep=0.99 * one, use_kwh=dice(0, 0.4, count // 3, SLOTS),
        short_price=0.5 * one, end_price=none + 0.1, wear_price=none, eta_in=one, eta_out=one,
    )  # fmt: skip
    base = dice(8, 12, PLACES, 1) * (1 + np.exp(-(((slot - 10) / 4) ** 2)))
    return Offers(
        window=Window.uniform(START, SLOTS), fixed_kw=base, fixed_kvar=0 * base,
        storage=(cars, batteries, heat),
    )  # fmt: skip


def cycles(seed: int, count: int = 12) -> Profile:
    dice = Dice(seed + 1)
    early = dice(0, 8, count).astype(np.int64)
    return Profile(
        asset=1000 + np.arange(count), connection=dice(0, PLACES, count).astype(np.int64),
        shape_kw=dice(0.5, 2, count, 4), earliest=early, latest=early + 10,
        skip_price=np.full(count, np.inf),
    )  # fmt: skip


def limits(base: np.ndarray, room: float = 1.1) -> Limits:
    """A transformer at `room` times the base peak and two lines behind it."""
    sens = np.array([[1.0, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1]])
    cap = room * np.array([1.0, 0.52, 0.52])[:, None] * base.sum(axis=0).max()
    loss = np.broadcast_to(np.array([[0.0], [0.02], [0.01], [0.03]]), (PLACES, SLOTS)).copy()
    return Limits(
        name=("the transformer", "line A", "line B"), sens=csr_array(sens),
        low=np.repeat(-cap, SLOTS, axis=1), high=np.repeat(cap, SLOTS, axis=1),
        price=np.full(3, 2.0), loss=loss, loss_kw=np.zeros(SLOTS),
    )  # fmt: skip


def objective(*, cheap: bool = False) -> Objective:
    price = 0.15 + 0.08 * np.sin(np.arange(SLOTS) / 3.0)
    return Objective(
        energy_price=price - (0.2 if cheap else 0.0), day=np.arange(SLOTS) // 12,
        peak_price_eur_per_kw_day=0.2, peak_so_far_kw={0: 40.0},
    )  # fmt: skip


def task(given: Offers, room: float = 1.1, shards: int = 1, **prices: bool) -> Task:
    wires = limits(given.fixed_kw, room)
    return Task.of(given, wires, given.fixed_kw, objective(**prices), shards)


def filled(outcome: Outcome) -> list[np.ndarray]:
    """Powers of the tables that hold rows."""
    return [power for power in outcome.powers[0] if len(power)]


def solved(given: Offers, effort: Effort = FINE, **how: float) -> Outcome:
    return task(given, **how).solve(effort)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("room", [1.02, 1.3])
def test_same_optimum_as_the_oracle(seed: int, room: float) -> None:
    given, wires = offers(seed), limits(offers(seed).fixed_kw, room)
    aim = objective()
    best = optimum(
        given, wires, given.fixed_kw, energy_price=aim.energy_price, day=aim.day,
        peak_price=aim.peak_price_eur_per_kw_day, peak_so_far=dict(aim.peak_so_far_kw),
    )  # fmt: skip
    outcome = solved(given, room=room)
    sure = outcome.certificate
    assert sure.lower_eur <= best * (1 + 1e-9)
    assert best * (1 - 1e-9) <= sure.mixed_eur <= best * (1 + 1e-4)
    assert sure.cost_eur <= best * (1 + 1e-4)
    if room < 1.1:
        assert np.abs(outcome.start.duals.limit).max() > 0, "the wires were meant to bind"


def assert_within(given: Offers, outcome: Outcome) -> None:
    """No row draws, feeds or fills more than it can."""
    for block, power in zip(given.storage, filled(outcome), strict=True):
        assert (power <= block.draw_kw + 1e-9).all()
        assert (power >= -block.feed_kw - 1e-9).all()
        assert (levels(block, power, given.window.hours) <= block.high_kwh + 1e-9).all()


def test_no_row_leaves_its_bounds_and_needs_are_met() -> None:
    given = offers(3)
    outcome = solved(given)
    assert_within(given, outcome)
    for block, power in zip(given.storage, filled(outcome), strict=True):
        level = levels(block, power, given.window.hours)
        assert (level >= np.where(np.isfinite(block.low_kwh), block.low_kwh, 0) - 1e-6).all()


def test_whole_rows_stay_whole_and_their_sum_is_what_the_wires_feel() -> None:
    given = replace(offers(4), profile=(cycles(4),))
    outcome = solved(given)
    power = filled(outcome)[3]
    for row in range(len(given.profile[0])):
        begin = int(np.flatnonzero(power[row])[0])
        assert given.profile[0].earliest[row] <= begin <= given.profile[0].latest[row]
        assert power[row, begin : begin + 4] == pytest.approx(given.profile[0].shape_kw[row])
        assert np.count_nonzero(power[row]) == 4
    sure = outcome.certificate
    assert sure.lower_eur <= sure.cost_eur + 1e-9
    assert sure.whole_gap < 1e-3
    assert sure.broken == ()


@pytest.mark.parametrize("seed", range(3))
def test_more_freedom_never_costs_more(seed: int) -> None:
    given = offers(seed)
    tight = solved(given, room=1.02).certificate
    loose = solved(given, room=1.05).certificate
    assert loose.lower_eur <= tight.mixed_eur
    wider = replace(given.storage[1], draw_kw=2 * given.storage[1].draw_kw)
    wide = replace(given, storage=(given.storage[0], wider, given.storage[2]))
    assert solved(wide, room=1.02).certificate.lower_eur <= tight.mixed_eur


def test_same_seed_same_plan_and_shards_add_up() -> None:
    given = replace(offers(5), profile=(cycles(5),))
    one, two = solved(given), solved(given)
    assert all((a == b).all() for a, b in zip(one.powers[0], two.powers[0], strict=True))
    whole, parts = task(given), task(given, shards=3)
    price = whole.market.price(whole.start().duals)
    together = whole.shards[0].priced(price)
    apart = Answer.summed([shard.priced(price) for shard in parts.shards])
    assert apart.power_kw == pytest.approx(together.power_kw, abs=1e-9)
    assert apart.cost == pytest.approx(together.cost, abs=1e-9)
    dealt = parts.solve(FINE)
    assert dealt.certificate.mixed_eur == pytest.approx(one.certificate.mixed_eur, rel=1e-4)


def test_a_breach_is_named() -> None:
    given = offers(2)
    outcome = solved(given, room=0.2)
    sure = outcome.certificate
    assert "the transformer" in sure.broken
    assert sure.gap < 1e-3
    assert np.abs(sure.breach[0]).max() > 0


def test_negative_prices_leave_a_true_bound_and_rows_within_theirs() -> None:
    given = offers(1)
    outcome = solved(given, Effort(gap=1e-3, rounds=40), cheap=True)
    assert_within(given, outcome)
    sure = outcome.certificate
    assert sure.lower_eur <= sure.mixed_eur + 1e-9
    assert sure.gap < 0.05


def test_prices_of_the_last_horizon_save_rounds() -> None:
    given, effort = offers(6), Effort(gap=1e-3)
    cold = task(given).solve(effort)
    warm = task(given).solve(effort, cold.start)
    assert warm.certificate.rounds <= cold.certificate.rounds
    assert warm.certificate.gap <= 1e-3


def test_a_master_goes_on_from_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """New columns leave the last basis feasible for the primal simplex, new rows for the dual."""
    used, whole = [], Master._solved

    def watched(self: Master, strategy: int) -> Mixture:
        mixture = whole(self, strategy)
        used.append(self._highs.getOptionValue("simplex_strategy")[1])
        return mixture

    monkeypatch.setattr(Master, "_solved", watched)
    outcome = solved(offers(6), room=1.02)
    dual, primal = 1, 4
    assert used[0] == dual
    assert used.count(primal) >= outcome.certificate.rounds - 1 > 1


def test_profiles_need_even_slots() -> None:
    given = replace(offers(0), profile=(cycles(0),))
    edges = given.window.edges.copy()
    edges[-1] += 900
    with pytest.raises(InvalidInput, match="as wide"):
        task(replace(given, window=Window(edges)))
