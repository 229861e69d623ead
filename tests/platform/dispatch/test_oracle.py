"""Dispatch against the oracle: the same optimum, and a plan that is feasible."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commonwatt.platform.dispatch import Dispatcher, Worker
from tests.platform.dispatch.oracle import optimum
from tests.platform.dispatch.towns import LinearNetwork, Town, town

CASES = 150


def least_cost(case: Town) -> float:
    objective = case.objective
    return optimum(
        case.offers,
        case.limits,
        case.around,
        energy_price=objective.energy_price,
        day=objective.day,
        peak_price=objective.peak_price_eur_per_kw_day,
        peak_so_far=dict(objective.peak_so_far_kw),
    )


def require_feasible(case: Town, schedule) -> None:
    hours = case.offers.window.hours
    for block in case.offers.storage:
        power = schedule.power_of(block.asset)
        draw, feed = np.maximum(power, 0), np.maximum(-power, 0)
        assert (draw <= block.draw_kw + 1e-6).all()
        assert (feed <= block.feed_kw + 1e-6).all()
        place = np.searchsorted(schedule.asset, block.asset)
        level = schedule.level_kwh[place]
        before = np.hstack([block.start_kwh[:, None], level[:, :-1]])
        led = block.keep * before + block.eta_in * draw * hours
        led -= feed * hours / block.eta_out + block.use_kwh
        assert (level <= led + 1e-5).all(), "a level rose by more than was drawn"
        assert (level <= block.high_kwh + 1e-6).all()
        spilt = led - level > 1e-5
        assert (level[spilt] >= (block.high_kwh - 1e-5)[spilt]).all(), (
            "a store spilt while not full"
        )
        assert (draw[spilt] < 1e-5).all(), "a store was charged into its overflow"
    for band in case.offers.envelope:
        power = schedule.power_of(band.asset)
        assert (power >= band.low_kw - 1e-6).all()
        assert (power <= band.high_kw + 1e-6).all()


def test_same_optimum_as_the_oracle(worker: Worker) -> None:
    bound, compared = [], []

    @settings(
        max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(
        seed=st.integers(0, 10**6),
        connections=st.integers(1, 4),
        graded=st.booleans(),
        tight=st.floats(0.3, 1.5),
        cheap=st.booleans(),
    )
    @example(seed=0, connections=3, graded=True, tight=0.5, cheap=False)  # starts overfull
    def holds(seed: int, connections: int, graded: bool, tight: float, cheap: bool) -> None:
        case = town(seed, connections, graded, tight, cheap)
        dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker)
        schedule = dispatcher.plan(case.offers, case.objective, case.offers.window.start)
        assert schedule.status == "optimal", schedule.cause
        require_feasible(case, schedule)
        best = least_cost(case)
        scale = 1e-6 * (1 + abs(best))
        assert schedule.cost_eur >= best - scale
        same = schedule.cost_eur <= best + scale
        bound.append(bool((schedule.binding >= 0).any()))
        compared.append(same)
        if not same:
            assert dispatcher.work.closures, (
                "dearer than the oracle, and no slot was closed for waste"
            )

    holds()
    assert np.mean(bound) >= 0.5, "network rows must bind in at least half the cases"
    assert np.mean(compared) >= 0.9, "waste must be rare enough to compare optima"
