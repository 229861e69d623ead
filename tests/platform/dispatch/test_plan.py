from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatt.kernel.errors import NoPlan
from commonwatt.kernel.flexibility import Offers, Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.platform.dispatch import Budget, Dispatcher, Objective, Worker
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    battery,
    car,
    limits_of,
    offers_of,
    one_store,
    prices,
    roof,
    town,
)

SLOTS = 8
DAY = START // 86_400


def lone(high: float = 50.0, low: float = -50.0, slots: int = SLOTS, **changes) -> LinearNetwork:
    given = replace(limits_of(np.ones((1, 1)), low, high, slots), name=("transformer T1",))
    return LinearNetwork(given, **changes)


def window(slots: int = SLOTS) -> Window:
    return Window.uniform(START, slots)


def plan(network: LinearNetwork, worker: Worker, offers: Offers, objective: Objective, **more):
    dispatcher = Dispatcher(network, worker=worker, **more)
    schedule = dispatcher.plan(offers, objective, offers.window.start)
    assert schedule.status == "optimal", schedule.cause
    return schedule


def test_charges_in_the_cheapest_slots(worker: Worker) -> None:
    price = np.array([0.3, 0.1, 0.2, 0.4, 0.3, 0.3, 0.01, 0.01])
    offers = offers_of(window(), 1.0, (car(SLOTS, 4.0, 6),))
    schedule = plan(lone(), worker, offers, prices(window(), price))
    assert schedule.power_of(np.array([1]))[0] == pytest.approx([0, 11, 5, 0, 0, 0, 0, 0])
    assert schedule.level_kwh[0, 5:] == pytest.approx([4.0] * 3)
    assert schedule.cost_eur == pytest.approx(0.25 * (price.sum() + 1.1 + 1.0))
    assert schedule.node_price[0] == pytest.approx(price)
    assert (schedule.binding == -1).all()


def test_a_limit_spreads_the_load_and_names_itself(worker: Worker) -> None:
    offers = offers_of(window(), 1.0, (car(SLOTS, 4.0, 6),))
    price = np.linspace(0.1, 0.17, SLOTS)
    schedule = plan(lone(high=6.0), worker, offers, prices(window(), price))
    assert schedule.power_kw[0] == pytest.approx([5, 5, 5, 1, 0, 0, 0, 0])
    assert [schedule.limits[b] for b in schedule.binding[:3]] == ["transformer T1"] * 3
    assert schedule.binding[3:].tolist() == [-1] * 5
    assert schedule.node_price[0, :4] == pytest.approx([price[3]] * 4), "waiting must cost alike"
    assert not schedule.breach.any()


def test_a_breach_is_named_and_paid(worker: Worker) -> None:
    offers = offers_of(window(), 8.0)
    schedule = plan(lone(high=6.0), worker, offers, prices(window(), 0.1))
    assert schedule.breach[schedule.limits.index("transformer T1")] == pytest.approx([2.0] * SLOTS)
    assert schedule.cost_eur == pytest.approx(2.0 * (8 * 0.1 + 2 * 2.0))
    assert (schedule.binding == 0).all() or not offers.storage


def test_curtails_rather_than_breach(worker: Worker) -> None:
    offers = offers_of(window(), 0.0, (), (roof(SLOTS, 9.0),))
    schedule = plan(lone(low=-6.0), worker, offers, prices(window(), 0.05))
    assert schedule.power_kw[0] == pytest.approx([-6.0] * SLOTS)
    assert schedule.node_price[0] == pytest.approx([-0.02] * SLOTS)
    assert np.isnan(schedule.level_kwh).all()


def test_the_days_peak_is_shaved_down_to_what_it_was_already(worker: Worker) -> None:
    load = np.array([2.0, 2, 8, 8, 2, 2, 2, 2])
    offers = offers_of(window(), load, (battery(SLOTS, end_price=0.15, wear_price=0.001),))
    expensive = {"peak": 1.0}
    free = plan(lone(), worker, offers, prices(window(), 0.15, **expensive))
    net = load + free.power_kw[0]
    assert net.max() < 5
    known = plan(lone(), worker, offers, prices(window(), 0.15, **expensive, reached=7.0))
    net = load + known.power_kw[0]
    assert net.max() == pytest.approx(7.0), "below today's peak nothing is gained"
    assert known.cost_eur > free.cost_eur


