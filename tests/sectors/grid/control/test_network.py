"""Rows and AC agree where they must, and tightening by the check leads to a plan that holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from commonwatt.kernel.intervals import Window
from commonwatt.sectors.grid.control import GridNetwork

T = 4
WINDOW = Window.uniform(0, T)


@pytest.fixture(scope="module")
def network(city) -> GridNetwork:
    return GridNetwork(city)


def drawn(seed: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    kw = np.random.default_rng(seed).uniform(-1, 1, (6, T)) * scale
    return kw, 0.2 * np.abs(kw)


@given(seed=st.integers(0, 10_000), scale=st.sampled_from([5.0, 20.0, 40.0]))
@settings(max_examples=25, deadline=None)
def test_at_the_plan_rows_and_ac_agree_exactly(network, seed: int, scale: float) -> None:
    kw, kvar = drawn(seed, scale)
    limits = network.limits(WINDOW, kw, kvar)
    excess = network.check(WINDOW, kw, kvar).excess
    value = limits.sens @ kw
    above, below = np.maximum(value - limits.high, 0), np.minimum(value - limits.low, 0)
    split = network.feeder.branches
    assert np.allclose(above[split:] + below[split:], excess[split:], atol=1e-9)
    over = (above + below)[:split]
    clear = np.abs(excess[:split]) > 0.2
    assert (np.sign(over[clear]) == np.sign(excess[:split][clear])).all()
    assert np.allclose(over[clear], excess[:split][clear], rtol=0.25, atol=1.0)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_near_the_plan_the_rows_foretell_ac(network, seed: int) -> None:
    kw, kvar = drawn(seed, 20.0)
    limits, moved = network.limits(WINDOW, kw, kvar), drawn(seed + 1, 2.0)[0]
    before, after = (network.feeder.flow(k, kvar) for k in (kw, kw + moved))
    foretold = limits.sens @ moved
    branches = network.feeder.branches
    power = after.power_kw - before.power_kw
    assert np.abs(foretold[:branches] - power).max() < 0.06 * np.abs(moved).sum(axis=0).max()
    volts = (after.volts_pu - before.volts_pu)[1:]
    assert np.abs(foretold[branches:] - volts).max() < 1e-3
    lost = after.loss_kw - before.loss_kw
    assert np.abs((limits.loss * moved).sum(axis=0) - lost).max() < 0.25


@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_a_plan_tightened_by_the_check_holds(network, seed: int) -> None:
    """Least change of wild wishes within the rows, re-linearised twice: dispatch in miniature."""
    wish, _ = drawn(seed, 45.0)
    kvar = np.zeros_like(wish)
    kw, slack = np.zeros_like(wish), None
    for _ in range(3):
        limits = network.limits(WINDOW, kw, kvar)
        slack = np.zeros_like(limits.high) if slack is None else slack
        kw = nearest(wish, limits, slack)
        excess = network.check(WINDOW, kw, kvar).excess
        slack = slack + np.abs(excess)
    split = network.feeder.branches
    assert np.abs(excess[:split]).max() < 0.02 * network.feeder.rating_kva.max()
    assert np.abs(excess[split:]).max() < 5e-4


def nearest(wish: np.ndarray, limits, slack: np.ndarray) -> np.ndarray:
    rows = limits.sens.toarray()
    unit = np.eye(6)
    kw = np.empty_like(wish)
    for t in range(T):
        upper = np.vstack([np.hstack([rows, 0 * rows]), np.hstack([-rows, 0 * rows])])
        bound = np.concatenate([limits.high[:, t] - slack[:, t], slack[:, t] - limits.low[:, t]])
        away = np.vstack([np.hstack([unit, -unit]), np.hstack([-unit, -unit])])
        wished = np.concatenate([wish[:, t], -wish[:, t]])
        found = linprog(
            np.concatenate([np.zeros(6), np.ones(6)]),
            A_ub=np.vstack([upper, away]),
            b_ub=np.concatenate([bound, wished]),
            bounds=[(None, None)] * 12,
        )
        assert found.status == 0
        kw[:, t] = found.x[:6]
    return kw


def test_excess_of_a_transformer_follows_the_written_definition(network) -> None:
    kw = np.full((6, 1), 17.2)
    loading = network.feeder.flow(kw, 0 * kw).loading[0, 0]
    assert loading > 1.0
    excess = network.check(Window.uniform(0, 1), kw, 0 * kw).excess[0, 0]
    assert excess == pytest.approx((loading - 1) * 100)
    fed = network.check(Window.uniform(0, 1), -1.05 * kw, 0 * kw).excess[0, 0]
    assert fed < 0


def test_margins_move_bounds_and_check_alike(city) -> None:
    kw = np.full((6, T), 15.0)
    plain, careful = GridNetwork(city), GridNetwork(city, margin=0.1, voltage_margin_pu=0.01)
    loose, tight = (n.limits(WINDOW, kw, 0 * kw) for n in (plain, careful))
    assert loose.high[0, 0] - tight.high[0, 0] == pytest.approx(10.0, rel=0.05)
    assert np.allclose(loose.high[-1] - tight.high[-1], 0.01)
    assert careful.check(WINDOW, kw, 0 * kw).excess[0, 0] > 0
    assert plain.check(WINDOW, kw, 0 * kw).excess[0, 0] == 0


def test_rows_are_named_and_priced(network, city) -> None:
    limits = network.limits(WINDOW, np.zeros((6, T)), np.zeros((6, T)))
    assert limits.name[:2] == ("transformer 0", "line 0")
    assert limits.name[-1] == "voltage 7"
    assert limits.price[0] == city.prices.overload_eur_per_kvah
    assert limits.price[-1] == city.prices.voltage_eur_per_pu_h
    assert limits.sens.shape == (len(limits.name), 6)
    assert limits.low.shape == limits.high.shape == (len(limits.name), T)
    assert (limits.low < limits.high).all()


def test_the_matrix_stays_the_same_for_warm_starts(network) -> None:
    first = network.limits(WINDOW, *drawn(1, 5.0))
    second = network.limits(WINDOW, *drawn(2, 30.0))
    assert first.sens is second.sens
