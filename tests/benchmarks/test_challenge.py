"""The parts of the CityLearn benchmark, on small made-up homes."""

from dataclasses import replace

import numpy as np
import pytest
from challenge.battery import Pack, reach, stepped
from challenge.marks import MONTH_H, marked, unevenness
from challenge.outlook import LEAST_H
from challenge.plan import ETA, Planner, Task
from challenge.play import Controller, played, ruled
from challenge.year import Year
from hypothesis import given, settings
from hypothesis import strategies as st

HOMES = 3


def packs(homes=HOMES):
    one = np.ones(homes)
    return Pack(capacity_kwh=6.4 * one, power_kw=5.0 * one, wear=1e-5 * one, rated=0.9 * one)


def years(hours, homes=HOMES, seed=0):
    dice, hour = np.random.default_rng(seed), np.arange(hours) % 24
    sun = 3 * np.maximum(np.sin((hour - 6) / 12 * np.pi), 0) * dice.uniform(0.7, 1, hours)
    price = np.where((hour >= 16) & (hour < 21), 0.5, 0.2)
    return Year(
        hour=hour + 1,
        net_kwh=dice.gamma(2.0, 0.5, (homes, hours)) - sun,
        price=price,
        announced=np.array([np.roll(price, -lead) for lead in (6, 12, 24)]),
        carbon=0.15 + 0.03 * np.sin(hour / 24 * 2 * np.pi),
    )


def test_a_battery_charges_by_its_curves():
    pack = packs(1)
    full_power, flowed = stepped(pack, pack.new(), np.array([9.0]))
    assert flowed[0] == pytest.approx(5.0), "the rated power is the most that flows"
    assert full_power.level_kwh[0] == pytest.approx(5 * 0.85**0.5), "0.85 there and back at 5 kW"
    gentle, _ = stepped(pack, pack.new(), np.array([1.0]))
    assert gentle.level_kwh[0] == pytest.approx(0.83**0.5), "0.83 there and back up to 1.5 kW"


def test_a_full_battery_gives_a_fifth_of_its_power():
    pack = packs(1)
    full = replace(pack.new(), level_kwh=pack.capacity_kwh)
    feed, draw = reach(pack, full)
    assert feed[0] == pytest.approx(1.0)
    assert draw[0] == 0.0


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=40))
def test_a_battery_never_gives_more_than_it_took(asked):
    pack = packs(1)
    now, taken = pack.new(), 0.0
    for ask in asked:
        now, flowed = stepped(pack, now, np.array([ask]))
        taken += flowed[0]
        assert 0 <= now.level_kwh[0] <= pack.capacity_kwh[0], "the level left its bounds"
        assert abs(flowed[0]) <= min(abs(ask), 5.0) + 1e-12, "more flowed than was asked"
        assert taken >= now.level_kwh[0] - 1e-9, "energy came from nowhere"


def test_no_battery_scores_one():
    year = years(2 * MONTH_H)
    marks = marked(year, year.net_kwh)
    assert (marks.score, marks.pooled_score, marks.mean_score) == pytest.approx((1.0, 1.0, 1.0))


def test_what_is_fed_in_earns_nothing():
    year = years(MONTH_H)
    less = np.where(year.net_kwh < 0, 2 * year.net_kwh, year.net_kwh)
    marks = marked(year, less)
    assert (marks.cost, marks.carbon) == pytest.approx((1.0, 1.0)), "feeding in changed a bill"
    assert marks.pooled_cost < 1, "pooled homes use each other's sun"


def test_unevenness_counts_month_by_month():
    flat, peaky = np.full(MONTH_H, 2.0), np.full(MONTH_H, 1.0)
    peaky[0] = 4.0
    ofpeaky = 1 - peaky.mean() / 4
    assert unevenness(np.concatenate([flat, peaky])) == pytest.approx(ofpeaky / 2)


def tasks(seed, ahead=6):
    dice = np.random.default_rng(seed)
    return Task(
        net_kwh=np.sort(dice.normal(0.5, 1.5, (4, HOMES, ahead)), axis=0),
        worth=dice.uniform(0.1, 1, ahead),
        left=float(dice.uniform(0, 0.3)),
        ramp=float(dice.uniform(0, 0.5)),
        peak=float(dice.uniform(0, 2)),
        before_kw=float(dice.normal(0, 2)),
        surprise_kw=np.sort(dice.normal(0, 1, 3)),
        reached_kw=float(dice.uniform(0, 4)),
    )


def price_of(task, flow, level):
    """What a plan costs, straight from its meaning."""
    bill = task.worth * np.maximum(task.net_kwh + flow, 0).mean(axis=0)
    grid = (task.net_kwh.mean(axis=0) + flow).sum(axis=0)
    change = np.diff(grid, prepend=task.before_kw)
    ramp = np.abs(change[:, None] + task.surprise_kw).mean(axis=1)
    peak = max(grid.max(), task.reached_kw)
    return bill.sum() + task.ramp * ramp.sum() + task.peak * peak - task.left * level[:, -1].sum()


def levels(flow, start):
    return start[:, None] + np.cumsum(np.where(flow > 0, flow * ETA, flow / ETA), axis=1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_no_other_plan_is_cheaper(seed):
    task, pack, dice = tasks(seed), packs(), np.random.default_rng(seed)
    now = replace(pack.new(), level_kwh=dice.uniform(0, 5, HOMES))
    plan = Planner(pack).plan(task, now, 0)
    best = price_of(task, plan.flow_kwh, plan.level_kwh)
    feed, draw = reach(pack, now)
    for size in (0.01, 0.1, 1.0):
        flow = plan.flow_kwh + dice.normal(0, size, plan.flow_kwh.shape)
        flow[:, 0] = np.clip(flow[:, 0], -feed, draw)
        led = levels(np.clip(flow, -5, 5), now.level_kwh)
        fits = ((led >= 0) & (led <= now.usable_kwh[:, None])).all(axis=1, keepdims=True)
        other = np.where(fits, np.clip(flow, -5, 5), plan.flow_kwh)
        cost = price_of(task, other, levels(other, now.level_kwh))
        assert cost >= best - 1e-7, "the solver's plan was not the cheapest"


def asked(year, hours):
    """What the controller asked of the batteries in each of `hours`, playing `year`."""
    pack, said = packs(), []
    controller = Controller(pack)

    def listened(seen, now, net):
        said.append(controller(seen, now, net))
        return said[-1]

    played(year.until(hours), pack, listened)
    return np.array(said)


def test_nothing_of_the_future_is_seen():
    year, turn = years(LEAST_H + 12), LEAST_H + 6
    other = years(LEAST_H + 12, seed=1)
    changed = {
        name: np.concatenate(
            [getattr(year, name)[..., :turn], 2 * getattr(other, name)[..., turn:]], axis=-1
        )
        for name in Year.__dataclass_fields__
    }
    mine, theirs = asked(year, LEAST_H + 12), asked(replace(year, **changed), LEAST_H + 12)
    assert np.abs(mine[LEAST_H : turn + 1]).max() > 0, "the controller did nothing"
    np.testing.assert_array_equal(mine[: turn + 1], theirs[: turn + 1])
    assert np.abs(mine - theirs)[turn + 1 :].max() > 0, "what was seen made no difference"


def test_the_rule_follows_the_clock():
    year, pack = years(48), packs()
    net = played(year, pack, ruled(pack))
    flow = (net - year.net_kwh)[0]
    assert (flow[24 + 6 : 24 + 12] > 0).all(), "it charges by day"
    assert (flow[24 + 15 : 24 + 20] < 0).all(), "it discharges in the evening"
