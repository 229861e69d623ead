"""Commands: the plan's power, the guard against leaving empty, and the wall box's own rule."""

import numpy as np
import pytest

from commonwatt.kernel.flexibility import Schedule
from commonwatt.kernel.intervals import Window
from commonwatt.sectors.charging.control import SmartCharging


def plan(view, power_by_asset):
    asset = np.array(list(power_by_asset))
    power = np.array([[p, p] for p in power_by_asset.values()], dtype=float).reshape(-1, 2)
    return Schedule(
        window=Window.uniform(view.now, 2),
        asset=asset,
        power_kw=power,
        level_kwh=power,
        binding=np.full(2, -1),
        limits=(),
        node_price=np.zeros((2, 2)),
        breach=np.zeros((0, 2)),
        cost_eur=0.0,
        status="optimal",
    )


def told(commands):
    assert np.array_equal(commands.low_kw, commands.high_kw)
    return dict(zip(commands.asset.tolist(), commands.low_kw.tolist(), strict=True))


def test_chargers_do_as_planned(make):
    view = make.view(make.street(3), make.requests((2, -1, 8, 20, 0, 11), (4, -1, 8, 5, 0, 11)))
    commands = SmartCharging().follow(plan(view, {2: 3.5, 3: 0.0, 4: 0.0}), view)
    assert told(commands) == {2: 3.5, 4: 0.0}
    assert np.all(commands.expires == view.now + 900)


def test_a_car_at_its_latest_start_charges_whatever_was_planned(make):
    view = make.view(make.street(3), make.requests((2, -1, 1, 11, 0, 11), (3, -1, 1, 10, 0, 11)))
    commands = SmartCharging().follow(plan(view, {2: 0.0, 3: 2.0}), view)
    assert told(commands) == {2: pytest.approx(11.0), 3: pytest.approx(7.0)}
    assert all("ready" in reason for reason in commands.reason)


def test_a_car_the_plan_does_not_know_charges_by_its_own_rule(make):
    view = make.view(make.street(3), make.requests((2, 0, 8, 20, 0, 11)))
    commands = SmartCharging().follow(plan(view, {3: 0.0}), view)
    assert told(commands) == told(SmartCharging().local(view))


def test_a_plan_below_the_least_power_is_rounded(make):
    street = make.street(4, min_kw=4.0)
    cars = make.requests(
        (2, -1, 9, 9, 0, 11), (3, -1, 9, 9, 0, 11), (4, -1, 9, 9, 0, 11), (5, -1, 0.25, 1, 0.8, 11)
    )
    view = make.view(street, cars)
    commands = SmartCharging().follow(plan(view, {2: 1.9, 3: 2.1, 4: 5.0, 5: 0.0}), view)
    assert told(commands) == {2: 0.0, 3: 4.0, 4: 5.0, 5: 4.0}


def test_no_cars_no_commands(make):
    view = make.view(make.street(3), make.requests())
    assert len(SmartCharging().follow(plan(view, {2: 1.0}), view)) == 0
    assert len(SmartCharging().local(view)) == 0


def test_sessions_still_to_come_get_no_command(make):
    view = make.view(make.street(3), make.requests((2, 1, 8, 20, 0, 11)))
    assert len(SmartCharging().follow(plan(view, {2: 5.0}), view)) == 0


def test_a_wall_box_spreads_its_energy_evenly_over_the_cheap_hours(make):
    """From 23 h UTC the night is cheap until 6 h: 7 hours for 14 kWh."""
    view = make.view(make.street(1), make.requests((2, -1, 10, 14, 0, 11)))
    assert told(SmartCharging().local(view)) == {2: pytest.approx(2.0)}


def test_a_wall_box_waits_for_the_cheap_hours(make):
    view = make.view(make.street(1), make.requests((2, -7, 10, 30, 0, 11)))
    view.now -= 5 * 3600  # 18 h UTC, four dear hours to go, eight cheap ones ahead
    assert told(SmartCharging().local(view)) == {2: 0.0}


def test_dear_hours_are_used_only_for_what_cheap_ones_cannot_do(make):
    """Four dear hours, then eight cheap ones that hold 88 of 100 kWh."""
    view = make.view(make.street(1), make.requests((2, -7, 7, 100, 0, 11)))
    view.now -= 5 * 3600
    assert told(SmartCharging().local(view)) == {2: pytest.approx(12 / 4)}


def test_own_sun_is_used_beside_the_timer(make):
    measured = {"meter.power_kw": np.array([-6.0]), "asset.power_kw": np.array([1.0])}
    view = make.view(make.street(1), make.requests((2, -7, 12, 30, 0, 11)), measured=measured)
    view.now -= 5 * 3600
    assert told(SmartCharging().local(view)) == {2: pytest.approx(7.0)}


def test_chargers_share_what_the_fuse_leaves(make):
    """A 43.6 kW fuse with 33.6 kW of other load leaves 10 kW to two chargers that want 22 each."""
    measured = {"meter.power_kw": np.array([35.6]), "asset.power_kw": np.array([2.0, 0.0])}
    cars = make.requests((2, -1, 1, 22, 0, 22), (3, -1, 1, 22, 0, 22))
    view = make.view(make.street(2, rated_kw=22.0), cars, measured=measured)
    power = told(SmartCharging().local(view))
    assert power == {2: pytest.approx(5.0), 3: pytest.approx(5.0)}


def test_the_wall_box_has_every_car_ready(make):
    """Replayed slot by slot, the rule never leaves a feasible car short."""
    street = make.street(1)
    got = 0.0
    for slot in range(56):
        cars = make.requests((2, -7, 7, 100, got, 11))
        view = make.view(street, cars)
        view.now += 900 * slot - 7 * 3600
        got += told(SmartCharging().local(view))[2] / 4
    assert got == pytest.approx(100.0)
