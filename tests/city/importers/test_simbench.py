"""SimBench's traps, one by one, against pandapower and against what SimBench says of itself."""

from __future__ import annotations

import copy
import sys
from functools import cache
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from commonwatt.city import model
from commonwatt.city.importers import simbench
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F
from commonwatt.kernel.world import Weather
from commonwatt.physics.sun import clear_sky_w_m2, pv_per_rated_kw
from commonwatt.sectors.grid.analysis.flow import Feeder

SUN = "1-LV-rural1--2-sw"
TRAPS = ("1-MV-urban--0-sw", "1-LV-rural1--1-sw", SUN)
SLOTS = np.array([17_000, 17_050, 1_200, 34_000])


@cache
def net_of(code: str) -> Any:
    return simbench.net_of(code)


@cache
def city_of(code: str) -> model.City:
    with pytest.MonkeyPatch.context() as patch:
        net = net_of(code)
        patch.setattr(simbench, "net_of", lambda _: net)
        return simbench.load(code)


def injections(city: model.City) -> tuple[F, F]:
    """(C,T) of everything drawn by profile, batteries at a tenth of their power."""
    kw, kvar = (np.zeros((len(city.connections), SLOTS.size)) for _ in range(2))
    shapes = city.series.values
    consumer, pv, battery = (city.table(k) for k in ("consumer", "pv", "battery"))
    for k, name in enumerate(consumer.text("profile")):
        at = consumer.connection[k]
        kw[at] += consumer.f("peak_kw")[k] * shapes[f"{name}.p"][SLOTS]
        kvar[at] += consumer.f("peak_kvar")[k] * shapes[f"{name}.q"][SLOTS]
    for k, name in enumerate(pv.text("profile")):
        kw[pv.connection[k]] -= pv.f("rated_kw")[k] * shapes[f"{name}.p"][SLOTS]
    np.add.at(kw, battery.connection, 0.1 * battery.f("rated_kw")[:, None])
    return kw, kvar


@pytest.mark.parametrize("code", TRAPS)
def test_power_flow_equals_pandapower(code: str) -> None:
    city, net = city_of(code), copy.deepcopy(net_of(code))
    kw, kvar = injections(city)
    flow = Feeder.of(city).flow(kw, kvar)
    buses = [i.removeprefix("bus/") for i in city.table("bus").ids]
    numbers = {str(name).replace(" ", "-"): bus for bus, name in net.bus.name.items()}
    host = [numbers[buses[bus]] for bus in city.connections.i("bus")]
    for element in (net.load, net.sgen, net.storage):
        element["in_service"] = False
    drawn = pp.create_loads(net, host, p_mw=0.0, q_mvar=0.0)
    for t in range(SLOTS.size):
        net.load.loc[drawn, "p_mw"], net.load.loc[drawn, "q_mvar"] = (
            kw[:, t] / 1e3,
            kvar[:, t] / 1e3,
        )
        pp.runpp(net, trafo_model="pi", trafo_loading="power", tolerance_mva=1e-9)
        volts = net.res_bus.vm_pu[[numbers[name] for name in buses]]
        assert np.abs(flow.volts_pu[:, t] - volts).max() < 1e-6
        loading = np.concatenate([net.res_trafo.loading_percent, net.res_line.loading_percent])
        assert np.abs(flow.loading[:, t] - loading / 100).max() < 1e-5
        assert flow.source_kw[t] == pytest.approx(net.res_ext_grid.p_mw.sum() * 1e3, abs=1e-2)


def test_taps_act() -> None:
    assert city_of("1-LV-rural1--1-sw").table("transformer").i("tap_pos").tolist() == [1]


def test_a_storage_is_its_own_roof_and_a_battery_that_explains_the_rest() -> None:
    city, net = city_of(SUN), net_of(SUN)
    battery, pv = city.table("battery"), city.table("pv")
    assert len(pv) == len(net.sgen) + len(net.storage)
    assert battery.f("efficiency").tolist() == [0.95] * 5
    assert np.allclose(battery.f("capacity_kwh"), net.storage.max_e_mwh * 1e3)
    for k, row in enumerate(net.storage.itertuples()):
        roof = len(net.sgen) + k
        assert pv.connection[roof] == battery.connection[k]
        assert pv.f("rated_kw")[roof] == pytest.approx(-row.p_mw * 1e3)
        sun = pv.f("rated_kw")[roof] * city.series.values[f"{pv.text('profile')[roof]}.p"]
        net_kw = row.p_mw * 1e3 * net.profiles["storage"][row.profile].to_numpy()
        rest = net_kw + sun
        assert np.abs(rest).max() <= battery.f("rated_kw")[k] + 1e-6
        stored = np.cumsum(rest) / 4
        assert stored.min() > -2.0
        assert 0 <= rest.sum() / sun.sum() < 0.15


