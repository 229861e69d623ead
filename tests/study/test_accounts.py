from dataclasses import replace

import numpy as np
import pytest

from commonwatt.kernel.intervals import Window
from commonwatt.study.accounts import Breaches, daily_peaks, system_cost

RUNS = ["today", "tuned", "coordinated", "bound"]


@pytest.mark.parametrize("run", RUNS)
def test_the_cost_is_the_price_list_times_what_happened(run, lived, scene, measure):
    life, window = lived(run), scene.window
    prices, hours = life.world.city.prices, 0.25
    told = {part: measure(life.played, part) for part in (
        "overload_energy", "voltage_energy", "co2", "comfort_lost", "curtailment", "ev_asked",
        "ev_served")}  # fmt: skip
    cost = {r.measure[5:]: r.value for r in life.played.rows if r.measure.startswith("cost_")}
    assert sum(cost.values()) == pytest.approx(measure(life.played, "system_cost"))
    truth = life.world.truth()
    source = truth.history("grid.source_kw", np.array([0]), window)[0]
    battery = truth.history("asset.power_kw", life.world.city.table("battery").ix, window)
    wanted = {
        "energy": source @ life.played.trace.price * hours,
        "carbon": told["co2"] * prices.carbon_eur_per_t / 1000,
        "overload": told["overload_energy"] * prices.overload_eur_per_kvah,
        "voltage": told["voltage_energy"] * prices.voltage_eur_per_pu_h,
        "curtailment": told["curtailment"] * prices.curtailment_eur_per_kwh,
        "discomfort": told["comfort_lost"] * prices.discomfort_eur_per_k_h,
        "wear": np.abs(battery).sum() * hours * prices.wear_eur_per_kwh,
        "peak": (np.abs(source[:48]).max() + np.abs(source[48:]).max())
        * prices.peak_eur_per_kw_day,
    }
    for part, eur in wanted.items():
        assert cost[part] == pytest.approx(eur, abs=1e-9), f"{run}: {part}"
    assert set(cost) == {*wanted, "missing", "left in stores"}
    bare = measure(life.played, "system_cost_without_breaches")
    assert bare + cost["overload"] + cost["voltage"] == pytest.approx(sum(cost.values()))


def test_breaches_cost_what_the_list_says(lived, scene):
    life = lived("today")
    parts = [
        system_cost(
            life.world.truth(),
            life.world.ground,
            scene.window,
            Breaches(overload_kvah=k, voltage_pu_h=v),
        )
        for k, v in ((0.0, 0.0), (3.0, 0.5))
    ]
    assert (parts[0]["overload"], parts[0]["voltage"]) == (0.0, 0.0)
    assert (parts[1]["overload"], parts[1]["voltage"]) == (6.0, 50.0)
    assert sum(parts[1].values()) - sum(parts[0].values()) == pytest.approx(56.0)


def test_a_peak_counts_once_a_local_day_in_either_direction(lived, noon):
    view, window = lived("today").world.truth(), Window.uniform(noon, 96)
    flow = np.zeros(96)
    flow[3], flow[10], flow[47], flow[48], flow[90] = -30.0, 20.0, 5.0, 7.0, -6.0
    np.testing.assert_array_equal(daily_peaks(view, flow, window), [30.0, 7.0])


def test_energy_left_in_cars_and_batteries_is_credited(lived, scene):
    life = lived("bound")
    truth, ground = life.world.truth(), life.world.ground
    none = Breaches(overload_kvah=0.0, voltage_pu_h=0.0)
    before = system_cost(truth, ground, scene.window, none)["left in stores"]
    asked = truth.requests()
    free = np.setdiff1d(ground.table("charger").ix, asked.asset)[0]
    fuller = np.append(asked.got_kwh, 10.0)
    more = {
        name: np.append(getattr(asked, name), 1)
        for name in ("since", "until", "need_kwh", "power_kw")
    }
    asset = np.append(asked.asset, free)
    truth.open_requests = replace(asked, asset=asset, got_kwh=fuller, **more)
    after = system_cost(truth, ground, scene.window, none)["left in stores"]
    carbon = ground.signals.truth("carbon.kg_per_kwh", scene.window)
    mean = np.mean(life.played.trace.price + ground.prices.carbon_eur_per_t / 1000 * carbon)
    assert before - after == pytest.approx(10.0 * mean), "10 kWh in a car at the day's mean price"
