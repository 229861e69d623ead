"""What must hold of every plan of the dispatcher, beyond its optimum: needs met, freedom free."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.platform.dispatch import Dispatcher, Worker
from tests.platform.dispatch import ledger
from tests.platform.dispatch.towns import START, LinearNetwork, Town, town

many = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
seeds = st.integers(0, 10**6)


def planned(worker: Worker, case: Town, offers: Offers | None = None) -> Schedule:
    dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker)
    schedule = dispatcher.plan(offers or case.offers, case.objective, START)
    assert schedule.status == "optimal", schedule.cause
    return schedule


@many
@given(
    seed=seeds,
    tight=st.floats(0.3, 1.0),
    more=st.floats(1.01, 3.0),
    field=st.sampled_from(["draw_kw", "feed_kw", "high_kwh", "low_kw", "high_kw"]),
)
def test_offering_more_never_costs(
    worker: Worker, seed: int, tight: float, more: float, field: str
) -> None:
    case = town(seed, 3, graded=True, tight=tight, cheap=False)
    wider = {
        kind: tuple(
            replace(rows, **{field: more * getattr(rows, field)}) if hasattr(rows, field) else rows
            for rows in getattr(case.offers, kind)
        )
        for kind in ("storage", "envelope")
    }
    before, after = planned(worker, case), planned(worker, case, replace(case.offers, **wider))
    assert after.cost_eur <= before.cost_eur + 1e-6 * (1 + abs(before.cost_eur))


@many
@given(seed=seeds, graded=st.booleans(), cheap=st.booleans())
def test_needs_are_met_where_the_wires_allow(
    worker: Worker, seed: int, graded: bool, cheap: bool
) -> None:
    case = town(seed, 3, graded=graded, tight=30.0, cheap=cheap)
    cars, hours = case.offers.storage[0], case.offers.window.hours
    power = planned(worker, case).power_of(cars.asset)
    for n in range(len(cars)):
        most = cars.start_kwh[n] + (cars.eta_in[n] * cars.draw_kw[n] * hours).sum()
        need = min(float(cars.low_kwh[n].max()), most)
        level = ledger.levels(cars, n, power[n], hours)
        assert level[np.isfinite(cars.low_kwh[n])][-1] >= need - 1e-5