def test_charge_points_and_heat_pumps_become_assets_at_their_home() -> None:
    city, net = city_of(SUN), net_of(SUN)
    kinds = {kind: len(city.table(kind)) for kind in ("charger", "heat_pump", "hot_water")}
    assert kinds == {"charger": 7, "heat_pump": 8, "hot_water": 8}
    assert sorted(set(city.table("charger").f("rated_kw"))) == [3.7, 11.0, 22.0]
    assert not any(
        p.startswith(("HLS", "Air", "Soil")) for p in city.table("consumer").text("profile")
    )
    shares = [net.profiles["load"][f"{p}_pload"].mean() for p in net.load.profile]
    cars = net.load.profile.str.startswith("HLS")
    yearly = (net.load.p_mw * np.array(shares))[cars].sum() * 1e3 * 24
    assert city.table("charger").f("daily_kwh").sum() == pytest.approx(yearly)
    pump = city.table("heat_pump")
    heat = pump.f("loss_kw_per_k") * 33 / pump.f("rated_kw")
    assert np.allclose(heat, heat[0])
    assert 2.2 < heat[0] < 2.8
    assert set(city.connections.text("use")) == {"home", "farm"}


def test_profile_times_are_an_even_utc_axis() -> None:
    city, net = city_of(SUN), net_of(SUN)
    labels = net.profiles["load"]["time"]
    assert city.series.slots == len(labels) == 35_136
    times = city.series.start + 900 * np.arange(len(labels))
    local = city.place.local(times).astype("datetime64[s]").astype(object)
    for k in (0, 8_000, 8_357, 20_000, 29_000, 35_135):
        assert labels[k] == local[k].strftime("%d.%m.%Y %H:%M")


def test_weather_agrees_with_the_roofs() -> None:
    city = city_of(SUN)
    names = ("temperature_c", "wind_m_s", "ghi_w_m2", "dhi_w_m2")
    sky = Weather(**{name: city.series.values[f"weather.{name}"] for name in names})
    window = Window.uniform(city.series.start, city.series.slots)
    middle = window.starts + 450
    south = pv_per_rated_kw(middle, city.place, sky, np.array([35.0]), np.array([180.0]))[0]
    measured = simbench.renewables(SUN)
    roofs = np.mean([measured[f"PV{k}"] for k in range(1, 9)], axis=0)
    daily = [output.reshape(-1, 96).sum(axis=1) for output in (roofs, south)]
    assert np.corrcoef(*daily)[0, 1] > 0.97
    assert np.corrcoef(roofs, south)[0, 1] > 0.9
    assert (sky.ghi_w_m2 <= clear_sky_w_m2(middle, city.place) + 1e-6).all()
    assert (sky.dhi_w_m2 <= sky.ghi_w_m2 + 1e-9).all()
    assert 900 < sky.ghi_w_m2.sum() / 4000 < 1150
    assert sky.temperature_c[20_000:22_000].mean() > 14.0
    assert sky.temperature_c[:2_000].mean() < 4.0


def test_fuses_carry_all_that_hangs_behind_them() -> None:
    city = city_of(SUN)
    fuse, draw = city.connections.f("fuse_kw"), np.zeros(len(city.connections))
    for kind, column in (("consumer", "peak_kw"), ("charger", "rated_kw"), ("battery", "rated_kw")):
        table = city.table(kind)
        np.add.at(draw, table.connection, table.f(column))
    assert (fuse >= draw).all()
    assert fuse.min() == pytest.approx(63 * np.sqrt(3) * 0.4)


def test_an_unknown_code_suggests_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="1-LV-rural1--2-sw"):
        simbench.load("1-LV-rurall--2-sw")


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simbench", None)
    with pytest.raises(InvalidInput, match=r"pip install 'commonwatt\[simbench\]'"):
        simbench.load(SUN)