def test_a_peak_of_feeding_in_counts_alike(worker: Worker) -> None:
    offers = offers_of(window(), 0.0, (), (roof(SLOTS, 9.0),))
    schedule = plan(lone(), worker, offers, prices(window(), 0.01, peak=5.0))
    assert schedule.power_kw[0] == pytest.approx([0.0] * SLOTS)


def test_fuses_are_limits_too(worker: Worker) -> None:
    stores = (car(SLOTS, 8.0, 6), car(SLOTS, 8.0, 6, asset=5, connection=1))
    offers = offers_of(window(), 1.0, stores, connections=2)
    net = LinearNetwork(limits_of(np.ones((1, 2)), -90.0, 90.0, SLOTS))
    price = np.linspace(0.1, 0.17, SLOTS)
    schedule = plan(net, worker, offers, prices(window(), price), fuse_kw=np.array([9.0, 50.0]))
    assert schedule.power_kw.max(axis=1) == pytest.approx([8.0, 11.0])
    assert schedule.limits[schedule.binding[0]] == "the main fuse of connection 0"
    assert schedule.breach.shape == (3, SLOTS)
    assert schedule.node_price[0, 0] > schedule.node_price[1, 0]


def test_losses_and_carbon_come_with_the_energy_price(worker: Worker) -> None:
    network = lone()
    network.given = replace(
        network.given, loss=np.full((1, SLOTS), 0.05), loss_kw=np.full(SLOTS, 1)
    )
    offers = offers_of(window(), 4.0)
    schedule = plan(network, worker, offers, prices(window(), 0.2))
    assert schedule.node_price[0] == pytest.approx([0.21] * SLOTS)
    assert schedule.cost_eur == pytest.approx(2 * 0.2 * 5.0)


def test_losses_may_have_a_price_of_their_own(worker: Worker) -> None:
    network = lone()
    network.given = replace(
        network.given, loss=np.linspace(0.2, 0.0, SLOTS)[None], loss_kw=np.full(SLOTS, 1)
    )
    offers, price = offers_of(window(), 1.0, (car(SLOTS, 11.0, SLOTS),)), np.full(SLOTS, 0.1)
    price[-2:] = 0.13
    aim = prices(window(), price)
    plain = plan(network, worker, offers, aim)
    dear = plan(network, worker, offers, replace(aim, loss_price=1.0))
    drawn = dear.power_kw[0]
    assert plain.power_kw[0] == pytest.approx([0, 0, 11, 11, 11, 11, 0, 0])
    assert drawn[-4:] == pytest.approx([11.0] * 4), "where least is lost"
    loss = network.given.loss[0]
    np.testing.assert_allclose(dear.node_price[0], price * (1 + loss) + loss)
    lost = 1 + loss * drawn
    assert dear.cost_eur == pytest.approx(0.25 * (price @ (1 + drawn + lost) + lost.sum()))


def test_power_flow_tightens_what_the_rows_allowed(worker: Worker) -> None:
    offers = offers_of(window(), 1.0, (car(SLOTS, 4.0, 6),))
    price = prices(window(), np.linspace(0.1, 0.17, SLOTS))
    network = lone(high=6.0, worse=1.0)
    dispatcher = Dispatcher(network, worker=worker)
    schedule = dispatcher.plan(offers, price, START)
    assert schedule.power_kw[0].max() == pytest.approx(4.0), "the power flow found one kW more"
    assert not schedule.breach.any()
    assert dispatcher.work.tightenings == 1


def test_power_flow_that_never_agrees_is_asked_twice_and_named(worker: Worker) -> None:
    class Moody(LinearNetwork):
        def check(self, *args):
            self.worse = self.worse + 1.0
            return super().check(*args)

    offers = offers_of(window(), 1.0, (car(SLOTS, 4.0, 6),))
    dispatcher = Dispatcher(Moody(lone(high=6.0).given), worker=worker)
    schedule = dispatcher.plan(offers, prices(window(), np.linspace(0.1, 0.17, SLOTS)), START)
    assert dispatcher.work.tightenings == 2
    assert schedule.status == "optimal"
    assert schedule.breach.max() > 0.5


def test_a_failure_while_tightening_keeps_the_plan(worker: Worker) -> None:
    class Gone:
        def solve(self, *_):
            msg = "the solver is gone"
            raise NoPlan(msg)

    class Stalling(LinearNetwork):
        def check(self, *args):
            dispatcher._search.worker = Gone()
            return super().check(*args)

    offers = offers_of(window(), 1.0, (car(SLOTS, 4.0, 6), battery(SLOTS)))
    dispatcher = Dispatcher(Stalling(lone(high=6.0).given, worse=1.0), worker=worker)
    schedule = dispatcher.plan(offers, prices(window(), np.linspace(0.1, 0.17, SLOTS)), START)
    assert schedule.status == "optimal"
    assert schedule.cause.endswith("the solver is gone")
    assert schedule.breach.max() == pytest.approx(1.0)


