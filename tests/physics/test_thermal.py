"""Two-node buildings, their one-level reduction, tanks and heat pumps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from commonwatt.physics.thermal import (
    AIR_SHARE,
    COUPLING,
    FLOOR_SUPPLY_C,
    TANK_SUPPLY_C,
    Building,
    OneLevel,
    Tank,
    cop,
    tapped_kwh,
)

LOSS = np.array([0.12, 0.2, 0.35])
MASS = np.array([5.0, 10.0, 12.0])
HOURS = 0.25


def weather(slots: int) -> np.ndarray:
    t = np.arange(slots)
    return 3 - 4 * np.cos(2 * np.pi * (t - 16) / 96) - 6 * np.sin(2 * np.pi * t / 400)


def gains(slots: int) -> np.ndarray:
    t = np.arange(slots)
    sun = np.maximum(0, np.sin(2 * np.pi * (t - 28) / 96)) * (1 + 0.3 * np.sin(t))
    return LOSS[:, None] / 0.2 * (0.3 + 1.0 * sun)


def heats(slots: int) -> np.ndarray:
    """Heat as a plan gives it: in blocks, with full stops between."""
    on = (np.arange(slots) // 12) % 2 == 0
    return LOSS[:, None] * 30 * on


def two_node(slots: int, outdoor: np.ndarray, gain: np.ndarray, heat: np.ndarray) -> np.ndarray:
    building = Building(LOSS, MASS, HOURS)
    air, mass = np.full(3, 21.0), np.full(3, 23.5)
    path = np.empty((2, 3, slots))
    for t in range(slots):
        air, mass = building.step(
            air, mass, heat_kw=heat[:, t], gain_kw=gain[:, t], outdoor_c=outdoor[t]
        )
        path[:, :, t] = air, mass
    return path


def test_exact_step_agrees_with_an_ode_solver():
    loss, mass, out, heat, gain = 0.2, 10.0, -5.0, 4.0, 0.7

    def rates(_t: float, x: np.ndarray) -> list[float]:
        flow = COUPLING * loss * (x[1] - x[0])
        air = (flow + loss * (out - x[0]) + gain) / (AIR_SHARE * mass)
        return [air, (heat - flow) / mass]

    oracle = solve_ivp(rates, (0, 2.0), [20.0, 24.0], rtol=1e-10, atol=1e-10).y[:, -1]
    building = Building(np.array([loss]), np.array([mass]), 2.0)
    air, inner = building.step(
        np.array([20.0]),
        np.array([24.0]),
        heat_kw=np.array([heat]),
        gain_kw=np.array([gain]),
        outdoor_c=out,
    )
    assert [air[0], inner[0]] == pytest.approx(oracle, abs=1e-6)


def test_one_level_follows_two_nodes_over_days():
    slots = 5 * 96
    outdoor, gain, heat = weather(slots), gains(slots), heats(slots)
    path = two_node(slots, outdoor, gain, heat)
    one = OneLevel(LOSS, MASS)
    hours = np.full(slots, HOURS)
    keep, intake, use = one.keep(hours), one.intake(hours), one.use(hours, outdoor, gain)
    level = one.level(np.full(3, 23.5))
    planned = np.empty((3, slots))
    for t in range(slots):
        level = keep[:, t] * level + intake[:, t] * heat[:, t] * HOURS - use[:, t]
        planned[:, t] = level
    mass = one.mass_at(planned)
    air = one.air(mass, outdoor, gain)
    assert np.abs(mass - path[1]).max() < 0.1
    assert np.abs(air - path[0])[:, 4:].mean() < 0.05
    assert np.quantile(np.abs(air - path[0])[:, 4:], 0.99) < 0.25


def test_air_and_mass_map_onto_each_other():
    one = OneLevel(LOSS, MASS)
    air = np.array([[20.0, 21.0]] * 3)
    outdoor, gain = np.array([-5.0, 12.0]), np.array([[0.3, 1.5]] * 3)
    mass = one.mass_for(air, outdoor, gain)
    assert one.air(mass, outdoor, gain) == pytest.approx(air)
    assert one.gain(air, mass, outdoor) == pytest.approx(gain)
    assert one.mass_at(one.level(mass)) == pytest.approx(mass)


def test_one_level_holds_the_steady_state():
    one, building = OneLevel(LOSS, MASS), Building(LOSS, MASS, HOURS)
    heat, gain, outdoor = LOSS * 20, LOSS * 3, np.array([-2.0])
    air, mass = building.steady(heat, gain, -2.0)
    assert air == pytest.approx(np.full(3, 21.0))
    hours = np.array([1.0])
    after = (
        one.keep(hours) * one.level(mass)[:, None]
        + one.intake(hours) * heat[:, None]
        - one.use(hours, outdoor, gain[:, None])
    )
    assert after[:, 0] == pytest.approx(one.level(mass))


@settings(max_examples=30, deadline=None)
@given(
    out=st.floats(-20, 30), air=st.floats(10, 30), mass=st.floats(10, 30), hours=st.floats(0.1, 9)
)
def test_without_heat_everything_drifts_towards_outdoors(
    out: float, air: float, mass: float, hours: float
):
    building, none = Building(LOSS, MASS, hours), np.zeros(3)
    after = building.step(
        np.full(3, air), np.full(3, mass), heat_kw=none, gain_kw=none, outdoor_c=out
    )
    low, high = min(out, air, mass) - 1e-9, max(out, air, mass) + 1e-9
    assert np.all((low <= np.array(after)) & (np.array(after) <= high))


def test_heat_pumps_are_better_when_mild_and_worse_for_hot_water():
    outdoor = np.linspace(-20, 30, 51)
    floor, tank = cop(outdoor, FLOOR_SUPPLY_C), cop(outdoor, TANK_SUPPLY_C)
    assert np.all(np.diff(floor) >= 0)
    assert np.all(tank <= floor)
    assert tank.min() > 1.8
    assert floor.max() < 5.5
    assert 2.5 < cop(np.array([7.0]), TANK_SUPPLY_C)[0] < 2.8


def test_a_tank_balances_its_heat_and_never_goes_negative():
    tank = Tank(np.array([200.0]))
    assert tank.full_kwh == pytest.approx([9.3], abs=0.01)
    full = tank.step(tank.full_kwh, np.zeros(1), np.zeros(1), 24.0)
    assert tank.full_kwh - full == pytest.approx([1.4], abs=0.2)
    assert tank.step(np.array([1.0]), np.zeros(1), np.array([8.0]), 0.25) == pytest.approx([0.0])
    assert tapped_kwh(np.array([200.0])) == pytest.approx(tank.full_kwh)
