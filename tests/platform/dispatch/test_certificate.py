"""A plan's certificate: proven by its prices, measured by power flow, and it names what binds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.intervals import SLOT_S, Window
from commonwatt.platform.dispatch import Budget, Certificate, Dispatcher, Worker
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    battery,
    car,
    limits_of,
    offers_of,
    prices,
    town,
)

SLOTS = 8
RISING = np.linspace(0.1, 0.17, SLOTS)


def network(high: float = 50.0, **changes: float) -> LinearNetwork:
    given = replace(limits_of(np.ones((1, 1)), -50.0, high, SLOTS), name=("transformer T1",))
    return LinearNetwork(given, **changes)


def certificate(worker: Worker, wires: LinearNetwork, *, load: float = 1.0) -> Certificate:
    window = Window.uniform(START, SLOTS)
    dispatcher = Dispatcher(wires, worker=worker)
    offers = offers_of(window, load, (car(SLOTS, 4.0, 6),))
    found = dispatcher.certificate(dispatcher.plan(offers, prices(window, RISING), START))
    assert found is not None
    return found


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), tight=st.floats(0.2, 1.5), cheap=st.booleans())
def test_every_plan_is_proven_and_names_what_binds(
    worker: Worker, seed: int, tight: float, *, cheap: bool
) -> None:
    case = town(seed, 4, graded=True, tight=tight, cheap=cheap)
    dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker)
    schedule = dispatcher.plan(case.offers, case.objective, START)
    assert schedule.status == "optimal", schedule.cause
    found = dispatcher.certificate(schedule)
    assert found is not None
    assert found.gap <= 1e-5
    assert max(found.bounds_off, found.rows_off) <= 1e-5
    assert (found.breach is None) == (not schedule.breach.any())
    named = {one.limit for one in found.binding}
    assert {schedule.limits[row] for row in schedule.binding if row >= 0} <= named
    assert [one.price for one in found.binding] == sorted(
        (one.price for one in found.binding), reverse=True
    )


def test_a_free_plan_binds_nothing(worker: Worker) -> None:
    found = certificate(worker, network())
    assert found.binding == ()
    assert found.breach is None
    assert (found.tightenings, found.closures) == (0, 0)


def test_what_binds_is_told_with_its_slots_and_its_price(worker: Worker) -> None:
    (one,) = certificate(worker, network(high=6.0)).binding
    assert one.limit == "transformer T1"
    assert one.slots == 3
    assert (one.since, one.until) == (START, START + 3 * SLOT_S)
    assert one.price == pytest.approx(0.03), "waiting from the first slot to the fourth costs 3 ct"


def test_the_largest_breach_is_told_with_its_moment_and_its_share(worker: Worker) -> None:
    load = np.array([1.0, 1, 1, 8, 7, 1, 1, 1])
    found = certificate(worker, network(high=6.0), load=load)
    assert found.breach is not None
    assert found.breach.limit == "transformer T1"
    assert found.breach.at == START + 3 * SLOT_S
    assert found.breach.excess == pytest.approx(2.0)
    assert found.breach.share == pytest.approx(2.0 / 50.0), "of the larger of its two bounds"


def test_a_limit_to_one_side_is_as_large_as_its_bound(worker: Worker) -> None:
    one_sided = replace(network().given, low=np.full((1, SLOTS), -np.inf))
    one_sided.high[0, 1:] = np.inf
    one_sided.high[0, 0] = 2.0
    found = certificate(worker, LinearNetwork(one_sided), load=3.0)
    assert found.breach is not None
    assert found.breach.share == pytest.approx(1.0 / 2.0)


def test_tightenings_are_counted_and_judged_by_the_original_limits(worker: Worker) -> None:
    found = certificate(worker, network(high=6.0, worse=1.0))
    assert found.tightenings == 1
    assert found.breach is None


def test_only_a_fresh_plan_has_one(worker: Worker) -> None:
    window = Window.uniform(START, SLOTS)
    dispatcher = Dispatcher(network(), Budget(), worker=worker)
    offers = offers_of(window, 1.0, (battery(SLOTS),))
    first = dispatcher.plan(offers, prices(window, RISING), START)
    assert dispatcher.certificate(first) is not None
    second = dispatcher.plan(offers, prices(window, np.nan), START)
    assert second.status == "last"
    assert dispatcher.certificate(second) is None


def test_a_plan_at_other_prices_costs_no_less_than_the_cheapest(worker: Worker) -> None:
    window = Window.uniform(START, SLOTS)
    dispatcher = Dispatcher(network(high=6.0), worker=worker)
    plain, aim = offers_of(window, 1.0, (battery(SLOTS),)), prices(window, RISING)
    dear = offers_of(window, 1.0, (battery(SLOTS, wear_price=0.03),))
    assert np.isnan(dispatcher.above(plain, aim)), "before there is a plan"
    dispatcher.plan(plain, aim, START)
    assert dispatcher.above(plain, aim) == pytest.approx(0.0, abs=1e-9)
    followed = dispatcher.plan(dear, aim, START)
    moved = float((np.abs(followed.power_kw) @ window.hours).sum())
    assert dispatcher.above(plain, aim) - 0.02 * moved >= -1e-9
    again = dispatcher.plan(dear, aim, START)
    np.testing.assert_array_equal(again.power_kw, followed.power_kw, "asking changes nothing")
    dispatcher.plan(plain, prices(window, np.nan), START)
    assert np.isnan(dispatcher.above(plain, aim)), "an older plan goes on"