def test_burns_no_energy_below_zero(worker: Worker) -> None:
    stores = (battery(SLOTS, start_kwh=9.0, eta_in=0.8, eta_out=0.8, wear_price=0.0),)
    price = np.array([-0.5, -0.5, -0.5, -0.5, 0.2, 0.2, 0.2, 0.2])
    schedule = plan(lone(), worker, offers_of(window(), 1.0, stores), prices(window(), price))
    led = np.diff(np.concatenate([[9.0], schedule.level_kwh[0]])) / 0.25
    power = schedule.power_kw[0]
    assert np.where(power > 0, 0.8 * power, power / 0.8) == pytest.approx(led, abs=1e-6)
    assert schedule.level_kwh[0, 3] == pytest.approx(10.0)


def test_burns_no_energy_for_a_limit(worker: Worker) -> None:
    """Feed-in that nobody can curtail makes the price negative without any negative price."""
    stores = (battery(SLOTS, start_kwh=10.0, eta_in=0.8, eta_out=0.8),)
    dispatcher = Dispatcher(lone(low=-6.0), worker=worker)
    offers = offers_of(window(), -9.0, stores)
    schedule = dispatcher.plan(offers, prices(window(), 0.1), START)
    assert dispatcher.work.closures >= 1
    assert schedule.power_kw[0] == pytest.approx([0.0] * SLOTS, abs=1e-6), "it is full"
    assert schedule.breach[0] == pytest.approx([3.0] * SLOTS)


def test_heats_no_full_house_for_a_negative_price(worker: Worker) -> None:
    warm = one_store(SLOTS, {"draw_kw": 3.0, "eta_in": 3.0, "high_kwh": 5.0, "use_kwh": -0.5,
                             "start_kwh": 4.0})  # fmt: skip
    schedule = plan(lone(), worker, offers_of(window(), 1.0, (warm,)), prices(window(), -0.1))
    drawn = 0.25 * 3.0 * schedule.power_kw[0]
    before = np.concatenate([[4.0], schedule.level_kwh[0, :-1]])
    assert (before + drawn + 0.5 <= np.where(drawn > 1e-6, 5.0, 99.0) + 1e-5).all()


def test_starts_outside_the_bounds_are_no_failure(worker: Worker) -> None:
    stores = (
        battery(SLOTS, start_kwh=14.0),
        battery(SLOTS, start_kwh=-2.0, asset=1),
        one_store(SLOTS, {"asset": 2, "draw_kw": 1.0, "eta_in": 3.0, "low_kwh": 4.0,
                          "high_kwh": 9.0, "short_price": 1.0, "start_kwh": -30.0}),
    )  # fmt: skip
    schedule = plan(lone(), worker, offers_of(window(), 1.0, stores), prices(window(), 0.2))
    assert schedule.level_kwh[0, 0] <= 10.0
    assert (schedule.level_kwh[1] >= -2.0 - 1e-6).all(), "an empty battery feeds nothing"
    assert schedule.power_kw[2] == pytest.approx([1.0] * SLOTS)


def test_feeds_nothing_that_is_not_there(worker: Worker) -> None:
    stores = (battery(SLOTS, start_kwh=1.0, low_kwh=0.0, short_price=0.0),)
    schedule = plan(lone(), worker, offers_of(window(), 3.0, stores), prices(window(), 5.0))
    assert schedule.power_kw[0].sum() * 0.25 == pytest.approx(-0.95)


def test_two_sessions_of_one_charger_are_one_asset(worker: Worker) -> None:
    early = car(SLOTS, 2.0, 3)
    late = car(SLOTS, 3.0, 8)
    late = replace(late, draw_kw=np.where(np.arange(SLOTS) < 4, 0.0, late.draw_kw))
    offers = offers_of(window(), 1.0, (early, late))
    schedule = plan(lone(), worker, offers, prices(window(), 0.1))
    assert schedule.asset.tolist() == [1]
    assert 0.25 * schedule.power_kw[0, :3].sum() == pytest.approx(2.0)
    assert 0.25 * schedule.power_kw[0, 4:].sum() == pytest.approx(3.0)
    assert schedule.level_kwh[0, 2] == pytest.approx(2.0)
    assert schedule.level_kwh[0, 7] == pytest.approx(3.0)


