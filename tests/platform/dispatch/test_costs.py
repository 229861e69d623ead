"""The parts of what a plan costs: each against a sum written apart, together what it goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Envelope, Modes, Profile, Reserve, Storage
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch import Budget, Costs, Dispatcher, Objective, Worker
from commonwatt.platform.dispatch.coordination import PROGRAM
from tests.platform.dispatch import ledger
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    Town,
    battery,
    cycles,
    limits_of,
    offers_of,
    prices,
    pumps,
    town,
)

SLOTS = 8
NEAR = {"rel": 1e-5, "abs": 1e-5}


@pytest.fixture(scope="module")
def child() -> Iterator[Worker]:
    worker = Worker(PROGRAM)
    yield worker
    worker.close()


def costs(dispatcher: Dispatcher, case: Town) -> tuple[Costs, ledger.Plan, float]:
    """What the certificate says, every row's power, and what the schedule says it costs."""
    schedule = dispatcher.plan(case.offers, case.objective, START)
    assert schedule.status == "optimal", schedule.cause
    found = dispatcher.certificate(schedule)
    assert found is not None
    offers = case.offers
    tables = (*offers.storage, *offers.envelope, *offers.profile, *offers.modes)
    return found.costs, [(t, schedule.power_of(t.asset)) for t in tables], schedule.cost_eur


def apart(case: Town, plan: ledger.Plan) -> Costs:
    """Every part, added up connection by connection and slot by slot."""
    offers, limits, aim = case.offers, case.limits, case.objective
    hours, net = np.diff(offers.window.edges) / 3600, ledger.net_kw(offers, plan)
    carbon = np.broadcast_to(aim.carbon_price, hours.shape)
    energy = paid_carbon = losses = 0.0
    peak = dict(aim.peak_so_far_kw)
    for t, h in enumerate(hours):
        lost = limits.loss_kw[t]
        for c in range(net.shape[0]):
            lost += limits.loss[c, t] * (net[c, t] - case.around[c, t])
        taken = net[:, t].sum() + lost
        energy += (aim.energy_price[t] - carbon[t]) * taken * h
        paid_carbon += carbon[t] * taken * h
        losses += aim.loss_price * lost * h
        day = int(aim.day[t])
        peak[day] = max(peak.get(day, 0.0), abs(taken))
    return Costs(
        energy_eur=energy,
        carbon_eur=paid_carbon,
        losses_eur=losses,
        peak_eur=aim.peak_price_eur_per_kw_day * sum(peak[d] for d in set(aim.day.tolist())),
        breach_eur=float(limits.price @ ledger.breaches(offers, limits, plan) @ hours),
        **private(plan, hours),
    )


def private(plan: ledger.Plan, hours: F) -> dict[str, float]:
    """What rows cost, and hold at the end, by themselves."""
    kinds = ("wear", "missed", "stored", "before", "moved", "whole")
    told = dict.fromkeys((f"{kind}_eur" for kind in kinds), 0.0)
    for rows, power in plan:
        for n in range(len(rows)):
            if isinstance(rows, Storage):
                level = ledger.levels(rows, n, power[n], hours)
                told["stored_eur"] += rows.end_price[n] * level[-1]
                told["before_eur"] += rows.end_price[n] * rows.start_kwh[n]
                for t, h in enumerate(hours):
                    told["wear_eur"] += rows.wear_price[n] * abs(power[n, t]) * h
                    below = max(0.0, rows.low_kwh[n, t] - level[t])
                    told["missed_eur"] += rows.short_price[n, t] * below
            elif isinstance(rows, Envelope):
                told["moved_eur"] += ledger.band(rows, n, power[n], hours)
            elif isinstance(rows, Profile):
                told["whole_eur"] += ledger.cycle(rows, n, power[n], hours)
            elif isinstance(rows, Modes):
                told["whole_eur"] += ledger.mode(rows, n, power[n], hours)
    return told


def agree(told: Costs, expected: Costs) -> None:
    for name in Costs.__dataclass_fields__:
        assert getattr(told, name) == pytest.approx(getattr(expected, name), **NEAR), name


