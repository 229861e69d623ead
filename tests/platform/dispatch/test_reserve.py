"""Reserve: as cheap as the oracle keeps it, and every asset can give what it keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commonwatt.kernel.flexibility import Kept, Reserve, Schedule, Storage
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch import Dispatcher, Objective, Worker, released
from commonwatt.platform.dispatch.reserve import overlap
from tests.platform.dispatch.oracle import optimum
from tests.platform.dispatch.test_plan import SLOTS, lone, window
from tests.platform.dispatch.towns import (
    START,
    LinearNetwork,
    Town,
    battery,
    car,
    offers_of,
    one_store,
    prices,
    roof,
    town,
)

HOURS = st.sampled_from([0.25, 0.5, 1.0])


def wanted(slots: int, *, up: F | float = 0.0, down: F | float = 0.0, **more: float) -> Reserve:
    wide = [np.broadcast_to(np.asarray(x, float), (slots,)).copy() for x in (up, down)]
    price = np.full(slots, more.get("price", 5.0))
    return Reserve(
        up_kw=wide[0],
        down_kw=wide[1],
        up_price=price,
        down_price=price,
        hours=more.get("hours", 0.25),
    )


def asking(aim: Objective, **asked: F | float) -> Objective:
    return replace(aim, reserve=wanted(aim.day.size, **asked))


def planned(worker: Worker, offers, aim: Objective, high: float = 50.0) -> Schedule:
    schedule = Dispatcher(lone(high=high, low=-50.0), worker=worker).plan(offers, aim, START)
    assert schedule.status == "optimal", schedule.cause
    return schedule


def kept(schedule: Schedule) -> Kept:
    assert schedule.reserve is not None
    return schedule.reserve


def least_cost(case: Town, aim: Objective) -> float:
    return optimum(
        case.offers,
        case.limits,
        case.around,
        energy_price=aim.energy_price,
        day=aim.day,
        peak_price=aim.peak_price_eur_per_kw_day,
        peak_so_far=dict(aim.peak_so_far_kw),
        reserve=aim.reserve,
    )


def test_a_battery_that_must_stay_ready_is_not_emptied(worker: Worker) -> None:
    offers = offers_of(window(), 5.0, (battery(SLOTS, wear_price=0.0),))
    aim = prices(window(), np.linspace(0.5, 0.1, SLOTS))
    free = planned(worker, offers, aim)
    assert free.level_kwh[0, -1] == pytest.approx(0.0, abs=1e-6)
    assert free.reserve is None
    ready = planned(worker, offers, asking(aim, up=2.0, hours=1.0))
    assert kept(ready).up_kw == pytest.approx([2.0] * SLOTS)
    assert ready.level_kwh[0, :-3].min() >= 2.0 / 0.95 - 1e-6, "an hour of 2 kW, losses included"
    assert ready.cost_eur + 2 * 2.0 * 5.0 > free.cost_eur, "ready energy cannot be sold"


def test_down_needs_room_and_power(worker: Worker) -> None:
    offers = offers_of(window(), 5.0, (battery(SLOTS, start_kwh=9.5),))
    aim = asking(prices(window(), 0.2), down=4.0, hours=0.25)
    ready = planned(worker, offers, aim)
    room = 10.0 - ready.level_kwh[0]
    assert (kept(ready).down_kw <= room / (0.25 / 0.95) + 1e-6).all()
    assert kept(ready).down_kw[-1] == pytest.approx(4.0), "room was made by then"


def test_a_price_below_what_it_costs_buys_nothing(worker: Worker) -> None:
    offers = offers_of(window(), 1.0, (car(SLOTS, 8.0, SLOTS),))
    aim = prices(window(), np.linspace(0.1, 0.4, SLOTS))
    late = np.zeros(SLOTS)
    late[6] = 5.0
    assert kept(planned(worker, offers, asking(aim, up=late, price=0.01))).up_kw[
        6
    ] == pytest.approx(0)
    paid = planned(worker, offers, asking(aim, up=late, price=0.5))
    assert kept(paid).up_kw[6] == pytest.approx(5.0), "it charges later so that it can stop"
    assert paid.power_of(np.array([1]))[0, 6] >= 5.0 - 1e-6


def test_what_nobody_can_keep_is_short_not_infeasible(worker: Worker) -> None:
    offers = offers_of(window(), 1.0, (battery(SLOTS),), (roof(SLOTS, 3.0),))
    ready = planned(worker, offers, asking(prices(window(), 0.2), up=100.0, down=100.0))
    assert (kept(ready).up_kw < 9).all()
    assert (kept(ready).down_kw <= 4 + 4 + 3 + 1e-6).all()


def test_a_roof_held_back_can_be_let_go(worker: Worker) -> None:
    offers = offers_of(window(), 0.0, (), (roof(SLOTS, 9.0),))
    dispatcher = Dispatcher(lone(low=-6.0), worker=worker)
    schedule = dispatcher.plan(offers, asking(prices(window(), 0.05), up=2.0, down=6.0), START)
    assert kept(schedule).asset_up_kw[0] == pytest.approx([2.0] * SLOTS)
    assert kept(schedule).asset_down_kw[0] == pytest.approx([6.0] * SLOTS)
    called = released(schedule, 1.5)
    assert called.power_kw[0, :2] == pytest.approx([-7.5, -6.0]), "for a quarter of an hour"


def test_a_house_keeps_warm_or_is_paid_for(worker: Worker) -> None:
    house = one_store(
        SLOTS,
        {
            "draw_kw": 3.0, "eta_in": 3.0, "keep": 1.0, "use_kwh": 1.5, "low_kwh": 0.0,
            "high_kwh": 8.0, "start_kwh": 0.0, "short_price": 1.0,
        },
    )  # fmt: skip
    offers = offers_of(window(), 0.0, (house,))
    ready = planned(worker, offers, asking(prices(window(), 0.2), up=1.0))
    assert kept(ready).up_kw == pytest.approx([1.0] * SLOTS)
    assert ready.level_kwh[0].min() >= 0.75 - 1e-6, "a quarter of an hour without its heat"


def test_nothing_asked_is_nothing_added(worker: Worker) -> None:
    case = town(3, 4, graded=True, tight=0.5, cheap=False)
    plain = Dispatcher(LinearNetwork(case.limits), worker=worker)
    none = Dispatcher(LinearNetwork(case.limits), worker=worker)
    one = plain.plan(case.offers, case.objective, START)
    two = none.plan(case.offers, asking(case.objective), START)
    np.testing.assert_array_equal(one.power_kw, two.power_kw)
    assert two.reserve is not None
    assert not two.reserve.up_kw.any()


def test_same_optimum_as_the_oracle(worker: Worker) -> None:
    same = []

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(
        seed=st.integers(0, 10**6),
        graded=st.booleans(),
        tight=st.floats(0.3, 1.5),
        up=st.floats(0, 20),
        down=st.floats(0, 20),
        price=st.floats(0.001, 3),
        hours=HOURS,
    )
    def holds(seed: int, graded: bool, tight: float, **asked: float) -> None:
        case = town(seed, 2, graded, tight, cheap=False)
        aim = asking(case.objective, **asked)
        dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker)
        schedule = dispatcher.plan(case.offers, aim, START)
        assert schedule.status == "optimal", schedule.cause
        best = least_cost(case, aim)
        scale = 1e-6 * (1 + abs(best))
        assert schedule.cost_eur >= best - scale
        same.append(schedule.cost_eur <= best + scale)
        assert same[-1] or dispatcher.work.closures, "dearer, and no slot was closed for waste"

    holds()
    assert np.mean(same) >= 0.5, "waste must be rare enough to compare optima"


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    graded=st.booleans(),
    cheap=st.booleans(),
    share=st.floats(0.01, 1.5),
    up=st.booleans(),
    hours=HOURS,
)
@example(seed=431, graded=False, cheap=False, share=1.0, up=False, hours=1.0)
def test_whatever_is_called_every_asset_can_give(
    worker: Worker, seed: int, share: float, hours: float, *, graded: bool, cheap: bool, up: bool
) -> None:
    case = town(seed, 4, graded, tight=0.8, cheap=cheap)
    side = {"up": 12.0} if up else {"down": 12.0}
    aim = asking(case.objective, price=2.0, hours=hours, **side)
    dispatcher = Dispatcher(LinearNetwork(case.limits), worker=worker)
    schedule = dispatcher.plan(case.offers, aim, START)
    held = kept(schedule)
    together = float((held.up_kw if up else held.down_kw)[0])
    parts = (held.asset_up_kw if up else held.asset_down_kw)[:, 0]
    assert parts.sum() == pytest.approx(together, abs=1e-6)
    called = released(schedule, share * together * (1 if up else -1))
    lasts = overlap(case.offers.window.hours, hours)[0] > 0
    moved = (called.power_kw - schedule.power_kw)[:, 0].sum()
    wish = min(share * together, float(parts.sum())) * (-1 if up else 1)
    assert moved == pytest.approx(wish, abs=1e-6)
    np.testing.assert_array_equal(called.power_kw[:, ~lasts], schedule.power_kw[:, ~lasts])
    for block in case.offers.storage:
        require_able(block, called, lasts, case.offers.window.hours)
    for band in case.offers.envelope:
        power = called.power_of(band.asset)
        assert (power >= band.low_kw - 1e-6).all()
        assert (power <= band.high_kw + 1e-6).all()


def require_able(block: Storage, called: Schedule, lasts: F, hours: F) -> None:
    """Lived through slot by slot: within power, never below the floor, never over the ceiling."""
    power = called.power_of(block.asset)
    level = alone = block.start_kwh
    feeds = (block.feed_kw > 0).any(axis=1)
    for t in np.flatnonzero(lasts):
        draw, feed = np.maximum(power[:, t], 0), np.maximum(-power[:, t], 0)
        assert (draw <= block.draw_kw[:, t] + 1e-6).all()
        assert (feed <= block.feed_kw[:, t] + 1e-6).all()
        idle = block.keep[:, t] * level - block.use_kwh[:, t]
        led = idle + (block.eta_in[:, t] * draw - feed / block.eta_out[:, t]) * hours[t]
        filled = draw > 1e-6
        assert (led[filled] <= block.high_kwh[filled, t] + 1e-5).all(), "charged over its brim"
        alone = np.minimum(block.high_kwh[:, t], block.keep[:, t] * alone - block.use_kwh[:, t])
        floor = np.minimum(np.minimum(0.0, block.low_kwh[:, t]), alone)
        level = np.minimum(led, block.high_kwh[:, t])
        assert (level[feeds] >= floor[feeds] - 1e-5).all(), "fed what was not there"


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"up_kw": np.full(SLOTS, -1.0)}, "up_kw"),
        ({"down_price": np.full(SLOTS, np.nan)}, "down_price"),
        ({"up_kw": np.ones(3)}, "up_kw has 3 slots"),
        ({"hours": 0.0}, "lasts 0 hours"),
    ],
)
def test_reserve_that_cannot_be_is_refused_by_name(worker: Worker, spoilt, words: str) -> None:
    aim = replace(prices(window(), 0.2), reserve=replace(wanted(SLOTS, up=1.0), **spoilt))
    schedule = Dispatcher(lone(), worker=worker).plan(offers_of(window(), 1.0), aim, START)
    assert schedule.status == "local"
    assert words in schedule.cause


def test_what_is_left_of_a_plan_keeps_what_is_left_of_its_reserve(worker: Worker) -> None:
    offers = offers_of(window(), 5.0, (battery(SLOTS),))
    ready = planned(worker, offers, asking(prices(window(), 0.2), up=np.arange(SLOTS) / 4))
    rest = ready.since(START + 2 * 900)
    assert rest is not None
    np.testing.assert_array_equal(kept(rest).up_kw, kept(ready).up_kw[2:])
    assert released(replace(ready, reserve=None), 3.0).reserve is None
