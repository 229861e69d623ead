"""Reconciliation: equal to the dense formula of MinT, exact in its sums, silent where all agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.rng import Rng
from commonwatt.platform.forecast.hierarchy import (
    adjusted,
    around,
    feeders_and_city,
    multipliers,
    reconciled,
)

STEPS = 3


def town(seed: int, meters: int = 12, feeders: int = 3):
    """Sums, forecasts of both levels and their variances, by lot; no feeder is empty."""
    rng = Rng(seed)
    lot = np.arange(meters)
    feeder = np.where(lot < feeders, lot, rng.uniform("feeder", lot, 0) * feeders).astype(int)
    sums = feeders_and_city(feeder)
    lower = rng.normal("lower", lot[:, None], np.arange(STEPS))
    above = np.arange(feeders + 1)
    upper = np.asarray(sums @ lower) + rng.normal("upper", above[:, None], np.arange(STEPS))
    variance = 0.05 + rng.uniform("variance", np.arange(meters + feeders + 1), 0)
    return sums, lower, upper, variance


def mint(sums, lower, upper, variance):
    """S (S'W⁻¹S)⁻¹ S'W⁻¹ ŷ, dense, meters first (Wickramasuriya et al. 2019, eq. 8)."""
    s = np.vstack([np.eye(lower.shape[0]), sums.toarray()])
    w = np.diag(1 / variance)
    base = np.vstack([lower, upper])
    return s @ np.linalg.solve(s.T @ w @ s, s.T @ w @ base)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 20), st.integers(1, 3))
def test_it_is_the_dense_formula_of_mint(seed, meters, feeders):
    case = town(seed, meters, feeders)
    found = reconciled(*case)
    both = np.vstack([found.lower, found.upper])
    np.testing.assert_allclose(both, mint(*case), rtol=1e-8, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_sums_hold_to_the_last_bit(seed):
    sums, lower, upper, variance = town(seed)
    found = reconciled(sums, lower, upper, variance)
    np.testing.assert_array_equal(found.upper, sums @ found.lower)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_what_already_adds_up_comes_back_as_it_was(seed):
    sums, lower, _, variance = town(seed)
    found = reconciled(sums, lower, np.asarray(sums @ lower), variance)
    np.testing.assert_array_equal(found.lower, lower)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3))
def test_a_sure_aggregate_is_met_and_a_silent_one_only_summed(seed, which):
    sums, lower, upper, variance = town(seed)
    sure = variance.copy()
    sure[lower.shape[0] + which] = 0.0
    met = reconciled(sums, lower, upper, sure)
    np.testing.assert_allclose(met.upper[which], upper[which], atol=1e-9)
    silent = upper.copy()
    silent[which, 1] = np.nan
    keep = np.delete(np.arange(sums.shape[0]), which)
    told = reconciled(sums, lower, silent, variance)
    meters = lower.shape[0]
    rest = np.concatenate([variance[:meters], np.delete(variance[meters:], which)])
    without = reconciled(csr_array(sums[keep]), lower, upper[keep], rest)
    np.testing.assert_allclose(told.lower, without.lower, atol=1e-12)


def test_meters_can_be_adjusted_a_partition_at_a_time():
    sums, lower, upper, variance = town(5)
    whole = reconciled(sums, lower, upper, variance)
    halves = [np.arange(5), np.arange(5, 12)]
    spread, total = csr_array((4, 4)), np.zeros(upper.shape)
    for half in halves:
        part = csr_array(sums[:, half])
        spread = csr_array(spread + part @ diags_array(variance[half]) @ part.T)
        total += part @ lower[half]
    push = multipliers(spread, variance[12:], upper - total)
    moved = [adjusted(lower[h], variance[h], csr_array(sums[:, h]), push) for h in halves]
    np.testing.assert_allclose(np.concatenate(moved), whole.lower, atol=1e-12)


def test_reconciled_forecasts_are_nearer_to_the_truth_of_every_level():
    """Errors of known variances: over many draws no level loses, both gain."""
    rng, meters = Rng(3), 30
    feeder = np.arange(meters) % 3
    sums = feeders_and_city(feeder)
    steps = np.arange(4000)
    truth = np.full((meters, steps.size), 1.0)
    own = rng.normal("own", np.arange(meters)[:, None], steps)
    theirs = 2.0 * rng.normal("theirs", np.arange(4)[:, None], steps)
    variance = np.concatenate([np.ones(meters), np.full(4, 4.0)])
    found = reconciled(sums, truth + own, sums @ truth + theirs, variance)
    assert np.mean((found.lower - truth) ** 2) < 0.97 * np.mean(own**2)
    before = np.mean(theirs**2, axis=1)
    summed = np.mean(np.asarray(sums @ own) ** 2, axis=1)
    after = np.mean((found.upper - sums @ truth) ** 2, axis=1)
    assert (after < np.minimum(before, summed)).all()


def test_a_feeders_band_comes_from_its_own_errors():
    """Homes that do not err together: the feeder is surer than its homes' bands added up."""
    rng, homes, levels = Rng(4), 100, np.array([0.1, 0.5, 0.9])
    errors = rng.normal("home", np.arange(999)[:, None, None], np.arange(homes)[:, None])
    feeder = around(np.zeros((1, 1)), errors.sum(axis=1, keepdims=True), levels)[:, 0, 0]
    each = around(np.zeros((homes, 1)), errors, levels)[:, :, 0].sum(axis=1)
    assert feeder[2] - feeder[0] == pytest.approx(2 * 1.2816 * np.sqrt(homes), rel=0.1)
    assert each[2] - each[0] > 8 * (feeder[2] - feeder[0])


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda c: (c[0], c[1][:-1], c[2], c[3]), "need forecasts"),
        (lambda c: (c[0], c[1], c[2], c[3][:-1]), "variances"),
        (lambda c: (c[0], c[1], c[2], np.where(np.arange(16) == 2, -1.0, c[3])), "forecast 2 is"),
        (lambda c: (c[0], np.where(np.arange(12)[:, None] == 7, np.nan, c[1]), c[2], c[3]),
         "meter 7"),
        (lambda c: (c[0], c[1], c[2], 0 * c[3]), "claim to be sure"),
    ],
)  # fmt: skip
def test_what_cannot_be_reconciled_is_refused_by_name(spoil, word):
    with pytest.raises(InvalidInput, match=word):
        reconciled(*spoil(town(1)))