def priced(case: Town) -> Town:
    """`case` where losses have a price beside, and a part of every price is carbon's."""
    part = 0.02 * np.arange(len(case.offers.window))
    return replace(case, objective=replace(case.objective, loss_price=0.05, carbon_price=part))


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), tight=st.floats(0.2, 1.5), cheap=st.booleans())
def test_every_part_is_what_the_plan_pays_for_it(
    worker: Worker, seed: int, tight: float, *, cheap: bool
) -> None:
    case = priced(town(seed, 3, graded=True, tight=tight, cheap=cheap))
    told, plan, cost = costs(Dispatcher(LinearNetwork(case.limits), worker=worker), case)
    agree(told, apart(case, plan))
    assert told.total_eur == pytest.approx(cost, **NEAR)


@pytest.mark.parametrize("seed", range(3))
def test_so_it_is_where_prices_coordinate_and_things_run_whole(seed: int, child: Worker) -> None:
    case = priced(town(seed, 4, graded=False, tight=0.7, cheap=False))
    whole = {"profile": (cycles(seed, 3, 4, 12),), "modes": (pumps(seed, 2, 4),)}
    case = replace(case, offers=replace(case.offers, **whole))
    dispatcher = Dispatcher(LinearNetwork(case.limits), Budget(direct=0, gap=1e-4))
    dispatcher._coordination._worker = child
    told, plan, cost = costs(dispatcher, case)
    agree(told, apart(case, plan))
    assert told.total_eur == pytest.approx(cost, **NEAR)


def small(objective: Objective, stores: tuple[Storage, ...] = ()) -> Town:
    """A connection with 1 kW that nobody moves, behind wires that carry 50."""
    offers = offers_of(Window.uniform(START, SLOTS), 1.0, stores)
    return Town(offers, objective, limits_of(np.ones((1, 1)), -50.0, 50.0, SLOTS))


def test_what_is_left_in_a_battery_is_not_taken_for_money(worker: Worker) -> None:
    """2 h at 10 ct: 0.2 € for the load; a full battery, worth 3 €, is kept for later."""
    full = battery(SLOTS, start_kwh=10.0, end_price=0.3)
    case = small(prices(Window.uniform(START, SLOTS), 0.1), (full,))
    told, _, cost = costs(Dispatcher(LinearNetwork(case.limits), worker=worker), case)
    assert cost == pytest.approx(-2.8), "what the plan was chosen by"
    assert told.paid_eur == pytest.approx(0.2)
    assert (told.before_eur, told.stored_eur) == pytest.approx((3.0, 3.0)), "it was there before"


def test_what_is_kept_ready_is_not_taken_for_money_either(worker: Worker) -> None:
    window = Window.uniform(START, SLOTS)
    one = np.ones(SLOTS)
    asked = Reserve(up_kw=2 * one, down_kw=0 * one, up_price=5 * one, down_price=one, hours=0.25)
    case = small(replace(prices(window, 0.1), reserve=asked), (battery(SLOTS, start_kwh=10.0),))
    told, _, cost = costs(Dispatcher(LinearNetwork(case.limits), worker=worker), case)
    assert told.reserve_eur == pytest.approx(2 * 5 * 2.0), "2 kW for 2 h at 5 €"
    assert told.total_eur == pytest.approx(cost, **NEAR)
    assert told.paid_eur == pytest.approx(cost + told.reserve_eur, **NEAR)


def test_a_limit_that_power_flow_finds_broken_is_paid_for(worker: Worker) -> None:
    case = small(prices(Window.uniform(START, SLOTS), 0.1))
    tight = replace(case.limits, high=np.full((1, SLOTS), 0.75))
    dispatcher = Dispatcher(LinearNetwork(tight), worker=worker)
    told, _, cost = costs(dispatcher, replace(case, limits=tight))
    assert told.breach_eur == pytest.approx(0.25 * 2.0 * 2.0), "0.25 kW over for 2 h at 2 €"
    assert told.total_eur == pytest.approx(cost)
