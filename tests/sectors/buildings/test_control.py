"""Buildings' offers come true, plans keep people warm, and optimum start is in time."""

import numpy as np
import pytest

from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.sectors.buildings import SECTOR
from commonwatt.sectors.buildings.analysis import comfort_due, one_level, open_share
from commonwatt.sectors.buildings.control.flexible import COMFORT_MARGIN_K, FIRMNESS

FLEX = SECTOR.flexible
DAY = 96


def store_of(campus, window):
    (store,) = FLEX.offer(campus, window).storage
    return store


def rolled(store, power, hours):
    """(N,T) levels by the storage equation."""
    level, path = store.start_kwh, []
    for t in range(power.shape[1]):
        gained = store.eta_in[:, t] * power[:, t] * hours[t]
        level = store.keep[:, t] * level + gained - store.use_kwh[:, t]
        path.append(level)
    return np.array(path).T


def forced(campus, power):
    for t in range(power.shape[1]):
        campus.low[:] = campus.high[:] = power[:, t]
        campus.live()


def test_an_offer_predicts_what_the_buildings_then_do(campus):
    campus.live(DAY)
    window = Window.uniform(campus.now, DAY)
    store = store_of(campus, window)
    forced(campus, np.outer([9.0, 8.0], np.arange(DAY) // 8 % 2))
    happened = campus.told("asset.power_kw")[:, DAY:]
    mass = campus.told("zone.mass_c")[:, DAY:]
    one = one_level(campus.plan.things)
    expected = one.mass_at(rolled(store, happened, window.hours))
    assert np.abs(expected - mass).max() < 0.15
    assert np.abs(expected - mass)[:, :16].max() < 0.04


def test_offers_are_well_formed_on_graded_windows(campus):
    campus.live(40)
    window = Window.graded(campus.now)
    offers = FLEX.offer(campus, window)
    (store,) = offers.storage
    assert offers.fixed_kw.shape == (4, len(window))
    assert not offers.fixed_kw.any()
    assert (store.low_kwh <= store.high_kwh + 1e-9).all()
    assert ((store.keep > 0) & (store.keep <= 1)).all()
    for name, value in vars(store).items():
        assert np.isfinite(value).all(), name
    one, due = (
        one_level(campus.plan.things),
        comfort_due(campus.plan.things, campus.plan.place, window),
    )
    gain = campus.forecast("zone.gain_kw", store.asset, window).mean
    air = one.air(one.mass_at(store.low_kwh), campus.weather(window).temperature_c, gain)
    wanted = np.where(due, 20.0, 17.0) + COMFORT_MARGIN_K
    free = store.low_kwh < store.high_kwh
    assert air[free] == pytest.approx(wanted[free])


def test_cold_in_a_big_building_costs_as_in_many_homes(campus):
    store = store_of(campus, Window.uniform(campus.now, 4))
    one = one_level(campus.plan.things)
    per_kelvin = store.short_price * (one.capacity / one.AIR_PER_MASS)[:, None]
    homes = np.array([[60.0], [36.0]])  # 120 pupils, 72 clerks
    assert per_kelvin == pytest.approx(FIRMNESS * 0.5 * 0.25 * np.repeat(homes, 4, axis=1))


@pytest.mark.parametrize("mean_c", [-3.0, 4.0, 14.0])
@pytest.mark.parametrize("cheap", [2, 12, 21])
def test_a_plan_made_knowing_all_never_lets_rooms_leave_what_is_accepted(
    mean_c, cheap, campus_of, cheapest, monday
):
    price = np.full(24, 0.30)
    price[[cheap, (cheap + 1) % 24, (cheap + 2) % 24]] = 0.01
    campus = campus_of(mean_c=mean_c, now=monday + DAY_S // 2)
    campus.price = price
    campus.live(8)
    window = Window.uniform(campus.now, 2 * DAY)
    plan = cheapest(FLEX.offer(campus, window), campus.signal("price", window), campus.now)
    asked = plan.power_of(campus.plan.things.ix)
    forced(campus, asked)
    happened, air = (campus.told(q)[:, 8:] for q in ("asset.power_kw", "zone.air_c"))
    share = open_share(campus.plan.things, campus.plan.place, window)
    assert (happened <= asked + 1e-6).all(), "nobody was cold and had to overrule the plan"
    assert air[share > 0].min() > 20.0
    assert air[share == 0].min() > 17.0
    stopped = happened < asked - 1e-6
    assert stopped.mean() < 0.02, "too warm with the sun of a slot ago: now and then"
    assert (np.roll(air, 1, axis=1)[stopped] > 24.0).all()


def test_a_plan_follows_the_price(campus_of, cheapest, monday):
    taken = {}
    for cheap in (2, 21):
        campus = campus_of(mean_c=0.0, now=monday + DAY_S // 2)
        campus.price = np.full(24, 0.30)
        campus.price[cheap : cheap + 3] = 0.01
        campus.live(8)
        window = Window.uniform(campus.now, DAY)
        plan = cheapest(FLEX.offer(campus, window), campus.signal("price", window), campus.now)
        hour = campus.plan.place.local(window.starts) // 3600 % 24
        taken[cheap] = plan.power_of(campus.plan.things.ix)[:, hour == cheap].mean(axis=1)
        other = plan.power_of(campus.plan.things.ix)[:, hour == (21 if cheap == 2 else 2)]
        assert (taken[cheap] > 2 * other.mean(axis=1) + 5).all()


def test_setpoints_say_why_and_lapse_a_slot_later(campus, monday):
    window = Window.uniform(campus.now, 2)
    plan = Schedule(
        window=window, asset=np.array([0, 1]), power_kw=np.array([[9.0, 0.0], [0.0, 0.0]]),
        level_kwh=np.zeros((2, 2)), binding=np.full(2, -1), limits=(),
        node_price=np.full((4, 2), 0.1), breach=np.zeros((0, 2)), cost_eur=0.0, status="optimal",
    )  # fmt: skip
    told = FLEX.follow(plan, campus)
    assert told.asset.tolist() == [0, 1]
    assert (told.low_kw == told.high_kw).all()
    assert told.low_kw.tolist() == [9.0, 0.0]
    assert told.expires.tolist() == [monday + 2 * SLOT_S] * 2
    assert told.reason == (
        "Heats at 9.0 kW ahead of opening at 7:45, as planned.",
        "Lets the building coast: empty until 7:45.",
    )
    campus.now = monday + 12 * 3600
    open_now = FLEX.follow(plan, campus)
    assert open_now.reason[0] == "Heats at 9.0 kW to keep its rooms warm, as planned."
    assert open_now.reason[1] == "Lets the building coast: warm enough for now."


@pytest.mark.parametrize(("mean_c", "later"), [(-2.0, False), (12.0, True)])
def test_optimum_start_is_in_time_and_later_than_the_switch_where_that_does(
    mean_c, later, campus_of, monday
):
    switched, tuned = (campus_of(mean_c=mean_c, now=monday - DAY_S) for _ in range(2))
    for _ in range(3 * DAY):
        tuned.obey(FLEX.local(tuned))
        tuned.live()
    switched.live(3 * DAY)
    first = Window.uniform(monday - DAY_S, 3 * DAY)
    share = open_share(tuned.plan.things, tuned.plan.place, first)
    assert tuned.told("zone.air_c")[share > 0].min() > 19.8
    assert tuned.told("zone.cold_k_h").sum() <= switched.told("zone.cold_k_h").sum() + 0.1
    before = slice(DAY + 68, 2 * DAY + 20)  # Monday 17:00 to Tuesday 5:00
    kw = [campus.told("asset.power_kw")[:, before].sum() for campus in (tuned, switched)]
    assert (kw[0] < kw[1]) == later


def test_optimum_start_leaves_open_buildings_to_their_own_curve(campus, monday):
    campus.live(4)
    assert len(FLEX.local(campus)) == 2
    campus.live(40)
    assert len(FLEX.local(campus)) == 0
    campus.now = monday + 5 * DAY_S  # Saturday
    waiting = FLEX.local(campus)
    assert (waiting.low_kw == -np.inf).all()
    assert (waiting.high_kw < 26.0).all()


def test_a_town_without_buildings_offers_nothing(campus_of):
    campus = campus_of(())
    offers = FLEX.offer(campus, Window.uniform(campus.now, 4))
    assert offers.storage == ()
    assert offers.fixed_kw.shape == (4, 4)
    assert len(FLEX.local(campus)) == 0