def test_no_flexibility_at_all(worker: Worker) -> None:
    schedule = plan(lone(), worker, offers_of(window(), 1.0), prices(window(), 0.1))
    assert schedule.power_kw.shape == (0, SLOTS)
    assert schedule.cost_eur == pytest.approx(0.2)


def same_bytes(a: Schedule, b: Schedule) -> None:
    for name in ("asset", "power_kw", "level_kwh", "binding", "node_price", "breach"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name
    assert a.cost_eur == b.cost_eur


def test_same_input_same_bytes_whatever_the_child_did_before(worker: Worker) -> None:
    cases = [town(seed, 4, graded=True, tight=0.5, cheap=True) for seed in (1, 2, 3)]
    runs = []
    for child in (Worker(), worker):
        dispatcher = Dispatcher(LinearNetwork(cases[0].limits), worker=child)
        runs.append([dispatcher.plan(c.offers, c.objective, START) for c in cases])
    for a, b in zip(*runs, strict=True):
        same_bytes(a, b)


def test_a_warm_start_finds_the_same_cost(worker: Worker) -> None:
    case = town(7, 4, graded=False, tight=0.5, cheap=False)
    cold = Dispatcher(LinearNetwork(case.limits), worker=worker)
    warm = Dispatcher(LinearNetwork(case.limits), worker=worker)
    other = town(8, 4, graded=False, tight=0.5, cheap=False)
    warm.plan(other.offers, other.objective, START - 900)
    warm._made = None
    a, b = (d.plan(case.offers, case.objective, START) for d in (cold, warm))
    assert a.cost_eur == pytest.approx(b.cost_eur, rel=1e-7)


def test_every_method_finds_the_same_cost(worker: Worker) -> None:
    case = town(9, 4, graded=True, tight=0.5, cheap=False)
    costs = [
        Dispatcher(LinearNetwork(case.limits), Budget(method=method), worker=worker)
        .plan(case.offers, case.objective, START)
        .cost_eur
        for method in ("simplex", "cold", "ipm")
    ]
    assert costs == pytest.approx(costs[:1] * 3, rel=1e-6)


@settings(max_examples=25, deadline=None, database=None)
@given(seed=st.integers(0, 10**6), wider=st.floats(1.01, 3.0), tight=st.floats(0.3, 1.0))
def test_relaxing_a_limit_never_costs(
    worker: Worker, seed: int, wider: float, tight: float
) -> None:
    case = town(seed, 3, graded=True, tight=tight, cheap=False)
    looser = replace(case.limits, low=case.limits.low * wider, high=case.limits.high * wider)
    tightly, loosely = (
        Dispatcher(LinearNetwork(rows), worker=worker).plan(case.offers, case.objective, START)
        for rows in (case.limits, looser)
    )
    assert loosely.cost_eur <= tightly.cost_eur + 1e-6 * (1 + abs(tightly.cost_eur))
    for schedule, rows in ((tightly, case.limits), (loosely, looser)):
        net = case.offers.fixed_kw.copy()
        for block in (*case.offers.storage, *case.offers.envelope):
            np.add.at(net, block.connection, schedule.power_of(block.asset))
        value = rows.sens @ net
        over = np.maximum(np.maximum(value - rows.high, rows.low - value), 0)
        assert schedule.breach == pytest.approx(over, abs=1e-6), "every breach must be named"
        assert schedule.limits == rows.name


def test_asks_for_limits_around_loads_wishes_and_the_last_plan(worker: Worker) -> None:
    network = lone()
    dispatcher = Dispatcher(network, worker=worker)
    offers = offers_of(window(), 1.0, (car(SLOTS, 4.0, 6),), (roof(SLOTS, 3.0),))
    price = prices(window(), np.linspace(0.1, 0.17, SLOTS))
    first = dispatcher.plan(offers, price, START)
    assert network.asked[0] == pytest.approx([-2.0] * SLOTS)
    dispatcher.plan(offers, price, START)
    assert network.asked[0] == pytest.approx(-2.0 + first.power_of(np.array([1]))[0])


def test_many_limits_enter_only_when_broken(worker: Worker) -> None:
    case = town(11, 4, graded=True, tight=30.0, cheap=False)
    dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker)
    assert dispatcher.plan(case.offers, case.objective, START).status == "optimal"
    assert dispatcher.work.solves == 1
    assert not dispatcher._search.active.size
