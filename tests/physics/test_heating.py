"""Stores made of buildings, thermostats, and what is learned of their nameplates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.intervals import Window
from commonwatt.kernel.tables import Field, Kind, Table
from commonwatt.physics.heating import (
    FEWEST_SLOTS,
    Outlook,
    coasting,
    drift_kw,
    heat_store,
    heat_worth,
    thermostat_kw,
)
from commonwatt.physics.thermal import COUPLING, FLOOR_SUPPLY_C, OneLevel, cop

LOSS, MASS = np.array([0.12, 0.35]), np.array([5.0, 12.0])
ONE = OneLevel(LOSS, MASS)
SLOTS = 24
OUTDOOR = 3 + 4 * np.sin(np.arange(SLOTS) / 4)
GAIN = LOSS[:, None] * (1 + np.sin(np.arange(SLOTS) / 3))
PUMP = Kind(name="pump", doc="a heat pump", fields=(Field(name="rated_kw", doc="power"),))
PUMPS = Table(
    PUMP, ("a", "b"), np.array([4, 5]), np.array([0, 1]), {"rated_kw": np.array([2.0, 4.0])}
)


def outlook(**changed) -> Outlook:
    given_ = {
        "window": Window.uniform(0, SLOTS),
        "outdoor_c": OUTDOOR,
        "gain_kw": GAIN,
        "least_gain_kw": GAIN,
        "drift_kw": np.zeros(2),
        "coldest_c": np.full((2, 1), 20.0),
        "warmest_c": np.full((2, 1), 23.0),
        "cold_price": np.full((2, SLOTS), 0.5),
        "energy_price": np.full(SLOTS, 0.1),
    }
    return Outlook(**{**given_, **changed})


@given(air=st.floats(10, 30), wish=st.floats(15, 25), outdoor=st.floats(-20, 20))
def test_a_thermostat_asks_more_the_colder_it_is_and_never_more_than_there_is(air, wish, outdoor):
    def asked(**changed):
        values = {"air_c": air, "set_c": wish, "outdoor_c": outdoor, **changed}
        arrays = {name: np.array([value]) for name, value in values.items()}
        return thermostat_kw(**arrays, loss_kw_per_k=np.array([0.2]), rated_kw=np.array([3.0]))[0]

    power = asked()
    assert 0 <= power <= 3
    assert asked(air_c=air - 1) >= power
    assert asked(set_c=wish + 1) >= power
    assert asked(outdoor_c=outdoor - 1) >= power


def test_hotter_water_takes_more_current_for_the_same_heat():
    one = {"air_c": np.array([20.5]), "set_c": np.array([21.0]), "outdoor_c": np.array([2.0])}
    two = {"loss_kw_per_k": np.array([0.2]), "rated_kw": np.array([9.0])}
    floor, radiator = (thermostat_kw(**one, **two, supply_c=s)[0] for s in (38.0, 50.0))
    heat = [kw * cop(np.array([2.0]), s)[0] for kw, s in ((floor, 38.0), (radiator, 50.0))]
    assert radiator > floor
    assert heat[0] == pytest.approx(heat[1])


@pytest.mark.parametrize("missed", [0.0, -0.4, 0.7])
def test_drift_is_the_heat_nameplates_missed(missed):
    hours, power = np.full(SLOTS, 0.25), np.abs(np.sin(np.arange(2 * SLOTS))).reshape(2, SLOTS)
    heat = cop(OUTDOOR, FLOOR_SUPPLY_C) * power + missed
    level = [ONE.level(np.array([22.0, 23.0]))]
    for t in range(SLOTS):
        kept = ONE.keep(hours)[:, t] * level[-1]
        level.append(
            kept + (ONE.intake(hours) * hours * heat)[:, t] - ONE.use(hours, OUTDOOR, GAIN)[:, t]
        )
    mass = ONE.mass_at(np.array(level).T)
    air = OneLevel.AIR_PER_MASS * mass[:, 1:] + (1 - OneLevel.AIR_PER_MASS) * OUTDOOR
    air += GAIN / ((1 + COUPLING) * LOSS[:, None])
    told = {"air_c": air, "power_kw": power, "outdoor_c": OUTDOOR, "hours": hours}
    assert drift_kw(ONE, mass_c=mass, **told) == pytest.approx([missed, missed])
    mass[0, FEWEST_SLOTS:] = np.nan
    assert drift_kw(ONE, mass_c=mass, **told) == pytest.approx([0.0, missed]), "too little seen"


def test_an_unheated_building_coasts_to_the_weather():
    hours = np.ones(2000)
    use = ONE.use(hours, np.full(2000, 5.0), np.zeros((2, 2000)))
    path = coasting(ONE.level(np.array([22.0, 22.0])), ONE.keep(hours), use)
    assert (np.diff(path, axis=1) < 1e-9).all()
    assert ONE.mass_at(path[:, -1]) == pytest.approx([5.0, 5.0], abs=1e-3)


def test_heat_left_is_worth_what_making_it_again_costs_less_what_leaks():
    window = Window.uniform(0, SLOTS)
    keep = ONE.keep(window.hours)
    worth = heat_worth(np.full(SLOTS, 0.3), window, np.full(SLOTS, 3.0), keep)
    assert worth == pytest.approx(0.1 * ONE.keep(np.array([12.0]))[:, 0])
    assert heat_worth(np.full(SLOTS, -0.1), window, np.full(SLOTS, 3.0), keep).tolist() == [0, 0]


def test_a_store_holds_rooms_between_coldest_and_warmest():
    store = heat_store(PUMPS, ONE, np.array([22.0, 22.0]), outlook())
    for level, air in ((store.low_kwh, 20.0), (store.high_kwh, 23.0)):
        assert ONE.air(ONE.mass_at(level), OUTDOOR, GAIN) == pytest.approx(np.full((2, SLOTS), air))
    assert store.asset.tolist() == [4, 5]
    assert store.draw_kw == pytest.approx(np.repeat([[2.0], [4.0]], SLOTS, axis=1))
    kelvin = ONE.capacity / ONE.AIR_PER_MASS
    assert store.short_price * kelvin[:, None] == pytest.approx(np.full((2, SLOTS), 0.5))


def test_no_ceiling_lies_below_what_a_building_reaches_unheated():
    hot = heat_store(PUMPS, ONE, np.array([30.0, 22.0]), outlook())
    alone = coasting(hot.start_kwh, hot.keep, hot.use_kwh)
    assert (hot.high_kwh >= alone).all()
    assert hot.high_kwh[0, 0] == alone[0, 0]
    assert (hot.low_kwh <= hot.high_kwh).all()


def test_who_stays_warm_unheated_is_not_paid_for_heat_left():
    summer = outlook(outdoor_c=np.full(SLOTS, 24.0))
    assert heat_store(PUMPS, ONE, np.array([24.0, 24.0]), summer).end_price.tolist() == [0, 0]
    assert (heat_store(PUMPS, ONE, np.array([21.0, 21.0]), outlook()).end_price > 0).all()


def test_drift_and_gains_both_fill_the_store():
    plain, helped, sunny = (
        heat_store(PUMPS, ONE, np.array([22.0, 22.0]), ahead).use_kwh
        for ahead in (
            outlook(), outlook(drift_kw=np.full(2, 0.3)), outlook(gain_kw=GAIN + 0.3)
        )
    )  # fmt: skip
    assert (helped < plain).all()
    assert (sunny < plain).all()


def test_floors_are_warm_enough_for_the_least_gain():
    usual, poor = (
        heat_store(PUMPS, ONE, np.full(2, 21.0), outlook(least_gain_kw=share * GAIN))
        for share in (1.0, 0.5)
    )
    mass = ONE.mass_at(poor.low_kwh)
    assert ONE.air(mass, OUTDOOR, 0.5 * GAIN) == pytest.approx(np.full((2, SLOTS), 20.0))
    assert (poor.low_kwh >= usual.low_kwh).all()
    assert poor.use_kwh == pytest.approx(usual.use_kwh)
