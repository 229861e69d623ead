"""Limits held with a chosen probability, against simulated truth, Monte Carlo and normal theory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from commonwatt.kernel.doubt import Bands, Scenarios
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.flexibility import Limits, Offers
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch import Dispatcher, Worker
from commonwatt.platform.dispatch.chance import margins, quantile, tightened
from tests.platform.dispatch.test_plan import SLOTS, lone, plan, window
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    car,
    limits_of,
    offers_of,
    prices,
    roof,
    town,
)

HOMES = 6


def errors(seed: int, count: int, correlation: float, deviation: F, slots: int = 1) -> F:
    """(S,C,T) normal errors of equal correlation, deviations (C,)."""
    rng, draw = Rng(seed), np.arange(count)[:, None]
    common = rng.normal("common", draw[:, :, None], np.arange(slots))
    own = rng.normal(
        "own", draw[:, :, None], np.arange(slots) + 1000 * np.arange(deviation.size)[:, None]
    )
    both = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return deviation[:, None] * both


def rows(seed: int, slots: int = 1) -> Limits:
    """Four random rows over HOMES connections, shares of either sign."""
    sens = Rng(seed).uniform("sens", np.arange(4)[:, None], np.arange(HOMES)) * 1.5 - 0.5
    return limits_of(sens, -50.0, 50.0, slots)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("correlation", [0.0, 0.4, 1.0])
def test_bands_hold_as_often_as_chosen(correlation: float, confidence: float) -> None:
    size, limits = np.linspace(0.3, 2.0, HOMES), rows(3)
    bands = Bands(below_kw=size[:, None], above_kw=size[:, None], correlation=correlation)
    above, below = margins(limits, bands, confidence)
    truth = limits.sens @ errors(11, 40_000, correlation, size)[:, :, 0].T
    doubt = 4 * np.sqrt(confidence * (1 - confidence) / truth.shape[1])
    for held in ((truth <= above).mean(axis=1), (truth >= -below).mean(axis=1)):
        assert held == pytest.approx(np.full(4, confidence), abs=doubt), "four standard errors"


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_draws_hold_the_next_one_as_often_as_chosen(confidence: float) -> None:
    size, limits = np.linspace(0.3, 2.0, HOMES), rows(5)
    held = []
    for trial in range(300):
        drawn = errors(trial, 61, 0.5, size)
        above, _ = margins(limits, Scenarios(error_kw=drawn[:60]), confidence)
        held.append((limits.sens @ drawn[60]) <= above)
    share, doubt = float(np.mean(held)), 4 * np.sqrt(confidence * (1 - confidence) / 300)
    assert share >= confidence - doubt, "held less often than chosen"
    assert share <= confidence + 1 / 61 + doubt, "dearer than chosen"


def test_many_draws_and_bands_of_the_same_errors_agree_with_theory() -> None:
    size, limits, confidence = np.linspace(0.3, 2.0, HOMES), rows(7), 0.95
    drawn = Scenarios(error_kw=errors(2, 40_000, 0.3, size))
    cov = 0.3 * np.outer(size, size) + 0.7 * np.diag(size**2)
    sens = limits.sens.toarray()
    theory = ndtri(confidence) * np.sqrt(np.einsum("rc,cd,rd->r", sens, cov, sens))
    banded = Bands(below_kw=size[:, None], above_kw=size[:, None], correlation=0.3)
    np.testing.assert_allclose(margins(limits, drawn, confidence)[0][:, 0], theory, rtol=0.03)
    np.testing.assert_allclose(margins(limits, banded, confidence)[0][:, 0], theory, rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    count=st.integers(1, 150),
    levels=st.tuples(st.floats(0.5, 0.999), st.floats(0.5, 0.999)),
    correlation=st.floats(0, 1),
    banded=st.booleans(),
)
def test_more_confidence_never_keeps_less_free(
    seed: int, count: int, levels: tuple[float, float], correlation: float, *, banded: bool
) -> None:
    size = np.linspace(0.3, 2.0, HOMES)
    doubt = (
        Bands(below_kw=0.5 * size[:, None], above_kw=size[:, None], correlation=correlation)
        if banded
        else Scenarios(error_kw=errors(seed, count, correlation, size))
    )
    less, more = sorted(levels)
    limits = rows(seed)
    for few, many in zip(margins(limits, doubt, less), margins(limits, doubt, more), strict=True):
        assert (few >= 0).all()
        assert (many >= few - 1e-12).all()


def test_the_rank_is_that_of_a_direct_count() -> None:
    drawn = errors(4, 99, 0.2, np.ones(HOMES))
    limits = rows(4)
    above, below = margins(limits, Scenarios(error_kw=drawn), 0.9)
    values = limits.sens @ drawn[:, :, 0].T
    np.testing.assert_array_equal(above[:, 0], np.sort(values, axis=1)[:, 89])
    np.testing.assert_array_equal(below[:, 0], np.sort(-values, axis=1)[:, 89])


def test_beyond_the_largest_draw_a_normal_error_speaks() -> None:
    drawn = errors(9, 30, 0.0, np.ones(1))
    found = float(quantile(drawn.transpose(1, 0, 2), 0.999)[0, 0])
    normal = drawn.mean() + ndtri(0.999) * drawn.std()
    assert found == pytest.approx(max(normal, drawn.max()))


def test_a_plan_keeps_that_much_free_and_says_so(worker: Worker) -> None:
    deviation = 1.2
    doubt = Bands(
        below_kw=np.full((1, SLOTS), 0.5), above_kw=np.full((1, SLOTS), deviation), correlation=0.0
    )
    offers = replace(offers_of(window(), 1.0, (car(SLOTS, 4.0, 6),)), doubt=doubt)
    price = prices(window(), np.linspace(0.1, 0.17, SLOTS))
    dispatcher = Dispatcher(lone(high=6.0), worker=worker, confidence=0.95)
    schedule = dispatcher.plan(offers, price, START)
    assert schedule.power_kw[0].max() == pytest.approx(5.0 - ndtri(0.95) * deviation)
    found = dispatcher.certificate(schedule)
    assert found is not None
    assert found.confidence == 0.95
    assert found.breach is None, "the limit itself is what power flow judges by"
    certain = Dispatcher(lone(high=6.0), worker=worker, confidence=0.95)
    told = certain.certificate(certain.plan(replace(offers, doubt=None), price, START))
    assert told is not None
    assert told.confidence is None, "nobody said how far off the offers may be"


def test_without_a_confidence_nothing_changes(worker: Worker) -> None:
    case = town(5, 4, graded=True, tight=0.5, cheap=False)
    shape = case.offers.fixed_kw.shape
    doubtful = replace(case.offers, doubt=Scenarios(error_kw=np.ones((3, *shape))))
    plans = [
        Dispatcher(LinearNetwork(case.limits), worker=worker).plan(offers, case.objective, START)
        for offers in (case.offers, doubtful)
    ]
    np.testing.assert_array_equal(plans[0].power_kw, plans[1].power_kw)
    assert plans[0].cost_eur == plans[1].cost_eur


def test_what_cannot_be_kept_free_is_paid_for_not_infeasible(worker: Worker) -> None:
    doubt = Scenarios(error_kw=np.linspace(-40, 40, 41)[:, None, None] * np.ones((1, 1, SLOTS)))
    offers = replace(offers_of(window(), 2.0, (), (roof(SLOTS, 3.0),)), doubt=doubt)
    schedule = plan(
        lone(high=6.0, low=-6.0), worker, offers, prices(window(), 0.1), confidence=0.99
    )
    assert not schedule.breach.any()
    crossed = tightened(lone(high=6.0, low=-6.0).given, doubt, 0.99)
    np.testing.assert_array_equal(crossed.low, crossed.high)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), confidence=st.floats(0.5, 0.999), tight=st.floats(0.1, 1.0))
def test_no_confidence_makes_a_plan_infeasible(
    worker: Worker, seed: int, confidence: float, tight: float
) -> None:
    case = town(seed, 4, graded=True, tight=tight, cheap=False)
    shape = case.offers.fixed_kw.shape
    drawn = 3 * Rng(seed).normal(
        "x", np.arange(20)[:, None, None], np.arange(np.prod(shape)).reshape(shape)
    )
    dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker, confidence=confidence)
    offers: Offers = replace(case.offers, doubt=Scenarios(error_kw=drawn))
    schedule = dispatcher.plan(offers, case.objective, START)
    assert schedule.status == "optimal", schedule.cause


@pytest.mark.parametrize("confidence", [0.0, 0.49, 1.0, float("nan")])
def test_what_no_limit_can_be_held_with_is_refused(confidence: float) -> None:
    with pytest.raises(InvalidInput, match="cannot be"):
        Dispatcher(lone(), confidence=confidence)


def test_doubts_that_cannot_be_are_refused(worker: Worker) -> None:
    with pytest.raises(InvalidInput, match="correlation of 2"):
        Bands(below_kw=np.ones((1, 1)), above_kw=np.ones((1, 1)), correlation=2.0)
    with pytest.raises(InvalidInput, match="no draw"):
        Scenarios(error_kw=np.empty((0, 1, 1)))
    odd = Scenarios(error_kw=np.full((3, 1, SLOTS), np.nan))
    offers = replace(offers_of(window(), 1.0), doubt=odd)
    schedule = Dispatcher(lone(), worker=worker, confidence=0.9).plan(
        offers, prices(window(), 0.1), START
    )
    assert schedule.status == "local"
    assert "how far off" in schedule.cause
